"""AE-PANC: enzymes with and without pain or imaging."""

import pytest

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.adverse_events.judge import EventVerdict
from blinwatch.core.adverse_events.pancreatitis import judge_pancreatitis
from blinwatch.core.labs.lab_view import LabView
from tests.core.adverse_events.support import at, result_event, taken

RULEBOOK = load_rulebook()


def pancreas(
    *,
    lipase: float | None = 0.5,
    amylase: float | None = 0.5,
    pain: bool | None = False,
    imaging: bool | None = False,
    hours: float = 1,
) -> EventVerdict:
    """Enzymes as multiples of a laboratory's own limit of 60 U/L."""
    known = (("lipase", lipase), ("amylase", amylase))
    events = [
        result_event(RULEBOOK, analyte, 0, fold * 60, reference_high=60.0)
        for analyte, fold in known
        if fold is not None
    ]
    return judge_pancreatitis(LabView(taken(RULEBOOK, *events), at(hours), 40, RULEBOOK), pain=pain, imaging=imaging)


@pytest.mark.parametrize("fold,code", [(2.99, "PANCREATITIS_NONE"), (3.0, "PANCREATIC_ENZYMES")])
def test_either_enzyme_at_three_times_normal_alone_is_an_alert(fold: float, code: str) -> None:
    assert pancreas(lipase=fold).code == code
    assert pancreas(amylase=fold).code == code


@pytest.mark.parametrize("fold,code", [(2.99, "PANCREATITIS_NONE"), (3.0, "PANCREATITIS_SUSPECTED")])
def test_with_pain_or_imaging_pancreatitis_is_suspected(fold: float, code: str) -> None:
    assert pancreas(lipase=fold, pain=True).code == code
    assert pancreas(amylase=fold, imaging=True).code == code


def test_pain_that_nobody_asked_about_is_missing_not_absent() -> None:
    judged = pancreas(lipase=4, pain=None, imaging=None)
    assert judged.code == "PANCREATIC_ENZYMES"
    assert judged.missing == ("abdominal pain (yes or no)", "imaging of the pancreas")
    assert "INCOMPLETE" in judged.flags


def test_one_raised_enzyme_is_enough_whether_or_not_the_other_is_known() -> None:
    judged = pancreas(lipase=4, amylase=None, pain=True)
    assert (judged.code, judged.flags) == ("PANCREATITIS_SUSPECTED", ())


def test_one_normal_enzyme_does_not_exclude_it_while_the_other_is_missing() -> None:
    judged = pancreas(lipase=None)
    assert (judged.code, judged.missing) == ("PANCREATITIS_NOT_EVALUABLE", ("lipase",))
    assert not judged.holds


def test_imaging_without_any_enzyme_is_suspected_and_incomplete() -> None:
    judged = pancreas(lipase=None, amylase=None, imaging=True)
    assert judged.code == "PANCREATITIS_SUSPECTED"
    assert "INCOMPLETE" in judged.flags
    assert pancreas(lipase=None, amylase=None, pain=True).code == "PANCREATITIS_NOT_EVALUABLE"


def test_enzymes_older_than_24_h_are_missing() -> None:
    assert pancreas(lipase=4, hours=24).code == "PANCREATIC_ENZYMES"
    assert pancreas(lipase=4, hours=24.001).code == "PANCREATITIS_NOT_EVALUABLE"


def test_the_words_name_the_enzyme_the_sign_and_dose_advice() -> None:
    words = " ".join(pancreas(lipase=4, pain=True, imaging=True).because)
    assert "lipase 4 x the upper limit of normal" in words
    assert "abdominal pain and imaging" in words
    assert "DM-14" in words


def test_an_enzyme_that_may_or_may_not_be_raised_is_missing() -> None:
    events = (
        result_event(RULEBOOK, "lipase", 0, 100, comparator=">", reference_high=60.0),
        result_event(RULEBOOK, "amylase", 0, 30, reference_high=60.0),
    )
    judged = judge_pancreatitis(LabView(taken(RULEBOOK, *events), at(1), 40, RULEBOOK), pain=False, imaging=False)
    assert judged.missing == ("lipase",)

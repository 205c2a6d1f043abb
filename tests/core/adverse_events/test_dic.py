"""AE-DIC: the ISTH score, each band from both sides."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.adverse_events.dic import judge_dic
from blinwatch.core.adverse_events.judge import EventVerdict
from blinwatch.core.labs.lab_view import LabView
from tests.core.adverse_events.support import at, points, result_event, taken

RULEBOOK = load_rulebook()
LIMITS = {"d_dimer": 0.5, "pt": 14.0}
WELL: dict[str, float | None] = {"platelets": 200, "d_dimer": 0.3, "pt": 12, "fibrinogen": 3}


def dic(hours: float = 1, **values: float | None) -> EventVerdict:
    """The score of normal values changed as named, with a laboratory's own limits."""
    events = [
        result_event(RULEBOOK, analyte, 0, value, reference_high=LIMITS.get(analyte))
        for analyte, value in {**WELL, **values}.items()
        if value is not None
    ]
    return judge_dic(LabView(taken(RULEBOOK, *events), at(hours), 40, RULEBOOK))


def test_normal_values_score_nothing() -> None:
    judged = dic()
    assert (judged.code, judged.score, judged.flags) == ("DIC_NONE", 0, ())


@pytest.mark.parametrize("platelets,worth", [(101, 0), (100, 1), (50, 1), (49, 2)])
def test_platelets(platelets: float, worth: int) -> None:
    assert points(dic(platelets=platelets))["platelet count"] == worth


@pytest.mark.parametrize("d_dimer,worth", [(0.5, 0), (0.51, 2), (3.99, 2), (4.0, 3)])
def test_d_dimer_above_normal_is_moderate_and_from_four_strong(d_dimer: float, worth: int) -> None:
    assert points(dic(d_dimer=d_dimer))["D-dimer"] == worth


@pytest.mark.parametrize("pt,worth", [(16.9, 0), (17.0, 1), (20.0, 1), (20.1, 2)])
def test_prothrombin_time_above_normal(pt: float, worth: int) -> None:
    assert points(dic(pt=pt))["prothrombin time"] == worth


@pytest.mark.parametrize("fibrinogen,worth", [(1.0, 0), (0.99, 1)])
def test_fibrinogen(fibrinogen: float, worth: int) -> None:
    assert points(dic(fibrinogen=fibrinogen))["fibrinogen"] == worth


def test_five_points_are_overt_and_four_are_not() -> None:
    assert (dic(platelets=49, d_dimer=2).score, dic(platelets=49, d_dimer=2).code) == (4, "DIC_NONE")
    judged = dic(platelets=49, d_dimer=4)
    assert (judged.score, judged.code, judged.holds) == (5, "DIC_ISTH", True)
    assert any("leukaemia" in sentence for sentence in judged.because)


@pytest.mark.parametrize(
    "analyte,name",
    [("platelets", "platelet count"), ("d_dimer", "D-dimer"), ("pt", "prothrombin time"), ("fibrinogen", "fibrinogen")],
)
def test_a_missing_value_makes_the_score_at_least(analyte: str, name: str) -> None:
    judged = dic(**{analyte: None})
    assert (judged.code, judged.missing, judged.flags) == ("DIC_NOT_EVALUABLE", (name,), ("INCOMPLETE",))
    assert "at least 0" in judged.because[0]


def test_five_points_are_told_although_a_value_is_missing() -> None:
    judged = dic(platelets=20, d_dimer=9, pt=None)
    assert (judged.code, judged.flags) == ("DIC_ISTH", ("INCOMPLETE",))
    assert not any("leukaemia" in sentence for sentence in dic(platelets=None, d_dimer=9, pt=30, fibrinogen=3).because)


def test_values_older_than_24_h_are_missing() -> None:
    assert dic(hours=24).missing == ()
    assert len(dic(hours=24.001).missing) == 4


def test_a_d_dimer_above_the_range_of_the_test_may_be_strong() -> None:
    event = result_event(RULEBOOK, "d_dimer", 0, 3, comparator=">", reference_high=0.5)
    judged = judge_dic(LabView(taken(RULEBOOK, event), at(1), 40, RULEBOOK))
    assert points(judged)["D-dimer"] == 2
    assert "D-dimer" in judged.missing


def test_an_assumed_limit_is_marked() -> None:
    event = result_event(RULEBOOK, "pt", 0, 20)
    assert "ULN_ASSUMED" in judge_dic(LabView(taken(RULEBOOK, event), at(1), 40, RULEBOOK)).flags


def test_without_any_upper_limit_the_prothrombin_time_is_missing() -> None:
    without = replace(RULEBOOK, labs=replace(RULEBOOK.labs, default_uln={}))
    book = taken(RULEBOOK, result_event(RULEBOOK, "pt", 0, 30))
    judged = judge_dic(LabView(book, at(1), 40, without))
    assert "prothrombin time" in judged.missing


@given(st.floats(0, 400), st.floats(0, 400))
def test_fewer_platelets_never_lower_the_score(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert (dic(platelets=low).score or 0) >= (dic(platelets=high).score or 0)


@given(st.sampled_from([("mg/dL", 0.01), ("g/L", 1.0), ("g/dL", 10.0)]), st.integers(0, 500))
def test_fibrinogen_scores_alike_in_every_unit(unit: tuple[str, float], mg_dl: int) -> None:
    code, factor = unit
    event = result_event(RULEBOOK, "fibrinogen", 0, mg_dl * 0.01 / factor, unit=code)
    judged = judge_dic(LabView(taken(RULEBOOK, event), at(1), 40, RULEBOOK))
    assert points(judged)["fibrinogen"] == int(mg_dl < 100)


def test_the_sentence_names_what_scored_and_nothing_where_nothing_did() -> None:
    assert dic().because == ("ISTH score for DIC is 0 (AE-DIC)",)
    one = dic(fibrinogen=0.9).because[0]
    assert one.startswith("ISTH score for DIC is 1: fibrinogen")
    assert "D-dimer" not in one
    two = dic(fibrinogen=0.9, platelets=60).because[0]
    assert two.startswith("ISTH score for DIC is 2: platelet count")
    assert ", fibrinogen" in two

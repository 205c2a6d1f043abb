"""AE-PEWS: the charted Brighton score."""

import pytest

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_events.judge import NOTHING_REMEMBERED, EventVerdict
from blinwatch.core.adverse_events.pews import judge_pews
from tests.core.adverse_events.support import at, charted, view


def pews(rulebook: Rulebook, behaviour: int, cardiovascular: int, respiratory: int, hours: float = 1) -> EventVerdict:
    memory = charted(0, pews_behaviour=behaviour, pews_cardiovascular=cardiovascular, pews_respiratory=respiratory)
    return judge_pews(memory, 4.0, at(hours), rulebook)


@pytest.mark.parametrize(
    "parts,score,code",
    [
        ((0, 0, 0), 0, "PEWS_NONE"),
        ((2, 2, 0), 4, "PEWS_NONE"),
        ((2, 2, 1), 5, "PEWS_ALERT"),
        ((2, 0, 0), 2, "PEWS_NONE"),
        ((3, 0, 0), 3, "PEWS_ALERT"),
        ((0, 3, 0), 3, "PEWS_ALERT"),
        ((0, 0, 3), 3, "PEWS_ALERT"),
    ],
)
def test_five_points_or_three_in_one_part_alert(
    parts: tuple[int, int, int], score: int, code: str, rulebook: Rulebook
) -> None:
    judged = pews(rulebook, *parts)
    assert (judged.score, judged.code, judged.flags) == (score, code, ())


def test_a_charted_score_counts_for_4_h(rulebook: Rulebook) -> None:
    assert pews(rulebook, 3, 0, 0, hours=4).code == "PEWS_ALERT"
    assert pews(rulebook, 3, 0, 0, hours=4.001).code == "PEWS_NOT_EVALUABLE"


def test_a_part_that_was_not_charted_makes_the_score_at_least(rulebook: Rulebook) -> None:
    judged = judge_pews(charted(0, pews_behaviour=2, pews_respiratory=2), 4.0, at(0), rulebook)
    assert judged.code == "PEWS_NOT_EVALUABLE"
    assert judged.missing == ("PEWS cardiovascular",)
    assert "at least 4" in judged.because[0]
    assert judge_pews(charted(0, pews_behaviour=3), 4.0, at(0), rulebook).code == "PEWS_ALERT"


def test_without_any_part_it_cannot_be_evaluated(rulebook: Rulebook) -> None:
    judged = judge_pews(NOTHING_REMEMBERED, 4.0, at(0), rulebook)
    assert (judged.code, judged.score) == ("PEWS_NOT_EVALUABLE", 0)


def test_it_is_asked_of_a_child_and_of_an_unknown_age_where_charted_but_not_of_an_adult(rulebook: Rulebook) -> None:
    memory = charted(0, pews_behaviour=3)
    assert "PEWS_ALERT" in view(rulebook, 1, memory, age_years=17.99).codes
    assert "PEWS_ALERT" not in view(rulebook, 1, memory, age_years=18.0).codes
    unknown = view(rulebook, 1, memory, age_years=None)
    assert "PEWS_ALERT" in unknown.codes
    assert view(rulebook, 1, age_years=None).get("AE-PEWS") is None


def test_an_unknown_age_says_so(rulebook: Rulebook) -> None:
    assert "AGE_UNKNOWN" in judge_pews(charted(0, pews_behaviour=3), None, at(0), rulebook).flags

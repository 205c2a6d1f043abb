"""How many seizures over the treatment (DM-8): one seizure told twice is one, two seizures are two."""

from typing import Any

import pytest

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.icans.course import EMPTY_ICANS_COURSE
from blinwatch.core.icans.seizure_history import NO_SEIZURES, SeizureHistory
from tests.core.icans.icans_support import HOUR_MS, WELL, at, follow, see

BRIEF: dict[str, Any] = {**WELL, "seizure": "brief_resolved"}
BRIEF_60_S: dict[str, Any] = {**BRIEF, "seizure_duration_s": 60.0}
BRIEF_90_S: dict[str, Any] = {**BRIEF, "seizure_duration_s": 90.0}
PROLONGED: dict[str, Any] = {**WELL, "seizure": "prolonged"}
NOT_ASKED: dict[str, Any] = {**WELL, "seizure": None}


def told(rulebook: Rulebook, *examinations: tuple[float, dict[str, Any]]) -> SeizureHistory:
    return follow(rulebook, *examinations).seizures


def test_no_seizure_is_no_history(rulebook: Rulebook) -> None:
    assert told(rulebook, (0, WELL), (4, NOT_ASKED)) == NO_SEIZURES


def test_a_first_seizure_is_one(rulebook: Rulebook) -> None:
    history = told(rulebook, (0, WELL), (4, BRIEF_60_S))
    assert (history.count, history.first_ms, history.last_ms, history.worst_grade) == (1, at(4), at(4), 3)


def test_the_same_seizure_charted_again_in_the_next_examination_is_one(rulebook: Rulebook) -> None:
    history = told(rulebook, (0, BRIEF_60_S), (4, BRIEF_60_S), (8, BRIEF_60_S))
    assert (history.count, history.first_ms, history.last_ms) == (1, at(0), at(0))


@pytest.mark.parametrize("hours, count", [(12, 1), (12 + 1 / HOUR_MS, 2)])
def test_charted_again_after_more_than_12_hours_it_is_another(rulebook: Rulebook, hours: float, count: int) -> None:
    history = told(rulebook, (0, BRIEF), (hours, BRIEF))
    assert history.count == count
    assert history.last_ms == (at(0) if count == 1 else at(hours))


def test_after_an_examination_without_a_seizure_it_is_another(rulebook: Rulebook) -> None:
    history = told(rulebook, (0, BRIEF), (4, WELL), (8, BRIEF))
    assert (history.count, history.first_ms, history.last_ms) == (2, at(0), at(8))


def test_an_examination_that_does_not_ask_separates_nothing(rulebook: Rulebook) -> None:
    assert told(rulebook, (0, BRIEF), (4, NOT_ASKED), (8, BRIEF)).count == 1


def test_another_kind_or_another_duration_is_another_seizure(rulebook: Rulebook) -> None:
    assert told(rulebook, (0, BRIEF), (4, PROLONGED)).count == 2
    assert told(rulebook, (0, BRIEF_60_S), (4, BRIEF_90_S)).count == 2


def test_a_duration_told_later_makes_it_no_other_seizure(rulebook: Rulebook) -> None:
    assert told(rulebook, (0, BRIEF), (4, BRIEF_60_S)).count == 1
    assert told(rulebook, (0, BRIEF), (4, BRIEF_60_S), (8, BRIEF_90_S)).count == 2
    assert told(rulebook, (0, BRIEF_60_S), (4, BRIEF), (8, BRIEF_90_S)).count == 2
    assert told(rulebook, (0, BRIEF_60_S), (4, PROLONGED), (8, BRIEF)).told_duration_s is None


def test_the_history_outlives_what_follows(rulebook: Rulebook) -> None:
    history = told(rulebook, (0, BRIEF), (4, PROLONGED), (8, WELL), (700, WELL))
    assert (history.count, history.first_ms, history.last_ms, history.worst_grade) == (2, at(0), at(4), 4)
    assert history.told_kind is None
    assert told(rulebook, (0, PROLONGED), (4, WELL), (8, BRIEF)).worst_grade == 4


def test_a_seizure_counts_whatever_it_is_attributed_to(rulebook: Rulebook) -> None:
    course = see(EMPTY_ICANS_COURSE, 0, BRIEF, rulebook, attributed=("seizure",))
    assert course.seizures.count == 1

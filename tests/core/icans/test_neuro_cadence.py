"""When the next neurological check is due (section G), on both sides of every limit."""

from dataclasses import replace

import pytest

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.icans.cadence import CloseWatch, neuro_check_due_ms, neuro_check_late_ms, neuro_interval_h
from blinwatch.core.icans.course import EMPTY_ICANS_COURSE
from tests.core.icans.icans_support import ASLEEP, G1, G3, HOUR_MS, WELL, at, follow

CYCLE_1 = CloseWatch(watched_since_ms=at(0), cycle=1, cycle_start_ms=at(0))
CYCLE_2 = replace(CYCLE_1, cycle=2)
CYCLE_3 = replace(CYCLE_1, cycle=3)


def test_without_therapy_no_check_is_owed(rulebook: Rulebook) -> None:
    watch = replace(CYCLE_1, watched_since_ms=None)
    assert neuro_check_due_ms(follow(rulebook, (0, G3)), watch, rulebook.vitals) is None
    assert neuro_check_late_ms(follow(rulebook, (0, G3)), watch, rulebook.vitals) is None


def test_the_first_check_is_due_12_hours_after_first_drop_and_late_half_an_hour_later(rulebook: Rulebook) -> None:
    assert neuro_check_due_ms(EMPTY_ICANS_COURSE, CYCLE_1, rulebook.vitals) == at(12)
    assert neuro_check_late_ms(EMPTY_ICANS_COURSE, CYCLE_1, rulebook.vitals) == at(12.5)


def test_a_check_before_the_infusion_does_not_count_for_it(rulebook: Rulebook) -> None:
    assert neuro_check_due_ms(follow(rulebook, (-3, WELL)), CYCLE_1, rulebook.vitals) == at(12)


def test_who_comes_from_elsewhere_in_mid_cycle_owes_nothing_for_before(rulebook: Rulebook) -> None:
    watch = replace(CYCLE_1, watched_since_ms=at(30))
    assert neuro_check_due_ms(EMPTY_ICANS_COURSE, watch, rulebook.vitals) == at(42)


@pytest.mark.parametrize(
    "watch, last_h, due_h",
    [
        (CYCLE_1, 59.999, 71.999),
        (CYCLE_1, 60, 72),
        (CYCLE_1, 60.001, None),
        (CYCLE_2, 36, 48),
        (CYCLE_2, 36.001, None),
        (CYCLE_3, 1, None),
        (replace(CYCLE_1, cycle=None), 60, 72),
        (replace(CYCLE_1, cycle_start_ms=None), 1, None),
        (replace(CYCLE_2, cycle_start_ms=None), 1, None),
    ],
)
def test_checks_are_12_hours_apart_in_the_first_72_hours_of_cycle_1_and_48_of_cycle_2(
    rulebook: Rulebook, watch: CloseWatch, last_h: float, due_h: float | None
) -> None:
    due_ms = neuro_check_due_ms(follow(rulebook, (last_h, WELL)), watch, rulebook.vitals)
    assert due_ms == (None if due_h is None else at(due_h))


@pytest.mark.parametrize("name", ["stepped_ms", "restarted_ms"])
def test_a_step_or_restart_opens_48_hours_of_close_watching(rulebook: Rulebook, name: str) -> None:
    watch = replace(CYCLE_3, **{name: at(168)})
    assert neuro_check_due_ms(EMPTY_ICANS_COURSE, watch, rulebook.vitals) == at(180)
    assert neuro_check_due_ms(follow(rulebook, (20, WELL)), watch, rulebook.vitals) == at(180)
    assert neuro_check_due_ms(follow(rulebook, (204, WELL)), watch, rulebook.vitals) == at(216)
    assert neuro_check_due_ms(follow(rulebook, (204.001, WELL)), watch, rulebook.vitals) is None


def test_of_several_times_of_close_watching_the_earliest_check_is_due(rulebook: Rulebook) -> None:
    watch = replace(CYCLE_1, stepped_ms=at(70), restarted_ms=at(65))
    course = follow(rulebook, (61, WELL))
    assert neuro_check_due_ms(course, watch, rulebook.vitals) == at(77)


def test_a_check_that_fell_due_within_stays_owed_until_it_is_done(rulebook: Rulebook) -> None:
    course = follow(rulebook, (50, WELL))
    assert neuro_check_due_ms(course, CYCLE_1, rulebook.vitals) == at(62)
    assert neuro_check_due_ms(follow(rulebook, (50, WELL), (80, WELL)), CYCLE_1, rulebook.vitals) is None


def test_from_grade_1_on_a_check_is_due_every_4_hours_anywhere_in_the_cycle(rulebook: Rulebook) -> None:
    for watch in (CYCLE_1, CYCLE_3):
        assert neuro_check_due_ms(follow(rulebook, (300, G1)), watch, rulebook.vitals) == at(304)
    course = follow(rulebook, (300, G3))
    assert neuro_check_late_ms(course, CYCLE_3, rulebook.vitals) == at(304.5)
    assert neuro_interval_h(course, rulebook.vitals) == 4


def test_an_examination_that_cannot_be_graded_keeps_the_4_hours_of_the_grade_before(rulebook: Rulebook) -> None:
    course = follow(rulebook, (300, G1), (304, ASLEEP))
    assert neuro_check_due_ms(course, CYCLE_3, rulebook.vitals) == at(308)


def test_while_an_episode_is_open_at_grade_0_a_check_is_due_every_12_hours(rulebook: Rulebook) -> None:
    course = follow(rulebook, (300, G1), (304, WELL))
    assert neuro_interval_h(course, rulebook.vitals) == 12
    assert neuro_check_due_ms(course, CYCLE_3, rulebook.vitals) == at(316)
    resolved = follow(rulebook, (300, G1), (312, WELL), (324, WELL))
    assert neuro_interval_h(resolved, rulebook.vitals) is None
    assert neuro_check_due_ms(resolved, CYCLE_3, rulebook.vitals) is None


def test_a_rise_during_close_watching_brings_the_next_check_forward(rulebook: Rulebook) -> None:
    quiet = neuro_check_due_ms(follow(rulebook, (10, WELL)), CYCLE_1, rulebook.vitals)
    graded = neuro_check_due_ms(follow(rulebook, (10, G1)), CYCLE_1, rulebook.vitals)
    assert (quiet, graded) == (at(22), at(14))
    assert quiet is not None
    assert quiet - at(10) == 12 * HOUR_MS

"""Section 0's worst of 24 h and announced grade, from the times at which each grade was seen and in force."""

from hypothesis import given
from hypothesis import strategies as st

from blinwatch.core.grade_times import (
    NO_TIMES,
    SUSPECT,
    GradeTimes,
    announced_slot,
    next_change_ms,
    note_slot,
    put_in_force,
    worst_slot,
)

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
FALL_MS = 6 * HOUR_MS
Story = list[tuple[int, int | None]]


def told(*story: tuple[float, int | None]) -> GradeTimes:
    times = NO_TIMES
    for hours, slot in story:
        times = note_slot(times, slot, round(hours * HOUR_MS))
    return times


def test_before_anything_was_seen_there_is_no_worst_and_nothing_is_announced() -> None:
    assert worst_slot(NO_TIMES, 0, DAY_MS) is None
    assert announced_slot(NO_TIMES, 0, FALL_MS) is None
    assert next_change_ms(NO_TIMES, 0, DAY_MS, FALL_MS) is None


def test_an_observation_exactly_24_hours_old_is_out() -> None:
    times = told((0, 3), (1, 1))
    assert worst_slot(times, DAY_MS - 1, DAY_MS) == 3
    assert worst_slot(times, DAY_MS, DAY_MS) == 1
    assert worst_slot(times, DAY_MS + HOUR_MS, DAY_MS) is None


def test_a_rise_is_announced_at_once_and_a_fall_after_6_hours() -> None:
    times = told((0, 1), (1, 3), (2, 0))
    assert announced_slot(told((0, 1), (1, 3)), HOUR_MS, FALL_MS) == 3
    assert announced_slot(times, 8 * HOUR_MS - 1, FALL_MS) == 3
    assert announced_slot(times, 8 * HOUR_MS, FALL_MS) == 0


def test_what_cannot_be_graded_takes_no_grade_out_of_force_except_0() -> None:
    assert announced_slot(told((0, 2), (1, None)), 40 * HOUR_MS, FALL_MS) == 2
    ended = told((0, 0), (1, None))
    assert announced_slot(ended, 7 * HOUR_MS - 1, FALL_MS) == 0
    assert announced_slot(ended, 7 * HOUR_MS, FALL_MS) is None


def test_a_suspicion_leads_only_where_there_is_no_grade() -> None:
    assert worst_slot(told((0, SUSPECT)), HOUR_MS, DAY_MS) == SUSPECT
    assert worst_slot(told((0, SUSPECT), (1, 0)), 2 * HOUR_MS, DAY_MS) == 0


def test_a_grade_put_in_force_without_an_observation_is_seen_by_nobody() -> None:
    times = put_in_force(told((0, 3)), 1, HOUR_MS)
    assert worst_slot(times, 2 * HOUR_MS, DAY_MS) == 3
    assert announced_slot(times, 7 * HOUR_MS, FALL_MS) == 1
    assert put_in_force(times, 1, 9 * HOUR_MS) == times


def test_the_next_change_is_the_end_of_the_window_or_of_the_announcement() -> None:
    times = told((0, 3), (2, 1))
    assert next_change_ms(times, 2 * HOUR_MS, DAY_MS, FALL_MS) == 8 * HOUR_MS
    assert next_change_ms(times, 8 * HOUR_MS, DAY_MS, FALL_MS) == DAY_MS
    assert next_change_ms(times, DAY_MS, DAY_MS, FALL_MS) == DAY_MS + 2 * HOUR_MS
    assert next_change_ms(times, DAY_MS + 2 * HOUR_MS, DAY_MS, FALL_MS) is None


_STORIES = st.lists(st.tuples(st.integers(1, 40), st.one_of(st.none(), st.integers(0, SUSPECT))), max_size=12)


@given(steps=_STORIES, later_h=st.integers(0, 60))
def test_until_the_next_change_time_alone_changes_nothing(steps: Story, later_h: int) -> None:
    times, now_h = NO_TIMES, 0
    for step_h, slot in steps:
        now_h += step_h
        times = note_slot(times, slot, now_h * HOUR_MS)
    at_ms = (now_h + later_h) * HOUR_MS
    due_ms = next_change_ms(times, at_ms, DAY_MS, FALL_MS)
    last_ms = at_ms + 100 * HOUR_MS if due_ms is None else due_ms - 1
    assert due_ms is None or due_ms > at_ms
    assert worst_slot(times, last_ms, DAY_MS) == worst_slot(times, at_ms, DAY_MS)
    assert announced_slot(times, last_ms, FALL_MS) == announced_slot(times, at_ms, FALL_MS)

"""Time alone changes an advice at the moments that were told, and at no other."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.dose_advice.live import standing_advice
from blinwatch.core.dose_advice.reaction_book import compose, next_change_ms
from blinwatch.core.findings import ReactionFindings
from tests.core.dose_advice.course import ADULT, Course, ms
from tests.core.dose_advice.generated import REACTIONS

OBSERVED = st.tuples(
    st.floats(0, 200),
    st.sampled_from(["crs", "neuro", "other"]),
    st.integers(0, 4),
    st.sampled_from(["ASTCT", "CTCAE"]),
)


def told(course: Course, hour: float) -> Course:
    course.at(hour)
    return course


@given(
    st.lists(OBSERVED, max_size=8),
    st.lists(st.tuples(st.floats(0, 200), REACTIONS), max_size=3),
    st.none() | st.floats(0, 200),
    st.sampled_from(["adverse_reaction", "unplanned", "bag_change"]),
    st.sampled_from(["CRS_OPEN", "CRS_RESOLVED", "CRS_NONE"]),
    st.none() | st.floats(0, 200),
    st.floats(0.01, 0.999),
)
def test_between_now_and_the_next_change_the_advice_stays(
    rulebook: Rulebook,
    observed: list[tuple[float, str, int, str]],
    charted: list[tuple[float, ReactionFindings]],
    stopped: float | None,
    reason: str,
    status: str,
    anc_low_since: float | None,
    share: float,
) -> None:
    course = Course(rulebook, replace(ADULT, crs_status=status))
    story = [(hour, "grade", rest) for hour, *rest in observed] + [(hour, "chart", [one]) for hour, one in charted]
    for hour, act, rest in sorted(story, key=lambda entry: entry[0]):
        getattr(course, act)(hour, *rest)
    if stopped is not None:
        course.stop(stopped, reason)
    if anc_low_since is not None:
        course.facts = replace(course.facts, anc=0.3, anc_low_since_ms=ms(anc_low_since))
    now = 200.0
    for _ in range(12):
        before = told(course, now).advice
        due_ms = course.next_ms(now)
        until_ms = ms(now) + (due_ms - ms(now) if due_ms is not None else 5_000_000_000)
        between_ms = ms(now) + round((until_ms - ms(now)) * share)
        if ms(now) < between_ms < until_ms:
            later = standing_advice(course.book, course.facts, between_ms, rulebook)
            assert (None if before is None else before.code) == (None if later is None else later.code)
        if due_ms is None:
            return
        assert due_ms > ms(now)
        now = (due_ms - ms(0)) / 3_600_000


@given(st.lists(OBSERVED, max_size=6), st.floats(0, 400))
def test_a_patient_with_nothing_on_has_no_deadline_that_never_moves_on(
    rulebook: Rulebook, observed: list[tuple[float, str, int, str]], hour: float
) -> None:
    course = Course(rulebook)
    for at_hour, *rest in sorted(observed):
        course.grade(at_hour, *rest)
    book, facts = course.book, course.facts
    for _ in range(40):
        due_ms = next_change_ms(book, facts, ms(hour), rulebook)
        if due_ms is None:
            return
        assert due_ms > ms(hour)
        hour = (due_ms - ms(0)) / 3_600_000
    raise AssertionError("more deadlines than the memory has limits")


def test_nothing_remembered_has_no_deadline(rulebook: Rulebook) -> None:
    course = Course(rulebook)
    assert course.next_ms(5) is None
    assert compose(course.book, course.facts, ms(5), rulebook) == ()
    assert course.grade(5, "crs", 2).next_ms(5) is not None


def test_a_liver_value_gets_old_after_24_hours(rulebook: Rulebook) -> None:
    course = Course(rulebook).stop(20)
    values = {"alt_x_uln": 6.0, "alt_ms": ms(34), "bili_x_uln": 1.0, "bili_ms": ms(33)}
    assert course.code(35, **values) == "DM_INTERRUPT"
    course.at(50)
    assert course.next_ms(50) == ms(33 + 24) + 1
    assert course.next_ms(57.1) == ms(34 + 24) + 1


def test_the_limits_of_a_live_reaction_are_told_to_the_millisecond(rulebook: Rulebook) -> None:
    course = Course(rulebook).grade(50, "neuro", 3).stop(51)
    assert course.next_ms(56) == ms(50 + 12) + 1, "the examination gets old"
    course.examined(58, 210, 2)
    assert course.next_ms(211) == ms(50 + 168) + 1


def moments(course: Course, hour: float) -> list[int]:
    """Every moment told after an hour, one after the other."""
    found: list[int] = []
    while (due_ms := course.next_ms(hour)) is not None:
        found.append(due_ms)
        hour = (due_ms - ms(0)) / 3_600_000
        assert len(found) < 30, "deadlines come to an end"
    return found


@pytest.mark.parametrize(
    "charted,due_ms",
    [
        ({"reaction": "neuro", "hours_since_onset": 100.0}, ms(68) + 1),
        ({"reaction": "seizure", "hours_since_onset": 100.0}, ms(68) + 1),
        ({"reaction": "other", "hours_since_onset": 100.0}, ms(236) + 1),
        ({"reaction": "neuro", "hours_at_le_g1": 70.0}, ms(2)),
        ({"reaction": "technical", "interruption_h": 1.0}, ms(3)),
        ({"reaction": "technical", "interruption_h": 100.0}, ms(68) + 1),
        ({"reaction": "crs", "hours_since_restart": 100.0}, ms(68)),
        ({"reaction": "neutropenia", "anc": 0.3, "anc_low_days": 4.5}, ms(60)),
    ],
)
def test_each_length_that_staff_charted_grows_to_its_own_limit(
    rulebook: Rulebook, charted: dict[str, Any], due_ms: int
) -> None:
    course = Course(rulebook).chart(0, ReactionFindings(**charted))
    told_ms = moments(course, 0)
    assert due_ms in told_ms
    assert told_ms[-1] == ms(336) + 1, "a chart stands for 14 days"


def test_neutropenia_that_staff_charted_becomes_an_interruption_on_day_7(rulebook: Rulebook) -> None:
    course = Course(rulebook).chart(0, ReactionFindings(reaction="neutropenia", anc=0.3, anc_low_days=4.5))
    assert [course.code_ms(ms(60) - 1), course.code_ms(ms(60))] == ["DM_CONTINUE", "DM_INTERRUPT"]


@pytest.mark.parametrize("reason,grace_min", [("adverse_reaction", 5), ("bag_change", 30), (None, 5)])
def test_an_interruption_is_told_at_its_grace_at_4_hours_and_after_7_days(
    rulebook: Rulebook, reason: str | None, grace_min: int
) -> None:
    course = Course(rulebook).stop(10, reason)
    assert moments(course, 10) == [ms(10 + grace_min / 60) + 1, ms(14), ms(178) + 1]


def test_neutrophils_that_the_laboratory_found_low_count_to_day_7(rulebook: Rulebook) -> None:
    course = Course(rulebook, replace(ADULT, anc=0.3, anc_low_since_ms=ms(0)))
    assert moments(course, 1) == [ms(168)]


def test_after_the_end_of_therapy_only_a_chart_still_has_a_limit(rulebook: Rulebook) -> None:
    course = Course(rulebook, replace(ADULT, therapy_over=True, anc=0.3, anc_low_since_ms=ms(0)))
    course.grade(5, "crs", 3).chart(5, ReactionFindings(reaction="other", grade=3))
    assert moments(course, 6) == [ms(5 + 336) + 1]


def test_a_live_event_that_is_back_at_grade_1_is_asked_again_after_72_hours(rulebook: Rulebook) -> None:
    course = Course(rulebook).grade(0, "neuro", 3).stop(0.5).grade(10, "neuro", 1)
    told_ms = moments(course, 11)
    assert {ms(10 + 72), ms(10 + 12) + 1, ms(168) + 1} <= set(told_ms)
    other = moments(Course(rulebook).grade(0, "crs", 3).stop(0.5).grade(10, "crs", 1), 11)
    assert {ms(10 + 72), ms(336) + 1} <= set(other)
    assert ms(168) + 1 not in other

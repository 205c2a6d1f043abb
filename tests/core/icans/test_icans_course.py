"""ICANS over time: opening, resolving (ICA-11), the worst of 24 h, what is announced, judging anew."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.findings import NeuroFindings
from blinwatch.core.icans.course import (
    EMPTY_ICANS_COURSE,
    IcansCourse,
    announced,
    announced_changes_ms,
    current_code,
    episode_max,
    grade_in_force,
    judge_again,
    observe_icans,
    status,
    worst_24h,
)
from blinwatch.core.icans.grade import IcansContext
from tests.core.icans.icans_support import (
    ASLEEP,
    G1,
    G2,
    G3,
    HOUR_MS,
    START_MS,
    WELL,
    at,
    contexts,
    examinations,
    follow,
    see,
)

NO_SEIZURE_ASKED: dict[str, Any] = {**WELL, "seizure": None}


def every_12_h(first_h: int, last_h: int) -> list[tuple[float, dict[str, Any]]]:
    return [(hours, WELL) for hours in range(first_h, last_h + 1, 12)]


def test_before_any_examination_nothing_can_be_said() -> None:
    assert current_code(EMPTY_ICANS_COURSE) == "ICANS_NOT_EVALUABLE"
    assert worst_24h(EMPTY_ICANS_COURSE, at(0)) == "ICANS_NOT_EVALUABLE"
    assert announced(EMPTY_ICANS_COURSE, at(0)) == "ICANS_NOT_EVALUABLE"
    assert episode_max(EMPTY_ICANS_COURSE) == "ICANS_G0"
    assert status(EMPTY_ICANS_COURSE) == "ICANS_NONE"
    assert grade_in_force(EMPTY_ICANS_COURSE) is None
    assert announced_changes_ms(EMPTY_ICANS_COURSE, at(0)) is None


# --- the worst of 24 h, what is announced -----------------------------------------------------------------


def test_an_examination_exactly_24_hours_old_is_out(rulebook: Rulebook) -> None:
    course = follow(rulebook, (0, G3), (8, G1))
    assert worst_24h(course, at(23.999)) == "ICANS_G3"
    assert worst_24h(course, at(24)) == "ICANS_G1"
    assert worst_24h(course, at(32)) == "ICANS_NOT_EVALUABLE"


def test_not_evaluable_never_lowers_a_maximum(rulebook: Rulebook) -> None:
    course = follow(rulebook, (0, G3), (4, ASLEEP))
    assert current_code(course) == "ICANS_NOT_EVALUABLE"
    assert worst_24h(course, at(5)) == episode_max(course) == announced(course, at(20)) == "ICANS_G3"
    assert grade_in_force(course) == 3


def test_a_rise_is_announced_at_once_and_a_fall_after_6_hours(rulebook: Rulebook) -> None:
    course = follow(rulebook, (0, G1), (4, G3), (8, G1))
    assert announced(course, at(8)) == "ICANS_G3"
    assert announced_changes_ms(course, at(8)) == at(14)
    assert announced(course, at(13.999)) == "ICANS_G3"
    assert announced(course, at(14)) == "ICANS_G1"


# --- the episode ------------------------------------------------------------------------------------------


def test_no_grade_1_ever_is_no_episode(rulebook: Rulebook) -> None:
    course = follow(rulebook, (0, WELL), (12, WELL), (24, ASLEEP))
    assert (status(course), episode_max(course)) == ("ICANS_NONE", "ICANS_G0")


def test_the_first_examination_of_grade_1_opens_an_episode(rulebook: Rulebook) -> None:
    course = follow(rulebook, (0, WELL), (12, G1), (16, G2), (20, G1))
    assert (status(course), episode_max(course)) == ("ICANS_OPEN", "ICANS_G2")
    assert course.episode.opened_ms == at(12)


def test_24_hours_at_grade_0_resolve_it(rulebook: Rulebook) -> None:
    course = follow(rulebook, (0, G1), (8, WELL), (16, WELL))
    assert status(course) == "ICANS_OPEN"
    assert status(see(course, 23.999, WELL, rulebook)) == "ICANS_OPEN"
    resolved = see(course, 24, WELL, rulebook)
    assert (status(resolved), resolved.episode.resolved_ms) == ("ICANS_RESOLVED", at(24))
    assert episode_max(resolved) == "ICANS_G1"


def test_an_interval_of_more_than_12_hours_adds_nothing(rulebook: Rulebook) -> None:
    assert status(follow(rulebook, (0, G1), (12, WELL), (24, WELL))) == "ICANS_RESOLVED"
    course = follow(rulebook, (0, G1), (12.001, WELL), (24, WELL))
    assert status(course) == "ICANS_OPEN"
    assert status(see(course, 36, WELL, rulebook)) == "ICANS_OPEN"
    assert status(follow(rulebook, (0, G1), (12.001, WELL), *every_12_h(24, 36), (36.002, WELL))) == "ICANS_RESOLVED"


def test_an_examination_that_cannot_be_graded_neither_counts_nor_restarts(rulebook: Rulebook) -> None:
    spans_it = follow(rulebook, (0, G1), (8, WELL), (12, ASLEEP), (16, WELL), (24, WELL))
    assert status(spans_it) == "ICANS_RESOLVED"
    too_long = follow(rulebook, (0, G1), (8, WELL), (14, ASLEEP), (21, WELL), (25, WELL))
    assert status(too_long) == "ICANS_OPEN"


def test_a_grade_1_on_the_way_starts_the_24_hours_anew(rulebook: Rulebook) -> None:
    course = follow(rulebook, (0, G2), (12, WELL), (20, G1), (32, WELL))
    assert status(course) == "ICANS_OPEN"
    resolved = see(course, 44, WELL, rulebook)
    assert (status(resolved), episode_max(resolved)) == ("ICANS_RESOLVED", "ICANS_G2")


def test_a_new_grade_1_after_resolution_is_a_new_episode(rulebook: Rulebook) -> None:
    course = follow(rulebook, (0, G3), (12, WELL), (24, WELL), (36, G1))
    assert (status(course), episode_max(course), course.episode.opened_ms) == ("ICANS_OPEN", "ICANS_G1", at(36))
    assert status(see(course, 40, ASLEEP, rulebook)) == "ICANS_OPEN"


def test_grade_0_before_and_after_an_episode_changes_nothing_of_it(rulebook: Rulebook) -> None:
    course = follow(rulebook, (0, G2), (12, WELL), (24, WELL))
    assert see(course, 36, WELL, rulebook).episode == course.episode


def test_an_incomplete_grade_0_counts_for_the_24_hours(rulebook: Rulebook) -> None:
    ice_alone = {"age_years": 40.0, "ice_score": 10}
    assert status(follow(rulebook, (0, G1), (12, ice_alone), (24, ice_alone))) == "ICANS_RESOLVED"
    assert status(follow(rulebook, (0, G3), (12, NO_SEIZURE_ASKED), (24, NO_SEIZURE_ASKED))) == "ICANS_RESOLVED"


def test_death_due_to_icans_is_the_worst_of_the_episode(rulebook: Rulebook) -> None:
    course = follow(rulebook, (0, G2), (6, {"age_years": 40.0, "death_due_to": "icans"}))
    assert (current_code(course), episode_max(course)) == ("ICANS_G5", "ICANS_G5")


def test_after_a_death_of_another_cause_the_last_grade_stands(rulebook: Rulebook) -> None:
    course = follow(rulebook, (0, G2), (4, ASLEEP), (6, {"age_years": 40.0, "death_due_to": "other"}))
    assert current_code(course) == "ICANS_G2"


# --- a haemorrhage ----------------------------------------------------------------------------------------


def test_a_haemorrhage_is_remembered_until_an_examination_denies_it(rulebook: Rulebook) -> None:
    course = follow(rulebook, (0, WELL), (4, {**WELL, "intracranial_hemorrhage": True}), (8, WELL))
    assert course.haemorrhage_ms == at(4)
    again = see(course, 12, {**WELL, "intracranial_hemorrhage": True}, rulebook)
    assert again.haemorrhage_ms == at(4)
    assert see(again, 16, {**WELL, "intracranial_hemorrhage": False}, rulebook).haemorrhage_ms is None


# --- judged anew ------------------------------------------------------------------------------------------


def test_an_attribution_after_the_examination_judges_it_anew(rulebook: Rulebook) -> None:
    course = follow(rulebook, (0, {**WELL, "loc": "awakens_voice"}))
    course, grade = judge_again(course, IcansContext(attributed=("loc",)), at(2), rulebook)
    assert grade is not None
    assert current_code(course) == grade.code == "ICANS_G0"
    assert announced(course, at(7.999)) == "ICANS_G2"
    assert announced(course, at(8)) == "ICANS_G0"
    assert worst_24h(course, at(3)) == episode_max(course) == "ICANS_G2"
    assert (status(course), course.examined_ms, course.event_id) == ("ICANS_OPEN", at(0), "e0")


def test_an_attribution_is_no_examination_and_starts_no_clock(rulebook: Rulebook) -> None:
    course = follow(rulebook, (0, {**WELL, "loc": "awakens_voice"}))
    before = course.episode
    course, _ = judge_again(course, IcansContext(attributed=("loc",)), at(2), rulebook)
    assert course.episode == before


def test_an_attribution_withdrawn_brings_the_grade_back_at_once(rulebook: Rulebook) -> None:
    fields = {**WELL, "loc": "awakens_voice"}
    course = see(EMPTY_ICANS_COURSE, 0, fields, rulebook, attributed=("loc",))
    assert status(course) == "ICANS_NONE"
    course, _ = judge_again(course, IcansContext(), at(3), rulebook)
    assert (current_code(course), announced(course, at(3)), status(course)) == ("ICANS_G2", "ICANS_G2", "ICANS_OPEN")
    assert course.last_grade == 2


def test_what_an_attribution_leaves_ungradable_keeps_the_last_grade_known(rulebook: Rulebook) -> None:
    course = follow(rulebook, (0, G2))
    course, grade = judge_again(course, IcansContext(attributed=("cognition",)), at(1), rulebook)
    assert grade is not None
    assert (grade.code, course.last_grade, grade_in_force(course)) == ("ICANS_NOT_EVALUABLE", 2, 2)


def test_judging_anew_counts_no_seizure_twice(rulebook: Rulebook) -> None:
    course = follow(rulebook, (0, G3))
    course, _ = judge_again(course, IcansContext(), at(20), rulebook)
    assert course.seizures.count == 1


def test_without_an_examination_there_is_nothing_to_judge_anew(rulebook: Rulebook) -> None:
    assert judge_again(EMPTY_ICANS_COURSE, IcansContext(), at(0), rulebook) == (EMPTY_ICANS_COURSE, None)


# --- what must hold for any course ------------------------------------------------------------------------

Steps = list[tuple[int, dict[str, Any], IcansContext]]
_STEPS = st.lists(st.tuples(st.integers(0, 20), examinations(), contexts()), max_size=6)


def _followed(steps: Steps, rulebook: Rulebook, start_ms: int = START_MS) -> tuple[IcansCourse, int]:
    course, at_ms = EMPTY_ICANS_COURSE, start_ms
    for hours, fields, context in steps:
        at_ms += hours * HOUR_MS
        course, _ = observe_icans(course, NeuroFindings(**fields), context, at_ms, rulebook)
    return course, at_ms


def _level(code: str) -> int:
    return int(code[-1]) if code.startswith("ICANS_G") else -1


@given(steps=_STEPS)
def test_the_grade_of_now_is_in_every_maximum(rulebook: Rulebook, steps: Steps) -> None:
    course, at_ms = _followed(steps, rulebook)
    now = _level(current_code(course))
    assert _level(worst_24h(course, at_ms)) >= now
    assert _level(announced(course, at_ms)) >= now
    assert _level(episode_max(course)) >= now
    if now > 0:
        assert status(course) == "ICANS_OPEN"


@given(steps=_STEPS, shift_h=st.integers(0, 10_000))
def test_a_shift_in_time_changes_nothing_but_times(rulebook: Rulebook, steps: Steps, shift_h: int) -> None:
    here, here_ms = _followed(steps, rulebook)
    there, there_ms = _followed(steps, rulebook, START_MS + shift_h * HOUR_MS)
    assert here.latest == there.latest
    assert worst_24h(here, here_ms) == worst_24h(there, there_ms)
    assert announced(here, here_ms) == announced(there, there_ms)
    assert (status(here), here.seizures.count) == (status(there), there.seizures.count)


@given(steps=_STEPS, waits_h=st.integers(0, 40))
def test_until_the_next_change_time_alone_changes_nothing(rulebook: Rulebook, steps: Steps, waits_h: int) -> None:
    course, at_ms = _followed(steps, rulebook)
    at_ms += waits_h * HOUR_MS
    due_ms = announced_changes_ms(course, at_ms)
    last_ms = at_ms + 50 * HOUR_MS if due_ms is None else due_ms - 1
    assert worst_24h(course, at_ms) == worst_24h(course, last_ms)
    assert announced(course, at_ms) == announced(course, last_ms)


_COURSE = TypeAdapter(IcansCourse)


@given(steps=_STEPS)
def test_a_course_survives_the_changelog_and_stays_small(rulebook: Rulebook, steps: Steps) -> None:
    course, _ = _followed(steps, rulebook)
    stored = _COURSE.dump_json(course)
    assert _COURSE.validate_json(stored) == course
    assert len(stored) < 8_000


@pytest.mark.parametrize("hours_apart", [1, 12])
def test_a_hundred_examinations_leave_no_longer_course_than_one(rulebook: Rulebook, hours_apart: int) -> None:
    course = follow(rulebook, *[(number * hours_apart, G3) for number in range(100)])
    assert len(_COURSE.dump_json(course)) < len(_COURSE.dump_json(follow(rulebook, (0, G3)))) + 200

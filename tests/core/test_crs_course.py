"""CRS over time: opening, resolving, the worst of 24 h, what is announced."""

import csv
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.crs_course import (
    EMPTY_COURSE,
    CrsCourse,
    announced,
    announced_changes_ms,
    current_code,
    episode_max,
    observe_crs,
    observe_screened,
    status,
    worst_24h,
)
from tests.core.crs_support import (
    FEVERISH,
    G2,
    G3,
    HOUR_MS,
    LOW_BP,
    WELL,
    at,
    charted_observations,
    findings,
    follow,
    judge_case,
    quiet_every_4_h,
    see,
)

NOTHING_KNOWN: dict[str, Any] = {"age_years": 40}
NO_TEMPERATURE: dict[str, Any] = {**WELL, "temperature_c": None}


def test_before_any_observation_nothing_can_be_said() -> None:
    assert current_code(EMPTY_COURSE) == "CRS_NOT_EVALUABLE"
    assert worst_24h(EMPTY_COURSE, at(0)) == "CRS_NOT_EVALUABLE"
    assert announced(EMPTY_COURSE, at(0)) == "CRS_NOT_EVALUABLE"
    assert episode_max(EMPTY_COURSE) == "CRS_G0"
    assert status(EMPTY_COURSE) == "CRS_NONE"


# --- the worst of 24 h ------------------------------------------------------------------------------------


def test_an_observation_exactly_24_hours_old_is_out(rulebook: Rulebook) -> None:
    course = follow(rulebook, (0, G2), (8, FEVERISH))
    assert worst_24h(course, at(23.999)) == "CRS_G2"
    assert worst_24h(course, at(24)) == "CRS_G1"
    assert worst_24h(course, at(32)) == "CRS_NOT_EVALUABLE"


def test_not_evaluable_never_lowers_a_maximum(rulebook: Rulebook) -> None:
    course = follow(rulebook, (0, G3), (2, NOTHING_KNOWN))
    assert current_code(course) == "CRS_NOT_EVALUABLE"
    assert worst_24h(course, at(3)) == episode_max(course) == announced(course, at(3)) == "CRS_G3"


def test_a_suspicion_enters_no_maximum_and_shows_where_there_is_no_grade(rulebook: Rulebook) -> None:
    suspect = {**G3, "temperature_c": 37.0, "steroid_given": True}
    course = follow(rulebook, (0, suspect))
    assert worst_24h(course, at(1)) == announced(course, at(1)) == "CRS_SUSPECT_MASKED"
    assert episode_max(course) == "CRS_G0"
    course = see(course, 2, WELL, rulebook)
    assert worst_24h(course, at(3)) == "CRS_G0"


# --- what is announced ------------------------------------------------------------------------------------


def test_a_rise_is_announced_at_once_and_a_fall_after_six_hours(rulebook: Rulebook) -> None:
    course = follow(rulebook, (0, FEVERISH), (1, G3))
    assert announced(course, at(1)) == "CRS_G3"
    course = see(course, 2, FEVERISH, rulebook)
    assert announced(course, at(7.999)) == "CRS_G3"
    assert announced(course, at(8)) == "CRS_G1"


def test_falling_in_steps_announces_each_step_when_it_has_held(rulebook: Rulebook) -> None:
    course = follow(rulebook, (0, G3), (2, G2), (5, FEVERISH))
    assert [announced(course, at(hours)) for hours in (7.9, 8, 10.9, 11)] == [
        "CRS_G3", "CRS_G2", "CRS_G2", "CRS_G1",
    ]  # fmt: skip


def test_an_unbroken_grade_is_in_force_for_ever(rulebook: Rulebook) -> None:
    assert announced(follow(rulebook, (0, G2)), at(1000)) == "CRS_G2"


def test_want_of_data_ends_no_announced_grade_but_it_ends_g0(rulebook: Rulebook) -> None:
    assert announced(follow(rulebook, (0, G2), (1, NOTHING_KNOWN)), at(48)) == "CRS_G2"
    well = follow(rulebook, (0, WELL), (1, NO_TEMPERATURE))
    assert announced(well, at(6.9)) == "CRS_G0"
    assert announced(well, at(7)) == "CRS_NOT_EVALUABLE"


def test_a_suspicion_takes_g0_out_of_force(rulebook: Rulebook) -> None:
    course = follow(rulebook, (0, WELL), (1, {**LOW_BP, "antipyretic_given": True}))
    assert announced(course, at(6.9)) == "CRS_G0"
    assert announced(course, at(7)) == "CRS_SUSPECT_MASKED"


def test_the_next_change_by_time_alone_is_known(rulebook: Rulebook) -> None:
    course = follow(rulebook, (0, G3), (2, FEVERISH))
    assert announced_changes_ms(course, at(2)) == at(8)
    assert announced_changes_ms(course, at(8)) == at(24)
    assert announced_changes_ms(course, at(24)) == at(26)
    assert announced_changes_ms(course, at(26)) is None
    assert announced_changes_ms(EMPTY_COURSE, at(0)) is None


# --- the episode's worst ----------------------------------------------------------------------------------


def test_the_worst_of_the_episode_outlives_it_until_the_next(rulebook: Rulebook) -> None:
    course = follow(rulebook, (0, G3), *quiet_every_4_h(4, 24))
    assert (status(course), episode_max(course)) == ("CRS_RESOLVED", "CRS_G3")
    course = see(course, 200, WELL, rulebook)
    assert episode_max(course) == "CRS_G3"
    assert episode_max(see(course, 204, FEVERISH, rulebook)) == "CRS_G1"


# --- death (CRS-12) ---------------------------------------------------------------------------------------


def test_death_due_to_crs_is_grade_5_in_every_maximum(rulebook: Rulebook) -> None:
    course = follow(rulebook, (0, G3), (5, {"death_due_to": "crs"}))
    assert current_code(course) == worst_24h(course, at(5)) == episode_max(course) == "CRS_G5"
    assert announced(course, at(5)) == "CRS_G5"
    unheralded = follow(rulebook, (0, {"death_due_to": "crs"}))
    assert episode_max(unheralded) == "CRS_G5"


def test_death_of_another_cause_leaves_the_last_grade(rulebook: Rulebook) -> None:
    course = follow(rulebook, (0, G3), (5, {"death_due_to": "icans"}))
    assert current_code(course) == "CRS_G3"
    course = follow(rulebook, (0, G3), (2, NOTHING_KNOWN), (5, {"death_due_to": "other"}))
    assert current_code(course) == "CRS_G3"


# --- screening over time ----------------------------------------------------------------------------------


def test_a_second_concordant_pressure_is_graded(rulebook: Rulebook) -> None:
    course = follow(rulebook, (0, {**FEVERISH, "sbp_mmhg": 38}))
    assert current_code(course) == "CRS_G1"
    assert current_code(see(course, 1, {**FEVERISH, "sbp_mmhg": 36}, rulebook)) == "CRS_G2"


def test_screened_signals_are_graded_as_they_are_with_the_flags_of_their_screening(rulebook: Rulebook) -> None:
    low = findings(**{**FEVERISH, "sbp_mmhg": 38})
    course, grade = observe_screened(EMPTY_COURSE, low, ("ARTEFACT",), at(0), rulebook)
    assert grade.code == "CRS_G2"
    assert "ARTEFACT" in grade.flags
    assert course.memory == EMPTY_COURSE.memory


# --- invariants -------------------------------------------------------------------------------------------

_TIMELINE = st.lists(st.tuples(st.integers(0, 96), charted_observations()), max_size=8).map(
    lambda events: sorted(events, key=lambda event: event[0])
)


@given(events=_TIMELINE, shift_h=st.integers(-50_000, 50_000))
def test_a_course_is_blind_to_the_calendar(
    rulebook: Rulebook, events: list[tuple[int, dict[str, Any]]], shift_h: int
) -> None:
    here = follow(rulebook, *events)
    there = follow(rulebook, *[(hours + shift_h, fields) for hours, fields in events])
    for view in (worst_24h, announced):
        assert view(here, at(96)) == view(there, at(96 + shift_h))
    assert (current_code(here), status(here), episode_max(here)) == (
        current_code(there), status(there), episode_max(there),
    )  # fmt: skip


@given(events=_TIMELINE)
def test_a_course_survives_being_stored_and_stays_small(
    rulebook: Rulebook, events: list[tuple[int, dict[str, Any]]]
) -> None:
    course = follow(rulebook, *events)
    adapter = TypeAdapter(CrsCourse)
    stored = adapter.dump_json(course)
    assert adapter.validate_json(stored) == course
    assert len(stored) < 6144


def _slow_worst(history: list[tuple[float, str]], query_h: float) -> str:
    window = [code for hours, code in history if query_h - 24 < hours <= query_h]
    numeric = [code for code in window if code.startswith("CRS_G")]
    if numeric:
        return max(numeric)
    return "CRS_SUSPECT_MASKED" if "CRS_SUSPECT_MASKED" in window else "CRS_NOT_EVALUABLE"


def _slow_announced(history: list[tuple[float, str]], query_h: float) -> str:
    """Every grade with its time in force, then the ones that touch the window."""
    numeric: list[str] = []
    suspect = False
    for index, (begin, code) in enumerate(history):
        if code == "CRS_NOT_EVALUABLE":
            continue
        ends = [hours for hours, later in history[index + 1 :] if later != "CRS_NOT_EVALUABLE" or code == "CRS_G0"]
        end = ends[0] if ends else float("inf")
        if begin <= query_h and end > query_h - 6:
            suspect = suspect or code == "CRS_SUSPECT_MASKED"
            numeric += [code] if code.startswith("CRS_G") else []
    if numeric:
        return max(numeric)
    return "CRS_SUSPECT_MASKED" if suspect else "CRS_NOT_EVALUABLE"


@given(events=_TIMELINE, later_h=st.integers(0, 40))
def test_the_remembered_times_answer_as_the_whole_history_would(
    rulebook: Rulebook, events: list[tuple[int, dict[str, Any]]], later_h: int
) -> None:
    course, history = EMPTY_COURSE, list[tuple[float, str]]()
    for hours, fields in events:
        course, grade = observe_crs(course, findings(**fields), at(hours), rulebook)
        history.append((hours, grade.code))
    query_h = (events[-1][0] if events else 0) + later_h
    assert worst_24h(course, at(query_h)) == _slow_worst(history, query_h)
    assert announced(course, at(query_h)) == _slow_announced(history, query_h)


@given(events=_TIMELINE)
def test_between_two_changes_nothing_changes_by_time_alone(
    rulebook: Rulebook, events: list[tuple[int, dict[str, Any]]]
) -> None:
    course = follow(rulebook, *events)
    moment = at(events[-1][0]) if events else at(0)
    shown = (worst_24h(course, moment), announced(course, moment))
    changes = announced_changes_ms(course, moment)
    last = moment + 40 * HOUR_MS if changes is None else changes - 1
    assert (worst_24h(course, last), announced(course, last)) == shown
    if changes is not None:
        assert changes > moment
        assert (worst_24h(course, changes), announced(course, changes)) != shown


# --- the public cases, at function level ------------------------------------------------------------------


def _case_file() -> Path:
    beside = Path(__file__).resolve().parents[3] / "shared" / "clinical" / "cases_public.csv"
    return Path(os.environ.get("CLINICAL_CASES", beside))


def test_every_crs_row_of_the_public_cases(rulebook: Rulebook) -> None:
    path = _case_file()
    if not path.exists():
        pytest.skip(f"NOT RUN: no case table at {path.name}; set CLINICAL_CASES to run the public cases")
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["domain"] == "CRS"]
    wrong: list[str] = []
    for row in rows:
        code, flags = judge_case(json.loads(row["given"]), rulebook)
        wanted = {flag for flag in row["flags"].split(";") if flag}
        if code != row["expected"] or not wanted <= set(flags):
            wrong.append(f"{row['id']}: {code} {flags}, expected {row['expected']} {sorted(wanted)}")
    assert rows
    assert not wrong, "\n".join(wrong)

"""The one door: same input, same output, whatever the date, and every decision explains itself."""

import ast
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import blinwatch.core
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.decisions import (
    AlertTransition,
    Decision,
    GradeAssigned,
    PatientStatus,
)
from blinwatch.core.events import AlertAcknowledged, DeathRecorded, PatientEvent, TherapyEnded
from blinwatch.core.evidence import to_ms
from blinwatch.core.patient_state import new_patient
from blinwatch.core.pump_events import DeliveryStarted, DeliveryStopped
from blinwatch.core.step import next_deadline_ms, step
from blinwatch.core.tell_status import tell_status
from blinwatch.core.time_order import place_of
from tests.core.stories import START, header, order, run, short_logs, tick, vitals

WELL = {"temperature_c": 36.8, "sbp_mmhg": 118, "spo2_pct": 97, "o2_device": "room_air"}


def alerts(decisions: list[Decision]) -> list[tuple[str, str]]:
    return [(d.transition, d.alert.code) for d in decisions if isinstance(d, AlertTransition)]


def shifted(value: Any, by: timedelta) -> Any:
    """The same value with every time in it moved; ids that are made from times are left out."""
    if isinstance(value, datetime):
        return value + by
    if isinstance(value, tuple):
        return tuple(shifted(item, by) for item in value)
    if isinstance(value, dict):
        return {key: shifted(item, by) for key, item in value.items()}
    if is_dataclass(value):
        names = [field.name for field in fields(value) if field.name != "decision_id"]
        return type(value).__name__, {name: shifted(getattr(value, name), by) for name in names}
    return value


@settings(max_examples=30)
@given(events=short_logs())
def test_the_judgement_does_not_depend_on_the_date(events: list[PatientEvent], rulebook: Rulebook) -> None:
    by = timedelta(days=400, hours=5, milliseconds=17)
    moved = [replace(event, occurred_at=event.occurred_at + by) for event in events]
    _, here = run(events, rulebook)
    _, there = run(moved, rulebook)
    assert shifted(tuple(there), timedelta(0)) == shifted(tuple(here), by)


@settings(max_examples=30)
@given(events=short_logs())
def test_the_same_log_gives_the_same_decisions(events: list[PatientEvent], rulebook: Rulebook) -> None:
    assert run(events, rulebook) == run(events, rulebook)


@settings(max_examples=30)
@given(events=short_logs())
def test_every_decision_says_why(events: list[PatientEvent], rulebook: Rulebook) -> None:
    for decision in run(events, rulebook)[1]:
        if isinstance(decision, AlertTransition):
            assert decision.alert.summary
            assert decision.alert.citation
            assert decision.alert.rule_id in rulebook.citations
            assert decision.alert.rulebook_version == rulebook.version
        if isinstance(decision, GradeAssigned):
            assert decision.because
            assert decision.citation


def test_an_event_of_another_patient_is_a_routing_fault(rulebook: Rulebook) -> None:
    with pytest.raises(ValueError, match="another patient"):
        step(new_patient("somebody-else"), order(), rulebook)


def test_a_fever_raises_grade_1_and_hypotension_escalates_it(rulebook: Rulebook) -> None:
    log = [
        order(),
        vitals(1, 1, **WELL),
        vitals(2, 30, temperature_c=38.4),
        vitals(3, 60, sbp_mmhg=84),
    ]
    state, decisions = run(log, rulebook)
    assert [item for item in alerts(decisions) if item[1].startswith("CRS")] == [
        ("raised", "CRS_G1"),
        ("escalated", "CRS_G2"),
    ]
    (alert,) = [alert for alert in state.head.alerts.standing if alert.key == "CRS"]
    assert alert.priority == "medium"
    assert {item.name for item in alert.evidence} >= {"temperature_c", "sbp_mmhg"}
    systolic = next(item for item in alert.evidence if item.name == "sbp_mmhg")
    assert systolic.event_id == "e00003"


def test_an_artefact_changes_no_grade_and_a_dead_sensor_is_named(rulebook: Rulebook) -> None:
    log = [order(), vitals(1, 1, **WELL), *(vitals(n, n, spo2_pct=0, heart_rate_bpm=80) for n in range(2, 20))]
    state, decisions = run(log, rulebook)
    assert alerts(decisions) == [("raised", "SENSOR_OFF")]
    assert state.head.silent == ("sensor:spo2",)
    assert state.head.grade is not None
    assert state.head.grade.code == "CRS_G0"


def test_a_silent_feed_hides_its_sensors_and_is_noticed_by_the_clock_alone(rulebook: Rulebook) -> None:
    state, _ = run([order(), vitals(1, 1, **WELL, heart_rate_bpm=80)], rulebook)
    due = next_deadline_ms(state)
    assert due is not None
    state, quiet = step(state, tick(1, 15.9), rulebook)
    state, loud = step(state, tick(2, 16), rulebook)
    assert alerts(list(quiet)) == []
    assert alerts(list(loud)) == [("raised", "FEED_SILENT")]
    state, back = step(state, vitals(2, 20, heart_rate_bpm=82, spo2_pct=97), rulebook)
    assert ("resolved", "FEED_SILENT") in alerts(list(back))


def test_nobody_waits_for_observations_of_a_patient_whose_therapy_has_ended(rulebook: Rulebook) -> None:
    log = [order(), vitals(1, 1, **WELL), TherapyEnded(**header(2, 10), reason="completed")]
    state, _ = run(log, rulebook)
    _, decisions = step(state, tick(1, 60 * 24), rulebook)
    assert alerts(list(decisions)) == []


def test_a_temperature_not_charted_in_time_is_overdue_at_its_own_deadline(rulebook: Rulebook) -> None:
    log = [order(), vitals(1, 0.5, **WELL, respiratory_rate_per_min=16)]
    log += [vitals(n, n * 5, heart_rate_bpm=80, spo2_pct=97) for n in range(2, 60)]
    _, decisions = run(log, rulebook)
    raised = [d for d in decisions if isinstance(d, AlertTransition) and d.alert.code == "OBS_OVERDUE"]
    assert len(raised) == 1
    assert raised[0].occurred_at == START + timedelta(minutes=0.5, hours=4.5)


def test_a_stopped_pump_becomes_a_four_hour_interruption_at_exactly_four_hours(rulebook: Rulebook) -> None:
    log = [order(), DeliveryStarted(**header(1, 1)), DeliveryStopped(**header(2, 60))]
    state, _ = run(log, rulebook)
    state, decisions = step(state, tick(1, 60 + 240), rulebook)
    gap = [d for d in decisions if isinstance(d, AlertTransition) and d.alert.key == "INF_INTERRUPT"]
    assert [(d.transition, d.alert.code) for d in gap] == [
        ("raised", "INF_INTERRUPT_SHORT"),
        ("escalated", "INF_INTERRUPT_4H"),
    ]
    assert gap[0].occurred_at == START + timedelta(minutes=65, milliseconds=1)
    assert gap[1].occurred_at == START + timedelta(hours=5)
    assert gap[1].alert.priority == "high"


def test_an_acknowledgement_is_kept_with_who_and_why(rulebook: Rulebook) -> None:
    state, _ = run([order(), vitals(1, 1, **{**WELL, "temperature_c": 38.4})], rulebook)
    alert = next(alert for alert in state.head.alerts.standing if alert.key == "CRS")
    command = AlertAcknowledged(**header(2, 2), by="nurse-7", reason="blood cultures taken", alert_id=alert.alert_id)
    _, decisions = step(state, command, rulebook)
    seen = next(d for d in decisions if isinstance(d, AlertTransition))
    assert (seen.transition, seen.by, seen.reason) == ("acknowledged", "nurse-7", "blood cultures taken")


def test_death_due_to_crs_is_grade_5_and_ends_the_watch(rulebook: Rulebook) -> None:
    log = [
        order(),
        DeliveryStarted(**header(5, 0.5)),
        vitals(1, 1, **{**WELL, "temperature_c": 39.0}),
        DeathRecorded(**header(2, 60), death_due_to="crs"),
    ]
    state, decisions = run(log, rulebook)
    grades = [d.code for d in decisions if isinstance(d, GradeAssigned)]
    assert grades[-1] == "CRS_G5"
    state, _ = step(state, DeliveryStopped(**header(3, 70)), rulebook)
    _, later = step(state, tick(1, 60 * 30), rulebook)
    raised = [d for d in later if isinstance(d, AlertTransition) and d.transition == "raised"]
    assert raised == []


def test_the_board_hears_once_a_minute_while_nothing_changes(rulebook: Rulebook) -> None:
    log = [order(), vitals(1, 1, **WELL), *(vitals(n, 1 + n / 6, heart_rate_bpm=80) for n in range(2, 62))]
    _, decisions = run(log, rulebook)
    times = [d.as_of for d in decisions if isinstance(d, PatientStatus)]
    steady = [later - earlier for earlier, later in pairwise(times[3:])]
    assert steady
    assert set(steady) == {timedelta(minutes=1)}


def test_the_core_imports_the_standard_library_and_clinical_types_only() -> None:
    allowed = {"ast", "bisect", "collections", "dataclasses", "datetime", "functools", "hashlib", "itertools"}
    allowed |= {"copy", "math", "typing", "unicodedata", "decimal", "fractions", "enum", "operator"}
    allowed |= {"heapq", "statistics"}
    folder = Path(blinwatch.core.__file__).parent
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            for name in names:
                inside = name.startswith(("blinwatch.core", "blinwatch.clinical"))
                assert inside or name.partition(".")[0] in allowed, f"{file.name} imports {name}"
                assert name != "blinwatch.clinical.load_rulebook", f"{file.name} reads files"


def test_times_in_decisions_are_utc(rulebook: Rulebook) -> None:
    _, decisions = run([order(), vitals(1, 1, **WELL)], rulebook)
    assert all(d.as_of.tzinfo == UTC for d in decisions if isinstance(d, PatientStatus))


@settings(max_examples=40)
@given(events=short_logs(), later_min=st.floats(0, 4))
def test_the_board_s_running_hours_are_those_of_a_fresh_judgement(
    events: list[PatientEvent], later_min: float, rulebook: Rulebook
) -> None:
    state, _ = run(sorted(events, key=place_of), rulebook)
    judged = state.head.clock_ms + round(later_min * 60_000)
    due_ms = next_deadline_ms(state)
    assume(due_ms is None or judged < due_ms)
    shown = tell_status(replace(state.head, clock_ms=judged), None, rulebook).infusion
    state, _ = step(state, tick(1, (judged - to_ms(START)) / 60_000), rulebook)
    fresh = tell_status(state.head, None, rulebook).infusion
    for name in ("state", "headline", "codes", "bag_due_at", "step_due_at", "end_due_at"):
        assert getattr(shown, name) == getattr(fresh, name)
    assert shown.infused_h_total == pytest.approx(fresh.infused_h_total, abs=0.0011)
    assert shown.gap_min == pytest.approx(fresh.gap_min, abs=0.011)


def test_a_patient_who_comes_in_mid_cycle_owes_nothing_for_the_days_before(rulebook: Rulebook) -> None:
    log = [order(infused_h_before=100), DeliveryStarted(**header(1, 1)), vitals(2, 2, heart_rate_bpm=80)]
    _, decisions = run(log, rulebook)
    assert ("raised", "OBS_OVERDUE") not in alerts(decisions)
    _, decisions = run([*log, tick(1, 4.5 * 60 + 1)], rulebook)
    assert ("raised", "OBS_OVERDUE") in alerts(decisions)


def test_a_rising_grade_asks_for_more_from_then_on_and_not_backwards(rulebook: Rulebook) -> None:
    fever = {**WELL, "temperature_c": 38.6, "respiratory_rate_per_min": 18}
    log = [order(), vitals(1, 1, **fever), vitals(2, 100, sbp_mmhg=84, heart_rate_bpm=110, spo2_pct=96)]
    _, decisions = run(log, rulebook)
    assert ("escalated", "CRS_G2") in alerts(decisions)
    assert ("raised", "OBS_OVERDUE") not in alerts(decisions)
    log += [vitals(3 + n, 105 + 5 * n, heart_rate_bpm=110, spo2_pct=96) for n in range(25)]
    _, decisions = run(log, rulebook)
    overdue = [d for d in decisions if isinstance(d, AlertTransition) and d.alert.code == "OBS_OVERDUE"]
    assert overdue[0].occurred_at == START + timedelta(minutes=130)

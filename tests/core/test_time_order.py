"""Any arrival order, one result (docs/decisions/0003).

Goal: the same events end in the same judgement however they arrive within the window, late ones are told as late,
and nothing is dropped. Method: short random logs, permuted, duplicated, interrupted by freezing and thawing.
"""

from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core import time_order
from blinwatch.core.decisions import (
    Alert,
    AlertTransition,
    Decision,
    InputNote,
)
from blinwatch.core.events import MedicationAdministered, PatientEvent, SignAttributed
from blinwatch.core.patient_state import Judgement, PatientState, freeze, new_patient
from blinwatch.core.pump_events import LineFlushed
from blinwatch.core.step import step, thaw
from tests.core.stories import PATIENT, header, order, run, short_logs, tick, vitals


def judged(state: PatientState) -> Judgement:
    """The judgement without the log of how it was reached."""
    return replace(state.head, log=())


def in_time_order(events: list[PatientEvent]) -> list[PatientEvent]:
    return sorted(events, key=time_order.place_of)


@settings(max_examples=60)
@given(events=short_logs(), random=st.randoms(use_true_random=False))
def test_any_arrival_order_ends_in_the_same_judgement(
    events: list[PatientEvent], random: Random, rulebook: Rulebook
) -> None:
    expected, _ = run(in_time_order(events), rulebook)
    shuffled = list(events)
    random.shuffle(shuffled)
    state, _ = run(shuffled, rulebook)
    assert judged(state) == judged(expected)


@settings(max_examples=60)
@given(events=short_logs(), random=st.randoms(use_true_random=False))
def test_subscribers_who_hear_every_step_end_with_the_alerts_that_stand(
    events: list[PatientEvent], random: Random, rulebook: Rulebook
) -> None:
    random.shuffle(events)
    state, decisions = run(events, rulebook)
    heard: dict[str, Alert] = {}
    for decision in decisions:
        if isinstance(decision, AlertTransition):
            heard[decision.alert_id] = decision.alert
    standing = {alert_id for alert_id, alert in heard.items() if alert.state != "resolved"}
    assert standing == {alert.alert_id for alert in state.head.alerts.standing}
    for alert in state.head.alerts.standing:
        assert (heard[alert.alert_id].code, heard[alert.alert_id].state) == (alert.code, alert.state)


@settings(max_examples=40)
@given(events=short_logs(), data=st.data())
def test_an_event_sent_twice_is_one_event(events: list[PatientEvent], data: st.DataObject, rulebook: Rulebook) -> None:
    events = in_time_order(events)
    again = data.draw(st.lists(st.sampled_from(events), max_size=6))
    once, _ = run(events, rulebook)
    twice, decisions = run([*events, *again], rulebook)
    assert judged(twice) == judged(once)
    assert all(isinstance(note, InputNote) for note in decisions[len(run(events, rulebook)[1]) :])


@settings(max_examples=40)
@given(events=short_logs(), cut=st.integers(0, 24))
def test_freezing_and_thawing_anywhere_changes_nothing(
    events: list[PatientEvent], cut: int, rulebook: Rulebook
) -> None:
    straight, decisions = run(events, rulebook)
    state, resumed = new_patient(PATIENT), list[Decision]()
    for number, event in enumerate(events):
        if number == cut:
            state = thaw(freeze(state), rulebook)
        state, more = step(state, event, rulebook)
        resumed += more
    assert state == straight
    assert resumed == decisions


def test_a_late_fever_is_told_as_late_with_its_own_time(rulebook: Rulebook) -> None:
    log = [
        order(),
        vitals(1, 1, sbp_mmhg=118, spo2_pct=97, temperature_c=36.8, o2_device="room_air"),
        vitals(3, 5, sbp_mmhg=118, spo2_pct=97),
        vitals(2, 3, temperature_c=38.6),
    ]
    _, decisions = run(log, rulebook)
    raised = [d for d in decisions if isinstance(d, AlertTransition) and d.alert.key == "CRS"]
    assert [d.transition for d in raised] == ["raised"]
    assert raised[0].late
    assert raised[0].occurred_at == log[3].occurred_at


def test_an_alert_that_late_evidence_unmakes_is_withdrawn(rulebook: Rulebook) -> None:
    fever = vitals(2, 5, temperature_c=38.6)
    elsewhere = SignAttributed(**header(3, 4), by="dr-2", reason="urinary sepsis proven", sign="fever", cause="sepsis")
    known = vitals(1, 1, sbp_mmhg=118, spo2_pct=97, temperature_c=36.8, o2_device="room_air")
    _, decisions = run([order(), known, fever, elsewhere], rulebook)
    life = [d for d in decisions if isinstance(d, AlertTransition) and d.alert.key == "CRS"]
    assert [d.transition for d in life] == ["raised", "resolved"]
    assert life[1].late
    assert "late evidence" in str(life[1].reason)


def test_a_flush_that_arrives_hours_late_still_alerts(rulebook: Rulebook) -> None:
    log = [order()]
    log += [vitals(number, number, heart_rate_bpm=80, spo2_pct=97) for number in range(1, 400)]
    log.append(LineFlushed(**header(1000, 30.5)))
    state, decisions = run(log, rulebook)
    notes = [d for d in decisions if isinstance(d, InputNote)]
    assert [note.note for note in notes] == ["late_beyond_window"]
    assert any(alert.code == "INF_FLUSH" for alert in state.head.alerts.standing)


def test_a_tick_of_the_past_brings_nothing_about(rulebook: Rulebook) -> None:
    state, _ = run([order(), vitals(1, 10, heart_rate_bpm=80)], rulebook)
    after, decisions = step(state, tick(1, 5), rulebook)
    assert after == state
    assert decisions == ()


def test_the_window_stays_bounded(rulebook: Rulebook) -> None:
    log = [order(), *(vitals(number, number / 60, heart_rate_bpm=80) for number in range(1, 1500))]
    state, _ = run(log, rulebook)
    assert len(state.pending) <= 2 * time_order.WINDOW_EVENTS


def test_a_drug_given_in_the_same_minute_may_hide_the_fever(rulebook: Rulebook) -> None:
    low = vitals(1, 5, temperature_c=37.0, sbp_mmhg=80, spo2_pct=97, o2_device="room_air")
    dose = MedicationAdministered(**header(2, 5), drug="paracetamol")
    state, _ = run([order(), low, dose], rulebook)
    assert state.head.grade is not None
    assert state.head.grade.code == "CRS_SUSPECT_MASKED"


def test_an_alert_that_stands_is_not_raised_again_when_its_beginning_moves(rulebook: Rulebook) -> None:
    known = {"sbp_mmhg": 118, "spo2_pct": 97, "o2_device": "room_air"}
    log = [order(), vitals(1, 1, temperature_c=36.8, **known), vitals(3, 5, temperature_c=38.6)]
    log.append(vitals(2, 3, temperature_c=38.4))
    state, decisions = run(log, rulebook)
    life = [d for d in decisions if isinstance(d, AlertTransition) and d.alert.key == "CRS"]
    assert [d.transition for d in life] == ["raised"]
    assert [alert.key for alert in state.head.alerts.standing if alert.domain == "crs"] == ["CRS"]

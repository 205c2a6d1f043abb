"""Short event logs for tests of the judgement: a patient, an order, vitals, a pump."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.decisions import Decision
from blinwatch.core.events import (
    AnyEvent,
    MedicationAdministered,
    PatientEvent,
    TherapyOrdered,
    Tick,
    VitalsObserved,
)
from blinwatch.core.patient_state import PatientState, new_patient
from blinwatch.core.pump_events import DeliveryStarted, DeliveryStopped, LineFlushed, PumpStatusReported
from blinwatch.core.step import step

PATIENT = "p-1"
START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def header(number: int, minutes: float, start: datetime = START) -> dict[str, Any]:
    return {
        "event_id": f"e{number:05d}",
        "patient_id": PATIENT,
        "occurred_at": start + timedelta(minutes=minutes),
        "source": "test",
    }


def tick(number: int, minutes: float, start: datetime = START) -> Tick:
    moment = start + timedelta(minutes=minutes)
    return Tick(event_id=f"t{number:05d}", occurred_at=moment, partition=0, source="test")


def order(number: int = 0, minutes: float = 0, start: datetime = START, **fields: Any) -> TherapyOrdered:
    values: dict[str, Any] = {
        "phase": "rr",
        "cycle": 2,
        "weight_kg": 70,
        "age_years": 40,
        "bag_type_h": 24,
        "cycle_start_premed_documented": True,
    }
    return TherapyOrdered(**header(number, minutes, start), **{**values, **fields})


def vitals(number: int, minutes: float, start: datetime = START, **signals: Any) -> VitalsObserved:
    return VitalsObserved(**header(number, minutes, start), monitoring="continuous", **signals)


def run(events: list[AnyEvent] | list[PatientEvent], rulebook: Rulebook) -> tuple[PatientState, list[Decision]]:
    state, decisions = new_patient(PATIENT), list[Decision]()
    for event in events:
        state, more = step(state, event, rulebook)
        decisions += more
    return state, decisions


@st.composite
def short_logs(draw: st.DrawFn) -> list[PatientEvent]:
    """A ward's few minutes: everything within the window in which order may be restored."""
    events: list[PatientEvent] = [order()]
    count = draw(st.integers(3, 24))
    seconds = draw(st.lists(st.integers(1, 480), min_size=count, max_size=count))
    for number, second in enumerate(seconds, start=1):
        events.append(draw(_any_event(number, second / 60)))
    return events


@st.composite
def _any_event(draw: st.DrawFn, number: int, minutes: float) -> PatientEvent:
    base = header(number, minutes)
    kind = draw(st.sampled_from(["vitals", "vitals", "vitals", "start", "stop", "flush", "status", "drug"]))
    if kind == "start":
        return DeliveryStarted(**base, rate_ml_h=draw(st.sampled_from([5.0, 10.0, 10.4])))
    if kind == "stop":
        return DeliveryStopped(**base)
    if kind == "flush":
        return LineFlushed(**base, drug_aspirated=draw(st.booleans()))
    if kind == "status":
        return PumpStatusReported(**base, rate_ml_h=draw(st.sampled_from([0.0, 10.0])), delivering=True)
    if kind == "drug":
        drug = draw(st.sampled_from(["paracetamol", "norepinephrine", "dexamethasone", "tocilizumab"]))
        return MedicationAdministered(**base, drug=drug, dose_mg=20, action=draw(st.sampled_from(["given", "started"])))
    return VitalsObserved(
        **base,
        monitoring="continuous",
        temperature_c=draw(st.sampled_from([None, 36.8, 38.0, 38.9, 44.0])),
        sbp_mmhg=draw(st.sampled_from([None, 84, 88, 118, 0])),
        spo2_pct=draw(st.sampled_from([None, 88, 92, 97, 0])),
        heart_rate_bpm=draw(st.sampled_from([None, 80, 120])),
        o2_device=draw(st.sampled_from([None, "room_air", "nasal_cannula"])),
    )

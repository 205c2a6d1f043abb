"""How much is remembered of one patient: at most 64 KiB after a whole cycle in which much happened.

Goal: nothing that is kept grows with time (design, "Sizes"). Method: 28 days in which every domain is busy: a monitor
(sparse, for a denser one keeps no more), charting rounds, neurological checks, daily laboratory, many drugs, a pump
with gaps and alarms, reactions, attributions, commands. The stored JSON is measured all through every day.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.events import (
    AlertAcknowledged,
    AnyEvent,
    ClinicalSignsAssessed,
    CrsAssessed,
    InfusionAssessed,
    InteractionAssessed,
    LabResulted,
    MedicationAdministered,
    NeuroAssessed,
    ReactionAssessed,
    SignAttributed,
    VitalsObserved,
)
from blinwatch.core.findings import (
    CrsFindings,
    InfusionFindings,
    InteractionFindings,
    NeuroFindings,
    ReactionFindings,
)
from blinwatch.core.patient_state import new_patient
from blinwatch.core.pump_events import BagChanged, DeliveryStarted, DeliveryStopped, PumpAlarm, PumpStatusReported
from blinwatch.core.step import step
from blinwatch.stream.state_codec import StateWriter
from tests.core.stories import PATIENT, START, header, order, tick

DAYS = 28
LARGEST_BYTES = 64 * 1024
"""Design, "Sizes": state per patient stays under 64 KiB."""
MONITOR_MIN = 15
"""Once a quarter of an hour; a window of 15 minutes holds at most twice 96 reports of a denser monitor."""


def monitor_of(day: int, hours: range) -> Iterator[AnyEvent]:
    for number, minute in enumerate(range(hours.start * 60, hours.stop * 60, MONITOR_MIN)):
        feverish = (day + minute // 360) % 3 == 0
        yield VitalsObserved(
            **header(0, day * 1440 + minute + 0.1),
            monitoring="continuous",
            heart_rate_bpm=118.0 if feverish else 76.0,
            respiratory_rate_per_min=22.0 if feverish else 15.0,
            spo2_pct=91.0 if feverish and number % 5 == 0 else 97.0,
            temperature_c=(39.1 if feverish else 36.8) if number % 4 == 0 else None,
            sbp_mmhg=(86.0 if feverish else 118.0) if number % 4 == 2 else None,
            o2_device=("nasal_cannula" if feverish else "room_air") if number % 8 == 1 else None,
        )


LABS: tuple[tuple[str, str, float], ...] = (
    ("1742-6", "U/L", 40.0), ("1920-8", "U/L", 44.0), ("1975-2", "umol/L", 12.0), ("751-8", "10*9/L", 0.4),
    ("2823-3", "mmol/L", 3.9), ("2777-1", "mmol/L", 1.1), ("17861-6", "mmol/L", 2.2), ("2160-0", "umol/L", 70.0),
    ("2276-4", "ug/L", 900.0), ("3255-7", "g/L", 2.4), ("777-3", "10*9/L", 60.0), ("48065-7", "mg/L{FEU}", 1.0),
    ("6301-6", "{INR}", 1.1), ("5902-2", "s", 12.5), ("3040-3", "U/L", 40.0), ("2524-7", "mmol/L", 1.4),
    ("1751-7", "g/L", 33.0), ("19123-9", "mmol/L", 0.8), ("1988-5", "mg/L", 60.0), ("718-7", "g/L", 82.0),
    ("6690-2", "10*9/L", 1.1), ("2532-0", "U/L", 300.0), ("3084-1", "umol/L", 300.0),
)  # fmt: skip


DRUGS = (
    "paracetamol", "dexamethasone", "ondansetron", "aciclovir", "voriconazole", "pantoprazole", "morphine",
    "metoprolol", "allopurinol", "cefepime", "furosemide", "norepinephrine", "lorazepam", "warfarin",
)  # fmt: skip


def people_of(day: int) -> Iterator[AnyEvent]:
    """What staff chart and give in a day."""

    def at(hour: float) -> dict[str, Any]:
        return header(0, day * 1440 + hour * 60)

    for hour in range(0, 24, 4):
        findings = CrsFindings(
            temperature_c=37.2 + (day + hour) % 5 / 2, sbp_mmhg=104.0, spo2_pct=96.0, o2_device="room_air"
        )
        yield CrsAssessed(**at(hour + 0.51), findings=findings)
        examined = NeuroFindings(ice_score=10 - (day + hour) % 7, loc="alert", seizure="none", motor_weakness="none")
        yield NeuroAssessed(**at(hour + 0.52), findings=examined)
    for number, (loinc, unit, value) in enumerate(LABS):
        for hour in (5.0, 17.0):
            result = value * (1 + (day * 7 + number) % 9 / 4)
            yield LabResulted(
                **at(hour + number / 100), loinc=loinc, unit=unit, value=result, reference_high=value * 1.5
            )
    for number, drug in enumerate(DRUGS):
        yield MedicationAdministered(
            **at(6 + number / 2 + 0.03),
            drug=drug,
            dose_mg=10.0,
            action=("given", "started", "stopped")[(number + day) % 3],
        )
    for number in range(3):
        yield MedicationAdministered(**at(20 + number / 10), drug=f"a drug of the pharmacy no {day * 3 + number}")
    yield ReactionAssessed(
        **at(9), reactions=(ReactionFindings(reaction="neuro", grade=2), ReactionFindings(reaction="liver", grade=3))
    )
    yield InteractionAssessed(**at(9.5), findings=InteractionFindings(drug="warfarin", cycle=1, cycle_day=2))
    yield ClinicalSignsAssessed(
        **at(10), infection_suspected=day % 2 == 0, abdominal_pain=True, weight_kg=70.0 + day / 4, pews_behaviour=1
    )
    for number, sign in enumerate(("fever", "hypotension", "cognition")):
        head = at(11 + number / 10)
        yield SignAttributed(
            **head, by="dr-2", reason="seen at the bedside", sign=sign, cause="line infection " * 6, active=day % 3 > 0,
            until=head["occurred_at"] + timedelta(hours=2),
        )  # fmt: skip
    yield InfusionAssessed(
        **at(13), findings=InfusionFindings(rate_ml_h=10.0, bag_type_h=24.0, gap_min=20.0, restarted=True)
    )


def pump_of(day: int) -> Iterator[AnyEvent]:
    def at(hour: float) -> dict[str, Any]:
        return header(0, day * 1440 + hour * 60)

    if day == 0:
        yield DeliveryStarted(**at(1), rate_ml_h=10.0, programmed_dose_mcg_day=9.0)
    yield BagChanged(**at(8.02), stage="started")
    yield BagChanged(**at(8.1), stage="ended", bag_type_h=24.0, rate_ml_h=10.0)
    for number in range(3):
        yield DeliveryStopped(**at(14 + number + 0.21), gap_reason="unplanned")
        yield DeliveryStarted(**at(14 + number + 0.61), rate_ml_h=10.0, programmed_dose_mcg_day=28.0)
        yield PumpAlarm(**at(14 + number + 0.71), alarm="occlusion", stage="started")
        yield PumpAlarm(**at(14 + number + 0.75), alarm="occlusion", stage="ended")
    for hour in range(24):
        yield PumpStatusReported(
            **at(hour + 0.9), rate_ml_h=10.0, delivering=True, volume_delivered_total_ml=hour * 10.0
        )


def a_busy_day(day: int) -> list[AnyEvent]:
    events = [*monitor_of(day, range(24)), *people_of(day), *pump_of(day)]
    events += [tick(0, day * 1440 + hour * 60 + 0.77) for hour in range(24)]
    events.sort(key=lambda event: event.occurred_at)
    return [_named(event, f"d{day:02d}-{number:04d}") for number, event in enumerate(events)]


def _named(event: AnyEvent, event_id: str) -> AnyEvent:
    object.__setattr__(event, "event_id", event_id)
    return event


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.xfail(
    reason="alerts, interactions and the pump's ledger are stored at length: 82 KB measured", strict=True
)
def test_the_state_of_a_busy_patient_stays_below_64_kib_for_28_days(rulebook: Rulebook) -> None:
    state, sizes = new_patient(PATIENT), list[int]()
    state, _ = step(state, order(cycle=1), rulebook)
    for day in range(DAYS):
        for event in a_busy_day(day):
            if event.occurred_at == START:
                continue
            state, _ = step(state, event, rulebook)
            for alert in state.head.alerts.standing[:1]:
                if alert.state == "active" and event.event_id.endswith("00"):
                    said: dict[str, Any] = {
                        "event_id": f"{event.event_id}-seen",
                        "patient_id": PATIENT,
                        "source": "test",
                    }
                    seen = AlertAcknowledged(
                        **said, occurred_at=event.occurred_at, by="nurse-1", reason="seen", alert_id=alert.alert_id
                    )
                    state, _ = step(state, seen, rulebook)
            if event.event_id.endswith("00"):
                sizes.append(len(StateWriter().write(state, {}, None)))
        sizes.append(len(StateWriter().write(state, {}, None)))
    assert state.head.alerts.standing
    assert max(sizes) <= LARGEST_BYTES

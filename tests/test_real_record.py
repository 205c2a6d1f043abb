"""A real bedside monitor's 32 hours, judged with an infusion running.

The record is read where it lies and never copied (its licence is share-alike): MIMIC waveform database, PhysioNet,
Open Database License 1.0. Zeros stand for sensors that are not connected; there is no temperature.
"""

import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.decisions import (
    AlertTransition,
    Decision,
    GradeAssigned,
    PatientStatus,
)
from blinwatch.core.events import PatientEvent, TherapyOrdered
from blinwatch.core.pump_events import DeliveryStarted, PumpStatusReported
from blinwatch.core.time_order import place_of
from blinwatch.receive.monitor_csv import read_monitor_csv
from tests.core.stories import PATIENT, run

ROOT = Path(__file__).parents[1]
RECORD = Path(os.environ.get("MONITOR_CSV", ROOT.parent / "shared" / "data" / "bedside_numerics_32h.csv"))
START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
HOURS = 32


def infusion() -> list[PatientEvent]:
    """An order and a pump that runs by the US label beside the record, from two hours before it."""

    def header(number: int, minutes: float) -> dict[str, Any]:
        at = START + timedelta(minutes=minutes)
        return {"event_id": f"i{number:05d}", "patient_id": PATIENT, "occurred_at": at, "source": "test"}

    order = TherapyOrdered(
        **header(0, -120),
        phase="rr",
        cycle=2,
        age_years=60,
        weight_kg=70,
        bag_type_h=48,
        location="inpatient",
        cycle_start_premed_documented=True,
    )
    start = DeliveryStarted(**header(1, -119), rate_ml_h=5, programmed_dose_mcg_day=28)
    reports = [
        PumpStatusReported(**header(2 + number, -115 + 5 * number), rate_ml_h=5, delivering=True)
        for number in range((120 + HOURS * 60) // 5)
    ]
    return [order, start, *reports]


@pytest.fixture(scope="module")
def decisions() -> list[Decision]:
    if not RECORD.exists():
        pytest.skip(f"the monitor record is not here; set MONITOR_CSV to it (looked for {RECORD.name})")
    vitals = list(read_monitor_csv(RECORD, patient_id=PATIENT, start=START))
    return run(sorted([*infusion(), *vitals], key=place_of), load_rulebook())[1]


def raised(decisions: list[Decision]) -> list[AlertTransition]:
    return [d for d in decisions if isinstance(d, AlertTransition) and d.transition == "raised"]


def test_no_zero_and_no_gap_is_taken_for_a_sick_patient(decisions: list[Decision]) -> None:
    codes = Counter(step.alert.code for step in raised(decisions))
    assert set(codes) == {"SENSOR_OFF", "OBS_OVERDUE", "SPO2_LOW", "NEWS2_URGENT", "LIVER_LABS_OVERDUE"}
    # The score rests on values that the monitor really measured, and nobody sent a laboratory result in 32 hours.
    scored = [part for step in raised(decisions) if step.alert.key == "NEWS2" for part in step.alert.evidence]
    assert scored
    assert all(part.value != 0 for part in scored)
    assert all(step.alert.priority == "low" for step in raised(decisions) if step.alert.key != "NEWS2")


def test_sensor_off_is_said_as_such(decisions: list[Decision]) -> None:
    silent = {name for d in decisions if isinstance(d, PatientStatus) for name in d.silent}
    assert silent == {"sensor:spo2", "sensor:heart_rate"}


def test_without_a_temperature_crs_is_not_graded_and_says_why(decisions: list[Decision]) -> None:
    grades = [d for d in decisions if isinstance(d, GradeAssigned)]
    assert {grade.code for grade in grades} == {"CRS_NOT_EVALUABLE"}
    assert all(any("emperature" in reason for reason in grade.because) for grade in grades)


def test_the_low_saturation_that_is_really_there_is_judged(decisions: list[Decision]) -> None:
    (low,) = [step for step in raised(decisions) if step.alert.code == "SPO2_LOW"]
    value = next(item.value for item in low.alert.evidence if item.name == "spo2_pct")
    assert isinstance(value, float)
    assert 90 <= value <= 93


def test_the_infusion_runs_undisturbed(decisions: list[Decision]) -> None:
    assert {d.infusion.state for d in decisions if isinstance(d, PatientStatus)} <= {"unknown", "running"}

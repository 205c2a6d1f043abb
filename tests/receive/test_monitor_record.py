"""A real bedside record, 32 hours of one intensive-care patient, zeros and gaps included.

The record is not part of the project (its licence is share-alike). The variable MONITOR_CSV names it, without the
prefix of blinwatch's settings because it is none; otherwise it is looked for in ../shared/data beside the checkout.
"""

import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from blinwatch.core.events import VitalsObserved
from blinwatch.receive.monitor_csv import read_monitor_csv

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data" / "bedside_numerics_32h.csv"
START = datetime(2026, 3, 1, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def record() -> list[VitalsObserved]:
    path = Path(os.environ.get("MONITOR_CSV", BESIDE))
    if not path.is_file():
        pytest.skip(f"NOT TESTED: no monitor record at {path}; name one with MONITOR_CSV")
    return list(read_monitor_csv(path, patient_id="pt-1", start=START))


def test_every_minute_is_one_event_with_its_own_id(record: list[VitalsObserved]) -> None:
    assert len(record) == 1936
    assert len({event.event_id for event in record}) == 1936
    assert (record[-1].occurred_at - record[0].occurred_at).total_seconds() == 1935 * 60


def test_no_temperature_is_invented(record: list[VitalsObserved]) -> None:
    assert all(event.temperature_c is None and event.temperature_f is None for event in record)


def test_the_zeros_of_disconnected_sensors_arrive_as_zeros(record: list[VitalsObserved]) -> None:
    zeros = Counter(
        name
        for event in record
        for name in ("heart_rate_bpm", "pulse_rate_bpm", "spo2_pct", "respiratory_rate_per_min")
        if getattr(event, name) == 0
    )
    assert zeros == {
        "heart_rate_bpm": 46,
        "pulse_rate_bpm": 363,
        "spo2_pct": 363,
        "respiratory_rate_per_min": 45,
    }


def test_pressure_comes_from_the_cuff_until_the_arterial_line_is_connected(
    record: list[VitalsObserved],
) -> None:
    measured = [event for event in record if event.sbp_mmhg]
    from_line = [event for event in measured if event.occurred_at >= record[1924].occurred_at]
    assert (len(measured), len(from_line)) == (159, 7)
    told_off = [event for event in record if event.sbp_mmhg == 0]
    assert len(told_off) == 5
    assert min(event.occurred_at for event in told_off) > record[1924].occurred_at

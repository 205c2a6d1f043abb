"""A recorded monitor in the last bed of a simulated ward, with an infusion running beside it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.events import TherapyOrdered, VitalsObserved
from blinwatch.core.pump_events import PumpStatusReported
from blinwatch.receive.monitor_csv import MonitorTableError
from blinwatch.simulate.record_story import with_record
from blinwatch.simulate.ward import MIXED, WardPlan, make_ward, tell_ward

PLAN = WardPlan(
    patients=3,
    story=MIXED,
    seed=1,
    start=datetime(2026, 3, 1, 8, tzinfo=UTC),
    rulebook=load_rulebook(),
    duration_h=3,
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "monitor.csv"
    path.write_text("minute,HR_bpm,SpO2_pct\n0,80,97\n1,81,0\n2,,96\n500,82,95\n", encoding="utf-8")
    return path


def test_the_last_bed_replays_the_record_and_the_others_are_as_they_were(table: Path) -> None:
    ward = make_ward(PLAN)
    recorded = with_record(ward, table)
    assert recorded[:-1] == ward[:-1]
    assert recorded[-1].setting.patient_id == ward[-1].setting.patient_id
    own = [one.event for one in tell_ward(recorded[-1:])]
    vitals = [event for event in own if isinstance(event, VitalsObserved)]
    assert [(event.heart_rate_bpm, event.spo2_pct) for event in vitals] == [(80, 97), (81, 0), (None, 96)]
    assert next(event.occurred_at - recorded[-1].setting.start for event in vitals).total_seconds() == 0


def test_an_infusion_runs_beside_the_record(table: Path) -> None:
    own = [one.event for one in tell_ward(with_record(make_ward(PLAN), table)[-1:])]
    (order,) = [event for event in own if isinstance(event, TherapyOrdered)]
    assert order.age_years == 60
    assert len([event for event in own if isinstance(event, PumpStatusReported)]) > 100


def test_a_faulty_table_is_named_with_row_and_reason(tmp_path: Path) -> None:
    broken = tmp_path / "monitor.csv"
    broken.write_text("minute,HR_bpm\n0,80\n1,many\n", encoding="utf-8")
    with pytest.raises(MonitorTableError, match="row 3"):
        list(tell_ward(with_record(make_ward(PLAN), broken)[-1:]))

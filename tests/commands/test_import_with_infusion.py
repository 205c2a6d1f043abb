"""`blinwatch import monitor-csv --with-infusion`: a monitor's table judged as during an infusion."""

from pathlib import Path

from typer.testing import CliRunner

from blinwatch.cli import build_app
from blinwatch.core.events import TherapyOrdered, VitalsObserved
from blinwatch.core.pump_events import DeliveryStarted
from blinwatch.receive.event_log import read_events

TABLE = "minute,HR_bpm,SpO2_pct\n" + "".join(f"{minute},80,97\n" for minute in range(30))


def test_an_order_and_a_running_pump_stand_beside_the_record(tmp_path: Path) -> None:
    (tmp_path / "record.csv").write_text(TABLE, encoding="utf-8")
    log = tmp_path / "log.jsonl"
    words = ["import", "monitor-csv", str(tmp_path / "record.csv"), "--patient", "bed-7", "--with-infusion"]
    words += ["--start", "2026-03-01T08:00:00+01:00", "--out", str(log)]
    result = CliRunner().invoke(build_app(), words)
    assert result.exit_code == 0, result.output
    events = list(read_events(log))
    assert sum(isinstance(event, VitalsObserved) for event in events) == 30
    assert sum(isinstance(event, TherapyOrdered) for event in events) == 1
    assert sum(isinstance(event, DeliveryStarted) for event in events) == 1
    assert {event.patient_id for event in events} == {"bed-7"}  # type: ignore[union-attr]
    times = [event.occurred_at for event in events]
    assert times == sorted(times)

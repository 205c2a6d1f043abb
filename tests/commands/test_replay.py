"""`blinwatch replay`: a recorded log gives the same decisions, byte for byte, every time."""

import json
from pathlib import Path

from typer.testing import CliRunner

from blinwatch.cli import build_app
from blinwatch.core.pump_events import DeliveryStarted, DeliveryStopped
from blinwatch.receive.event_log import write_events
from tests.core.stories import header, order, tick, vitals

runner = CliRunner()


def recorded(tmp_path: Path) -> str:
    log = [
        order(),
        DeliveryStarted(**header(1, 1)),
        vitals(2, 2, temperature_c=38.6, sbp_mmhg=84, spo2_pct=97, o2_device="room_air"),
        DeliveryStopped(**header(3, 30)),
        tick(1, 300),
    ]
    path = tmp_path / "log.jsonl"
    with path.open("wb") as file:
        write_events(file, log)
    return str(path)


def test_replaying_twice_gives_equal_bytes(tmp_path: Path) -> None:
    path = recorded(tmp_path)
    first = runner.invoke(build_app(), ["replay", path])
    second = runner.invoke(build_app(), ["replay", path])
    assert first.exit_code == 0
    assert first.stdout_bytes == second.stdout_bytes
    assert first.stdout_bytes


def test_each_line_is_one_decision_with_sorted_keys(tmp_path: Path) -> None:
    lines = runner.invoke(build_app(), ["replay", recorded(tmp_path)]).stdout.splitlines()
    for line in lines:
        assert json.dumps(json.loads(line), sort_keys=True, separators=(",", ":"), ensure_ascii=False) == line
    codes = [json.loads(line)["alert"]["code"] for line in lines if '"type":"alert_transition"' in line]
    assert "CRS_G2" in codes
    assert "INF_INTERRUPT_4H" in codes


def test_status_records_can_be_left_out(tmp_path: Path) -> None:
    lines = runner.invoke(build_app(), ["replay", "--no-status", recorded(tmp_path)]).stdout.splitlines()
    assert lines
    assert all(json.loads(line)["type"] != "patient_status" for line in lines)


def test_several_logs_are_merged_by_event_time(tmp_path: Path) -> None:
    whole = recorded(tmp_path)
    lines = Path(whole).read_bytes().splitlines(keepends=True)
    (tmp_path / "even.jsonl").write_bytes(b"".join(lines[::2]))
    (tmp_path / "odd.jsonl").write_bytes(b"".join(lines[1::2]))
    merged = runner.invoke(build_app(), ["replay", str(tmp_path / "even.jsonl"), str(tmp_path / "odd.jsonl")])
    assert merged.stdout_bytes == runner.invoke(build_app(), ["replay", whole]).stdout_bytes

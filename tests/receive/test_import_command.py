"""`blinwatch import monitor-csv` as somebody types it."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from blinwatch.commands import import_monitor_csv
from blinwatch.receive.event_log import encode_event, encode_key, read_events
from tests.support.embedded import PlainReader, catalogue_broker

TABLE = "minute,HR_bpm,SpO2_pct\n0,60,97\n1,61,\n2,62,96\n"
START = ("--patient", "pt-1", "--start", "2026-03-01T08:00:00+01:00")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "monitor.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def run(*words: object) -> tuple[int, bytes, BaseException | None]:
    app = typer.Typer()
    import_monitor_csv.register(app)
    result = CliRunner().invoke(app, ["import", "monitor-csv", *map(str, words)])
    return result.exit_code, result.stdout_bytes, result.exception


def test_without_a_place_to_go_the_log_is_printed(table: Path, tmp_path: Path) -> None:
    status, printed, _ = run(table, *START)
    assert status == 0
    log = tmp_path / "printed.jsonl"
    log.write_bytes(printed)
    assert [event.heart_rate_bpm for event in read_events(log)] == [60, 61, 62]


def test_a_log_is_written_the_same_way_twice(table: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    assert run(table, *START, "--out", first)[0] == 0
    assert run(table, *START, "--out", second)[0] == 0
    assert first.read_bytes() == second.read_bytes() != b""


def test_a_faulty_table_leaves_no_half_of_a_log_and_keeps_the_old_one(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "log.jsonl"
    run(table, *START, "--out", out)
    before = out.read_bytes()
    table.write_text(f"{TABLE}3,fast,\n", encoding="utf-8")
    status, _, error = run(table, *START, "--out", out)
    assert status != 0
    assert "row 5, column 'HR_bpm': must be a number" in str(error)
    assert out.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.jsonl", "monitor.csv"]


@pytest.mark.parametrize("start", ["2026-03-01T08:00:00", "yesterday", "2026-03-01"])
def test_a_start_that_leaves_a_doubt_is_refused(table: Path, start: str) -> None:
    status, _, error = run(table, "--patient", "pt-1", "--start", start)
    assert status != 0
    assert "--start must be an RFC 3339 time with an offset" in str(error)


def test_a_file_and_a_broker_at_once_are_refused(table: Path, tmp_path: Path) -> None:
    status, _, error = run(table, *START, "--out", tmp_path / "x.jsonl", "--send", "127.0.0.1:1")
    assert status != 0
    assert "exclude each other" in str(error)


def test_a_broker_that_does_not_answer_is_named(table: Path, unused_tcp_port: int) -> None:
    status, _, error = run(table, *START, "--send", f"127.0.0.1:{unused_tcp_port}")
    assert status != 0
    assert f"the broker at 127.0.0.1:{unused_tcp_port} did not take the events" in str(error)


@pytest.mark.kafka
def test_sent_events_lie_on_the_topic_in_order_under_the_patients_key(table: Path, tmp_path: Path) -> None:
    with catalogue_broker() as broker:
        assert run(table, *START, "--send", broker.bootstrap)[0] == 0
        reader = PlainReader(broker.bootstrap, "vitals.observed.v1")
        records = reader.read_until(lambda seen: len(seen) >= 3)
        reader.close()
    log = tmp_path / "log.jsonl"
    run(table, *START, "--out", log)
    expected = [(encode_key(event), encode_event(event)) for event in read_events(log)]
    assert [(record.key(), record.value()) for record in records] == expected
    assert len({record.partition() for record in records}) == 1

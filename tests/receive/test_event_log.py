"""An event log is written the same way every time, and a faulty line is named."""

import json
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given

from blinwatch.core.events import AnyEvent, NeuroAssessed, Tick, VitalsObserved
from blinwatch.core.findings import NeuroFindings
from blinwatch.receive.event_log import (
    LINE_BYTES_MOST,
    EventLogError,
    encode_event,
    encode_key,
    read_events,
    to_line,
    topic_of,
    write_events,
)
from tests.receive.event_strategies import any_event

AT = datetime(2026, 3, 1, 8, tzinfo=UTC)
ROUND = VitalsObserved(event_id="e-1", patient_id="pt-1", occurred_at=AT, source="chart", temperature_c=38.6)
TICK = Tick(event_id="t-1", occurred_at=AT, partition=3, source="worker")


def log_of(folder: Path, *lines: bytes) -> Path:
    path = folder / "log.jsonl"
    path.write_bytes(b"".join(lines))
    return path


def fault_in(path: Path) -> str:
    with pytest.raises(EventLogError) as caught:
        list(read_events(path))
    return str(caught.value)


def test_what_is_not_known_is_left_out() -> None:
    assert json.loads(encode_event(ROUND)) == {
        "type": "vitals_observed",
        "event_id": "e-1",
        "patient_id": "pt-1",
        "occurred_at": "2026-03-01T08:00:00+00:00",
        "source": "chart",
        "temperature_c": 38.6,
    }


def test_an_item_that_was_not_scored_is_kept_because_its_absence_means_something_else() -> None:
    exam = NeuroAssessed(
        event_id="e-2",
        patient_id="pt-1",
        occurred_at=AT,
        source="chart",
        findings=NeuroFindings(ice_items={"naming": None}, capd_items=(0, None)),
    )
    assert json.loads(encode_event(exam))["findings"] == {"ice_items": {"naming": None}, "capd_items": [0, None]}


def test_a_line_has_sorted_keys_and_ends_with_a_line_break() -> None:
    assert to_line(topic_of(ROUND), ROUND) == (
        b'{"event":{"event_id":"e-1","occurred_at":"2026-03-01T08:00:00+00:00","patient_id":"pt-1",'
        b'"source":"chart","temperature_c":38.6,"type":"vitals_observed"},"topic":"vitals.observed.v1"}\n'
    )


def test_the_key_is_the_patient_and_a_ticks_key_its_partition() -> None:
    assert (encode_key(ROUND), encode_key(TICK)) == (b"pt-1", b"3")


@given(drawn=any_event())
def test_any_event_survives_the_log(drawn: tuple[str, AnyEvent]) -> None:
    topic, event = drawn
    assert topic_of(event) == topic
    with TemporaryDirectory() as folder:
        assert list(read_events(log_of(Path(folder), to_line(topic, event)))) == [event]


def test_events_are_read_in_the_order_of_the_lines_and_empty_lines_are_passed_over(tmp_path: Path) -> None:
    file = BytesIO()
    assert write_events(file, [ROUND, TICK]) == 2
    path = log_of(tmp_path, b"\n", file.getvalue(), b"  \n")
    assert list(read_events(path)) == [ROUND, TICK]


def test_the_last_line_may_lack_its_line_break(tmp_path: Path) -> None:
    path = log_of(tmp_path, to_line(topic_of(ROUND), ROUND).rstrip())
    assert list(read_events(path)) == [ROUND]


@pytest.mark.parametrize(
    "line, reason",
    [
        (b"{", "is not JSON"),
        (b"\xff", "is not JSON"),
        (b"[]", 'must be an object with exactly "topic" and "event"'),
        (b'{"topic":"vitals.observed.v1"}', 'must be an object with exactly "topic" and "event"'),
        (b'{"topic":"vitals","event":{}}', "topic is no input topic"),
        (b'{"topic":"alerts.active.v1","event":{}}', "topic is no input topic"),
        (b'{"topic":3,"event":{}}', "topic is no input topic"),
        (b'{"topic":"vitals.observed.v1","event":{}}', "unknown_type: type: is missing"),
        (b'{"topic":"vitals.observed.v1","event":{"type":"vitals_observed"}}', "missing_field: event_id: is missing"),
        (b'{"topic":"vitals.observed.v1","event":"%s"}' % (b"x" * LINE_BYTES_MOST), "is longer than"),
    ],
)
def test_a_faulty_line_is_named_with_its_number_and_reason(tmp_path: Path, line: bytes, reason: str) -> None:
    path = log_of(tmp_path, to_line(topic_of(ROUND), ROUND), line, b"\n")
    fault = fault_in(path)
    assert fault.startswith(f"{path}: line 2: ")
    assert reason in fault


def test_a_log_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    assert "cannot be read: No such file" in fault_in(tmp_path / "missing.jsonl")

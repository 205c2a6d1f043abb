"""The written form of events: JSON as it would be on the topic, and one line an event in a log file.

A log line is `{"event": {...}, "topic": "..."}`; the record's key is the event's own `patient_id`. `replay`,
the golden histories, the simulator and the importer all read and write this form.
"""

from collections.abc import Iterable, Iterator
from dataclasses import MISSING, fields
from datetime import date
from functools import cache
from pathlib import Path
from typing import IO, Any, cast

import orjson

from blinwatch.core.events import AnyEvent, Tick
from blinwatch.receive.decode import VALUE_BYTES_MOST, decode_event
from blinwatch.receive.event_types import TYPE_NAMES, topic_of
from blinwatch.receive.rejection import Rejected

LINE_BYTES_MOST = 2 * VALUE_BYTES_MOST
"""One event, the topic's name, and room for a writer that spaces its JSON out."""

_SCALARS = (str, float, int, date, type(None))
"""What orjson writes as it stands; bool is an int, and an instant is a date."""

__all__ = [
    "EventLogError",
    "encode_event",
    "encode_key",
    "read_events",
    "to_line",
    "topic_of",
    "write_events",
]


class EventLogError(Exception):
    """A log cannot be read; the message names file, line and reason."""


def encode_event(event: AnyEvent) -> bytes:
    """The event as the value of its topic's record: what is not known is left out."""
    return orjson.dumps(_plain(event))


def encode_key(event: AnyEvent) -> bytes:
    """The key of the event's record: the patient, or for a tick the partition's number."""
    return (str(event.partition) if isinstance(event, Tick) else event.patient_id).encode()


def to_line(topic: str, event: AnyEvent) -> bytes:
    """One line of a log, newline included; the same event gives the same bytes every time."""
    return orjson.dumps(
        {"topic": topic, "event": _plain(event)}, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    )


def write_events(file: IO[bytes], events: Iterable[AnyEvent]) -> int:
    """Write each event as a line under its own topic; how many there were."""
    count = 0
    for event in events:
        file.write(to_line(topic_of(event), event))
        count += 1
    return count


def read_events(path: Path) -> Iterator[AnyEvent]:
    """The events of a log in the order of its lines; empty lines are passed over.

    Raises `EventLogError` at the first line that holds no event.
    """
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(LINE_BYTES_MOST + 1):
                number += 1
                if line.strip():
                    yield _event_of(f"{path}: line {number}", line)
    except OSError as error:
        raise EventLogError(f"{path}: cannot be read: {error.strerror}") from error


def _event_of(where: str, line: bytes) -> AnyEvent:
    if len(line) > LINE_BYTES_MOST:
        raise EventLogError(f"{where}: is longer than {LINE_BYTES_MOST} bytes; write one event a line")
    try:
        entry: Any = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise EventLogError(f"{where}: is not JSON: {error.msg} at column {error.colno}") from error
    if not isinstance(entry, dict) or set(cast("dict[str, Any]", entry)) != {"topic", "event"}:
        raise EventLogError(f'{where}: must be an object with exactly "topic" and "event"')
    topic, event = cast("dict[str, Any]", entry)["topic"], cast("dict[str, Any]", entry)["event"]
    if not isinstance(topic, str) or topic not in TYPE_NAMES:
        raise EventLogError(f"{where}: topic is no input topic; inputs are {', '.join(TYPE_NAMES)}")
    decoded = decode_event(topic, orjson.dumps(event))
    if isinstance(decoded, Rejected):
        raise EventLogError(f"{where}: {decoded.reason}: {decoded.detail}")
    return decoded


@cache
def _silent_values(record_class: type) -> tuple[tuple[str, Any], ...]:
    """Each field with the value that says nothing: None or an empty list, where that is its default."""
    return tuple(
        (field.name, field.default if field.default in (None, ()) else MISSING) for field in fields(record_class)
    )


def _plain(value: Any) -> Any:
    """A record as dictionaries, without fields that say nothing.

    pydantic's own `exclude_none` would also drop a None inside a mapping, and there it has a meaning: an ICE
    item that was not scored.
    """
    if isinstance(value, _SCALARS):
        return value
    if isinstance(value, tuple):
        return [_plain(one) for one in cast("tuple[Any, ...]", value)]
    if isinstance(value, dict):
        return cast("dict[str, Any]", value)
    plain: dict[str, Any] = {}
    for name, silent in _silent_values(type(cast("object", value))):
        one = getattr(value, name)
        if one != silent:
            plain[name] = _plain(one)
    return plain

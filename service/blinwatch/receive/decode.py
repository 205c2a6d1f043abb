"""Bytes of an input topic into an event, or the reason why not.

Nothing here raises for what a record holds: a broken record is a value (`Rejected`) that goes to the dead
letters, and its neighbours go on.
"""

from dataclasses import fields
from datetime import date, datetime
from typing import get_args, get_type_hints

from pydantic import ValidationError

from blinwatch.core.events import AnyEvent, Tick
from blinwatch.receive.event_types import ADAPTERS, EVENT_CLASSES
from blinwatch.receive.rejection import Rejected, explain, one_field, whole_record

VALUE_BYTES_MOST = 64 * 1024
"""The longest lists and mappings an event may hold fill about 40 KiB. A patient's whole state is kept under
64 KiB, so no single event may be larger than that."""
YEAR_FIRST, YEAR_LAST = 2000, 2100
"""Blinatumomab was first given in 2001; a year outside is a clock that was never set or a shifted digit. The
bounds also keep every instant far from the ends of what a date can hold when deadlines are added to it."""
BIRTH_YEAR_FIRST = 1870
"""130 years, the highest age an event may state, before the first year above."""

_VALIDATE = {topic: adapter.validator.validate_json for topic, adapter in ADAPTERS.items()}


def _optional_fields(event_class: type[AnyEvent], kind: type) -> tuple[str, ...]:
    hints = get_type_hints(event_class)
    return tuple(field.name for field in fields(event_class) if kind in get_args(hints[field.name]))


_ALL_CLASSES = tuple(one for many in EVENT_CLASSES.values() for one in many)
_MOMENTS = {one: _optional_fields(one, datetime) for one in _ALL_CLASSES}
_DATES = {one: _optional_fields(one, date) for one in _ALL_CLASSES}


def decode_record(topic: str, key: bytes | None, value: bytes | None) -> AnyEvent | Rejected:
    """The event in a record of input topic `topic`, or why there is none.

    The key must be the event's `patient_id` (a tick's: its partition's number), as the catalogue says.
    Raises `ValueError` for a topic that is no input: that is a fault of the caller, not of the record.
    """
    event = decode_event(topic, value)
    if isinstance(event, Rejected):
        return event
    return _wrong_key(event, key) or event


def decode_event(topic: str, value: bytes | None) -> AnyEvent | Rejected:
    """As `decode_record`, for a value without a key: a line of an event log, a request."""
    validate = _VALIDATE.get(topic)
    if validate is None:
        raise ValueError(f"'{topic}' is no input topic; inputs are {', '.join(_VALIDATE)}")
    if not value:
        return whole_record("empty", "the record has no value; an event is never deleted by an empty record")
    if len(value) > VALUE_BYTES_MOST:
        return whole_record("too_large", f"the value has {len(value)} bytes; the most is {VALUE_BYTES_MOST}")
    try:
        event: AnyEvent = validate(value)
    except ValidationError as error:
        return explain(topic, value, error)
    return _wrong_time(event) or event


def _wrong_key(event: AnyEvent, key: bytes | None) -> Rejected | None:
    """A record under another key lies in another partition, away from the patient's state."""
    if isinstance(event, Tick):
        name, expected = "partition", str(event.partition)
    else:
        name, expected = "patient_id", event.patient_id
    if key == expected.encode():
        return None
    if not key:
        return one_field("key_missing", "key", f"the record has no key; it must be the event's {name}")
    return one_field("key_mismatch", "key", f"the record's key must be the event's {name}, and is another")


def _wrong_time(event: AnyEvent) -> Rejected | None:
    if not YEAR_FIRST <= event.occurred_at.year <= YEAR_LAST:
        return _implausible("occurred_at", YEAR_FIRST)
    event_class = type(event)
    for name in _MOMENTS[event_class]:
        moment: datetime | None = getattr(event, name)
        if moment is not None and not YEAR_FIRST <= moment.year <= YEAR_LAST:
            return _implausible(name, YEAR_FIRST)
    for name in _DATES[event_class]:
        day: date | None = getattr(event, name)
        if day is not None and not BIRTH_YEAR_FIRST <= day.year <= YEAR_LAST:
            return _implausible(name, BIRTH_YEAR_FIRST)
    return None


def _implausible(name: str, first: int) -> Rejected:
    return one_field("implausible_time", name, f"the year must be from {first} to {YEAR_LAST}")

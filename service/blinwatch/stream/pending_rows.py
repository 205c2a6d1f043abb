"""The window of events as it is stored: a row for events of which there may be many, every other one by name.

What:      an event is written once, when it is first seen in the window; from then on only what is new is.
Caveats:   the patient's identifier is that of the state and is not repeated; what an event leaves out is left out.
"""

from typing import Any, cast

import orjson
from pydantic import TypeAdapter

from blinwatch.core.events import PatientEvent, Tick
from blinwatch.stream.state_rows import EVENTS, Named, long_time, short_time

_EVENT: TypeAdapter[PatientEvent | Tick] = TypeAdapter(PatientEvent | Tick)
_PLACES = {layout.kind: place for place, layout in enumerate(EVENTS)}
_TYPES = tuple(layout.default_of("type") for layout in EVENTS)
_TICK = "tick"
_AT = 1
"""Every event's row begins with its id and its time."""
_OF_THE_STATE = {"patient_id"}

Window = tuple[PatientEvent | Tick, ...]


class PendingWriter:
    """Writes one patient's window; remembers what it wrote last time."""

    def __init__(self) -> None:
        self._window: Window = ()
        self._rows: list[bytes] = []

    def write(self, window: Window) -> bytes:
        """The members of the window's JSON array."""
        if window is not self._window:
            self._rows = self._rows_of(window)
            self._window = window
        return b",".join(self._rows)

    def _rows_of(self, window: Window) -> list[bytes]:
        count = len(self._window)
        if window[:count] == self._window:  # by far the most common: one event more
            return [*self._rows, *map(_write, window[count:])]
        known = {id(event): row for event, row in zip(self._window, self._rows, strict=True)}
        return [known.get(id(event)) or _write(event) for event in window]


def _write(event: PatientEvent | Tick) -> bytes:
    place = _PLACES.get(type(event))
    row = None if place is None else EVENTS[place].row(event)
    if row is None:
        return _EVENT.dump_json(event, exclude_none=True, exclude=_OF_THE_STATE)
    row[_AT] = short_time(row[_AT])
    return orjson.dumps([place, *row])


def pending_by_name(stored: list[Any], patient_id: str) -> list[Named]:
    """The window's events as mappings that pydantic checks."""
    return [_by_name(one, patient_id) for one in stored]


def _by_name(stored: Any, patient_id: str) -> Named:
    if isinstance(stored, dict):
        event = cast("Named", stored)
        return event if event["type"] == _TICK else {**event, "patient_id": patient_id}
    place, *row = cast("list[Any]", stored)
    event = EVENTS[int(place)].named(row)
    event["occurred_at"] = long_time(event["occurred_at"])
    event["type"] = _TYPES[int(place)]
    return event if event["type"] == _TICK else {**event, "patient_id": patient_id}

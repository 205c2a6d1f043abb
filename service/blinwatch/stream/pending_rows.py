"""The window of events as it is stored: a row for events of which there may be many, every other one by name.

What:      an event is written once, when it is first seen in the window; from then on only what is new is.
Caveats:   - the patient's identifier is that of the state and is not repeated; what an event leaves out is left out;
           - one device sends most of a window: who sent, and in which way, is stored once for each run of events.
"""

from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import Annotated, Any, cast

import orjson
from pydantic import Discriminator, TypeAdapter

from blinwatch.core.events import PatientEvent, Tick, VitalsObserved
from blinwatch.stream.state_rows import EVENTS, Named, long_time, short_time

StoredEvent = Annotated[PatientEvent | Tick, Discriminator("type")]
"""Told by its type: trying every kind of event on every event would take a takeover twenty times as long."""
_EVENT: TypeAdapter[PatientEvent | Tick] = TypeAdapter(StoredEvent)
_PLACES = {layout.kind: place for place, layout in enumerate(EVENTS)}
_TYPES = tuple(layout.default_of("type") for layout in EVENTS)
_TICK = "tick"
_AT = 1
"""Every event's row begins with its id and its time."""
_ELSEWHERE = {"patient_id", "source", "monitoring"}

Window = tuple[PatientEvent | Tick, ...]
Run = list[Any]
"""A source, its way of monitoring where the event tells one, and how many events in a row came so."""


class PendingWriter:
    """Writes one patient's window; remembers what it wrote last time."""

    def __init__(self) -> None:
        self._window: Window = ()
        self._rows: list[bytes] = []
        self._runs: list[Run] = []

    def write(self, window: Window) -> bytes:
        """The window as members of the changelog value's object."""
        if window is not self._window:
            self._take(window)
        return b'"pending":[%b],"sources":%b' % (b",".join(self._rows), orjson.dumps(self._runs))

    def _take(self, window: Window) -> None:
        count = len(self._window)
        if window[:count] == self._window:  # by far the most common: one event more
            self._rows += map(_write, window[count:])
            _extend(self._runs, window[count:])
        else:
            known = {id(event): row for event, row in zip(self._window, self._rows, strict=True)}
            self._rows = [known.get(id(event)) or _write(event) for event in window]
            self._runs = _extend([], window)
        self._window = window


def _extend(runs: list[Run], events: Iterable[PatientEvent | Tick]) -> list[Run]:
    for event in events:
        monitoring = event.monitoring if type(event) is VitalsObserved else None
        if runs and runs[-1][0] == event.source and runs[-1][1] == monitoring:
            runs[-1][2] += 1
        else:
            runs.append([event.source, monitoring, 1])
    return runs


def _write(event: PatientEvent | Tick) -> bytes:
    place = _PLACES.get(type(event))
    row = None if place is None else EVENTS[place].row(event)
    if row is None:
        return _EVENT.dump_json(event, exclude_none=True, exclude=_ELSEWHERE)
    row[_AT] = short_time(row[_AT])
    return orjson.dumps([place, *row])


def pending_by_name(stored: list[Any], runs: list[Run], patient_id: str) -> list[Named]:
    """The window's events as mappings that pydantic checks."""
    return [{**_by_name(one, patient_id), **sent} for one, sent in zip(stored, _senders(runs), strict=True)]


def _senders(runs: list[Run]) -> Iterator[Named]:
    for source, monitoring, count in runs:
        sent = {"source": source} if monitoring is None else {"source": source, "monitoring": monitoring}
        yield from repeat(sent, int(count))


def _by_name(stored: Any, patient_id: str) -> Named:
    if isinstance(stored, dict):
        event = cast("Named", stored)
    else:
        place, *row = cast("list[Any]", stored)
        event = EVENTS[int(place)].named(row)
        event["occurred_at"] = long_time(event["occurred_at"])
        event["type"] = _TYPES[int(place)]
    return event if event["type"] == _TICK else {**event, "patient_id": patient_id}

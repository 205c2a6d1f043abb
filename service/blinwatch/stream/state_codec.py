"""A patient's state as the changelog keeps it, and back.

A state's window of events changes by one event at a time and its base every few minutes, so what was written
as JSON once is not written again: a snapshot costs about as much as copying it.
"""

from collections.abc import Mapping

import orjson
from pydantic import TypeAdapter, ValidationError

from blinwatch.core.events import PatientEvent, Tick
from blinwatch.core.patient_state import (
    STATE_SCHEMA_VERSION,
    Judgement,
    PatientSnapshot,
    PatientState,
    freeze,
)
from blinwatch.stream.stored_state import StateError, StoredState, read_stored_state

_SNAPSHOT = TypeAdapter(PatientSnapshot)
_JUDGEMENT = TypeAdapter(Judgement)
_EVENT: TypeAdapter[PatientEvent | Tick] = TypeAdapter(PatientEvent | Tick)


class StateWriter:
    """Writes the states of one patient; remembers the parts that it wrote last time."""

    def __init__(self) -> None:
        self._base: Judgement | None = None
        self._base_json = b""
        self._events: dict[int, tuple[PatientEvent | Tick, bytes]] = {}
        """Python id of an event to the event (kept, so that the id stays its own) and its JSON."""

    def write(self, state: PatientState, applied: Mapping[str, int], deadline_ms: int | None) -> bytes:
        """The changelog's value for a state that includes these input offsets."""
        snapshot = freeze(state)
        if snapshot.base is not self._base:
            self._base = snapshot.base
            self._base_json = _JUDGEMENT.dump_json(snapshot.base)
        known = self._events
        self._events = {
            id(event): known.get(id(event)) or (event, _EVENT.dump_json(event, exclude_none=True))
            for event in snapshot.pending
        }
        rest = {
            "applied": dict(applied),
            "deadline_ms": deadline_ms,
            "middle_count": snapshot.middle_count,
            "schema_version": snapshot.schema_version,
            "status_ms": snapshot.status_ms,
        }
        pending = b",".join([self._events[id(event)][1] for event in snapshot.pending])
        return b'{"base":%b,"pending":[%b],%b' % (self._base_json, pending, orjson.dumps(rest)[1:])


def read_state(value: bytes) -> StoredState:
    """The stored state of a changelog value; `StateError` when another schema version wrote it.

    What it holds of the patient is checked when it is thawed.
    """
    stored = read_stored_state(value)
    if stored.schema_version != STATE_SCHEMA_VERSION:
        raise StateError(
            f"a stored state has schema version {stored.schema_version}; this blinwatch reads {STATE_SCHEMA_VERSION}. "
            "Run the release that wrote it, or one that says it can read it"
        )
    return stored


def snapshot_of(stored: StoredState) -> PatientSnapshot:
    """The core's snapshot in a stored state; `core.step.thaw` makes it a state again."""
    try:
        return _SNAPSHOT.validate_json(stored.value)
    except ValidationError as error:
        # The values are a patient's: only where and what kind of problem may be told.
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise StateError(f"a stored state cannot be read at {where}: {first['type']}") from None

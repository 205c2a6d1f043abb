"""A patient's state as the changelog keeps it, and back.

What:      what the rest of a judgement gives again is left out (core/derived_views.py), what is as by default is left
           out, and of what there are many, rows are stored (state_parts.py, pending_rows.py).
Why:       a state stays within 64 KiB (docs/operating/topics-and-state.md), and a snapshot is cheap: a state's window
           changes by one event at a time and its base every few minutes, so what was written once is not written again.
Inputs:    a state, with the input offsets that it includes.
Caveats:   this release reads its own form and the one before (`STATE_SCHEMA_VERSION` 3 and 2).
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any, cast

import orjson
from pydantic import TypeAdapter, ValidationError

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.derived_views import DERIVED, Derived, derived_in, with_views, without_views
from blinwatch.core.evolve import evolve
from blinwatch.core.patient_state import STATE_SCHEMA_VERSION, Judgement, PatientSnapshot, PatientState, freeze
from blinwatch.core.steady_frame import SteadyFrame
from blinwatch.stream.pending_rows import PendingWriter, StoredEvent, pending_by_name
from blinwatch.stream.state_parts import PARTS
from blinwatch.stream.state_rows import Named
from blinwatch.stream.stored_state import StateError, StoredState, read_stored_state

BY_NAME_VERSION = 2
"""The form before: everything by name, nothing left out."""
READ_VERSIONS = (BY_NAME_VERSION, STATE_SCHEMA_VERSION)
_JUDGEMENT = TypeAdapter(Judgement)


@dataclass(frozen=True, slots=True)
class _Document:
    """A stored state by name, as it is checked."""

    base: Judgement
    pending: tuple[StoredEvent, ...]
    middle_count: int
    status_ms: int


_DOCUMENT = TypeAdapter(_Document)
_FRAME_KNOWS = {field.name for field in fields(SteadyFrame)}
_FRAME_NEEDS = {field.name for field in fields(SteadyFrame) if field.default is MISSING}


class StateWriter:
    """Writes the states of one patient; remembers the parts that it wrote last time."""

    def __init__(self) -> None:
        self._base: Judgement | None = None
        self._base_json = b""
        self._parts: dict[str, tuple[object, bytes | None]] = {}
        """Part to its value (kept, so that it stays the same one) and its JSON."""
        self._pending = PendingWriter()

    def write(self, state: PatientState, applied: Mapping[str, int], deadline_ms: int | None) -> bytes:
        """The changelog's value for a state that includes these input offsets."""
        snapshot = freeze(state)
        if snapshot.base is not self._base:
            self._base_json = self._write_base(snapshot.base)
            self._base = snapshot.base
        rest = {
            "applied": dict(applied),
            "deadline_ms": deadline_ms,
            "middle_count": snapshot.middle_count,
            "schema_version": snapshot.schema_version,
            "status_ms": snapshot.status_ms,
        }
        pending = self._pending.write(snapshot.pending)
        return b"{%b,%b,%b" % (self._base_json, pending, orjson.dumps(rest)[1:])

    def _write_base(self, base: Judgement) -> bytes:
        """The base and its parts, as members of the changelog value's object."""
        derived = derived_in(base)
        stored: list[bytes] = []
        left: dict[str, Any] = {}
        lean = without_views(base, derived)
        for part in PARTS:
            value = getattr(lean, part.name)
            known = self._parts.get(part.name)
            if known is None or known[0] is not value:
                known = self._parts[part.name] = (value, part.write(lean))
            if known[1] is not None:
                stored.append(b'"%b":%b' % (part.name.encode(), known[1]))
                left[part.name] = part.rest(value)
        by_name = _JUDGEMENT.dump_json(evolve(lean, **left), exclude_defaults=True)
        return b'"base":%b,"parts":{%b},"derived":%b' % (by_name, b",".join(stored), orjson.dumps(derived))


def read_state(value: bytes) -> StoredState:
    """The stored state of a changelog value; `StateError` when a release wrote it that this one does not know.

    What it holds of the patient is checked when it is thawed.
    """
    stored = read_stored_state(value)
    if stored.schema_version not in READ_VERSIONS:
        raise StateError(
            f"a stored state has schema version {stored.schema_version}; this blinwatch reads "
            f"{' and '.join(map(str, READ_VERSIONS))}. Run the release that wrote it, or one that says it can read it"
        )
    return stored


def snapshot_of(stored: StoredState, rulebook: Rulebook) -> PatientSnapshot:
    """The core's snapshot in a stored state; `core.step.thaw` makes it a state again."""
    document = cast("Named", orjson.loads(stored.value))
    try:
        _drop_unknown_frame(document["base"])
        if stored.schema_version == BY_NAME_VERSION:
            return _checked(orjson.dumps(document))
        derived = cast("tuple[Derived, ...]", tuple(document.pop("derived")))
        snapshot = _checked(orjson.dumps(_by_name(document)))
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise StateError(f"a stored state cannot be read: its rows are damaged ({type(error).__name__})") from None
    if not all(name in DERIVED for name in derived):
        raise StateError("a stored state leaves out views that this blinwatch does not know")
    return replace(snapshot, base=with_views(snapshot.base, derived, rulebook))


def _drop_unknown_frame(base: Named) -> None:
    """Forget a steady frame that another release drew by other signs.

    The next report draws it anew; until then reports are judged at length, with the same result.
    """
    frame = base.get("steady")
    if frame is not None and not _FRAME_NEEDS <= set(frame) <= _FRAME_KNOWS:
        base["steady"] = None


def _by_name(document: Named) -> Named:
    """The document with every row as a mapping."""
    base, parts = document["base"], document.pop("parts")
    for part in PARTS:
        if part.name in parts:
            part.put_back(base, parts[part.name])
    document["pending"] = pending_by_name(document["pending"], document.pop("sources"), base["patient_id"])
    return document


def _checked(document: bytes) -> PatientSnapshot:
    try:
        checked = _DOCUMENT.validate_json(document)
    except ValidationError as error:
        # The values are a patient's: only where and what kind of problem may be told.
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise StateError(f"a stored state cannot be read at {where}: {first['type']}") from None
    return PatientSnapshot(
        base=checked.base, pending=checked.pending, middle_count=checked.middle_count, status_ms=checked.status_ms
    )

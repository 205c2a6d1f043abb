"""A table of clinical cases (CSV) to events: the same events, through the same `step`, as a live patient.

Columns: id, domain, given (JSON), expected, rule, boundary, flags. A snapshot in `given` becomes one charted
assessment; `events` with `t_h` become a timeline, asked at `query_t_h`. Section 0 of the rule reference defines the
field names and what each query means.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

import orjson
from pydantic import TypeAdapter, ValidationError

from blinwatch.core.events import (
    AnyEvent,
    CrsAssessed,
    InfusionAssessed,
    InteractionAssessed,
    MedicationAdministered,
    NeuroAssessed,
    PatientEvent,
    ReactionAssessed,
    TherapyOrdered,
    Tick,
)
from blinwatch.core.findings import (
    CrsFindings,
    InfusionFindings,
    InteractionFindings,
    NeuroFindings,
    ReactionFindings,
    RunningSedative,
)
from blinwatch.core.pump_events import PumpEvent

COLUMNS = ("id", "domain", "given", "expected", "rule", "boundary", "flags")
DOMAINS = ("CRS", "ICANS", "INFUSION", "DOSE_MOD", "DDI")
PATIENT = "case"
START = datetime(2026, 1, 1, tzinfo=UTC)
"""Any fixed moment: results do not depend on the date (tests/core/test_step.py proves it)."""
QUERIES = ("current", "worst_24h", "episode_max", "announced", "status")

_DRUG_FIELDS = {
    "antipyretic_given": ("paracetamol", "hours_since_antipyretic", 1),
    "steroid_given": ("dexamethasone", "hours_since_steroid", 1),
    "tocilizumab_given": ("tocilizumab", "days_since_tocilizumab", 24),
    "siltuximab_given": ("siltuximab", "days_since_siltuximab", 24),
    "anakinra_given": ("anakinra", "hours_since_anakinra", 1),
}
"""A drug-given field: a drug of that kind, the field that may tell when, and the hours in that field's unit."""
_DRUG_EVENT_FIELDS = {*_DRUG_FIELDS, *(since for _, since, _ in _DRUG_FIELDS.values())}
_ORDER_FIELDS = {field.name for field in fields(TherapyOrdered)} & {field.name for field in fields(InfusionFindings)}
T = TypeVar("T")
_FIELDS: dict[type, frozenset[str]] = {
    kind: frozenset(field.name for field in fields(kind))
    for kind in (CrsFindings, NeuroFindings, InfusionFindings, ReactionFindings, InteractionFindings)
}
_VOCABULARY: frozenset[str] = frozenset[str]().union(*_FIELDS.values())
_PUMP_CLASSES: dict[str, type[PumpEvent]] = {
    kind.__dataclass_fields__["type"].default: kind for kind in get_args(PumpEvent)
}
"""By tag, so that a fault names the event's own field and not every class it might have been."""


class CaseTableError(Exception):
    """The table cannot be read; the message names file, row, column and reason."""


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A row that says nothing that could be judged; the others still can."""

    case_id: str
    domain: str
    expected: str
    rule: str
    reason: str
    """Row, column and what is wrong there."""


@dataclass(frozen=True, slots=True)
class Case:
    """One row: what is given, as events, and what must come out."""

    case_id: str
    domain: str
    given: dict[str, Any]
    events: tuple[AnyEvent, ...]
    query: str
    expected: str
    rule: str
    flags: tuple[str, ...]


def read_cases(path: Path) -> Iterator[Case | UnreadableRow]:
    """All rows of a table. Raises `CaseTableError` for a file that is no such table (columns, CSV, encoding)."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CaseTableError(f"{path}: cannot be read as UTF-8 text: {error}") from error
    reader = csv.DictReader(text.splitlines(), strict=True)
    header = tuple(reader.fieldnames or ())
    if missing := [name for name in COLUMNS if name not in header]:
        raise CaseTableError(f"{path}: row 1: columns {missing} are missing; the table needs {', '.join(COLUMNS)}")
    try:
        for number, row in enumerate(reader, start=2):
            yield _row(f"row {number}", row)
    except csv.Error as error:
        raise CaseTableError(f"{path}: line {reader.line_num}: not valid CSV: {error}") from error


def _row(where: str, row: dict[str, str | None]) -> Case | UnreadableRow:
    cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
    try:
        return _case(where, row, cells)
    except CaseTableError as error:
        return UnreadableRow(
            case_id=cells["id"],
            domain=cells["domain"],
            expected=cells["expected"],
            rule=cells["rule"],
            reason=str(error),
        )


def _case(where: str, row: dict[str, str | None], cells: dict[str, str]) -> Case:
    if row.get(cast("str", None)):
        raise CaseTableError(f"{where}: more cells than columns; a comma inside a cell needs quotes")
    for name in ("id", "domain", "given", "expected"):
        if not cells[name]:
            raise CaseTableError(f"{where}, column '{name}': is empty")
    where = f"{where} (case {cells['id']})"
    if cells["domain"] not in DOMAINS:
        raise CaseTableError(f"{where}, column 'domain': '{cells['domain']}' is not one of {', '.join(DOMAINS)}")
    try:
        given: Any = orjson.loads(cells["given"])
    except orjson.JSONDecodeError as error:
        raise CaseTableError(f"{where}, column 'given': not valid JSON: {error}") from error
    if not isinstance(given, dict):
        raise CaseTableError(f"{where}, column 'given': must be a JSON object")
    given = cast("dict[str, Any]", given)
    query = str(given.get("query", "current"))
    if query not in QUERIES:
        raise CaseTableError(f"{where}, column 'given': query '{query}' is not one of {', '.join(QUERIES)}")
    return Case(
        case_id=cells["id"],
        domain=cells["domain"],
        given=given,
        events=_events(where, cells["domain"], given),
        query=query,
        expected=cells["expected"],
        rule=cells["rule"],
        flags=tuple(flag.strip() for flag in cells["flags"].split(";") if flag.strip()),
    )


def _events(where: str, domain: str, given: dict[str, Any]) -> tuple[AnyEvent, ...]:
    try:
        return tuple(_TRANSLATORS[domain](given))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise CaseTableError(f"{where}, column 'given': field '{field}': {first['msg']}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise CaseTableError(f"{where}, column 'given': {error}") from error


def _header(number: int, t_h: float) -> dict[str, Any]:
    """Ids grow with the row's order, so events of one moment keep the order in which they are written."""
    moment = START + timedelta(milliseconds=round(float(t_h) * 3_600_000))
    return {
        "event_id": f"e{number:06d}",
        "patient_id": PATIENT,
        "occurred_at": moment,
        "source": "case-table",
    }


def _tick(number: int, t_h: float) -> Tick:
    header = _header(number, t_h)
    return Tick(event_id=header["event_id"], occurred_at=header["occurred_at"], partition=0, source="case-table")


def _timeline(given: dict[str, Any]) -> tuple[list[dict[str, Any]], float]:
    """The events up to the query in time order, and the query's time."""
    raw = given["events"]
    if not isinstance(raw, list):
        raise TypeError("'events' must be a list")
    entries = cast("list[Any]", raw)
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(cast("dict[str, Any]", entry).get("t_h"), int | float):
            raise TypeError("each of 'events' must be an object with a number 't_h'")
    timeline = sorted(cast("list[dict[str, Any]]", entries), key=lambda entry: float(entry["t_h"]))
    last = float(timeline[-1]["t_h"]) if timeline else 0.0
    query_t_h = float(given.get("query_t_h", last))
    return [entry for entry in timeline if float(entry["t_h"]) <= query_t_h], query_t_h


def _without(entry: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name not in names}


def _findings(kind: type[T], values: dict[str, Any]) -> T:
    """A findings record read exactly as the edge would read it from bytes.

    Section 0 has one vocabulary for all domains; a field that only another domain reads says nothing here, and a null
    says what an absent field says.
    """
    own = {
        name: _whole(value)
        for name, value in values.items()
        if value is not None and (name in _FIELDS[kind] or name not in _VOCABULARY)
    }
    found: T = _reader(kind).validate_json(orjson.dumps(own))
    return found


@cache
def _reader(kind: type) -> TypeAdapter[Any]:
    """Built once: building one costs milliseconds, more than all that is judged of a row."""
    return TypeAdapter(kind)


def _whole(value: Any) -> Any:
    """A day or count written with a decimal point (9.0) as the whole number it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _crs_events(given: dict[str, Any]) -> Iterator[AnyEvent]:
    shared = _without(given, "events", "query", "query_t_h")
    if "events" not in given:
        yield CrsAssessed(**_header(0, 0), findings=_findings(CrsFindings, shared))
        return
    timeline, query_t_h = _timeline(given)
    events: list[PatientEvent] = []
    for number, entry in enumerate(timeline):
        observed = _without(entry, "t_h")
        if observed and set(observed) <= _DRUG_EVENT_FIELDS:
            events.extend(_drugs_given(number, float(entry["t_h"]), observed))
        else:
            findings = _findings(CrsFindings, {**shared, **observed})
            events.append(CrsAssessed(**_header(number, entry["t_h"]), findings=findings))
    yield from sorted(events, key=lambda event: (event.occurred_at, event.event_id))
    yield _tick(len(timeline), query_t_h)


def _drugs_given(number: int, t_h: float, given: dict[str, Any]) -> Iterator[MedicationAdministered]:
    """Each drug of a drug-only event as a dose of its own, at the time that it tells."""
    checked = _findings(CrsFindings, given)
    for field, (drug, since, unit_h) in _DRUG_FIELDS.items():
        ago = getattr(checked, since)
        if getattr(checked, field) is not True and ago is None:
            continue
        header = _header(number, t_h - (ago or 0) * unit_h)
        header["event_id"] += f"-{drug}"
        yield MedicationAdministered(**header, drug=drug, purpose="crs_treatment")


def _icans_events(given: dict[str, Any]) -> Iterator[AnyEvent]:
    shared = _without(given, "events", "query", "query_t_h")
    if "events" not in given:
        yield NeuroAssessed(**_header(0, 0), findings=_findings(NeuroFindings, shared))
        return
    timeline, query_t_h = _timeline(given)
    for number, entry in enumerate(timeline):
        observed = {**shared, **_without(entry, "t_h")}
        yield NeuroAssessed(**_header(number, entry["t_h"]), findings=_findings(NeuroFindings, observed))
    yield _tick(len(timeline), query_t_h)


def _dose_events(given: dict[str, Any]) -> Iterator[AnyEvent]:
    """Fields outside `reactions` hold for each of them; a reaction's own value wins."""
    shared = _without(given, "reactions")
    entries = given.get("reactions", [{}])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in cast("list[Any]", entries)):
        raise TypeError("'reactions' must be a list of objects")
    reactions = [
        _findings(ReactionFindings, {**shared, **entry}) for entry in cast("list[dict[str, Any]]", entries) or [{}]
    ]
    yield ReactionAssessed(**_header(0, 0), reactions=tuple(reactions))


def _interaction_events(given: dict[str, Any]) -> Iterator[AnyEvent]:
    values = dict(given)
    running = values.get("running")
    if isinstance(running, str):
        values["running"] = [running]
    elif isinstance(running, bool):
        # "It runs" is said of the drug that the question is about.
        values["running"] = [values["drug"]] if running and values.get("drug") in get_args(RunningSedative) else []
    if isinstance(values.get("benzyl_alcohol_source"), str):
        # A named source is one.
        values["benzyl_alcohol_source"] = True
    yield InteractionAssessed(**_header(0, 0), findings=_findings(InteractionFindings, values))


def _infusion_events(given: dict[str, Any]) -> Iterator[AnyEvent]:
    shared = _without(given, "events", "query", "query_t_h")
    if isinstance(shared.get("premed"), dict):
        shared["premed"] = [shared["premed"]]
    if "events" not in given:
        yield InfusionAssessed(**_header(0, 0), findings=_findings(InfusionFindings, shared))
        return
    timeline, query_t_h = _timeline(given)
    start_t_h = min([float(entry["t_h"]) for entry in timeline] + [query_t_h])
    checked = _findings(InfusionFindings, shared)
    ordered = {name: getattr(checked, name) for name in shared if name in _ORDER_FIELDS}
    yield TherapyOrdered(**_header(0, start_t_h), **ordered, cycle_start_premed_documented=True)
    for number, entry in enumerate(timeline, start=1):
        yield _pump_or_premed(entry, _header(number, entry["t_h"]))
    charted = {name: value for name, value in shared.items() if name not in _ORDER_FIELDS}
    if charted:
        # What no order carries holds for the whole timeline, so it is charted when the question is asked.
        header = _header(len(timeline) + 1, query_t_h)
        yield InfusionAssessed(**header, findings=_findings(InfusionFindings, charted))
    yield _tick(len(timeline) + 2, query_t_h)


_PUMP_TYPES: dict[str, dict[str, Any]] = {
    "start": {"type": "delivery_started"},
    "restart": {"type": "delivery_started"},
    "stop": {"type": "delivery_stopped"},
    "bag_change_start": {"type": "bag_changed", "stage": "started"},
    "bag_change_end": {"type": "bag_changed", "stage": "ended"},
    "flush": {"type": "line_flushed"},
    "rate": {"type": "rate_changed"},
    "dose": {"type": "dose_programmed"},
    "comm_lost": {"type": "communication_lost"},
    "comm_back": {"type": "communication_restored"},
    "bolus": {"type": "bolus_given"},
    "occlusion": {"type": "alarm", "alarm": "occlusion"},
    "air": {"type": "alarm", "alarm": "air_in_line"},
    "lumen": {"type": "lumen_used"},
}


def _pump_or_premed(entry: dict[str, Any], header: dict[str, Any]) -> AnyEvent:
    kind = str(entry.get("type"))
    payload = _without(entry, "t_h", "type")
    if kind == "premed":
        return MedicationAdministered(**header, drug=payload["drug"], dose_mg=payload.get("dose_mg"), purpose="premed")
    if kind not in _PUMP_TYPES:
        raise ValueError(f"event type '{kind}' is not one of {', '.join([*_PUMP_TYPES, 'premed'])}")
    if "dose_mcg_day" in payload:
        payload["programmed_dose_mcg_day"] = payload.pop("dose_mcg_day")
    record = {**header, **_PUMP_TYPES[kind], **payload, "occurred_at": header["occurred_at"].isoformat()}
    return _reader(_PUMP_CLASSES[record["type"]]).validate_json(orjson.dumps(record))


_TRANSLATORS = {
    "CRS": _crs_events,
    "ICANS": _icans_events,
    "INFUSION": _infusion_events,
    "DOSE_MOD": _dose_events,
    "DDI": _interaction_events,
}

"""The rows of a mapped table: each into events, or refused with a reason; never one in the place of another.

The same row of the same source gives the same event ids, so that importing twice changes nothing.
"""

import csv
import hashlib
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from blinwatch.core.events import AnyEvent
from blinwatch.receive.csv_study.fields import Kind, fields_of, kind_of, topic_of_type
from blinwatch.receive.csv_study.mapping import Cell, EventPlan, MappingError, Origin, TableMapping, When
from blinwatch.receive.decode import decode_event
from blinwatch.receive.rejection import Rejected
from blinwatch.receive.unit_in_name import unit_of

_ID_HEX_DIGITS = 32
_NUMBER = re.compile(r"[+-]?([0-9]{1,30}\.?[0-9]{0,30}|\.[0-9]{1,30})([eE][+-]?[0-9]{1,3})?")
_HAS_TIME = re.compile(r"[0-9][T ][0-9]")
_YES_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
Pseudonym = Callable[[str, str], str]
"""Identifier and authority to pseudonym. Raises `ValueError` where it cannot be one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRefused:
    """A row, or one event of it, that cannot be used."""

    row: int
    """As a spreadsheet counts: the header is 1."""
    reason: str
    detail: str
    """One sentence for a person; names columns and fields and never what stands in a cell."""


class _WrongError(Exception):
    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


def check_mapping(mapping: TableMapping) -> None:
    """Whether it fits the events. Raises `MappingError`."""
    for plan in mapping.events:
        if topic_of_type(plan.type) is None:
            raise MappingError(f"events: '{plan.type}' is no event that can be imported; see docs/reference/topics.md")
        for field, origin in plan.fields.items():
            kind = kind_of(plan.type, field)
            if kind is None:
                known = ", ".join(fields_of(plan.type))
                raise MappingError(f"{plan.type}: has no field '{field}' that a cell can fill; it has {known}")
            _check_unit(plan.type, field, kind, origin)


def _check_unit(event_type: str, field: str, kind: Kind, origin: Origin) -> None:
    own = unit_of(field) if kind in ("number", "integer") else None
    if own is None or origin.column is None:
        return
    if origin.unit is None:
        raise MappingError(f"{event_type}.{field}: say the column's unit (unit: {own}); none is assumed")
    if origin.unit != own and origin.multiply is None:
        raise MappingError(
            f"{event_type}.{field}: the column is in {origin.unit} and the field in {own}: map the field of that unit "
            "where there is one, or give the factor (multiply)"
        )


def read_table(mapping: TableMapping, folder: Path, pseudonym: Pseudonym) -> Iterator[AnyEvent | RowRefused]:
    """The events and refusals of a table, row by row. Raises `MappingError` where it is no such table."""
    check_mapping(mapping)
    path = folder / mapping.table
    try:
        with path.open(newline="", encoding=mapping.encoding) as file:
            yield from _read(mapping, csv.reader(file, delimiter=mapping.delimiter), pseudonym)
    except OSError as error:
        raise MappingError(f"{path}: cannot be read: {error.strerror}") from error
    except (csv.Error, UnicodeError, LookupError) as error:
        raise MappingError(f"{path}: is no table in this encoding and delimiter: {type(error).__name__}") from error


def _read(mapping: TableMapping, rows: Iterable[list[str]], pseudonym: Pseudonym) -> Iterator[AnyEvent | RowRefused]:
    numbered = enumerate(rows, start=1)
    empty: list[str] = []
    _, header = next(numbered, (1, empty))
    names = [name.strip() for name in header]
    _check_header(mapping, names)
    for number, row in numbered:
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(names):
            detail = f"has {len(row)} cells, the header has {len(names)}"
            yield RowRefused(row=number, reason="row_length", detail=detail)
            continue
        cells = {
            name: "" if cell.strip() in mapping.missing else cell.strip() for name, cell in zip(names, row, strict=True)
        }
        for plan in mapping.events:
            try:
                event = _event(mapping, plan, cells, pseudonym)
            except _WrongError as wrong:
                yield RowRefused(row=number, reason=wrong.reason, detail=wrong.detail)
                continue
            if event is not None:
                yield event


def columns_of(mapping: TableMapping) -> set[str]:
    """Every column that a mapping reads."""
    named = {mapping.patient.column, *mapping.time.columns}
    for plan in mapping.events:
        named |= {origin.column for origin in plan.fields.values()}
        named |= set(plan.time.columns if plan.time is not None else ())
    return {one for one in named if one is not None}


def _check_header(mapping: TableMapping, names: list[str]) -> None:
    doubled = {name for name in names if names.count(name) > 1} & columns_of(mapping)
    if doubled:
        raise MappingError(f"{mapping.table}: more than one column is called {', '.join(sorted(doubled))}")
    absent = columns_of(mapping) - set(names)
    if absent:
        # What stands in the first row is not repeated: in a table without a header it is a patient's.
        raise MappingError(
            f"{mapping.table}: the header, row 1, has {len(names)} columns and no {', '.join(sorted(absent))}; look at "
            "the spelling and the delimiter"
        )


def _event(mapping: TableMapping, plan: EventPlan, cells: Mapping[str, str], pseudonym: Pseudonym) -> AnyEvent | None:
    """The event of a row; None where it holds none of this type."""
    read = [origin.column for origin in plan.fields.values() if origin.column is not None]
    if read and not any(cells[column] for column in read):
        return None
    content: dict[str, Any] = {}
    for field, origin in plan.fields.items():
        value = _value(plan, field, origin, cells, mapping)
        if value is not None:
            _put(content, field, value)
    content |= {
        "type": plan.type,
        "patient_id": _patient(mapping, cells, pseudonym),
        "occurred_at": _instant(plan.time or mapping.time, cells).isoformat(),
        "source": mapping.source,
    }
    topic = topic_of_type(plan.type) or ""
    try:
        written = orjson.dumps([topic, content], option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        raise _WrongError("wrong_value", f"{plan.type}: holds a number or a text that no event can hold") from None
    content["event_id"] = f"csv-{hashlib.sha256(written).hexdigest()[:_ID_HEX_DIGITS]}"
    event = decode_event(topic, orjson.dumps(content))
    if isinstance(event, Rejected):
        raise _WrongError(event.reason, f"{plan.type}: {event.detail}")
    return event


def _put(content: dict[str, Any], field: str, value: Cell) -> None:
    *parts, last = field.split(".")
    for part in parts:
        content = content.setdefault(part, {})
    content[last] = value


def _patient(mapping: TableMapping, cells: Mapping[str, str], pseudonym: Pseudonym) -> str:
    whose = mapping.patient
    identifier = whose.value if whose.column is None else cells[whose.column]
    if not identifier:
        raise _WrongError("missing_field", f"column '{whose.column}' is empty: nobody is named")
    try:
        return pseudonym(identifier, whose.authority)
    except ValueError as error:
        raise _WrongError("wrong_value", f"column '{whose.column}': {error}") from None


def _instant(when: When, cells: Mapping[str, str]) -> datetime:
    named = ", ".join(when.columns)
    text = " ".join(cells[column] for column in when.columns if cells[column])
    if not all(cells[column] for column in when.columns):
        raise _WrongError("missing_field", f"column {named}: is empty; every event needs its time")
    read = _parsed(text, when.format)
    if read is None:
        raise _WrongError("wrong_value", f"column {named}: is no time of the format {when.format}")
    if read.tzinfo is not None:
        return read
    if when.zone is None:
        raise _WrongError("wrong_value", f"column {named}: has no offset, and the mapping names no zone")
    zone = ZoneInfo(when.zone)
    first, second = read.replace(tzinfo=zone, fold=0), read.replace(tzinfo=zone, fold=1)
    if first.utcoffset() != second.utcoffset():
        if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != read:
            raise _WrongError("wrong_value", f"column {named}: does not exist in {when.zone} (summer time begins)")
        if when.ambiguous == "refuse":
            raise _WrongError("hour_ambiguous", f"column {named}: comes twice in {when.zone} (summer time ends)")
    return second if when.ambiguous == "second" else first


def _parsed(text: str, form: str) -> datetime | None:
    try:
        if form != "iso":
            return datetime.strptime(text, form)  # noqa: DTZ007 - a column without an offset has the mapping's zone
        # A date alone is no moment: it would be taken for midnight.
        return datetime.fromisoformat(text) if _HAS_TIME.search(text) else None
    except (ValueError, re.error, OverflowError):
        return None


def _value(plan: EventPlan, field: str, origin: Origin, cells: Mapping[str, str], mapping: TableMapping) -> Cell | None:
    if origin.column is None:
        return origin.value
    text = cells[origin.column]
    where = f"column '{origin.column}'"
    if not text:
        if origin.required:
            raise _WrongError("missing_field", f"{where}: is empty, and the mapping requires it")
        return None
    if origin.values is not None:
        if text not in origin.values:
            raise _WrongError("no_such_value", f"{where}: holds a text that the mapping's values do not have")
        return origin.values[text]
    match kind_of(plan.type, field):
        case "number" | "integer" as kind:
            number = _number(text, where, mapping) * (1 if origin.multiply is None else origin.multiply)
            if not math.isfinite(number):
                raise _WrongError("wrong_value", f"{where}: is too large a number")
            return int(number) if kind == "integer" and number.is_integer() else number
        case "boolean":
            if text.lower() not in _YES_NO:
                raise _WrongError("wrong_value", f"{where}: must be yes or no")
            return _YES_NO[text.lower()]
        case "time":
            column = When(column=origin.column, format=mapping.time.format, zone=mapping.time.zone)
            return _instant(column, cells).isoformat()
        case _:
            return text


def _number(text: str, where: str, mapping: TableMapping) -> float:
    if mapping.decimal == ",":
        text = text.replace(",", ".") if "." not in text else ""
    number = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(number):
        raise _WrongError("wrong_value", f"{where}: must be a number, or empty where there is no value")
    return number

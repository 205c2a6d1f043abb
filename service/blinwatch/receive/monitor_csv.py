"""A bedside monitor's table, one row a moment, into vitals events: one event a row that holds anything.

An empty cell is a field left out. A zero stays a zero: it is what many monitors send when no sensor is
connected, and the judgement says so. Pressure alone may come from two sensors at once, an arterial line and
a cuff, and an event holds one pressure; `_pressure_source` says which.
"""

import csv
import hashlib
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import orjson

from blinwatch.core.events import VitalsObserved
from blinwatch.receive.decode import decode_event
from blinwatch.receive.monitor_columns import (
    PRESSURE_SOURCES,
    ColumnError,
    Columns,
    PressureSource,
    SignalColumn,
    read_columns,
)
from blinwatch.receive.rejection import Rejected

TOPIC = "vitals.observed.v1"
SOURCE = "monitor-csv"
"""Not the file's name: files are often named after the patient."""
_ID_HEX_DIGITS = 24
"""96 bits: two different rows of all the tables a hospital will ever import do not meet."""
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
"""Narrower than Python's own reading, which takes "nan", "infinity" and "1_000" for numbers."""

Cells = Mapping[SignalColumn, float]


class MonitorTableError(Exception):
    """A table cannot be read; the message names file, row, column and reason."""


def read_monitor_csv(path: Path, *, patient_id: str, start: datetime) -> Iterator[VitalsObserved]:
    """The events of a table whose first moment is `start` (with offset), in the order of its rows.

    The same table, patient and start give the same event ids, so that importing twice changes nothing.
    Raises `MonitorTableError` at the first cell that cannot be used.
    """
    if start.tzinfo is None:
        raise MonitorTableError("the start time must have an offset, such as 2026-03-01T08:00:00+01:00")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            yield from _events(str(path), csv.reader(file), patient_id, start)
    except OSError as error:
        raise MonitorTableError(f"{path}: cannot be read: {error.strerror}") from error
    except csv.Error as error:
        raise MonitorTableError(f"{path}: is no table of comma-separated values: {error}") from error
    except UnicodeDecodeError as error:
        raise MonitorTableError(f"{path}: is not UTF-8 text at byte {error.start}") from error


def _events(path: str, rows: Iterable[list[str]], patient_id: str, start: datetime) -> Iterator[VitalsObserved]:
    numbered = enumerate(rows, start=1)
    no_header: list[str] = []
    _, header = next(numbered, (1, no_header))
    try:
        columns = read_columns(header)
    except ColumnError as error:
        raise MonitorTableError(f"{path}: row 1: {error}") from error
    last_source: PressureSource | None = None
    last_s = -math.inf
    for number, row in numbered:
        where = f"{path}: row {number}"
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            raise MonitorTableError(f"{where}: has {len(row)} cells, the header has {len(header)}")
        time_cell = _number(where, columns.time_name, row[columns.time_position])
        if time_cell is None:
            raise MonitorTableError(f"{where}, column '{columns.time_name}': is empty; every row needs its time")
        since_start_s = time_cell * columns.time_unit_s
        if since_start_s <= last_s:
            raise MonitorTableError(f"{where}, column '{columns.time_name}': time must rise from row to row")
        last_s = since_start_s
        cells = _cells(where, columns, row)
        source = _pressure_source(columns, cells, last_source)
        last_source = source or last_source
        signals = {column: value for column, value in cells.items() if column.pressure_source in (None, source)}
        if signals:
            yield _event(where, signals, patient_id, _moment(where, start, since_start_s))


def _cells(where: str, columns: Columns, row: list[str]) -> Cells:
    """The numbers of a row; empty cells are left out."""
    numbers = ((column, _number(where, column.name, row[column.position])) for column in columns.signals)
    return {column: number for column, number in numbers if number is not None}


def _number(where: str, column_name: str, cell: str) -> float | None:
    text = cell.strip()
    if not text:
        return None
    number = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(number):
        message = f"{where}, column '{column_name}': must be a number, or empty where there is no value"
        raise MonitorTableError(message)
    return number


def _pressure_source(columns: Columns, cells: Cells, last: PressureSource | None) -> PressureSource | None:
    """Whose pressure a row's event takes: one sensor's only, never mixed from two.

    The first of arterial line, cuff and unnamed sensor whose values are all above zero. Where there is
    none, a sensor's zeros go on as they are if it was the `last` that measured (it has come off, and the
    judgement must hear it) or if the table has no other (nothing better will come). Zeros of any other
    sensor are left out: they would hide what the sensor in use measured a few minutes earlier.
    """
    given: dict[PressureSource, list[float]] = {
        source: [value for column, value in cells.items() if column.pressure_source == source]
        for source in PRESSURE_SOURCES
    }
    for source, values in given.items():
        if values and min(values) > 0:
            return source
    in_table = {column.pressure_source for column in columns.signals if column.pressure_source}
    for source, values in given.items():
        if values and (source == last or len(in_table) == 1):
            return source
    return None


def _moment(where: str, start: datetime, since_start_s: float) -> datetime:
    try:
        return start + timedelta(milliseconds=round(since_start_s * 1000))
    except OverflowError as error:
        raise MonitorTableError(f"{where}: lies too far from the start to be a date") from error


def _event(where: str, signals: Cells, patient_id: str, occurred_at: datetime) -> VitalsObserved:
    """The event of a row, through the same door as any record of the topic: the same limits hold."""
    content: dict[str, object] = {column.field: value for column, value in signals.items()}
    content |= {
        "type": "vitals_observed",
        "patient_id": patient_id,
        "occurred_at": occurred_at.isoformat(),
        "source": SOURCE,
        "monitoring": "continuous",
    }
    digest = hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
    content["event_id"] = f"csv-{digest[:_ID_HEX_DIGITS]}"
    event = decode_event(TOPIC, orjson.dumps(content))
    if isinstance(event, VitalsObserved):
        return event
    raise MonitorTableError(f"{where}{_column_of(event, signals)}: {getattr(event, 'detail', event)}")


def _column_of(rejected: object, signals: Cells) -> str:
    if isinstance(rejected, Rejected):
        for column in signals:
            if column.field == rejected.field:
                return f", column '{column.name}'"
    return ""

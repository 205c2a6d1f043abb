"""The alarm load as CSV (RFC 4180), for a spreadsheet or a statistics program. Pure."""

import csv
import io
from collections.abc import Iterator

from blinwatch.board.alarm_load import PRIORITIES, AlarmLoad, Load
from blinwatch.core.evidence import to_datetime

COLUMNS = (
    "scope",
    "rule_id",
    "code",
    "priority",
    "since",
    "until",
    "ward",
    "patient_days",
    "raised",
    "per_patient_day",
    "share",
    "hidden",
    "escalated",
    "chattering",
    "acknowledged",
    "acknowledge_median_s",
    "acknowledge_p90_s",
    "never_acknowledged",
    "waiting",
    "shelved",
    "brief",
    "reasons",
)
"""docs/operating/trend-store.md says what each means. `scope`: all, priority or rule."""
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A spreadsheet runs such a cell; reasons are written by people."""


def to_csv(load: AlarmLoad) -> str:
    """A header, a line for all alerts, one for each priority and one for each rule and code."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(_lines(load))
    return written.getvalue()


def _lines(load: AlarmLoad) -> Iterator[list[str]]:
    yield _line(load, "all", ("", "", ""), load.total)
    for priority in PRIORITIES:
        yield _line(load, "priority", ("", "", priority), load.by_priority[priority])
    for row in load.by_code:
        yield _line(load, "rule", (row.rule_id, row.code, row.priority), row.load)


def _line(load: AlarmLoad, scope: str, of: tuple[str, str, str], figures: Load) -> list[str]:
    cells = (
        scope,
        *of,
        to_datetime(load.since_ms).isoformat(),
        to_datetime(load.until_ms).isoformat(),
        load.ward,
        load.patient_days,
        figures.raised,
        figures.per_patient_day,
        figures.share,
        figures.hidden,
        figures.escalated,
        figures.chattering,
        figures.acknowledged,
        figures.acknowledge_median_s,
        figures.acknowledge_p90_s,
        figures.never_acknowledged,
        figures.waiting,
        figures.shelved,
        figures.brief,
        "; ".join(f"{reason} ({count})" for reason, count in figures.reasons),
    )
    return [_cell(cell) for cell in cells]


def _cell(value: str | float | None) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_STARTS_A_FORMULA) else value
    return f"{value:.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)

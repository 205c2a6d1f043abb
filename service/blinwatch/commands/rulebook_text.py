"""Values of the rulebook as text and as tables: a number on one line, a list of drugs or bags as a grid."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from blinwatch.clinical.plain_words import NOTHING, unit_text, value_text, words_of
from blinwatch.clinical.rows import Row
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.clinical.site_range import is_number, number_text
from blinwatch.commands.rulebook_words import code_words

_IDENTIFIER = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
TABLE_ON_A_LINE_MOST = 6
LIST_ON_A_LINE_MOST = 8
"""More is read more easily from top to bottom."""
_PAIR = 2
"""Two numbers are a span: lowest and highest."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A value that is a table of its own."""

    headings: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]


def mark_words(row: Row) -> str:
    """A row's mark, and whether a site protocol departs from it."""
    return row.mark if row.site is None else f"{row.mark} site"


def cell_text(value: Any, rulebook: Rulebook, unit: str | None = "") -> str:
    """Any value on one line, code names with their words.

    `unit` stands behind each number; None: the entries' own names end with their unit, which is said then.
    """
    if isinstance(value, Mapping):
        entries = cast("Mapping[Any, Any]", value)
        told = [
            f"{_entry_text(str(name), rulebook, says_unit=unit is None)}: {cell_text(one, rulebook, unit)}"
            for name, one in entries.items()
        ]
        return "; ".join(dict.fromkeys(told))
    if isinstance(value, list | tuple):
        parts = cast("list[Any]", value)
        if len(parts) == _PAIR and all(is_number(one) for one in parts):
            return f"{number_text(parts[0])} to {number_text(parts[1])} {unit or ''}".rstrip()
        between = " / " if any(isinstance(one, Mapping) for one in parts) else ", "
        return between.join(cell_text(one, rulebook, unit) for one in parts) or NOTHING
    if isinstance(value, str):
        return name_text(value, rulebook)
    return f"{value_text(value)} {unit or ''}".rstrip() if is_number(value) else value_text(value)


def _is_code(word: Any, rulebook: Rulebook) -> bool:
    return isinstance(word, str) and bool(code_words(word, rulebook))


def _entry_text(name: str, rulebook: Rulebook, *, says_unit: bool) -> str:
    told = name_text(name, rulebook)
    return heading_text(name) if says_unit and told == words_of(name) else told


def name_text(word: str, rulebook: Rulebook) -> str:
    """A word of the data for a reader: a code with its words, an identifier as words, other text as it is."""
    code, _, variant = word.partition(".")
    if said := code_words(code, rulebook):
        return f"{said}{f' ({variant})' if variant else ''} ({code})"
    return words_of(word) if _IDENTIFIER.fullmatch(word) else word


def short_value(row: Row, rulebook: Rulebook) -> str | None:
    """A row's value in force with its unit, where it fits on a line; None where it is a table of its own."""
    value = row.in_force
    if row_grid(row, rulebook) is not None:
        return None
    return cell_text(value, rulebook, None if ";" in row.unit else unit_text(row.unit))


def row_grid(row: Row, rulebook: Rulebook) -> Grid | None:
    """A row's value in force as a table, where it is one or is too long for a line."""
    return as_grid(row.in_force, rulebook, None if ";" in row.unit else unit_text(row.unit))


def as_grid(value: Any, rulebook: Rulebook, unit: str | None = "") -> Grid | None:
    """A value as a table: a list of lines, lines by name, a long list; None for what fits on one line."""
    if isinstance(value, list):
        parts = cast("list[Any]", value)
        if parts and all(isinstance(one, Mapping) for one in parts):
            return _grid([("", line) for line in parts], rulebook)
        if len(parts) > LIST_ON_A_LINE_MOST and any(_is_code(one, rulebook) for one in parts):
            ranked = enumerate(parts, start=1)
            return Grid(("rank", "what"), tuple((str(rank), cell_text(one, rulebook)) for rank, one in ranked))
        return None
    if not isinstance(value, Mapping) or not value:
        return None
    entries = cast("Mapping[Any, Any]", value)
    if len(entries) > TABLE_ON_A_LINE_MOST and not any(isinstance(one, Mapping | list) for one in entries.values()):
        told = [(name_text(str(name), rulebook), cell_text(one, rulebook, unit)) for name, one in entries.items()]
        return Grid(("which", "value"), tuple(dict.fromkeys(told)))
    named: list[tuple[str, Mapping[str, Any]]] = []
    for name, one in entries.items():
        lines = cast("list[Any]", one if isinstance(one, list) else [one])
        if not lines or not all(isinstance(line, Mapping) for line in lines):
            return None
        named += [(name_text(str(name), rulebook), line) for line in lines]
    return _grid(named, rulebook)


def _grid(named: list[tuple[str, Mapping[str, Any]]], rulebook: Rulebook) -> Grid:
    columns = tuple(dict.fromkeys(str(column) for _, line in named for column in line))
    has_names = any(name for name, _ in named)
    headings = (*(("",) if has_names else ()), *(heading_text(column) for column in columns))
    lines: list[tuple[str, ...]] = []
    for name, line in named:
        cells = {str(column): cell_text(one, rulebook, None) for column, one in line.items()}
        lines.append((*((name,) if has_names else ()), *(cells.get(column, "") for column in columns)))
    return Grid(headings=headings, lines=tuple(lines))


_ENDINGS = {
    "_ml_h": "mL/h", "_mcg_day": "mcg/day", "_per_min": "per min", "_mmhg": "mmHg", "_bpm": "per min",
    "_l_min": "L/min", "_mg_per_m2": "mg/m²", "_mg": "mg", "_kg": "kg", "_pct": "%", "_kpa": "kPa",
    "_years": "years", "_min": "min", "_ms": "ms", "_h": "h", "_d": "days", "_s": "s", "_c": "°C", "_f": "°F",
    "_cm": "cm", "_lb": "lb", "_ml": "mL", "_mmol_l": "mmol/L", "_m2": "m²", "_g_m2": "g/m²", "_g": "g",
}  # fmt: skip


def unit_of_name(name: str) -> str:
    """The unit that a name ends with, as a chart writes it; empty where it ends with none."""
    fitting = [ending for ending in _ENDINGS if name.endswith(ending) and len(name) > len(ending)]
    return _ENDINGS[max(fitting, key=len)] if fitting else ""


def heading_text(column: str) -> str:
    """A column's name with the unit that its ending says: `rate_ml_h` becomes "rate (mL/h)"."""
    unit = unit_of_name(column)
    return f"{words_of(column)} ({unit})" if unit else words_of(column)

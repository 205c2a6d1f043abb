"""Which values a site protocol may choose for a row, and what is wrong with one that it may not.

What:      each number, word and yes/no inside a value (a "leaf") is held against the row's own `range` entry. A
           row without one allows a number from half to double the value as reviewed, with its sign, and only
           words that the reviewed value already uses.
Caveats:   a number that is new in a table (a further line) has no reviewed value to derive bounds from; it needs
           the row's own range. Zero has neither half nor double: such a row needs a range, too.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

from blinwatch.clinical.rows import SiteRange

HALF, DOUBLE = 0.5, 2.0
"""Without a range of its own a value may move by a factor of two: enough for practice that differs, too little
for a slip of the decimal point."""
_PAIR = 2


class RangeError(ValueError):
    """A row's `range` entry is of no known form; the message says which forms there are."""


def parse_range(raw: Any) -> SiteRange | None:
    """A `range` entry as written: `[lowest, highest]`, a list of words, or a mapping of these by entry.

    Raises `RangeError`.
    """
    if raw is None:
        return None
    if isinstance(raw, dict) and raw:
        entries = cast("dict[Any, Any]", raw)
        parsed = {str(name): parse_range(one) for name, one in entries.items()}
        return {name: one for name, one in parsed.items() if one is not None}
    if isinstance(raw, list) and raw:
        parts = cast("list[Any]", raw)
        if all(isinstance(part, str) for part in parts):
            return tuple(parts)
        if len(parts) == _PAIR and all(is_number(part) for part in parts) and parts[0] <= parts[1]:
            return (float(parts[0]), float(parts[1]))
    raise RangeError("'range' must be [lowest, highest], a list of words, or one of these for each entry by its name")


def is_number(value: Any) -> bool:
    """Whether a value is a number; yes and no are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def number_text(value: float) -> str:
    """A number without superfluous digits: 38, 0.85, 37.5."""
    return f"{value:.10g}"


def range_text(bounds: SiteRange) -> str:
    """A range in words: `from 0 to 24`, `one of oral, rectal`, or both by entry."""
    if isinstance(bounds, Mapping):
        return "; ".join(f"{name}: {range_text(one)}" for name, one in bounds.items())
    if _are_words(bounds):
        return "one of " + ", ".join(cast("tuple[str, ...]", bounds))
    low, high = cast("tuple[float, float]", bounds)
    return f"only {number_text(low)}" if low == high else f"from {number_text(low)} to {number_text(high)}"


@dataclass(frozen=True, slots=True)
class Leaf:
    """One number, word or yes/no inside a value, with the names that lead to it."""

    path: tuple[str, ...]
    value: Any


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[Leaf]:
    """Every number, word and yes/no of a value; lines of a table are counted from 1."""
    if isinstance(value, Mapping):
        for name, one in cast("Mapping[Any, Any]", value).items():
            yield from leaves(one, (*path, str(name)))
    elif isinstance(value, list | tuple):
        for number, one in enumerate(cast("list[Any]", value), start=1):
            yield from leaves(one, (*path, str(number)))
    else:
        yield Leaf(path, value)


def find_faults(chosen: Any, reviewed: Any, bounds: SiteRange | None) -> list[tuple[str, str]]:
    """Every leaf of a chosen value that is out of bounds: its place (`steroid`, `3.rate_ml_h`) and a sentence."""
    known = {leaf.path: leaf.value for leaf in leaves(reviewed)}
    known_words = {value for value in known.values() if isinstance(value, str)}
    faults: list[tuple[str, str]] = []
    for leaf in leaves(chosen):
        sentence = _fault(leaf, known, known_words, _bounds_of(leaf.path, bounds))
        if sentence is not None:
            faults.append((".".join(leaf.path), sentence))
    as_reviewed = list(_span_faults(reviewed, ()))
    return faults + [fault for fault in _span_faults(chosen, ()) if fault not in as_reviewed]


def _span_faults(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Every span that ends before it begins: `[lowest, highest]`, or `from_...` and `to_...` of one line."""
    if isinstance(value, Mapping):
        entries = {str(name): one for name, one in cast("Mapping[Any, Any]", value).items()}
        for name, one in entries.items():
            if name.startswith("from_") and _falls(one, entries.get("to_" + name.removeprefix("from_"))):
                yield ".".join((*path, name)), f"{number_text(one)} is more than where the span ends"
            yield from _span_faults(one, (*path, name))
    elif isinstance(value, list | tuple):
        parts = cast("list[Any]", value)
        if len(parts) == _PAIR and _falls(*parts):
            yield ".".join(path), f"{number_text(parts[0])} is more than {number_text(parts[1])}; write the lower first"
        for number, one in enumerate(parts, start=1):
            yield from _span_faults(one, (*path, str(number)))


def _falls(low: Any, high: Any) -> bool:
    return is_number(low) and is_number(high) and low > high


def find_own_faults(reviewed: Any, bounds: SiteRange | None) -> list[tuple[str, str]]:
    """Every leaf of a reviewed value that its own row's range does not hold, as `find_faults` tells it."""
    faults: list[tuple[str, str]] = []
    for leaf in leaves(reviewed):
        own = _bounds_of(leaf.path, bounds)
        if own is not None and leaf.value is not None and (sentence := _fault(leaf, {}, set(), own)):
            faults.append((".".join(leaf.path), sentence))
    return faults


def _bounds_of(path: tuple[str, ...], bounds: SiteRange | None) -> SiteRange | None:
    """The range that holds at a leaf: entries by name, lines of a table share theirs."""
    for name in path:
        if isinstance(bounds, Mapping) and not name.isdecimal():
            bounds = bounds.get(name)
        elif isinstance(bounds, Mapping) and name in bounds:
            bounds = bounds[name]
    return None if isinstance(bounds, Mapping) else bounds


def _fault(
    leaf: Leaf, known: Mapping[tuple[str, ...], Any], known_words: set[str], bounds: SiteRange | None
) -> str | None:
    value = leaf.value
    if leaf.path in known and known[leaf.path] == value and not isinstance(value, bool):
        return None
    if value is None:
        return "nothing is written here; write a value, or leave the entry out to keep the rulebook's"
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        words = cast("tuple[str, ...]", bounds) if bounds is not None and _are_words(bounds) else None
        return _word_fault(value, tuple(sorted(known_words)) if words is None else words)
    if not is_number(value):
        return f"{value!r} is neither a number, a word nor yes/no"
    if bounds is not None and not _are_words(bounds):
        low, high = cast("tuple[float, float]", bounds)
        return _number_fault(value, low, high, "the rulebook's range for this row")
    return _derived_fault(value, known.get(leaf.path))


def _derived_fault(value: float, reviewed: Any) -> str | None:
    if not is_number(reviewed) or reviewed == 0:
        return (
            f"{number_text(value)} cannot be checked: the rulebook gives this row no range, and there is no "
            "reviewed value to take half and double of; ask for a range in the rulebook"
        )
    low, high = sorted((reviewed * HALF, reviewed * DOUBLE))
    return _number_fault(value, low, high, f"half to double the rulebook's {number_text(reviewed)}")


def _number_fault(value: float, low: float, high: float, why: str) -> str | None:
    # Written this way round so that "not a number" is out of range, too.
    if low <= value <= high:
        return None
    return f"{number_text(value)} is out of range; write {number_text(low)} to {number_text(high)} ({why})"


def _word_fault(value: str, allowed: tuple[str, ...]) -> str | None:
    if value in allowed:
        return None
    return f"'{value}' is not allowed here; write one of {', '.join(allowed)}"


def _are_words(bounds: SiteRange) -> bool:
    return isinstance(bounds, tuple) and isinstance(bounds[0], str)


def find_order_faults(orders: tuple[tuple[str, ...], ...], value_of: Callable[[str], Any]) -> list[tuple[str, str]]:
    """Every two neighbours of a chain whose values fall: the first one's name and a sentence.

    `value_of` answers a name such as `crs.fever_from_c` or, for an entry, `crs.masking_max_h.steroid`.
    """
    faults: list[tuple[str, str]] = []
    for chain in orders:
        for lower, upper in pairwise(chain):
            low, high = value_of(lower), value_of(upper)
            if _falls(low, high):
                told = f"{number_text(low)} is more than {number_text(high)} of {upper}"
                faults.append((lower, f"{told}; it must not be, so change one of the two"))
    return faults

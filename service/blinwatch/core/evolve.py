"""A changed copy of a frozen record, as `dataclasses.replace` makes one, at less than half its price.

The hot path copies a 30-field record several times an event; `replace` runs `__init__` by keyword each time. Measured
in one run on that record: `replace` 7.9 µs, this 3.1 µs. It sets the slots directly, so it is right only for frozen
slotted dataclasses without `__post_init__`, which all state records here are.
"""

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

Record = TypeVar("Record")
_Setter = Callable[[Any, Any], None]


@cache
def _plan(kind: type) -> tuple[Callable[[Any], tuple[Any, ...]], tuple[_Setter, ...], dict[str, _Setter]]:
    names: tuple[str, ...] = tuple(kind.__dataclass_fields__)  # type: ignore[attr-defined]
    setters = {name: getattr(kind, name).__set__ for name in names}
    return attrgetter(*names), tuple(setters.values()), setters


def evolve(record: Record, **changes: Any) -> Record:
    """A copy with the named fields changed; an unknown name is a `KeyError`."""
    kind = type(record)
    read_all, setters, by_name = _plan(kind)
    copy = object.__new__(kind)
    for put, value in zip(setters, read_all(record), strict=True):
        put(copy, value)
    for name, value in changes.items():
        by_name[name](copy, value)
    return copy

"""Bounds that live beside an event's field and cost the core no dependency.

The core may import only the standard library, yet the edge (pydantic) must check ranges, lengths and
time zones and print them into the JSON Schema. pydantic asks any annotation for
`__get_pydantic_core_schema__` and hands over a plain dictionary to complete, so these markers need no import.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

_Schema = dict[str, Any]
_SHORTEST_TIME = len("2026-03-01T08:00Z")


def _innermost(schema: _Schema) -> _Schema:
    """The schema of the value itself, below wrappers such as `nullable`."""
    while "schema" in schema and schema["type"] in ("nullable", "default"):
        schema = cast("_Schema", schema["schema"])
    return schema


@dataclass(frozen=True, slots=True)
class Within:
    """A number's closed range: what the field can hold at all, far wider than section G's plausibility."""

    ge: float
    le: float

    def __get_pydantic_core_schema__(self, source: object, handler: Callable[[object], _Schema]) -> _Schema:
        schema = handler(source)
        inner = _innermost(schema)
        inner["ge"], inner["le"] = self.ge, self.le
        if inner["type"] == "float":
            inner["allow_inf_nan"] = False
        return schema


@dataclass(frozen=True, slots=True)
class Text:
    """A string's length and, where given, its form."""

    max_length: int
    min_length: int = 1
    pattern: str | None = None

    def __get_pydantic_core_schema__(self, source: object, handler: Callable[[object], _Schema]) -> _Schema:
        schema = handler(source)
        inner = _innermost(schema)
        inner["max_length"], inner["min_length"] = self.max_length, self.min_length
        if self.pattern is not None:
            inner["pattern"] = self.pattern
        return schema


@dataclass(frozen=True, slots=True)
class AtMost:
    """The longest a list or mapping may be: every collection in an event has a written limit."""

    max_length: int

    def __get_pydantic_core_schema__(self, source: object, handler: Callable[[object], _Schema]) -> _Schema:
        schema = handler(source)
        _innermost(schema)["max_length"] = self.max_length
        return schema


def _looks_like_rfc3339(value: object) -> object:
    """Refuse bare numbers in text form: pydantic would read "1700000000" as seconds since 1970."""
    if isinstance(value, str) and len(value) >= _SHORTEST_TIME and value[4] == "-" and value[10] in "Tt":
        return value
    message = "must be an RFC 3339 time with an offset, such as 2026-03-01T08:00:00+01:00"
    raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Instant:
    """An RFC 3339 time with an offset; a naive time is refused because nobody can say which hour it means."""

    def __get_pydantic_core_schema__(self, source: object, handler: Callable[[object], _Schema]) -> _Schema:
        schema = handler(source)
        inner = _innermost(schema)
        # Not strict: the check below has already refused everything but text, which strict mode would refuse too.
        inner["tz_constraint"], inner["strict"] = "aware", False
        if schema["type"] == "nullable":
            schema["schema"] = _checked(inner)
            return schema
        return _checked(schema)


def _checked(schema: _Schema) -> _Schema:
    return {
        "type": "function-before",
        "function": {"type": "no-info", "function": _looks_like_rfc3339},
        "schema": schema,
    }

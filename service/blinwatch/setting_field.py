"""How one setting is declared: default, unit, meaning, limits. `.env.example` and every error text come from it."""

from typing import Any

from pydantic import Field, JsonValue

PREFIX = "BLINWATCH_"


def setting(
    default: object,
    unit: str,
    meaning: str,
    *,
    ge: float | None = None,
    le: float | None = None,
    pattern: str | None = None,
) -> Any:  # Any as pydantic's own Field: the annotation beside it is the type
    """One setting: its default, its unit (or kind, where there is none), what it means and its limits."""
    extra: dict[str, JsonValue] = {"unit": unit}
    return Field(default=default, description=meaning, json_schema_extra=extra, ge=ge, le=le, pattern=pattern)

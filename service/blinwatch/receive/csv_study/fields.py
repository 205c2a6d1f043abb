"""What kind of value each field of an event takes, asked of the models themselves."""

from functools import cache
from typing import Any, Literal, cast

from blinwatch.receive.event_types import ADAPTERS
from blinwatch.receive.native import SENT_TOPICS

Kind = Literal["number", "integer", "boolean", "string", "time", "date"]
_HEADER = frozenset({"event_id", "patient_id", "occurred_at", "source", "type"})


@cache
def topic_of_type(event_type: str) -> str | None:
    """The topic of an event that may be imported; None for any other."""
    return next((topic for topic in SENT_TOPICS if event_type in _classes(topic)), None)


@cache
def kind_of(event_type: str, field: str) -> Kind | None:
    """The kind of a field, dots reaching into parts; None where there is no such field, or it is a list or a part."""
    topic = topic_of_type(event_type)
    if topic is None or field in _HEADER:
        return None
    definitions = cast("dict[str, Any]", _schema(topic).get("$defs", {}))
    form: Any = _classes(topic)[event_type]
    for name in field.split("."):
        form = _whole(form, definitions).get("properties", {}).get(name)
        if form is None:
            return None
    return _kind(_whole(form, definitions))


@cache
def fields_of(event_type: str) -> tuple[str, ...]:
    """Every field that may be mapped, for whoever misspelt one."""
    topic = topic_of_type(event_type)
    if topic is None:
        return ()
    named = cast("dict[str, Any]", _classes(topic)[event_type]["properties"])
    return tuple(sorted(name for name in named if name not in _HEADER))


@cache
def _schema(topic: str) -> dict[str, Any]:
    return ADAPTERS[topic].json_schema()


@cache
def _classes(topic: str) -> dict[str, dict[str, Any]]:
    schema = _schema(topic)
    definitions = cast("dict[str, dict[str, Any]]", schema.get("$defs", {}))
    return {
        one["properties"]["type"]["const"]: one
        for one in (*definitions.values(), schema)
        if "const" in one.get("properties", {}).get("type", {})
    }


def _whole(form: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """A form with its reference followed, and without the null that a field that may be left out has."""
    for one in cast("list[dict[str, Any]]", form.get("anyOf", [])):
        if one.get("type") != "null":
            return _whole(one, definitions)
    reference = form.get("$ref")
    return _whole(definitions[str(reference).rsplit("/", 1)[-1]], definitions) if reference else form


def _kind(form: dict[str, Any]) -> Kind | None:
    match form.get("type"), form.get("format"):
        case "string", "date-time":
            return "time"
        case "string", "date":
            return "date"
        case ("number" | "integer" | "boolean" | "string") as plain, _:
            return plain
        case _:
            return "string" if "enum" in form or "const" in form else None

"""Why a record could not become an event, in words that hold nothing of what the record held.

What is said here ends in headers, logs and screens. So it names only our own fields, our own rules, and
numbers that were out of range: never a text of the record, and never whose record it is.
"""

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from blinwatch.receive.event_types import TYPE_NAMES

RejectionReason = Literal[
    "empty",
    "too_large",
    "not_utf8",
    "not_json",
    "not_an_object",
    "unknown_type",
    "missing_field",
    "unknown_field",
    "wrong_value",
    "implausible_time",
    "key_missing",
    "key_mismatch",
]
"""The closed set of reasons; docs/reference/topics.md says of each what to do."""

_OWN_NAME = re.compile(r"(?!.*\d{4})[A-Za-z][A-Za-z0-9_]{0,39}\Z")
"""A name that may be repeated: the form of our own names. Four digits in a row might be a record number."""
_HIDDEN_NAME = "(name not shown)"
_RANGE_RULES = frozenset({"greater_than_equal", "less_than_equal"})
_TIME_RULES = frozenset({"datetime_parsing", "datetime_from_date_parsing", "datetime_type", "timezone_aware"})
_UNKNOWN_TYPE_RULES = frozenset({"union_tag_invalid", "union_tag_not_found"})
_REASON_OF_RULE: MappingProxyType[str, RejectionReason] = MappingProxyType(
    {
        "missing": "missing_field",
        "unexpected_keyword_argument": "unknown_field",
        "union_tag_invalid": "unknown_type",
        "union_tag_not_found": "unknown_type",
    }
)
_TOPIC_OF_TYPE = {name: topic for topic, names in TYPE_NAMES.items() for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """Why a record could not become an event."""

    reason: RejectionReason
    field: str | None
    """Path of the first wrong field, such as `findings.obs_age_h`; None: the record as a whole."""
    rule: str
    """The rule broken: pydantic's error type, or the reason itself where the rule is our own."""
    detail: str
    """One sentence for a person; never holds text from the record."""


def whole_record(reason: RejectionReason, detail: str) -> Rejected:
    """A rejection of the record as a whole, by a rule of our own."""
    return Rejected(reason=reason, field=None, rule=reason, detail=detail)


def one_field(reason: RejectionReason, field: str, detail: str) -> Rejected:
    """A rejection for one field, by a rule of our own."""
    return Rejected(reason=reason, field=field, rule=reason, detail=f"{field}: {detail}")


def explain(topic: str, value: bytes, error: ValidationError) -> Rejected:
    """The first problem pydantic found, in words, and how many follow."""
    problems = error.errors(include_url=False, include_context=False)
    first = problems[0]
    rule = first["type"]
    if rule == "json_invalid":
        return _not_json(value, first)
    if rule in _UNKNOWN_TYPE_RULES:
        return Rejected(reason="unknown_type", field="type", rule=rule, detail=f"type: {_unknown_type(topic, first)}")
    if not first["loc"]:
        return whole_record("not_an_object", "the value is JSON but no object; an event is one JSON object")
    reason = _REASON_OF_RULE.get(rule, "wrong_value")
    field = _path(topic, first["loc"])
    more = len(problems) - 1
    detail = f"{field}: {_sentence(reason, first)}"
    if more:
        detail += f"; {more} further problem{'s' if more > 1 else ''}"
    return Rejected(reason=reason, field=field, rule=rule, detail=detail)


def _not_json(value: bytes, problem: ErrorDetails) -> Rejected:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError as error:
        return whole_record("not_utf8", f"the value is not UTF-8 at byte {error.start}")
    # pydantic's message names the position and what was expected there, and repeats nothing of the input.
    return Rejected(reason="not_json", field=None, rule="json_invalid", detail=problem["msg"])


def _path(topic: str, location: tuple[int | str, ...]) -> str:
    """`findings.capd_items[3]`, from pydantic's location without the tag that it puts first."""
    parts = location[1:] if location[0] in TYPE_NAMES[topic] else location
    path = ""
    for part in parts:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part != "[key]":
            path += f".{part if _OWN_NAME.match(part) else _HIDDEN_NAME}"
    return path.removeprefix(".")


def _sentence(reason: RejectionReason, problem: ErrorDetails) -> str:
    """What the field must be; a number out of range is repeated, text never."""
    if reason == "missing_field":
        return "is missing"
    if reason == "unknown_field":
        return "is not a field here; check its spelling and unit suffix"
    if problem["type"] in _TIME_RULES:
        return "must be an RFC 3339 time with an offset, such as 2026-03-01T08:00:00+01:00"
    message = problem["msg"].removeprefix("Value error, ")
    message = re.sub(r"^[A-Z]\w+ should ", "must ", message)
    if problem["type"] in _RANGE_RULES and isinstance(problem["input"], int | float):
        message += f" (got {problem['input']})"
    return message


def _unknown_type(topic: str, problem: ErrorDetails) -> str:
    known = ", ".join(sorted(TYPE_NAMES[topic]))
    tag: Any = cast("dict[str, Any]", problem["input"]).get("type")
    if tag is None:
        return f"is missing; {topic} takes {known}"
    if isinstance(tag, str) and (other := _TOPIC_OF_TYPE.get(tag)):
        return f"'{tag}' belongs on {other}; {topic} takes {known}"
    return f"is none that {topic} takes; it takes {known}"

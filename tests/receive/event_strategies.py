"""Any valid event, drawn from the dataclasses themselves: their annotations hold all that the edge allows."""

import string
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from blinwatch.core.bounds import AtMost, Text, Within
from blinwatch.receive.event_types import EVENT_CLASSES

ITEMS_MOST = 3
"""Lists in drawn events stay short; that longer ones are refused is a test of its own."""
TEXT_MOST = 12
IDENTIFIERS = st.text(string.ascii_letters + string.digits + "_.:-", min_size=1, max_size=30).filter(
    lambda text: text[0].isalnum()
)
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
FIRST = datetime(2000, 1, 2, tzinfo=UTC).replace(tzinfo=None)
LAST = datetime(2100, 12, 30, tzinfo=UTC).replace(tzinfo=None)
MOMENTS = st.datetimes(FIRST, LAST, timezones=OFFSETS | st.just(UTC))
DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))


def events_of(event_class: type) -> SearchStrategy[Any]:
    """Events of one class."""
    return st.builds(event_class, **_arguments(event_class))


def any_event() -> SearchStrategy[tuple[str, Any]]:
    """Any event with the topic it belongs on."""
    return st.one_of(st.tuples(st.just(topic), events_of(one)) for topic, many in EVENT_CLASSES.items() for one in many)


def _arguments(record_class: type) -> dict[str, SearchStrategy[Any]]:
    hints = get_type_hints(record_class, include_extras=True)
    arguments: dict[str, SearchStrategy[Any]] = {}
    for field in fields(record_class):
        if field.name == "type":
            continue
        drawn = _values(hints[field.name], ())
        # Most fields of a real event are absent, and shrinking reads better that way.
        arguments[field.name] = drawn if field.default is MISSING else st.just(field.default) | drawn
    return arguments


def _values(annotation: Any, marks: tuple[Any, ...]) -> SearchStrategy[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *more = get_args(annotation)
        return _values(inner, (*marks, *more))
    if origin in (Union, UnionType):
        return st.one_of(_values(one, marks) for one in get_args(annotation))
    if origin is Literal:
        return st.sampled_from(get_args(annotation))
    if origin is tuple:
        return st.lists(_values(get_args(annotation)[0], ()), max_size=_items(marks)).map(tuple)
    if origin is dict:
        key, value = get_args(annotation)
        return st.dictionaries(_values(key, ()), _values(value, ()), max_size=_items(marks))
    if is_dataclass(annotation):
        return events_of(annotation)  # type: ignore[arg-type]
    return _scalars(annotation, marks)


def _items(marks: tuple[Any, ...]) -> int:
    return min([ITEMS_MOST, *(mark.max_length for mark in marks if isinstance(mark, AtMost))])


def _scalars(kind: Any, marks: tuple[Any, ...]) -> SearchStrategy[Any]:
    within = next((mark for mark in marks if isinstance(mark, Within)), None)
    text = next((mark for mark in marks if isinstance(mark, Text)), None)
    if kind is type(None):
        return st.none()
    if kind is bool:
        return st.booleans()
    if kind is datetime:
        return MOMENTS
    if kind is date:
        return DAYS
    if kind is float:
        assert within is not None, "every number of an event has a range"
        return st.floats(within.ge, within.le)
    if kind is int:
        assert within is not None, "every number of an event has a range"
        return st.integers(int(within.ge), int(within.le))
    assert kind is str, f"no strategy for {kind}"
    assert text is not None, "every text of an event has a length"
    if text.pattern is None:
        return st.text(min_size=text.min_length, max_size=min(TEXT_MOST, text.max_length))
    if "[0-9]{1,7}" in text.pattern:
        return st.from_regex(text.pattern.replace("$", r"\Z"), alphabet=string.digits + "-")
    return IDENTIFIERS

"""What holds for every event and for every broken one.

Goal: no event is lost or changed on its way through JSON; no single fault goes unnamed; no input raises.
Method: events drawn from the dataclasses' own annotations, written, damaged in one place, and read again.
"""

import json
from dataclasses import MISSING, fields
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from blinwatch.core.events import AnyEvent
from blinwatch.receive.decode import decode_record
from blinwatch.receive.event_log import encode_event, encode_key
from blinwatch.receive.event_types import EVENT_CLASSES, INPUT_UNIONS
from blinwatch.receive.rejection import Rejected
from tests.receive.event_strategies import any_event, events_of

TOPICS = st.sampled_from(sorted(INPUT_UNIONS))
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
CLASSES = [pytest.param(topic, one, id=one.__name__) for topic, many in EVENT_CLASSES.items() for one in many]
NOT_ANY_KIND = {"wrong": [True]}
"""No field takes it: scalars and lists are no objects, and no object of ours has such a field."""


def written(event: AnyEvent) -> dict[str, Any]:
    return json.loads(encode_event(event))


def read(topic: str, event: AnyEvent, damaged: dict[str, Any]) -> AnyEvent | Rejected:
    return decode_record(topic, encode_key(event), json.dumps(damaged).encode())


@pytest.mark.parametrize("topic, event_class", CLASSES)
@settings(max_examples=30)
@given(st.data())
def test_an_event_comes_back_as_it_was(topic: str, event_class: type, data: st.DataObject) -> None:
    event = data.draw(events_of(event_class))
    assert decode_record(topic, encode_key(event), encode_event(event)) == event


@given(any_event())
def test_an_event_comes_back_as_it_was_when_its_absent_fields_are_sent_as_null(
    drawn: tuple[str, AnyEvent],
) -> None:
    topic, event = drawn
    nulls = {field.name: None for field in fields(event) if field.default is None}
    assert read(topic, event, nulls | written(event)) == event


@given(any_event(), st.data())
def test_one_field_of_the_wrong_kind_is_named(drawn: tuple[str, AnyEvent], data: st.DataObject) -> None:
    topic, event = drawn
    record = written(event)
    name = data.draw(st.sampled_from(sorted(record)))
    rejected = read(topic, event, record | {name: NOT_ANY_KIND})
    assert isinstance(rejected, Rejected)
    assert rejected.field is not None
    assert rejected.field.split(".")[0] == name
    assert rejected.reason == ("unknown_type" if name == "type" else rejected.reason)


@given(any_event(), st.data())
def test_one_required_field_left_out_is_named(drawn: tuple[str, AnyEvent], data: st.DataObject) -> None:
    topic, event = drawn
    record = written(event)
    required = [field.name for field in fields(event) if field.default is MISSING]
    name = data.draw(st.sampled_from(required))
    del record[name]
    rejected = read(topic, event, record)
    assert isinstance(rejected, Rejected)
    assert (rejected.reason, rejected.field) == ("missing_field", name)


@given(any_event(), st.from_regex(r"[a-z]{3,12}_(c|mmhg|h)", fullmatch=True))
def test_one_field_that_does_not_exist_is_named(drawn: tuple[str, AnyEvent], name: str) -> None:
    topic, event = drawn
    assume(name not in {field.name for field in fields(event)})
    rejected = read(topic, event, written(event) | {name: 1})
    assert isinstance(rejected, Rejected)
    assert (rejected.reason, rejected.field) == ("unknown_field", name)


@given(any_event(), st.data())
def test_one_number_far_out_of_range_is_named_and_repeated(drawn: tuple[str, AnyEvent], data: st.DataObject) -> None:
    topic, event = drawn
    record = written(event)
    numbers = [name for name, value in record.items() if type(value) in (int, float)]
    assume(numbers)
    name = data.draw(st.sampled_from(numbers))
    number = 10**12
    rejected = read(topic, event, record | {name: number})
    assert isinstance(rejected, Rejected)
    assert (rejected.reason, rejected.field) == ("wrong_value", name)
    assert str(number) in rejected.detail


@given(any_event(), st.data())
def test_a_rejection_never_says_whose_record_it_was(drawn: tuple[str, AnyEvent], data: st.DataObject) -> None:
    topic, event = drawn
    record = written(event)
    name_and_birth = "Mustermann-19711231"
    name = data.draw(st.sampled_from(sorted(record)))
    damaged = record | {"patient_id": name_and_birth, name: {name_and_birth: name_and_birth}}
    rejected = decode_record(topic, b"another key", json.dumps(damaged).encode())
    assert isinstance(rejected, Rejected)
    said = f"{rejected.reason} {rejected.field} {rejected.rule} {rejected.detail}"
    assert "Mustermann" not in said


@given(TOPICS, st.none() | st.binary(max_size=40), st.none() | st.binary(max_size=200))
def test_no_bytes_raise(topic: str, key: bytes | None, value: bytes | None) -> None:
    assert isinstance(decode_record(topic, key, value), Rejected)


@given(TOPICS, JSON_VALUES)
def test_no_json_raises(topic: str, value: object) -> None:
    assert isinstance(decode_record(topic, b"p", json.dumps(value).encode()), Rejected)


@given(any_event(), st.data())
def test_a_record_cut_off_anywhere_is_refused(drawn: tuple[str, AnyEvent], data: st.DataObject) -> None:
    topic, event = drawn
    value = encode_event(event)
    end = data.draw(st.integers(0, len(value) - 1))
    rejected = decode_record(topic, encode_key(event), value[:end])
    assert isinstance(rejected, Rejected)
    assert rejected.reason in ("empty", "not_json", "not_utf8")

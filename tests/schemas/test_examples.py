"""Every example is what it says: the good ones pass schema and edge, the bad ones fail for the reason given."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator

from blinwatch.catalogue import load_catalogue
from blinwatch.receive.decode import decode_record
from blinwatch.receive.rejection import Rejected, RejectionReason

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
EXAMPLES = SCHEMAS / "examples"
GOOD = sorted(path for path in EXAMPLES.glob("*/*.json") if path.parent.name != "invalid")
BAD = sorted((EXAMPLES / "invalid").glob("*.json"))
INPUTS = {topic.name for topic in load_catalogue().inputs}
TOO_LARGE_TO_SHOW = {"too_large"}
"""Reasons without an example file; tests/receive/test_decode.py has them."""


def name_of(path: Path) -> str:
    return path.relative_to(EXAMPLES).as_posix()


def schema_of(topic: str) -> Draft202012Validator:
    document = json.loads((SCHEMAS / f"{topic}.schema.json").read_text(encoding="utf-8"))
    return Draft202012Validator(document, format_checker=Draft202012Validator.FORMAT_CHECKER)


def value_of(example: dict[str, Any]) -> bytes:
    if "value_hex" in example:
        return bytes.fromhex(example["value_hex"])
    if "value_text" in example:
        return example["value_text"].encode()
    return json.dumps(example["value"]).encode()


@pytest.mark.parametrize("path", GOOD, ids=name_of)
def test_a_good_example_passes_its_schema(path: Path) -> None:
    record = json.loads(path.read_text(encoding="utf-8"))
    assert [error.message for error in schema_of(path.parent.name).iter_errors(record)] == []


@pytest.mark.parametrize("path", [path for path in GOOD if path.parent.name in INPUTS], ids=name_of)
def test_a_good_input_passes_the_edge(path: Path) -> None:
    value = path.read_bytes()
    record = json.loads(value)
    key = str(record["partition"] if record["type"] == "tick" else record["patient_id"]).encode()
    event = decode_record(path.parent.name, key, value)
    assert not isinstance(event, Rejected), event


def type_of(path: Path) -> str:
    """The record's own `type`; an audit record has its decision's, a FHIR resource its own, an active alert none."""
    record = json.loads(path.read_text(encoding="utf-8"))
    if "resourceType" in record:
        return record["resourceType"]
    return record.get("decision", record).get("type", "alert")


def test_every_type_of_every_topic_has_an_example() -> None:
    shown = {(path.parent.name, type_of(path)) for path in GOOD}
    catalogue = load_catalogue()
    described = [*catalogue.inputs, *catalogue.with_direction("out")]
    assert shown == {(topic.name, one) for topic in described for one in topic.event_types}


def test_examples_are_about_topics_that_exist() -> None:
    assert {path.parent.name for path in GOOD} <= set(load_catalogue().names)


@pytest.mark.parametrize("path", BAD, ids=name_of)
def test_a_bad_example_is_refused_for_the_reason_it_gives(path: Path) -> None:
    example = json.loads(path.read_text(encoding="utf-8"))
    key = None if example["key"] is None else example["key"].encode()
    rejected = decode_record(example["topic"], key, value_of(example))
    assert isinstance(rejected, Rejected)
    assert (rejected.reason, rejected.field) == (example["reason"], example["field"]), rejected.detail
    assert example["why"]


def test_every_reason_has_an_example() -> None:
    shown = {json.loads(path.read_text(encoding="utf-8"))["reason"] for path in BAD}
    assert shown | TOO_LARGE_TO_SHOW == set(get_args(RejectionReason))


def test_every_reason_is_explained_to_whoever_looks_after_the_dead_letters() -> None:
    page = (SCHEMAS.parent / "docs" / "reference" / "topics.md").read_text(encoding="utf-8")
    for reason in get_args(RejectionReason):
        assert f"| `{reason}` |" in page

"""The AsyncAPI document is what the code says, is AsyncAPI by AsyncAPI's own schema and parser, and tells the truth."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator, Draft202012Validator
from referencing import Registry, Resource

from blinwatch.catalogue import load_catalogue
from blinwatch.commands.asyncapi_document import as_yaml, asyncapi_document, headers_of, messages_of
from blinwatch.commands.schemas import committed_examples
from blinwatch.deliver.output_record import OutputRecord
from blinwatch.deliver.page_marks import DELIVERY, PAGE
from tests.deliver.test_publish_decisions import (
    ADVICE,
    ANSWER,
    ATTRIBUTION,
    GRADE,
    NOTE,
    PUBLISHER,
    RAISED,
    RESOLVED,
    STATUS,
)
from tests.support.kafka_jars import CACHE
from tests.support.npm_tools import MINUTES, installed

Part = dict[str, Any]
SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
DOCUMENT: Part = yaml.safe_load((SCHEMAS / "asyncapi.yaml").read_text(encoding="utf-8"))
CATALOGUE = load_catalogue()
DESCRIBED = [topic for topic in CATALOGUE.topics if topic.direction in ("in", "out")]


@pytest.fixture(scope="module")
def tools() -> Path:
    """AsyncAPI's parser and schemas."""
    return installed(
        Path(__file__).parent / "asyncapi_tools", CACHE / "asyncapi-tools", "the contract checked by AsyncAPI"
    )


def official_complaints(tools: Path, document: Part) -> list[str]:
    schema = json.loads((tools / "node_modules/@asyncapi/specs/schemas/3.0.0-without-$id.json").read_text("utf-8"))
    return [error.message for error in Draft7Validator(schema).iter_errors(document)]


@pytest.mark.timeout(2 * MINUTES)
def test_the_document_fits_asyncapis_own_schema(tools: Path) -> None:
    assert official_complaints(tools, DOCUMENT) == []
    broken = json.loads(json.dumps(DOCUMENT))
    broken["operations"]["send.alerts.lifecycle.v1"]["action"] = "shout"
    broken["channels"]["alerts.active.v1"]["bindings"]["kafka"]["partitions"] = "eight"
    assert len(official_complaints(tools, broken)) == 2, "the schema finds what is wrong"


def parsed(tools: Path, document: Path) -> Part:
    script = tools / "validate.mjs"
    script.write_bytes((Path(__file__).parent / "asyncapi_tools" / "validate.mjs").read_bytes())
    words = ["node", script.name, str(document)]
    done = subprocess.run(words, cwd=tools, capture_output=True, text=True, check=True, timeout=MINUTES)
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.timeout(2 * MINUTES)
def test_asyncapis_own_parser_resolves_every_reference(tools: Path, tmp_path: Path) -> None:
    told = parsed(tools, SCHEMAS / "asyncapi.yaml")
    assert told["messages"] == len(DOCUMENT["components"]["messages"])
    assert [one for one in told["found"] if one["severity"] < 2] == []
    for schema in SCHEMAS.glob("*.schema.json"):
        (tmp_path / schema.name).write_bytes(schema.read_bytes())
    (tmp_path / "labs.resulted.v1.schema.json").unlink()
    (tmp_path / "asyncapi.yaml").write_text(json.dumps(DOCUMENT), encoding="utf-8")
    lost = [one for one in parsed(tools, tmp_path / "asyncapi.yaml")["found"] if one["severity"] == 0]
    assert [one["path"] for one in lost] == ["components/messages/labs.resulted.v1.lab_resulted/payload/$ref"]


def test_the_lock_names_no_registry() -> None:
    lock = json.loads((Path(__file__).parent / "asyncapi_tools/package-lock.json").read_text(encoding="utf-8"))
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]


def test_it_is_written_alike_every_time() -> None:
    again = as_yaml(asyncapi_document(CATALOGUE, committed_examples()))
    assert again == (SCHEMAS / "asyncapi.yaml").read_bytes()


def test_every_topic_of_others_has_a_channel_with_what_the_broker_is_asked_for() -> None:
    channels = DOCUMENT["channels"]
    assert set(channels) == {topic.name for topic in DESCRIBED} | {"dead_letters"}
    for topic in DESCRIBED:
        kafka = channels[topic.name]["bindings"]["kafka"]
        assert channels[topic.name]["address"] == kafka["topic"] == topic.name
        assert kafka["partitions"] == topic.partitions
        assert kafka["topicConfiguration"].get("retention.ms") == topic.retention_ms
        assert kafka["topicConfiguration"]["cleanup.policy"] == [topic.cleanup_policy]
        action = {"in": "receive", "out": "send"}[topic.direction]
        assert DOCUMENT["operations"][f"{action}.{topic.name}"]["action"] == action
    assert not [name for name in channels if name.startswith(("blinwatch.", "gateway."))], "no contract, no channel"
    assert channels["dead_letters"]["parameters"]["topic"]["enum"] == [topic.name for topic in CATALOGUE.inputs]


def test_every_type_of_event_is_a_message_with_a_payload_that_exists() -> None:
    for name, message in DOCUMENT["components"]["messages"].items():
        reference = message.get("payload", {}).get("$ref")
        if reference is None:
            assert name in {"record_refused", "alerts.active.v1.alert_removed"}
            continue
        file, _, pointer = reference.partition("#")
        part = json.loads((SCHEMAS / file).read_text(encoding="utf-8"))
        for step in pointer.split("/")[1:]:
            part = part[step]
        if pointer:
            assert part["properties"]["type"]["const"] == message["name"]


def header_schema(message: Part) -> Part:
    return headers_of(DOCUMENT, message) | {"additionalProperties": False}


def message_of(record: OutputRecord) -> Part:
    messages = messages_of(DOCUMENT, record.topic).values()
    if record.topic == "alerts.active.v1":
        return next(one for one in messages if (one["name"] == "alert_removed") == (record.value is None))
    assert len(messages) == 1
    return next(iter(messages))


@pytest.mark.parametrize("decision", [RAISED, RESOLVED, GRADE, STATUS, NOTE, ADVICE, ANSWER, ATTRIBUTION])
def test_records_have_exactly_the_headers_key_and_value_that_the_document_promises(decision: Any) -> None:
    registry: Registry[Any] = Registry()
    for file in SCHEMAS.glob("*.schema.json"):
        resource = Resource.from_contents(json.loads(file.read_text(encoding="utf-8")))
        registry = registry.with_resource(f"./{file.name}", resource)
    for record in PUBLISHER.records_of(decision):
        message = message_of(record)
        headers = {name: value.decode() for name, value in record.headers}
        if record.topic == "alerts.lifecycle.v1":
            headers |= {PAGE: "no", DELIVERY: "live"}  # the stream adds them when it knows
        Draft202012Validator(header_schema(message)).validate(headers)
        value = None if record.value is None else json.loads(record.value)
        Draft202012Validator(message["payload"], registry=registry).validate(value)
        with pytest.raises(Exception, match="ce_id"):
            Draft202012Validator(header_schema(message)).validate(
                {name: value for name, value in headers.items() if name != "ce_id"}
            )

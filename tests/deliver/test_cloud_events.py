"""Every record we write is a CloudEvent: read by the CloudEvents project's own SDK, which shares no code with us."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import orjson
import pytest
from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event

from blinwatch.catalogue import load_catalogue
from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.commands.replay import replay_decisions
from blinwatch.commands.schema_documents import schema_documents
from blinwatch.deliver.cloud_event import as_call, constant_headers, own_headers
from blinwatch.deliver.output_record import OutputRecord
from blinwatch.deliver.publish_decisions import OUTPUT_TOPICS, DecisionPublisher
from blinwatch.deliver.rulebook_change import audit_record, find_change, in_force, memory_record
from blinwatch.receive.event_log import read_events

STORIES = Path(__file__).parents[1] / "golden"
STORY = "crs-grade-1-to-3-tocilizumab-hides-the-fever"
SHORT_STORY = "late-and-duplicated-events-change-nothing"
STARTED = datetime(2026, 3, 1, 8, tzinfo=UTC)


def told(story: str) -> list[OutputRecord]:
    """All records of a golden history."""
    rulebook = load_rulebook()
    publisher = DecisionPublisher(rulebook_version=rulebook.version, rulebook_digest=rulebook.digest)
    decisions = list(replay_decisions(read_events(STORIES / story / "events.jsonl"), rulebook))
    return [record for decision in decisions for record in publisher.records_of(decision)]


def as_cloud_event(record: OutputRecord) -> BaseCloudEvent:
    headers = dict(record.headers)
    assert len(headers) == len(record.headers), "CloudEvents knows each attribute once"
    return from_kafka_event(KafkaMessage(headers, record.key, record.value))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def records() -> list[OutputRecord]:
    return told(STORY)


def test_an_independent_reader_takes_every_record_of_a_history_as_a_cloud_event(records: list[OutputRecord]) -> None:
    schemas = {orjson.loads(text)["$id"] for text in schema_documents(load_catalogue()).values()}
    for record in records:
        event = as_cloud_event(record)
        value = orjson.loads(record.value or b"null")
        assert event.get_specversion() == "1.0"
        assert event.get_source() == f"urn:blinwatch:topic:{record.topic}"
        assert event.get_data() == value
        if value is not None:
            assert event.get_dataschema() in schemas, "names the published schema of its own topic"
            assert event.get_dataschema() == f"urn:blinwatch:schema:{record.topic}"
            assert event.get_datacontenttype() == "application/json"
    assert {record.topic for record in records} == set(OUTPUT_TOPICS) - {"interactions.checked.v1"}


def test_the_subject_is_the_patients_pseudonym_and_the_time_that_of_the_decision(records: list[OutputRecord]) -> None:
    for record in records:
        event, value = as_cloud_event(record), orjson.loads(record.value or b"{}")
        decision = value.get("decision", value)
        if record.topic == "alerts.active.v1":
            continue  # the alert itself, keyed by its own id; its transition says when
        assert event.get_subject() == decision["patient_id"] == (record.key or b"").decode()
        happened = decision.get("occurred_at") or decision["as_of"]
        assert event.get_time() == datetime.fromisoformat(happened)


def test_an_alert_that_is_gone_is_an_event_without_data(records: list[OutputRecord]) -> None:
    gone = [record for record in records if record.topic == "alerts.active.v1" and record.value is None]
    standing = [record for record in records if record.topic == "alerts.active.v1" and record.value is not None]
    assert gone
    assert standing
    assert {as_cloud_event(record).get_type() for record in gone} == {"blinwatch.alert_removed.v1"}
    assert {as_cloud_event(record).get_type() for record in standing} == {"blinwatch.alert.v1"}
    for record in gone:
        assert as_cloud_event(record).get_datacontenttype() is None
        assert as_cloud_event(record).get_dataschema() is None


def test_source_and_id_name_one_content_for_ever() -> None:
    first, again = told(SHORT_STORY), told(SHORT_STORY)
    assert [record.headers for record in first] == [record.headers for record in again], "the same in every replay"
    contents: dict[tuple[str, str], set[tuple[bytes | None, bytes | None]]] = {}
    for record in first:
        event = as_cloud_event(record)
        contents.setdefault((event.get_source(), event.get_id()), set()).add((record.key, record.value))
    assert all(len(found) == 1 for found in contents.values())


def test_a_changed_rulebook_is_an_event_about_no_patient() -> None:
    rulebook = load_rulebook()
    change = find_change("ward-7", _before(rulebook), rulebook, STARTED)
    assert change is not None
    event = as_cloud_event(audit_record(change))
    assert event.get_subject() is None
    assert (event.get_type(), event.get_id()) == ("blinwatch.rulebook_changed.v1", change.decision_id)
    assert event.get_time() == STARTED


def test_what_is_no_contract_carries_no_cloud_event() -> None:
    memory = memory_record("ward-7", in_force(load_rulebook(), 1))
    assert not [name for name, _ in memory.headers if name.startswith("ce_")]


def test_a_record_that_calls_somebody_is_another_event_than_the_one_that_did_not() -> None:
    quiet = (*constant_headers("alerts.lifecycle.v1", "alert_transition"), *own_headers(b"d-1", STARTED, b"pt-1"))
    calling = as_call(quiet)
    assert dict(calling)["ce_id"] == b"d-1.page"
    assert [header for header in calling if header[0] != "ce_id"] == [
        header for header in quiet if header[0] != "ce_id"
    ]


def test_the_same_moment_in_another_zone_is_the_same_time() -> None:
    tokyo = STARTED.astimezone(timezone(timedelta(hours=9)))
    assert own_headers(b"d", tokyo, None) == own_headers(b"d", STARTED, None)
    assert dict(own_headers(b"d", tokyo, None))["ce_time"] == b"2026-03-01T08:00:00Z"


def _before(rulebook: Any) -> Any:
    remembered = in_force(rulebook, 1)
    return type(remembered)(number=1, version="1.0.0", digest="another", values=remembered.values)

"""Whose data it is stands in keys and values, where it is meant to be, and in no header, label, log line or error text.

The readers of HL7, FHIR, REST and CSV are held to the same by `tests/fuzz` (a canary in place of a name), workers and
forwarders as processes by their own tests, and the code itself by `tests/test_style_law.py`.
"""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import generate_latest

from blinwatch.deliver.cloud_event import SUBJECT
from blinwatch.deliver.dead_letter import dead_letter_of
from blinwatch.forward.course import Course
from blinwatch.forward.letter import Letter, NotTakenError
from blinwatch.forward.receipts import undelivered
from blinwatch.forward.serve import Forward, ForwardPlan
from blinwatch.forward.targets_file import Targets
from blinwatch.receive.decode import decode_record
from blinwatch.receive.rejection import Rejected
from tests.forward.letters import letter
from tests.support.records import records

CANARY = "Q7zcanaryX"
EXAMPLES = Path(__file__).resolve().parents[1] / "schemas" / "examples"
EVENTS: list[tuple[str, dict[str, Any]]] = [
    (path.parent.name, orjson.loads(path.read_bytes()))
    for path in sorted(EXAMPLES.glob("*/*.json"))
    if path.parent.name in {"vitals.observed.v1", "pump.events.v1", "labs.resulted.v1", "medications.administered.v1"}
    or path.parent.name in {"assessments.recorded.v1", "therapy.orders.v1", "alerts.commands.v1"}
]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each value in a record."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, (*path, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from places(inner, (*path, number))
    else:
        yield path


def put(value: Any, path: tuple[Any, ...], new: Any) -> None:
    *way, last = path
    for step in way:
        value = value[step]
    value[last] = new


@given(data=st.data())
def test_what_is_said_of_a_refused_record_names_nobody(data: st.DataObject) -> None:
    topic, event = data.draw(st.sampled_from(EVENTS))
    spoiled = orjson.loads(orjson.dumps(event))
    for path in data.draw(st.lists(st.sampled_from(list(places(event))), min_size=1, max_size=3, unique=True)):
        put(spoiled, path, data.draw(st.sampled_from([CANARY, f"{CANARY} 4711", [CANARY], {CANARY: 1}, f"-{CANARY}"])))
    key = data.draw(st.sampled_from([CANARY.encode(), str(event["patient_id"]).encode(), None]))
    value = orjson.dumps(spoiled)
    found = decode_record(topic, key, value[: data.draw(st.sampled_from([len(value), len(value) - 3]))])
    if isinstance(found, Rejected):
        (record,) = records(topic, 0, [(key, value)])
        kept = dead_letter_of(record, found, datetime(2026, 3, 1, tzinfo=UTC))
        said = b" ".join(part for name, told in kept.headers for part in (name.encode(), told))
        assert CANARY.encode() not in said


def of_somebody() -> Letter:
    return letter(alert_id=CANARY, patient_id=CANARY, summary=f"{CANARY} has a fever")


async def test_a_forwarder_says_nothing_of_whom_it_is_about(caplog: pytest.LogCaptureFixture) -> None:
    target = {"name": "pager", "kind": "alertmanager", "url": "https://x.example"}
    forward = Forward(ForwardPlan(bootstrap="127.0.0.1:9", targets=Targets.model_validate({"targets": [target]})))
    written: list[Any] = []

    async def write(record: Any) -> None:
        written.append(record)

    class Refuses:
        async def deliver(self, _: Letter) -> str:
            raise NotTakenError("it answers 400", is_final=True)

        async def close(self) -> None:
            """Nothing is held."""

    forward._write = write  # type: ignore[method-assign]
    with caplog.at_level(logging.DEBUG):
        course = Course(forward._plan.targets.targets[0], Refuses(), forward._kept)
        await course.send(of_somebody())
        await course.close()
    await forward.posts[0]._course.close()
    assert [one.topic for one in written] == ["forward.undelivered.v1", "forward.receipts.v1"]
    assert "did not take a letter" in caplog.text
    assert CANARY not in caplog.text
    assert CANARY.encode() not in generate_latest(forward.metrics.registry)


def test_a_header_of_ours_about_a_person_holds_the_pseudonym_at_most() -> None:
    kept = undelivered("pager", of_somebody(), "it answers 400", 1, 0.0)
    assert not [name for name, told in kept.headers if CANARY.encode() in told and name != SUBJECT]

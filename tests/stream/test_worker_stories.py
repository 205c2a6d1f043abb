"""`blinwatch worker` with the real judgement: recorded stories in, alerts out, read by a client that is not ours.

What the worker says must be what `replay` says of the same events: however often it is stopped, killed or shared.
"""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from confluent_kafka import Message

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.commands.replay import replay_decisions
from blinwatch.core.decisions import AlertTransition, GradeAssigned
from blinwatch.core.events import AnyEvent
from blinwatch.receive.event_log import encode_event, encode_key, read_events, topic_of
from tests.support.brokers import Broker
from tests.support.embedded import PARTITIONS, PlainReader, PlainWriter, told_first
from tests.support.records import VITALS, patients_of
from tests.support.worker_process import REAL, WorkerProcess

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
STORIES = (
    "occlusion-becomes-a-four-hour-interruption",
    "crs-grade-1-to-3-tocilizumab-hides-the-fever",
    "wrong-rate-after-a-bag-change",
    "child-with-fever-on-nasal-oxygen",
    "flush-at-a-bag-change",
)
PATIENTS = tuple(name for partition in range(PARTITIONS) for name in patients_of(partition, 2, PARTITIONS))[
    : len(STORIES)
]


@cache
def stories(folder: Path) -> tuple[AnyEvent, ...]:
    """Each story told of a patient of its own, all together in the order of time."""
    told: list[AnyEvent] = []
    for name, patient in zip(STORIES, PATIENTS, strict=True):
        text = (GOLDEN / name / "events.jsonl").read_text(encoding="utf-8")
        renamed = folder / f"{name}.jsonl"
        renamed.write_text(text.replace('"golden', f'"{patient}'), encoding="utf-8")
        told += read_events(renamed)
    return tuple(sorted(told, key=lambda event: (event.occurred_at, event.event_id)))


def replayed(events: tuple[AnyEvent, ...]) -> tuple[set[str], set[str], set[str]]:
    """Ids of alert transitions, ids of grades, and the alerts that stand at the end."""
    transitions, grades, standing = set[str](), set[str](), set[str]()
    for decision in replay_decisions(events, load_rulebook()):
        if isinstance(decision, AlertTransition):
            transitions.add(decision.decision_id)
            (standing.discard if decision.alert.state == "resolved" else standing.add)(decision.alert_id)
        elif isinstance(decision, GradeAssigned):
            grades.add(decision.decision_id)
    return transitions, grades, standing


def write(writer: PlainWriter, events: tuple[AnyEvent, ...]) -> None:
    for event in events:
        writer.write(topic_of(event), encode_key(event), encode_event(event))
    writer.flush()


def ids(messages: list[Message], topic: str) -> list[str]:
    told = [message for message in told_first(messages) if message.topic() == topic]
    return [json.loads(message.value())["decision_id"] for message in told]


def standing_alerts(bootstrap: str) -> set[str]:
    reader = PlainReader(bootstrap, "alerts.active.v1")
    latest = {message.key(): message.value() for message in reader.read_to_end()}
    reader.close()
    return {key.decode() for key, value in latest.items() if value is not None}


def saw(transitions: set[str]) -> Callable[[list[Message]], bool]:
    return lambda messages: transitions <= set(ids(messages, "alerts.lifecycle.v1"))


def test_the_worker_says_what_a_replay_says(broker: Broker, tmp_path: Path, mode: str) -> None:
    events = stories(tmp_path)
    transitions, grades, standing = replayed(events)
    assert len(transitions) > 20, "the stories have something to tell"
    reader = PlainReader(broker.bootstrap, "alerts.lifecycle.v1", "toxicity.grades.v1", "audit.decisions.v1")
    write(PlainWriter(broker.bootstrap), events)
    with WorkerProcess(broker.bootstrap, tmp_path, REAL, stream_mode=mode) as worker:
        reader.read_until(saw(transitions))
        body = worker.until_metric("blinwatch_events_total", VITALS, sum(topic_of(e) == VITALS for e in events))
        assert worker.stop() == 0, worker.log()
    messages = reader.read_to_end()
    assert sorted(ids(messages, "alerts.lifecycle.v1")) == sorted(transitions), "each transition once"
    assert sorted(ids(messages, "toxicity.grades.v1")) == sorted(grades)
    audited = [json.loads(m.value())["decision"]["decision_id"] for m in messages if m.topic() == "audit.decisions.v1"]
    assert transitions | grades <= set(audited)
    assert standing_alerts(broker.bootstrap) == standing
    for patient in PATIENTS:
        assert patient.encode() not in body, "no patient in the metrics"
        assert patient not in worker.log(), "no patient in the log"
    reader.close()


def test_stop_kill_and_start_in_the_middle_of_the_stories_change_nothing(
    broker: Broker, tmp_path: Path, mode: str
) -> None:
    events = stories(tmp_path)
    transitions, _, standing = replayed(events)
    third, two_thirds = len(events) // 3, 2 * len(events) // 3
    writer = PlainWriter(broker.bootstrap)
    reader = PlainReader(broker.bootstrap, "alerts.lifecycle.v1")
    write(writer, events[:third])
    with WorkerProcess(broker.bootstrap, tmp_path, REAL, stream_mode=mode) as stopped:
        reader.read_until(saw(replayed(events[:third])[0]))
        assert stopped.stop() == 0, stopped.log()
    write(writer, events[third:two_thirds])
    with WorkerProcess(broker.bootstrap, tmp_path, REAL, stream_mode=mode) as killed:
        before = len(reader.records)
        reader.read_until(lambda messages: len(messages) > before)
        killed.kill()
    write(writer, events[two_thirds:])
    with WorkerProcess(broker.bootstrap, tmp_path, REAL, stream_mode=mode) as last:
        reader.read_until(saw(transitions))
        last.until_ready()
        assert last.stop() == 0, last.log()
    assert set(ids(reader.read_to_end(), "alerts.lifecycle.v1")) == transitions
    assert standing_alerts(broker.bootstrap) == standing
    reader.close()

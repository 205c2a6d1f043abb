"""From a sender's event to a subscriber: what a real worker writes to a broker is a CloudEvent with its trace."""

import time
from pathlib import Path

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event
from confluent_kafka import Message

from blinwatch.catalogue import load_catalogue
from tests.support.brokers import Broker
from tests.support.embedded import PARTITIONS, PlainReader, PlainWriter, header
from tests.support.records import VITALS, patients_of, vitals
from tests.support.worker_process import TOY, WorkerProcess

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

ANNA, BERT = patients_of(1, 2, PARTITIONS)
PARENT = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
TOPICS = ("alerts.lifecycle.v1", "alerts.active.v1", "audit.decisions.v1")


def headers_of(message: Message) -> dict[str, bytes]:
    return dict(message.headers() or [])


def until_dropped_is_counted(worker: WorkerProcess) -> None:
    """A batch is counted once all of it is handed over, which may be after its first record was read."""
    end_s = time.monotonic() + 20
    line = f'blinwatch_trace_contexts_dropped_total{{topic="{VITALS}"}} 1.0'.encode()
    while line not in worker.get("/metrics")[1]:
        assert time.monotonic() < end_s, "the dropped trace was not counted"
        time.sleep(0.1)


def test_what_a_worker_writes_is_a_cloud_event_with_the_senders_trace_and_its_memory_is_none(
    broker: Broker, tmp_path: Path, mode: str
) -> None:
    writer = PlainWriter(broker.bootstrap)
    writer.write(VITALS, ANNA, vitals(ANNA, 1, 0, temperature_c=39.0), headers=[("traceparent", PARENT)])
    writer.write(VITALS, BERT, vitals(BERT, 1, 0, temperature_c=39.0), headers=[("traceparent", b"none of ours")])
    writer.flush()
    internal = [topic.name for topic in load_catalogue(PARTITIONS).with_direction("internal")]
    reader = PlainReader(broker.bootstrap, *TOPICS, *internal)
    with WorkerProcess(broker.bootstrap, tmp_path, TOY, stream_mode=mode) as worker:
        told = reader.read_until(
            lambda all_: (
                {(m.topic(), headers_of(m)["ce_subject"]) for m in all_ if m.topic() in TOPICS}
                >= {(topic, name.encode()) for topic in TOPICS for name in (ANNA, BERT)}
                and any(m.topic() in internal for m in all_)
            ),
            timeout_s=90,
        )
        until_dropped_is_counted(worker)
        assert worker.stop() == 0, worker.log()
    for message in told:
        if message.topic() not in TOPICS:
            assert not any(name.startswith("ce_") for name in headers_of(message)), "memory is no contract"
            continue
        told_by = KafkaMessage(headers_of(message), message.key(), message.value())  # type: ignore[arg-type]
        event = from_kafka_event(told_by)
        assert event.get_source() == f"urn:blinwatch:topic:{message.topic()}"
        traced = headers_of(message).get("traceparent")
        assert traced == (PARENT if event.get_subject() == ANNA else None)
        if message.topic() == "alerts.lifecycle.v1":
            calls = header(message, "page") == "yes"
            assert event.get_id() == header(message, "decision-id") + (".page" if calls else "")
    reader.close()

"""What lies in the topics after a run, read by a client that shares no code with blinwatch."""

import time
from collections import defaultdict
from collections.abc import Mapping

from confluent_kafka import Consumer, Message
from confluent_kafka import TopicPartition as ClientPlace

from blinwatch.catalogue import load_catalogue
from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.stream.core_judge import CoreJudge
from blinwatch.stream.engine import TopicPartition
from blinwatch.wiring import build_engine
from tests.aftermath.remains import STATE_TOPIC, Remains, Stored
from tests.support.embedded import QUIET, end_offsets
from tests.support.records import partition_of

READ_MOST_S = 180.0
"""Some hundred megabytes from three brokers on two busy cores."""


def read_remains(bootstrap: str, partitions: int, group: str, first_states: Mapping[bytes, bytes]) -> Remains:
    """Everything in the catalogue's topics, as the checker wants it."""
    catalogue, rulebook = load_catalogue(partitions), load_rulebook()
    names = [topic.name for topic in catalogue.topics if topic.direction != "internal"]
    logs = _read_all(bootstrap, [*names, STATE_TOPIC])
    return Remains(
        judge="core",
        topics=tuple(topic.name for topic in catalogue.inputs),
        partitions=partitions,
        group=group,
        logs=logs,
        new_engine=lambda: build_engine(CoreJudge(rulebook), rulebook, catalogue),
        home=lambda key: partition_of(key, partitions),
        is_live=True,
        first_states=first_states,
    )


def _read_all(bootstrap: str, topics: list[str]) -> Mapping[TopicPartition, list[Stored]]:
    """Every record there is now. Compaction leaves gaps: positions tell the end, not the number of records."""
    ends = {place: end for place, end in end_offsets(bootstrap, topics).items() if end}
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": "chaos-checker", "enable.auto.commit": False, **QUIET}
    )
    logs: defaultdict[TopicPartition, list[Stored]] = defaultdict(list)
    end_s = time.monotonic() + READ_MOST_S
    try:
        consumer.assign([ClientPlace(topic, number, 0) for topic, number in ends])
        while ends:
            for message in consumer.consume(5000, timeout=0.5):
                assert message.error() is None, message.error()
                stored = _stored(message)
                logs[TopicPartition(stored.topic, stored.partition)].append(stored)
            for place in consumer.position([ClientPlace(topic, number) for topic, number in ends]):
                if place.offset >= ends[place.topic, place.partition]:
                    del ends[place.topic, place.partition]
            assert time.monotonic() < end_s, f"not read to the end within {READ_MOST_S:g} s: {ends}"
    finally:
        consumer.close()
    return logs


def _stored(message: Message) -> Stored:
    headers = tuple((name, bytes(value or b"")) for name, value in message.headers() or ())
    return Stored(
        message.topic() or "", message.partition() or 0, message.offset() or 0, message.key(), message.value(), headers
    )

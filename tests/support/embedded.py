"""The catalogue's topics on an embedded broker, and plain clients that know nothing of blinwatch's own."""

import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from typing import Any

from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition

from blinwatch.catalogue import load_catalogue
from blinwatch.simulate.embedded_broker import EmbeddedBroker

PARTITIONS = 4
"""Enough for two workers to share; fewer than in production, so that tests start sooner."""
QUIET = {"log_level": 0, "api.version.request.timeout.ms": 10_000}


@contextmanager
def catalogue_broker(partitions: int = PARTITIONS) -> Generator[EmbeddedBroker]:
    """A broker with every topic of the catalogue."""
    topics = {topic.name: topic.partitions for topic in load_catalogue(partitions).topics}
    with EmbeddedBroker(topics) as broker:
        yield broker


class PlainWriter:
    """A producer as any other system would write: librdkafka, with Kafka's own default partitioner."""

    def __init__(self, bootstrap: str) -> None:
        self._producer = Producer(
            {"bootstrap.servers": bootstrap, "partitioner": "murmur2_random", "linger.ms": 1, **QUIET}
        )

    def write(
        self,
        topic: str,
        key: bytes | str | None,
        value: bytes | None,
        *,
        partition: int | None = None,
        headers: Iterable[tuple[str, bytes]] = (),
    ) -> None:
        """Queue one record; `flush` makes sure of it."""
        where = {} if partition is None else {"partition": partition}
        self._producer.produce(topic, value, key, headers=list(headers), **where)
        self._producer.poll(0)

    def flush(self) -> None:
        """Wait until the broker has everything."""
        assert self._producer.flush(20) == 0, "the broker did not take all records within 20 s"


class PlainReader:
    """Reads topics from their beginning, whatever has been committed by anybody."""

    def __init__(self, bootstrap: str, *topics: str) -> None:
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "a-plain-reader",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": 50,
                **QUIET,
            }
        )
        known = self._consumer.list_topics(timeout=20).topics
        self._consumer.assign([TopicPartition(name, number, 0) for name in topics for number in known[name].partitions])
        self.records: list[Message] = []

    def read_until(self, enough: Callable[[list[Message]], Any], timeout_s: float = 40.0) -> list[Message]:
        """Read on until `enough` is true of all records so far; fails loudly when it never is."""
        end_s = time.monotonic() + timeout_s
        while not enough(self.records):
            if time.monotonic() > end_s:
                seen = [(m.topic(), m.key(), m.headers()) for m in self.records]
                raise AssertionError(f"not seen within {timeout_s:g} s; {len(seen)} records so far: {seen[-20:]}")
            self._poll(0.1)
        return list(self.records)

    def read_for(self, seconds: float) -> list[Message]:
        """Read whatever comes in this time."""
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            self._poll(0.05)
        return list(self.records)

    def read_to_end(self) -> list[Message]:
        """Read all that is there now."""
        end = sum(self._consumer.get_watermark_offsets(tp, timeout=20)[1] for tp in self._consumer.assignment())
        return self.read_until(lambda messages: len(messages) >= end)

    def _poll(self, seconds: float) -> None:
        message = self._consumer.poll(seconds)
        if message is None:
            return
        error = message.error()
        if error is None:
            self.records.append(message)
        elif error.code() != KafkaError._PARTITION_EOF:
            raise AssertionError(f"the reader failed: {error}")

    def close(self) -> None:
        """Let go of the broker."""
        self._consumer.close()


def committed_offsets(bootstrap: str, group: str, topics: Iterable[str], partitions: int) -> dict[tuple[str, int], int]:
    """What a consumer group has committed, per topic and partition."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group, **QUIET})
    try:
        asked = [TopicPartition(topic, number) for topic in topics for number in range(partitions)]
        answers = consumer.committed(asked, timeout=20)
        return {(tp.topic, tp.partition): tp.offset for tp in answers if tp.offset >= 0}
    finally:
        consumer.close()


def told_first(messages: Iterable[Message]) -> list[Message]:
    """The messages without those that were written again only to page for them."""
    return [message for message in messages if "repeat" not in dict(message.headers() or [])]


def header(message: Message, name: str) -> str:
    """The last header of that name, as text."""
    found = [value for key, value in message.headers() or [] if key == name]
    assert found, f"no header {name} in {message.headers()}"
    return found[-1].decode()

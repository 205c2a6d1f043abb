"""The catalogue's topics on a test's broker (embedded, or real Kafka), and plain clients that know nothing of ours."""

import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from blinwatch.catalogue import load_catalogue
from blinwatch.simulate.embedded_broker import EmbeddedBroker
from tests.support.brokers import Broker, choice

PARTITIONS = 4
"""Enough for two workers to share; fewer than in production, so that tests start sooner."""
COORDINATOR_COMES = {
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
}
"""What a broker answers about groups for a moment after its start, or after another one's death."""
QUIET = {"log_level": 0, "api.version.request.timeout.ms": 10_000}


@contextmanager
def catalogue_broker(partitions: int = PARTITIONS) -> Generator[Broker]:
    """A broker with every topic of the catalogue."""
    with empty_broker() as broker:
        broker.create_topics({topic.name: topic.partitions for topic in load_catalogue(partitions).topics})
        yield broker


@contextmanager
def empty_broker() -> Generator[Broker]:
    """A broker without any topic, of the kind this run uses."""
    if choice.kind == "apache":
        yield choice.empty_apache()
    else:
        with EmbeddedBroker() as broker:
            yield broker


class PlainWriter:
    """A producer as any other system would write: librdkafka, with Kafka's own default partitioner."""

    def __init__(self, bootstrap: str, **settings: object) -> None:
        """`settings`: further ones of librdkafka, with _ for each dot."""
        further = {name.replace("_", "."): value for name, value in settings.items()}
        self._producer = Producer(
            {"bootstrap.servers": bootstrap, "partitioner": "murmur2_random", "linger.ms": 1, **QUIET, **further}
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

    def flush(self, timeout_s: float = 20.0) -> None:
        """Wait until the broker has everything."""
        assert self._producer.flush(timeout_s) == 0, f"the broker did not take all records within {timeout_s:g} s"


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
        """Read all that is there now. Compaction leaves gaps: the offsets tell, not the number of records."""
        last: dict[tuple[str, int], int] = {}
        for tp in self._consumer.assignment():
            low, high = self._consumer.get_watermark_offsets(tp, timeout=20)
            if high > low:
                last[tp.topic, tp.partition] = high - 1

        def read_all(messages: list[Message]) -> bool:
            seen = {(message.topic(), message.partition()): message.offset() for message in messages}
            return all(seen.get(place, -1) >= offset for place, offset in last.items())

        return self.read_until(read_all)

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
        end_s = time.monotonic() + 40
        while True:
            try:
                answers = consumer.committed(asked, timeout=20)
            except KafkaException as error:
                if error.args[0].code() not in COORDINATOR_COMES or time.monotonic() > end_s:
                    raise
                time.sleep(0.1)
            else:
                return {(tp.topic, tp.partition): tp.offset for tp in answers if tp.offset >= 0}
    finally:
        consumer.close()


def end_offsets(bootstrap: str, topics: Iterable[str]) -> dict[tuple[str, int], int]:
    """The offset after the last record, per topic and partition."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "a-plain-reader", **QUIET})
    try:
        known = consumer.list_topics(timeout=20).topics
        return {
            (name, number): consumer.get_watermark_offsets(TopicPartition(name, number), timeout=20)[1]
            for name in topics
            for number in known[name].partitions
        }
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

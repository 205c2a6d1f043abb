"""How commands reach a broker: as a plain reader or writer, never as a member of the workers' group."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Annotated, Any, cast

import typer
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from blinwatch.commands.failure import CommandError
from blinwatch.kafka_identity import kafka_options
from blinwatch.settings import load_settings

POLL_MS = 300
"""How long one fetch waits for news. Short, so that Ctrl-C is answered at once."""
_REQUEST_TIMEOUT_MS = 15_000
_ASK_AGAIN_S = 0.02

Bootstrap = Annotated[
    str | None,
    typer.Option(
        "--bootstrap",
        metavar="HOST:PORT",
        help="Kafka broker; several with commas.  [default: BLINWATCH_KAFKA_BOOTSTRAP, else 127.0.0.1:9092]",
        show_default=False,
    ),
]


def bootstrap_servers(given: str | None) -> str:
    """The brokers to ask: what the command line says, else the settings."""
    return given or load_settings().bootstrap_servers


def quiet_client_library() -> None:
    """The Kafka client writes its own log; a command says the same once, and in words."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


@asynccontextmanager
async def topic_reader(bootstrap: str, topics: Iterable[str]) -> AsyncGenerator["TopicReader"]:
    """A reader of all partitions of `topics`, placed at their beginning.

    Raises `CommandError` when no broker answers or a topic is missing.
    """
    quiet_client_library()
    consumer: Any = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        request_timeout_ms=_REQUEST_TIMEOUT_MS,
        fetch_max_wait_ms=POLL_MS,
        **kafka_options(),
    )
    try:
        await consumer.start()
    except KafkaError as error:
        await consumer.stop()
        raise no_broker(bootstrap) from error
    try:
        partitions = await _take_partitions(consumer, list(topics), bootstrap)
        await consumer.seek_to_beginning(*partitions)
        yield TopicReader(consumer, partitions)
    finally:
        await consumer.stop()


@asynccontextmanager
async def producer_to(bootstrap: str, linger_ms: int = 5) -> AsyncGenerator[Any]:
    """A producer that believes a record is written once all in-sync replicas say so."""
    quiet_client_library()
    producer: Any = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        acks="all",
        linger_ms=linger_ms,
        request_timeout_ms=_REQUEST_TIMEOUT_MS,
        **kafka_options(),
    )
    try:
        await producer.start()
    except KafkaError as error:
        await producer.stop()
        raise no_broker(bootstrap) from error
    try:
        yield producer
    finally:
        await producer.stop()


def no_broker(bootstrap: str) -> CommandError:
    """The sentence for a broker that does not answer."""
    return CommandError(
        f"no Kafka broker answers at {bootstrap}. Start one (`make demo` has one and prints its address) or "
        "name another with --bootstrap HOST:PORT or BLINWATCH_KAFKA_BOOTSTRAP."
    )


async def partition_count(producer: Any, topic: str, bootstrap: str) -> int:
    """How many partitions a topic has. Raises `CommandError` when it is missing."""
    if topic not in (await producer.client.fetch_all_metadata()).topics():
        raise _no_topic(topic, bootstrap)
    return len(await producer.partitions_for(topic))


async def _take_partitions(consumer: Any, topics: list[str], bootstrap: str) -> list[TopicPartition]:
    """All partitions of the topics: without a group, subscribing gives them all to this reader."""
    known = cast("set[str]", await consumer.topics())
    for topic in topics:
        if topic not in known:
            raise _no_topic(topic, bootstrap)
    consumer.subscribe(topics)
    deadline_s = time.monotonic() + _REQUEST_TIMEOUT_MS / 1000
    while {place.topic for place in consumer.assignment()} != set(topics):
        if time.monotonic() > deadline_s:
            raise no_broker(bootstrap)
        await asyncio.sleep(_ASK_AGAIN_S)
    return sorted(consumer.assignment())


def _no_topic(topic: str, bootstrap: str) -> CommandError:
    return CommandError(
        f"the broker at {bootstrap} has no topic {topic}. Create blinwatch's topics: blinwatch topics apply"
    )


class TopicReader:
    """Reads records of its topics, first what is there and then what comes."""

    def __init__(self, consumer: Any, partitions: list[TopicPartition]) -> None:
        """Made by `topic_reader`."""
        self._consumer, self._partitions = consumer, partitions

    async def read_to_end(self) -> list[Any]:
        """Every record up to what the topics held when this was called."""
        ends: dict[TopicPartition, int] = await self._consumer.end_offsets(self._partitions)
        records: list[Any] = []
        while await self._is_short_of(ends):
            records += await self.read()
        return records

    async def records_to_end(self) -> AsyncIterator[Any]:
        """The same one by one, for topics that are larger than memory."""
        ends: dict[TopicPartition, int] = await self._consumer.end_offsets(self._partitions)
        while await self._is_short_of(ends):
            for record in await self.read():
                if record.offset < ends[TopicPartition(record.topic, record.partition)]:
                    yield record

    async def topics_with_records(self) -> list[str]:
        """Those of its topics on which there is, or ever was, a record."""
        ends: dict[TopicPartition, int] = await self._consumer.end_offsets(self._partitions)
        return sorted({partition.topic for partition, end in ends.items() if end > 0})

    async def skip_to_end(self) -> None:
        """Pass over what is there; only what comes from now on will be read."""
        await self._consumer.seek_to_end(*self._partitions)
        for partition in self._partitions:
            await self._consumer.position(partition)

    async def read(self) -> list[Any]:
        """The next records, or none if nothing came within `POLL_MS`."""
        batches: dict[TopicPartition, list[Any]] = await self._consumer.getmany(timeout_ms=POLL_MS)
        return [record for batch in batches.values() for record in batch]

    async def _is_short_of(self, ends: dict[TopicPartition, int]) -> bool:
        for partition, end in ends.items():
            if end > 0 and await self._consumer.position(partition) < end:
                return True
        return False


def run(main: Any) -> None:
    """Run a command's coroutine; a broker that goes away in the middle is said in a sentence."""
    try:
        asyncio.run(main)
    except KafkaError as error:
        raise CommandError(f"the Kafka broker refused or went away: {error}") from error

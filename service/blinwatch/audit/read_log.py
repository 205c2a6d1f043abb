"""Partitions of the audit and of its seals, read from an offset to an offset."""

from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from blinwatch.kafka_identity import kafka_options

AUDIT_TOPIC = "audit.decisions.v1"
SEALS_TOPIC = "audit.seals.v1"
REQUEST_TIMEOUT_MS = 30_000
_POLL_MS = 1_000
_EMPTY_MOST = 30
"""Empty answers in a row before reading is given up: half a minute in which a broker shows nothing of what it has."""


class AuditReadError(Exception):
    """The topics cannot be read; the message says what to do."""


class LogReader:
    """Use as an asynchronous context manager. It joins no group and commits nothing."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._consumer: Any = None

    async def __aenter__(self) -> Self:
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=None,
            enable_auto_commit=False,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            **kafka_options(),
        )
        try:
            await self._consumer.start()
            known = await self._consumer.topics()
        except KafkaError as error:
            await self._consumer.stop()
            raise AuditReadError(f"no Kafka broker answers at {self._bootstrap}") from error
        for topic in (AUDIT_TOPIC, SEALS_TOPIC):
            if topic not in known:
                await self._consumer.stop()
                raise AuditReadError(f"the broker has no topic {topic}; run `blinwatch topics apply`")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._consumer.stop()

    async def partitions(self) -> list[int]:
        """Partition numbers of the audit; its seals have the same."""
        self._consumer.subscribe([AUDIT_TOPIC])
        await self._consumer._client.force_metadata_update()  # noqa: SLF001 - a topic's partitions, without a group
        found = self._consumer.partitions_for_topic(AUDIT_TOPIC) or set[int]()
        self._consumer.unsubscribe()
        return sorted(found)

    async def bounds(self, topic: str, partition: int) -> tuple[int, int]:
        """The first offset that is kept, and that after the last one."""
        place = TopicPartition(topic, partition)
        self._consumer.assign([place])
        start = await self._consumer.beginning_offsets([place])
        end = await self._consumer.end_offsets([place])
        return int(start[place]), int(end[place])

    async def read(self, topic: str, partition: int, first: int, end: int, most: int | None = None) -> list[Any]:
        """Records from `first` on, before `end`, at most so many. Raises `AuditReadError`."""
        if first >= end:
            return []
        place = TopicPartition(topic, partition)
        self._consumer.assign([place])
        self._consumer.seek(place, first)
        found: list[Any] = []
        empty = 0
        while await self._consumer.position(place) < end and (most is None or len(found) < most):
            batch = await self._consumer.getmany(place, timeout_ms=_POLL_MS)
            records = batch.get(place, [])
            empty = 0 if records else empty + 1
            if empty > _EMPTY_MOST:
                raise AuditReadError(f"{topic} partition {partition} shows nothing from offset {first} on")
            found += [record for record in records if record.offset < end]
        return found[:most]

"""The board's ears: reads the output topics, the workers' clock, and where the workers stand.

Compacted topics are read from their beginning, so a board that has just started shows what stands; the others from now
on. No group is joined: any number of boards may look. A broker that goes away is asked again until it answers.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from blinwatch.board.monitor_sight import MonitorSight
from blinwatch.board.topic_places import all_places
from blinwatch.board.ward_now import ACTIVE_TOPIC, AUDIT_TOPIC, STATUS_TOPIC, WardNow
from blinwatch.kafka_identity import kafka_options

TICKS_TOPIC = "clock.ticks.v1"
FROM_THE_BEGINNING = (STATUS_TOPIC, ACTIVE_TOPIC)
FROM_NOW_ON = (AUDIT_TOPIC, TICKS_TOPIC)
POLL_MS = 100
AT_ONCE_MOST = 500
"""Records taken in before browsers are told and requests are answered."""
ASK_EVERY_S = 1.0
REQUEST_TIMEOUT_MS = 4_000
"""Shorter than the time after which the page says that Kafka does not answer."""
AGAIN_AFTER_S = 1.0

_log = structlog.get_logger("blinwatch.board")


@dataclass(frozen=True, slots=True)
class Positions:
    """Where the workers stand."""

    committed: Mapping[tuple[str, int], int]
    """The offset after the last judged record, per topic and partition."""
    waiting: int
    """Records behind these offsets."""


class TopicEars:
    """Keeps a `WardNow` up to date and calls `news` whenever something may have changed."""

    def __init__(self, bootstrap: str, ward: WardNow, sight: MonitorSight, news: Callable[[], None]) -> None:
        self._bootstrap = bootstrap
        self._ward, self._sight, self._news = ward, sight, news
        self.caught_up = asyncio.Event()
        """Set once everything that stood when the board started has been read."""

    async def run(self) -> None:
        """Read for ever; a broker that is gone is tried again."""
        await _for_ever(self._read)

    async def _read(self) -> None:
        consumer: Any = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            fetch_max_wait_ms=POLL_MS,
            **kafka_options(),
        )
        await consumer.start()
        try:
            await self._follow(consumer)
        finally:
            await consumer.stop()

    async def _follow(self, consumer: Any) -> None:
        places = await all_places(consumer, (*FROM_THE_BEGINNING, *FROM_NOW_ON), REQUEST_TIMEOUT_MS / 1000)
        old = [place for place in places if place.topic in FROM_THE_BEGINNING]
        await consumer.seek_to_beginning(*old)
        await consumer.seek_to_end(*(place for place in places if place.topic in FROM_NOW_ON))
        ends: dict[TopicPartition, int] = await consumer.end_offsets(old)
        while True:
            batches: dict[TopicPartition, list[Any]] = await consumer.getmany(
                timeout_ms=POLL_MS, max_records=AT_ONCE_MOST
            )
            for place, records in batches.items():
                if place.topic == TICKS_TOPIC:
                    self._sight.ticked(time.monotonic())
                    continue
                for record in records:
                    self._ward.take(record.topic, record.key, record.value)
            if not self.caught_up.is_set() and await _has_reached(consumer, ends):
                self.caught_up.set()
            if batches:
                self._news()
            await asyncio.sleep(0)


class WorkersAsked:
    """Asks the brokers every second where the workers stand."""

    def __init__(self, bootstrap: str, group_id: str, topics: Sequence[str], told: Callable[[Positions], None]) -> None:
        """`told` is called with each answer."""
        self._bootstrap, self._group_id, self._topics, self._told = bootstrap, group_id, topics, told

    async def run(self) -> None:
        """Ask for ever."""
        await _for_ever(self._ask_on)

    async def _ask_on(self) -> None:
        admin: Any = AIOKafkaAdminClient(
            bootstrap_servers=self._bootstrap, request_timeout_ms=REQUEST_TIMEOUT_MS, **kafka_options()
        )
        consumer: Any = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap, group_id=None, request_timeout_ms=REQUEST_TIMEOUT_MS, **kafka_options()
        )
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(consumer.stop)
            stack.push_async_callback(admin.close)
            await consumer.start()
            await admin.start()
            while True:
                self._told(await self._ask(admin, consumer))
                await asyncio.sleep(ASK_EVERY_S)

    async def _ask(self, admin: Any, consumer: Any) -> Positions:
        described: list[Any] = await admin.describe_topics(list(self._topics))
        places = [TopicPartition(one["topic"], part["partition"]) for one in described for part in one["partitions"]]
        ends: dict[TopicPartition, int] = await consumer.end_offsets(places)
        begins: dict[TopicPartition, int] = await consumer.beginning_offsets(places)
        found: dict[TopicPartition, Any] = await admin.list_consumer_group_offsets(self._group_id, partitions=places)
        committed: dict[tuple[str, int], int] = {}
        waiting = 0
        for place in places:
            known = found.get(place)
            # A place nobody has committed yet is read from its beginning.
            at = known.offset if known is not None and known.offset >= 0 else begins[place]
            committed[place.topic, place.partition] = at
            waiting += max(0, ends[place] - at)
        return Positions(committed, waiting)


async def _for_ever(work: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await work()
        # Whatever it was: the page says within seconds that it is not up to date; trying again is all there is to do.
        except Exception as error:  # noqa: BLE001
            _log.warning("kafka cannot be read", error=type(error).__name__, detail=str(error))
            await asyncio.sleep(AGAIN_AFTER_S)


async def _has_reached(consumer: Any, ends: dict[TopicPartition, int]) -> bool:
    return all([await consumer.position(place) >= end for place, end in ends.items()])

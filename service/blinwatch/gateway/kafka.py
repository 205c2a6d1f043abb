"""The gateway's way to Kafka: records acknowledged by all in-sync replicas, and the associations read back."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, cast

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

from blinwatch.gateway.association import Fact, decode
from blinwatch.gateway.desk import ANSWER_WITHIN_S, ASSOCIATIONS_TOPIC, UNREAD_TOPIC, Headers, NotTakenError
from blinwatch.kafka_identity import kafka_options

ANSWER_WITHIN_MS = round(ANSWER_WITHIN_S * 1000)
LINGER_MS = 5
"""Records of many connections travel together; no sender notices five milliseconds."""
_POLL_MS = 500
_ASK_AGAIN_S = 0.02
_LOOK_BACK_RECORDS = 1_000
"""Read again of each partition where the broker finds no record by time: there is none, or (as with the embedded
broker) it cannot search by time. What is too old is left out afterwards; a thousand are read in a moment."""


class GatewayError(Exception):
    """The gateway cannot work; the message says what to do."""


class KafkaWriter:
    """A producer as the desk wants it."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._producer: Any = None

    async def start(self) -> None:
        """Connect. Raises `GatewayError` where no broker answers."""
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            acks="all",
            enable_idempotence=True,
            linger_ms=LINGER_MS,
            request_timeout_ms=ANSWER_WITHIN_MS,
            **kafka_options(),
        )
        try:
            await self._producer.start()
        except KafkaError as error:
            await self._producer.stop()
            raise GatewayError(f"no Kafka broker answers at {self._bootstrap}") from error

    async def send(self, topic: str, key: bytes, value: bytes | None, headers: Headers) -> Awaitable[object]:
        """Hand over a record; the result is done when every in-sync replica has it."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                return cast(
                    "Awaitable[object]", await self._producer.send(topic, value, key=key, headers=list(headers))
                )
        except (KafkaError, TimeoutError) as error:
            raise NotTakenError(f"Kafka does not take records: {type(error).__name__}") from error

    async def stop(self) -> None:
        """Send what is on its way and let go."""
        if self._producer is not None:
            await self._producer.stop()


async def read_waiting(bootstrap: str, since: datetime) -> list[tuple[datetime, bytes]]:
    """Messages kept as `unassociated` since then, with the moment each was received, oldest first.

    Raises `GatewayError` where no broker answers.
    """
    log = TopicLog(bootstrap, UNREAD_TOPIC)
    try:
        records = await log.start(since)
    finally:
        await log.stop()
    waiting: list[tuple[datetime, bytes]] = []
    for record in records:
        said: dict[str, bytes] = dict(record.headers)
        if said.get("reason") == b"unassociated" and record.value is not None:
            with contextlib.suppress(ValueError):
                waiting.append((datetime.fromisoformat(said.get("received-at", b"").decode()), record.value))
    return sorted(one for one in waiting if one[0] >= since)


class TopicLog:
    """One topic of ours: what there is, then what comes."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._bootstrap, self._topic = bootstrap, topic
        self._consumer: Any = None

    async def start(self, since: datetime | None = None) -> list[Any]:
        """Every record from then (None: the beginning) to now. Raises `GatewayError`: no broker, no topic."""
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            request_timeout_ms=ANSWER_WITHIN_MS,
            **kafka_options(),
        )
        try:
            await self._consumer.start()
            if self._topic not in await self._consumer.topics():
                raise GatewayError(f"the broker has no topic {self._topic}; run `blinwatch topics apply`")
            places = await self._partitions()
            ends = await self._consumer.end_offsets(places)
            await self._place(places, since)
            records: list[Any] = []
            while True:
                positions = {place: await self._consumer.position(place) for place in places}
                if all(positions[place] >= end for place, end in ends.items()):
                    return records
                records += await self.read()
        except (KafkaError, TimeoutError) as error:
            raise GatewayError(f"no Kafka broker answers at {self._bootstrap}") from error

    async def read(self) -> list[Any]:
        """What has come, or nothing after half a second."""
        batches = await self._consumer.getmany(timeout_ms=_POLL_MS)
        return [record for batch in batches.values() for record in batch]

    async def stop(self) -> None:
        """Let go of the broker."""
        if self._consumer is not None:
            await self._consumer.stop()

    async def _partitions(self) -> list[Any]:
        """All partitions of the topic: without a group, subscribing gives them all to this reader, after a moment."""
        self._consumer.subscribe([self._topic])
        async with asyncio.timeout(ANSWER_WITHIN_MS / 1000):
            while not self._consumer.assignment():  # noqa: ASYNC110 - the client tells nobody when it has come
                await asyncio.sleep(_ASK_AGAIN_S)
        return list(self._consumer.assignment())

    async def _place(self, places: list[Any], since: datetime | None) -> None:
        if since is None:
            await self._consumer.seek_to_beginning(*places)
            return
        asked = dict.fromkeys(places, round(since.timestamp() * 1000))
        found = await self._consumer.offsets_for_times(asked)
        ends = await self._consumer.end_offsets(places)
        for place in places:
            at = found.get(place)
            self._consumer.seek(place, max(0, ends[place] - _LOOK_BACK_RECORDS) if at is None else at.offset)


class AssociationLog:
    """The associations topic: everything there is, then everything that comes."""

    def __init__(self, bootstrap: str) -> None:
        self._log = TopicLog(bootstrap, ASSOCIATIONS_TOPIC)

    async def start(self, take: Callable[[Fact], None]) -> None:
        """Read to the end. Raises `GatewayError` where no broker answers or the topic is missing."""
        for fact in _facts(await self._log.start()):
            take(fact)

    async def follow(self, learn: Callable[[Fact], Awaitable[None]]) -> None:
        """Hand on every further fact until cancelled."""
        while True:
            for fact in _facts(await self._log.read()):
                await learn(fact)

    async def stop(self) -> None:
        """Let go of the broker."""
        await self._log.stop()


def _facts(records: list[Any]) -> list[Fact]:
    return [fact for one in records if one.value is not None and (fact := decode(one.value)) is not None]

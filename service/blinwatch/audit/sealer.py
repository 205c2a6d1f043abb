"""Seals the audit, partition by partition, again and again; goes on from the last seal that counts."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaProducer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from blinwatch.audit.read_log import AUDIT_TOPIC, REQUEST_TIMEOUT_MS, SEALS_TOPIC, LogReader
from blinwatch.audit.seal import RECORDS_MOST, Head, SealError, is_signed, make_seal, read_seal
from blinwatch.kafka_identity import kafka_options
from blinwatch.observe.sealer_metrics import SealerMetrics

_log = logging.getLogger("blinwatch.audit")


class RemovedError(Exception):
    """The audit ends before its last seal does: records that were sealed are gone. Nothing may be sealed over that."""


@dataclass(slots=True)
class _Place:
    """How far one partition is known."""

    head: Head
    seals_read_to: int = 0


class Sealer:
    """One sealing process."""

    def __init__(
        self,
        bootstrap: str,
        key: Ed25519PrivateKey,
        *,
        metrics: SealerMetrics,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._bootstrap, self._key, self._metrics, self._now = bootstrap, key, metrics, now
        self._places: dict[int, _Place] = {}

    async def run(self, every_s: float) -> None:
        """Until cancelled. Raises `AuditReadError`, `RemovedError`, and what Kafka's client raises."""
        while True:
            sealed = await self.seal_once()
            if sealed:
                _log.info("sealed %d records", sealed)
            await asyncio.sleep(every_s)

    async def seal_once(self) -> int:
        """Seal all that there is; how many records were."""
        producer: Any = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            acks="all",
            enable_idempotence=True,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            **kafka_options(),
        )
        await producer.start()
        try:
            async with LogReader(self._bootstrap) as log:
                return sum([await self._seal(log, producer, number) for number in await log.partitions()])
        finally:
            await producer.stop()

    async def _seal(self, log: LogReader, producer: Any, partition: int) -> int:
        place = self._places.setdefault(partition, _Place(Head(partition)))
        await self._catch_up(log, partition, place)
        start, end = await log.bounds(AUDIT_TOPIC, partition)
        if place.head.next is not None and end < place.head.next:
            raise RemovedError(
                f"{AUDIT_TOPIC} partition {partition} ends at {end}, and is sealed to {place.head.next}: sealed "
                "records are gone. Nothing more is sealed; keep the topics as they are and run `blinwatch audit verify`"
            )
        sealed = 0
        while (first := start if place.head.next is None else max(start, place.head.next)) < end:
            records = await log.read(AUDIT_TOPIC, partition, first, end, RECORDS_MOST)
            if not records:
                break
            seal = make_seal(partition, records, place.head.identity, self._now().isoformat(), self._key)
            await producer.send_and_wait(SEALS_TOPIC, seal.to_bytes(), key=b"%d" % partition, partition=partition)
            before = place.head.next
            # Another sealer may have been faster: what counts is what stands first in the topic.
            await self._catch_up(log, partition, place)
            if place.head.next == before:
                raise SealError(f"the seal of partition {partition} was written and does not count")
            sealed += len(records)
        self._metrics.sealed(partition, sealed, end - (place.head.next or start), time.time())
        return sealed

    async def _catch_up(self, log: LogReader, partition: int, place: _Place) -> None:
        start, end = await log.bounds(SEALS_TOPIC, partition)
        for record in await log.read(SEALS_TOPIC, partition, max(start, place.seals_read_to), end):
            try:
                seal = read_seal(record.value)
            except SealError:
                seal = None
            if seal is not None and is_signed(seal, self._key.public_key()):
                place.head.take(seal)
        place.seals_read_to = end

"""Takes a rulebook over at a worker's start: what changed is in the audit before anything is judged by it.

What:      reads what the consumer group had in force last, writes the change to the audit topic, then remembers the
           new rulebook, each awaited before the next. A crash in between repeats the same audit record.
Caveats:   it runs before Faust does and with plain clients, as the check of the topics does: a worker that cannot
           tell the audit by what it judges must not judge.
"""

import asyncio
import time
from datetime import datetime
from typing import Any, cast

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.deliver.output_record import OutputRecord
from blinwatch.deliver.rulebook_change import (
    RULEBOOK_TOPIC,
    RulebookChanged,
    RulebookInForce,
    audit_record,
    find_change,
    in_force,
    memory_record,
    read_memory,
)
from blinwatch.kafka_identity import kafka_options

POLL_MS = 300
ASK_AGAIN_S = 0.02
READ_MOST_S = 30.0
"""The topic holds one short record a consumer group: it is read in a second, or the broker does not answer."""

_log = structlog.get_logger("blinwatch.worker")


class RulebookLogError(Exception):
    """The rulebook could not be taken over; the message says at which broker and what to do."""


async def take_over_rulebook(
    bootstrap: str, group: str, rulebook: Rulebook, published: Rulebook, started_at: datetime
) -> RulebookChanged | None:
    """Compare `rulebook` with the group's last one and make a change durable; what changed, or None.

    `published` counts as in force before the group's first start. Raises `RulebookLogError`.
    """
    try:
        remembered = await _read_last(bootstrap, group)
        last = remembered or in_force(published, 0)
        change = find_change(group, last, rulebook, started_at)
        if change is None and remembered is not None:
            return None
        new = in_force(rulebook, last.number if change is None else last.number + 1)
        records = [] if change is None else [audit_record(change)]
        await _write(bootstrap, [*records, memory_record(group, new)])
    except (KafkaError, OSError, TimeoutError) as error:
        raise RulebookLogError(
            f"the broker at {bootstrap} could not be told which rulebook is in force ({type(error).__name__}); nothing "
            "was judged. Mend the connection and start the worker again"
        ) from error
    if change is not None:
        _log.warning(
            "other clinical data are in force",
            from_version=change.from_version,
            from_digest=change.from_digest,
            to_version=change.to_version,
            to_digest=change.to_digest,
            values_changed=len(change.changes),
        )
    return change


async def _read_last(bootstrap: str, group: str) -> RulebookInForce | None:
    """The newest record under the group's key."""
    # Without a consumer group a subscription gives this reader every partition.
    consumer: Any = AIOKafkaConsumer(
        RULEBOOK_TOPIC,
        bootstrap_servers=bootstrap,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=POLL_MS,
        **kafka_options(),
    )
    newest: bytes | None = None
    deadline_s = time.monotonic() + READ_MOST_S
    try:
        await consumer.start()
        while not consumer.assignment():
            await _wait(deadline_s)
        ends = cast("dict[TopicPartition, int]", await consumer.end_offsets(list(consumer.assignment())))
        while await _is_short_of(consumer, ends):
            await _wait(deadline_s)
            batches = cast("dict[TopicPartition, list[Any]]", await consumer.getmany(timeout_ms=POLL_MS))
            for record in (record for batch in batches.values() for record in batch):
                if record.key == group.encode("utf-8"):
                    newest = record.value
    finally:
        await consumer.stop()
    return None if newest is None else read_memory(newest)


async def _wait(deadline_s: float) -> None:
    """Let the client work for a moment; `TimeoutError` once the time is up."""
    if time.monotonic() > deadline_s:
        raise TimeoutError
    await asyncio.sleep(ASK_AGAIN_S)


async def _is_short_of(consumer: Any, ends: dict[TopicPartition, int]) -> bool:
    positions = await asyncio.gather(*(consumer.position(place) for place in ends))
    return any(position < end for position, end in zip(positions, ends.values(), strict=True) if end > 0)


async def _write(bootstrap: str, records: list[OutputRecord]) -> None:
    """Write records one after another, each acknowledged by every in-sync replica before the next."""
    producer: Any = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", **kafka_options())
    try:
        await producer.start()
        for record in records:
            await producer.send_and_wait(record.topic, record.value, key=record.key, headers=list(record.headers))
    finally:
        await producer.stop()

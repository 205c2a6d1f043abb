"""The newest tick that a partition's log holds: what time it was when somebody last watched its patients.

What:      reads the end of `clock.ticks.v1` for some partitions, with a client of its own and outside any group.
Why:       whoever takes a partition over, or wakes up after a long pause, cannot know from its own memory since when
           nobody judged; the log knows (docs/decisions/0015).
Caveats:   `None` where the log holds no tick: nobody has ever watched, so nobody was blind.
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from aiokafka import AIOKafkaConsumer, TopicPartition

from blinwatch.core.events import Tick
from blinwatch.kafka_identity import kafka_options
from blinwatch.receive.decode import decode_record
from blinwatch.stream.engine import TICKS_TOPIC

RECORDS_BACK = 16
"""The newest tick is the last record, unless somebody wrote ticks out of order or records that are none."""
POLL_MS = 200


async def read_newest_ticks(
    bootstrap: str, partitions: Iterable[int], timeout_s: float
) -> Mapping[int, datetime | None]:
    """When the newest tick of each partition was. Raises `KafkaError`, `OSError` or `TimeoutError`."""
    consumer: Any = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=None,
        enable_auto_commit=False,
        fetch_max_wait_ms=POLL_MS,
        **kafka_options(),
    )
    try:
        async with asyncio.timeout(timeout_s):
            await consumer.start()
            return await _read(consumer, sorted(partitions))
    finally:
        await consumer.stop()


async def _read(consumer: Any, partitions: list[int]) -> dict[int, datetime | None]:
    places = [TopicPartition(TICKS_TOPIC, partition) for partition in partitions]
    consumer.assign(places)
    begins = cast("dict[TopicPartition, int]", await consumer.beginning_offsets(places))
    ends = cast("dict[TopicPartition, int]", await consumer.end_offsets(places))
    newest: dict[int, datetime | None] = dict.fromkeys(partitions)
    unread = {place for place in places if ends[place] > begins[place]}
    for place in unread:
        consumer.seek(place, max(begins[place], ends[place] - RECORDS_BACK))
    while unread:
        batches = cast("dict[TopicPartition, list[Any]]", await consumer.getmany(*unread, timeout_ms=POLL_MS))
        for place, records in batches.items():
            for record in records:
                _note(newest, place.partition, decode_record(TICKS_TOPIC, record.key, record.value))
                if record.offset >= ends[place] - 1:
                    unread.discard(place)
    return newest


def _note(newest: dict[int, datetime | None], partition: int, event: object) -> None:
    known = newest[partition]
    if isinstance(event, Tick) and event.partition == partition and (known is None or event.occurred_at > known):
        newest[partition] = event.occurred_at

"""A loop over aiokafka's getmany with the same judgement and no durable state: the practical ceiling in Python.

python -m benchmarks.peers.bare_aiokafka --bootstrap HOST:PORT --events N

Alerts are sent with acks=all by an idempotent producer and awaited before offsets are committed once a second. States
live in memory only: after a crash they would be gone.
"""

import asyncio
import time
from typing import Any

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from benchmarks.peers.work import COMMIT_INTERVAL_S, LINGER_MS, POLL_RECORDS_MOST, Options, parse_options


async def run(options: Options) -> None:
    """Read, judge, send, commit; until the pace ends the process."""
    work, pace = options.new_work(), options.new_pace("bare aiokafka")
    consumer: Any = AIOKafkaConsumer(
        options.topic,
        bootstrap_servers=options.bootstrap,
        group_id=options.group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_poll_records=POLL_RECORDS_MOST,
        fetch_max_wait_ms=100,
    )
    producer: Any = AIOKafkaProducer(
        bootstrap_servers=options.bootstrap, acks="all", enable_idempotence=True, linger_ms=LINGER_MS
    )
    await consumer.start()
    await producer.start()
    writes: list[asyncio.Future[Any]] = []
    next_commit_s = time.monotonic() + COMMIT_INTERVAL_S
    while True:
        for records in (await consumer.getmany(timeout_ms=100)).values():
            for record in records:
                outputs = work.handle(options.topic, record.key, record.value)
                writes += [
                    await producer.send(one.topic, one.value, one.key, headers=list(one.headers)) for one in outputs
                ]
                pace.count(1, len(outputs))
        if time.monotonic() >= next_commit_s:
            await asyncio.gather(*writes)
            writes.clear()
            await consumer.commit()
            next_commit_s = time.monotonic() + COMMIT_INTERVAL_S


if __name__ == "__main__":
    uvloop.run(run(parse_options(__doc__)))

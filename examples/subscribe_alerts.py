"""Follow the alerts: each decision once, from where this group of readers was, or from a moment of your choice.

    python subscribe_alerts.py BROKER [--group NAME] [--since 2026-03-01T08:00:00+00:00] [--priority high]

Needs aiokafka. Handles a record first and commits afterwards: after a crash a record may come twice, none is lost.
"""

import argparse
import asyncio
import json
from collections import OrderedDict
from datetime import datetime

from aiokafka import AIOKafkaConsumer, ConsumerRecord

TOPIC = "alerts.lifecycle.v1"
REMEMBERED = 10_000  # decisions: far more than a crash of a worker can bring again


class SeenBefore:
    """Remembers the newest decisions. Keep it in a database if a repetition after your own restart matters to you."""

    def __init__(self) -> None:
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    def __contains__(self, decision: bytes) -> bool:
        return decision in self._seen

    def add(self, decision: bytes) -> None:
        """Remember this one, forget the oldest."""
        self._seen[decision] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)


def handle(record: ConsumerRecord) -> None:
    """Your part. It must be over before the record is committed."""
    told = json.loads(record.value)
    alert = told["alert"]
    when = told["occurred_at"] + (" (told late)" if dict(record.headers).get("delivery") == b"late" else "")
    print(
        f"{when} {told['transition']} {alert['priority']} {alert['code']} {told['patient_id']}: {alert['summary']}",
        flush=True,
    )


async def go_to(consumer: AIOKafkaConsumer, since: datetime) -> None:
    """Read on from the first record written at or after this moment, in every partition."""
    found = await consumer.offsets_for_times(dict.fromkeys(consumer.assignment(), int(since.timestamp() * 1000)))
    for partition, place in found.items():
        if place is None:  # nothing that young yet
            await consumer.seek_to_end(partition)
        else:
            consumer.seek(partition, place.offset)


async def follow(options: argparse.Namespace) -> None:
    """Read until stopped."""
    group = None if options.since else options.group  # without a group it reads every partition and commits nothing
    consumer = AIOKafkaConsumer(
        TOPIC, bootstrap_servers=options.broker, group_id=group, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        if options.since:
            await go_to(consumer, options.since)
        seen = SeenBefore()
        async for record in consumer:
            headers = dict(record.headers)
            wanted = options.priority is None or headers["priority"] == options.priority.encode()
            if wanted and headers["decision-id"] not in seen:
                handle(record)
                seen.add(headers["decision-id"])
            if group is not None:
                await consumer.commit()
    finally:
        await consumer.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("broker", help="HOST:PORT of any broker")
    parser.add_argument("--group", default="my-readers", help="readers of one group share the patients among them")
    parser.add_argument("--since", type=datetime.fromisoformat, help="a moment with its offset; commits nothing")
    parser.add_argument("--priority", choices=("high", "medium", "low"))
    asyncio.run(follow(parser.parse_args()))

"""Where imported events go: a log in a file, or a broker."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from blinwatch.commands.failure import CommandError
from blinwatch.core.events import AnyEvent
from blinwatch.kafka_identity import kafka_options
from blinwatch.receive.event_log import encode_event, encode_key, topic_of, write_events

IN_FLIGHT_MOST = 500
"""Records sent and not yet acknowledged: about 150 KiB, enough to fill a request."""
REQUEST_TIMEOUT_S = 30
"""As Kafka's own clients; after that the broker counts as not answering."""


def write_log(path: Path, events: Iterable[AnyEvent]) -> int:
    """Write the log beside its place and move it there, so that a faulty table leaves no half of one."""
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            count = write_events(file, events)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return count


async def send_events(bootstrap: str, events: Iterable[AnyEvent]) -> int:
    """Send the events in order, all acknowledged by every copy when this returns."""
    # Read the whole table first: a fault in its last row must not leave half of it on the topic.
    records = [(topic_of(event), encode_key(event), encode_event(event)) for event in events]
    producer: Any = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        acks="all",
        enable_idempotence=True,
        request_timeout_ms=REQUEST_TIMEOUT_S * 1000,
        **kafka_options(),
    )
    try:
        await producer.start()
        for first in range(0, len(records), IN_FLIGHT_MOST):
            batch = records[first : first + IN_FLIGHT_MOST]
            await asyncio.gather(*[await producer.send(topic, value, key=key) for topic, key, value in batch])
    except (KafkaError, OSError) as error:
        raise CommandError(f"the broker at {bootstrap} did not take the events: {error}") from error
    finally:
        await producer.stop()
    return len(records)

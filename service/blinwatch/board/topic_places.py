"""Which partitions a reader without a group has: all of its topics."""

import asyncio
from collections.abc import Sequence
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

_LOOK_EVERY_S = 0.02


async def all_places(consumer: Any, topics: Sequence[str], within_s: float) -> list[TopicPartition]:
    """Subscribe a started consumer that has no group, and return all partitions of its topics.

    Raises `KafkaError` where a topic is missing, `TimeoutError` where the broker does not tell within `within_s`.
    """
    known: set[str] = await consumer.topics()
    if missing := sorted(set(topics) - known):
        raise KafkaError(f"the broker has no topic {', '.join(missing)}; create them: blinwatch topics apply")
    consumer.subscribe(list(topics))
    async with asyncio.timeout(within_s):
        while {place.topic for place in consumer.assignment()} != set(topics):  # noqa: ASYNC110
            # aiokafka says when a group has dealt out partitions, not when it took up all without one.
            await asyncio.sleep(_LOOK_EVERY_S)
    return sorted(consumer.assignment())

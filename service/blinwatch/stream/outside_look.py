"""Asks the brokers how long the inputs are: from a thread of its own, with a client of its own.

Why:       a consumer that has stopped fetching believes that there is nothing to fetch, and an event loop that is stuck
           measures nothing at all. Whether records wait can only be seen from outside of both.
Caveats:   one request a look; a broker that does not answer in time is noted by the age of the last answer.
"""

import asyncio
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as KafkaPlace
from aiokafka.errors import KafkaError

from blinwatch.kafka_identity import kafka_options
from blinwatch.stream.progress import Ends, Place

STOP_LOOK_S = 0.2
"""How soon a stop is noticed."""

HeldPlaces = Callable[[], Iterable[Place]]
Answered = Callable[[Ends], object]
Wanted = Callable[[], bool]


class OutsideLook:
    """A daemon thread that looks every `every_s` seconds."""

    def __init__(
        self, bootstrap: str, held: HeldPlaces, answered: Answered, wanted: Wanted, *, every_s: float, timeout_s: float
    ) -> None:
        """`held` gives the input partitions of this worker; `answered` gets their first and last offsets.

        `wanted` tells when somebody waits for an answer, so that the next look does not wait its turn.
        """
        self._bootstrap = bootstrap
        self._held = held
        self._answered = answered
        self._wanted = wanted
        self._every_s = every_s
        self._timeout_s = timeout_s
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="blinwatch-outside-look", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()

    def _run(self) -> None:
        asyncio.run(self._look_on())

    async def _look_on(self) -> None:
        client: Any = None
        while not self._stopped.is_set():
            try:
                async with asyncio.timeout(self._timeout_s):
                    client = client or await self._connected()
                    self._answered(await _ask(client, list(self._held())))
            except (KafkaError, OSError, TimeoutError):
                # Said by the age of the last answer. A connection that hangs is not asked again.
                await _close(client)
                client = None
            await self._pause()
        await _close(client)

    async def _connected(self) -> Any:
        client: Any = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=None,
            enable_auto_commit=False,
            request_timeout_ms=round(self._timeout_s * 1000),
            **kafka_options(),
        )
        try:
            await client.start()
        except BaseException:
            await _close(client)
            raise
        return client

    async def _pause(self) -> None:
        left_s = self._every_s
        while left_s > 0 and not self._stopped.is_set():
            await asyncio.sleep(min(STOP_LOOK_S, left_s))
            left_s -= STOP_LOOK_S
            if self._wanted():
                return


async def _ask(client: Any, places: list[Place]) -> Ends:
    asked = [KafkaPlace(*place) for place in places]
    # Without a place to ask for, the list of topics shows that the broker answers.
    if not asked:
        await client.topics()
        return {}
    begins = await client.beginning_offsets(asked)
    ends = await client.end_offsets(asked)
    return {Place(*place): (begins[place], ends[place]) for place in asked}


async def _close(client: Any) -> None:
    if client is not None:
        with suppress(KafkaError, OSError, TimeoutError):
            async with asyncio.timeout(STOP_LOOK_S):
                await client.stop()

"""Faust's aiokafka transport with our consumer, an idempotent producer and a shorter fetch wait."""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, cast

from aiokafka.errors import IllegalGenerationError
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Producer, Transport
from faust.types import TP

from blinwatch.stream.desk import Desk
from blinwatch.stream.durable_consumer import DurableConsumer

FETCH_WAIT_MS = 100
"""How long a broker may hold an empty answer. Faust fixes it at 1.5 s; a partition that is read again after a
pause waits for the answer under way, so this is its delay. Ten idle requests a second and broker cost next to
nothing."""


_COMMITS_IN: ContextVar[int | None] = ContextVar("commits_in", default=None)
"""The generation for which a commit is meant; a task of its own inherits it."""


class ConsumerThread(AIOKafkaConsumerThread):
    """Faust's consumer thread with another fetch wait, and with commits that belong to one generation."""

    async def commit_in(self, generation: int, offsets: Mapping[TP, int]) -> bool:
        """Commit as a member in this generation, or not at all; whether it was done.

        aiokafka names in its request whatever generation it knows when it comes to sending, perhaps after several
        tries. By then the member may have been put out, and Kafka takes a commit without a generation while the group
        is empty; or it may be in a later generation: these offsets are another worker's then, and ahead of its states.
        """
        thread: Any = self
        return cast("bool", await thread.call_thread(self._commit_in, generation, offsets))

    async def _commit_in(self, generation: int, offsets: Mapping[TP, int]) -> bool:
        kafka: Any = self._ensure_consumer()
        hold_commits_to_their_generation(kafka._coordinator)
        meant = _COMMITS_IN.set(generation)
        try:
            return await self._commit(offsets)
        finally:
            _COMMITS_IN.reset(meant)

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer: Any = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        return consumer


def hold_commits_to_their_generation(coordinator: Any) -> None:
    """Have aiokafka look at the generation in the very step in which it makes a commit's request."""
    send: Any = coordinator._do_commit_offsets
    if getattr(send, "is_held", False):
        return

    async def held(assignment: Any, offsets: Any) -> None:
        meant = _COMMITS_IN.get()
        if meant is not None and coordinator.generation != meant:
            raise IllegalGenerationError
        await send(assignment, offsets)

    held.is_held = True  # type: ignore[attr-defined]
    coordinator._do_commit_offsets = held


class IdempotentProducer(Producer):
    """acks=all and a sequence number a partition: a resend after a lost answer is not written twice."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}


def transport_for(desk: Desk, consumer: type[DurableConsumer]) -> type[Transport]:
    """A transport whose consumers work at this desk."""

    class DeskConsumer(consumer):
        """Faust makes its consumer itself and passes nothing through, so the desk is part of the class."""

        def _new_consumer_thread(self) -> ConsumerThread:
            consumer: Any = self
            return ConsumerThread(consumer, loop=consumer.loop, beacon=consumer.beacon)

    DeskConsumer.desk = desk

    class DeskTransport(Transport):
        """Makes the consumer and producer above."""

        Consumer = DeskConsumer
        Producer = IdempotentProducer

    return DeskTransport

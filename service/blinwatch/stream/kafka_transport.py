"""Faust's aiokafka transport with our consumer, an idempotent producer and a shorter fetch wait."""

from collections.abc import Mapping
from typing import Any

from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Producer, Transport

from blinwatch.stream.desk import Desk
from blinwatch.stream.durable_consumer import DurableConsumer

FETCH_WAIT_MS = 100
"""How long a broker may hold an empty answer. Faust fixes it at 1.5 s; a partition that is read again after a
pause waits for the answer under way, so this is its delay. Ten idle requests a second and broker cost next to
nothing."""


class ConsumerThread(AIOKafkaConsumerThread):
    """Faust's consumer thread; only the fetch wait differs."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer: Any = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        return consumer


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

"""The simulated ward's two voices behind one door: devices speak HL7 to a gateway, everybody else writes to Kafka."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from blinwatch.core.events import Tick
from blinwatch.receive.decode import decode_event
from blinwatch.receive.hl7.mllp_sender import MllpSender
from blinwatch.receive.rejection import Rejected
from blinwatch.simulate.hl7_ward import tell_admission, tell_device
from blinwatch.simulate.send_stream import Producer
from blinwatch.simulate.ward import Bed


class Hl7Producer:
    """Takes records as a Kafka producer does."""

    def __init__(self, kafka: Producer, sender: MllpSender, beds: Sequence[Bed]) -> None:
        self._kafka, self._sender, self._beds = kafka, sender, beds
        self._numbers = {bed.setting.patient_id: number for number, bed in enumerate(beds)}

    async def admit(self) -> None:
        """Tell the gateway who lies in which bed; returns when it knows."""
        for number, bed in enumerate(self._beds):
            told = tell_admission(bed, number)
            await (await self._sender.send(told.text, told.control_id))

    async def send(
        self, topic: str, value: bytes | None = None, key: bytes | None = None, partition: int | None = None
    ) -> asyncio.Future[object]:
        """Hand a record to whoever would say it; the future is done when it is on Kafka."""
        event = decode_event(topic, value)
        if isinstance(event, Tick):
            # A tick lets deadlines pass: what happened before it has to be there first.
            await self._sender.answered()
        elif not isinstance(event, Rejected):
            told = tell_device(event, self._numbers.get(event.patient_id))
            if told is not None:
                return await self._sender.send(told.text, told.control_id)
        return await self._kafka.send(topic, value, key=key, partition=partition)


@asynccontextmanager
async def speaking_hl7(kafka: Producer, beds: Sequence[Bed], host: str, port: int) -> AsyncGenerator[Hl7Producer]:
    """The ward's beds told to the gateway at this address. Raises `OSError` where nobody listens."""
    sender = MllpSender()
    await sender.connect(host, port)
    try:
        producer = Hl7Producer(kafka, sender, beds)
        await producer.admit()
        yield producer
    finally:
        await sender.close()

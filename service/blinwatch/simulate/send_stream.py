"""Sends a simulated stream to a broker at a chosen speed of time."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from blinwatch.core.events import Tick
from blinwatch.receive.event_log import encode_event, encode_key
from blinwatch.simulate.ward import Sending

_PAUSE_S = 0.02
"""How often the sender looks at the clock. Twenty milliseconds are 20 s of the ward at 1,000x."""
_IN_FLIGHT_MOST = 2000
"""Records sent and not yet acknowledged.

About half a megabyte, and the point where the sender waits for the broker.
"""


@dataclass(slots=True)
class Progress:
    """What has been sent so far; read by whoever shows it."""

    events: int = 0
    ticks: int = 0
    simulated_s: float = 0.0
    """How far the ward's own time has come."""
    behind_s: float = 0.0
    """How far the ward's time lags behind what the speed asks for: the broker or this machine is too slow."""
    finished: bool = False


class Producer(Protocol):
    """What the sender needs of a Kafka producer; aiokafka's fits."""

    async def send(
        self,
        topic: str,
        value: bytes | None = None,
        key: bytes | None = None,
        partition: int | None = None,
    ) -> asyncio.Future[object]:
        """Hand a record over; the future is done when the broker has acknowledged it."""
        ...


OnSent = Callable[[Sending, float], None]
"""Called with each sending and the steady-clock second at which it was handed to the producer."""


class StreamSender:
    """Hands sendings to a producer when their time has come, and waits for the broker to acknowledge them."""

    def __init__(self, producer: Producer, speed: float, on_sent: OnSent | None = None) -> None:
        """`speed`: seconds of the ward in a second of the wall."""
        self.progress = Progress()
        self._producer, self._speed, self._on_sent = producer, speed, on_sent
        self._in_flight: list[asyncio.Future[object]] = []
        self._paused_s = 0.0
        self._held = False

    def hold(self, *, held: bool) -> None:
        """Stop the ward's clock, or let it run on."""
        self._held = held

    async def send_all(self, stream: Iterable[Sending]) -> Progress:
        """Send the whole stream; returns when the broker has acknowledged the last record."""
        started_s = time.monotonic()
        for sending in stream:
            while (due_in_s := self._due_in_s(sending, started_s)) > 0 or self._held:
                await self._settle()
                await self._wait(min(_PAUSE_S, due_in_s) if due_in_s > 0 else _PAUSE_S)
            self.progress.behind_s = -due_in_s * self._speed
            await self._send(sending)
        await self._settle()
        self.progress.finished = True
        return self.progress

    def _due_in_s(self, sending: Sending, started_s: float) -> float:
        return started_s + self._paused_s + sending.offset_s / self._speed - time.monotonic()

    async def _wait(self, seconds: float) -> None:
        if self._held:
            self._paused_s += seconds
        await asyncio.sleep(seconds)

    async def _send(self, sending: Sending) -> None:
        event = sending.event
        partition = event.partition if isinstance(event, Tick) else None
        key, value = encode_key(event), encode_event(event)
        if self._on_sent is not None:
            self._on_sent(sending, time.monotonic())
        self._in_flight.append(await self._producer.send(sending.topic, value, key=key, partition=partition))
        self.progress.simulated_s = float(sending.offset_s)
        if isinstance(event, Tick):
            self.progress.ticks += 1
        else:
            self.progress.events += 1
        if len(self._in_flight) >= _IN_FLIGHT_MOST:
            await self._settle()

    async def _settle(self) -> None:
        """Wait until the broker has acknowledged what is on its way; a refusal is raised here."""
        waiting, self._in_flight = self._in_flight, []
        if waiting:
            await asyncio.gather(*waiting)

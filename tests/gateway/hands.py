"""A gateway's desk with a Kafka of its own making, and senders that speak MLLP as badly as a test wants."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from blinwatch.gateway.association import Associations
from blinwatch.gateway.desk import UNREAD_TOPIC, Desk, Headers, Means, NotTakenError
from blinwatch.gateway.holding import Holding
from blinwatch.gateway.pseudonym import Pseudonyms
from blinwatch.gateway.server import Limits, MllpServer
from blinwatch.gateway.whose import Resolver
from blinwatch.receive.hl7.draft import Reading
from blinwatch.receive.hl7.framing import frame
from tests.receive.hl7.told import BPM, NOW, message_text, obx

HEART = "147842^MDC_ECG_HEART_RATE^MDC"


class Kafka:
    """Takes records; `down` refuses them, `lost` breaks them on the way."""

    def __init__(self) -> None:
        self.records: list[tuple[str, bytes, bytes | None, dict[str, str]]] = []
        self.down = self.lost = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def send(self, topic: str, key: bytes, value: bytes | None, headers: Headers) -> Awaitable[object]:
        if self.down:
            raise NotTakenError("down")
        said = {name: text.decode() for name, text in headers}
        return asyncio.ensure_future(self._deliver((topic, key, value, said)))

    async def _deliver(self, record: tuple[str, bytes, bytes | None, dict[str, str]]) -> None:
        await self.gate.wait()
        if self.lost:
            raise NotTakenError("lost")
        self.records.append(record)

    def events(self) -> list[dict[str, Any]]:
        judged = [(topic, value) for topic, _, value, _ in self.records if not topic.startswith("gateway.")]
        return [orjson.loads(value) for _, value in judged if value]

    def unread(self) -> list[tuple[str, str]]:
        return [
            (headers["reason"], (value or b"").decode("utf-8", "replace"))
            for topic, _, value, headers in self.records
            if topic == UNREAD_TOPIC
        ]


class Ears:
    """What the desk told."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.waiting = 0

    def answered(self, kind: str, code: str, seconds: float) -> None:
        assert seconds >= 0
        self.counts[f"{kind} {code}"] += 1

    def published(self, topic: str) -> None:
        self.counts[topic] += 1

    def unread(self, reason: str) -> None:
        self.counts[reason] += 1

    def clock(self, flag: str) -> None:
        self.counts[flag] += 1

    def repeated(self) -> None:
        self.counts["repeated"] += 1

    def held(self, count: int, expired: int) -> None:
        self.waiting = count
        self.counts["expired"] += expired

    def connected(self, change: int) -> None:
        self.counts["open"] += change

    def ended(self, how: str) -> None:
        self.counts[how] += 1


class Gateway:
    """A desk at a moment of its own."""

    def __init__(self, *, holds: int = 100, key: bytes = b"", beds: bool = True, within_s: float = 15.0) -> None:
        self.kafka, self.ears, self.now = Kafka(), Ears(), NOW
        self.associations = Associations()
        self.desk = Desk(
            Means(
                writer=self.kafka,
                resolver=Resolver(self.associations, Pseudonyms(key), beds_count=beds),
                holding=Holding(holds, timedelta(hours=1)),
                telling=self.ears,
                reading=lambda at: Reading(received_at=at, zone=ZoneInfo("Europe/Berlin")),
                now=lambda: self.now,
                answer_within_s=within_s,
            )
        )

    async def say(self, *segments: str, **msh: str) -> str:
        """Send a message; the code of its answer."""
        return (await self.answer(message_text(*segments, **msh).encode())).split("|")[1]

    async def answer(self, raw: bytes) -> str:
        """MSA of the first answer to a frame."""
        taken = await self.desk.take(raw)
        answers = [await self.desk.settle(one) for one in taken]
        return (answers[0] or b"").decode().split("\r")[1]


@asynccontextmanager
async def listening(gateway: Gateway, limits: Limits | None = None, **how: Any) -> AsyncGenerator[int]:
    """The port of a server in front of the desk."""
    server = MllpServer(gateway.desk, gateway.ears, limits or Limits())
    try:
        yield await server.start("127.0.0.1", 0, **how)
    finally:
        await server.close()


async def until(true: Any) -> None:
    """Wait until something has come about; the test's own timeout says when it never does."""
    while not true():  # noqa: ASYNC110 - what is waited for knows nothing of this test
        await asyncio.sleep(0.01)


async def read_answers(reader: asyncio.StreamReader, count: int) -> list[str]:
    """The MSA segments of so many answers."""
    return [(await reader.readuntil(b"\x1c\r")).decode().split("\r")[1] for _ in range(count)]


def heart(
    rate: int, *, pid: str = "PID|||pt-1^^^HOSP^MR", bed: str = "", at: str = "", device: str = "MON-1"
) -> list[str]:
    """The segments of a heart rate."""
    pv1 = [f"PV1|1|I|{bed}"] if bed else []
    return [pid, *pv1, "OBR|1|||x", obx(HEART, str(rate), BPM, at=at, device=device)]


def admit(patient: str, bed: str, at: str, trigger: str = "A01", before: str = "") -> list[str]:
    """The segments of an admission event; its kind goes into `say(kind=...)`."""
    assert trigger
    return [f"EVN||{at}", f"PID|||{patient}^^^HOSP^MR", f"PV1|1|I|{bed}|||{before}"]


def framed(*segments: str, **msh: str) -> bytes:
    """A message with its marks."""
    return frame(message_text(*segments, **msh).encode())


def later(minutes: float) -> datetime:
    """A moment after the tests' own now."""
    return NOW + timedelta(minutes=minutes)

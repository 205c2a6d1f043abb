"""Writes the clock into the log: a tick for each partition this worker holds, every few seconds.

What:      time is data (design, decision 4). Whoever holds a partition writes its ticks, so a partition
           always has exactly one clock and a replay passes every deadline at the same place.
Caveats:   a partition whose records wait gets no tick for up to `TICK_HOLD_MOST_S`: a tick of now, judged
           before vitals that wait, would report a silence that never was. After that it does: a partition
           that stays behind must not lose its silence alarm.
"""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from blinwatch.core.events import Tick
from blinwatch.core.evidence import to_ms
from blinwatch.deliver.output_record import OutputRecord
from blinwatch.receive.event_log import encode_event, encode_key
from blinwatch.stream.engine import TICKS_TOPIC

TICK_HOLD_MOST_S = 60.0
"""A minute: catching up after an outage takes less, and silence is told in minutes, not seconds."""
TICK_SOURCE = "blinwatch.worker"

TickSource = Callable[[], datetime]
"""Tells what time it is for the patients; `wall_clock` in a hospital."""


def wall_clock() -> datetime:
    """The time of this machine, whole milliseconds, UTC."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def tick_record(partition: int, now: datetime) -> OutputRecord:
    """The tick of one partition."""
    tick = Tick(event_id=f"tick-{partition}-{to_ms(now)}", occurred_at=now, partition=partition, source=TICK_SOURCE)
    return OutputRecord(
        topic=TICKS_TOPIC,
        key=encode_key(tick),
        value=encode_event(tick),
        headers=(("content-type", b"application/json"), ("type", b"tick")),
        partition=partition,
    )


class TickWriter:
    """Remembers how long each partition has gone without a tick."""

    def __init__(self, now: TickSource, write: Callable[[OutputRecord], Awaitable[Awaitable[object]]]) -> None:
        self._now = now
        self._write = write
        self._held_since_s: dict[int, float] = {}

    async def write_ticks(self, waiting: dict[int, int]) -> int:
        """One tick for each partition of `waiting` (its records that wait); the number written and acknowledged."""
        now, steady_s = self._now(), time.monotonic()
        due = [partition for partition, records in waiting.items() if self._is_due(partition, records, steady_s)]
        written = [await self._write(tick_record(partition, now)) for partition in due]
        for receipt in written:
            await receipt
        return len(written)

    def _is_due(self, partition: int, records: int, steady_s: float) -> bool:
        if not records:
            self._held_since_s.pop(partition, None)
            return True
        return steady_s - self._held_since_s.setdefault(partition, steady_s) >= TICK_HOLD_MOST_S

"""Writes the clock into the log: a tick for each partition this worker holds, every few seconds.

What:      time is data (design, decision 4). Whoever holds a partition writes its ticks, so a partition
           always has exactly one clock and a replay passes every deadline at the same place.
Caveats:   a partition whose records wait gets no tick for up to `TICK_HOLD_MOST_S`: a tick of now, judged
           before vitals that wait, would report a silence that never was. After that it does: a partition
           that stays behind must not lose its silence alarm.
           A tick that comes too long after the partition's last one says since when nobody judged (`blind_from`). What
           the last one was is asked of the log, not of memory: another worker may have written it.
"""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

import structlog
from aiokafka.errors import KafkaError

from blinwatch.core.events import Tick
from blinwatch.core.evidence import to_ms
from blinwatch.deliver.output_record import OutputRecord
from blinwatch.receive.event_log import encode_event, encode_key
from blinwatch.stream.engine import TICKS_TOPIC

TICK_HOLD_MOST_S = 60.0
"""A minute: catching up after an outage takes less, and silence is told in minutes, not seconds."""
TICK_SOURCE = "blinwatch.worker"

_log = structlog.get_logger("blinwatch.stream")

NewestTicks = Callable[[Iterable[int]], Awaitable[Mapping[int, datetime | None]]]
"""Reads from the log when each partition's newest tick was (`newest_ticks`)."""

TickSource = Callable[[], datetime]
"""Tells what time it is for the patients; `wall_clock` in a hospital."""


def wall_clock() -> datetime:
    """The time of this machine, whole milliseconds, UTC."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def tick_record(partition: int, now: datetime, blind_from: datetime | None = None) -> OutputRecord:
    """The tick of one partition."""
    tick = Tick(
        event_id=f"tick-{partition}-{to_ms(now)}",
        occurred_at=now,
        partition=partition,
        source=TICK_SOURCE,
        blind_from=blind_from,
    )
    return OutputRecord(
        topic=TICKS_TOPIC,
        key=encode_key(tick),
        value=encode_event(tick),
        headers=(("content-type", b"application/json"), ("type", b"tick")),
        partition=partition,
    )


class TickWriter:
    """Remembers how long each partition has gone without a tick."""

    def __init__(
        self,
        now: TickSource,
        write: Callable[[OutputRecord], Awaitable[Awaitable[object]]],
        newest_ticks: NewestTicks,
        blind_after_s: float,
    ) -> None:
        """`blind_after_s`: a longer gap between two ticks is told as blindness (a row of the rulebook)."""
        self._now = now
        self._write = write
        self._newest_ticks = newest_ticks
        self._blind_after = timedelta(seconds=blind_after_s)
        self._held_since_s: dict[int, float] = {}
        self._last: dict[int, datetime | None] = {}
        """Partition to its newest tick; without an entry it has to be read from the log."""

    async def write_ticks(self, waiting: dict[int, int]) -> int:
        """One tick for each partition of `waiting` (its records that wait); the number written and acknowledged.

        No tick where the log cannot be asked for the tick before: it is asked again the next time.
        """
        now, steady_s = self._now(), time.monotonic()
        self._last = {partition: last for partition, last in self._last.items() if partition in waiting}
        due = [partition for partition, records in waiting.items() if self._is_due(partition, records, steady_s)]
        if not await self._know_last(due, now):
            return 0
        records = [tick_record(partition, now, self._blind_from(partition, now)) for partition in due]
        written = [await self._write(record) for record in records]
        for receipt in written:
            await receipt
        self._last.update(dict.fromkeys(due, now))
        return len(written)

    async def _know_last(self, due: list[int], now: datetime) -> bool:
        """Read from the log what memory does not know, or what may be out of date after a long pause."""
        unsure = [partition for partition in due if partition not in self._last or self._blind_from(partition, now)]
        if not unsure:
            return True
        try:
            self._last.update(await self._newest_ticks(unsure))
        except (KafkaError, OSError, TimeoutError) as error:
            _log.warning("the newest ticks could not be read; trying again", error=type(error).__name__)
            return False
        blind = sorted(partition for partition in unsure if self._blind_from(partition, now))
        if blind:
            _log.warning("nobody judged these partitions for a while; their patients are told", partitions=blind)
        return True

    def _blind_from(self, partition: int, now: datetime) -> datetime | None:
        last = self._last.get(partition)
        return last if last is not None and now - last > self._blind_after else None

    def _is_due(self, partition: int, records: int, steady_s: float) -> bool:
        if not records:
            self._held_since_s.pop(partition, None)
            return True
        return steady_s - self._held_since_s.setdefault(partition, steady_s) >= TICK_HOLD_MOST_S

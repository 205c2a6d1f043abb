"""Clock ticks of simulated time.

At any speed but 1 nobody else knows what time it is on the simulated ward.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from blinwatch.core.events import Tick
from blinwatch.receive.event_log import topic_of
from blinwatch.simulate.ward import Sending


def with_ticks(stream: Iterable[Sending], start: datetime, partitions: int, interval_s: int) -> Iterator[Sending]:
    """The same stream with a tick for every partition each `interval_s` seconds of its own time.

    A tick goes out after everything that is sent up to its second, so it never runs ahead of the events.
    """
    next_s = interval_s
    for sending in stream:
        while sending.offset_s > next_s:
            yield from ticks_at(next_s, start, partitions)
            next_s += interval_s
        yield sending


def ticks_at(offset_s: int, start: datetime, partitions: int) -> Iterator[Sending]:
    """One tick for each partition."""
    moment = start + timedelta(seconds=offset_s)
    for partition in range(partitions):
        tick = Tick(
            event_id=f"tick-{partition}-{round(moment.timestamp())}",
            occurred_at=moment,
            partition=partition,
            source="blinwatch-simulate",
        )
        yield Sending(offset_s, topic_of(tick), tick)

"""Clock ticks of simulated time.

At any speed but 1 nobody else knows what time it is on the simulated ward.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from blinwatch.core.events import Tick
from blinwatch.receive.event_log import topic_of
from blinwatch.simulate.ward import Sending

TOPICS_APART_S = 2.0
"""Real seconds by which a consumer may read one topic after another: a fetch waits up to 1.5 s."""


def ticks_behind_s(speed: float) -> float:
    """How far, in simulated seconds, ticks stay behind the events at a speed.

    Topics are read apart by real time. At 900x two real seconds are half an hour on the ward: a tick that was read
    first would report a silence that never was.
    """
    return speed * TOPICS_APART_S if speed > 1 else 0.0


def with_ticks(
    stream: Iterable[Sending], start: datetime, partitions: int, interval_s: int, behind_s: float = 0.0
) -> Iterator[Sending]:
    """The same stream with a tick for every partition each `interval_s` seconds of its own time.

    A tick goes out after everything that is sent up to its second and `behind_s` beyond, so it never runs ahead of
    the events.
    """
    next_s, last_s = interval_s, 0
    for sending in stream:
        while sending.offset_s > next_s + behind_s:
            yield from ticks_at(next_s, start, partitions, behind_s)
            next_s += interval_s
        last_s = max(last_s, sending.offset_s)
        yield sending
    while last_s > next_s:  # the story is over: its clock catches up
        yield from ticks_at(next_s, start, partitions, behind_s)
        next_s += interval_s


def ticks_at(offset_s: int, start: datetime, partitions: int, behind_s: float = 0.0) -> Iterator[Sending]:
    """One tick of that second for each partition, sent `behind_s` later."""
    moment = start + timedelta(seconds=offset_s)
    for partition in range(partitions):
        tick = Tick(
            event_id=f"tick-{partition}-{round(moment.timestamp())}",
            occurred_at=moment,
            partition=partition,
            source="blinwatch-simulate",
        )
        yield Sending(offset_s + round(behind_s), topic_of(tick), tick)

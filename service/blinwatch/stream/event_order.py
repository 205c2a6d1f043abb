"""Records of one partition number, from all input topics, in the order in which they happened.

What:      each topic's records keep their own order (the state remembers one offset a topic, so a topic must never be
           taken out of order). Among the topics the record that happened first goes first; at the same moment the
           smaller event id, as in the judgement.
           While one topic still has unread records, the others do not run ahead of it: nothing is given out that
           happened after that topic's newest record.
Why:       after an outage the topics are read one after another at full speed. A clock tick or a pump event of now,
           judged before an hour of waiting vitals, would report a silence that never was.
Caveats:   the judgement gives one result for any order within its window (decision 0003); this keeps a catch-up within
           it, and free of corrections. Holding back has limits, so it can delay and never stop: `HOLD_MOST_S` where
           running ahead stays within the window, `HOLD_BEYOND_WINDOW_S` where it would not, and `HELD_RECORDS_MOST`.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from blinwatch.stream.source_record import Arrived, record_bytes

HOLD_MOST_S = 10.0
"""A broker answers a fetch within 1.5 s; a topic that shows nothing for 10 s is not about to."""
HOLD_BEYOND_WINDOW_S = 60.0
"""For whoever would run further ahead than `WITHIN_WINDOW_MS`: after an outage a starved broker needs longer than 10 s
to show an hour of vitals, and a tick judged before them tells a silence that never was. After a minute a partition
that nobody can read must not hold up what others tell of the patient; ticks and pages wait as long."""
WITHIN_WINDOW_MS = 300_000
"""Half of the ten minutes within which the judgement minds no order (decision 0003)."""
LOOK_COUNTS_S = 1.0
"""Of the time between two looks so much counts as waiting. A worker that could not run for longer (its processor taken
away, the machine asleep) has not asked the broker either: what it waited for may have come long ago."""
HELD_RECORDS_MOST = 20_000
"""About 20 MB of decoded records a partition. A topic that holds this many is not read until some are given out."""

Lagging = Callable[[str], bool]
"""Whether a topic has records on the broker, in this partition, that have not been read yet."""


class EventOrder:
    """The waiting room of one partition number."""

    def __init__(self, topics: Sequence[str]) -> None:
        self._queues: dict[str, deque[Arrived]] = {topic: deque() for topic in topics}
        self._newest_ms: dict[str, int] = {}
        self._late_since_s: dict[str, float] = {}
        """Topics that are waited for; since when, on the clock below."""
        self._waited_s = 0.0
        """A clock that runs only while the reader looks: the worker's own standstill is nobody's silence."""
        self._looked_s: float | None = None
        self._given_up: set[str] = set()
        self.waiting_bytes = 0
        """Keys, values and headers of the records that have been read and not given out."""

    def add(self, topic: str, arrived: Iterable[Arrived]) -> None:
        """Records that have been read, in their topic's own order."""
        queue = self._queues[topic]
        for one in arrived:
            queue.append(one)
            self.waiting_bytes += record_bytes(one.record)
            # What the others waited for has come: the patience with this topic starts anew.
            self._late_since_s.pop(topic, None)

    def is_full(self, topic: str) -> bool:
        """Whether the topic should not be read further for now."""
        return len(self._queues[topic]) >= HELD_RECORDS_MOST

    def waiting(self) -> int:
        """Records that have been read and not given out."""
        return sum(map(len, self._queues.values()))

    def waiting_in(self, topic: str) -> int:
        """Records of one topic that have been read and not given out."""
        return len(self._queues[topic])

    def take(self, lagging: Lagging, now_s: float, most: int) -> list[Arrived]:
        """Up to `most` records that may be judged now, in order. `now_s` is a steady clock."""
        taken: list[Arrived] = []
        filled = [(topic, queue) for topic, queue in self._queues.items() if queue]
        if not filled:
            return taken
        limit_ms = self._limit_ms(lagging, now_s)
        while filled and len(taken) < most:
            topic, queue = filled[0] if len(filled) == 1 else min(filled, key=_first_place)
            first = queue[0]
            if limit_ms is not None and first.at_ms > limit_ms:
                break
            taken.append(queue.popleft())
            self.waiting_bytes -= record_bytes(first.record)
            self._newest_ms[topic] = max(first.at_ms, self._newest_ms.get(topic, first.at_ms))
            if not queue:
                filled.remove((topic, queue))
                if lagging(topic):
                    limit_ms = self._limit_ms(lagging, now_s)
        return taken

    def _limit_ms(self, lagging: Lagging, now_s: float) -> int | None:
        """Records after this moment must wait; None when nothing has to."""
        if self._looked_s is not None:
            self._waited_s += min(now_s - self._looked_s, LOOK_COUNTS_S)
        self._looked_s = now_s
        if any(self.is_full(topic) for topic in self._queues):
            return None
        limits_ms: list[int] = []
        for topic, queue in self._queues.items():
            if queue or not lagging(topic):
                self._late_since_s.pop(topic, None)
                self._given_up.discard(topic)
                continue
            waited_s = self._waited_s - self._late_since_s.setdefault(topic, self._waited_s)
            newest_ms = self._newest_ms.get(topic, 0)
            if waited_s < HOLD_MOST_S:
                limits_ms.append(newest_ms)
            elif waited_s < HOLD_BEYOND_WINDOW_S:
                limits_ms.append(newest_ms + WITHIN_WINDOW_MS)
            else:
                self._given_up.add(topic)
        return min(limits_ms, default=None)

    @property
    def given_up(self) -> frozenset[str]:
        """Topics with unread records that have been waited for in vain: what comes of them now is judged late."""
        return frozenset(self._given_up)


def _first_place(entry: tuple[str, deque[Arrived]]) -> tuple[int, str]:
    first = entry[1][0]
    return first.at_ms, first.event.event_id if first.event is not None else ""

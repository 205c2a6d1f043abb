"""Data whose patient is not known yet: held for a while, bounded, and handed out once somebody is associated."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from blinwatch.receive.hl7.draft import Draft, Group

HELD_MOST = 20_000
"""Drafts: a device at 1 Hz fills five hours, or twenty of them the quarter of an hour an admission takes."""
HELD_FOR = timedelta(hours=1)
"""An admission is entered within the hour; what is older helps nobody at the bedside. It stays in the topic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One draft that waits, with all that its event will need."""

    group: Group
    draft: Draft
    event_id: str
    source: str
    received_at: datetime


class Holding:
    """What waits, oldest first."""

    def __init__(self, most: int = HELD_MOST, held_for: timedelta = HELD_FOR) -> None:
        self._most, self._for = most, held_for
        self._held: deque[Held] = deque()
        self._ids: set[str] = set()

    def __len__(self) -> int:
        return len(self._held)

    def keep(self, held: Held) -> bool:
        """Hold a draft; False where there is no room. The same one twice is held once."""
        if held.event_id in self._ids:
            return True
        if len(self._held) >= self._most:
            return False
        self._held.append(held)
        self._ids.add(held.event_id)
        return True

    def expire(self, now: datetime) -> int:
        """Let go of what has waited too long; how many."""
        count = 0
        while self._held and now - self._held[0].received_at > self._for:
            self._ids.discard(self._held.popleft().event_id)
            count += 1
        return count

    def take(self, ready: Callable[[Held], bool]) -> Iterator[Held]:
        """Hand out, and no longer hold, what is ready."""
        waiting, self._held = self._held, deque[Held]()
        for one in waiting:
            if ready(one):
                self._ids.discard(one.event_id)
                yield one
            else:
                self._held.append(one)

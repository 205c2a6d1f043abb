"""Whether this worker does its work: what readiness tells, and what a watchdog outside the loop looks at.

What:      signs of life that are noted where they arise (reading loop, group, recovery, changelog) and compared with
           what the brokers say of the inputs' ends (`outside_look`).
Caveats:   read from other threads: every value is replaced as a whole, never changed in place by two of them.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from blinwatch.observe.health import WorkerSight

SAMPLES_MOST = 720
"""An hour of looks at 5 s for each place. Beyond that the newest samples are taken together."""


class Place(NamedTuple):
    """One partition of one topic."""

    topic: str
    partition: int


Ends = Mapping[Place, tuple[int, int]]
"""Each input partition's first offset and the offset after its last record."""


SIGNS = ("reading_loop", "broker", "membership", "recovery", "position")


class Sign(NamedTuple):
    """A sign of life that fails, for how long, and what that means in words."""

    name: str
    for_s: float
    text: str


@dataclass(slots=True)
class _Course:
    """What has been seen of one place."""

    position: int
    moved_s: float
    samples: deque[tuple[int, float]] = field(default_factory=deque[tuple[int, float]])
    """(end offset, when it was first seen) of records that have not been judged, the oldest first."""

    def note(self, position: int, end: int, now_s: float) -> None:
        if position != self.position:
            self.position, self.moved_s = position, now_s
        newest = self.samples[-1][0] if self.samples else position
        if end > newest:
            if len(self.samples) >= SAMPLES_MOST:
                self.samples[-1] = (end, self.samples[-1][1])
            else:
                self.samples.append((end, now_s))
        while self.samples and self.samples[0][0] <= position:
            self.samples.popleft()

    def oldest_s(self, now_s: float) -> float:
        return now_s - self.samples[0][1] if self.samples else 0.0

    def still_s(self, now_s: float) -> float:
        return now_s - max(self.moved_s, self.samples[0][1]) if self.samples else 0.0


class Progress:
    """Signs of life of one worker. Times are `time.monotonic` seconds."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self.beat_s = now_s()
        """When the reading loop last came round."""
        self._joined = False
        self._joining_since_s = now_s()
        self._recovering = False
        self._recovery_moved_s = now_s()
        self._partitions = 0
        self._positions: Mapping[Place, int | None] = {}
        self._courses: dict[Place, _Course] = {}
        self._ends: Ends = {}
        self._answered_s: float | None = None
        self._started_s = now_s()
        self._judged_s: float | None = None

    # --- noted by the event loop ------------------------------------------------------------------------------

    def beat(self) -> None:
        """The reading loop has come round."""
        self.beat_s = self._now_s()

    def at(self, positions: Mapping[Place, int | None]) -> None:
        """The offset of the first record not judged yet, for each input partition; None while it is not known."""
        self._positions = positions
        self._note_if_nothing_waits()

    def joining(self) -> None:
        """The group divides its partitions anew: nothing is read until it has."""
        self._joined = False
        self._joining_since_s = self._now_s()
        self._forget_places()

    def assigned(self, partitions: int) -> None:
        """The group has given this worker so many partition numbers; their states are not back yet."""
        self._joined = True
        self._recovering = partitions > 0
        self._recovery_moved_s = self._now_s()
        self._partitions = partitions
        self._forget_places()

    def recovery_moved(self) -> None:
        """Recovery has read something."""
        self._recovery_moved_s = self._now_s()

    def recovered(self) -> None:
        """All states are back."""
        self._recovering = False
        self._judged_s = self._now_s()

    def judged(self) -> None:
        """A batch was judged."""
        self._judged_s = self._now_s()

    # --- noted from outside ---------------------------------------------------------------------------------

    def answered(self, ends: Ends) -> None:
        """The brokers have said how long the inputs are."""
        now_s = self._now_s()
        positions, courses = self._positions, self._courses
        known = {place: span for place, span in ends.items() if place in positions}
        for place, (begin, end) in known.items():
            reached = _reached(positions[place], begin)
            courses.setdefault(place, _Course(reached, now_s)).note(reached, end, now_s)
        self._ends = known
        self._answered_s = now_s
        self._note_if_nothing_waits()

    def _note_if_nothing_waits(self) -> None:
        waiting = self.waiting
        if waiting and not any(waiting.values()):
            self._judged_s = self._now_s()

    def _forget_places(self) -> None:
        self._positions = {}
        self._courses = {}
        self._ends = {}

    # --- told -------------------------------------------------------------------------------------------------

    @property
    def is_recovered(self) -> bool:
        """Whether the worker has partitions and their states."""
        return self._joined and not self._recovering and self._partitions > 0

    @property
    def waiting(self) -> Mapping[Place, int]:
        """Records not judged yet, for each input partition, of those that were there when the brokers were asked."""
        positions = self._positions
        return {
            place: max(0, end - _reached(positions[place], begin))
            for place, (begin, end) in self._ends.items()
            if place in positions
        }

    @property
    def is_unmeasured(self) -> bool:
        """Whether it is known how far the worker is and not yet how far the inputs reach."""
        return bool(self._positions) and not self._ends

    def oldest_s(self) -> float:
        """For how long at least the oldest record that is not judged has been there."""
        now_s = self._now_s()
        return max((course.oldest_s(now_s) for course in list(self._courses.values())), default=0.0)

    def failing(self) -> tuple[Sign, ...]:
        """Every sign of life with how long it has failed (0 when it is well), the longest first."""
        now_s = self._now_s()
        answered_s = self._started_s if self._answered_s is None else self._answered_s
        signs = [
            Sign("reading loop", now_s - self.beat_s, "the reading loop has not come round"),
            Sign("broker", now_s - answered_s, "the brokers have not said how far the inputs reach"),
        ]
        if not self._joined:
            text = "the consumer group has given no assignment"
            signs.append(Sign("membership", now_s - self._joining_since_s, text))
        elif self._recovering:
            text = "nothing was read back from the state changelog"
            signs.append(Sign("recovery", now_s - self._recovery_moved_s, text))
        else:
            signs.append(self._position_sign(now_s))
        return tuple(sorted(signs, key=lambda sign: -sign.for_s))

    def failing_s(self) -> dict[str, float]:
        """Every sign of life there is (`SIGNS`), and for how long it has failed."""
        failing = {sign.name.replace(" ", "_"): sign.for_s for sign in self.failing()}
        return {name: failing.get(name, 0.0) for name in SIGNS}

    def _position_sign(self, now_s: float) -> Sign:
        """The place with waiting records that has stood still for the longest."""
        still = [(course.still_s(now_s), place, course) for place, course in list(self._courses.items())]
        for_s, place, course = max(still, default=(0.0, None, None), key=lambda entry: entry[0])
        if place is None or course is None or not for_s:
            return Sign("position", 0.0, "")
        batch = "none yet" if self._judged_s is None else f"{now_s - self._judged_s:.0f} s ago"
        text = (
            f"records wait in {place.topic} partition {place.partition} at offset {course.position} and none of them "
            f"has been judged (oldest there for {course.oldest_s(now_s):.0f} s, last batch of any partition {batch})"
        )
        return Sign("position", for_s, text)

    def sight(self) -> WorkerSight:
        """What readiness is told from."""
        now_s, waiting = self._now_s(), self.waiting
        stands_still_s = self._position_sign(now_s).for_s if self.is_recovered else 0.0
        return WorkerSight(
            now_s=now_s,
            joined=self._joined,
            recovering=self._recovering,
            partitions=self._partitions,
            lag_records=sum(waiting.values()) if waiting else None,
            lag_measured_s=self._answered_s if waiting else None,
            last_progress_s=self._judged_s,
            stands_still_s=stands_still_s,
            oldest_waiting_s=self.oldest_s(),
            loop_beat_s=self.beat_s,
        )


def _reached(position: int | None, begin: int) -> int:
    """Up to where everything is judged; what Kafka has deleted since does not wait any more."""
    return begin if position is None else max(position, begin)

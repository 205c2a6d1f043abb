"""How much one caller may send: a bucket of events that fills up again at a steady rate."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

EVENTS_PER_S = 500.0
"""Five hundred monitors that tell of themselves once a second; a ward's interface sends a tenth of that."""
BURST_EVENTS = 5_000.0
"""Two and a half of the largest batches: what an interface has kept back while it was down goes out without a pause."""


@dataclass(slots=True)
class _Bucket:
    left_count: float
    at_s: float


class Allowances:
    """One bucket a caller; there are as many as names in the callers' file."""

    def __init__(
        self, events_per_s: float = EVENTS_PER_S, burst: float = BURST_EVENTS, now_s: Callable[[], float] = monotonic
    ) -> None:
        self._per_s, self._burst, self._now_s = events_per_s, max(burst, 1.0), now_s
        self._buckets: dict[str, _Bucket] = {}

    def take(self, caller: str, count: int) -> float:
        """Take that many events out of a caller's bucket: 0; or the seconds until they would be there.

        More than the bucket holds is let through when it is full: a batch at the limit must pass one day.
        """
        now_s = self._now_s()
        bucket = self._buckets.setdefault(caller, _Bucket(self._burst, now_s))
        bucket.left_count = min(self._burst, bucket.left_count + (now_s - bucket.at_s) * self._per_s)
        bucket.at_s = now_s
        wanted = min(float(count), self._burst)
        if bucket.left_count < wanted:
            return (wanted - bucket.left_count) / self._per_s
        bucket.left_count -= wanted
        return 0.0

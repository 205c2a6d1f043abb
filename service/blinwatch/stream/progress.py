"""Whether this worker does its work: what readiness tells, and what a watchdog outside the loop looks at."""

import time
from collections.abc import Callable

from blinwatch.observe.health import WorkerSight


class Progress:
    """Signs of life of one worker. Times are `time.monotonic` seconds."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self.beat_s = now_s()
        """When the reading loop last came round."""
        self._joined = False
        self._recovering = False
        self._partitions = 0
        self._lag_records: int | None = None
        self._lag_measured_s: float | None = None
        self._judged_s: float | None = None

    def beat(self) -> None:
        """The reading loop has come round."""
        self.beat_s = self._now_s()

    def assigned(self, partitions: int) -> None:
        """The group has given this worker so many partition numbers; their states are not back yet."""
        self._joined = True
        self._recovering = partitions > 0
        self._partitions = partitions
        self._lag_records = None
        self._lag_measured_s = None

    def recovered(self) -> None:
        """All states are back."""
        self._recovering = False
        self._judged_s = self._now_s()

    def judged(self) -> None:
        """A batch was judged."""
        self._judged_s = self._now_s()

    def lag_measured(self, lag_records: int) -> None:
        """So many records wait in all partitions together. None waiting is as good as having judged."""
        self._lag_records = lag_records
        self._lag_measured_s = self._now_s()
        if not lag_records:
            self._judged_s = self._lag_measured_s

    @property
    def is_recovered(self) -> bool:
        """Whether the worker has partitions and their states."""
        return self._joined and not self._recovering and self._partitions > 0

    def stalled_s(self) -> float:
        """For how long records have waited without any being judged; 0 while none wait."""
        if not self.is_recovered or not self._lag_records or self._judged_s is None:
            return 0.0
        return self._now_s() - self._judged_s

    def sight(self) -> WorkerSight:
        """What readiness is told from."""
        return WorkerSight(
            now_s=self._now_s(),
            joined=self._joined,
            recovering=self._recovering,
            partitions=self._partitions,
            lag_records=self._lag_records,
            lag_measured_s=self._lag_measured_s,
            last_progress_s=self._judged_s,
        )

"""Ends a process that no longer does its work, from outside the event loop that may be stuck.

A stalled monitor is the worst failure (design, decision 10): it looks alive and says nothing. The supervisor
(Compose, Kubernetes, systemd) starts a fresh worker, which goes on from the committed offsets.
"""

import os
import sys
import threading
from collections.abc import Callable

from blinwatch.stream.progress import Progress

EXIT_STALLED = 70
"""EX_SOFTWARE of sysexits.h: an internal fault was found."""
LOOK_EVERY_S = 5.0
STALL_MOST_S = 180.0
"""Longer than a rebalance with a dead member takes (session timeout, then 60 s for the others to come back),
and far shorter than any silence threshold multiplied by a restart."""
STOP_MOST_S = 8.0
"""A clean stop takes one or two seconds; Docker kills after ten."""

ExitNow = Callable[[int], object]


class Watchdog:
    """A daemon thread that looks at the signs of life."""

    def __init__(
        self,
        progress: Progress,
        now_s: Callable[[], float],
        exit_now: ExitNow = os._exit,
        stall_most_s: float = STALL_MOST_S,
    ) -> None:
        self._progress = progress
        self._now_s = now_s
        self._exit_now = exit_now
        self._stall_most_s = stall_most_s
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="blinwatch-watchdog", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._stopped.set()

    def look(self) -> None:
        """End the process when its loop is stuck or its records are not judged."""
        silent_s = self._now_s() - self._progress.beat_s
        stalled_s = self._progress.stalled_s()
        if max(silent_s, stalled_s) <= self._stall_most_s:
            return
        what = (
            f"the reading loop has not come round for {silent_s:.0f} s"
            if silent_s > self._stall_most_s
            else f"records have waited for {stalled_s:.0f} s without any being judged"
        )
        # Not the logger: a stuck loop may hold its lock.
        print(f"blinwatch worker: {what}; ending this process so that it is started anew", file=sys.stderr, flush=True)  # noqa: T201
        self._exit_now(EXIT_STALLED)

    def _run(self) -> None:
        while not self._stopped.wait(LOOK_EVERY_S):
            self.look()


def exit_after(seconds: float, code: Callable[[], int], exit_now: ExitNow = os._exit) -> threading.Timer:
    """End the process if it still runs then. A worker that is joining its group can be deaf to SIGTERM for long.

    Nothing is lost by it: what is not committed is read again.
    """

    def end() -> None:
        print("blinwatch worker: did not stop in time; ending now", file=sys.stderr, flush=True)  # noqa: T201
        exit_now(code())

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    return timer

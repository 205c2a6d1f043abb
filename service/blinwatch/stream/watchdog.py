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
"""Where the settings say nothing else (`BLINWATCH_STALL_EXIT_S`)."""
LOOKS_WITHIN_LIMIT = 4
"""A short limit is looked at so many times before it is over."""
STOP_MOST_S = 8.0
"""A clean stop takes one or two seconds; Docker kills after ten."""

ExitNow = Callable[[int], object]


class Watchdog:
    """A daemon thread that looks at the signs of life."""

    def __init__(self, progress: Progress, stall_most_s: float, exit_now: ExitNow = os._exit) -> None:
        """`stall_most_s`: for how long a sign may fail before the process ends (`BLINWATCH_STALL_EXIT_S`)."""
        self._progress = progress
        self._exit_now = exit_now
        self._stall_most_s = stall_most_s
        self._suspected = False
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="blinwatch-watchdog", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._stopped.set()

    def look(self) -> None:
        """End the process when a sign of life has failed for too long at two looks one after another.

        Two, because a whole process that was stopped for a while (a suspended machine) finds every sign old when it
        wakes up, and well again a moment later.
        """
        worst = self._progress.failing()[0]
        was_suspected, self._suspected = self._suspected, worst.for_s > self._stall_most_s
        if not (was_suspected and self._suspected):
            return
        # Not the logger: a stuck loop may hold its lock.
        print(  # noqa: T201
            f"blinwatch worker: no progress ({worst.name}): {worst.text} for {worst.for_s:.0f} s; "
            "ending this process so that it is started anew",
            file=sys.stderr,
            flush=True,
        )
        self._exit_now(EXIT_STALLED)

    def _run(self) -> None:
        while not self._stopped.wait(min(LOOK_EVERY_S, self._stall_most_s / LOOKS_WITHIN_LIMIT)):
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

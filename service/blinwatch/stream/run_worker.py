"""Runs a Faust application in this process until it is stopped or fails, and says why it failed."""

import asyncio
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import faust
import structlog
import uvloop

from blinwatch.stream.faust_app import StreamWorker
from blinwatch.stream.watchdog import STOP_MOST_S, Watchdog, exit_after
from blinwatch.stream.workbench import WorkStoppedError

EXIT_CLEAN, EXIT_FAILED = 0, 1
_log = structlog.get_logger("blinwatch.worker")


class _Process(faust.Worker):
    """Faust's worker, which ends in time whatever Faust is waiting for."""

    def __init__(self, stream: StreamWorker, **options: Any) -> None:
        self._stream = stream
        self.last_resort: threading.Timer | None = None
        super().__init__(stream.app, **options)  # pyright: ignore[reportUnknownMemberType]
        # Faust's progress spinner writes control characters even where nobody looks.
        self.spinner = None

    async def on_stop(self) -> None:
        """The first thing a stop does, on a signal as well as after a crash."""
        self.last_resort = exit_after(STOP_MOST_S, lambda: exit_code(self._stream))
        await super().on_stop()


def exit_code(stream: StreamWorker) -> int:
    """0 after a clean stop; 1 when something failed."""
    return EXIT_CLEAN if stream.desk.bench.failure is None else EXIT_FAILED


def run_worker(build: Callable[[], StreamWorker]) -> int:
    """Build a worker and run it until SIGTERM, SIGINT or a failure; returns the exit status.

    Logging must be set up already. The worker is built here, because Faust ties what it builds to the event
    loop that is the current one at that time.
    """
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    stream = build()
    worker = _Process(stream, loop=loop, override_logging=False, redirect_stdouts=False, quiet=True)
    watchdog = Watchdog(stream.desk.progress, time.monotonic)
    watchdog.start()
    crash: BaseException | None = None
    try:
        worker.execute_from_commandline()
    except SystemExit as ended:
        crash = worker.crash_reason if ended.code else None
    except Exception as error:  # noqa: BLE001 - Faust raises whatever crashed it; it is told and becomes the status
        crash = error
    finally:
        watchdog.stop()
        if worker.last_resort is not None:
            worker.last_resort.cancel()
    failure = stream.desk.bench.failure or crash
    if failure is None:
        return EXIT_CLEAN
    _tell(failure)
    return EXIT_FAILED


def _tell(failure: BaseException) -> None:
    if isinstance(failure, WorkStoppedError) and failure.__cause__ is not None:
        failure = failure.__cause__
    _log.critical("worker stopped by a failure; nothing after it was committed", failure=type(failure).__name__)
    print(f"blinwatch worker: stopped: {failure}", file=sys.stderr, flush=True)  # noqa: T201

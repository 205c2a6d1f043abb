"""Runs a Faust application in this process until it is stopped or fails, and says why it failed."""

import asyncio
import sys
import threading
from collections.abc import Callable
from typing import Any

import faust
import structlog
import uvloop
from aiokafka.errors import KafkaError

from blinwatch.stream.faust_app import StreamWorker
from blinwatch.stream.garbage import keep_out_of_the_way
from blinwatch.stream.watchdog import STALL_MOST_S, STOP_MOST_S, Watchdog, exit_after
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
        """The first thing a stop does, on a signal as well as after a failure."""
        self.last_resort = exit_after(STOP_MOST_S, self._cut_short)
        await super().on_stop()

    def _cut_short(self) -> int:
        """The exit status of a stop that takes too long: clean only when it was asked for and nothing had failed.

        What failed is told now: nobody will come to it later.
        """
        failure = self._stream.desk.bench.failure
        was_asked = self._signal_stop_time is not None
        if was_asked and failure is None:
            return EXIT_CLEAN
        _tell(failure or self.crash_reason or WorkStoppedError("it stopped by itself"))
        return EXIT_FAILED


def run_worker(build: Callable[[], StreamWorker], stall_most_s: float = STALL_MOST_S) -> int:
    """Build a worker and run it until SIGTERM, SIGINT or a failure; returns the exit status.

    A sign of life that fails for `stall_most_s` ends the process from outside its loop, with `EXIT_STALLED`.

    Logging must be set up already. The worker is built here, because Faust ties what it builds to the event
    loop that is the current one at that time.
    """
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    stream = build()
    worker = _Process(stream, loop=loop, override_logging=False, redirect_stdouts=False, quiet=True)
    watchdog = Watchdog(stream.desk.progress, stall_most_s)
    keep_out_of_the_way()
    stream.look.start()
    watchdog.start()
    crash: BaseException | None = None
    try:
        worker.execute_from_commandline()
    except SystemExit as ended:
        # Faust turns what it meets into an exit; the reason is what it was handling then.
        crash = (worker.crash_reason or ended.__context__ or ended) if ended.code else None
    except Exception as error:  # noqa: BLE001 - Faust raises whatever crashed it; it is told and becomes the status
        crash = error
    finally:
        watchdog.stop()
        stream.look.stop()
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
    kind = type(failure).__name__
    _log.critical("worker stopped by a failure; nothing after it was committed", failure=kind)
    # The text of other exceptions may hold what a record held.
    is_safe = type(failure).__module__.startswith("blinwatch.") or isinstance(failure, OSError | KafkaError)
    said = (str(failure) if is_safe else "") or kind
    print(f"blinwatch worker: stopped: {said}", file=sys.stderr, flush=True)  # noqa: T201

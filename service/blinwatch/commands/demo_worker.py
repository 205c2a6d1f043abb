"""The demo's worker: `blinwatch worker` as a process of its own, watched from outside."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Self

from prometheus_client.parser import text_string_to_metric_families

from blinwatch.commands.failure import CommandError
from blinwatch.settings import Settings
from blinwatch.wiring import worker_command

READY_WITHIN_S = 60.0
"""Python, Faust and the clinical data load in two to five seconds; the rest is for a busy machine."""
STOP_WITHIN_S = 15.0
"""A worker asked to stop commits and ends within ten seconds."""
_ASK_EVERY_S = 0.2
_ANSWER_WITHIN_S = 2.0
_LOG_LINES_SHOWN = 15


def free_port(wanted: int) -> int:
    """`wanted` if nothing listens there, else any free port of the loopback address."""
    for port in (wanted, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise CommandError("no free TCP port on 127.0.0.1 for the worker's web endpoints")


class DemoWorker:
    """One worker process; use as an asynchronous context manager."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._log = Path(tempfile.mkstemp(prefix="blinwatch-demo-worker-", suffix=".log")[1])
        self.url = f"http://{settings.web_host}:{settings.web_port}"

    async def __aenter__(self) -> Self:
        command = worker_command(self._settings, writes_ticks=False)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: ASYNC220, S603 - our own program, started without waiting
                command.words,
                env=dict(command.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A group of its own: Ctrl-C in the terminal reaches the demo alone, which then stops the worker.
                start_new_session=True,
            )
        try:
            await self._until_ready()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._running().pid

    def check(self) -> None:
        """Raise `CommandError` with the end of its log if the worker has ended."""
        status = self._running().poll()
        if status is not None:
            raise CommandError(f"the worker ended with status {status}. The end of its log:\n{self._log_end()}")

    async def counters(self) -> dict[str, float]:
        """Sums of the worker's own counters: records `read` and `accepted`, `dead_letters`.

        Empty while it does not answer.
        """
        body = await asyncio.to_thread(_get, f"{self.url}/metrics")
        if body is None:
            return {}
        sums = {"read": 0.0, "accepted": 0.0, "dead_letters": 0.0}
        for family in text_string_to_metric_families(body):
            for sample in family.samples:
                if sample.name == "blinwatch_events_total":
                    sums["read"] += sample.value
                    sums["accepted"] += sample.value if sample.labels["outcome"] == "accepted" else 0.0
                elif sample.name == "blinwatch_dead_letters_total":
                    sums["dead_letters"] += sample.value
        return sums

    async def stop(self) -> None:
        """Ask the worker to stop and wait; one that does not is killed. Stopping twice does nothing."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                await asyncio.to_thread(process.wait, STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._log.unlink(missing_ok=True)

    async def _until_ready(self) -> None:
        deadline_s = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline_s:
            self.check()
            if await asyncio.to_thread(_get, f"{self.url}/readyz") is not None:
                return
            await asyncio.sleep(_ASK_EVERY_S)
        raise CommandError(
            f"the worker was not ready within {READY_WITHIN_S:g} s. The end of its log:\n{self._log_end()}"
        )

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            raise CommandError("the worker is not running")
        return self._process

    def _log_end(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-_LOG_LINES_SHOWN:]) or "  (empty)"


def _get(url: str) -> str | None:
    """The body of a page of our own worker; None unless it answers with status 200."""
    try:
        with urllib.request.urlopen(url, timeout=_ANSWER_WITHIN_S) as answer:  # noqa: S310 - loopback, http
            return answer.read().decode("utf-8")
    except (urllib.error.URLError, OSError):
        return None

"""`blinwatch board` as a process of its own, ended by its process id; and a browser to look at it."""

import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from playwright.sync_api import Browser, sync_playwright

from tests.support.worker_process import ROOT, free_port

CHROMIUM = shutil.which("chromium")
"""Debian's browser; Playwright's own are not fetched."""
NO_BROWSER = "NOT RUN: no chromium here; install Debian's package chromium"
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


class BoardProcess:
    """One board; a context manager that leaves no process behind."""

    def __init__(
        self,
        bootstrap: str,
        folder: Path,
        group_id: str,
        port: int | None = None,
        trend_store: str | None = None,
        options: Sequence[str] = (),
    ) -> None:
        """`trend_store`: where trends are kept; None: where the settings say. `options`: further words."""
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self._log_file = folder / f"board-{self.port}.log"
        arguments = ["board", "--bootstrap", bootstrap, "--port", str(self.port), "--group", group_id, *options]
        environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'service'}{os.pathsep}{ROOT}"}
        if trend_store is not None:
            environment["BLINWATCH_TREND_STORE"] = trend_store
        with self._log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "blinwatch.cli", *arguments],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(20)

    def stop(self) -> int:
        """Ask it to stop; its exit status."""
        self.process.terminate()
        return self.process.wait(20)

    def log(self) -> str:
        """All that it said."""
        return self._log_file.read_text(encoding="utf-8", errors="replace")

    def until_up(self, timeout_s: float = 60.0) -> Self:
        """Wait until it answers."""
        end_s = time.monotonic() + timeout_s
        while time.monotonic() < end_s:
            assert self.process.poll() is None, f"the board ended with {self.process.returncode}:\n{self.log()}"
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
                    if answer.status == 200:
                        return self
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise AssertionError(f"no board within {timeout_s:g} s\n{self.log()}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()

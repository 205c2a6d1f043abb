"""`blinwatch forward` as a process of its own, ended by its process id."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

import yaml

from tests.support.gateway_process import environment
from tests.support.worker_process import ROOT

READY = "every target has its place"


class ForwardProcess:
    """One forwarder; a context manager that leaves no process behind."""

    def __init__(self, bootstrap: str, folder: Path, *targets: dict[str, Any], options: tuple[str, ...] = ()) -> None:
        number = sum(1 for _ in folder.glob("forward-*.log"))
        self._log = folder / f"forward-{number}.log"
        file = folder / f"targets-{number}.yaml"
        file.write_text(yaml.safe_dump({"targets": list(targets)}, sort_keys=False), encoding="utf-8")
        words = [sys.executable, "-m", "blinwatch.cli", "forward", "--targets", str(file), *options]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                words, cwd=ROOT, env=environment(bootstrap), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def until_ready(self, timeout_s: float = 60.0) -> Self:
        """Wait until every target has its place in the topics."""
        end_s = time.monotonic() + timeout_s
        while READY not in self.log():
            assert self.process.poll() is None, f"it ended with {self.process.returncode}:\n{self.log()}"
            assert time.monotonic() < end_s, f"not ready within {timeout_s:g} s:\n{self.log()}"
            time.sleep(0.05)
        return self

    def kill(self) -> None:
        """kill -9."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(20)

    def stop(self) -> int:
        """Ask it to stop; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def log(self) -> str:
        """All that it said."""
        return self._log.read_text(encoding="utf-8", errors="replace")


assert os.name == "posix", "processes are ended by signals"

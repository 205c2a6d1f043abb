"""Workers as processes of their own, started, watched and ended by their process id."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
REAL = ("-m", "blinwatch.cli", "worker", "--no-ticks")
REAL_WITH_CLOCK = ("-m", "blinwatch.cli", "worker")
TOY = ("-m", "tests.support.toy_worker")


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class WorkerProcess:
    """One worker; a context manager that leaves no process behind."""

    def __init__(self, bootstrap: str, folder: Path, program: Sequence[str], **settings: object) -> None:
        """`settings` are those of `settings.py`, by their names in small letters."""
        self.port = free_port()
        chosen: dict[str, object] = {
            "kafka_bootstrap": bootstrap,
            "partitions": 4,
            "group_id": "test.worker.v1",
            "commit_interval_s": 0.2,
            "session_timeout_s": 6,
            "web_port": self.port,
            "scratch_dir": folder / f"scratch-{self.port}",
            "log_format": "json",
            "lag_interval_s": 0.5,
            **settings,
        }
        environment = {
            **os.environ,
            # The code beside these tests, even where another copy of it is the installed one.
            "PYTHONPATH": f"{ROOT / 'service'}{os.pathsep}{ROOT}",
            **{f"BLINWATCH_{name.upper()}": str(value) for name, value in chosen.items()},
        }
        self._log_file = folder / f"worker-{self.port}.log"
        with self._log_file.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, *program], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(20)

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body of one of its pages; 0 while nobody listens."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read()
        except (urllib.error.URLError, OSError):
            return 0, b""

    def until_ready(self, timeout_s: float = 60.0, partitions: int | None = None) -> dict[str, Any]:
        """Wait until it says that it is ready (and holds so many partitions); its answer."""
        end_s = time.monotonic() + timeout_s
        body: dict[str, Any] = {}
        while time.monotonic() < end_s:
            assert self.process.poll() is None, f"the worker ended with {self.process.returncode}:\n{self.log()}"
            status, answer = self.get("/readyz")
            body = json.loads(answer) if answer else {}
            if status == 200 and partitions in (None, body["partitions"]):
                return body
            time.sleep(0.1)
        raise AssertionError(f"not ready within {timeout_s:g} s: {body}\n{self.log()}")

    def until_metric(
        self, name: str, topic: str, value: float, outcome: str = "accepted", timeout_s: float = 40
    ) -> bytes:
        """Wait until a counter of a topic has reached a value; the whole text of its metrics."""
        line = f'{name}{{outcome="{outcome}",topic="{topic}"}} {value:.1f}\n'.encode()
        end_s = time.monotonic() + timeout_s
        while time.monotonic() < end_s:
            metrics = self.get("/metrics")[1]
            if line in metrics:
                return metrics
            time.sleep(0.1)
        raise AssertionError(f"{line!r} is not in the metrics after {timeout_s:g} s")

    def stop(self) -> int:
        """Ask it to stop, as Docker and Kubernetes do; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def kill(self) -> None:
        """kill -9: it gets no chance to say goodbye."""
        self.process.kill()
        self.process.wait(20)

    def until_ended(self, timeout_s: float = 60.0) -> int:
        """Wait until it ends by itself; its exit status."""
        return self.process.wait(timeout_s)

    def log(self) -> str:
        """Everything it has said so far."""
        return self._log_file.read_text(encoding="utf-8", errors="replace")

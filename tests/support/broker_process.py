"""An embedded broker in a process of its own, so that it can be stopped: `python -m tests.support.broker_process`.

Stopped with SIGSTOP it is a broker whose machine still accepts connections and that answers nothing.
"""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

from tests.support.embedded import catalogue_broker

ROOT = Path(__file__).resolve().parents[2]


class BrokerProcess:
    """The catalogue's topics on a broker that can fall silent; a context manager that leaves no process behind."""

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.broker_process"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.bootstrap = self.process.stdout.readline().strip()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(20)

    def fall_silent(self) -> None:
        """Answer nothing any more."""
        self.process.send_signal(signal.SIGSTOP)


def main() -> None:
    with catalogue_broker() as broker:
        sys.stdout.write(f"{broker.bootstrap}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()

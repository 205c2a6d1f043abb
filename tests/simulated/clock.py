"""An event loop whose time passes only when nothing can run: a second of waiting costs nothing, and order is exact."""

import asyncio
from typing import Any


class StuckError(Exception):
    """Everybody waits for something that will not come."""


class _NoSelector:
    """What the loop asks for input and output: there is none, so waiting is moving the clock."""

    def __init__(self, loop: "SimLoop") -> None:
        self._loop = loop

    def select(self, timeout_s: float | None) -> list[Any]:
        if timeout_s is None:
            raise StuckError("nothing is left to happen")
        self._loop.now_s += max(0.0, timeout_s)
        return []


class SimLoop(asyncio.BaseEventLoop):
    """asyncio's own loop over a clock of its own. The same calls give the same order every time."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0
        self._selector = _NoSelector(self)

    def time(self) -> float:
        return self.now_s

    def _process_events(self, event_list: list[Any]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody waits in a select."""


class SimTime:
    """Stands for the module `time` where the workbench asks for it."""

    def __init__(self, loop: SimLoop) -> None:
        self.monotonic = self.perf_counter = self.time = loop.time

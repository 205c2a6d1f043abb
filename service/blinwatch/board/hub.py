"""Tells every browser what changed, each at its own speed.

A browser that is slow gets the newest state of a patient, not every state in between: what waits for it is a set of
patients and the answers to acts, so its queue is bounded by the ward.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

from blinwatch.board.monitor_sight import MonitorSight
from blinwatch.board.ward_now import Answer, WardNow

HEARTBEAT_S = 2.0
"""A page that hears nothing for two and a half of these says that it has lost its connection."""
ANSWERS_KEPT = 200
"""Answers that may wait for one browser; they are told to all, and a browser that slept needs the newest only."""


class Listener:
    """What one browser has not been told yet."""

    def __init__(self) -> None:
        self.changed: set[str] = set()
        self.answers: list[Answer] = []
        self.wake = asyncio.Event()


class Hub:
    """The ward and everybody who looks at it."""

    def __init__(
        self,
        ward: WardNow,
        sight: MonitorSight,
        *,
        simulated: bool,
        stale_after_ms: Mapping[str, int],
        trends: Callable[[], str] = lambda: "",
    ) -> None:
        """`simulated`: the ward's time runs at a speed of its own, and ages are told by it.

        `trends` says what is wrong with the trend store; "": nothing.
        """
        self._trends = trends
        self._stale_after_ms = dict(stale_after_ms)
        self.ward = ward
        self._sight = sight
        self.is_simulated = simulated
        self._listeners: set[Listener] = set()

    def news(self) -> None:
        """Something may have changed: wake whoever it concerns."""
        changed, answers = self.ward.take_changed(), self.ward.take_answers()
        if not changed and not answers:
            return
        for listener in self._listeners:
            listener.changed.update(changed)
            listener.answers = [*listener.answers, *answers][-ANSWERS_KEPT:]
            listener.wake.set()

    def pulse(self) -> dict[str, Any]:
        """The heartbeat: whether the monitor is alive, and what time it is on the ward."""
        sight = self._sight.look(time.monotonic())
        now_ms = round(time.time() * 1000)
        return {
            "state": sight.state,
            "text": sight.text,
            "since_s": None if sight.since_s is None else round(sight.since_s),
            "now": self.ward.newest_ms if self.is_simulated else now_ms,
            "simulated": self.is_simulated,
            "patients": len(self.ward.statuses),
            "stale_after": self._stale_after_ms,
            "trends": self._trends(),
            "unreadable": sum(self.ward.unreadable.values()),
        }

    async def messages(self) -> AsyncGenerator[tuple[str, Any]]:
        """Name and content of each message for one browser, without end: the whole ward first, then what changes."""
        listener = Listener()
        self._listeners.add(listener)
        try:
            yield "pulse", self.pulse()
            yield "ward", self.ward.tiles()
            while True:
                try:
                    await asyncio.wait_for(listener.wake.wait(), HEARTBEAT_S)
                except TimeoutError:
                    yield "pulse", self.pulse()
                    continue
                listener.wake.clear()
                changed, listener.changed = sorted(listener.changed), set()
                answers, listener.answers = listener.answers, []
                yield "pulse", self.pulse()
                if changed:
                    yield "tiles", [(patient_id, self.ward.tile_of(patient_id)) for patient_id in changed]
                for answer in answers:
                    yield "answer", {"event_id": answer.event_id, "done": answer.done, "detail": answer.detail}
                # Changes that come within a frame or two are told together.
                await asyncio.sleep(0.03)
        finally:
            self._listeners.discard(listener)

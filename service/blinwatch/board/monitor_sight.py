"""Is the board being told the truth of now? Three ways in which it may not be, each noticed within ten seconds.

What:      broker gone (nothing can be read), nobody judging (records wait and no position moves, or the monitor's clock
           stands still), behind (positions move, but the newest judged record is old).
Source:    design decision 10: a stalled monitor is the worst failure.
Inputs:    what `ask_workers` saw, at moments of one steady clock, in seconds.
Caveats:   workers write a tick every `BLINWATCH_TICK_INTERVAL_S`; a simulated ward brings its own clock, and there the
           records that wait tell.
"""

from dataclasses import dataclass
from typing import Literal

BLIND_AFTER_S = 5.0
"""Records have waited and no position has moved. Workers commit every second; a hand-over takes two to three."""
LATE_TICKS = 1.6
"""Ticks may come this many intervals apart: with the default of 5 s a dead worker is noticed after 8 s."""
NO_BROKER_AFTER_S = 6.0
BEHIND_FROM_RECORDS = 2_000
"""Some seconds of a large ward."""

State = Literal["well", "starting", "no_broker", "blind", "behind"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What the board may say of the monitor."""

    state: State
    text: str
    since_s: float | None = None
    """For how long it has been so."""


@dataclass(slots=True, kw_only=True)
class MonitorSight:
    """Follows the workers' positions and clock."""

    tick_interval_s: float
    started_s: float
    _asked_s: float | None = None
    _moved_s: float | None = None
    _committed: int = -1
    _waiting: int = 0
    _tick_s: float | None = None

    def positions(self, committed: int, waiting: int, now_s: float) -> None:
        """The sum of all committed positions, and how many records lie behind them."""
        self._asked_s = now_s
        if committed != self._committed or waiting == 0:
            self._moved_s = now_s
        self._committed, self._waiting = committed, waiting

    def ticked(self, now_s: float) -> None:
        """A tick of a worker's clock was read."""
        self._tick_s = now_s

    def look(self, now_s: float) -> Sight:
        """What holds at this moment."""
        if self._asked_s is None:
            if now_s - self.started_s < NO_BROKER_AFTER_S:
                return Sight(state="starting", text="Connecting to Kafka …")
            return self._no_broker(self.started_s, now_s)
        if now_s - self._asked_s > NO_BROKER_AFTER_S:
            return self._no_broker(self._asked_s, now_s)
        still_s = now_s - self._moved_s if self._moved_s is not None else 0.0
        if self._waiting and still_s >= BLIND_AFTER_S:
            return Sight(
                state="blind",
                text="NOBODY IS WATCHING: events arrive and no worker judges them. Watch the patients themselves.",
                since_s=still_s,
            )
        if self._tick_s is not None and now_s - self._tick_s > LATE_TICKS * self.tick_interval_s:
            return Sight(
                state="blind",
                text="NOBODY IS WATCHING: no worker's clock runs. Watch the patients themselves.",
                since_s=now_s - self._tick_s,
            )
        if self._waiting > BEHIND_FROM_RECORDS:
            return Sight(state="behind", text=f"The monitor is catching up: {self._waiting:,} events wait.")
        return Sight(state="well", text="The monitor is judging.")

    def _no_broker(self, since_s: float, now_s: float) -> Sight:
        return Sight(
            state="no_broker",
            text="THIS PAGE IS NOT UP TO DATE: Kafka does not answer. Watch the patients themselves.",
            since_s=now_s - since_s,
        )

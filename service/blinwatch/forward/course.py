"""One target's letters: chosen, held back, tried until taken, or given up; in order for each alert.

What:      letters of one alert go one after another, those of others beside them. A letter is settled when the target
           has it, or nobody needs it, or it lies among the undelivered; only then may its offset be committed.
Why:       one receiver that refuses one letter for ten minutes must not hold up the call for another patient.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from random import Random
from typing import Any

from blinwatch.forward.letter import Letter, NotTakenError, Way
from blinwatch.forward.receipts import Outcome
from blinwatch.forward.targets_file import Target

FIRST_PAUSE_S = 0.5
PAUSE_MOST_S = 30.0
"""Doubled after each try: a receiver that comes back is found within half a minute, and not stormed by all at once."""
BEHIND_LOOK_S = 0.2
BEHIND_MOST_S = 30.0
"""What waits is read within a second or two. A reader who cannot read on must not hold back a call for longer."""

Kept = Callable[[str, Letter, Outcome, str, int], Awaitable[None]]
"""Writes what became of a letter: target, letter, outcome, what was said, tries."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """What tells the time; a test has its own."""

    now_s: Callable[[], float] = time.time
    sleep: Callable[[float], Coroutine[Any, Any, None]] = asyncio.sleep


class Course:
    """One target."""

    def __init__(
        self, target: Target, way: Way, kept: Kept, *, fallback: Way | None = None, clocks: Clocks | None = None
    ) -> None:
        self.target = target
        self._way, self._kept, self._fallback = way, kept, fallback
        self._clocks = clocks or Clocks()
        self.is_behind: Callable[[Letter], bool] = lambda _: False
        """Whether more lies on the broker behind a letter that has not been read; set by whoever reads."""
        self._random = Random()  # noqa: S311 - spreads tries, keeps no secret
        self._last: dict[str, asyncio.Task[None]] = {}
        """Alert (or patient, of grades) to the letter after which the next one waits."""
        self._held: dict[str, list[asyncio.Event]] = {}
        """Alerts whose calls are held back; each call's event is set when somebody has answered the alert."""

    def send(self, letter: Letter) -> asyncio.Task[None]:
        """Begin; done when the letter is settled. Letters of one alert are given in their order."""
        held = self._held.get(letter.subject)
        if held and letter.answers:
            # Whoever never heard the call need not hear that it is over.
            for one in held:
                one.set()
            return asyncio.ensure_future(_nothing())
        answered = None
        if self.target.when_not_acknowledged_after_s > 0 and letter.calls and letter.is_wanted(self.target.only):
            answered = asyncio.Event()
            self._held.setdefault(letter.subject, []).append(answered)
        task = asyncio.ensure_future(self._settle(letter, self._last.get(letter.subject), answered))
        self._last[letter.subject] = task
        task.add_done_callback(lambda done: self._forget(letter.subject, done))
        return task

    async def close(self) -> None:
        """Let go of the target."""
        await self._way.close()

    def _forget(self, subject: str, task: "asyncio.Task[None]") -> None:
        if self._last.get(subject) is task:
            del self._last[subject]

    async def _settle(
        self, letter: Letter, before: "asyncio.Task[None] | None", answered: asyncio.Event | None
    ) -> None:
        if before is not None:
            await asyncio.wait({before})
        if not letter.is_wanted(self.target.only):
            return
        if answered is not None and await self._is_answered(letter, answered):
            return
        at_once = asyncio.Event()
        other = asyncio.ensure_future(self._fall_back(letter, at_once))
        try:
            if await self._try(letter):
                other.cancel()
            at_once.set()
            await asyncio.wait({other})
            if not other.cancelled():
                other.result()  # raises what kept it from its end: then the letter is not settled
        finally:
            other.cancel()

    async def _is_answered(self, letter: Letter, answered: asyncio.Event) -> bool:
        """Hold a call back; whether somebody has answered its alert meanwhile."""
        due_s = letter.written_s + self.target.when_not_acknowledged_after_s
        try:
            if await self._is_set_within(max(0.0, due_s - self._clocks.now_s()), answered):
                return True
            # Of what happened while nobody ran the call is read before its answer.
            give_up_s = self._clocks.now_s() + BEHIND_MOST_S
            while self.is_behind(letter) and self._clocks.now_s() < give_up_s:
                if await self._is_set_within(BEHIND_LOOK_S, answered):
                    return True
            return answered.is_set()
        finally:
            held = self._held[letter.subject]
            held.remove(answered)
            if not held:
                del self._held[letter.subject]

    async def _is_set_within(self, seconds: float, event: asyncio.Event) -> bool:
        """Wait for an event, no longer than that."""
        waiting = asyncio.ensure_future(event.wait())
        sleeping = asyncio.ensure_future(self._clocks.sleep(seconds))
        try:
            await asyncio.wait({waiting, sleeping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            sleeping.cancel()
        return event.is_set()

    async def _try(self, letter: Letter) -> bool:
        """Until it is taken, or given up; whether it was taken."""
        give_up_s = self._clocks.now_s() + self.target.give_up_after_s
        tries, pause_s = 0, FIRST_PAUSE_S
        while True:
            tries += 1
            try:
                said = await _delivered(self._way, letter)
            except NotTakenError as error:
                wait_s = max(error.wait_s, pause_s * self._random.uniform(0.5, 1.0))
                if error.is_final or self._clocks.now_s() + wait_s > give_up_s:
                    await self._kept(self.target.name, letter, "undelivered", str(error), tries)
                    return False
                await self._clocks.sleep(wait_s)
                pause_s = min(PAUSE_MOST_S, 2 * pause_s)
            else:
                await self._kept(self.target.name, letter, "delivered", said, tries)
                return True

    async def _fall_back(self, letter: Letter, at_once: asyncio.Event) -> None:
        """Tell another target too, when this one has not taken a call in time or never will; it is given up as late."""
        way, rule = self._fallback, self.target.fallback
        if way is None or rule is None or not letter.calls:
            return
        await self._is_set_within(rule.after_s, at_once)
        give_up_s, tries, pause_s = self._clocks.now_s() + self.target.give_up_after_s, 0, FIRST_PAUSE_S
        while True:
            tries += 1
            try:
                said = await _delivered(way, letter)
            except NotTakenError as error:
                if error.is_final or self._clocks.now_s() + pause_s > give_up_s:
                    await self._kept(rule.to, letter, "undelivered", str(error), tries)
                    return
                await self._clocks.sleep(pause_s)
                pause_s = min(PAUSE_MOST_S, 2 * pause_s)
            else:
                await self._kept(rule.to, letter, "fallback", said, tries)
                return


async def _delivered(way: Way, letter: Letter) -> str:
    """Hand over. A record of which no message can be made for this target is one that it never takes."""
    try:
        return await way.deliver(letter)
    except (KeyError, ValueError, TypeError) as error:
        raise NotTakenError(f"no message can be made of it: {type(error).__name__}", is_final=True) from error


async def _nothing() -> None:
    """Settled at once."""

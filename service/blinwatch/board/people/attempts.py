"""How often somebody may try: guessing is slowed down, and a nurse who mistypes is not shut out for long."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

FREE = 5
"""Wrong passwords in a row before anybody has to wait."""
FIRST_WAIT_S = 5.0
WAIT_MOST_S = 300.0
"""Doubled with each further one; at five minutes a year has room for 100,000 guesses, too few for any password here."""
FORGOTTEN_AFTER_S = 3600.0
HELD_MOST = 10_000
"""Names and addresses that are remembered: inventing names cannot fill the memory."""


@dataclass(slots=True)
class _Tries:
    wrong: int
    last_s: float
    not_before_s: float


class Attempts:
    """Wrong passwords by whatever is counted: a name, an address."""

    def __init__(self, clock: Callable[[], float], free: int = FREE) -> None:
        """`free`: an address may have many people behind it, and gets more than a name."""
        self._clock = clock
        self._free = free
        self._tries: OrderedDict[str, _Tries] = OrderedDict()

    def wait_s(self, who: str) -> float:
        """How long until the next try is looked at; 0: now."""
        found = self._tries.get(who)
        return 0.0 if found is None else max(0.0, found.not_before_s - self._clock())

    def wrong(self, who: str) -> None:
        """A wrong password."""
        now_s = self._clock()
        found = self._tries.pop(who, None)
        if found is None or now_s - found.last_s > FORGOTTEN_AFTER_S:
            found = _Tries(0, now_s, now_s)
        found.wrong, found.last_s = found.wrong + 1, now_s
        if found.wrong >= self._free:
            doublings = min(found.wrong - self._free, 10)
            found.not_before_s = now_s + min(WAIT_MOST_S, FIRST_WAIT_S * 2**doublings)
        self._tries[who] = found
        while len(self._tries) > HELD_MOST:
            self._tries.popitem(last=False)

    def right(self, who: str) -> None:
        """The right password: what was wrong before is forgotten."""
        self._tries.pop(who, None)

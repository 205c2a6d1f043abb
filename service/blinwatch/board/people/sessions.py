"""Who is signed in: a secret for each browser, held in memory. A board that starts anew asks everybody again."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from blinwatch.board.people.roles import RoleName

LASTS_S = 12 * 3600
"""The longest usual shift; a board left open does not stay open for the next one."""
MOST = 2_000
"""Far more than a hospital has at one board; the oldest goes first, so that signing in cannot fill the memory."""


@dataclass(frozen=True, slots=True)
class Session:
    """One browser of one person."""

    name: str
    ends_s: float
    password: str | None = None
    """The hash it was opened with: a changed password closes it. None: a hospital account."""
    role: RoleName | None = None
    """Of a hospital account; whoever has a password has the role that the file gives now."""


class Sessions:
    """All of them, by the hash of their secret: what memory holds opens nothing."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock`: seconds that never go back."""
        self._clock = clock
        self._open: dict[bytes, Session] = {}

    def begin(
        self, name: str, *, password: str | None = None, role: RoleName | None = None, lasts_s: float = LASTS_S
    ) -> str:
        """A new secret for a browser; 256 bits, so that none is ever guessed."""
        self._sweep()
        while len(self._open) >= MOST:
            del self._open[next(iter(self._open))]
        secret = secrets.token_urlsafe(32)
        self._open[_key(secret)] = Session(name, self._clock() + lasts_s, password, role)
        return secret

    def of(self, secret: str) -> Session | None:
        """The session of a secret, while it lasts."""
        found = self._open.get(_key(secret))
        return found if found is not None and found.ends_s > self._clock() else None

    def end(self, secret: str) -> None:
        """Sign out."""
        self._open.pop(_key(secret), None)

    def _sweep(self) -> None:
        now_s = self._clock()
        for key in [key for key, one in self._open.items() if one.ends_s <= now_s]:
            del self._open[key]


def _key(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()

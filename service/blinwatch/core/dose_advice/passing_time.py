"""Hours between two moments, and the moments at which a length reaches or passes a limit, exact to the millisecond."""

import math

HOUR_MS = 3_600_000


def hours_between(since_ms: int, until_ms: int) -> float:
    """Elapsed hours; never negative."""
    return max(0, until_ms - since_ms) / HOUR_MS


def reached_ms(since_ms: int, limit_h: float, already_h: float = 0.0) -> int:
    """The first millisecond at which a length that was `already_h` at `since_ms` is `limit_h` or more."""
    return since_ms + math.ceil(round((limit_h - already_h) * HOUR_MS, 3))


def passed_ms(since_ms: int, limit_h: float, already_h: float = 0.0) -> int:
    """The first millisecond at which that length is more than `limit_h`."""
    return since_ms + math.floor(round((limit_h - already_h) * HOUR_MS, 3)) + 1

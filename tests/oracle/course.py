"""The grade over time, a second time (rule reference, section 0, "Outputs per domain").

Definition: current, worst 24 h, highest of the episode, announced; the same for CRS and ICANS.
Source: section 0 of the rule reference.
Inputs: the result code of every observation with its time, the time of the query, the episode's observations.
Caveats: quadratic and plain; written from the reference alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.oracle.exact import HOUR_MS

WORST_WINDOW_MS = 24 * HOUR_MS  # "later than query - 24 h; exactly 24 h old is out"
ANNOUNCED_WINDOW_MS = 6 * HOUR_MS  # "a fall after the lower grade has held 6 h"


@dataclass(frozen=True)
class Moment:
    """One observation's result."""

    at_ms: int
    code: str


@dataclass(frozen=True)
class Course:
    """Everything that can be asked at the query, as result codes, and the flags of the latest observation."""

    current: str
    worst_24h: str
    episode_max: str
    announced: str
    status: str
    flags: frozenset[str] = frozenset()
    left_open: frozenset[str] = frozenset()
    """Flags that the reference neither asks for nor rules out here."""
    would_be: int | None = None


def number_of(code: str) -> int | None:
    """The grade in a code such as CRS_G2; None for a code that is no grade."""
    head, _, tail = code.rpartition("_G")
    return int(tail) if head and tail.isdigit() else None


def highest(prefix: str, codes: Iterable[str]) -> str:
    """The highest numeric grade; none: SUSPECT_MASKED if any, else NOT_EVALUABLE."""
    everything = list(codes)
    numbers = [number for code in everything if (number := number_of(code)) is not None]
    if numbers:
        return f"{prefix}_G{max(numbers)}"
    masked = f"{prefix}_SUSPECT_MASKED"
    return masked if masked in everything else f"{prefix}_NOT_EVALUABLE"


def worst_24h(prefix: str, moments: Sequence[Moment], query_ms: int) -> str:
    """Maximum over the observations later than 24 h before the query."""
    return highest(prefix, (m.code for m in moments if m.at_ms > query_ms - WORST_WINDOW_MS))


def announced(prefix: str, moments: Sequence[Moment], query_ms: int) -> str:
    """Maximum of the grades in force during the last 6 h, each from its observation to the next.

    Read: an observation that is NOT_EVALUABLE ends nothing ("never lowers one") but a grade 0, which would
    otherwise be announced of a patient who can no longer be judged.
    """
    in_force = []
    for index, moment in enumerate(moments):
        until_ms = _in_force_until(moment, moments[index + 1 :])
        # A grade superseded in its own moment has still been given at that moment.
        if until_ms is None or max(until_ms, moment.at_ms) > query_ms - ANNOUNCED_WINDOW_MS:
            in_force.append(moment.code)
    return highest(prefix, in_force)


def _in_force_until(moment: Moment, following: Sequence[Moment]) -> int | None:
    """When the next observation ends this one's grade; None: it is still in force."""
    for later in following:
        if number_of(moment.code) == 0 or not later.code.endswith("_NOT_EVALUABLE"):
            return later.at_ms
    return None


def episode_max(prefix: str, codes_of_episode: Sequence[str] | None) -> str:
    """The open episode, else the last one; no episode ever = G0."""
    return f"{prefix}_G0" if codes_of_episode is None else highest(prefix, codes_of_episode)

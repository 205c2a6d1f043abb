"""One laboratory result as it is remembered, and how it compares with a limit.

What:      a value in its analyte's own unit with the specimen's time; comparisons that know "<" and ">".
Source:    rule reference section 0 (tolerance; missing is never normal).
Caveats:   a result "< 0.5" is surely below 0.5 and may or may not be below 0.3: the comparison then answers None,
           which is "not known", never "normal". "> 500" is at least 500.
"""

from dataclasses import dataclass
from typing import Literal

from blinwatch.core.infusion.verdict import plain
from blinwatch.core.units import above, below

Comparator = Literal["<", "<=", ">", ">="]
LabStatus = Literal["preliminary", "final", "corrected", "cancelled"]
_HAIR = 1e-6
"""Far above the tolerance of comparisons, far below what a laboratory can tell apart."""


@dataclass(frozen=True, slots=True)
class LabResult:
    """A result in its analyte's own unit. `at_ms` is when the specimen was taken.

    A cancelled result is kept without being read, so that the order of arrival does not matter.
    """

    value: float
    at_ms: int
    event_id: str
    uln: float | None = None
    """Upper limit of normal that the laboratory sent, in the same unit."""
    comparator: Comparator | None = None
    status: LabStatus = "final"

    @property
    def text(self) -> str:
        """The value as the laboratory reported it, without its unit: "<0.1", "6.2"."""
        return f"{self.comparator or ''}{plain(self.value)}"


def nearest_value(result: LabResult) -> float:
    """The value that is nearest to the reported one and still true: a hair above 500 for "> 500".

    For rules that read a plain number; "< 0.5" is then below 0.5, and nothing more is claimed.
    """
    if result.comparator == ">":
        return result.value * (1 + _HAIR)
    if result.comparator == "<":
        return result.value * (1 - _HAIR)
    return result.value


def reaches(result: LabResult, limit: float) -> bool | None:
    """Whether the true value is at or above the limit; None where the comparator leaves it open."""
    match result.comparator:
        case None:
            return not below(result.value, limit)
        case ">" | ">=":
            return None if below(result.value, limit) else True
        case "<":
            return None if above(result.value, limit) else False
        case _:
            return False if below(result.value, limit) else None


def exceeds(result: LabResult, limit: float) -> bool | None:
    """Whether the true value is strictly above the limit; None where the comparator leaves it open."""
    match result.comparator:
        case None:
            return above(result.value, limit)
        case ">":
            return None if below(result.value, limit) else True
        case ">=":
            return True if above(result.value, limit) else None
        case _:
            return None if above(result.value, limit) else False


def falls_below(result: LabResult, limit: float) -> bool | None:
    """Whether the true value is strictly below the limit; None where the comparator leaves it open."""
    reached = reaches(result, limit)
    return None if reached is None else not reached


def at_most(result: LabResult, limit: float) -> bool | None:
    """Whether the true value is at or below the limit; None where the comparator leaves it open."""
    exceeded = exceeds(result, limit)
    return None if exceeded is None else not exceeded

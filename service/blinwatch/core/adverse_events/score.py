"""How a score is added up from parts of which some may be missing.

What:      points of one part by bands or by ordered comparisons, and the sum with what is missing.
Source:    rule reference section 0 (missing is never normal).
"""

from collections.abc import Iterable

from blinwatch.clinical.adverse_event_rules import ScoreBand
from blinwatch.core.adverse_events.verdict import Part
from blinwatch.core.units import above


class Tally:
    """Parts of a score as they are found, and the names of those that are missing."""

    __slots__ = ("missing", "parts")

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.missing: list[str] = []

    def add(self, part: Part, *, open_above: bool = False) -> None:
        """A known part; `open_above`: it may be worth more than it shows."""
        self.parts.append(part)
        if open_above:
            self.missing.append(part.name)

    def lacks(self, name: str) -> None:
        """A part of which nothing is known."""
        self.missing.append(name)

    @property
    def score(self) -> int:
        """The points of all known parts."""
        return sum(part.points or 0 for part in self.parts)


def band_points(value: float, bands: tuple[ScoreBand, ...]) -> int:
    """The points of the first band that holds the value; the last band has no upper end."""
    points = (band.points for band in bands if band.up_to is None or not above(value, band.up_to))
    return next(points)


def best_points(checks: Iterable[tuple[bool | None, int]]) -> tuple[int, bool]:
    """The points of the best comparison that holds, and whether an open one could be worth more."""
    asked = tuple(checks)
    points = max((worth for holds, worth in asked if holds), default=0)
    return points, any(holds is None and worth > points for holds, worth in asked)

"""One sign of CRS as it was found: its grade, whether it could be judged at all, and why.

Shared by core/detect_fever.py, core/detect_hypotension.py and core/detect_hypoxia.py.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """One value a grade rests on, in the findings' own name and unit."""

    name: str
    value: float | int | str | bool
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Sign:
    """Hypotension or hypoxia in one observation.

    `grade` is what the sign alone is worth (0 = absent, not known, or attributed to another cause); `known`
    is CRS-11's question whether the domain was looked at.
    """

    grade: int
    known: bool
    attributed: bool
    rule_id: str
    flags: tuple[str, ...] = ()
    because: tuple[str, ...] = ()
    """Plain sentences: what was found, each with its rule."""
    missing: str | None = None
    """What to measure, in words, where the domain is not known."""
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True)
class Fever:
    """Temperature in one observation: known, present (>= 38.0 °C), and whether it counts as CRS (CRS-3)."""

    temperature_c: float | None
    present: bool
    counts: bool
    flags: tuple[str, ...] = ()
    because: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        """Whether a usable temperature was there."""
        return self.temperature_c is not None


def number(value: float) -> str:
    """A value as a nurse reads it: 84, 38.5, 6.1."""
    return f"{value:g}"

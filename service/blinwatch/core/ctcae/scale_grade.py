"""The same finding on another scale, shown beside the ASTCT grade; the scales are never mixed."""

from dataclasses import dataclass
from typing import Literal

INCOMPLETE = "INCOMPLETE"
FIO2_ESTIMATED = "FIO2_ESTIMATED"
"""The oxygen fraction was not charted; it was read from the device and its flow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleGrade:
    """A grade on CTCAE, with the words it was read by."""

    term: str
    """What is graded, in the scale's own word."""
    code: str
    grade: int | None
    """0 to 5; None where the findings do not tell."""
    because: tuple[str, ...]
    """Plain sentences for a nurse, also about what CTCAE asks and the chart does not tell."""
    flags: tuple[str, ...] = ()
    scale: Literal["CTCAE"] = "CTCAE"


@dataclass(frozen=True, slots=True)
class Part:
    """One finding on the scale; the worst of several is the grade."""

    grade: int
    term: str
    because: str
    flags: tuple[str, ...] = ()


def code_of(event: Literal["CRS", "NEURO"], grade: int | None) -> str:
    """The result code, such as CTCAE_CRS_G2."""
    return f"CTCAE_{event}_NOT_EVALUABLE" if grade is None else f"CTCAE_{event}_G{grade}"

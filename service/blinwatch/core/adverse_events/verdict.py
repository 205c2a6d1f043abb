"""What a rule of section F answers.

What:      one verdict a rule: its code, the score where there is one, the parts it rests on and what is missing.
Source:    rule reference section 0 (missing is never normal) and section F.
Caveats:   `_NONE` says that everything was known and nothing was found; `_NOT_EVALUABLE` that nothing was found in
           what is known and something is missing. A score with a missing part is "at least", flagged INCOMPLETE.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from blinwatch.core.infusion.verdict import plain
from blinwatch.core.labs.lab_result import LabResult

INCOMPLETE = "INCOMPLETE"
AGE_UNKNOWN = "AGE_UNKNOWN"
ULN_ASSUMED = "ULN_ASSUMED"
"""A usual upper limit of normal stands in for one that the laboratory did not send (LAB-3)."""
PRELIMINARY = "PRELIMINARY"
"""A preliminary laboratory result is among the values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One value that a verdict rests on, with its points where the rule is a score."""

    name: str
    value: float | int | str | bool
    unit: str | None = None
    points: int | None = None
    at_ms: int | None = None
    event_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventVerdict:
    """The answer of one rule at one moment."""

    code: str
    rule_id: str
    holds: bool
    """Whether the code is a finding to act on; False for `_NONE`, `_NOT_EVALUABLE` and PHOENIX_NO_INFECTION."""
    level: int = 0
    """Orders the findings of one rule: a rise is an escalation."""
    score: int | None = None
    parts: tuple[Part, ...] = ()
    flags: tuple[str, ...] = ()
    because: tuple[str, ...] = ()
    """Plain sentences for a nurse: what was found, or what is missing."""
    missing: tuple[str, ...] = ()
    """What to measure, in words."""
    threshold: str | None = None
    since_ms: int | None = None
    """When it began to hold, where that is known."""


def flags_of(
    *,
    missing: Iterable[str] = (),
    results: Iterable[LabResult | None] = (),
    uln_assumed: bool = False,
    more: Iterable[str] = (),
) -> tuple[str, ...]:
    """The flags of a verdict, each once: what is missing, assumed or preliminary."""
    flags = dict.fromkeys(more)
    if tuple(missing):
        flags[INCOMPLETE] = None
    if uln_assumed:
        flags[ULN_ASSUMED] = None
    if any(result is not None and result.status == "preliminary" for result in results):
        flags[PRELIMINARY] = None
    return tuple(flags)


def lab_part(name: str, result: LabResult, unit: str, points: int | None = None) -> Part:
    """A laboratory result as a part; one with a comparator is shown as reported."""
    value = result.value if result.comparator is None else result.text
    return Part(name=name, value=value, unit=unit, points=points, at_ms=result.at_ms, event_id=result.event_id)


def score_words(score: int, missing: Iterable[str]) -> str:
    """A score as it is said: 7, or at least 7 where a part is missing."""
    return f"at least {score}" if tuple(missing) else f"{score}"


def part_words(part: Part) -> str:
    """A part in words: "respiratory rate 26 /min: 3 points"."""
    value = plain(part.value) if isinstance(part.value, int | float) else part.value
    unit = f" {part.unit}" if part.unit else ""
    points = "" if part.points is None else f": {part.points} {'point' if part.points == 1 else 'points'}"
    return f"{part.name} {value}{unit}{points}"


def missing_words(missing: Iterable[str], rule_id: str) -> str:
    """What is missing as a sentence."""
    return f"missing, so never taken as normal: {', '.join(missing)} ({rule_id})"

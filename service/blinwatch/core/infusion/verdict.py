"""What a rule answers and what the rules together say.

What:      the records every infusion rule returns, and the comparisons and words they share.
Source:    rule reference sections 0 (tolerance, result codes) and A5.
Caveats:   `RuleResult` None (from a rule) means that the rule was not asked, which is not the same as "all well".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from blinwatch.core.evidence import Evidence

TOLERANCE = 1e-9
"""Section 0: computed values are compared with this tolerance, so that exact boundaries stay exact.

For durations in hours or minutes it is far below one millisecond, for ratios it is one part in a thousand million.
"""
NOT_EVALUABLE = "INF_NOT_EVALUABLE"
OK = "INF_OK"
INCOMPLETE = "INCOMPLETE"
NOT_IN_REGION = "NOT_IN_REGION"
AGE_UNKNOWN = "AGE_UNKNOWN"
_HOUR_MIN = 60
_DAY_H = 24

Known = float | str | bool | None
"""What a piece of evidence can be; None: nobody knows."""
Variant = Literal["above", "below", "stopped", "flowing"]
"""What decides between two priorities of one code (section H): direction of a dose, or flow at an occlusion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InfusionFinding:
    """One infusion code that holds, in words for a nurse and with the values behind it."""

    code: str
    rule_id: str
    because: str
    threshold: str | None = None
    evidence: tuple[Evidence, ...] = ()
    since_ms: int | None = None
    """When the code began to hold, where that is known."""
    event_id: str | None = None
    """The past event behind the code (a flush, a bolus ...); None for a state that lasts."""
    variant: Variant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """The answer of one rule that was asked."""

    findings: tuple[InfusionFinding, ...] = ()
    flags: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    """Essentials (A5) without which the rule could not be judged, in plain words."""


ASKED = RuleResult()
"""Asked, and nothing wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InfusionVerdict:
    """All infusion rules together: every code that holds in A5's order, and which of them leads."""

    headline: str
    findings: tuple[InfusionFinding, ...]
    flags: tuple[str, ...]
    dose_due_mcg_day: float | None = None
    rate_due_ml_h: float | None = None
    premed_target_mg: float | None = None


def found(finding: InfusionFinding) -> RuleResult:
    """A result with one finding."""
    return RuleResult(findings=(finding,))


def more_than(value: float, limit: float) -> bool:
    """Strictly more than the limit."""
    return value > limit + TOLERANCE


def reaches(value: float, limit: float) -> bool:
    """At the limit or above it."""
    return value >= limit - TOLERANCE


def less_than(value: float, limit: float) -> bool:
    """Strictly less than the limit."""
    return value < limit - TOLERANCE


def known(name: str, value: Known, unit: str | None = None) -> Evidence:
    """One value a finding rests on."""
    return Evidence(name=name, value=value, unit=unit)


def plain(value: float) -> str:
    """A number as a nurse reads it: up to three decimals, none that say nothing."""
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def length_of(minutes: float) -> str:
    """A duration in words: "6 min", "4 h 10 min", "7 d 2 h"."""
    if minutes < _HOUR_MIN:
        return f"{plain(round(minutes, 1))} min"
    hours, rest_min = divmod(int(minutes), _HOUR_MIN)
    if hours < 2 * _DAY_H:
        return f"{hours} h {rest_min} min" if rest_min else f"{hours} h"
    days, rest_h = divmod(hours, _DAY_H)
    return f"{days} d {rest_h} h" if rest_h else f"{days} d"


def listed(words: Iterable[str]) -> str:
    """Words as a list in a sentence: "weight, phase and cycle"."""
    items = list(words)
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"

"""The days in which cytokines are expected: first 9 days of cycle 1, first 2 of cycle 2.

What:      whether a question falls into the window that DDI-1 and DDI-11 share.
Source:    rule reference section 0 (day number), DDI-1, DDI-11; the days are rows of the interaction table.
Inputs:    cycle; cycle_day or hours_since_cycle_start.
Caveats:   a missing day in cycle 1 or 2 counts as inside, incomplete. Where day and hours contradict each other, one
           of them inside is inside. A day before the first drop is outside: nothing has released cytokines yet.
"""

from dataclasses import dataclass
from math import floor

from blinwatch.clinical.interaction_rules import InteractionRules
from blinwatch.core.findings import InteractionFindings
from blinwatch.core.interactions.verdict import HOURS_PER_DAY
from blinwatch.core.units import TOLERANCE


@dataclass(frozen=True, slots=True)
class CycleWindow:
    """`inside` None: the cycle is not known."""

    inside: bool | None
    day_missing: bool
    words: str


def cycle_day_of_hours(hours: float) -> int:
    """D = floor(elapsed hours / 24) + 1: day 9 is [192 h, 216 h)."""
    return floor((hours + TOLERANCE) / HOURS_PER_DAY) + 1


def cycle_window(findings: InteractionFindings, rules: InteractionRules) -> CycleWindow:
    """Whether the question falls into the window of its cycle."""
    if findings.cycle is None:
        return CycleWindow(None, day_missing=False, words="cycle not known")
    hours = findings.hours_since_cycle_start
    days = [
        day for day in (findings.cycle_day, None if hours is None else cycle_day_of_hours(hours)) if day is not None
    ]
    last_day = rules.cycle_window_days.get(findings.cycle)
    if not days:
        return CycleWindow(
            last_day is not None, day_missing=last_day is not None, words=f"cycle {findings.cycle}, day not known"
        )
    inside = last_day is not None and any(1 <= day <= last_day for day in days)
    return CycleWindow(inside, day_missing=False, words=f"cycle {findings.cycle} day {min(days)}")

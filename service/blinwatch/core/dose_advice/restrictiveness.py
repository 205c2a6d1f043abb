"""DM-16: which of several by_reaction leads.

Definition:  the most restrictive code, in the order of the row `restrictiveness`. A new cycle for one reason and a
             low restart in the same cycle for another are a low restart in a new cycle.
Source:      rule reference DM-16.
"""

from collections.abc import Iterable

from blinwatch.clinical.dose_rules import DoseRules
from blinwatch.core.dose_advice.advice import (
    NEW_CYCLE,
    RESTART_LOW_NEW_CYCLE,
    RESTART_LOW_SAME_CYCLE,
    ReactionAdvice,
)


def most_restrictive_first(by_reaction: Iterable[ReactionAdvice], rules: DoseRules) -> tuple[ReactionAdvice, ...]:
    """The by_reaction in DM-16's order; those of one code keep their own order."""
    return tuple(sorted(by_reaction, key=lambda advice: rules.restrictiveness.index(advice.code)))


def leading_code(codes: Iterable[str], rules: DoseRules) -> str:
    """The code that leads among at least one."""
    found = set(codes)
    if {NEW_CYCLE, RESTART_LOW_SAME_CYCLE} <= found:
        found.add(RESTART_LOW_NEW_CYCLE)
    return min(found, key=rules.restrictiveness.index)

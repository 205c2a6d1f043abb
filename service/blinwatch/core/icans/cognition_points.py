"""The points of ICE or CAPD from what was charted: a total, items, or both.

Definition:  score = sum of the items. Items that were not tested are taken at their best, so that the points are
             "at most" (ICE) or "at least" (CAPD) what they would be.
Source:      rule reference section C, ICE and CAPD, ICA-9.
Inputs:      the charted total and the charted items.
Caveats:     - a total and items that contradict each other: the worse is used and CHART_CONFLICT said. A missed
               neurotoxicity harms more than a repeated examination.
             - an item with more points than it can give was not charted rightly and is taken as not tested.
             - items that are all empty say nothing; then the total stands alone.
"""

from dataclasses import dataclass

from blinwatch.clinical.icans_rules import IcansRules
from blinwatch.core.findings import NeuroFindings


@dataclass(frozen=True, slots=True)
class Points:
    """What a tool's charted score amounts to."""

    points: int
    untested: tuple[str, ...] = ()
    """Items that were not tested; with any of them the points are a best case."""
    conflict: bool = False
    """Whether total and items contradict each other."""


def ice_points(findings: NeuroFindings, rules: IcansRules) -> Points | None:
    """ICE points, lower is worse; None where nothing was charted."""
    most = rules.ice_item_points
    items = findings.ice_items or {}
    charted = {name: _possible(value, most[name]) for name, value in items.items()}
    tested = {name: value for name, value in charted.items() if value is not None}
    total = findings.ice_score
    if not tested:
        return None if total is None else Points(total)
    untested = tuple(name for name in most if name not in tested)
    lowest = sum(tested.values())
    highest = lowest + sum(most[name] for name in untested)
    if total is None:
        return Points(highest, untested)
    return Points(min(total, highest), untested, not lowest <= total <= highest)


def capd_points(findings: NeuroFindings, rules: IcansRules) -> Points | None:
    """CAPD points, higher is worse; None where nothing was charted."""
    count, most = rules.capd_item_count, rules.capd_item_most_points
    charted = [_possible(value, most) for value in findings.capd_items or ()]
    charted += [None] * (count - len(charted))
    tested = [value for value in charted if value is not None]
    total = findings.capd_score
    if not tested:
        return None if total is None else Points(total)
    untested = tuple(f"item {number}" for number, value in enumerate(charted, start=1) if value is None)
    lowest = sum(tested)
    highest = lowest + most * len(untested)
    if total is None:
        return Points(lowest, untested)
    return Points(max(total, lowest), untested, not lowest <= total <= highest)


def _possible(value: int | None, most: int) -> int | None:
    return value if value is not None and 0 <= value <= most else None

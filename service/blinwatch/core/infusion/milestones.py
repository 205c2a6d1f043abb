"""Moments of the infusion that other rules count from.

What:      when the flow last stopped and why, when it last came back after 4 h or more, when the dose was last
           stepped up, since when a low-dose restart has been on, and which of the two doses is in force.
Source:    rule reference DDI-2 (step-up, restart after >= 4 h), DM-5, DM-6, DM-9 (low-dose restart, interruption).
Inputs:    the flow record, the order.
Caveats:   a moment of the cycle before this one is forgotten when the new cycle begins.
"""

from dataclasses import dataclass

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.core.findings import DoseLevel, GapReason
from blinwatch.core.infusion.dose_due import DoseLevels
from blinwatch.core.infusion.flow import HOUR_MS, Flow, at_start_dose_ms, level_in_force, restart_low_in_force
from blinwatch.core.infusion.order_facts import OrderFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestones:
    """All times in ms since 1970 UTC; None: it has not happened in this cycle, or nobody knows."""

    gap_since_ms: int | None = None
    """Since when the infusion is interrupted; None while drug flows and after the end."""
    gap_reason: GapReason | None = None
    adverse_gap_since_ms: int | None = None
    """When the last interruption for an adverse reaction began, open or closed."""
    adverse_gap_end_ms: int | None = None
    """When that interruption ended; None while it is open."""
    restarted_after_long_gap_ms: int | None = None
    """When flow last came back after a gap of 4 h or more."""
    resumed_ms: int | None = None
    """When flow last came back after an interruption of this cycle; None while it stands."""
    low_restart_infused_h: float | None = None
    """Hours infused at the low dose since that restart."""
    stepped_ms: int | None = None
    """When the full dose last began to flow where a step applies (INF-3)."""
    low_restart_since_ms: int | None = None
    """When the low-dose restart began to flow; None while none is on."""
    dose_level: DoseLevel | None = None
    """Whether the programmed dose is the starting or the full dose of the patient's weight band."""
    levels: DoseLevels | None = None
    stopped_ms: int | None = None
    """Since when nothing flows, in a gap or after the end."""


NO_MILESTONES = Milestones()


def milestones_of(flow: Flow, facts: OrderFacts, rules: InfusionRules) -> Milestones:
    """The milestones as of the flow record's own time."""
    gap = flow.gap
    level = level_in_force(flow.dose_mcg_day, facts, rules)
    levels: dict[str | None, DoseLevel] = {"start": "low", "full": "full"}
    adverse_since_ms, adverse_end_ms = flow.adverse_gap_ms, flow.adverse_gap_end_ms
    if gap is not None and gap.reason == "adverse_reaction":
        adverse_since_ms, adverse_end_ms = gap.start_ms, None
    return Milestones(
        gap_since_ms=None if gap is None else gap.start_ms,
        gap_reason=None if gap is None else gap.reason,
        adverse_gap_since_ms=adverse_since_ms,
        adverse_gap_end_ms=adverse_end_ms,
        restarted_after_long_gap_ms=flow.long_restart_ms,
        resumed_ms=flow.flow_since_ms if flow.flow_since_ms != flow.first_drop_ms else None,
        low_restart_infused_h=_low_restart_infused_h(flow, facts, rules),
        stepped_ms=flow.stepped_ms,
        low_restart_since_ms=flow.low_restart_ms if restart_low_in_force(flow, facts) else None,
        dose_level=levels.get(level),
        levels=facts.levels,
        stopped_ms=None if flow.flowing else flow.stopped_ms,
    )


def _low_restart_infused_h(flow: Flow, facts: OrderFacts, rules: InfusionRules) -> float | None:
    """Hours since the restart that were infused; None while none is on or nobody saw it begin."""
    if flow.low_restart_ms is None or not restart_low_in_force(flow, facts):
        return None
    return at_start_dose_ms(flow, facts, rules) / HOUR_MS

"""Dose steps and low-dose restarts as the pump's story shows them (INF-2, INF-3).

What:      when the full dose begins to flow (a step), and when the count at the starting dose begins anew.
Source:    rule reference A1 (INF-2, INF-3), section 0 (`infused_h_at_start_dose`, since a low-dose restart).
Caveats:   a low-dose restart is the flow that resumes after a gap documented as an adverse reaction (ordered
           `restart_low`), or that resumes at the starting dose after another dose. Where the order does not say,
           only a resumption at the starting dose after an adverse reaction, coming from another dose, is taken for one.
"""

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.core.infusion.flow import (
    MAX_STEPS,
    Flow,
    Gap,
    Step,
    at_start_dose_ms,
    level_in_force,
    step_in_force,
)
from blinwatch.core.infusion.ledger_entry import LedgerEntry
from blinwatch.core.infusion.order_facts import OrderFacts


def note_resumed_after(flow: Flow, gap: Gap, facts: OrderFacts) -> None:
    """Flow resumes: with `restart_low` ordered, a gap for an adverse reaction ends in the low-dose restart."""
    if gap.counted_reason == "adverse_reaction" and facts.restart_low:
        _begin_count(flow)


def _begin_count(flow: Flow) -> None:
    flow.dose_times = ()
    flow.flowed_dose_mcg_day = None
    flow.counts_from_restart = flow.low_restart_seen = True
    flow.low_restart_ms = flow.at_ms


def note_dose_in_flow(flow: Flow, entry: LedgerEntry, facts: OrderFacts, rules: InfusionRules) -> None:
    """The programmed dose flows: a low-dose restart, a step, or nothing new."""
    dose = flow.dose_mcg_day
    if not flow.flowing or dose is None or dose == flow.flowed_dose_mcg_day:
        return
    level = level_in_force(dose, facts, rules)
    flowed_level = level_in_force(flow.flowed_dose_mcg_day, facts, rules)
    if level == "start" and flowed_level in ("full", "other") and _is_low_restart(flow, facts):
        _begin_count(flow)
    if level == "full" and flowed_level != "full" and step_in_force(flow, facts):
        step = Step(
            at_ms=entry.at_ms,
            event_id=flow.dose_event_id or entry.event_id,
            dose_mcg_day=dose,
            at_start_dose_ms=at_start_dose_ms(flow, facts, rules),
            is_first_drop=flow.first_drop_ms == entry.at_ms,
        )
        flow.steps = (*flow.steps, step)[-MAX_STEPS:]
        flow.stepped_ms = None if step.is_first_drop else step.at_ms
    flow.flowed_dose_mcg_day = dose


def _is_low_restart(flow: Flow, facts: OrderFacts) -> bool:
    if facts.restart_low is not None:
        return facts.restart_low
    last = flow.closed_gaps[-1] if flow.closed_gaps else None
    return last is not None and last.end_ms == flow.flow_since_ms == flow.at_ms and last.reason == "adverse_reaction"

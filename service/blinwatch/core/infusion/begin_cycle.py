"""Where one cycle's story ends and the next begins (INF-5).

What:      a new cycle that was ordered begins with its first drop; what the ledger held before belongs to the old one.
Source:    rule reference A1 (INF-4, INF-5); a restart after more than 7 days is a new cycle (INF-21).
Caveats:   an order written while the old cycle runs, or stands for up to 7 days, waits: the new cycle begins with
           the first start after the old one has ended or stood for more than 7 days. An order written just after
           the new first drop is honoured in retrospect.
"""

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.core.infusion.flow import HOUR_MS, DoseTime, Flow


def order_cycle(flow: Flow, at_ms: int, rules: InfusionRules) -> None:
    """A new cycle is ordered at `at_ms`. A gap of up to 7 days stays the old cycle's: no order silences it."""
    if not flow.flowing and (flow.first_drop_ms is None or _old_is_over(flow, at_ms, rules)):
        _begin(flow, flow.stopped_ms)
        return
    if flow.flowing and flow.resumed_ms is not None:
        infused_ms = flow.infused_ms - flow.resumed_infused_ms
        bag = flow.bag if flow.bag is not None and flow.bag.hung_ms >= flow.resumed_ms else None
        _begin(flow, flow.previous_end_ms)
        flow.bag = bag
        flow.first_drop_ms, flow.infused_ms = flow_start_ms(flow, at_ms, infused_ms), infused_ms
        flow.dose_times = (DoseTime(flow.dose_mcg_day, infused_ms),)
        return
    flow.cycle_pending = True


def flow_start_ms(flow: Flow, at_ms: int, infused_ms: int) -> int:
    """First drop of a cycle that is recognised in retrospect."""
    return at_ms - infused_ms if flow.flow_since_ms is None else min(flow.flow_since_ms, at_ms - infused_ms)


def begin_if_ordered(flow: Flow, at_ms: int, rules: InfusionRules) -> None:
    """Flow is about to start: begin the ordered cycle if the old one is over."""
    if flow.cycle_pending and _old_is_over(flow, at_ms, rules):
        _begin(flow, flow.stopped_ms)


def _old_is_over(flow: Flow, at_ms: int, rules: InfusionRules) -> bool:
    """Whether the old cycle is complete, declared over, or has stood for more than 7 days."""
    long_ms = rules.gap_new_cycle_after_h * HOUR_MS
    stood_long = flow.gap is not None and flow.gap.length_ms(at_ms) > long_ms
    return flow.ended_ms is not None or stood_long


def _begin(flow: Flow, previous_end_ms: int | None) -> None:
    """Forget the old cycle; programmed dose, rate, messages and the last day's events go on."""
    flow.previous_end_ms = previous_end_ms
    flow.cycle_pending = False
    flow.first_drop_ms = flow.gap = flow.long_gap = flow.ended_ms = flow.bag = flow.resumed_ms = None
    flow.therapy_over = flow.counts_from_restart = flow.low_restart_seen = False
    flow.infused_ms = flow.resumed_infused_ms = flow.total_infused_ms = 0
    flow.total_ml = flow.flowed_dose_mcg_day = None
    flow.dose_times = ()
    flow.closed_gaps = ()
    flow.low_restart_ms = flow.long_restart_ms = flow.adverse_gap_ms = flow.adverse_gap_end_ms = flow.stepped_ms = None
    flow.steps = ()

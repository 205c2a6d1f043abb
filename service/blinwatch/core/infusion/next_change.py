"""The next moment at which time alone may change the verdict.

What:      the earliest boundary after a moment: of gaps, rate, step, cycle end, bag, messages, setting and past events.
Source:    design decision 4; the limits are those of the rules themselves.
Inputs:    as `judge_timeline`.
Caveats:   a boundary is the first millisecond at which the new code holds: "> 5 min" begins 1 ms after 5 min,
           ">= 4 h" at 4 h. A moment may be announced at which nothing changes after all; none may be left out.
"""

from collections.abc import Iterator
from math import floor

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.core.age import moment_of_age_ms
from blinwatch.core.events import TherapyOrdered
from blinwatch.core.findings import InfusionFindings
from blinwatch.core.infusion.bag_life import limits_of
from blinwatch.core.infusion.flow import (
    HOUR_MS,
    MINUTE_MS,
    Flow,
    at_start_dose_ms,
    infused_total_ms,
    level_in_force,
)
from blinwatch.core.infusion.flow_time import covered_ms
from blinwatch.core.infusion.ledger import Ledger, flow_at
from blinwatch.core.infusion.order_facts import OrderFacts, bag_facts, read_order
from blinwatch.core.infusion.past_events import counted_gaps, long_closed_gaps
from blinwatch.core.infusion.premedication import PremedDose
from blinwatch.core.infusion.present import cycle_start_ms, hanging_bag, is_active, last_sign_ms
from blinwatch.core.infusion.verdict import TOLERANCE

_DAY_MS = 24 * HOUR_MS


def next_change_ms(
    ledger: Ledger,
    order: TherapyOrdered | None,
    premeds: tuple[PremedDose, ...],
    after_ms: int,
    rules: InfusionRules,
    charted: InfusionFindings | None = None,
) -> int | None:
    """The earliest moment strictly after `after_ms` at which the verdict may change with no new event."""
    del premeds  # a dose counts for an occasion after it, so by itself it changes nothing
    facts = read_order(order, charted, ledger.start_weight_kg, rules)
    return next_flow_change_ms(flow_at(ledger, facts, after_ms, rules), facts, ledger, order, after_ms, rules)


def next_flow_change_ms(
    flow: Flow, facts: OrderFacts, ledger: Ledger, order: TherapyOrdered | None, after_ms: int, rules: InfusionRules
) -> int | None:
    """The same, where what the ledger amounts to at `after_ms` is known already."""
    moments = [*_boundaries(flow, facts, order, after_ms, rules)]
    moments += [entry.at_ms for entry in ledger.entries]
    return min((moment for moment in moments if moment > after_ms), default=None)


def _boundaries(
    flow: Flow, facts: OrderFacts, order: TherapyOrdered | None, after_ms: int, rules: InfusionRules
) -> Iterator[int]:
    yield from _of_gaps(flow, rules)
    yield from _of_gap_sum(flow, after_ms, rules)
    yield from _of_infused_time(flow, facts, after_ms, rules)
    yield from _of_past_events(flow, rules)
    yield from _of_bag(flow, facts, rules)
    yield from _of_setting(flow, facts, after_ms, rules)
    if flow.deviating_since_ms is not None:
        yield flow.deviating_since_ms + round(rules.rate_deviation_from_min * MINUTE_MS)
    sign_ms = last_sign_ms(flow)
    if sign_ms is not None:
        yield sign_ms + round(rules.silence_after_min * MINUTE_MS) + 1
    newborn_ms = None if order is None else moment_of_age_ms(order, rules.benzyl_newborn_below_d)
    if newborn_ms is not None and facts.known.weight_kg is None:
        yield newborn_ms


def _of_gaps(flow: Flow, rules: InfusionRules) -> Iterator[int]:
    if flow.gap is None:
        return
    start_ms = flow.gap.start_ms
    yield start_ms + round(rules.gap_grace_min[flow.gap.counted_reason] * MINUTE_MS) + 1
    yield start_ms + round(rules.gap_long_from_h * HOUR_MS)
    yield start_ms + round(rules.gap_new_cycle_after_h * HOUR_MS) + 1


def _of_gap_sum(flow: Flow, after_ms: int, rules: InfusionRules) -> Iterator[int]:
    """Where the sum of gaps in the moving window crosses 4 h, or else bends next; it is straight between bends."""
    window_ms = round(rules.gap_window_h * HOUR_MS)
    gaps = counted_gaps(flow, rules)
    if not gaps:
        return
    for gap in long_closed_gaps(flow, rules):
        yield (gap.end_ms or 0) + window_ms
    starts = [gap.start_ms + shift_ms for gap in gaps for shift_ms in (0, window_ms)]
    ends = [gap.end_ms + window_ms for gap in gaps if gap.end_ms is not None]
    bends = [bend for bend in (*starts, *ends) if bend > after_ms]
    bend_ms = min(bends, default=after_ms + window_ms)
    limit_ms = round(rules.gap_sum_from_min * MINUTE_MS)
    now_ms = covered_ms(gaps, after_ms - window_ms, after_ms)
    then_ms = covered_ms(gaps, bend_ms - window_ms, bend_ms)
    if now_ms < limit_ms <= then_ms:
        yield after_ms + (limit_ms - now_ms)
    elif then_ms < limit_ms <= now_ms:
        yield after_ms + (now_ms - limit_ms) + 1
    elif bends:
        yield bend_ms


def _of_infused_time(flow: Flow, facts: OrderFacts, after_ms: int, rules: InfusionRules) -> Iterator[int]:
    if not flow.flowing:
        return
    total_ms = infused_total_ms(flow, facts)
    yield after_ms + round(rules.cycle_end_from_h * HOUR_MS) - total_ms
    yield after_ms + round(rules.over_28d_after_h * HOUR_MS) - total_ms + 1
    if facts.charted is not None or level_in_force(flow.dose_mcg_day, facts, rules) != "full":
        # A chart may tell another phase or dose than the order, so its step is announced in any case.
        at_start_ms = at_start_dose_ms(flow, facts, rules)
        yield after_ms + round(rules.step_early_before_h * HOUR_MS) - at_start_ms
        yield after_ms + round(rules.step_due_from_h * HOUR_MS) - at_start_ms
        yield after_ms + round(rules.step_overdue_after_h * HOUR_MS) - at_start_ms + 1


def _of_past_events(flow: Flow, rules: InfusionRules) -> Iterator[int]:
    """The first moment after the 24 h of each past event."""
    current_ms = round(rules.past_event_current_h * HOUR_MS)
    moments = [happening.at_ms for happening in flow.happenings]
    moments += [step.at_ms for step in flow.steps]
    moments += [gap.end_ms for gap in flow.closed_gaps if gap.end_ms is not None]
    moments += [ms for ms in (flow.first_drop_ms, flow.shortfall_unjudged_ms) if ms is not None]
    for moment in moments:
        yield moment + current_ms + 1


def _of_bag(flow: Flow, facts: OrderFacts, rules: InfusionRules) -> Iterator[int]:
    bag = hanging_bag(flow, facts)
    known = bag_facts(facts.known, flow.bag)
    if bag is None or known.bag_type_h is None:
        return
    yield bag.hung_ms + round((known.bag_type_h + rules.hang_overrun_after_h) * HOUR_MS) + 1
    limits = limits_of(known, rules)
    if limits is None:
        return
    warm_ms = bag.hung_ms if bag.warmed_ms is None else min(bag.warmed_ms, bag.hung_ms)
    left_h = limits.room_temp_max_h - (bag.room_temp_h_before or 0.0) + TOLERANCE
    yield warm_ms + floor(left_h * HOUR_MS) + 1


def _of_setting(flow: Flow, facts: OrderFacts, after_ms: int, rules: InfusionRules) -> Iterator[int]:
    """The next cycle day while days matter, and the end of the watch after a restart."""
    start_ms = cycle_start_ms(flow, facts)
    if not is_active(flow) or start_ms is None:
        return
    last_day = max(window.last_day for window in rules.setting_windows)
    days = (after_ms - start_ms) // _DAY_MS + 1
    if days <= last_day:
        yield start_ms + days * _DAY_MS
    for gap in long_closed_gaps(flow, rules):
        yield (gap.end_ms or 0) + round(rules.restart_watch_h * HOUR_MS) + 1

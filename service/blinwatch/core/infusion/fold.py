"""Ledger entries folded into the flow record, one fact after the other.

What:      what each kind of pump fact changes: flow and gaps, dose and steps, rate, bag, messages, totaliser.
Source:    rule reference section 0 (INFUSION events) and section A.
Inputs:    a flow record, entries in event-time order, the order's facts.
Caveats:   a `rate` below 10 % is a stop and the next one at 10 % or more its restart; a declared stop is ended
           only by a start, a bag change's end or a status that says the pump delivers. A `dose` never restarts flow.
"""

from collections.abc import Callable, Iterable
from copy import copy

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.core.infusion.bag_rate import below_standstill, deviates, rate_due_ml_h
from blinwatch.core.infusion.begin_cycle import begin_if_ordered, order_cycle
from blinwatch.core.infusion.flow import (
    HOUR_MS,
    MAX_HAPPENINGS,
    MINUTE_MS,
    Flow,
    Gap,
    Happening,
    HappeningKind,
    StoppedBy,
    infused_total_ms,
)
from blinwatch.core.infusion.flow_time import accrue, add_closed_gap, take_back
from blinwatch.core.infusion.ledger_entry import FROM_THE_PUMP, EntryKind, LedgerEntry
from blinwatch.core.infusion.low_restart import note_dose_in_flow, note_resumed_after
from blinwatch.core.infusion.order_facts import OrderFacts, bag_facts


def fold(
    flow: Flow, entries: Iterable[LedgerEntry], facts: OrderFacts, rules: InfusionRules, *, until_ms: int | None
) -> Flow:
    """A new record with the entries folded in, its clock run on to `until_ms`."""
    flow = copy(flow)
    flow.rate_due_ml_h = _due_rate_ml_h(flow, facts, rules)
    for entry in entries:
        accrue(flow, entry.at_ms, rules)
        _HANDLERS[entry.kind](flow, entry, facts, rules)
        if entry.kind in FROM_THE_PUMP:
            _heard(flow, entry)
        _watch_rate(flow, rules)
    if until_ms is not None:
        accrue(flow, until_ms, rules)
        if flow.last_message_ms is not None:
            flow.last_message_ms = min(flow.last_message_ms, until_ms)
    return flow


def _due_rate_ml_h(flow: Flow, facts: OrderFacts, rules: InfusionRules) -> float | None:
    """The rate due for the bag that hangs."""
    return rate_due_ml_h(bag_facts(facts.known, flow.bag), rules)


def _heard(flow: Flow, entry: LedgerEntry) -> None:
    last_ms = entry.last_ms
    flow.last_message_ms = last_ms if flow.last_message_ms is None else max(flow.last_message_ms, last_ms)


# --- Flow ------------------------------------------------------------------------------------------------


def start_flow(flow: Flow, entry: LedgerEntry, facts: OrderFacts, rules: InfusionRules) -> None:
    """Drug flows from this entry on; an open gap is closed."""
    if flow.flowing:
        return
    at_ms = entry.at_ms
    begin_if_ordered(flow, at_ms, rules)
    gap = flow.gap
    if flow.ended_ms is not None or (gap is not None and gap.length_ms(at_ms) > rules.gap_new_cycle_after_h * HOUR_MS):
        flow.previous_end_ms = flow.stopped_ms
        flow.resumed_ms, flow.resumed_infused_ms = at_ms, flow.infused_ms
    if gap is not None:
        closed = Gap(gap.start_ms, at_ms, gap.reason, gap.event_id, gap.stopped_by, entry.event_id)
        add_closed_gap(flow, closed, rules)
        note_resumed_after(flow, closed, facts)
    if flow.first_drop_ms is None:
        flow.first_drop_ms, flow.first_drop_event_id = at_ms, entry.event_id
    flow.flowing, flow.flow_since_ms = True, at_ms
    flow.gap = flow.ended_ms = flow.stopped_ms = None
    note_dose_in_flow(flow, entry, facts, rules)


def stop_flow(
    flow: Flow, entry: LedgerEntry, facts: OrderFacts, rules: InfusionRules, *, stopped_by: StoppedBy
) -> None:
    """Drug stands from this entry on: a gap, or the end of a cycle that is complete."""
    at_ms = entry.at_ms
    if not flow.flowing and flow.gap is not None:
        flow.gap = _documented(flow.gap, entry, rules, stopped_by)
        return
    if not flow.flowing and (flow.ended_ms is not None or (flow.first_drop_ms is None and stopped_by == "measured")):
        return
    if flow.first_drop_ms is None:
        # A declared stop tells that drug had been flowing before anybody listened.
        flow.first_drop_ms, flow.first_drop_event_id = at_ms, entry.event_id
    flow.flowing, flow.flow_since_ms, flow.stopped_ms = False, None, at_ms
    complete = infused_total_ms(flow, facts) >= rules.cycle_end_from_h * HOUR_MS
    if complete or flow.therapy_over:
        flow.ended_ms = at_ms
    else:
        flow.gap = Gap(at_ms, None, entry.gap_reason, entry.event_id, stopped_by)


def _documented(gap: Gap, entry: LedgerEntry, rules: InfusionRules, stopped_by: StoppedBy) -> Gap:
    """An open gap about which more is said.

    Nothing new documented leaves its reason. A bag change documented later excuses a gap without a reason only while
    that gap is within the unplanned grace; any other reason told during a bag change outweighs it.
    """
    told = entry.gap_reason
    reason = gap.reason
    if reason is None and told == "bag_change":
        in_grace = entry.at_ms - gap.start_ms <= rules.gap_grace_min["unplanned"] * MINUTE_MS
        reason = "bag_change" if in_grace else "unplanned"
    elif told is not None and told != "bag_change" and reason != "adverse_reaction":
        reason = told
    declared = "act" if "act" in (gap.stopped_by, stopped_by) else "measured"
    return Gap(gap.start_ms, None, reason, gap.event_id, declared)


# --- Facts of each kind -------------------------------------------------------------------------------------


def _started(flow: Flow, entry: LedgerEntry, facts: OrderFacts, rules: InfusionRules) -> None:
    _set_dose(flow, entry)
    if flow.therapy_over:
        flow.therapy_over = False
    standing = entry.rate_ml_h is not None and below_standstill(entry.rate_ml_h, flow.rate_due_ml_h, rules)
    if standing and not flow.flowing:
        # A start at a standstill rate starts nothing, so an open gap goes on.
        flow.rate_ml_h, flow.rate_event_id = entry.rate_ml_h, entry.event_id
        return
    _forget_standstill(flow, rules)
    start_flow(flow, entry, facts, rules)
    note_dose_in_flow(flow, entry, facts, rules)
    if entry.rate_ml_h is not None:
        _rate(flow, entry, facts, rules)


def _stopped(flow: Flow, entry: LedgerEntry, facts: OrderFacts, rules: InfusionRules) -> None:
    stop_flow(flow, entry, facts, rules, stopped_by="act")


def _rate(flow: Flow, entry: LedgerEntry, facts: OrderFacts, rules: InfusionRules) -> None:
    if entry.rate_ml_h is None:
        return
    if entry.rate_ml_h != flow.rate_ml_h:
        flow.rate_ml_h, flow.rate_event_id = entry.rate_ml_h, entry.event_id
    if below_standstill(entry.rate_ml_h, flow.rate_due_ml_h, rules):
        stop_flow(flow, entry, facts, rules, stopped_by="measured")
        return
    only_measured = flow.gap is not None and flow.gap.stopped_by == "measured"
    if not flow.therapy_over and (only_measured or (flow.gap is None and not flow.flowing)):
        start_flow(flow, entry, facts, rules)


def _dose(flow: Flow, entry: LedgerEntry, facts: OrderFacts, rules: InfusionRules) -> None:
    _set_dose(flow, entry)
    note_dose_in_flow(flow, entry, facts, rules)


def _set_dose(flow: Flow, entry: LedgerEntry) -> None:
    if entry.dose_mcg_day is not None and entry.dose_mcg_day != flow.dose_mcg_day:
        flow.dose_mcg_day, flow.dose_ms, flow.dose_event_id = entry.dose_mcg_day, entry.at_ms, entry.event_id


def _bag_started(flow: Flow, entry: LedgerEntry, facts: OrderFacts, rules: InfusionRules) -> None:
    stop_flow(flow, entry, facts, rules, stopped_by="act")


def _bag_ended(flow: Flow, entry: LedgerEntry, facts: OrderFacts, rules: InfusionRules) -> None:
    flow.bag = entry.bag
    flow.rate_due_ml_h = _due_rate_ml_h(flow, facts, rules)
    if flow.therapy_over:
        return
    _forget_standstill(flow, rules)
    start_flow(flow, entry, facts, rules)
    flow.bag = entry.bag  # a cycle that begins with this bag has forgotten the old one's
    _rate(flow, entry, facts, rules)


def _forget_standstill(flow: Flow, rules: InfusionRules) -> None:
    """A declared start ends a standstill: its old rate says nothing about the new flow."""
    if flow.rate_ml_h is not None and below_standstill(flow.rate_ml_h, flow.rate_due_ml_h, rules):
        flow.rate_ml_h = flow.rate_event_id = None


def _status(flow: Flow, entry: LedgerEntry, facts: OrderFacts, rules: InfusionRules) -> None:
    silence_ms = rules.silence_after_min * MINUTE_MS
    if flow.last_message_ms is not None and entry.at_ms - flow.last_message_ms > silence_ms:
        flow.total_in_doubt = True
    flow.comm_lost_ms = None
    flow.reports_status = True
    _check_total(flow, entry, facts, rules)
    _set_dose(flow, entry)
    if entry.delivering is False:
        stop_flow(flow, entry, facts, rules, stopped_by="measured")
    else:
        if entry.rate_ml_h is not None:
            _rate(flow, entry, facts, rules)
        standing = entry.rate_ml_h is not None and below_standstill(entry.rate_ml_h, flow.rate_due_ml_h, rules)
        if entry.delivering and not standing and not flow.therapy_over:
            _forget_standstill(flow, rules)
            start_flow(flow, entry, facts, rules)
    note_dose_in_flow(flow, entry, facts, rules)
    _read_total(flow, entry)


def _therapy_ended(flow: Flow, entry: LedgerEntry, facts: OrderFacts, rules: InfusionRules) -> None:
    del facts, rules
    flow.therapy_over = True
    if not flow.flowing and flow.first_drop_ms is not None:
        flow.ended_ms, flow.gap = flow.stopped_ms, None
    elif flow.flowing:
        flow.flowing, flow.flow_since_ms = False, None
        flow.ended_ms = flow.stopped_ms = entry.at_ms


def _cycle_ordered(flow: Flow, entry: LedgerEntry, facts: OrderFacts, rules: InfusionRules) -> None:
    del facts
    order_cycle(flow, entry.at_ms, rules)


# --- Messages and the totaliser (INF-18) -------------------------------------------------------------------------


def _message(flow: Flow, entry: LedgerEntry, facts: OrderFacts, rules: InfusionRules) -> None:
    del flow, entry, facts, rules  # a sign of life and nothing else


def _comm_lost(flow: Flow, entry: LedgerEntry, facts: OrderFacts, rules: InfusionRules) -> None:
    del facts, rules
    flow.comm_lost_ms = entry.at_ms
    flow.total_in_doubt = True


def _comm_back(flow: Flow, entry: LedgerEntry, facts: OrderFacts, rules: InfusionRules) -> None:
    flow.comm_lost_ms = None
    if entry.volume_ml is None:
        return
    flow.total_ml, flow.total_in_doubt = None, False
    flow.shortfall_ms = entry.at_ms
    _lose(flow, entry, entry.volume_ml, facts, rules)


def _lose(flow: Flow, entry: LedgerEntry, shortfall_ml: float, facts: OrderFacts, rules: InfusionRules) -> None:
    """A shortfall as time without flow, ending now: shortfall / rate."""
    due = flow.rate_due_ml_h
    rate = flow.rate_ml_h
    if rate is None or below_standstill(rate, due, rules):
        rate = due if facts.charted_rate_ml_h is None else facts.charted_rate_ml_h
    if not rate:
        flow.shortfall_unjudged_ms = entry.at_ms
        return
    lost_ms = round(shortfall_ml / rate * HOUR_MS)
    if lost_ms >= rules.shortfall_from_min * MINUTE_MS:
        take_back(flow, lost_ms, entry, rules)


def _check_total(flow: Flow, entry: LedgerEntry, facts: OrderFacts, rules: InfusionRules) -> None:
    """After missing messages: what the rate explains and the totaliser does not tell was not infused."""
    known = flow.total_ml is not None and entry.volume_ml is not None and entry.volume_ml >= flow.total_ml
    rate = flow.rate_ml_h
    if not (flow.total_in_doubt and known and flow.flowing and rate):
        return
    delivered_ml = (entry.volume_ml or 0.0) - (flow.total_ml or 0.0)
    expected_ml = rate * (flow.infused_ms - flow.total_infused_ms) / HOUR_MS
    if expected_ml > delivered_ml:
        _lose(flow, entry, expected_ml - delivered_ml, facts, rules)


def _read_total(flow: Flow, entry: LedgerEntry) -> None:
    total_ml = entry.volume_ml if entry.until_volume_ml is None else entry.until_volume_ml
    if total_ml is None:
        return
    flow.total_ml, flow.total_in_doubt = total_ml, False
    flow.total_infused_ms = flow.infused_ms + (entry.last_ms - entry.at_ms if flow.flowing else 0)


# --- Past events ------------------------------------------------------------------------------------------------


def _happened(kind: HappeningKind) -> Callable[[Flow, LedgerEntry, OrderFacts, InfusionRules], None]:
    def handle(flow: Flow, entry: LedgerEntry, facts: OrderFacts, rules: InfusionRules) -> None:
        if kind == "flush" and entry.aspirated:
            return
        del rules
        happening = Happening(
            kind=kind,
            at_ms=entry.at_ms,
            event_id=entry.event_id,
            lumen_event=entry.lumen_event,
            volume_ml=entry.volume_ml,
            window_min=entry.window_min,
            rate_ml_h=_rate_for_volume(flow, facts) if kind == "volume" else None,
        )
        others = flow.happenings
        if kind in ("occlusion", "air"):
            others = tuple(one for one in others if one.kind != kind)
        flow.happenings = (*others, happening)[-MAX_HAPPENINGS:]

    return handle


def _rate_for_volume(flow: Flow, facts: OrderFacts) -> float | None:
    if flow.rate_ml_h is not None:
        return flow.rate_ml_h
    due = flow.rate_due_ml_h
    return due if facts.charted_rate_ml_h is None else facts.charted_rate_ml_h


def _watch_rate(flow: Flow, rules: InfusionRules) -> None:
    """Since when the rate has been off without a break."""
    due = flow.rate_due_ml_h
    off = flow.flowing and flow.rate_ml_h is not None and due is not None and deviates(flow.rate_ml_h, due, rules)
    if not off:
        flow.deviating_since_ms = None
    elif flow.deviating_since_ms is None:
        flow.deviating_since_ms = flow.at_ms


_HANDLERS: dict[EntryKind, Callable[[Flow, LedgerEntry, OrderFacts, InfusionRules], None]] = {
    "started": _started,
    "stopped": _stopped,
    "rate": _rate,
    "dose": _dose,
    "status": _status,
    "bag_started": _bag_started,
    "bag_ended": _bag_ended,
    "flush": _happened("flush"),
    "bolus": _happened("bolus"),
    "purge": _happened("purge"),
    "lumen": _happened("lumen"),
    "volume": _happened("volume"),
    "occlusion": _happened("occlusion"),
    "air": _happened("air"),
    "message": _message,
    "comm_lost": _comm_lost,
    "comm_back": _comm_back,
    "cycle_ordered": _cycle_ordered,
    "therapy_ended": _therapy_ended,
}

"""Time in the flow record: what runs on, what is forgotten, what a totaliser takes back.

What:      infused time by programmed dose, gaps of the last 24 h, and time that turned out not to have been infused.
Source:    rule reference A1 (INF-3, INF-4), A3 (INF-9, INF-18), section 0 (24 h of past events).
Caveats:   only called on a record that `fold` owns.
"""

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.core.infusion.flow import HOUR_MS, MAX_DOSES, MAX_GAPS, DoseTime, Flow, Gap
from blinwatch.core.infusion.ledger_entry import LedgerEntry


def accrue(flow: Flow, at_ms: int, rules: InfusionRules) -> None:
    """Let time run on to `at_ms`; drug that flows is counted, what is 24 h old is forgotten."""
    if at_ms <= flow.at_ms:
        return
    if flow.flowing:
        _count(flow, at_ms - flow.at_ms)
    flow.at_ms = at_ms
    oldest_ms = at_ms - round(max(rules.past_event_current_h, rules.gap_window_h, rules.restart_watch_h) * HOUR_MS)
    if flow.closed_gaps and (flow.closed_gaps[0].end_ms or 0) < oldest_ms:
        flow.closed_gaps = tuple(gap for gap in flow.closed_gaps if (gap.end_ms or 0) >= oldest_ms)
    if flow.happenings and flow.happenings[0].at_ms < oldest_ms:
        flow.happenings = tuple(one for one in flow.happenings if one.at_ms >= oldest_ms)
    if flow.steps and flow.steps[0].at_ms < oldest_ms:
        flow.steps = tuple(step for step in flow.steps if step.at_ms >= oldest_ms)


def _count(flow: Flow, elapsed_ms: int) -> None:
    """Add infused time, in all and at the dose in force. A negative time takes some back, never below zero."""
    flow.infused_ms = max(0, flow.infused_ms + elapsed_ms)
    if len(flow.dose_times) == 1 and flow.dose_times[0].dose_mcg_day == flow.dose_mcg_day:
        flow.dose_times = (DoseTime(flow.dose_mcg_day, max(0, flow.dose_times[0].infused_ms + elapsed_ms)),)
        return
    parts = {part.dose_mcg_day: part.infused_ms for part in flow.dose_times}
    parts[flow.dose_mcg_day] = max(0, parts.get(flow.dose_mcg_day, 0) + elapsed_ms)
    if len(parts) > MAX_DOSES:
        del parts[min(parts, key=lambda dose: parts[dose] if dose != flow.dose_mcg_day else elapsed_ms + HOUR_MS)]
    flow.dose_times = tuple(DoseTime(dose, infused_ms) for dose, infused_ms in parts.items())


def add_closed_gap(flow: Flow, gap: Gap, rules: InfusionRules) -> None:
    """Remember a gap that is over."""
    gaps = sorted((*flow.closed_gaps, gap), key=lambda one: (one.end_ms or 0, one.start_ms))
    if len(gaps) > MAX_GAPS:
        first, second = gaps[0], gaps[1]
        gaps[:2] = [Gap(first.start_ms, second.end_ms, None, first.event_id, end_event_id=second.end_event_id)]
    flow.closed_gaps = tuple(gaps)
    if gap.length_ms(flow.at_ms) > rules.gap_new_cycle_after_h * HOUR_MS:
        flow.long_gap = gap
    if gap.length_ms(flow.at_ms) >= rules.gap_long_from_h * HOUR_MS:
        flow.long_restart_ms = gap.end_ms
    if gap.reason == "adverse_reaction":
        flow.adverse_gap_ms, flow.adverse_gap_end_ms = gap.start_ms, gap.end_ms


def take_back(flow: Flow, lost_ms: int, entry: LedgerEntry, rules: InfusionRules) -> None:
    """Flow was lost for `lost_ms` before this entry: a closed gap that ends here, and as much less infused.

    While a gap is open it explains the newest part of the loss; the rest makes that gap begin earlier. Time that a
    known gap covers is not taken back twice.
    """
    at_ms = entry.at_ms
    start_ms = at_ms - lost_ms
    if flow.first_drop_ms is not None:
        start_ms = max(start_ms, min(flow.first_drop_ms, at_ms))
    if flow.gap is not None:
        if start_ms < flow.gap.start_ms:
            _count(flow, -_flowed_ms(flow, start_ms, flow.gap.start_ms))
            gap = flow.gap
            flow.gap = Gap(start_ms, None, gap.reason, gap.event_id, gap.stopped_by)
            flow.stopped_ms = start_ms
        return
    _count(flow, -_flowed_ms(flow, start_ms, at_ms))
    add_closed_gap(flow, Gap(start_ms, at_ms, None, entry.event_id, "measured", entry.event_id), rules)


def _flowed_ms(flow: Flow, start_ms: int, end_ms: int) -> int:
    """Time between two moments that no known gap covers."""
    return end_ms - start_ms - covered_ms(flow.closed_gaps, start_ms, end_ms)


def covered_ms(gaps: tuple[Gap, ...], start_ms: int, end_ms: int) -> int:
    """How much of a stretch of time the gaps cover together, overlaps counted once."""
    covered = 0
    reached_ms = start_ms
    for gap in sorted(gaps, key=lambda one: one.start_ms):
        from_ms = max(gap.start_ms, reached_ms)
        to_ms = min(end_ms if gap.end_ms is None else gap.end_ms, end_ms)
        if to_ms > from_ms:
            covered += to_ms - from_ms
            reached_ms = to_ms
    return covered

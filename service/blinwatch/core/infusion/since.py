"""When a lasting code began to hold, so that an alert carries the deadline's own time.

What:      the moment for each code that follows from the passing of time.
Source:    design decision 4; the limits are those of the rules themselves.
Caveats:   hours infused are counted back over the gaps of the last 24 h; older gaps make the moment a little late.
"""

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.core.findings import InfusionFindings
from blinwatch.core.infusion.flow import HOUR_MS, MINUTE_MS, Flow, Gap

_DAY_MS = 24 * HOUR_MS


def since_ms(
    code: str, flow: Flow, present: InfusionFindings, at_ms: int, start_ms: int | None, rules: InfusionRules
) -> int | None:
    """The first moment of a code that holds at `at_ms`, or None where nobody can tell."""
    if code in ("INF_DOSE_OVER_CAP", "INF_DOSE_MISMATCH"):
        return flow.dose_ms
    if code == "INF_INTERVAL_SHORT":
        return flow.first_drop_ms
    if code == "INF_RATE_DEVIATION":
        return _after(flow.deviating_since_ms, rules.rate_deviation_from_min * MINUTE_MS)
    if code == "INF_COMM_LOSS" and present.minutes_since_message is not None:
        silent_ms = round((present.minutes_since_message - rules.silence_after_min) * MINUTE_MS)
        return at_ms - silent_ms + 1
    if code == "INF_BAG_OVERRUN" and present.hang_h is not None and present.bag_type_h is not None:
        return at_ms - round((present.hang_h - present.bag_type_h - rules.hang_overrun_after_h) * HOUR_MS) + 1
    if code == "INF_SETTING_ALERT" and start_ms is not None:
        return start_ms
    if flow.gap is not None and code.startswith("INF_INTERRUPT"):
        return gap_code_ms(code, flow.gap, rules)
    return _since_infused(code, flow, present, at_ms, rules)


def gap_code_ms(code: str, gap: Gap, rules: InfusionRules) -> int:
    """The first moment of an interruption code for an open gap."""
    if code == "INF_INTERRUPT_GT7D":
        return gap.start_ms + round(rules.gap_new_cycle_after_h * HOUR_MS) + 1
    if code == "INF_INTERRUPT_4H":
        return gap.start_ms + round(rules.gap_long_from_h * HOUR_MS)
    return gap.start_ms + round(rules.gap_grace_min[gap.counted_reason] * MINUTE_MS) + 1


def _since_infused(code: str, flow: Flow, present: InfusionFindings, at_ms: int, rules: InfusionRules) -> int | None:
    """Codes that begin after so many infused hours."""
    at_start_h, total_h = present.infused_h_at_start_dose, present.infused_h_total
    passed_h, strictly = {
        "INF_DOSE_STEP_DUE": (None if at_start_h is None else at_start_h - rules.step_due_from_h, 0),
        "INF_DOSE_STEP_OVERDUE": (None if at_start_h is None else at_start_h - rules.step_overdue_after_h, 1),
        "INF_CYCLE_END": (None if total_h is None else total_h - rules.cycle_end_from_h, 0),
        "INF_OVER_28D": (None if total_h is None else total_h - rules.over_28d_after_h, 1),
    }.get(code, (None, 0))
    return None if passed_h is None else _back(flow, at_ms, round(passed_h * HOUR_MS)) + strictly


def _back(flow: Flow, at_ms: int, infused_ms: int) -> int:
    """The moment since which `infused_ms` have been infused."""
    moment_ms = at_ms if flow.flowing or flow.stopped_ms is None else flow.stopped_ms
    for gap in reversed(flow.closed_gaps):
        end_ms = gap.end_ms or gap.start_ms
        if moment_ms - infused_ms >= end_ms:
            break
        infused_ms -= max(0, moment_ms - end_ms)
        moment_ms = min(moment_ms, gap.start_ms)
    return moment_ms - infused_ms


def _after(since: int | None, delay_ms: float) -> int | None:
    return None if since is None else since + round(delay_ms)

"""Past events that are still current: flushes, boluses, alarms, steps, restarts (section 0: 24 h, end point included).

What:      each past event as its own small set of findings, judged by the same rules as a snapshot.
Source:    rule reference section 0 (past events) and section A (INF-3, 8, 9, 10, 11, 16, 17, 19, 20, 21).
Inputs:    the flow record, the order's facts, premedication doses, the moment.
Caveats:   the early step is a past event: its code ends 24 h after the full dose began to flow, also when that dose
           runs on. While the full dose is only programmed, in a gap, the code holds already.
"""

from dataclasses import replace

from blinwatch.clinical.infusion_rules import InfusionRules, OccasionName
from blinwatch.core.events import TherapyOrdered
from blinwatch.core.evidence import Evidence, to_datetime
from blinwatch.core.findings import InfusionFindings, Premedication
from blinwatch.core.infusion.dose_step import judge_dose_step
from blinwatch.core.infusion.flow import (
    HOUR_MS,
    MINUTE_MS,
    Flow,
    Gap,
    Happening,
    at_start_dose_ms,
    level_in_force,
    step_in_force,
)
from blinwatch.core.infusion.flow_time import covered_ms
from blinwatch.core.infusion.flush_and_bolus import judge_pump_act, judge_volume
from blinwatch.core.infusion.interruption import judge_gap_total, judge_interruption
from blinwatch.core.infusion.line import judge_line_alarm, judge_lumen
from blinwatch.core.infusion.order_facts import OrderFacts
from blinwatch.core.infusion.premedication import PremedDose, judge_premedication
from blinwatch.core.infusion.present import age_known_at
from blinwatch.core.infusion.setting import judge_setting
from blinwatch.core.infusion.verdict import RuleResult


def stamp(result: RuleResult | None, at_ms: int, event_id: str, *, own_alert: bool = True) -> list[RuleResult]:
    """The result with its findings bound to the event behind them; nothing for a rule that was not asked."""
    if result is None:
        return []
    findings = tuple(
        replace(
            finding,
            since_ms=at_ms,
            event_id=event_id if own_alert else None,
            evidence=tuple(_seen(item, at_ms, event_id) for item in finding.evidence),
        )
        for finding in result.findings
    )
    return [replace(result, findings=findings)]


def _seen(item: Evidence, at_ms: int, event_id: str) -> Evidence:
    return replace(item, observed_at=to_datetime(at_ms), event_id=event_id)


def is_current(event_ms: int, at_ms: int, rules: InfusionRules) -> bool:
    """Whether an event's code still holds: for 24 h, exactly 24 h included."""
    return event_ms <= at_ms and at_ms - event_ms <= rules.past_event_current_h * HOUR_MS


# --- Flush, bolus, volume, lumen, alarms --------------------------------------------------------------------


def judge_happenings(flow: Flow, at_ms: int, rules: InfusionRules) -> list[RuleResult]:
    """The codes of everything that happened within the last 24 h."""
    results: list[RuleResult] = []
    for happening in flow.happenings:
        if is_current(happening.at_ms, at_ms, rules):
            results += _judge_happening(happening, flow, rules)
    if flow.shortfall_unjudged_ms is not None and is_current(flow.shortfall_unjudged_ms, at_ms, rules):
        results.append(RuleResult(missing=("a rate for the volume missing after the lost connection",)))
    return results


def _judge_happening(happening: Happening, flow: Flow, rules: InfusionRules) -> list[RuleResult]:
    at_ms, event_id = happening.at_ms, happening.event_id
    match happening.kind:
        case "lumen":
            return stamp(judge_lumen(InfusionFindings(lumen_event=happening.lumen_event), rules), at_ms, event_id)
        case "volume":
            view = InfusionFindings(
                volume_delivered_ml=happening.volume_ml,
                window_min=happening.window_min,
                rate_ml_h=happening.rate_ml_h,
            )
            return stamp(judge_volume(view, rules), at_ms, event_id)
        case "occlusion" | "air":
            # One alert for an alarm that repeats, so these carry no event of their own.
            view = InfusionFindings(pump_event=happening.kind, restarted=flow.flowing)
            return stamp(judge_line_alarm(view, rules), at_ms, event_id, own_alert=False)
        case _:
            return stamp(judge_pump_act(InfusionFindings(pump_event=happening.kind), rules), at_ms, event_id)


# --- Steps (INF-3) ---------------------------------------------------------------------------------------------


def judge_steps(flow: Flow, facts: OrderFacts, at_ms: int, rules: InfusionRules) -> list[RuleResult]:
    """INF_DOSE_STEP_EARLY of steps within 24 h, and of a full dose programmed in a gap that has not flowed yet."""
    results: list[RuleResult] = []
    for step in flow.steps:
        if is_current(step.at_ms, at_ms, rules):
            view = _step_view(step.dose_mcg_day, step.at_start_dose_ms)
            results += stamp(_step_result(view, facts, rules), step.at_ms, step.event_id)
    if waiting_step(flow, facts, rules) and flow.dose_mcg_day is not None:
        view = _step_view(flow.dose_mcg_day, at_start_dose_ms(flow, facts, rules))
        results += stamp(_step_result(view, facts, rules), flow.dose_ms or at_ms, flow.dose_event_id or "")
    return results


def waiting_step(flow: Flow, facts: OrderFacts, rules: InfusionRules) -> bool:
    """Whether the full dose is programmed while the flow stands, to begin with the restart."""
    return (
        flow.gap is not None
        and step_in_force(flow, facts)
        and level_in_force(flow.dose_mcg_day, facts, rules) == "full"
        and level_in_force(flow.flowed_dose_mcg_day, facts, rules) != "full"
    )


def _step_view(dose_mcg_day: float, at_start_ms: int) -> InfusionFindings:
    return InfusionFindings(
        restart_low=True, programmed_dose_mcg_day=dose_mcg_day, infused_h_at_start_dose=at_start_ms / HOUR_MS
    )


def _step_result(view: InfusionFindings, facts: OrderFacts, rules: InfusionRules) -> RuleResult | None:
    return judge_dose_step(view, rules, facts.levels)


# --- Premedication (INF-8, INF-19) --------------------------------------------------------------------------------


def judge_premedications(
    flow: Flow,
    facts: OrderFacts,
    order: TherapyOrdered | None,
    premeds: tuple[PremedDose, ...],
    at_ms: int,
    rules: InfusionRules,
) -> list[RuleResult]:
    """INF_PREMED_MISSING of the cycle's start, of steps and of restarts after 4 h or more, each for 24 h."""
    asked: list[tuple[OccasionName, int, str]] = []
    first_ms = flow.first_drop_ms
    documented = order is None or order.cycle_start_premed_documented or facts.infused_before_ms > 0
    if first_ms is not None and not documented:
        asked.append(("cycle_start", first_ms, flow.first_drop_event_id or ""))
    asked.extend(("step", step.at_ms, step.event_id) for step in flow.steps if not step.is_first_drop)
    asked.extend(
        ("restart", gap.end_ms, gap.end_event_id or gap.event_id)
        for gap in long_closed_gaps(flow, rules)
        if gap.end_ms is not None
    )
    results: list[RuleResult] = []
    for occasion, occasion_ms, event_id in asked:
        if is_current(occasion_ms, at_ms, rules):
            view = replace(
                facts.known,
                age_years=age_known_at(order, facts, occasion_ms),
                context=occasion,
                premed=_given_before(premeds, occasion_ms),
            )
            results += stamp(judge_premedication(view, rules), occasion_ms, event_id)
    return results


def _given_before(premeds: tuple[PremedDose, ...], occasion_ms: int) -> tuple[Premedication, ...]:
    return tuple(
        Premedication(drug=dose.drug, dose_mg=dose.dose_mg, min_before=(occasion_ms - dose.at_ms) / MINUTE_MS)
        for dose in premeds
        if dose.at_ms <= occasion_ms
    )


# --- Closed gaps (INF-9, INF-20, INF-21) --------------------------------------------------------------------------


def long_closed_gaps(flow: Flow, rules: InfusionRules) -> list[Gap]:
    """Closed gaps of 4 h or more of the last 24 h."""
    long_ms = rules.gap_long_from_h * HOUR_MS
    return [gap for gap in flow.closed_gaps if gap.length_ms(flow.at_ms) >= long_ms]


def judge_long_gap(flow: Flow, rules: InfusionRules) -> list[RuleResult]:
    """INF_INTERRUPT_GT7D of a closed gap, for the rest of the cycle."""
    gap = flow.long_gap
    if gap is None:
        return []
    view = InfusionFindings(
        gap_min=gap.length_ms(flow.at_ms) / MINUTE_MS, gap_reason=gap.counted_reason, restarted=True
    )
    began_ms = gap.start_ms + round(rules.gap_new_cycle_after_h * HOUR_MS) + 1
    return stamp(judge_interruption(view, rules), began_ms, gap.event_id, own_alert=False)


def counted_gaps(flow: Flow, rules: InfusionRules) -> tuple[Gap, ...]:
    """Gaps as INF-9 counts them: a bag change only from its 31st minute on, the open gap up to now."""
    free_ms = round(rules.bag_change_free_min * MINUTE_MS)
    gaps = flow.closed_gaps if flow.gap is None else (*flow.closed_gaps, flow.gap)
    return tuple(
        replace(gap, start_ms=gap.start_ms + free_ms) if gap.counted_reason == "bag_change" else gap for gap in gaps
    )


def long_gap_touches(flow: Flow, at_ms: int, rules: InfusionRules) -> bool:
    """Whether a gap of 4 h or more, open or closed, reaches into the last 24 h."""
    window_start_ms = at_ms - round(rules.gap_window_h * HOUR_MS)
    open_long = flow.gap is not None and flow.gap.length_ms(at_ms) >= rules.gap_long_from_h * HOUR_MS
    return open_long or any((gap.end_ms or 0) > window_start_ms for gap in long_closed_gaps(flow, rules))


def judge_short_gaps(flow: Flow, at_ms: int, rules: InfusionRules) -> list[RuleResult]:
    """INF_CUMULATIVE_GAP over the last 24 h; gaps that overlap count once."""
    if flow.gap is None and not flow.closed_gaps:
        return []
    window_start_ms = at_ms - round(rules.gap_window_h * HOUR_MS)
    total_ms = covered_ms(counted_gaps(flow, rules), window_start_ms, at_ms)
    if long_gap_touches(flow, at_ms, rules):
        return []
    return [judge_gap_total(total_ms / MINUTE_MS, rules)]


def judge_restart_setting(flow: Flow, facts: OrderFacts, at_ms: int, rules: InfusionRules) -> list[RuleResult]:
    """INF_SETTING_ALERT of the first 24 h after a restart from a gap of 4 h or more; silent otherwise."""
    gaps = long_closed_gaps(flow, rules)
    if not gaps or facts.known.location is None or flow.therapy_over:
        return []
    restarted_ms = gaps[-1].end_ms or 0
    view = replace(
        facts.known,
        gap_h=rules.gap_long_from_h,
        restarted=True,
        hours_since_restart=(at_ms - restarted_ms) / HOUR_MS,
    )
    result = judge_setting(view, rules)
    if result is None or not result.findings:
        return []
    return stamp(result, restarted_ms, gaps[-1].end_event_id or gaps[-1].event_id, own_alert=False)

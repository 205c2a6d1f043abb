"""The infusion judged live: the ledger's story at one moment, under the same rules as a charted snapshot.

What:      builds findings in section 0's vocabulary from the ledger and the order, asks every rule, and stamps each
           finding with the time it began to hold and the event behind it.
Source:    rule reference section 0 (INFUSION events, past events current for 24 h) and section A.
Inputs:    ledger, order, premedication doses, optionally values that somebody charted; the moment.
Caveats:   charted values are judged beside the ledger's, never instead of them, so that a stale chart hides nothing.
           The first bag's hang time is judged only of a pump that sends status reports: of a bare list of events
           nobody knows whether a bag change was left out.
"""

from dataclasses import dataclass, fields, replace
from typing import Literal

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.core.events import TherapyOrdered
from blinwatch.core.evidence import to_datetime
from blinwatch.core.findings import InfusionFindings
from blinwatch.core.infusion.dose_due import judge_dose
from blinwatch.core.infusion.dose_step import judge_dose_step
from blinwatch.core.infusion.flow import (
    HOUR_MS,
    MINUTE_MS,
    Flow,
    at_start_dose_ms,
    infused_total_ms,
    level_in_force,
    step_in_force,
)
from blinwatch.core.infusion.judge import RULES, Rule, conclude
from blinwatch.core.infusion.ledger import Ledger, flow_at
from blinwatch.core.infusion.milestones import NO_MILESTONES, Milestones, milestones_of
from blinwatch.core.infusion.next_change import next_change_ms
from blinwatch.core.infusion.order_facts import OrderFacts, band_weight_kg, read_order
from blinwatch.core.infusion.past_events import (
    judge_happenings,
    judge_long_gap,
    judge_premedications,
    judge_restart_setting,
    judge_short_gaps,
    judge_steps,
)
from blinwatch.core.infusion.premedication import PremedDose
from blinwatch.core.infusion.present import cycle_start_ms, hanging_bag, present_findings
from blinwatch.core.infusion.setting import judge_setting
from blinwatch.core.infusion.since import since_ms
from blinwatch.core.infusion.verdict import ASKED, InfusionFinding, InfusionVerdict, RuleResult

__all__ = ["FlowState", "TimelineView", "judge_timeline", "next_change_ms"]

FlowState = Literal["unknown", "not_started", "running", "interrupted", "bag_change", "ended"]
_BY_BAND: tuple[Rule, ...] = (judge_dose, judge_dose_step)
"""Rules that read the weight at cycle start; every other rule reads the weight now."""
_FIELDS = tuple(field.name for field in fields(InfusionFindings))


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineView:
    """The verdict at one moment, with what a board shows beside it. Times in ms since 1970 UTC."""

    verdict: InfusionVerdict
    state: FlowState
    rate_ml_h: float | None = None
    dose_mcg_day: float | None = None
    infused_h_total: float | None = None
    gap_min: float | None = None
    cycle_start_ms: int | None = None
    flow_stopped_ms: int | None = None
    """Since when nothing flows, while a cycle is on or after its end."""
    bag_due_at_ms: int | None = None
    step_due_at_ms: int | None = None
    """If the flow goes on without a gap."""
    end_due_at_ms: int | None = None
    last_message_at_ms: int | None = None
    bag_type_h: float | None = None
    bag_label_rate_ml_h: float | None = None
    """The bag that hangs, else the ordered one."""
    milestones: Milestones = NO_MILESTONES


def judge_timeline(
    ledger: Ledger,
    order: TherapyOrdered | None,
    premeds: tuple[PremedDose, ...],
    at_ms: int,
    rules: InfusionRules,
    charted: InfusionFindings | None = None,
) -> TimelineView:
    """The verdict at `at_ms`; events later than that are ignored."""
    facts = read_order(order, charted, ledger.start_weight_kg, rules)
    return judge_flow(flow_at(ledger, facts, at_ms, rules), facts, ledger, order, premeds, at_ms, rules, charted)


def judge_flow(  # noqa: PLR0913, PLR0917 - the arguments of `judge_timeline` and what it reads from them first
    flow: Flow,
    facts: OrderFacts,
    ledger: Ledger,
    order: TherapyOrdered | None,
    premeds: tuple[PremedDose, ...],
    at_ms: int,
    rules: InfusionRules,
    charted: InfusionFindings | None = None,
) -> TimelineView:
    """The same, where what the ledger amounts to at `at_ms` is known already."""
    present = present_findings(flow, facts, order, at_ms, rules)
    begun = ledger.settled is not None or any(entry.at_ms <= at_ms for entry in ledger.entries)
    results = [ASKED] if begun else []
    if begun or order is not None:
        results += _standing(flow, facts, present, at_ms, rules)
    results += judge_happenings(flow, at_ms, rules)
    results += judge_steps(flow, facts, at_ms, rules)
    results += judge_premedications(flow, facts, order, premeds, at_ms, rules)
    results += judge_long_gap(flow, rules)
    results += judge_short_gaps(flow, at_ms, rules)
    if charted is not None:
        beside = beside_chart(present, facts, charted)
        if _rate_serves_shortfall(beside, flow, ledger, at_ms):
            beside = replace(beside, rate_ml_h=None)
        results += _charted(facts, beside, charted, rules)
        present = overlaid(present, charted)
    shown = _for_band(present, facts, rules)
    if shown.context is None:
        shown = replace(shown, context=_coming_occasion(flow, facts, at_ms, rules))
    return _view(conclude(results, shown, rules), flow, facts, present, at_ms, rules)


def _coming_occasion(
    flow: Flow, facts: OrderFacts, at_ms: int, rules: InfusionRules
) -> Literal["restart", "step"] | None:
    """What premedication will be needed for next, so that its target can be shown."""
    if flow.gap is not None and flow.gap.length_ms(at_ms) >= rules.gap_long_from_h * HOUR_MS:
        return "restart"
    waiting = step_in_force(flow, facts) and level_in_force(flow.dose_mcg_day, facts, rules) == "start"
    return "step" if waiting else None


def overlaid(present: InfusionFindings, charted: InfusionFindings) -> InfusionFindings:
    """The findings with every charted value in place. A charted gap or rate comes with its own details."""
    given = {name: getattr(charted, name) for name in _FIELDS}
    given = {name: value for name, value in given.items() if value is not None}
    if charted.gap_h is not None or charted.gap_min is not None:
        present = replace(present, gap_h=None, gap_min=None, gap_reason=None, restarted=None)
    if charted.rate_ml_h is not None:
        present = replace(present, deviation_min=None)
    return replace(present, **given)


def beside_chart(present: InfusionFindings, facts: OrderFacts, charted: InfusionFindings) -> InfusionFindings:
    """A chart with what its rules need beside it: the order, cycle day and hours, and what completes a charted value.

    The pump's own gaps, bag and messages stay out: they are judged by themselves, and mixed with a chart of another
    hour they would tell of things that never were together.
    """
    values: dict[str, float | int | str | bool | None] = {
        "age_years": present.age_years,
        "cycle_day": present.cycle_day,
        "location": present.location,
        "restart_low": present.restart_low,
        "infused_h_total": present.infused_h_total,
    }
    if charted.programmed_dose_mcg_day is not None or charted.infused_h_at_start_dose is not None:
        values["programmed_dose_mcg_day"] = present.programmed_dose_mcg_day
        values["infused_h_at_start_dose"] = present.infused_h_at_start_dose
    if charted.volume_delivered_ml is not None:
        values["rate_ml_h"] = present.rate_ml_h
    return overlaid(replace(facts.known, **values), charted)


def _for_band(present: InfusionFindings, facts: OrderFacts, rules: InfusionRules) -> InfusionFindings:
    """The findings with the weight that decides the dose band."""
    weight_kg = band_weight_kg(present.weight_kg, facts.start_weight_kg, rules)
    return present if weight_kg == present.weight_kg else replace(present, weight_kg=weight_kg)


def _standing(
    flow: Flow, facts: OrderFacts, present: InfusionFindings, at_ms: int, rules: InfusionRules
) -> list[RuleResult]:
    """Every rule that reads what is true now, by pump and order."""
    left_out: list[Rule] = []
    if level_in_force(flow.dose_mcg_day, facts, rules) == "full":
        # The full dose came by a step, which is judged as the past event it is.
        left_out.append(judge_dose_step)
    after_restart = judge_restart_setting(flow, facts, at_ms, rules)
    if after_restart:
        left_out.append(judge_setting)
    results = _ask_but(left_out, present, facts, rules) + after_restart
    start_ms = cycle_start_ms(flow, facts)
    return [_dated(result, flow, present, at_ms, start_ms, rules) for result in results]


def _ask_but(
    left_out: list[Rule], present: InfusionFindings, facts: OrderFacts, rules: InfusionRules
) -> list[RuleResult]:
    by_band = _for_band(present, facts, rules)
    answers = (rule(by_band if rule in _BY_BAND else present, rules) for rule in RULES if rule not in left_out)
    return [answer for answer in answers if answer is not None]


def _rate_serves_shortfall(present: InfusionFindings, flow: Flow, ledger: Ledger, at_ms: int) -> bool:
    """Whether the rate only turns a totaliser shortfall, told or to come, into time (INF-18).

    Its bag is no essential then. A rate of 0 turns nothing into time: it is a standstill.
    """
    if not present.rate_ml_h or present.bag_type_h is not None or present.bag_label_rate_ml_h is not None:
        return False
    lost_or_back = any(entry.kind in ("comm_lost", "comm_back") for entry in ledger.entries if entry.at_ms <= at_ms)
    return lost_or_back or flow.shortfall_ms is not None


def _charted(
    facts: OrderFacts, present: InfusionFindings, charted: InfusionFindings, rules: InfusionRules
) -> list[RuleResult]:
    """Every rule once more, on what somebody charted and what a rule needs of order and pump beside it."""
    dose_is_charted = charted.programmed_dose_mcg_day is not None or charted.infused_h_at_start_dose is not None
    return _ask_but([] if dose_is_charted else [judge_dose_step], present, facts, rules)


def _dated(
    result: RuleResult,
    flow: Flow,
    present: InfusionFindings,
    at_ms: int,
    start_ms: int | None,
    rules: InfusionRules,
) -> RuleResult:
    """The result with each finding told since when, and which event lies behind it."""
    if not result.findings:
        return result
    dated = tuple(
        finding
        if finding.since_ms is not None
        else replace(
            _with_source(finding, flow), since_ms=since_ms(finding.code, flow, present, at_ms, start_ms, rules)
        )
        for finding in result.findings
    )
    return replace(result, findings=dated)


def _with_source(finding: InfusionFinding, flow: Flow) -> InfusionFinding:
    """The evidence bound to the pump event it comes from, where one is known."""
    at_ms, event_id = None, None
    if finding.code.startswith("INF_INTERRUPT") and flow.gap is not None:
        at_ms, event_id = flow.gap.start_ms, flow.gap.event_id
    elif finding.code in ("INF_DOSE_OVER_CAP", "INF_DOSE_MISMATCH", "INF_DOSE_STEP_DUE", "INF_DOSE_STEP_OVERDUE"):
        at_ms, event_id = flow.dose_ms, flow.dose_event_id
    elif finding.code == "INF_RATE_DEVIATION":
        at_ms, event_id = flow.deviating_since_ms, flow.rate_event_id
    elif finding.code == "INF_COMM_LOSS":
        at_ms = flow.comm_lost_ms if flow.last_message_ms is None else flow.last_message_ms
    if at_ms is None:
        return finding
    seen_at = to_datetime(at_ms)
    evidence = tuple(replace(item, observed_at=seen_at, event_id=event_id) for item in finding.evidence)
    return replace(finding, evidence=evidence)


def _view(
    verdict: InfusionVerdict,
    flow: Flow,
    facts: OrderFacts,
    present: InfusionFindings,
    at_ms: int,
    rules: InfusionRules,
) -> TimelineView:
    bag = hanging_bag(flow, facts)
    remaining_ms = round(rules.cycle_end_from_h * HOUR_MS) - infused_total_ms(flow, facts)
    state = _state(flow)
    live = state in ("running", "interrupted", "bag_change")
    bag_h = None if bag is None else present.bag_type_h
    return TimelineView(
        verdict=verdict,
        state=state,
        rate_ml_h=flow.rate_ml_h if flow.flowing else None,
        dose_mcg_day=flow.dose_mcg_day if live else None,
        infused_h_total=None if flow.first_drop_ms is None else infused_total_ms(flow, facts) / HOUR_MS,
        gap_min=None if flow.gap is None else flow.gap.length_ms(at_ms) / MINUTE_MS,
        cycle_start_ms=cycle_start_ms(flow, facts),
        flow_stopped_ms=None if flow.flowing else flow.stopped_ms,
        bag_due_at_ms=None if bag is None or bag_h is None else bag.hung_ms + round(bag_h * HOUR_MS),
        step_due_at_ms=_step_due_at_ms(flow, facts, at_ms, rules) if live else None,
        end_due_at_ms=at_ms + remaining_ms if live and remaining_ms > 0 else None,
        last_message_at_ms=flow.last_message_ms,
        bag_type_h=present.bag_type_h,
        bag_label_rate_ml_h=present.bag_label_rate_ml_h,
        milestones=milestones_of(flow, facts, rules),
    )


def _state(flow: Flow) -> FlowState:
    if flow.flowing:
        return "running"
    if flow.gap is not None:
        return "bag_change" if flow.gap.reason == "bag_change" else "interrupted"
    if flow.ended_ms is not None or flow.therapy_over:
        return "ended"
    return "not_started" if flow.first_drop_ms is None and flow.at_ms >= 0 else "unknown"


def _step_due_at_ms(flow: Flow, facts: OrderFacts, at_ms: int, rules: InfusionRules) -> int | None:
    waiting = step_in_force(flow, facts) and level_in_force(flow.dose_mcg_day, facts, rules) == "start"
    if not waiting:
        return None
    return at_ms + round(rules.step_due_from_h * HOUR_MS) - at_start_dose_ms(flow, facts, rules)

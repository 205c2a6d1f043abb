"""Every domain judged again, as far as an event or a deadline touched it, and its alerts brought in line.

What:      the order in which domains are judged: each may read those before it. Infusion, attributions, CRS, drugs,
           ICANS, other events, dose advice, monitoring, early warning. A change in one touches what depends on it.
Source:    design decisions 1, 4 and 6.
Inputs:    the judgement with the event's facts in it, the moment, what was touched.
Caveats:   a domain that is not touched keeps its view until its own deadline.
"""

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core import alert_lifecycle
from blinwatch.core.adverse_event_conditions import adverse_event_conditions
from blinwatch.core.adverse_events.judge import carried_on, judge_adverse_events, signature
from blinwatch.core.adverse_events.judge import next_change_ms as next_events_ms
from blinwatch.core.alert_lifecycle import Moment
from blinwatch.core.attribution import attributions_in_force, next_end_ms
from blinwatch.core.crs_conditions import crs_conditions
from blinwatch.core.crs_course import announced_changes_ms
from blinwatch.core.decisions import Decision
from blinwatch.core.detect_blindness import blindness_condition
from blinwatch.core.detect_silence import silence_conditions, silence_deadline_ms, silent_names
from blinwatch.core.dose_advice.episode import ReactionBook
from blinwatch.core.dose_advice.live import standing_advice
from blinwatch.core.dose_advice.reaction_book import next_change_ms as next_dose_ms
from blinwatch.core.dose_advice.reaction_book import observe_grade, settle
from blinwatch.core.dose_conditions import dose_conditions, next_dose_condition_ms
from blinwatch.core.early_warning import live as early_warning
from blinwatch.core.early_warning_conditions import early_warning_conditions
from blinwatch.core.evidence import Condition, Domain
from blinwatch.core.evolve import evolve
from blinwatch.core.icans_conditions import icans_conditions, icans_deadline_ms
from blinwatch.core.infusion.ledger import flow_at
from blinwatch.core.infusion.next_change import next_flow_change_ms
from blinwatch.core.infusion.order_facts import read_order
from blinwatch.core.infusion.timeline import TimelineView, judge_flow
from blinwatch.core.infusion_conditions import infusion_conditions
from blinwatch.core.interaction_conditions import interaction_conditions
from blinwatch.core.interactions.live import judge_interactions
from blinwatch.core.interactions.live import next_change_ms as next_interactions_ms
from blinwatch.core.live_facts import dose_facts, event_facts, interaction_facts
from blinwatch.core.patient_state import CHARTED_STANDS_MS, Judgement, charted_in_force, ward_of
from blinwatch.core.take_examination import examine_again
from blinwatch.core.take_in import observe
from blinwatch.core.taken import (
    CRS,
    DOSE,
    EVENTS,
    EVERYTHING,
    ICANS,
    INFUSION,
    INTERACTIONS,
    MONITORING,
)
from blinwatch.core.tell_dose import advice_signature, tell_advice
from blinwatch.core.tell_grade import grade_signature, tell_grade, worth_telling
from blinwatch.core.tell_icans import icans_signature, tell_icans

Said = list[Decision]
_EVENT_DOMAINS: tuple[Domain, ...] = ("infection", "vitals", "laboratory")


def judge_domains(
    j: Judgement,
    at_ms: int,
    touched: int,
    decisions: tuple[Decision, ...],
    caused_by: str | None,
    rulebook: Rulebook,
) -> Judgement:
    """The judgement at `at_ms`, with everything that was decided appended to its log."""
    attributed = attributions_in_force(j.attributions, at_ms) if j.attributions else ()
    moment = Moment(j.patient_id, ward_of(j), at_ms, caused_by, rulebook, attributed)
    said: Said = list(decisions)
    if touched & INFUSION:
        j, more = _judge_infusion(j, moment, said)
        touched |= more
    if j.attributions and tuple(one.sign for one in attributed) != j.attributed:
        j = _judge_attributed(j, moment)
        touched |= CRS | ICANS
    if touched & CRS:
        j, more = _judge_crs(j, moment, said)
        touched |= more
    if touched & INTERACTIONS:
        j = _judge_interactions(j, moment, said)
    if touched & ICANS:
        j, more = _judge_icans(j, moment, said)
        touched |= more
    if touched & EVENTS or _bands_changed(j, moment):
        j = _judge_events(j, moment, said)
        touched |= DOSE
    if touched & DOSE:
        j = _judge_dose(j, moment, said)
    if touched & MONITORING:
        j = _judge_monitoring(j, moment, said)
    if early_warning.is_due(j, at_ms):
        j = _judge_early_warning(j, moment, said)
    if touched == EVERYTHING:
        book, steps = alert_lifecycle.pass_time(j.alerts, moment)
        if steps:
            said.extend(steps)
            j = evolve(j, alerts=book)
    log = (*j.log, *said) if said else j.log
    return evolve(j, clock_ms=at_ms, deadline_ms=next_deadline_ms(j, at_ms, rulebook), log=log)


def _judge_infusion(j: Judgement, moment: Moment, said: Said) -> tuple[Judgement, int]:
    at_ms, rulebook = moment.at_ms, moment.rulebook
    rules = rulebook.infusion
    charted = charted_in_force(j, at_ms)
    findings = None if charted is None else charted.findings
    before = j.infusion
    # What the ledger amounts to is asked twice: for the verdict, and for when it may change.
    facts = read_order(j.order, findings, j.ledger.start_weight_kg, rules)
    flow = flow_at(j.ledger, facts, at_ms, rules)
    view = judge_flow(flow, facts, j.ledger, j.order, j.premeds, at_ms, rules, charted=findings)
    due_ms = earliest(
        next_flow_change_ms(flow, facts, j.ledger, j.order, at_ms, rules),
        None if charted is None else charted.at_ms + CHARTED_STANDS_MS,
    )
    j = evolve(j, infusion=view, infusion_ms=at_ms, infusion_deadline_ms=due_ms)
    j = _bring_in_line(j, "infusion", infusion_conditions(j, at_ms, rulebook), moment, said)
    same = before is not None and same_for_others(before, view)
    return j, 0 if same else INTERACTIONS | ICANS | EVENTS | DOSE


def same_for_others(before: TimelineView, view: TimelineView) -> bool:
    """Whether nothing of the infusion has changed that another domain reads."""
    return (
        before.state == view.state
        and before.cycle_start_ms == view.cycle_start_ms
        and before.milestones == view.milestones
    )


def _judge_attributed(j: Judgement, moment: Moment) -> Judgement:
    """Staff attribute signs otherwise than when they were last graded: grade them again."""
    j = evolve(j, attributed=tuple(one.sign for one in moment.attributions))
    if j.signals:
        j = observe(j, moment.at_ms, moment.rulebook)
    return examine_again(j, moment.at_ms, moment.rulebook)


def _judge_crs(j: Judgement, moment: Moment, said: Said) -> tuple[Judgement, int]:
    if j.grade is None:
        return j, 0
    told = grade_signature(j, moment.at_ms)
    if told == j.told_grade:
        # Nothing that a subscriber or an alert could see has changed: by far the most common case.
        return j, 0
    if worth_telling(j.told_grade, told):
        said.append(tell_grade(j, moment))
    j = evolve(j, told_grade=told, reactions=_observed_crs(j, moment))
    j = _bring_in_line(j, "crs", crs_conditions(j, moment), moment, said)
    return j, INTERACTIONS | EVENTS | DOSE


def _observed_crs(j: Judgement, moment: Moment) -> ReactionBook:
    """Dose advice remembers the grade on both scales (section D)."""
    level = None if j.infusion is None else j.infusion.milestones.dose_level
    seen_ms = j.graded_ms
    assert j.grade is not None, "remembered only where a grade was assigned"  # noqa: S101
    assert seen_ms is not None, "a grade has the moment at which it was assigned"  # noqa: S101
    book = observe_grade(j.reactions, "crs", j.grade.grade, seen_ms, level, moment.rulebook, scale="ASTCT")
    other = None if j.ctcae_crs is None else j.ctcae_crs.grade
    return observe_grade(book, "crs", other, seen_ms, level, moment.rulebook, scale="CTCAE")


def _judge_interactions(j: Judgement, moment: Moment, said: Said) -> Judgement:
    if not j.drugs.drugs and j.interactions is None:
        return j
    if j.death_due_to is not None:
        j = evolve(j, interactions=None, interactions_ms=None, interaction_facts=None, interactions_deadline_ms=None)
        return _bring_in_line(j, "interaction", (), moment, said)
    at_ms, rulebook = moment.at_ms, moment.rulebook
    facts = interaction_facts(j, at_ms, rulebook)
    j = evolve(
        j,
        interactions=judge_interactions(j.drugs, facts, at_ms, rulebook),
        interactions_ms=at_ms,
        interaction_facts=facts,
        interactions_deadline_ms=next_interactions_ms(j.drugs, facts, at_ms, rulebook),
    )
    return _bring_in_line(j, "interaction", interaction_conditions(j, at_ms, rulebook), moment, said)


def _judge_icans(j: Judgement, moment: Moment, said: Said) -> tuple[Judgement, int]:
    touched = 0
    if j.neuro.latest is not None:
        told = icans_signature(j, moment.at_ms)
        if told != j.told_icans:
            said.append(tell_icans(j, moment))
            j = evolve(j, told_icans=told)
            touched = INTERACTIONS | EVENTS
        j = evolve(j, reactions=_observed_neuro(j, moment))
        touched |= DOSE
    return _bring_in_line(j, "icans", icans_conditions(j, moment), moment, said), touched


def _observed_neuro(j: Judgement, moment: Moment) -> ReactionBook:
    """As observed when the patient was examined: passing time is no new examination."""
    level = None if j.infusion is None else j.infusion.milestones.dose_level
    latest, seen_ms = j.neuro.latest, j.neuro.examined_ms
    assert latest is not None, "remembered only where a grade was assigned"  # noqa: S101
    assert seen_ms is not None, "a neurological grade comes from an examination"  # noqa: S101
    book = observe_grade(j.reactions, "neuro", latest.grade, seen_ms, level, moment.rulebook, scale="ASTCT")
    other = None if j.ctcae_neuro is None else j.ctcae_neuro.grade
    return observe_grade(book, "neuro", other, seen_ms, level, moment.rulebook, scale="CTCAE")


def _bands_changed(j: Judgement, moment: Moment) -> bool:
    """Whether a live value has moved into another band of the scores of section F."""
    return signature(event_facts(j, moment.at_ms, moment.rulebook), moment.rulebook) != j.event_signature


def _judge_events(j: Judgement, moment: Moment, said: Said) -> Judgement:
    at_ms, rulebook = moment.at_ms, moment.rulebook
    facts = event_facts(j, at_ms, rulebook)
    if j.death_due_to is not None:
        # Nobody measures, cultures or treats the dead: nothing of section F is asked any more.
        nothing = {"events": None, "event_facts": None, "event_fever": None, "events_deadline_ms": None}
        j = evolve(j, **nothing, event_signature=signature(facts, rulebook))
        for domain in _EVENT_DOMAINS:
            j = _bring_in_line(j, domain, (), moment, said)
        return j
    j = evolve(
        j,
        events=carried_on(j.events, judge_adverse_events(j.event_memory, j.labs, facts, at_ms, rulebook)),
        event_facts=facts,
        event_fever=j.event_memory.fever,
        event_signature=signature(facts, rulebook),
        events_deadline_ms=next_events_ms(j.event_memory, j.labs, facts, at_ms, rulebook),
    )
    conditions = adverse_event_conditions(j, at_ms, rulebook)
    for domain in _EVENT_DOMAINS:
        own = tuple(one for one in conditions if one.domain == domain)
        j = _bring_in_line(j, domain, own, moment, said)
    return j


def _judge_dose(j: Judgement, moment: Moment, said: Said) -> Judgement:
    at_ms, rulebook = moment.at_ms, moment.rulebook
    facts = dose_facts(j, at_ms, rulebook)
    book = settle(j.reactions, facts, at_ms, rulebook)
    advice = standing_advice(book, facts, at_ms, rulebook, j.advice)
    j = evolve(j, reactions=book, advice=advice)
    due_ms = earliest(next_dose_ms(book, facts, at_ms, rulebook), next_dose_condition_ms(j, at_ms, rulebook))
    j = evolve(j, dose_deadline_ms=due_ms)
    told = advice_signature(advice)
    if told != j.told_advice:
        said.append(tell_advice(j, moment))
        j = evolve(j, told_advice=told)
    return _bring_in_line(j, "dose", dose_conditions(j, at_ms, rulebook), moment, said)


def _judge_monitoring(j: Judgement, moment: Moment, said: Said) -> Judgement:
    conditions = silence_conditions(j, moment.at_ms, moment.rulebook)
    blindness = blindness_condition(j, moment.at_ms, moment.rulebook)
    standing = conditions if blindness is None else (*conditions, blindness)
    j = _bring_in_line(j, "monitoring", standing, moment, said)
    silent = silent_names(conditions, j, moment.rulebook)
    return j if silent == j.silent else evolve(j, silent=silent)


def _judge_early_warning(j: Judgement, moment: Moment, said: Said) -> Judgement:
    j, verdict = early_warning.judge(j, moment)
    return _bring_in_line(j, "early_warning", early_warning_conditions(j, verdict, moment), moment, said)


def _bring_in_line(
    j: Judgement, domain: Domain, conditions: tuple[Condition, ...], moment: Moment, said: Said
) -> Judgement:
    if not conditions and not any(alert.domain == domain for alert in j.alerts.standing):
        return j
    book, steps = alert_lifecycle.sync(j.alerts, domain, conditions, moment)
    said.extend(steps)
    return j if book is j.alerts else evolve(j, alerts=book)


def next_deadline_ms(j: Judgement, at_ms: int, rulebook: Rulebook) -> int | None:
    """The earliest moment after `at_ms` at which time alone changes something in any domain."""
    return earliest(
        j.infusion_deadline_ms,
        j.interactions_deadline_ms,
        j.events_deadline_ms,
        j.dose_deadline_ms,
        announced_changes_ms(j.course, at_ms),
        icans_deadline_ms(j, at_ms, rulebook),
        silence_deadline_ms(j, at_ms, rulebook),
        alert_lifecycle.next_deadline_ms(j.alerts, rulebook),
        next_end_ms(j.attributions, at_ms),
        early_warning.deadline_ms(j),
    )


def earliest(*moments: int | None) -> int | None:
    """The earliest of the moments that exist."""
    return min((moment for moment in moments if moment is not None), default=None)

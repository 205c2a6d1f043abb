"""The facts of what people find out: examinations, laboratory results, charted reactions, questions, attributions.

What:      one handler an event type, as in take_in.py.
Source:    rule reference sections C to F; design decisions 3 and 4.
Caveats:   an examination says for itself what was examined; age, developmental delay and the usual ICE score come from
           the order where the chart leaves them out.
"""

from dataclasses import replace

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_events.memory import note_signs, note_weight
from blinwatch.core.age import age_years_at
from blinwatch.core.answer_interaction import answer_interaction
from blinwatch.core.attribution import attribution_holds, recorded
from blinwatch.core.ctcae.nervous_system import ctcae_neuro
from blinwatch.core.dose_advice.reaction_book import chart_reactions
from blinwatch.core.events import (
    ClinicalSignsAssessed,
    InteractionAssessed,
    LabResulted,
    NeuroAssessed,
    ReactionAssessed,
    SignAttributed,
)
from blinwatch.core.evolve import evolve
from blinwatch.core.findings import DeathCause, NeuroDomain, NeuroFindings
from blinwatch.core.icans.course import judge_again, observe_icans
from blinwatch.core.icans.grade import IcansContext
from blinwatch.core.input_note import note_on
from blinwatch.core.labs.lab_book import take_lab
from blinwatch.core.patient_state import Judgement
from blinwatch.core.taken import CRS, DOSE, EVENTS, ICANS, INTERACTIONS, MONITORING, Taken

_NEURO_DOMAINS: tuple[NeuroDomain, ...] = ("cognition", "loc", "seizure", "motor")


def neuro_assessed(j: Judgement, event: NeuroAssessed, own_ms: int, at_ms: int, rulebook: Rulebook) -> Taken:
    """A neurological examination, completed by what the order tells."""
    findings = _completed(event.findings, j, own_ms)
    j = examine(j, findings, at_ms, rulebook, event.event_id)
    if findings.death_due_to is not None:
        j = evolve(j, death_due_to=findings.death_due_to)
    return Taken(j, ICANS | EVENTS | INTERACTIONS | DOSE | MONITORING)


def examine(j: Judgement, findings: NeuroFindings, at_ms: int, rulebook: Rulebook, event_id: str | None) -> Judgement:
    """Fold one examination into the course of ICANS, with the same event on CTCAE beside it."""
    course, grade = observe_icans(j.neuro, findings, icans_context(j, at_ms), at_ms, rulebook, event_id)
    return evolve(j, neuro=course, ctcae_neuro=ctcae_neuro(findings, grade, rulebook, None))


def icans_context(j: Judgement, at_ms: int) -> IcansContext:
    """What is known beside the examination: attributions in force and sedatives on board."""
    attributed: tuple[NeuroDomain, ...] = tuple(
        sign
        for sign in _NEURO_DOMAINS
        if any(one.sign == sign and attribution_holds(one, at_ms) for one in j.attributions)
    )
    sedatives = () if j.interactions is None else j.interactions.sedatives_on_board
    return IcansContext(attributed=attributed, sedatives_on_board=sedatives)


def examine_again(j: Judgement, at_ms: int, rulebook: Rulebook) -> Judgement:
    """Judge the latest examination anew: an attribution has begun or ended."""
    course, grade = judge_again(j.neuro, icans_context(j, at_ms), at_ms, rulebook)
    if grade is None or course.findings is None:
        return j
    return evolve(j, neuro=course, ctcae_neuro=ctcae_neuro(course.findings, grade, rulebook, None))


def note_death(j: Judgement, cause: DeathCause, at_ms: int, rulebook: Rulebook, event_id: str) -> Judgement:
    """The course of ICANS after a death: no new examination, unless ICANS was the cause and nobody ever examined."""
    if j.neuro.findings is None:
        return examine(j, NeuroFindings(death_due_to=cause), at_ms, rulebook, event_id) if cause == "icans" else j
    known = replace(j.neuro, findings=replace(j.neuro.findings, death_due_to=cause))
    return examine_again(evolve(j, neuro=known), at_ms, rulebook)


def _completed(findings: NeuroFindings, j: Judgement, own_ms: int) -> NeuroFindings:
    order = j.order
    if order is None:
        return findings
    return replace(
        findings,
        age_years=age_years_at(order, own_ms) if findings.age_years is None else findings.age_years,
        developmental_delay=order.developmental_delay
        if findings.developmental_delay is None
        else findings.developmental_delay,
        baseline_ice=order.baseline_ice if findings.baseline_ice is None else findings.baseline_ice,
    )


def reaction_assessed(j: Judgement, event: ReactionAssessed, own_ms: int, at_ms: int, rulebook: Rulebook) -> Taken:
    """Adverse reactions as staff graded them."""
    del at_ms, rulebook
    return Taken(evolve(j, reactions=chart_reactions(j.reactions, event, own_ms)), DOSE)


def interaction_assessed(
    j: Judgement, event: InteractionAssessed, own_ms: int, at_ms: int, rulebook: Rulebook
) -> Taken:
    """A question to the interaction check: answered at once, and kept for the board."""
    del own_ms, at_ms
    checked = answer_interaction(j.patient_id, event, rulebook)
    return Taken(evolve(j, answer=checked.answer), 0, (checked,))


def signs_assessed(j: Judgement, event: ClinicalSignsAssessed, own_ms: int, at_ms: int, rulebook: Rulebook) -> Taken:
    """Signs that no monitor measures."""
    del at_ms
    memory = note_signs(j.event_memory, event, own_ms)
    if event.weight_kg is not None:
        memory = note_weight(memory, event.weight_kg, own_ms, event.event_id, rulebook)
    return Taken(evolve(j, event_memory=memory), EVENTS | DOSE)


def lab_resulted(j: Judgement, event: LabResulted, own_ms: int, at_ms: int, rulebook: Rulebook) -> Taken:
    """A laboratory result, or the audit's note of why it could not be read."""
    del at_ms
    labs, refused = take_lab(j.labs, event, own_ms, rulebook)
    if refused is not None:
        return Taken(j, 0, (note_on(j.patient_id, event, "lab_refused", refused),))
    return Taken(evolve(j, labs=labs), EVENTS | INTERACTIONS | DOSE)


def attributed(j: Judgement, event: SignAttributed, own_ms: int, at_ms: int, rulebook: Rulebook) -> Taken:
    """The latest word of staff on a sign counts; `fold_event` judges again what it concerns."""
    del own_ms, at_ms, rulebook
    others = tuple(one for one in j.attributions if one.sign != event.sign)
    j = evolve(j, attributions=(*others, event))
    return Taken(j, CRS | ICANS | EVENTS | DOSE, (recorded(j.patient_id, event),))

"""The facts of one event taken into the judgement, and which domains they touch.

What:      one handler an event type. Facts keep their own time (`own_ms`); what is judged from them is judged at
           `at_ms`, which is later only for an event that came after the window had passed it.
Source:    design decisions 3 and 4; rule reference section 0.
Caveats:   what people find out (examinations, laboratory, charted reactions) is taken in by take_examination.py.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core import alert_lifecycle
from blinwatch.core.adverse_events.memory import EventMemory, note_temperature, note_weight
from blinwatch.core.age import age_years_at
from blinwatch.core.alert_lifecycle import Moment
from blinwatch.core.attribution import attributions_in_force
from blinwatch.core.crs_course import give_masking_drug, observe_screened
from blinwatch.core.ctcae.cytokine_release import ctcae_crs
from blinwatch.core.events import (
    AlertAcknowledged,
    AlertShelved,
    ClinicalSignsAssessed,
    CrsAssessed,
    DeathRecorded,
    InfusionAssessed,
    InteractionAssessed,
    LabResulted,
    MedicationAdministered,
    NeuroAssessed,
    PatientEvent,
    ReactionAssessed,
    SignAttributed,
    TherapyEnded,
    TherapyOrdered,
    VitalsObserved,
)
from blinwatch.core.evidence import to_ms
from blinwatch.core.evolve import evolve
from blinwatch.core.findings import CrsFindings
from blinwatch.core.infusion.ledger import end_therapy, record, take_order
from blinwatch.core.infusion.order_facts import weight_of
from blinwatch.core.infusion.premedication import PremedDose
from blinwatch.core.input_note import note_on
from blinwatch.core.interactions.drug_book import take_dose
from blinwatch.core.observation import accept, assemble, findings_of, spoken_of
from blinwatch.core.patient_state import ChartedInfusion, DrugRun, Judgement, Signal, ward_of
from blinwatch.core.plausibility import screen
from blinwatch.core.pump_events import PumpEvent
from blinwatch.core.recognise_drug import inotrope, masking_drug, vasopressor
from blinwatch.core.take_examination import (
    attributed,
    interaction_assessed,
    lab_resulted,
    neuro_assessed,
    note_death,
    reaction_assessed,
    signs_assessed,
)
from blinwatch.core.taken import CRS, DOSE, EVENTS, EVERYTHING, INFUSION, INTERACTIONS, MONITORING, Taken

RECENT_IDS = 64
"""Discrete events of several hours: enough to know one that a sender repeats after a reconnection."""
MAX_DRUG_RUNS = 40
MAX_PREMEDS = 40
"""More steroid doses or pressor runs than any two days of treatment hold; the oldest go first."""
MAX_ATTRIBUTIONS = 20
FEED = "feed"
_FOREVER_MS = 1 << 62
NOT_SYSTEMIC = ("intrathecal", "topical", "inhaled")
"""Routes by which a steroid or antipyretic does not hide a fever."""
NO_PRESSOR_ROUTES = ("inhaled", "topical", "oral", "intrathecal", "subcutaneous")
"""Nebulised or local adrenaline is no vasopressor (CRS-7)."""


def take_in(judgement: Judgement, event: PatientEvent, own_ms: int, at_ms: int, rulebook: Rulebook) -> Taken:
    """Take one event's facts in; `own_ms` is the event's own time, `at_ms` the judgement's."""
    handler = _HANDLERS.get(type(event))
    if handler is None:
        if isinstance(event, PumpEvent):
            ledger = record(judgement.ledger, event, rulebook.infusion, judgement.order)
            return Taken(evolve(judgement, ledger=ledger), INFUSION | MONITORING)
        raise TypeError(f"{type(event).__name__} has no handler: every event type must be taken in")
    if isinstance(event, VitalsObserved):
        return handler(judgement, event, own_ms, at_ms, rulebook)
    if event.event_id in judgement.recent_ids:
        return Taken(
            judgement, 0, (note_on(judgement.patient_id, event, "duplicate", "this event id is known already"),)
        )
    recent_ids = (*judgement.recent_ids, event.event_id)[-RECENT_IDS:]
    return handler(evolve(judgement, recent_ids=recent_ids), event, own_ms, at_ms, rulebook)


def _vitals(j: Judgement, event: VitalsObserved, own_ms: int, at_ms: int, rulebook: Rulebook) -> Taken:
    age_years = None if j.order is None else age_years_at(j.order, own_ms)
    said = findings_of(event, age_years, rulebook)
    screened = screen(said, j.memory, own_ms, rulebook.vitals)
    continuous = event.monitoring == "continuous"
    signals = accept(j.signals, screened.findings, own_ms, event.event_id, continuous=continuous)
    heard = _heard(j.raw_last_ms, said, own_ms, continuous=continuous)
    findings = assemble(j, signals, at_ms, rulebook)
    course, grade = observe_screened(j.course, findings, screened.flags, at_ms, rulebook)
    temperature_c = screened.findings.temperature_c
    # One copy for all: this is the hot path.
    j = evolve(
        j,
        memory=screened.memory,
        signals=signals,
        raw_last_ms=heard,
        course=course,
        grade=grade,
        graded_ms=at_ms,
        ctcae_crs=ctcae_crs(findings, grade, rulebook),
        event_memory=_warmed(j.event_memory, temperature_c, own_ms, rulebook),
        mental=_mental(j.mental, event, own_ms),
    )
    return Taken(j, CRS | MONITORING)


def _warmed(memory: EventMemory, temperature_c: float | None, own_ms: int, rulebook: Rulebook) -> EventMemory:
    return memory if temperature_c is None else note_temperature(memory, temperature_c, own_ms, rulebook)


def _mental(mental: dict[str, Signal], event: VitalsObserved, own_ms: int) -> dict[str, Signal]:
    """Consciousness and coma scale as last charted."""
    if event.consciousness is None and event.glasgow_coma_scale is None:
        return mental
    said = {name: getattr(event, name) for name in ("consciousness", "glasgow_coma_scale")}
    newer = {
        name: Signal({name: value}, own_ms, event.event_id, continuous=False)
        for name, value in said.items()
        if value is not None and (name not in mental or mental[name].at_ms <= own_ms)
    }
    return {**mental, **newer}


def _heard(raw_last_ms: dict[str, int], said: CrsFindings, own_ms: int, *, continuous: bool) -> dict[str, int]:
    """When each signal, and the continuous feed as a whole, last said anything at all."""
    heard = dict(raw_last_ms)
    for name in spoken_of(said):
        if own_ms > heard.get(name, -1):
            heard[name] = own_ms
        if continuous and own_ms < heard.get(f"{name}:first", _FOREVER_MS):
            heard[f"{name}:first"] = own_ms
    if continuous and own_ms > heard.get(FEED, -1):
        heard[FEED] = own_ms
    return heard


def observe(j: Judgement, at_ms: int, rulebook: Rulebook) -> Judgement:
    """Grade what the live state amounts to now, and fold it into the course of CRS."""
    findings = assemble(j, j.signals, at_ms, rulebook)
    course, grade = observe_screened(j.course, findings, (), at_ms, rulebook)
    return evolve(j, course=course, grade=grade, graded_ms=at_ms, ctcae_crs=ctcae_crs(findings, grade, rulebook))


def _crs_assessed(j: Judgement, event: CrsAssessed, own_ms: int, at_ms: int, rulebook: Rulebook) -> Taken:
    """A charted observation stands for itself; its values also feed the live signals."""
    screened = screen(event.findings, j.memory, own_ms, rulebook.vitals)
    course, grade = observe_screened(j.course, screened.findings, screened.flags, at_ms, rulebook)
    j = evolve(
        j,
        course=course,
        grade=grade,
        graded_ms=at_ms,
        ctcae_crs=ctcae_crs(screened.findings, grade, rulebook),
        memory=screened.memory,
        signals=accept(j.signals, screened.findings, own_ms, event.event_id, continuous=False),
        death_due_to=event.findings.death_due_to or j.death_due_to,
    )
    return Taken(j, CRS | MONITORING)


def _medication(j: Judgement, event: MedicationAdministered, own_ms: int, at_ms: int, rulebook: Rulebook) -> Taken:
    drugs = rulebook.drugs
    j = evolve(j, drugs=take_dose(j.drugs, event, own_ms, rulebook))
    touched, seen = INTERACTIONS | DOSE, False
    names = (event.drug, drugs, event.rxnorm, event.atc)
    kind = None if event.route in NOT_SYSTEMIC else masking_drug(*names)
    if kind is not None and event.action != "stopped":
        j = evolve(j, course=give_masking_drug(j.course, kind, own_ms))
        if kind == "steroid" and event.purpose in (None, "premed"):
            dose = PremedDose(drug=event.drug, dose_mg=event.dose_mg, at_ms=own_ms, event_id=event.event_id)
            doses = sorted((*j.premeds, dose), key=lambda one: (one.at_ms, one.event_id))
            j = evolve(j, premeds=tuple(doses)[-MAX_PREMEDS:])
            touched |= INFUSION
    if event.fluid_bolus_for_hypotension:
        j = evolve(j, bolus_ms=max(own_ms, j.bolus_ms or own_ms))
        seen = True
    agent = None if event.route in NO_PRESSOR_ROUTES else vasopressor(*names) or inotrope(*names)
    if agent is not None:
        j = evolve(j, drug_runs=_drug_runs(j.drug_runs, agent, event, own_ms))
        seen = True
    if seen:
        j = observe(j, at_ms, rulebook)
        touched |= CRS | EVENTS | MONITORING
    return Taken(j, touched)


def _drug_runs(
    runs: tuple[DrugRun, ...], agent: str, event: MedicationAdministered, own_ms: int
) -> tuple[DrugRun, ...]:
    """Starts and stops of one vasoactive agent as runs, whatever order they are learned in."""
    if event.action == "started":
        runs = (*runs, DrugRun(agent, own_ms, None, event.event_id))
    elif event.action == "given":
        runs = (*runs, DrugRun(agent, own_ms, own_ms, event.event_id))
    else:
        runs = tuple(
            replace(run, stopped_ms=own_ms)
            if run.agent == agent and run.started_ms <= own_ms and run.stopped_ms is None
            else run
            for run in runs
        )
    return tuple(sorted(runs, key=lambda run: (run.started_ms, run.event_id)))[-MAX_DRUG_RUNS:]


def _ordered(j: Judgement, event: TherapyOrdered, own_ms: int, at_ms: int, rulebook: Rulebook) -> Taken:
    del at_ms
    known = j.order
    if known is not None and (to_ms(known.occurred_at), known.event_id) > (own_ms, event.event_id):
        return Taken(j, 0)
    ended_ms = None if j.ended_ms is not None and own_ms >= j.ended_ms else j.ended_ms
    ledger = take_order(j.ledger, event, rulebook.infusion)
    weight_kg = weight_of(event, rulebook.infusion)
    memory = j.event_memory
    if weight_kg is not None:
        memory = note_weight(memory, weight_kg, own_ms, event.event_id, rulebook)
    return Taken(evolve(j, order=event, ended_ms=ended_ms, ledger=ledger, event_memory=memory), EVERYTHING)


def _ended(j: Judgement, event: TherapyEnded, own_ms: int, at_ms: int, rulebook: Rulebook) -> Taken:
    del at_ms
    ledger = end_therapy(j.ledger, own_ms, event.event_id, rulebook.infusion, j.order)
    return Taken(evolve(j, ended_ms=own_ms, ledger=ledger), EVERYTHING)


def _death(j: Judgement, event: DeathRecorded, own_ms: int, at_ms: int, rulebook: Rulebook) -> Taken:
    ledger = end_therapy(j.ledger, own_ms, event.event_id, rulebook.infusion, j.order)
    j = evolve(j, death_due_to=event.death_due_to, ended_ms=own_ms, ledger=ledger)
    j = note_death(j, event.death_due_to, at_ms, rulebook, event.event_id)
    return Taken(observe(j, at_ms, rulebook), EVERYTHING)


def _infusion_assessed(j: Judgement, event: InfusionAssessed, own_ms: int, at_ms: int, rulebook: Rulebook) -> Taken:
    del at_ms, rulebook
    known = j.charted
    if known is not None and (known.at_ms, known.event_id) > (own_ms, event.event_id):
        return Taken(j, 0)
    charted = ChartedInfusion(own_ms, event.event_id, event.findings)
    return Taken(evolve(j, charted=charted), INFUSION)


def _acknowledged(j: Judgement, event: AlertAcknowledged, own_ms: int, at_ms: int, rulebook: Rulebook) -> Taken:
    del own_ms
    moment = _moment(j, event, at_ms, rulebook)
    return _commanded(j, event, alert_lifecycle.acknowledge(j.alerts, event.alert_id, event.by, event.reason, moment))


def _shelved(j: Judgement, event: AlertShelved, own_ms: int, at_ms: int, rulebook: Rulebook) -> Taken:
    del own_ms
    moment = _moment(j, event, at_ms, rulebook)
    return _commanded(
        j,
        event,
        alert_lifecycle.shelve(j.alerts, event.alert_id, event.by, event.reason, event.shelve_min, moment),
    )


def _moment(j: Judgement, event: PatientEvent, at_ms: int, rulebook: Rulebook) -> Moment:
    attributed = attributions_in_force(j.attributions, at_ms)
    return Moment(j.patient_id, ward_of(j), at_ms, event.event_id, rulebook, attributed)


def _commanded(j: Judgement, event: PatientEvent, outcome: alert_lifecycle.Outcome | str) -> Taken:
    """An act on an alert, or the audit's note of why it could not be obeyed."""
    if isinstance(outcome, str):
        return Taken(j, 0, (note_on(j.patient_id, event, "command_refused", outcome),))
    book, steps = outcome
    return Taken(evolve(j, alerts=book), 0, tuple(steps))


_HANDLERS: dict[type, Callable[[Judgement, Any, int, int, Rulebook], Taken]] = {
    VitalsObserved: _vitals,
    CrsAssessed: _crs_assessed,
    MedicationAdministered: _medication,
    TherapyOrdered: _ordered,
    TherapyEnded: _ended,
    DeathRecorded: _death,
    InfusionAssessed: _infusion_assessed,
    SignAttributed: attributed,
    NeuroAssessed: neuro_assessed,
    ReactionAssessed: reaction_assessed,
    InteractionAssessed: interaction_assessed,
    ClinicalSignsAssessed: signs_assessed,
    LabResulted: lab_resulted,
    AlertAcknowledged: _acknowledged,
    AlertShelved: _shelved,
}

"""The facts of one event taken into the judgement, and which domains they touch.

What:      one handler an event type. Facts keep their own time (`own_ms`); what is judged from them is judged at
           `at_ms`, which is later only for an event that came after the window had passed it.
Source:    design decisions 3 and 4; rule reference section 0.
Caveats:   events whose rules belong to other domains (laboratory, interaction, neurological) pass through here
           unchanged until their rules take them in.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core import alert_lifecycle
from blinwatch.core.age import age_years_at
from blinwatch.core.alert_lifecycle import Moment
from blinwatch.core.attribution import attributions_in_force, recorded
from blinwatch.core.crs_course import give_masking_drug, observe_screened
from blinwatch.core.decisions import Decision
from blinwatch.core.events import (
    AlertAcknowledged,
    AlertShelved,
    CrsAssessed,
    DeathRecorded,
    InfusionAssessed,
    MedicationAdministered,
    PatientEvent,
    SignAttributed,
    TherapyEnded,
    TherapyOrdered,
    VitalsObserved,
)
from blinwatch.core.evidence import to_ms
from blinwatch.core.evolve import evolve
from blinwatch.core.findings import CrsFindings
from blinwatch.core.infusion.ledger import end_therapy, record, take_order
from blinwatch.core.infusion.premedication import PremedDose
from blinwatch.core.input_note import note_on
from blinwatch.core.observation import accept, assemble, findings_of, spoken_of
from blinwatch.core.patient_state import ChartedInfusion, DrugRun, Judgement, ward_of
from blinwatch.core.plausibility import screen
from blinwatch.core.pump_events import PumpEvent
from blinwatch.core.recognise_drug import inotrope, masking_drug, vasopressor

CRS, INFUSION, MONITORING = 1, 2, 4
EVERYTHING = CRS | INFUSION | MONITORING
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


@dataclass(frozen=True, slots=True)
class Taken:
    """The judgement with the event's facts in it, what to judge again, and what to say at once."""

    judgement: Judgement
    touched: int
    decisions: tuple[Decision, ...] = ()


def take_in(judgement: Judgement, event: PatientEvent, own_ms: int, at_ms: int, rulebook: Rulebook) -> Taken:
    """Take one event's facts in; `own_ms` is the event's own time, `at_ms` the judgement's."""
    handler = _HANDLERS.get(type(event))
    if handler is None:
        if isinstance(event, PumpEvent):
            ledger = record(judgement.ledger, event, rulebook.infusion, judgement.order)
            return Taken(evolve(judgement, ledger=ledger), EVERYTHING)
        return Taken(judgement, 0)
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
    # One copy for all: this is the hot path.
    j = evolve(
        j,
        memory=screened.memory,
        signals=signals,
        raw_last_ms=heard,
        course=course,
        grade=grade,
        graded_ms=at_ms,
    )
    return Taken(j, CRS | MONITORING)


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


def _observe(j: Judgement, at_ms: int, rulebook: Rulebook) -> Judgement:
    """Grade what the live state amounts to now, and fold it into the course of CRS."""
    course, grade = observe_screened(j.course, assemble(j, j.signals, at_ms, rulebook), (), at_ms, rulebook)
    return evolve(j, course=course, grade=grade, graded_ms=at_ms)


def _crs_assessed(j: Judgement, event: CrsAssessed, own_ms: int, at_ms: int, rulebook: Rulebook) -> Taken:
    """A charted observation stands for itself; its values also feed the live signals."""
    screened = screen(event.findings, j.memory, own_ms, rulebook.vitals)
    course, grade = observe_screened(j.course, screened.findings, screened.flags, at_ms, rulebook)
    j = evolve(
        j,
        course=course,
        grade=grade,
        graded_ms=at_ms,
        memory=screened.memory,
        signals=accept(j.signals, screened.findings, own_ms, event.event_id, continuous=False),
        death_due_to=event.findings.death_due_to or j.death_due_to,
    )
    return Taken(j, CRS | MONITORING)


def _medication(j: Judgement, event: MedicationAdministered, own_ms: int, at_ms: int, rulebook: Rulebook) -> Taken:
    drugs = rulebook.drugs
    touched, observe = 0, False
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
        observe = True
    agent = None if event.route in NO_PRESSOR_ROUTES else vasopressor(*names) or inotrope(*names)
    if agent is not None:
        j = evolve(j, drug_runs=_drug_runs(j.drug_runs, agent, event, own_ms))
        observe = True
    if observe:
        j = _observe(j, at_ms, rulebook)
        touched |= CRS | MONITORING
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
    return Taken(evolve(j, order=event, ended_ms=ended_ms, ledger=ledger), EVERYTHING)


def _ended(j: Judgement, event: TherapyEnded, own_ms: int, at_ms: int, rulebook: Rulebook) -> Taken:
    del at_ms
    ledger = end_therapy(j.ledger, own_ms, event.event_id, rulebook.infusion, j.order)
    return Taken(evolve(j, ended_ms=own_ms, ledger=ledger), EVERYTHING)


def _death(j: Judgement, event: DeathRecorded, own_ms: int, at_ms: int, rulebook: Rulebook) -> Taken:
    ledger = end_therapy(j.ledger, own_ms, event.event_id, rulebook.infusion, j.order)
    j = evolve(j, death_due_to=event.death_due_to, ended_ms=own_ms, ledger=ledger)
    return Taken(_observe(j, at_ms, rulebook), EVERYTHING)


def _infusion_assessed(j: Judgement, event: InfusionAssessed, own_ms: int, at_ms: int, rulebook: Rulebook) -> Taken:
    del at_ms, rulebook
    known = j.charted
    if known is not None and (known.at_ms, known.event_id) > (own_ms, event.event_id):
        return Taken(j, 0)
    charted = ChartedInfusion(own_ms, event.event_id, event.findings)
    return Taken(evolve(j, charted=charted), INFUSION)


def _attributed(j: Judgement, event: SignAttributed, own_ms: int, at_ms: int, rulebook: Rulebook) -> Taken:
    """The latest word of staff on a sign counts."""
    del own_ms
    others = tuple(one for one in j.attributions if one.sign != event.sign)
    j = evolve(j, attributions=(*others, event))
    return Taken(_observe(j, at_ms, rulebook) if j.signals else j, CRS, (recorded(j.patient_id, event),))


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
    SignAttributed: _attributed,
    AlertAcknowledged: _acknowledged,
    AlertShelved: _shelved,
}

"""Everything remembered of one patient.

A `Judgement` is what follows from the events folded so far. A `PatientState` keeps three of them along a short
window of recent events, so that an event that arrives out of order can be folded in at its true place
(core/time_order.py). Everything here is plain data: the stream writes it to the changelog as JSON.
"""

from dataclasses import dataclass, field, replace

from blinwatch.core.adverse_events.facts import EventFacts
from blinwatch.core.adverse_events.judge import EventView
from blinwatch.core.adverse_events.memory import NOTHING_REMEMBERED, EventMemory, FeverRun
from blinwatch.core.adverse_events.signature import Signature
from blinwatch.core.advice_outputs import InteractionAnswer
from blinwatch.core.alert_lifecycle import NO_ALERTS, AlertBook
from blinwatch.core.crs_course import EMPTY_COURSE, CrsCourse
from blinwatch.core.ctcae.scale_grade import ScaleGrade
from blinwatch.core.decisions import Decision
from blinwatch.core.dose_advice.advice import DoseAdvice
from blinwatch.core.dose_advice.reaction_book import NO_REACTIONS, ReactionBook
from blinwatch.core.early_warning.trends import NO_TRENDS, Trends
from blinwatch.core.events import PatientEvent, SignAttributed, TherapyOrdered, Tick, VitalsObserved
from blinwatch.core.findings import DeathCause, InfusionFindings
from blinwatch.core.grade_crs import CrsGrade
from blinwatch.core.icans.course import EMPTY_ICANS_COURSE, IcansCourse
from blinwatch.core.infusion.ledger import EMPTY_LEDGER, Ledger
from blinwatch.core.infusion.premedication import PremedDose
from blinwatch.core.infusion.timeline import TimelineView
from blinwatch.core.interactions.drug_book import NO_DRUGS, DrugBook
from blinwatch.core.interactions.facts import InteractionFacts
from blinwatch.core.interactions.live import InteractionView
from blinwatch.core.labs.lab_book import NO_LABS, LabBook
from blinwatch.core.plausibility import NOTHING_SEEN, SignalMemory
from blinwatch.core.steady_frame import SteadyFrame

STATE_SCHEMA_VERSION = 3
"""Raised when a stored state can no longer be read as it stands."""
CHARTED_STANDS_MS = 24 * 3_600_000
"""A charted infusion snapshot is judged for 24 h, as past event codes are (section 0), unless a newer one comes."""


@dataclass(frozen=True, slots=True)
class Signal:
    """The last believed report of one signal: its parts, when it was observed and by which event."""

    parts: dict[str, float | int | str]
    at_ms: int
    event_id: str
    continuous: bool


@dataclass(frozen=True, slots=True)
class DrugRun:
    """A vasoactive drug: running while `stopped_ms` is None."""

    agent: str
    started_ms: int
    stopped_ms: int | None
    event_id: str


@dataclass(frozen=True, slots=True)
class BlindSpell:
    """A time in which blinwatch judged nobody of this partition: between the last tick before and the first after."""

    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class ChartedInfusion:
    """The latest infusion snapshot that somebody charted."""

    at_ms: int
    event_id: str
    findings: InfusionFindings


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What follows from all events up to `clock_ms`, in event-time order.

    Without slots: `evolve` copies it several times an event, ten times as fast from a dictionary.
    """

    patient_id: str
    clock_ms: int = -1
    first_ms: int | None = None
    """When the first event of this patient happened: before it nobody owed blinwatch anything."""
    order: TherapyOrdered | None = None
    ended_ms: int | None = None
    """Set while therapy is over (TherapyEnded, or a death)."""
    death_due_to: DeathCause | None = None
    signals: dict[str, Signal] = field(default_factory=dict[str, Signal])
    raw_last_ms: dict[str, int] = field(default_factory=dict[str, int])
    """When each signal last reported anything at all, believed or not: tells a dead sensor from a dead feed."""
    memory: SignalMemory = NOTHING_SEEN
    drug_runs: tuple[DrugRun, ...] = ()
    bolus_ms: int | None = None
    attributions: tuple[SignAttributed, ...] = ()
    course: CrsCourse = EMPTY_COURSE
    grade: CrsGrade | None = None
    graded_ms: int | None = None
    rose_ms: int | None = None
    """When the numeric CRS grade last rose: from then on observations are due more often."""
    told_grade: tuple[str, ...] = ()
    """What was last told of the CRS grade, so that only a change is told."""
    ctcae_crs: ScaleGrade | None = None
    """The same observation on CTCAE."""
    attributed: tuple[str, ...] = ()
    """Signs attributed elsewhere when last judged: when this changes, what they concern is judged again."""
    mental: dict[str, Signal] = field(default_factory=dict[str, Signal])
    """The last charted consciousness and coma scale."""
    neuro: IcansCourse = EMPTY_ICANS_COURSE
    ctcae_neuro: ScaleGrade | None = None
    told_icans: tuple[str, ...] = ()
    drugs: DrugBook = NO_DRUGS
    interactions: InteractionView | None = None
    interactions_ms: int | None = None
    """When the drugs were last judged, and below by which facts: with the drug book they give the view again."""
    interaction_facts: InteractionFacts | None = None
    answer: InteractionAnswer | None = None
    """The last question to the interaction check, answered."""
    labs: LabBook = NO_LABS
    event_memory: EventMemory = NOTHING_REMEMBERED
    events: EventView | None = None
    event_facts: EventFacts | None = None
    """By which live values section F was last judged, and below by which fever: with laboratory and charted signs
    they give the view again."""
    event_fever: FeverRun | None = None
    event_signature: Signature = ()
    """The bands that the live values lie in: section F is judged again when they change."""
    reactions: ReactionBook = NO_REACTIONS
    advice: DoseAdvice | None = None
    told_advice: tuple[str | int | float | None, ...] = ()
    ledger: Ledger = EMPTY_LEDGER
    premeds: tuple[PremedDose, ...] = ()
    infusion: TimelineView | None = None
    infusion_ms: int | None = None
    """When the infusion was last judged."""
    charted: ChartedInfusion | None = None
    trends: Trends = NO_TRENDS
    alerts: AlertBook = NO_ALERTS
    silent: tuple[str, ...] = ()
    blind: BlindSpell | None = None
    """The last time blinwatch itself was blind while this patient was under therapy."""
    recent_ids: tuple[str, ...] = ()
    """Ids of the last discrete events, so that one sent twice is one event."""
    infusion_deadline_ms: int | None = None
    interactions_deadline_ms: int | None = None
    events_deadline_ms: int | None = None
    dose_deadline_ms: int | None = None
    deadline_ms: int | None = None
    """The earliest moment at which time alone changes something."""
    steady: SteadyFrame | None = None
    """Within it a monitor's report changes nothing and is only kept."""
    kept: tuple[VitalsObserved, ...] = ()
    """Reports inside the frame that have not been judged: the last of each kind, oldest first."""
    log: tuple[Decision, ...] = ()
    """Decisions made since the state's base: what has been published of the window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientSnapshot:
    """What the changelog holds: the base, the window of events after it, and when the board was last told."""

    base: Judgement
    pending: tuple[PatientEvent | Tick, ...]
    middle_count: int
    status_ms: int
    schema_version: int = STATE_SCHEMA_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientState:
    """`base` + `pending` events give `head`; `middle` lies between, `middle_count` events after `base`."""

    base: Judgement
    middle: Judgement
    middle_count: int
    head: Judgement
    pending: tuple[PatientEvent | Tick, ...] = ()
    status_ms: int = -1
    """`as_of` of the last status told to the board."""


def new_patient(patient_id: str) -> PatientState:
    """A patient of whom nothing is known yet."""
    nothing = Judgement(patient_id=patient_id)
    return PatientState(base=nothing, middle=nothing, middle_count=0, head=nothing)


def ward_of(judgement: Judgement) -> str | None:
    """The ward that the order names."""
    return None if judgement.order is None else judgement.order.ward


def charted_in_force(judgement: Judgement, at_ms: int) -> ChartedInfusion | None:
    """The charted infusion snapshot, while it may still be judged by."""
    charted = judgement.charted
    return charted if charted is not None and at_ms < charted.at_ms + CHARTED_STANDS_MS else None


def freeze(state: PatientState) -> PatientSnapshot:
    """What must be kept so that `time_order.thaw` gives this state back."""
    return PatientSnapshot(
        base=state.base,
        pending=state.pending,
        middle_count=state.middle_count,
        status_ms=state.status_ms,
    )


def without_log(judgement: Judgement, told: int) -> Judgement:
    """The judgement with its first `told` log entries forgotten."""
    return replace(judgement, log=judgement.log[told:]) if told else judgement

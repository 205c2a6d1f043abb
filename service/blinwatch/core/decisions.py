"""What the judgement decides: alert transitions, grades, one status a patient. Every one explains itself.

These records are published as they stand (`deliver/`), so their names are the output contract. Times are UTC.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from blinwatch.core.advice_outputs import DoseAdviceGiven, DoseStatus, InteractionChecked, InteractionStatus
from blinwatch.core.attributed_sign import AttributedSign
from blinwatch.core.evidence import Domain, Evidence, Priority, Scale

AlertState = Literal["active", "acknowledged", "shelved", "resolved"]
TransitionKind = Literal[
    "raised",
    "escalated",
    "updated",
    "acknowledged",
    "shelved",
    "unshelved",
    "inhibited",
    "uninhibited",
    "resolved",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert as subscribers see it (alerts.active.v1, and inside each transition)."""

    alert_id: str
    patient_id: str
    ward: str | None
    key: str
    code: str
    rule_id: str
    domain: Domain
    scale: Scale
    priority: Priority
    level: int
    episode: int
    state: AlertState
    summary: str
    threshold: str | None
    evidence: tuple[Evidence, ...]
    citation: str
    rulebook_version: str
    rulebook_digest: str
    """Names the exact clinical data in force, site protocol included."""
    since: datetime
    """When the condition began (its own time, e.g. the deadline's)."""
    raised_at: datetime
    updated_at: datetime
    absent_since: datetime | None = None
    """Set while the condition no longer holds and the alert waits out its hysteresis."""
    acknowledged_by: str | None = None
    acknowledged_reason: str | None = None
    shelved_until: datetime | None = None
    hides: tuple[str, ...] = ()
    inhibited_by: str | None = None
    """Key of the alert that hides this one: shown, but not to be called out on its own."""
    resolved_at: datetime | None = None
    resolved_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertTransition:
    """One step in an alert's life (alerts.lifecycle.v1)."""

    decision_id: str
    alert_id: str
    patient_id: str
    transition: TransitionKind
    occurred_at: datetime
    late: bool
    """True when the evidence arrived out of order, so the transition is older than what was already known."""
    caused_by: str | None
    """Event id that brought it about; None for a passed deadline."""
    by: str | None = None
    reason: str | None = None
    attributions: tuple[AttributedSign, ...] = ()
    """Signs attributed elsewhere while this was decided."""
    alert: Alert
    type: Literal["alert_transition"] = "alert_transition"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleGrade:
    """The same finding on another scale, shown beside the grade; the scales are never mixed."""

    scale: Scale
    term: str
    """What is graded, in the scale's own word."""
    code: str
    grade: int | None
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainContribution:
    """What one part of an examination adds to the grade; `grade` None where it is not known."""

    domain: str
    grade: int | None
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeAssigned:
    """A toxicity grade changed (toxicity.grades.v1). `code` may say that it cannot be graded, and why in `flags`."""

    decision_id: str
    patient_id: str
    toxicity: Literal["crs", "icans"]
    scale: Scale
    code: str
    grade: int | None
    would_be_grade: int | None
    worst_24h: str
    episode_max: str
    announced: str
    status: str
    flags: tuple[str, ...]
    because: tuple[str, ...]
    """Plain sentences: what led to the grade, or what is missing."""
    rule_id: str
    evidence: tuple[Evidence, ...]
    domains: tuple[DomainContribution, ...] = ()
    """Every part's contribution: fever, hypotension, hypoxia; or cognition, consciousness, seizure, motor, pressure."""
    other_scales: tuple[ScaleGrade, ...] = ()
    change_from_baseline: int | None = None
    """ICE points against the charted baseline (ICA-10)."""
    attributions: tuple[AttributedSign, ...] = ()
    citation: str
    rulebook_version: str
    rulebook_digest: str
    occurred_at: datetime
    caused_by: str | None
    type: Literal["grade_assigned"] = "grade_assigned"


@dataclass(frozen=True, slots=True, kw_only=True)
class CrsStatus:
    """CRS as a board shows it."""

    current: str
    worst_24h: str
    episode_max: str
    announced: str
    status: str
    flags: tuple[str, ...]
    because: tuple[str, ...]
    hypotension_grade: int | None
    hypoxia_grade: int | None
    would_be_grade: int | None
    observed_at: datetime | None
    other_scales: tuple[ScaleGrade, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IcansStatus:
    """ICANS as a board shows it."""

    current: str
    worst_24h: str
    episode_max: str
    announced: str
    status: str
    flags: tuple[str, ...]
    because: tuple[str, ...]
    domains: tuple[DomainContribution, ...]
    change_from_baseline: int | None
    seizure_count: int
    examined_at: datetime | None
    next_due_at: datetime | None
    other_scales: tuple[ScaleGrade, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InfusionStatus:
    """The infusion as a board shows it."""

    state: Literal["unknown", "not_started", "running", "interrupted", "bag_change", "ended"]
    headline: str
    codes: tuple[str, ...]
    flags: tuple[str, ...]
    because: tuple[str, ...]
    rate_ml_h: float | None = None
    dose_mcg_day: float | None = None
    dose_due_mcg_day: float | None = None
    infused_h_total: float | None = None
    gap_min: float | None = None
    bag_due_at: datetime | None = None
    step_due_at: datetime | None = None
    end_due_at: datetime | None = None
    last_message_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingAlert:
    """An alert as the status lists it."""

    alert_id: str
    code: str
    rule_id: str
    priority: Priority
    state: AlertState
    since: datetime
    summary: str
    inhibited_by: str | None = None
    """Key of the alert that hides this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientStatus:
    """All a board needs of one patient (patients.status.v1, one record a patient)."""

    decision_id: str
    patient_id: str
    ward: str | None
    as_of: datetime
    phase: str | None
    cycle: int | None
    cycle_day: int | None
    cycle_hour: float | None
    crs: CrsStatus
    icans: IcansStatus
    infusion: InfusionStatus
    dose: DoseStatus | None
    """The standing label advice; null: no adverse reaction asks for one."""
    interactions: InteractionStatus
    attributions: tuple[AttributedSign, ...]
    alerts: tuple[StandingAlert, ...]
    signals_last_at: dict[str, datetime]
    silent: tuple[str, ...]
    """What has gone quiet: `sensor:<signal>`, `feed:vitals`, `pump`."""
    rulebook_version: str
    rulebook_digest: str
    caused_by: str | None
    type: Literal["patient_status"] = "patient_status"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributionRecorded:
    """Staff attributed a sign to another cause, or withdrew that (audit.decisions.v1)."""

    decision_id: str
    patient_id: str
    attribution: AttributedSign
    active: bool
    """False: the attribution was withdrawn."""
    occurred_at: datetime
    caused_by: str | None
    type: Literal["attribution_recorded"] = "attribution_recorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class InputNote:
    """Something about an input that the audit must keep: it came too late, twice, or could not be obeyed."""

    decision_id: str
    patient_id: str
    note: Literal["late_beyond_window", "duplicate", "command_refused", "lab_refused"]
    detail: str
    occurred_at: datetime
    caused_by: str | None
    type: Literal["input_note"] = "input_note"


Decision = (
    AlertTransition
    | GradeAssigned
    | DoseAdviceGiven
    | InteractionChecked
    | AttributionRecorded
    | PatientStatus
    | InputNote
)

"""Events of pump, drugs and examinations as marks on a patient's course. Pure."""

from blinwatch.board.trends.trend_store import Mark, MarkKind, Signal
from blinwatch.core.events import (
    ClinicalSignsAssessed,
    CrsAssessed,
    DeathRecorded,
    InfusionAssessed,
    InteractionAssessed,
    MedicationAdministered,
    NeuroAssessed,
    PatientEvent,
    ReactionAssessed,
)
from blinwatch.core.pump_events import (
    BagChanged,
    BolusGiven,
    CommunicationLost,
    CommunicationRestored,
    DeliveryStarted,
    DeliveryStopped,
    DoseProgrammed,
    LineFlushed,
    LumenUsed,
    PumpAlarm,
    PumpStatusReported,
    RateChanged,
    VolumeMeasured,
)

_ASSESSMENTS = (
    CrsAssessed
    | NeuroAssessed
    | InfusionAssessed
    | ReactionAssessed
    | InteractionAssessed
    | ClinicalSignsAssessed
    | DeathRecorded
)


def pump_readings(event: PatientEvent) -> list[tuple[Signal, float]]:
    """What a pump event tells of rate and programmed dose from this moment on."""
    told: tuple[tuple[Signal, float | None], ...] = (
        ("rate_ml_per_h", _rate(event)),
        ("dose_mcg_per_day", _dose(event)),
    )
    return [(signal, value) for signal, value in told if value is not None]


def _rate(event: PatientEvent) -> float | None:
    """In mL/h, 0 where flow stops; None: the event does not tell it."""
    if isinstance(event, DeliveryStopped):
        return 0.0
    if isinstance(event, BagChanged):
        return 0.0 if event.stage == "started" else event.rate_ml_h
    if isinstance(event, PumpStatusReported):
        return 0.0 if event.delivering is False else event.rate_ml_h
    return event.rate_ml_h if isinstance(event, DeliveryStarted | RateChanged) else None


def _dose(event: PatientEvent) -> float | None:
    """In micrograms a day; None: the event does not tell it."""
    if isinstance(event, DeliveryStarted | DoseProgrammed | PumpStatusReported):
        return event.programmed_dose_mcg_day
    return None


def input_mark(event: PatientEvent, at_ms: int) -> Mark | None:
    """The mark of an event; None where its numbers say all there is, or where it is no happening of a course."""
    if isinstance(event, MedicationAdministered):
        return _drug(event, at_ms)
    if isinstance(event, NeuroAssessed):
        return _neuro(event, at_ms)
    if isinstance(event, _ASSESSMENTS):
        return _mark(event, at_ms, "assessment", event.type)
    return _infusion(event, at_ms) or _line(event, at_ms)


def _infusion(event: PatientEvent, at_ms: int) -> Mark | None:
    """Flow, bags and the programmed dose."""
    match event:
        case DeliveryStarted():
            return _mark(event, at_ms, "flow", "started")
        case DeliveryStopped():
            return _mark(event, at_ms, "flow", "stopped", series=event.gap_reason)
        case BagChanged():
            hours = "" if event.bag_type_h is None else f"{event.bag_type_h:g} h bag"
            return _mark(event, at_ms, "bag", event.stage, text=hours)
        case DoseProgrammed():
            return _mark(event, at_ms, "dose", "programmed", value=event.programmed_dose_mcg_day)
        case _:
            return None


def _line(event: PatientEvent, at_ms: int) -> Mark | None:
    """What else befell pump and line."""
    match event:
        case PumpAlarm():
            return _mark(event, at_ms, "pump", event.alarm, series=event.stage)
        case BolusGiven():
            return _mark(event, at_ms, "pump", event.kind, value=event.volume_ml)
        case LineFlushed():
            return _mark(event, at_ms, "pump", event.type, value=event.volume_ml)
        case LumenUsed():
            return _mark(event, at_ms, "pump", event.type, text=event.lumen_event)
        case VolumeMeasured():
            return _mark(event, at_ms, "pump", event.type, value=event.volume_delivered_ml)
        case CommunicationLost() | CommunicationRestored():
            return _mark(event, at_ms, "pump", event.type)
        case _:
            return None


def _drug(event: MedicationAdministered, at_ms: int) -> Mark:
    said = [
        "" if event.dose_mg is None else f"{event.dose_mg:g} mg",
        "" if event.route is None else str(event.route),
        "" if event.purpose is None else f"for {event.purpose}",
    ]
    text = ", ".join(part for part in said if part)
    return _mark(event, at_ms, "drug", event.drug, value=event.dose_mg, series=event.action, text=text)


def _neuro(event: NeuroAssessed, at_ms: int) -> Mark:
    """The score as it was charted; what it means is the grade's mark beside it."""
    found = event.findings
    if found.ice_score is not None:
        return _mark(event, at_ms, "assessment", event.type, value=found.ice_score, series="ice")
    if found.capd_score is not None:
        return _mark(event, at_ms, "assessment", event.type, value=found.capd_score, series="capd")
    return _mark(event, at_ms, "assessment", event.type)


def _mark(
    event: PatientEvent,
    at_ms: int,
    kind: MarkKind,
    code: str,
    *,
    value: float | None = None,
    series: str | None = None,
    text: str = "",
) -> Mark:
    return Mark(
        mark_id=f"{event.patient_id}/{event.event_id}",
        patient_id=event.patient_id,
        kind=kind,
        at_ms=at_ms,
        as_of_ms=at_ms,
        code=code,
        value=value,
        series=series,
        text=text,
    )

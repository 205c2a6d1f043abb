"""The story of one alert: which events led to it, what was judged of them, and what people did.

What:      gathers an alert's own steps, the grades of the same toxicity around it, changes of the rulebook meanwhile,
           and, where the events are at hand, those that the decisions name and the discrete ones of its subject.
Caveats:   a monitor's values that changed nothing are counted and not listed. From a broker's topics there are no
           events: the values then come from the decisions' own evidence.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from blinwatch.commands.event_words import event_text, evidence_text
from blinwatch.core.decisions import Alert, AlertTransition, AttributionRecorded, Decision, GradeAssigned
from blinwatch.core.events import AnyEvent, Tick
from blinwatch.core.evidence import Domain

LOOK_BACK = timedelta(hours=24)
"""How long before an alert began the events of its subject are told: one day's story, as graded in `worst_24h`."""
_STREAMED = frozenset({"vitals_observed", "status_reported", "volume_measured"})
"""Kinds that come by the second or minute: told only where a decision names them."""
_PUMP = frozenset(
    {
        "delivery_started", "delivery_stopped", "rate_changed", "dose_programmed", "bag_changed", "bolus_given",
        "line_flushed", "lumen_used", "alarm", "communication_lost", "communication_restored",
    }
)  # fmt: skip
_ORDERS = frozenset({"therapy_ordered", "therapy_ended"})
_TELLING = ("raised", "escalated", "updated")
"""Steps that come with the whole explanation."""
_ALWAYS = frozenset({"acknowledge", "shelve", "death_recorded"})
_SUBJECT: dict[Domain, frozenset[str]] = {
    "crs": frozenset({"crs_assessed", "medication_administered", "attribute"}),
    "icans": frozenset({"neuro_assessed", "medication_administered", "attribute"}),
    "infusion": _PUMP | _ORDERS | {"infusion_assessed", "medication_administered"},
    "vitals": frozenset({"crs_assessed"}),
    "monitoring": _ORDERS | {"crs_assessed"},
    "interaction": _ORDERS | {"medication_administered", "interaction_assessed", "lab_resulted"},
    "infection": frozenset({"lab_resulted", "clinical_signs_assessed", "medication_administered", "crs_assessed"}),
    "laboratory": frozenset({"lab_resulted", "clinical_signs_assessed"}),
    "dose": _PUMP | {"reaction_assessed", "crs_assessed", "neuro_assessed", "lab_resulted", "therapy_ordered"},
    "early_warning": frozenset({"crs_assessed", "medication_administered", "attribute"}),
}
"""Discrete kinds of events that belong to a subject."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the story."""

    at: datetime
    kind: str
    """`event`, `grade`, `attribution`, `rulebook` or the alert's transition."""
    text: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """An alert as it stands last, and what led to it and came of it, in the order of time."""

    alert: Alert
    entries: tuple[Entry, ...]
    passed_over: int
    """Streamed values of the patient in the story's time that changed nothing."""
    has_events: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """What the decisions say about which events belong to the story."""

    patient_id: str
    domain: Domain
    begins: datetime
    ends: datetime | None
    """None while the alert stands."""
    named: frozenset[str]
    """Ids of events that decisions of the story name."""


def frame_of(steps: Sequence[AlertTransition], grades: Sequence[GradeAssigned]) -> Frame:
    """The frame of an alert's story; `grades` are those `grades_around` found."""
    alert = steps[-1].alert
    moments = [step.occurred_at for step in steps] + [step.alert.since for step in steps]
    evidence = [item for step in steps for item in step.alert.evidence]
    evidence += [item for grade in grades for item in grade.evidence]
    named = {item.event_id for item in evidence} | {one.caused_by for one in (*steps, *grades)}
    return Frame(
        patient_id=alert.patient_id,
        domain=alert.domain,
        begins=min(moments) - LOOK_BACK,
        ends=alert.resolved_at,
        named=frozenset(one for one in named if one is not None),
    )


def grades_around(steps: Sequence[AlertTransition], decisions: Iterable[Decision]) -> list[GradeAssigned]:
    """The grades of the alert's toxicity, from a day before it began until it was resolved."""
    alert = steps[-1].alert
    begins = min(step.alert.since for step in steps) - LOOK_BACK
    return [
        one
        for one in decisions
        if isinstance(one, GradeAssigned)
        and one.patient_id == alert.patient_id
        and one.toxicity == alert.domain
        and begins <= one.occurred_at
        and (alert.resolved_at is None or one.occurred_at <= alert.resolved_at)
    ]


def tell_story(
    steps: Sequence[AlertTransition],
    decisions: Iterable[Decision],
    events: Iterable[AnyEvent] | None,
    rulebook_changes: Iterable[dict[str, Any]] = (),
) -> Story:
    """Put the story together. `events` None: they are not at hand."""
    told = list(decisions)
    grades = grades_around(steps, told)
    frame = frame_of(steps, grades)
    step_moments = {step.occurred_at for step in steps if step.transition in _TELLING}
    entries = [_step_entry(step) for step in steps]
    entries += [_grade_entry(grade, is_told=grade.occurred_at in step_moments) for grade in grades]
    entries += [_attribution_entry(one) for one in told if _is_attribution_of(one, frame)]
    entries += [_rulebook_entry(one) for one in rulebook_changes if _is_within(_moment(one), frame)]
    passed_over = 0
    for event in events or ():
        if isinstance(event, Tick) or event.patient_id != frame.patient_id or not _is_told_time(event, frame):
            continue
        if _belongs(event, frame):
            entries.append(Entry(event.occurred_at, "event", event_text(event)))
        elif event.type in _STREAMED:
            passed_over += 1
    # What happened comes before what was judged of it at the same moment; sorting keeps the rest in order.
    entries.sort(key=lambda entry: (entry.at, entry.kind != "event"))
    return Story(alert=steps[-1].alert, entries=tuple(entries), passed_over=passed_over, has_events=events is not None)


def _is_within(at: datetime, frame: Frame) -> bool:
    return frame.begins <= at and (frame.ends is None or at <= frame.ends)


def _is_told_time(event: AnyEvent, frame: Frame) -> bool:
    """Whether an event can belong: in the frame, or named by a decision whenever it was."""
    return _is_within(event.occurred_at, frame) or event.event_id in frame.named


def _belongs(event: AnyEvent, frame: Frame) -> bool:
    return (
        event.event_id in frame.named or event.type in _ALWAYS or event.type in _SUBJECT.get(frame.domain, frozenset())
    )


def _is_attribution_of(decision: Decision, frame: Frame) -> bool:
    return (
        isinstance(decision, AttributionRecorded)
        and decision.patient_id == frame.patient_id
        and _is_within(decision.occurred_at, frame)
    )


def _step_entry(step: AlertTransition) -> Entry:
    alert = step.alert
    late = " (late: the evidence came out of order)" if step.late else ""
    if step.transition in _TELLING:
        reasons = [f"rests on {evidence_text(item, step.occurred_at)}" for item in alert.evidence]
        if alert.threshold is not None:
            reasons.append(f"limit: {alert.threshold}")
        reasons.append(f"rule {alert.rule_id}: {alert.citation}")
        text = f"{alert.code}, {alert.priority} priority: {alert.summary}{late}"
        return Entry(step.occurred_at, step.transition, text, tuple(reasons))
    said = ": ".join(part for part in (step.by, step.reason) if part)
    hidden = f"by {alert.inhibited_by}" if step.transition == "inhibited" else ""
    return Entry(step.occurred_at, step.transition, f"{alert.code} {said or hidden}{late}".strip())


def _grade_entry(grade: GradeAssigned, *, is_told: bool) -> Entry:
    """`is_told`: the alert's own step of the same moment gives the reasons already."""
    marks = f" ({', '.join(grade.flags)})" if grade.flags else ""
    text = f"{grade.code}{marks}; worst of 24 h {grade.worst_24h}, episode {grade.episode_max}"
    return Entry(grade.occurred_at, "grade", text, () if is_told else grade.because)


def _attribution_entry(decision: Decision) -> Entry:
    assert isinstance(decision, AttributionRecorded)  # noqa: S101 - asked for by the caller
    sign = decision.attribution
    said = "is attributed to" if decision.active else "is no longer attributed to"
    return Entry(decision.occurred_at, "attribution", f"{sign.sign} {said} {sign.cause}, by {sign.by}: {sign.reason}")


def _moment(change: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(str(change["occurred_at"]))


def _rulebook_entry(change: dict[str, Any]) -> Entry:
    by = f", approved by {change['approved_by']}" if change["approved_by"] else ""
    text = (
        f"other clinical data in force: {change['from_version']} to {change['to_version']} ({change['to_digest']}){by}"
    )
    return Entry(_moment(change), "rulebook", text)

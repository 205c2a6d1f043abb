"""Decisions of blinwatch as marks on a patient's course, and alert steps as rows of the alarm load. Pure."""

from blinwatch.board.trends.trend_store import Mark, Transition
from blinwatch.core.advice_outputs import DoseAdviceGiven
from blinwatch.core.decisions import AlertTransition, GradeAssigned
from blinwatch.core.evidence import to_ms

NO_ADVICE = "none"


def alert_rows(step: AlertTransition, offset: int) -> tuple[Transition, Mark]:
    """An alert's step, and the alert as it is after it; `offset` is the record's own."""
    alert = step.alert
    at_ms = to_ms(step.occurred_at)
    transition = Transition(
        decision_id=step.decision_id,
        alert_id=step.alert_id,
        patient_id=step.patient_id,
        ward=alert.ward,
        at_ms=at_ms,
        step=step.transition,
        key=alert.key,
        code=alert.code,
        rule_id=alert.rule_id,
        priority=alert.priority,
        inhibited=alert.inhibited_by is not None,
        late=step.late,
        reason=step.reason if step.transition in {"acknowledged", "shelved"} else None,
    )
    mark = Mark(
        mark_id=alert.alert_id,
        patient_id=alert.patient_id,
        kind="alert",
        at_ms=to_ms(alert.since),
        until_ms=None if alert.resolved_at is None else to_ms(alert.resolved_at),
        as_of_ms=max(at_ms, to_ms(alert.updated_at)),
        code=alert.code,
        value=alert.level,
        series=alert.key,
        scale=alert.scale,
        rule_id=alert.rule_id,
        priority=alert.priority,
        text=alert.summary,
        version=offset,
    )
    return transition, mark


def grade_marks(told: GradeAssigned) -> list[Mark]:
    """The grade, and beside it the same finding on the other scales; scales are never mixed."""
    at_ms = to_ms(told.occurred_at)
    own = Mark(
        mark_id=told.decision_id,
        patient_id=told.patient_id,
        kind="grade",
        at_ms=at_ms,
        as_of_ms=at_ms,
        code=told.code,
        value=told.grade,
        series=told.toxicity,
        scale=told.scale,
        rule_id=told.rule_id,
        text="; ".join(told.because),
    )
    others = [
        Mark(
            mark_id=f"{told.decision_id}/{one.scale}/{one.term}",
            patient_id=told.patient_id,
            kind="grade",
            at_ms=at_ms,
            as_of_ms=at_ms,
            code=one.code,
            value=one.grade,
            series=told.toxicity,
            scale=one.scale,
            text="; ".join(one.because),
        )
        for one in told.other_scales
    ]
    return [own, *others]


def advice_mark(told: DoseAdviceGiven) -> Mark:
    """The standing label advice from this moment on; the code `none`: nothing is advised any more."""
    at_ms, advice = to_ms(told.occurred_at), told.advice
    return Mark(
        mark_id=told.decision_id,
        patient_id=told.patient_id,
        kind="advice",
        at_ms=at_ms,
        as_of_ms=at_ms,
        code=NO_ADVICE if advice is None else advice.code,
        value=None if advice is None else advice.dose_mcg_day,
        series=None if advice is None else advice.reaction,
        scale=None if advice is None else advice.scale,
        rule_id=None if advice is None else advice.rule_id,
        text="" if advice is None else "; ".join(advice.because),
    )

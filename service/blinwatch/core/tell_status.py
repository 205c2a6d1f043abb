"""One patient's status for a ward board: everything a tile shows, in one record.

It is told when something a reader could act on changes, and otherwise once a minute of patient time, so that the
age of data on the board is honest.
"""

from datetime import datetime

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.alert_lifecycle import short_hash
from blinwatch.core.attribution import attributions_in_force
from blinwatch.core.crs_course import announced, episode_max, status, worst_24h
from blinwatch.core.decisions import (
    CrsStatus,
    Decision,
    IcansStatus,
    InfusionStatus,
    InputNote,
    PatientStatus,
    StandingAlert,
)
from blinwatch.core.evidence import PRIORITY_RANK, to_datetime
from blinwatch.core.icans import course as icans
from blinwatch.core.icans_conditions import next_neuro_check_ms
from blinwatch.core.infusion.verdict import NOT_EVALUABLE
from blinwatch.core.patient_state import Judgement, PatientState, ward_of
from blinwatch.core.tell_dose import dose_status
from blinwatch.core.tell_grade import crs_other_scales
from blinwatch.core.tell_icans import contributions, other_scales
from blinwatch.core.tell_interactions import interaction_status

_HOUR_MS = 3_600_000
_MINUTE_MS = 60_000
_DAY_H = 24


def status_is_due(before: Judgement, state: PatientState, decisions: tuple[Decision, ...], rulebook: Rulebook) -> bool:
    """Whether the board must hear: something changed, or the last status is a heartbeat old."""
    now = state.head
    if any(not isinstance(decision, InputNote) for decision in decisions):
        return True
    if before.silent != now.silent or before.order is not now.order:
        return True
    if before.infusion is not now.infusion and _shown(before) != _shown(now):
        return True
    return now.clock_ms - state.status_ms >= rulebook.alerts.status_heartbeat_s * 1000


def _shown(judgement: Judgement) -> tuple[object, ...]:
    view = judgement.infusion
    if view is None:
        return ()
    return (view.state, view.verdict.headline, view.rate_ml_h, view.dose_mcg_day, view.bag_due_at_ms)


def tell_status(judgement: Judgement, caused_by: str | None, rulebook: Rulebook) -> PatientStatus:
    """The status as of the judgement's own clock."""
    at_ms = max(judgement.clock_ms, 0)
    order = judgement.order
    start_ms = None if judgement.infusion is None else judgement.infusion.cycle_start_ms
    hours = None if start_ms is None or start_ms > at_ms else (at_ms - start_ms) / _HOUR_MS
    return PatientStatus(
        decision_id=short_hash(judgement.patient_id, "status", at_ms, caused_by),
        patient_id=judgement.patient_id,
        ward=ward_of(judgement),
        as_of=to_datetime(at_ms),
        phase=None if order is None else order.phase,
        cycle=None if order is None else order.cycle,
        cycle_day=None if hours is None else int(hours // _DAY_H) + 1,
        cycle_hour=None if hours is None else round(hours, 3),
        crs=_crs_status(judgement, at_ms),
        icans=_icans_status(judgement, at_ms, rulebook),
        infusion=_infusion_status(judgement, at_ms),
        dose=None if judgement.advice is None else dose_status(judgement.advice),
        interactions=interaction_status(judgement, rulebook),
        attributions=attributions_in_force(judgement.attributions, at_ms),
        alerts=_standing(judgement),
        signals_last_at={name: to_datetime(signal.at_ms) for name, signal in sorted(judgement.signals.items())},
        silent=judgement.silent,
        rulebook_version=rulebook.version,
        rulebook_digest=rulebook.digest,
        caused_by=caused_by,
    )


def _crs_status(judgement: Judgement, at_ms: int) -> CrsStatus:
    course, grade = judgement.course, judgement.grade
    return CrsStatus(
        current="CRS_NOT_EVALUABLE" if grade is None else grade.code,
        worst_24h=worst_24h(course, at_ms),
        episode_max=episode_max(course),
        announced=announced(course, at_ms),
        status=status(course),
        flags=() if grade is None else grade.flags,
        because=("no observation has arrived yet",) if grade is None else grade.because,
        hypotension_grade=None if grade is None else grade.hypotension.grade,
        hypoxia_grade=None if grade is None else grade.hypoxia.grade,
        would_be_grade=None if grade is None else grade.would_be_grade,
        observed_at=None if judgement.graded_ms is None else to_datetime(judgement.graded_ms),
        other_scales=crs_other_scales(judgement),
    )


def _icans_status(judgement: Judgement, at_ms: int, rulebook: Rulebook) -> IcansStatus:
    course = judgement.neuro
    grade = course.latest
    return IcansStatus(
        current=icans.current_code(course),
        worst_24h=icans.worst_24h(course, at_ms),
        episode_max=icans.episode_max(course),
        announced=icans.announced(course, at_ms),
        status=icans.status(course),
        flags=() if grade is None else grade.flags,
        because=("no neurological examination has arrived yet",) if grade is None else grade.because,
        domains=() if grade is None else contributions(grade),
        change_from_baseline=None if grade is None else grade.change_from_baseline,
        seizure_count=course.seizures.count,
        examined_at=_when(course.examined_ms),
        next_due_at=_when(next_neuro_check_ms(judgement, rulebook)),
        other_scales=other_scales(judgement),
    )


def _infusion_status(judgement: Judgement, at_ms: int) -> InfusionStatus:
    """As last judged, with the hours that only run on added: between its deadlines the verdict cannot change."""
    view = judgement.infusion
    if view is None:
        return InfusionStatus(
            state="unknown", headline=NOT_EVALUABLE, codes=(), flags=(), because=("nothing is known of the infusion",)
        )
    since_ms = at_ms - (at_ms if judgement.infusion_ms is None else judgement.infusion_ms)
    infused_h, gap_min, end_due_ms = view.infused_h_total, view.gap_min, view.end_due_at_ms
    if view.rate_ml_h is not None or view.state == "running":
        infused_h = None if infused_h is None else infused_h + since_ms / _HOUR_MS
    else:
        gap_min = None if gap_min is None else gap_min + since_ms / _MINUTE_MS
        end_due_ms = None if end_due_ms is None else end_due_ms + since_ms
    verdict = view.verdict
    return InfusionStatus(
        state=view.state,
        headline=verdict.headline,
        codes=tuple(finding.code for finding in verdict.findings),
        flags=verdict.flags,
        because=tuple(finding.because for finding in verdict.findings),
        rate_ml_h=view.rate_ml_h,
        dose_mcg_day=view.dose_mcg_day,
        dose_due_mcg_day=verdict.dose_due_mcg_day,
        infused_h_total=None if infused_h is None else round(infused_h, 3),
        gap_min=None if gap_min is None else round(gap_min, 2),
        bag_due_at=_when(view.bag_due_at_ms),
        step_due_at=_when(view.step_due_at_ms),
        end_due_at=_when(end_due_ms),
        last_message_at=_when(view.last_message_at_ms),
    )


def _when(at_ms: int | None) -> datetime | None:
    return None if at_ms is None else to_datetime(at_ms)


def _standing(judgement: Judgement) -> tuple[StandingAlert, ...]:
    """What needs a look first, hidden ones last; among those the most urgent, then the oldest first."""
    alerts = sorted(
        judgement.alerts.standing,
        key=lambda alert: (
            alert.inhibited_by is not None,
            -PRIORITY_RANK[alert.priority],
            alert.since,
            alert.alert_id,
        ),
    )
    return tuple(
        StandingAlert(
            alert_id=alert.alert_id,
            code=alert.code,
            rule_id=alert.rule_id,
            priority=alert.priority,
            state=alert.state,
            since=alert.since,
            summary=alert.summary,
            inhibited_by=alert.inhibited_by,
        )
        for alert in alerts
    )

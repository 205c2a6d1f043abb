"""One patient as the board shows him: short words, moments and a place in the order of need.

What:      from the status that a worker wrote to what a tile holds. Nothing is judged or left out here because it is
           harmless: what cannot be graded, is masked or has gone silent is said as such.
Inputs:    `PatientStatus` (patients.status.v1).
Caveats:   moments are ms since 1970 UTC; how old they are the browser tells, for it has the clock.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from blinwatch.core.decisions import CrsStatus, IcansStatus, InfusionStatus, PatientStatus, StandingAlert

PRIORITIES = ("high", "medium", "low")
_CALLS = "active"
"""The state of an alert of which nobody has said that it was seen."""
_NOT_EVALUABLE = "NOT_EVALUABLE"
_MASKED = "SUSPECT_MASKED"
_CONTRIBUTION = {"cognition": "cognition", "loc": "consciousness", "seizure": "seizure", "motor": "motor"}


def ms(moment: datetime | None) -> int | None:
    """Milliseconds since 1970 UTC."""
    return None if moment is None else round(moment.timestamp() * 1000)


def tile(status: PatientStatus) -> dict[str, Any]:
    """What the browser gets of one patient."""
    alerts = sorted(status.alerts, key=_alert_place)
    return {
        "id": status.patient_id,
        "ward": status.ward or "",
        "as_of": ms(status.as_of),
        "need": need(status),
        "calls": _calls(status.alerts),
        "cycle": {"cycle": status.cycle, "day": status.cycle_day, "hour": status.cycle_hour, "phase": status.phase},
        "infusion": _infusion(status.infusion),
        "crs": _crs(status.crs),
        "icans": _icans(status.icans),
        "advice": _advice(status),
        "drugs": {
            "masking": list(status.interactions.masking_drugs),
            "sedating": list(status.interactions.sedatives_on_board),
            "unknown": list(status.interactions.unknown_drugs),
        },
        "attributions": [
            {"sign": one.sign, "cause": one.cause, "by": one.by, "reason": one.reason, "until": ms(one.until)}
            for one in status.attributions
        ],
        "alerts": [_alert(one) for one in alerts],
        "signals": {name: ms(moment) for name, moment in sorted(status.signals_last_at.items())},
        "silent": list(status.silent),
    }


def need(status: PatientStatus) -> list[int]:
    """The place in the order of need; smaller is sooner.

    First whoever has an unseen alert of high priority, then those whom nobody is watching, then unseen alerts of
    lower priority, then the worst grade of CRS or ICANS now, then what stands and was seen.
    """
    unseen = _calls(status.alerts)
    rank = PRIORITIES.index(unseen) if unseen is not None else len(PRIORITIES)
    blind = any(name.startswith("feed:") or name == "pump" for name in status.silent)
    seen = min((PRIORITIES.index(one.priority) for one in status.alerts), default=len(PRIORITIES))
    grade = max(grade_number(status.crs.current) or 0, grade_number(status.icans.current) or 0)
    return [0 if rank == 0 else 1 if blind else 2, rank, -grade, seen]


def grade_number(code: str) -> int | None:
    """The number in a result code such as `CRS_G3`; None where it holds none: cannot be graded, or masked."""
    tail = code.rpartition("_G")[2]
    return int(tail) if tail.isdigit() else None


def grade_word(code: str) -> str:
    """A result code as a tile says it. Never a number where there is no grade."""
    number = grade_number(code)
    if number is not None:
        return str(number)
    if code.endswith(_MASKED):
        return "masked?"
    return "?" if code.endswith(_NOT_EVALUABLE) else code


def _calls(alerts: Iterable[StandingAlert]) -> str | None:
    """The highest priority among alerts that nobody has seen and no other hides."""
    unseen = [one.priority for one in alerts if one.state == _CALLS and one.inhibited_by is None]
    return min(unseen, key=PRIORITIES.index, default=None)


def _alert_place(one: StandingAlert) -> tuple[bool, bool, int, datetime, str]:
    return (
        one.inhibited_by is not None,
        one.state != _CALLS,
        PRIORITIES.index(one.priority),
        one.since,
        one.alert_id,
    )


def _alert(one: StandingAlert) -> dict[str, Any]:
    return {
        "id": one.alert_id,
        "code": one.code,
        "rule": one.rule_id,
        "priority": one.priority,
        "state": one.state,
        "since": ms(one.since),
        "summary": one.summary,
        "hidden": one.inhibited_by is not None,
    }


def _crs(crs: CrsStatus) -> dict[str, Any]:
    return {
        "now": grade_word(crs.current),
        "graded": grade_number(crs.current) is not None,
        "worst": grade_word(crs.worst_24h),
        "episode": grade_word(crs.episode_max),
        "status": crs.status,
        "hypotension": crs.hypotension_grade,
        "hypoxia": crs.hypoxia_grade,
        "would_be": crs.would_be_grade,
        "flags": list(crs.flags),
        "because": list(crs.because),
        "at": ms(crs.observed_at),
        "other": [{"scale": one.scale, "code": one.code, "because": list(one.because)} for one in crs.other_scales],
    }


def _icans(icans: IcansStatus) -> dict[str, Any]:
    return {
        "now": grade_word(icans.current),
        "graded": grade_number(icans.current) is not None,
        "worst": grade_word(icans.worst_24h),
        "episode": grade_word(icans.episode_max),
        "status": icans.status,
        "domains": [
            {"domain": _CONTRIBUTION.get(one.domain, one.domain), "grade": one.grade, "because": one.because}
            for one in icans.domains
        ],
        "flags": list(icans.flags),
        "because": list(icans.because),
        "seizures": icans.seizure_count,
        "at": ms(icans.examined_at),
        "due": ms(icans.next_due_at),
        "other": [{"scale": one.scale, "code": one.code, "because": list(one.because)} for one in icans.other_scales],
    }


def _infusion(infusion: InfusionStatus) -> dict[str, Any]:
    return {
        "state": infusion.state,
        "codes": list(infusion.codes),
        "because": list(infusion.because),
        "flags": list(infusion.flags),
        "rate_ml_h": infusion.rate_ml_h,
        "dose_mcg_day": infusion.dose_mcg_day,
        "dose_due_mcg_day": infusion.dose_due_mcg_day,
        "gap_min": infusion.gap_min,
        "bag_due": ms(infusion.bag_due_at),
        "step_due": ms(infusion.step_due_at),
        "end_due": ms(infusion.end_due_at),
        "last_message": ms(infusion.last_message_at),
    }


def _advice(status: PatientStatus) -> dict[str, Any] | None:
    dose = status.dose
    if dose is None:
        return None
    return {
        "code": dose.code,
        "words": dose.code.removeprefix("DM_").replace("_", " ").lower(),
        "scale": dose.scale,
        "grade": dose.grade,
        "reaction": dose.reaction,
        "rule": dose.rule_id,
        "because": list(dose.because),
        "supportive": list(dose.supportive),
        "dose_mcg_day": dose.dose_mcg_day,
        "rate_ml_h": dose.rate_ml_h,
        "since": ms(dose.since),
        "restart_earliest": ms(dose.restart_earliest_at),
        "decide_by": ms(dose.decide_by),
        "other_scale": dose.other_scale,
        "label": dose.label_version,
    }

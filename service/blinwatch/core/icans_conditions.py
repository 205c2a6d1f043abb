"""ICANS grades and their companions to alert conditions.

What:      which alerts the course of ICANS calls for: the announced grade, an intracranial haemorrhage, an examination
           that could not be graded, and a neurological check that is overdue.
Sources:   rule reference sections 0 (announced), C (ICA-6, ICA-9), G (cadence) and H (priorities).
Inputs:    the ICANS course, the infusion's milestones, the order, the time.
Caveats:   - the ICANS alert follows the announced grade: a rise at once, a fall after 6 h.
           - a haemorrhage stands until an examination charts that there is none.
           - nobody is asked to examine the dead again.
"""

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.alert_lifecycle import Moment
from blinwatch.core.crs_conditions import priority_of
from blinwatch.core.detect_silence import watched_since_ms
from blinwatch.core.evidence import Condition, Evidence, to_datetime
from blinwatch.core.icans.cadence import CloseWatch, neuro_check_due_ms, neuro_check_late_ms, neuro_interval_h
from blinwatch.core.icans.course import IcansCourse, announced, announced_changes_ms, grade_in_force
from blinwatch.core.icans.grade import NEURO_EMERGENCY, NOT_EVALUABLE, IcansGrade
from blinwatch.core.patient_state import Judgement

_GRADE_PREFIX = "ICANS_G"
OVERDUE_KEY = "OBS_OVERDUE:neuro"


def icans_conditions(judgement: Judgement, moment: Moment) -> tuple[Condition, ...]:
    """Every condition of the ICANS domain that holds at the moment."""
    course = judgement.neuro
    found: list[Condition] = []
    if course.latest is not None:
        found.extend(_of_grade(course, course.latest, judgement, moment))
    if course.haemorrhage_ms is not None:
        found.append(_haemorrhage(course, course.haemorrhage_ms, moment.rulebook))
    overdue = _overdue(judgement, moment.at_ms, moment.rulebook)
    return (*found, overdue) if overdue else tuple(found)


def icans_deadline_ms(judgement: Judgement, after_ms: int, rulebook: Rulebook) -> int | None:
    """The earliest moment after `after_ms` at which time alone changes a condition or what is told of the grade."""
    course = judgement.neuro
    due = [announced_changes_ms(course, after_ms), neuro_check_late_ms(course, close_watch(judgement), rulebook.vitals)]
    return min((moment for moment in due if moment is not None and moment > after_ms), default=None)


def next_neuro_check_ms(judgement: Judgement, rulebook: Rulebook) -> int | None:
    """When the next neurological check is due, for a board; None where none is owed."""
    return neuro_check_due_ms(judgement.neuro, close_watch(judgement), rulebook.vitals)


def close_watch(judgement: Judgement) -> CloseWatch:
    """What of the infusion and the order opens the times of close watching (section G)."""
    view, order = judgement.infusion, judgement.order
    milestones = None if view is None else view.milestones
    restarts: list[int] = []
    if milestones is not None:
        moments = (milestones.restarted_after_long_gap_ms, milestones.low_restart_since_ms)
        restarts = [moment for moment in moments if moment is not None]
    return CloseWatch(
        watched_since_ms=watched_since_ms(judgement),
        cycle=None if order is None else order.cycle,
        cycle_start_ms=None if view is None else view.cycle_start_ms,
        stepped_ms=None if milestones is None else milestones.stepped_ms,
        restarted_ms=max(restarts, default=None),
    )


def icans_evidence(course: IcansCourse) -> tuple[Evidence, ...]:
    """What the latest examination charted, with its time and event."""
    if course.latest is None or course.examined_ms is None:
        return ()
    examined_at = to_datetime(course.examined_ms)
    return tuple(
        Evidence(reading.name, reading.value, reading.unit, examined_at, course.event_id)
        for reading in course.latest.readings
    )


def _of_grade(course: IcansCourse, grade: IcansGrade, judgement: Judgement, moment: Moment) -> list[Condition]:
    """The announced grade, and the call to examine again."""
    found: list[Condition] = []
    since_ms = moment.at_ms if course.examined_ms is None else course.examined_ms
    code = announced(course, moment.at_ms)
    level = int(code[-1]) if code.startswith(_GRADE_PREFIX) else 0
    evidence = icans_evidence(course)
    if level >= 1:
        found.append(
            Condition(
                key="ICANS",
                code=code,
                rule_id=grade.rule_id,
                domain="icans",
                scale="ASTCT",
                priority=priority_of(code, moment.rulebook),
                level=level,
                summary=_summary(_announced_text(level, grade), grade.because),
                evidence=evidence,
                since_ms=since_ms,
            )
        )
    if grade.grade is None and judgement.death_due_to is None:
        found.append(
            Condition(
                key=NOT_EVALUABLE,
                code=NOT_EVALUABLE,
                rule_id="ICA-9",
                domain="icans",
                scale="ASTCT",
                priority=priority_of(NOT_EVALUABLE, moment.rulebook),
                summary=_summary("The last neurological examination cannot be graded.", grade.because),
                evidence=evidence,
                since_ms=since_ms,
            )
        )
    return found


def _announced_text(level: int, grade: IcansGrade) -> str:
    if grade.grade is not None and grade.grade < level:
        return f"ICANS grade {level} (ASTCT) still announced: the latest grade {grade.grade} has not held long enough."
    if grade.grade is None:
        return f"ICANS grade {level} (ASTCT) still announced: the latest examination cannot be graded."
    return f"ICANS grade {level} (ASTCT).{_LABEL_ADVICE.get(level, '')}"


_LABEL_ADVICE = {3: " Label advice: interrupt (DM-6).", 4: " Label advice: discontinue for good (DM-7)."}
"""This alert pages for the advice too, so that nobody is paged twice for one thing."""


def _summary(text: str, reasons: tuple[str, ...]) -> str:
    return " ".join([text, *(f"{reason[0].upper()}{reason[1:]}." for reason in reasons)])


def _haemorrhage(course: IcansCourse, since_ms: int, rulebook: Rulebook) -> Condition:
    return Condition(
        key=NEURO_EMERGENCY,
        code=NEURO_EMERGENCY,
        rule_id="ICA-6",
        domain="icans",
        scale="ASTCT",
        priority=rulebook.icans.neuro_emergency_priority,
        summary=(
            "Intracranial haemorrhage charted: neurological emergency, call a doctor now. It has no ICANS grade of its"
            " own; oedema and pressure signs are left out of the grade, and so is what is marked as due to it (ICA-6)."
        ),
        evidence=(Evidence("intracranial_hemorrhage", True, None, to_datetime(since_ms), course.event_id),),  # noqa: FBT003 - the charted value
        since_ms=since_ms,
    )


def _overdue(judgement: Judgement, at_ms: int, rulebook: Rulebook) -> Condition | None:
    """Section G: a neurological check half an hour or more past its time."""
    course, rules = judgement.neuro, rulebook.vitals
    late_ms = neuro_check_late_ms(course, close_watch(judgement), rules)
    if late_ms is None or at_ms < late_ms:
        return None
    hours = neuro_interval_h(course, rules) or rules.neuro_interval_h
    grade = grade_in_force(course)
    while_text = f" while ICANS is grade {grade}" if grade else ""
    last = () if course.examined_ms is None else (Evidence("examination", None, None, to_datetime(course.examined_ms)),)
    return Condition(
        key=OVERDUE_KEY,
        code="OBS_OVERDUE",
        rule_id="OBS-1",
        domain="icans",
        scale="site",
        priority=priority_of("OBS_OVERDUE", rulebook),
        summary=f"Neurological check (ICE or CAPD) overdue: now due every {hours:g} h{while_text}.",
        threshold=f"every {hours:g} h, late {rules.obs_overdue_slack_h:g} h after",
        evidence=last,
        since_ms=late_ms,
    )

"""ICANS over time: the episode, its resolution, what to show and announce, and the seizures so far.

What:      folds examinations, in event-time order, into one small record; answers section 0's questions current,
           worst_24h, episode_max, announced and status.
Source:    rule reference section 0 (outputs) and ICA-11.
Inputs:    examinations as charted, what is known beside them, and the time of the question.
Caveats:   - an examination that cannot be graded takes no grade >= 1 out of force, so an announcement never falls
             for want of data. It does end a grade 0: missing is never normal.
           - an attribution that begins or ends between two examinations judges the latest one anew
             (`judge_again`). That is no examination: it moves no clock of ICA-11 and counts no seizure.
"""

from dataclasses import dataclass, replace
from typing import Literal

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.findings import NeuroFindings
from blinwatch.core.grade_times import (
    NO_TIMES,
    GradeTimes,
    announced_slot,
    next_change_ms,
    note_slot,
    worst_slot,
)
from blinwatch.core.icans.episode import HOUR_MS, NO_EPISODE, IcansEpisode, next_episode
from blinwatch.core.icans.grade import NEURO_EMERGENCY, NOT_EVALUABLE, IcansContext, IcansGrade, grade_code, grade_icans
from blinwatch.core.icans.seizure_history import NO_SEIZURES, SeizureHistory, note_seizure

IcansEpisodeStatus = Literal["ICANS_OPEN", "ICANS_RESOLVED", "ICANS_NONE"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IcansCourse:
    """Everything remembered of a patient's ICANS. Times are ms since 1970 UTC."""

    latest: IcansGrade | None = None
    """The grade of the latest examination, as staff attribute its signs now."""
    findings: NeuroFindings | None = None
    """The latest examination itself, to be judged again when an attribution begins or ends."""
    examined_ms: int | None = None
    event_id: str | None = None
    """The event that brought the latest examination."""
    haemorrhage_ms: int | None = None
    """Since when an intracranial haemorrhage is charted. Only a charted "no" ends it: a later examination that does
    not mention it has not undone it."""
    episode: IcansEpisode = NO_EPISODE
    """The open episode, else the last one."""
    last_grade: int | None = None
    times: GradeTimes = NO_TIMES
    worst_window_ms: int = 0
    """How far back the worst is asked for, by the rulebook that judged the latest examination."""
    fall_after_ms: int = 0
    """How long a lower grade must have held before a fall is announced, by the same rulebook."""
    seizures: SeizureHistory = NO_SEIZURES


EMPTY_ICANS_COURSE = IcansCourse()


def observe_icans(
    course: IcansCourse,
    findings: NeuroFindings,
    context: IcansContext,
    at_ms: int,
    rulebook: Rulebook,
    event_id: str | None = None,
) -> tuple[IcansCourse, IcansGrade]:
    """Fold one charted examination: grade it, carry episode and seizures on."""
    rules = rulebook.icans
    grade = grade_icans(findings, _with_last_grade(context, course), rulebook)
    return (
        IcansCourse(
            latest=grade,
            findings=findings,
            examined_ms=at_ms,
            event_id=event_id,
            haemorrhage_ms=_haemorrhage_ms(course, findings, grade, at_ms),
            episode=next_episode(course.episode, grade, at_ms, rules),
            last_grade=course.last_grade if grade.grade is None else grade.grade,
            times=note_slot(course.times, grade.grade, at_ms),
            worst_window_ms=round(rules.worst_window_h * HOUR_MS),
            fall_after_ms=round(rules.announce_fall_after_h * HOUR_MS),
            seizures=note_seizure(course.seizures, findings, grade.seizure, at_ms, rules),
        ),
        grade,
    )


def judge_again(
    course: IcansCourse, context: IcansContext, at_ms: int, rulebook: Rulebook
) -> tuple[IcansCourse, IcansGrade | None]:
    """Judge the latest examination anew because staff attribute its signs otherwise since `at_ms`.

    The new grade is in force from `at_ms`; what was seen before stays in the worst of 24 h and in the episode.
    """
    if course.findings is None:
        return course, None
    grade = grade_icans(course.findings, _with_last_grade(context, course), rulebook)
    episode = course.episode
    if grade.grade is not None and grade.grade > 0:
        episode = next_episode(episode, grade, at_ms, rulebook.icans)
    return (
        replace(
            course,
            latest=grade,
            episode=episode,
            last_grade=course.last_grade if grade.grade is None else grade.grade,
            times=note_slot(course.times, grade.grade, at_ms),
        ),
        grade,
    )


def _haemorrhage_ms(course: IcansCourse, findings: NeuroFindings, grade: IcansGrade, at_ms: int) -> int | None:
    if NEURO_EMERGENCY in grade.flags:
        return at_ms if course.haemorrhage_ms is None else course.haemorrhage_ms
    return None if findings.intracranial_hemorrhage is False else course.haemorrhage_ms


def _with_last_grade(context: IcansContext, course: IcansCourse) -> IcansContext:
    return context if context.last_grade is not None else replace(context, last_grade=course.last_grade)


def _code(slot: int | None) -> str:
    return NOT_EVALUABLE if slot is None else grade_code(slot)


def current_code(course: IcansCourse) -> str:
    """The result of the latest examination."""
    return NOT_EVALUABLE if course.latest is None else course.latest.code


def worst_24h(course: IcansCourse, at_ms: int) -> str:
    """The worst of the examinations later than 24 h before `at_ms`; one exactly 24 h old is out."""
    return _code(worst_slot(course.times, at_ms, course.worst_window_ms))


def episode_max(course: IcansCourse) -> str:
    """The worst of the open episode, else of the last one; no episode ever is G0."""
    return grade_code(course.episode.worst_grade or 0)


def announced(course: IcansCourse, at_ms: int) -> str:
    """The worst grade in force during the 6 h up to `at_ms`: a rise at once, a fall when it has held."""
    return _code(announced_slot(course.times, at_ms, course.fall_after_ms))


def announced_changes_ms(course: IcansCourse, at_ms: int) -> int | None:
    """The next moment after `at_ms` at which time alone changes what is announced or the worst of 24 h."""
    return next_change_ms(course.times, at_ms, course.worst_window_ms, course.fall_after_ms)


def grade_in_force(course: IcansCourse) -> int | None:
    """The numeric grade now in force: that of the latest examination, or an earlier one it could not replace."""
    return course.times.in_force


def status(course: IcansCourse) -> IcansEpisodeStatus:
    """Whether an episode is open, at the latest examination."""
    if course.episode.open:
        return "ICANS_OPEN"
    return "ICANS_NONE" if course.episode.opened_ms is None else "ICANS_RESOLVED"

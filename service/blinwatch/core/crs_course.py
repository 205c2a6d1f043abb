"""CRS over time: the episode, its resolution, and what to show and announce.

What:      folds observations and drug doses, in event-time order, into one small record; answers section 0's
           questions current, worst_24h, episode_max, announced and status.
Source:    rule reference section 0 (outputs), CRS-3, CRS-4, CRS-10, CRS-12, and section I.
Inputs:    observations (as charted, or already screened), doses of masking drugs, and the time of the
           question.
Caveats:   - NOT_EVALUABLE takes no grade >= 1 out of force, so an announcement never falls for want of data.
             It does end a G0: missing is never normal.
           - the history is not kept: the last time each grade was seen, and the last time it was in force,
             answer every question asked at or after the latest observation.
"""

from dataclasses import dataclass, replace
from typing import Literal

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.crs_episode import NO_EPISODE, CrsEpisode, next_episode
from blinwatch.core.findings import CrsFindings
from blinwatch.core.grade_crs import (
    NOT_EVALUABLE,
    SUSPECT_MASKED,
    CrsGrade,
    EpisodeContext,
    grade_code,
    grade_crs,
)
from blinwatch.core.grade_times import (
    NO_TIMES,
    SUSPECT,
    GradeTimes,
    announced_slot,
    next_change_ms,
    note_slot,
    worst_slot,
)
from blinwatch.core.masking_drugs import (
    NO_MASKING_DRUGS,
    MaskingDrugs,
    drugs_on_board,
    remember_charted_drugs,
    remember_drug,
)
from blinwatch.core.plausibility import NOTHING_SEEN, SignalMemory, screen
from blinwatch.core.recognise_drug import MaskingDrug

HOUR_MS = 3_600_000
CrsEpisodeStatus = Literal["CRS_OPEN", "CRS_RESOLVED", "CRS_NONE"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CrsCourse:
    """Everything remembered of a patient's CRS. Times are ms since 1970 UTC."""

    latest: CrsGrade | None = None
    """The grade of the latest observation."""
    observed_ms: int | None = None
    episode: CrsEpisode = NO_EPISODE
    """The open episode, else the last one."""
    last_grade: int | None = None
    times: GradeTimes = NO_TIMES
    """When each grade was seen and in force."""
    worst_window_ms: int = 0
    """How far back the worst is asked for, by the rulebook that judged the latest observation."""
    fall_after_ms: int = 0
    """How long a lower grade must have held before a fall is announced, by the same rulebook."""
    drugs: MaskingDrugs = NO_MASKING_DRUGS
    memory: SignalMemory = NOTHING_SEEN


EMPTY_COURSE = CrsCourse()


def observe_crs(course: CrsCourse, findings: CrsFindings, at_ms: int, rulebook: Rulebook) -> tuple[CrsCourse, CrsGrade]:
    """Fold one charted observation: screen it, grade it, carry the episode on."""
    screened = screen(findings, course.memory, at_ms, rulebook.vitals)
    return _fold(course, screened.findings, screened.flags, screened.memory, at_ms, rulebook)


def observe_screened(
    course: CrsCourse,
    findings: CrsFindings,
    screen_flags: tuple[str, ...],
    at_ms: int,
    rulebook: Rulebook,
) -> tuple[CrsCourse, CrsGrade]:
    """Fold one observation whose values have passed the plausibility gate already (live signals)."""
    return _fold(course, findings, screen_flags, course.memory, at_ms, rulebook)


def give_masking_drug(course: CrsCourse, kind: MaskingDrug, at_ms: int) -> CrsCourse:
    """Remember a dose of a drug that hides fever, given at `at_ms`. A dose is no observation."""
    return replace(course, drugs=remember_drug(course.drugs, kind, at_ms))


def _fold(
    course: CrsCourse,
    findings: CrsFindings,
    screen_flags: tuple[str, ...],
    memory: SignalMemory,
    at_ms: int,
    rulebook: Rulebook,
) -> tuple[CrsCourse, CrsGrade]:
    rules = rulebook.crs
    asserted = findings.crs_active is True
    drugs = remember_charted_drugs(course.drugs, findings, at_ms)
    in_episode = course.episode.open or asserted
    on_board = () if in_episode else drugs_on_board(drugs, findings, at_ms, rules.masking_max_h)
    grade = grade_crs(findings, EpisodeContext(in_episode, on_board, course.last_grade), rulebook, screen_flags)
    episode = next_episode(course.episode, grade, drugs, at_ms, rules, asserted=asserted)
    return (
        CrsCourse(
            latest=grade,
            observed_ms=at_ms,
            episode=episode,
            last_grade=course.last_grade if grade.grade is None else grade.grade,
            times=note_slot(course.times, _slot(grade), at_ms),
            worst_window_ms=round(rules.worst_window_h * HOUR_MS),
            fall_after_ms=round(rules.announce_fall_after_h * HOUR_MS),
            drugs=drugs,
            memory=memory,
        ),
        grade,
    )


def _slot(grade: CrsGrade) -> int | None:
    if grade.grade is not None:
        return grade.grade
    return SUSPECT if grade.code == SUSPECT_MASKED else None


def _code(slot: int | None) -> str:
    if slot is None:
        return NOT_EVALUABLE
    return SUSPECT_MASKED if slot == SUSPECT else grade_code(slot)


def current_code(course: CrsCourse) -> str:
    """The result of the latest observation."""
    return NOT_EVALUABLE if course.latest is None else course.latest.code


def worst_24h(course: CrsCourse, at_ms: int) -> str:
    """The worst of the observations later than 24 h before `at_ms`; one exactly 24 h old is out."""
    return _code(worst_slot(course.times, at_ms, course.worst_window_ms))


def episode_max(course: CrsCourse) -> str:
    """The worst of the open episode, else of the last one; no episode ever is G0."""
    if course.episode.worst_grade is not None:
        return grade_code(course.episode.worst_grade)
    return grade_code(0) if course.episode.opened_ms is None else NOT_EVALUABLE


def announced(course: CrsCourse, at_ms: int) -> str:
    """The worst grade in force during the 6 h up to `at_ms`: a rise at once, a fall when it has held."""
    return _code(announced_slot(course.times, at_ms, course.fall_after_ms))


def announced_changes_ms(course: CrsCourse, at_ms: int) -> int | None:
    """The next moment after `at_ms` at which time alone changes what is announced or the worst of 24 h."""
    return next_change_ms(course.times, at_ms, course.worst_window_ms, course.fall_after_ms)


def status(course: CrsCourse) -> CrsEpisodeStatus:
    """Whether an episode is open, at the latest observation."""
    if course.episode.open:
        return "CRS_OPEN"
    return "CRS_NONE" if course.episode.opened_ms is None else "CRS_RESOLVED"

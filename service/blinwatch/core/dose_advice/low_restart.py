"""DM-5: on a low-dose restart.

Definition:  hold the low dose until 168 h have passed since the restart without recurrence, then go up to the full
             dose. A recurrence up to grade 2 holds it until it is gone (grade 0). A recurrence of grade 3 or more is
             a new event that began at the low dose and is judged by its own family.
Source:      rule reference DM-5 and the paragraph below the table of section D.
Inputs:      hours_since_restart, recurrence, the grades, crs_status.
Caveats:     - `recurrence` true: the grades describe the recurrence. Without it a grade now >= 2 is one.
             - a recurrence whose restart has no time is on the low dose all the same (flagged INCOMPLETE) [C].
             - an open CRS episode on the low restart holds the low dose, because CRS-10 has not called it gone [C].
"""

from dataclasses import replace

from blinwatch.core.dose_advice.advice import ESCALATE, HOLD_LOW, INCOMPLETE, ReactionAdvice, Terms
from blinwatch.core.dose_advice.read_grades import grade_now, reached_grade
from blinwatch.core.findings import ReactionFindings
from blinwatch.core.infusion.verdict import plain, reaches


def on_low_restart(findings: ReactionFindings) -> bool:
    """Whether a low-dose restart is on."""
    return findings.hours_since_restart is not None or findings.recurrence is True


def recurrence_grade(findings: ReactionFindings, terms: Terms) -> int | None:
    """The grade of the recurrence on the low restart, or None where there is none."""
    if not on_low_restart(findings):
        return None
    if findings.recurrence:
        return reached_grade(findings)
    now = grade_now(findings)
    if now is None and findings.episode_grade is None:
        now = findings.grade
    return now if now is not None and now >= terms.rules.recurrence_from_grade else None


def recurred_severely(findings: ReactionFindings, terms: Terms) -> bool:
    """Whether a recurrence of grade 3 or more stands: a new event that began at the low dose."""
    grade = recurrence_grade(findings, terms)
    return grade is not None and grade >= terms.rules.severe_grade


def judge_low_restart(findings: ReactionFindings, terms: Terms) -> ReactionAdvice | None:
    """DM_HOLD_LOW or DM_ESCALATE; None when no low restart is on or a severe recurrence is for its own family."""
    if not on_low_restart(findings) or recurred_severely(findings, terms):
        return None
    hold = ReactionAdvice(
        reaction=findings.reaction,
        code=HOLD_LOW,
        rule_id="DM-5",
        scale=terms.scale,
        grade=reached_grade(findings),
        because=(),
    )
    grade = recurrence_grade(findings, terms)
    recurred = findings.recurrence is True or grade is not None
    if recurred and grade_now(findings) != terms.rules.gone_at_grade:
        known = findings.hours_since_restart is not None and grade is not None
        which = "grade unknown" if grade is None else f"grade {grade}"
        text = f"the reaction has come back at the low dose ({which}): stay at the low dose until it is gone (DM-5)"
        return replace(hold, because=(text,), flags=() if known else (INCOMPLETE,))
    if findings.reaction == "crs" and findings.crs_status == "CRS_OPEN":
        return replace(hold, because=("a CRS episode is still open: stay at the low dose until it is resolved (DM-5)",))
    return _by_time(hold, findings, terms)


def _by_time(hold: ReactionAdvice, findings: ReactionFindings, terms: Terms) -> ReactionAdvice:
    needed_h, since_h = terms.rules.low_hold_h, findings.hours_since_restart
    if since_h is None:
        text = "since when the low dose has run is not known: stay at it (DM-5)"
        return replace(hold, because=(text,), flags=(INCOMPLETE,))
    if reaches(since_h, needed_h):
        text = f"{plain(since_h)} h at the low dose without recurrence, {plain(needed_h)} h are needed: go up (DM-5)"
        return replace(hold, code=ESCALATE, because=(text,))
    text = f"{plain(since_h)} h at the low dose since the restart, {plain(needed_h)} h are needed: stay at it (DM-5)"
    return replace(hold, because=(text,), restart_in_h=needed_h - since_h)

"""DM-1 to DM-5: cytokine release syndrome.

Definition:  grade 1-2 continue; grade 3 interrupt until CRS-10 calls the episode resolved, then restart at the low
             dose; grade 4 discontinue.
Source:      rule reference DM-1 to DM-5, section 0 (CRS_OPEN, CRS_RESOLVED), CRS-10.
Inputs:      the grades, crs_status, interruption_h, hours_since_restart, recurrence.
Caveats:     - without a status a grade now of 0 is taken as resolved. With CRS_OPEN it is not.
             - CRS_NONE beside a grade 3, or CRS_RESOLVED beside a grade now above 0, contradict each other: not
               resolved [C].
             - a reached grade 4 is for good, on a low restart too [C].
"""

from blinwatch.core.dose_advice.advice import CONTINUE, DISCONTINUE, INCOMPLETE, INTERRUPT, ReactionAdvice, Terms
from blinwatch.core.dose_advice.cycle_counting import restart_low
from blinwatch.core.dose_advice.low_restart import judge_low_restart
from blinwatch.core.dose_advice.not_evaluable import not_evaluable, plain_advice
from blinwatch.core.dose_advice.read_grades import grade_now, only_now_known, reached_grade
from blinwatch.core.findings import ReactionFindings

_RESOLVED_GRADE = 0


def advise_crs(findings: ReactionFindings, terms: Terms) -> ReactionAdvice:
    """The advice for CRS."""
    reached = reached_grade(findings)
    if reached is None:
        return not_evaluable(findings, terms, "DM-2", "the CRS grade")
    if reached >= terms.rules.life_threatening_grade:
        text = f"CRS reached grade {reached}: discontinue for good (DM-4)"
        return plain_advice(findings, terms, DISCONTINUE, "DM-4", text)
    on_restart = judge_low_restart(findings, terms)
    if on_restart is not None:
        return on_restart
    if reached < terms.rules.severe_grade:
        text = f"CRS grade {reached}: go on with supportive care; interrupt if it is not controlled (DM-1)"
        flags = (INCOMPLETE,) if only_now_known(findings) else ()
        return plain_advice(findings, terms, CONTINUE, "DM-1", text, flags=flags)
    return _severe(findings, terms, reached)


def _severe(findings: ReactionFindings, terms: Terms, reached: int) -> ReactionAdvice:
    now = grade_now(findings)
    if _is_resolved(findings, now):
        text = f"CRS reached grade {reached} and is resolved: restart at the low dose (DM-3)"
        return restart_low(findings, terms, "DM-3", reached, (text,), ())
    if now == _RESOLVED_GRADE:
        status = "still open" if findings.crs_status == "CRS_OPEN" else "not known as resolved"
        text = f"CRS reached grade {reached}; it is at grade 0 now, but the episode is {status}: stay stopped (DM-3)"
        return plain_advice(findings, terms, INTERRUPT, "DM-3", text)
    text = f"CRS reached grade {reached} and is not resolved: interrupt (DM-2)"
    return plain_advice(findings, terms, INTERRUPT, "DM-2", text)


def _is_resolved(findings: ReactionFindings, now: int | None) -> bool:
    if findings.crs_status is None:
        return now == _RESOLVED_GRADE
    return findings.crs_status == "CRS_RESOLVED" and now in (None, _RESOLVED_GRADE)

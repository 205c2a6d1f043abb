"""How the grades of one reaction are read.

Definition:  the advice acts on the reached grade (the worst of the episode) until the reaction has gone down.
Source:      rule reference section 0 (DOSE_MOD fields), section D, section I ("label acts on the reached grade").
Inputs:      grade, episode_grade, current_grade, hours_at_le_g1.
Caveats:     - `grade` is the grade now where `episode_grade` is given, else the grade reached.
             - grades that contradict each other: the worse holds.
             - no grade now = not gone down, unless hours at <= grade 1 are charted.
"""

from blinwatch.clinical.dose_rules import DoseRules
from blinwatch.core.findings import ReactionFindings


def reached_grade(findings: ReactionFindings) -> int | None:
    """The worst grade that is known of the episode, or None."""
    known = [grade for grade in (findings.episode_grade, findings.grade, findings.current_grade) if grade is not None]
    return max(known, default=None)


def grade_now(findings: ReactionFindings) -> int | None:
    """The grade now, or None where only the reached grade is known."""
    charted_now = findings.grade if findings.episode_grade is not None else None
    known = [grade for grade in (findings.current_grade, charted_now) if grade is not None]
    return max(known, default=None)


def only_now_known(findings: ReactionFindings) -> bool:
    """Whether a grade now is all that is known: what the episode reached may be worse."""
    return findings.current_grade is not None and findings.grade is None and findings.episode_grade is None


def has_gone_down(findings: ReactionFindings, rules: DoseRules) -> bool:
    """Whether the reaction is at <= grade 1 now."""
    now = grade_now(findings)
    if now is None:
        return findings.hours_at_le_g1 is not None
    return now <= rules.recovered_up_to_grade

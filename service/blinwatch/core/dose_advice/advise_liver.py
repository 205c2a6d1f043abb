"""DM-10: raised liver enzymes and bilirubin.

Definition:  ALT or AST > 5 x ULN or bilirubin > 3 x ULN (grade 3) interrupt; > 20 or > 10 (grade 4) by DM-12. After an
             interruption restart by DM-11, recovered being ALT and AST <= 3 and bilirubin <= 1.5 x ULN.
Source:      rule reference DM-10 to DM-12 and the paragraph below the table of section D; EU difference [K].
Inputs:      alt_x_uln, ast_x_uln, bili_x_uln, the grades, interruption_h, the hours of DM-11.
Caveats:     - the grade now comes from the enzymes (bilirubin is one of them here); a charted worse grade that was
               reached still counts [C].
             - recovery needs a transaminase and bilirubin, else it is not shown. One of the two groups missing below
               grade 3: INCOMPLETE.
             - interruption_h without a grade tells of a grade 3 that was reached.
"""

from collections.abc import Mapping
from dataclasses import replace

from blinwatch.clinical.dose_rules import DoseRules
from blinwatch.core.dose_advice.advice import CONTINUE, INCOMPLETE, INTERRUPT, ReactionAdvice, Terms
from blinwatch.core.dose_advice.advise_other import judge_severe
from blinwatch.core.dose_advice.low_restart import judge_low_restart
from blinwatch.core.dose_advice.not_evaluable import not_evaluable, plain_advice
from blinwatch.core.dose_advice.read_grades import reached_grade
from blinwatch.core.findings import ReactionFindings
from blinwatch.core.infusion.verdict import more_than, plain


def liver_grade(
    alt_x_uln: float | None, ast_x_uln: float | None, bili_x_uln: float | None, rules: DoseRules
) -> int | None:
    """The CTCAE grade of the worst of the known enzymes; None where none is known."""
    grades = [
        _grade_of(multiple, limits)
        for multiple, limits in (
            (alt_x_uln, rules.transaminase_up_to_x_uln),
            (ast_x_uln, rules.transaminase_up_to_x_uln),
            (bili_x_uln, rules.bilirubin_up_to_x_uln),
        )
        if multiple is not None
    ]
    return max(grades, default=None)


def _grade_of(multiple: float, limits: Mapping[int, float]) -> int:
    fitting = [grade for grade, highest in limits.items() if not more_than(multiple, highest)]
    return min(fitting, default=max(limits) + 1)


def advise_liver(findings: ReactionFindings, terms: Terms) -> ReactionAdvice:
    """The advice for raised liver enzymes."""
    enzymes = liver_grade(findings.alt_x_uln, findings.ast_x_uln, findings.bili_x_uln, terms.rules)
    graded = _with_enzymes(findings, enzymes)
    reached = reached_grade(graded)
    if reached is None:
        return not_evaluable(findings, terms, "DM-10", "an enzyme (ALT, AST or bilirubin) or the grade")
    # On a low restart the charted interruption is the one before it (DM-5).
    interrupted = bool(graded.interruption_h) and graded.hours_since_restart is None
    if reached < terms.rules.severe_grade and interrupted:
        # A grade charted beside it is the grade now, unless the enzymes tell that.
        now = graded.grade if graded.current_grade is None else graded.current_grade
        graded = replace(graded, episode_grade=terms.rules.severe_grade, current_grade=now, grade=None)
        reached = terms.rules.severe_grade
    complete = _both_groups_known(findings)
    because = _enzyme_words(findings)
    if reached < terms.rules.severe_grade:
        words = ", ".join(because) or f"liver reaction, grade {reached}"
        text = f"{words}: go on, check the liver values more closely (DM-10)"
        milder = plain_advice(graded, terms, CONTINUE, "DM-10", text, flags=() if complete else (INCOMPLETE,))
        return judge_low_restart(graded, terms) or milder
    is_low = enzymes is None or enzymes <= terms.rules.recovered_up_to_grade
    gone_down = is_low if complete or not is_low else None
    advice = judge_severe(graded, terms, "DM-10", reached, gone_down=gone_down)
    sentences = (*because, *advice.because)
    if terms.region == "EU" and advice.code == INTERRUPT:
        sentences += ("EU label: interrupt if it is clinically relevant (DM-10)",)
    return replace(advice, because=sentences)


def _with_enzymes(findings: ReactionFindings, enzymes: int | None) -> ReactionFindings:
    """The findings with the grade now taken from the enzymes; what was charted as reached stays."""
    if enzymes is None:
        return findings
    if findings.episode_grade is None:
        return replace(findings, current_grade=enzymes)
    worst = max(findings.episode_grade, findings.episode_grade if findings.grade is None else findings.grade)
    return replace(findings, current_grade=enzymes, episode_grade=worst, grade=None)


def _both_groups_known(findings: ReactionFindings) -> bool:
    transaminase_known = findings.alt_x_uln is not None or findings.ast_x_uln is not None
    return transaminase_known and findings.bili_x_uln is not None


def _enzyme_words(findings: ReactionFindings) -> tuple[str, ...]:
    """The known values in one sentence, or none."""
    values = [
        f"{name} {plain(multiple)} x ULN"
        for name, multiple in (
            ("ALT", findings.alt_x_uln),
            ("AST", findings.ast_x_uln),
            ("bilirubin", findings.bili_x_uln),
        )
        if multiple is not None
    ]
    return (", ".join(values),) if values else ()

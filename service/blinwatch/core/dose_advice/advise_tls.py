"""DM-14: clinical tumour lysis.

Definition:  interrupt as long as it stands. EU: grade 3 interrupt, grade 4 discontinue.
Source:      rule reference DM-14 and the EU differences below the table of section D [K].
Inputs:      the reaction, its grade (EU), label_region.
Caveats:     EU without a grade: interrupt, INCOMPLETE. US names no grade; at grade 4 the sentence of
             DM-12 is added [C].
"""

from blinwatch.core.dose_advice.advice import DISCONTINUE, INCOMPLETE, INTERRUPT, ReactionAdvice, Terms
from blinwatch.core.dose_advice.advise_pancreatitis import life_threatening_words
from blinwatch.core.dose_advice.not_evaluable import plain_advice
from blinwatch.core.dose_advice.read_grades import reached_grade
from blinwatch.core.findings import ReactionFindings


def advise_tls(findings: ReactionFindings, terms: Terms) -> ReactionAdvice:
    """The advice for clinical tumour lysis."""
    reached = reached_grade(findings)
    text = "clinical tumour lysis: interrupt until it is over (DM-14)"
    if terms.region != "EU":
        words = life_threatening_words(findings, terms)
        return plain_advice(findings, terms, INTERRUPT, "DM-14", text, *words)
    if reached is None:
        return plain_advice(findings, terms, INTERRUPT, "DM-14", text, flags=(INCOMPLETE,))
    if reached >= terms.rules.eu_tls_discontinue_grade:
        worst = f"tumour lysis reached grade {reached}: discontinue for good (EU label, DM-14)"
        return plain_advice(findings, terms, DISCONTINUE, "DM-14", worst)
    return plain_advice(findings, terms, INTERRUPT, "DM-14", text)

"""DM-14: suspected pancreatitis.

Definition:  interrupt as long as it is suspected (section F: enzyme >= 3 x ULN with pain or imaging).
Source:      rule reference DM-14 (label warning).
Inputs:      the reaction itself; a grade is shown, not needed.
Caveats:     section D names no grade here; at grade 4 the sentence of DM-12 is added, the code stays [C].
"""

from blinwatch.core.dose_advice.advice import INTERRUPT, ReactionAdvice, Terms
from blinwatch.core.dose_advice.not_evaluable import plain_advice
from blinwatch.core.dose_advice.read_grades import reached_grade
from blinwatch.core.findings import ReactionFindings


def advise_pancreatitis(findings: ReactionFindings, terms: Terms) -> ReactionAdvice:
    """The advice for suspected pancreatitis."""
    text = "pancreatitis is suspected: interrupt until it is ruled out or over (DM-14)"
    return plain_advice(findings, terms, INTERRUPT, "DM-14", text, *life_threatening_words(findings, terms))


def life_threatening_words(findings: ReactionFindings, terms: Terms) -> tuple[str, ...]:
    """What DM-12 adds for a grade 4, for reactions that are interrupted at any grade."""
    reached = reached_grade(findings)
    if reached is None or reached < terms.rules.life_threatening_grade:
        return ()
    return (f"it reached grade {reached}: decide whether to discontinue for good (DM-12)",)

"""DM-15: an interruption that is no reaction.

Definition:  up to 168 h resume at the same dose; longer: a new cycle.
Source:      rule reference DM-15 [C] and section I (restart dose after a technical stop: same dose).
Inputs:      interruption_h.
Caveats:     interruption unknown = same cycle, INCOMPLETE. On a low restart "the same dose" is the low one.
"""

from dataclasses import replace

from blinwatch.core.dose_advice.advice import INCOMPLETE, NEW_CYCLE, RESUME_SAME_DOSE, ReactionAdvice, Terms
from blinwatch.core.dose_advice.not_evaluable import plain_advice
from blinwatch.core.findings import ReactionFindings
from blinwatch.core.infusion.verdict import more_than, plain


def advise_technical(findings: ReactionFindings, terms: Terms) -> ReactionAdvice:
    """The advice for a technical interruption."""
    stopped_h, limit_h = findings.interruption_h, terms.rules.new_cycle_after_h
    if stopped_h is None:
        text = "stopped for a technical cause, how long is not known: resume at the same dose (DM-15)"
        return plain_advice(findings, terms, RESUME_SAME_DOSE, "DM-15", text, flags=(INCOMPLETE,))
    words = f"stopped for {plain(stopped_h)} h for a technical cause"
    if more_than(stopped_h, limit_h):
        text = f"{words}, more than {plain(limit_h)} h: the restart is a new cycle (DM-15)"
        return plain_advice(findings, terms, NEW_CYCLE, "DM-15", text)
    text = f"{words}, not more than {plain(limit_h)} h: resume at the same dose (DM-15)"
    advice = plain_advice(findings, terms, RESUME_SAME_DOSE, "DM-15", text)
    return replace(advice, decide_in_h=limit_h - stopped_h)

"""DM-14: prolonged neutropenia.

Definition:  ANC below 0.5 x 10^9/L for at least 7 days: interrupt.
Source:      rule reference DM-14 (label warning; 7 days [C]), essentials of section D.
Inputs:      anc, anc_low_days.
Caveats:     ANC missing, or below 0.5 for an unknown time: not evaluable. On a low restart
             DM-5 stands in for "go on".
"""

from dataclasses import replace

from blinwatch.core.dose_advice.advice import CONTINUE, INTERRUPT, ReactionAdvice, Terms
from blinwatch.core.dose_advice.low_restart import judge_low_restart
from blinwatch.core.dose_advice.not_evaluable import not_evaluable, plain_advice
from blinwatch.core.findings import ReactionFindings
from blinwatch.core.infusion.verdict import less_than, plain, reaches


def advise_neutropenia(findings: ReactionFindings, terms: Terms) -> ReactionAdvice:
    """The advice for neutropenia."""
    anc, low_days, rules = findings.anc, findings.anc_low_days, terms.rules
    if anc is None:
        return not_evaluable(findings, terms, "DM-14", "the neutrophil count")
    # DM-14 goes by the count, so a charted grade says nothing about the low restart here.
    ungraded = replace(findings, grade=None, episode_grade=None, current_grade=None)
    on_restart = judge_low_restart(ungraded, terms)
    if not less_than(anc, rules.anc_low_below):
        text = f"neutrophils {plain(anc)} x 10^9/L, not below {plain(rules.anc_low_below)}: go on (DM-14)"
        return on_restart or plain_advice(findings, terms, CONTINUE, "DM-14", text)
    if low_days is None:
        return not_evaluable(findings, terms, "DM-14", "for how long the neutrophils have been low")
    words = f"neutrophils {plain(anc)} x 10^9/L, below {plain(rules.anc_low_below)} for {plain(low_days)} days"
    if reaches(low_days, rules.anc_low_from_d):
        text = f"{words}, {plain(rules.anc_low_from_d)} days or longer: interrupt (DM-14)"
        return plain_advice(findings, terms, INTERRUPT, "DM-14", text)
    text = f"{words}, less than {plain(rules.anc_low_from_d)} days: go on, keep counting (DM-14)"
    return on_restart or plain_advice(findings, terms, CONTINUE, "DM-14", text)

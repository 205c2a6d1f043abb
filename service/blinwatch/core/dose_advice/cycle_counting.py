"""DM-9: a low restart in the same cycle, or as a new one.

Definition:  interruption <= 168 h to the intended restart: same cycle, to 28 infused days in all; longer: new cycle.
Source:      rule reference DM-9 and the paragraph below the table of section D.
Inputs:      interruption_h.
Caveats:     interruption unknown = same cycle, flagged INCOMPLETE.
"""

from blinwatch.core.dose_advice.advice import (
    INCOMPLETE,
    RESTART_LOW_NEW_CYCLE,
    RESTART_LOW_SAME_CYCLE,
    ReactionAdvice,
    Terms,
    flags_of,
)
from blinwatch.core.findings import ReactionFindings
from blinwatch.core.infusion.verdict import more_than, plain


def restart_low(
    findings: ReactionFindings,
    terms: Terms,
    rule_id: str,
    grade: int | None,
    because: tuple[str, ...],
    flags: tuple[str, ...],
) -> ReactionAdvice:
    """The advice to restart at the low dose, with the cycle that the restart belongs to."""
    limit_h, stopped_h = terms.rules.new_cycle_after_h, findings.interruption_h
    new_cycle = stopped_h is not None and more_than(stopped_h, limit_h)
    return ReactionAdvice(
        reaction=findings.reaction,
        code=RESTART_LOW_NEW_CYCLE if new_cycle else RESTART_LOW_SAME_CYCLE,
        rule_id=rule_id,
        scale=terms.scale,
        grade=grade,
        because=(*because, _cycle_sentence(stopped_h, limit_h, new_cycle=new_cycle)),
        flags=flags_of(flags, (INCOMPLETE,) if stopped_h is None else ()),
        decide_in_h=None if stopped_h is None or new_cycle else limit_h - stopped_h,
    )


def hours_to_new_cycle(findings: ReactionFindings, terms: Terms) -> float | None:
    """Hours until a restart would be a new cycle; None: unknown, or it is one already."""
    stopped_h, limit_h = findings.interruption_h, terms.rules.new_cycle_after_h
    return None if stopped_h is None or more_than(stopped_h, limit_h) else limit_h - stopped_h


def _cycle_sentence(stopped_h: float | None, limit_h: float, *, new_cycle: bool) -> str:
    if stopped_h is None:
        return "how long the infusion has been stopped is not known; up to 7 days it is the same cycle (DM-9)"
    if stopped_h == 0:
        return "the drug runs now: go down to the low dose in this cycle (DM-9)"
    if new_cycle:
        return f"stopped for {plain(stopped_h)} h, more than {plain(limit_h)} h: the restart is a new cycle (DM-9)"
    return f"stopped for {plain(stopped_h)} h, not more than {plain(limit_h)} h: the restart is the same cycle (DM-9)"

"""DDI-8: tocilizumab and siltuximab.

What:      an IL-6 blocker within 21 days hides fever and CRP, and lets the level of a CYP450 substrate fall.
Source:    rule reference DDI-8; label of tocilizumab.
Inputs:    drug with hours_since_dose, days_since_tocilizumab, days_since_il6_blocker.
Caveats:   a blocker without a time is within the limit; of several times the latest dose counts.
"""

from blinwatch.core.interactions.cyp_suppression import is_active_substrate, substrate_advice
from blinwatch.core.interactions.verdict import ASKED, HOURS_PER_DAY, Asked, RuleAnswer, plain
from blinwatch.core.units import above

SOME_BLOCKER = "IL-6 blocker"
"""Where only its time is charted, nobody knows which one it was."""


def judge_il6_blocker(asked: Asked) -> RuleAnswer | None:
    """MASK_IL6 and DDI_TOCI_CYP_REBOUND; not asked where no IL-6 blocker is spoken of."""
    findings = asked.findings
    is_blocker = "il6_blocker" in asked.classes
    times_d = [days for days in (findings.days_since_tocilizumab, findings.days_since_il6_blocker) if days is not None]
    if is_blocker and findings.hours_since_dose is not None:
        times_d.append(findings.hours_since_dose / HOURS_PER_DAY)
    if not times_d and not is_blocker:
        return None
    if times_d and above(min(times_d), asked.rules.il6_blocker_d):
        return ASKED
    name = asked.name if is_blocker else SOME_BLOCKER
    when = f"{plain(min(times_d))} d ago" if times_d else "at an unknown time"
    masked = asked.finding("MASK_IL6", f"{name} was given {when}; fever and CRP are unreliable", drug=name)
    if not is_active_substrate(asked):
        return RuleAnswer(findings=(masked,))
    reason = f"{asked.name} depends on CYP450, whose activity recovers after an IL-6 blocker, given {when}"
    rebound = asked.finding("DDI_TOCI_CYP_REBOUND", reason, *substrate_advice(asked))
    return RuleAnswer(findings=(rebound, masked))

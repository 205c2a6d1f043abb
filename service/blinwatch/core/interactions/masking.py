"""DDI-9 and DDI-10: drugs that hide a sign.

What:      antipyretics of the last 8 h hide fever; drugs that slow the heart hide tachycardia.
Source:    rule reference DDI-9, DDI-10.
Inputs:    drug or ATC code, hours_since_dose, route.
Caveats:   no time given = within the limit. For grading, the antipyretic's mark is CRS-4 and CRS-5's own.
"""

from blinwatch.core.interactions.verdict import Asked, RuleAnswer, found, since_dose


def judge_antipyretic(asked: Asked) -> RuleAnswer | None:
    """MASK_ANTIPYRETIC; not asked for other drugs or older doses."""
    classes = asked.active_classes("paracetamol", "nsaid", "metamizole")
    if not classes:
        return None
    notes = tuple(asked.rules.classes[name].also for name in classes)
    reason = f"{asked.name} was given {since_dose(asked.findings.hours_since_dose)} and can hide a fever"
    return found(asked.finding("MASK_ANTIPYRETIC", reason, *notes))


def judge_heart_rate_drug(asked: Asked) -> RuleAnswer | None:
    """MASK_BETA_BLOCKER; not asked for other drugs."""
    if not asked.active_classes("heart_rate_drug"):
        return None
    return found(asked.finding("MASK_BETA_BLOCKER", f"{asked.name} slows the heart and can hide a tachycardia"))

"""DDI-13: drugs that make seizures more likely.

What:      the list of the reference (cefepime, imipenem, bupropion, tramadol, meperidine ...).
Source:    rule reference DDI-13, expert opinion.
Inputs:    drug or ATC code, route.
Caveats:   the list is the reference's; other drugs that lower the threshold are not in it.
"""

from blinwatch.core.interactions.verdict import Asked, RuleAnswer, found


def judge_seizure_threshold(asked: Asked) -> RuleAnswer | None:
    """DDI_SEIZURE_THRESHOLD; not asked for other drugs."""
    if not asked.active_classes("seizure_threshold"):
        return None
    reason = f"{asked.name} lowers the seizure threshold, as blinatumomab can"
    return found(asked.finding("DDI_SEIZURE_THRESHOLD", reason, *asked.drug_notes()))

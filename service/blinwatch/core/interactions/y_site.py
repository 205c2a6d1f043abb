"""DDI-16: any drug on the lumen of blinatumomab.

What:      a drug given through the same lumen or a Y-site of it.
Source:    rule reference DDI-16, INF-16.
Inputs:    same_lumen, drug.
Caveats:   whatever the drug is, also one that nobody knows.
"""

from blinwatch.core.interactions.verdict import ASKED, Asked, RuleAnswer, found


def judge_y_site(asked: Asked) -> RuleAnswer | None:
    """DDI_Y_SITE; not asked where nobody charted the lumen."""
    if asked.findings.same_lumen is None:
        return None
    if not asked.findings.same_lumen:
        return ASKED
    name = "another drug" if asked.drug is None else asked.drug.drug
    return found(asked.finding("DDI_Y_SITE", f"{name} was given through the lumen of blinatumomab", drug=name))

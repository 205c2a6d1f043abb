"""DDI-7: drugs that suppress the immune system besides.

What:      antithymocyte globulin, alemtuzumab, calcineurin and mTOR inhibitors, mycophenolate, JAK inhibitors,
           abatacept.
Source:    rule reference DDI-7, expert opinion.
Inputs:    drug or ATC code, route.
Caveats:   a calcineurin or mTOR inhibitor is also a substrate of CYP450: in the window DDI-1 leads.
"""

from blinwatch.core.interactions.verdict import Asked, RuleAnswer, found


def judge_immunosuppressant(asked: Asked) -> RuleAnswer | None:
    """DDI_IMMUNOSUPPRESSANT; not asked for other drugs."""
    if not asked.active_classes("immunosuppressant"):
        return None
    return found(asked.finding("DDI_IMMUNOSUPPRESSANT", f"{asked.name} suppresses the immune system"))

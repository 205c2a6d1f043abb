"""DDI-11: drugs that lower the blood pressure while CRS can do so too.

What:      an antihypertensive or vasodilator in the window of cytokine release, or in CRS of grade 1 or more.
Source:    rule reference DDI-11, expert opinion.
Inputs:    drug or ATC code, route, cycle and day, crs_grade_now.
Caveats:   without CRS the cycle is essential. Outside the window a CRS grade that is missing counts as 0, incomplete.
"""

from blinwatch.core.interactions.cycle_window import cycle_window
from blinwatch.core.interactions.verdict import ASKED, Asked, RuleAnswer, found


def judge_hypotensive(asked: Asked) -> RuleAnswer | None:
    """DDI_HYPOTENSIVE; not asked for other drugs."""
    if not asked.active_classes("antihypertensive"):
        return None
    grade = asked.findings.crs_grade_now
    if grade is not None and grade >= asked.rules.crs_from_grade:
        return found(
            asked.finding("DDI_HYPOTENSIVE", f"{asked.name} lowers the blood pressure and CRS is grade {grade}")
        )
    window = cycle_window(asked.findings, asked.rules)
    if window.inside is None:
        return RuleAnswer(missing=("cycle",))
    if window.inside:
        reason = f"{asked.name} lowers the blood pressure and it is {window.words}, when CRS is to be expected"
        return found(asked.finding("DDI_HYPOTENSIVE", reason), incomplete=window.day_missing)
    return RuleAnswer(incomplete=True) if grade is None else ASKED

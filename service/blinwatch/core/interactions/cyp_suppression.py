"""DDI-1 to DDI-4: drugs whose breakdown cytokines may slow.

What:      a narrow-index substrate of CYP450 in the window of cytokine release (DDI-1), after a step, a restart or CRS
           (DDI-2), else (DDI-3); a substrate of P-glycoprotein (DDI-4).
Source:    rule reference E1; US label section 7.
Inputs:    drug, cycle and day, hours_since_dose, hours_since_restart_or_step, crs_grade_now, days_since_crs, route.
Caveats:   DDI-1 to DDI-3 apply only to a drug that is still active; no time given = active. The cycle is essential; a
           CRS grade that is missing counts as 0, and the answer is incomplete where it decides.
"""

from blinwatch.core.interactions.cycle_window import cycle_window
from blinwatch.core.interactions.verdict import Asked, RuleAnswer, found, plain
from blinwatch.core.units import above


def is_active_substrate(asked: Asked) -> bool:
    """Whether the drug is one of the table (E1) and its last dose still counts."""
    rules = asked.rules
    if asked.drug is None or asked.route in rules.cyp_not_by_routes:
        return False
    times_h = [
        rules.cyp_active_h if entry.cyp.active_h is None else entry.cyp.active_h
        for entry in asked.drug.entries
        if entry.cyp is not None
    ]
    return bool(times_h) and asked.dose_within(max(times_h))


def substrate_advice(asked: Asked) -> tuple[str, ...]:
    """What the table says to watch for this drug."""
    return () if asked.drug is None else tuple(entry.cyp.do for entry in asked.drug.entries if entry.cyp is not None)


def judge_cyp_suppression(asked: Asked) -> RuleAnswer | None:
    """DDI_CYP_NTI_HIGH, _MOD or _INFO; not asked for other drugs, nor for one that is no longer active."""
    if not is_active_substrate(asked):
        return None
    advice = substrate_advice(asked)
    window = cycle_window(asked.findings, asked.rules)
    if window.inside:
        reason = f"{asked.name} depends on CYP450 and it is {window.words}, when cytokines may slow its breakdown"
        return found(asked.finding("DDI_CYP_NTI_HIGH", reason, *advice), incomplete=window.day_missing)
    if (occasion := _cytokine_occasion(asked)) is not None:
        finding = asked.finding("DDI_CYP_NTI_MOD", f"{asked.name} depends on CYP450, {occasion}", *advice)
        if window.inside is None:
            return RuleAnswer(findings=(finding,), missing=("cycle",))
        return found(finding)
    if window.inside is None:
        return RuleAnswer(missing=("cycle",))
    reason = f"{asked.name} depends on CYP450, but it is {window.words} without a recent step, restart or CRS"
    return found(asked.finding("DDI_CYP_NTI_INFO", reason, *advice), incomplete=_crs_unknown(asked))


def _cytokine_occasion(asked: Asked) -> str | None:
    """What besides the first days releases cytokines (DDI-2), in words."""
    findings, rules = asked.findings, asked.rules
    hours = findings.hours_since_restart_or_step
    if hours is not None and not above(hours, rules.after_restart_or_step_h):
        return f"and a dose step or a restart was {plain(hours)} h ago"
    if findings.crs_grade_now is not None and findings.crs_grade_now >= rules.crs_from_grade:
        return f"and CRS is grade {findings.crs_grade_now} now"
    days = findings.days_since_crs
    if days is not None and not above(days, rules.after_crs_d):
        return f"and CRS was {plain(days)} d ago"
    return None


def _crs_unknown(asked: Asked) -> bool:
    return asked.findings.crs_grade_now is None and asked.findings.days_since_crs is None


def judge_transporter(asked: Asked) -> RuleAnswer | None:
    """DDI_PGP_INFO for digoxin; not asked for other drugs."""
    if not asked.active_classes("p_gp_substrate"):
        return None
    return found(asked.finding("DDI_PGP_INFO", f"{asked.name} leaves the body by P-glycoprotein, not by CYP450"))

"""INF-3: the step from the starting dose to the full dose.

What:      too early, due, or overdue by the hours infused at the starting dose.
Source:    rule reference A1 (INF-3), essentials in A5.
Inputs:    programmed_dose_mcg_day, infused_h_at_start_dose, and what the dose levels need.
Caveats:   applies in R/R cycle 1 and on a low-dose restart only. A missing weight, phase or cycle is reported by
           `dose_due`, not a second time here.
"""

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.core.findings import InfusionFindings
from blinwatch.core.infusion.dose_due import DoseLevels, dose_levels, level_of, step_applies
from blinwatch.core.infusion.verdict import (
    ASKED,
    InfusionFinding,
    RuleResult,
    found,
    known,
    less_than,
    more_than,
    plain,
    reaches,
)


def judge_dose_step(
    findings: InfusionFindings, rules: InfusionRules, band: DoseLevels | None = None
) -> RuleResult | None:
    """INF_DOSE_STEP_EARLY, _DUE or _OVERDUE; not asked where no step applies.

    `band` is the weight band's doses where they were settled at cycle start; else weight and body surface tell.
    """
    programmed = findings.programmed_dose_mcg_day
    levels = dose_levels(findings.weight_kg, findings.bsa_m2, rules) if band is None else band
    applies = step_applies(findings.phase, findings.cycle, rules, restart_low=findings.restart_low)
    if programmed is None or levels is None or not applies:
        return None
    level = level_of(programmed, levels, rules)
    hours = findings.infused_h_at_start_dose
    if level == "full" and hours is None:
        return RuleResult(missing=("hours infused at the starting dose",))
    if level == "other" or hours is None:
        return ASKED
    finding = _early(hours, levels, rules) if level == "full" else _late(hours, levels, rules)
    return ASKED if finding is None else found(finding)


def _early(hours: float, levels: DoseLevels, rules: InfusionRules) -> InfusionFinding | None:
    if not less_than(hours, rules.step_early_before_h):
        return None
    return InfusionFinding(
        code="INF_DOSE_STEP_EARLY",
        rule_id="INF-3",
        because=f"the full dose ({plain(levels.full_mcg_day)} mcg/day) was started after only {plain(hours)} h at "
        f"the starting dose; it is due after {plain(rules.step_due_from_h)} h",
        threshold=f"< {plain(rules.step_early_before_h)} h at the starting dose",
        evidence=(known("infused_h_at_start_dose", hours, "h"),),
    )


def _late(hours: float, levels: DoseLevels, rules: InfusionRules) -> InfusionFinding | None:
    overdue = more_than(hours, rules.step_overdue_after_h)
    if not reaches(hours, rules.step_due_from_h):
        return None
    limit = rules.step_overdue_after_h if overdue else rules.step_due_from_h
    return InfusionFinding(
        code="INF_DOSE_STEP_OVERDUE" if overdue else "INF_DOSE_STEP_DUE",
        rule_id="INF-3",
        because=f"the step to {plain(levels.full_mcg_day)} mcg/day is {'overdue' if overdue else 'due'}: "
        f"{plain(hours)} h have been infused at the starting dose",
        threshold=f"{'>' if overdue else '>='} {plain(limit)} h at the starting dose",
        evidence=(known("infused_h_at_start_dose", hours, "h"),),
    )

"""INF-1 and INF-2: the dose due, and whether the programmed dose is that dose.

What:      starting and full dose by weight band, which of them is due, and a check of the programmed dose.
Source:    rule reference A1 (dose table, INF-2), essentials in A5.
Inputs:    programmed_dose_mcg_day; weight_kg, bsa_m2 below 45 kg, phase and cycle (or restart_low).
Caveats:   where a step is due (INF-3) both doses are acceptable here and INF-3 alone judges which. A dose above the
           cap is told even when weight or phase is missing.
"""

from dataclasses import dataclass
from typing import Literal

from blinwatch.clinical.infusion_rules import CyclePlan, InfusionRules
from blinwatch.core.findings import InfusionFindings, Phase
from blinwatch.core.infusion.verdict import (
    ASKED,
    InfusionFinding,
    RuleResult,
    known,
    less_than,
    more_than,
    plain,
)

Level = Literal["start", "full", "other"]


@dataclass(frozen=True, slots=True)
class DoseLevels:
    """The two doses of the patient's weight band."""

    start_mcg_day: float
    full_mcg_day: float


def dose_levels(weight_kg: float | None, bsa_m2: float | None, rules: InfusionRules) -> DoseLevels | None:
    """Starting and full dose after caps, or None where weight (or body surface below 45 kg) is missing."""
    if weight_kg is None:
        return None
    if not less_than(weight_kg, rules.fixed_dose_from_kg):
        return DoseLevels(rules.start_dose_fixed_mcg_day, rules.full_dose_fixed_mcg_day)
    if bsa_m2 is None:
        return None
    return DoseLevels(
        min(rules.start_dose_mcg_m2_day * bsa_m2, rules.start_dose_fixed_mcg_day),
        min(rules.full_dose_mcg_m2_day * bsa_m2, rules.full_dose_fixed_mcg_day),
    )


def plan_of(phase: Phase, cycle: int, rules: InfusionRules) -> CyclePlan:
    """The row of the dose table for a cycle; a cycle beyond the table is judged like the last one listed."""
    plans = rules.cycle_plans[phase]
    return next((plan for plan in plans if plan.from_cycle <= cycle <= plan.to_cycle), plans[-1])


def step_applies(
    phase: Phase | None, cycle: int | None, rules: InfusionRules, *, restart_low: bool | None
) -> bool | None:
    """Whether INF-3 governs the dose; None when phase or cycle is missing. A low-dose restart replaces both."""
    if restart_low:
        return True
    if phase is None or cycle is None:
        return None
    return plan_of(phase, cycle, rules).stepped


def is_dose(dose_mcg_day: float, target_mcg_day: float, rules: InfusionRules) -> bool:
    """Within 5 % of the target; exactly 5 % counts."""
    return not more_than(abs(dose_mcg_day - target_mcg_day) / target_mcg_day, rules.dose_tolerance_ratio)


def level_of(dose_mcg_day: float, levels: DoseLevels, rules: InfusionRules) -> Level:
    """Which of the two doses a programmed dose is."""
    if is_dose(dose_mcg_day, levels.start_mcg_day, rules):
        return "start"
    return "full" if is_dose(dose_mcg_day, levels.full_mcg_day, rules) else "other"


def dose_due_mcg_day(findings: InfusionFindings, rules: InfusionRules) -> float | None:
    """The one dose due now, or None where it cannot be told.

    Under INF-3 the starting dose is due until 168 h have been infused at it (164 h once the step was made); hours
    unknown count as none, because a dose taken for too high is safer than one taken for right.
    """
    levels = dose_levels(findings.weight_kg, findings.bsa_m2, rules)
    stepped = step_applies(findings.phase, findings.cycle, rules, restart_low=findings.restart_low)
    if levels is None or stepped is None:
        return None
    hours = findings.infused_h_at_start_dose or 0.0
    programmed = findings.programmed_dose_mcg_day
    has_stepped = programmed is not None and level_of(programmed, levels, rules) == "full"
    due_from_h = rules.step_early_before_h if has_stepped else rules.step_due_from_h
    return levels.start_mcg_day if stepped and less_than(hours, due_from_h) else levels.full_mcg_day


def judge_dose(findings: InfusionFindings, rules: InfusionRules) -> RuleResult | None:
    """INF_DOSE_OVER_CAP and INF_DOSE_MISMATCH; not asked without a programmed dose."""
    programmed = findings.programmed_dose_mcg_day
    if programmed is None:
        return None
    over = _over_cap(programmed, rules)
    missing = _missing(findings, rules)
    if missing:
        return RuleResult(findings=over, missing=missing)
    mismatch = _mismatch(programmed, findings, rules)
    return RuleResult(findings=(*over, *mismatch)) if over or mismatch else ASKED


def _missing(findings: InfusionFindings, rules: InfusionRules) -> tuple[str, ...]:
    names: list[str] = []
    if findings.weight_kg is None:
        names.append("weight")
    elif less_than(findings.weight_kg, rules.fixed_dose_from_kg) and findings.bsa_m2 is None:
        names.append("body surface")
    if not findings.restart_low:
        names += [name for name in ("phase", "cycle") if getattr(findings, name) is None]
    return tuple(names)


def _over_cap(programmed_mcg_day: float, rules: InfusionRules) -> tuple[InfusionFinding, ...]:
    cap = rules.dose_cap_mcg_day
    if not more_than(programmed_mcg_day / cap, 1):
        return ()
    return (
        InfusionFinding(
            code="INF_DOSE_OVER_CAP",
            rule_id="INF-2",
            because=f"the pump is programmed for {plain(programmed_mcg_day)} mcg/day; "
            f"nobody may get more than {plain(cap)} mcg/day",
            threshold=f"> {plain(cap)} mcg/day",
            evidence=(known("programmed_dose_mcg_day", programmed_mcg_day, "ug/d"),),
        ),
    )


def _mismatch(
    programmed_mcg_day: float, findings: InfusionFindings, rules: InfusionRules
) -> tuple[InfusionFinding, ...]:
    levels = dose_levels(findings.weight_kg, findings.bsa_m2, rules)
    due = dose_due_mcg_day(findings, rules)
    if levels is None or due is None or is_dose(programmed_mcg_day, due, rules):
        return ()
    stepped = step_applies(findings.phase, findings.cycle, rules, restart_low=findings.restart_low)
    if stepped and level_of(programmed_mcg_day, levels, rules) != "other":
        return ()
    share_pct = rules.dose_tolerance_ratio * 100
    above = programmed_mcg_day > due
    return (
        InfusionFinding(
            code="INF_DOSE_MISMATCH",
            rule_id="INF-2",
            because=f"the pump is programmed for {plain(programmed_mcg_day)} mcg/day, "
            f"{'above' if above else 'below'} the {plain(due)} mcg/day that are due",
            threshold=f"more than {plain(share_pct)} % from {plain(due)} mcg/day",
            evidence=(
                known("programmed_dose_mcg_day", programmed_mcg_day, "ug/d"),
                known("dose_due_mcg_day", due, "ug/d"),
                known("weight_kg", findings.weight_kg, "kg"),
                known("bsa_m2", findings.bsa_m2, "m2"),
                known("phase", findings.phase),
                known("cycle", findings.cycle),
            ),
            variant="above" if above else "below",
        ),
    )

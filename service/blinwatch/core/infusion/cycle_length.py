"""INF-4 and INF-5: the end of the 28 infused days, and the drug-free time before the next cycle.

What:      cycle end reached, infusion beyond 28 days, next cycle begun too early.
Source:    rule reference A1 (INF-4, INF-5).
Inputs:    infused_h_total (and whether a gap is open); drug_free_h with phase and cycle.
Caveats:   a snapshot counts as running unless an open gap is given. Phase or cycle missing: the shortest drug-free
           time is asked for, and the verdict says INCOMPLETE.
"""

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.core.findings import InfusionFindings
from blinwatch.core.infusion.bag_rate import is_standstill
from blinwatch.core.infusion.verdict import (
    ASKED,
    INCOMPLETE,
    InfusionFinding,
    RuleResult,
    known,
    less_than,
    more_than,
    plain,
    reaches,
)


def cycle_is_complete(infused_h_total: float | None, rules: InfusionRules) -> bool:
    """Whether 28 days have been infused, so that a stop is no gap any more."""
    return infused_h_total is not None and reaches(infused_h_total, rules.cycle_end_from_h)


def judge_cycle_end(findings: InfusionFindings, rules: InfusionRules) -> RuleResult | None:
    """INF_CYCLE_END and INF_OVER_28D; not asked without infused hours."""
    hours = findings.infused_h_total
    if hours is None:
        return None
    if not cycle_is_complete(hours, rules):
        return ASKED
    evidence = (known("infused_h_total", hours, "h"),)
    end = InfusionFinding(
        code="INF_CYCLE_END",
        rule_id="INF-4",
        because=f"{plain(hours)} h have been infused in this cycle; it is complete after "
        f"{plain(rules.cycle_end_from_h)} h",
        threshold=f">= {plain(rules.cycle_end_from_h)} h",
        evidence=evidence,
    )
    if not more_than(hours, rules.over_28d_after_h) or not _is_running(findings, rules):
        return RuleResult(findings=(end,))
    over = InfusionFinding(
        code="INF_OVER_28D",
        rule_id="INF-4",
        because=f"the infusion still runs after {plain(hours)} h; a cycle is {plain(rules.cycle_end_from_h)} h",
        threshold=f"> {plain(rules.over_28d_after_h)} h and running",
        evidence=evidence,
    )
    return RuleResult(findings=(over, end))


def _is_running(findings: InfusionFindings, rules: InfusionRules) -> bool:
    gap_is_given = findings.gap_h is not None or findings.gap_min is not None
    if gap_is_given and not findings.restarted:
        return False
    return not is_standstill(findings, rules)


def drug_free_due_h(findings: InfusionFindings, rules: InfusionRules) -> float:
    """Drug-free hours due before this cycle: what the plan of the cycle before it asks for."""
    if findings.phase is None or findings.cycle is None:
        return min(plan.drug_free_after_h for plans in rules.cycle_plans.values() for plan in plans)
    plans = rules.cycle_plans[findings.phase]
    before = findings.cycle - 1
    if before < plans[0].from_cycle:
        return plans[0].drug_free_after_h
    return next((p for p in plans if p.from_cycle <= before <= p.to_cycle), plans[-1]).drug_free_after_h


def judge_drug_free(findings: InfusionFindings, rules: InfusionRules) -> RuleResult | None:
    """INF_INTERVAL_SHORT; not asked without the drug-free hours before this cycle."""
    hours = findings.drug_free_h
    if hours is None:
        return None
    flags = (INCOMPLETE,) if findings.phase is None or findings.cycle is None else ()
    due = drug_free_due_h(findings, rules)
    if not less_than(hours, due):
        return RuleResult(flags=flags)
    finding = InfusionFinding(
        code="INF_INTERVAL_SHORT",
        rule_id="INF-5",
        because=f"the cycle began after {plain(hours)} h without the drug; {plain(due)} h are due",
        threshold=f"< {plain(due)} h",
        evidence=(known("drug_free_h", hours, "h"), known("cycle", findings.cycle)),
    )
    return RuleResult(findings=(finding,), flags=flags)

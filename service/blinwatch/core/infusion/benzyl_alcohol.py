"""INF-15: bags preserved with benzyl alcohol and small patients.

What:      a preservative bag below the site's minimum weight, or in a newborn of unknown weight.
Source:    rule reference A2 (INF-15), essentials in A5.
Inputs:    preservative (else by bag type and region), weight_kg, age_years, benzyl_min_weight_kg.
Caveats:   exactly the site's weight is allowed. Where the preservative is only derived from the bag and neither
           weight nor age is known, the rule counts as not asked; charted as true it lacks an essential.
"""

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.core.findings import InfusionFindings
from blinwatch.core.infusion.bag_rate import bag_profile
from blinwatch.core.infusion.verdict import (
    ASKED,
    INCOMPLETE,
    InfusionFinding,
    RuleResult,
    found,
    known,
    less_than,
    plain,
)


def is_preserved(findings: InfusionFindings, rules: InfusionRules) -> bool | None:
    """Whether the bag holds benzyl alcohol: as charted, else by the table, else None."""
    if findings.preservative is not None:
        return findings.preservative
    profile = bag_profile(findings, rules)
    return None if profile is None else profile.preservative


def judge_benzyl_alcohol(findings: InfusionFindings, rules: InfusionRules) -> RuleResult | None:
    """INF_BENZYL_WEIGHT; not asked where the bag or the patient is unknown."""
    preserved = is_preserved(findings, rules)
    nobody_known = findings.weight_kg is None and findings.age_years is None
    if preserved is None or (findings.preservative is None and nobody_known):
        return None
    if not preserved:
        return ASKED
    if nobody_known:
        return RuleResult(missing=("weight or age",))
    if findings.weight_kg is not None:
        return _by_weight(findings.weight_kg, findings, rules)
    age_d = (findings.age_years or 0.0) * rules.days_per_year
    if not less_than(age_d, rules.benzyl_newborn_below_d):
        return RuleResult(flags=(INCOMPLETE,))
    finding = InfusionFinding(
        code="INF_BENZYL_WEIGHT",
        rule_id="INF-15",
        because=f"a bag with benzyl alcohol is planned for a newborn of {plain(age_d)} days whose weight is unknown",
        threshold=f"age < {plain(rules.benzyl_newborn_below_d)} d",
        evidence=(known("age_days", round(age_d, 3), "d"), known("preservative", preserved)),
    )
    return RuleResult(findings=(finding,), flags=(INCOMPLETE,))


def _by_weight(weight_kg: float, findings: InfusionFindings, rules: InfusionRules) -> RuleResult:
    setting = findings.benzyl_min_weight_kg
    limit = rules.benzyl_min_weight_kg if setting is None else setting
    if not less_than(weight_kg, limit):
        return ASKED
    return found(
        InfusionFinding(
            code="INF_BENZYL_WEIGHT",
            rule_id="INF-15",
            because=f"the bag holds benzyl alcohol and the patient weighs {plain(weight_kg)} kg; "
            f"this site allows it from {plain(limit)} kg",
            threshold=f"< {plain(limit)} kg",
            evidence=(known("weight_kg", weight_kg, "kg"), known("bag_type_h", findings.bag_type_h, "h")),
        )
    )

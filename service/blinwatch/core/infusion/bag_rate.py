"""INF-6: the pump's rate against the bag label or the table of bags and regions.

What:      the due rate, a standstill (below 10 %), and a deviation of more than 5 % for 10 min or more.
Source:    rule reference A2 (INF-6).
Inputs:    rate_ml_h, deviation_min, bag_type_h, bag_label_rate_ml_h, label_region.
Caveats:   the pharmacy bag label overrides the table. A standstill is a gap (INF-7), never a deviation. A rate of
           exactly 0 is a standstill even where the due rate is unknown.
"""

from typing import Protocol

from blinwatch.clinical.infusion_rules import BagProfile, InfusionRules
from blinwatch.core.findings import InfusionFindings, LabelRegion
from blinwatch.core.infusion.verdict import (
    ASKED,
    NOT_IN_REGION,
    InfusionFinding,
    RuleResult,
    found,
    known,
    less_than,
    more_than,
    plain,
    reaches,
)


class Bagged(Protocol):
    """What tells the bag: findings, or the bag that hangs."""

    @property
    def bag_type_h(self) -> float | None:
        """Nominal hours of the bag."""
        ...

    @property
    def bag_label_rate_ml_h(self) -> float | None:
        """The rate on the pharmacy's label."""
        ...

    @property
    def label_region(self) -> LabelRegion | None:
        """Whose label holds; None means the default."""
        ...


def region_of(findings: Bagged, rules: InfusionRules) -> LabelRegion:
    """The label region in force; absent means US."""
    return findings.label_region or rules.default_region


def bag_profile(findings: Bagged, rules: InfusionRules) -> BagProfile | None:
    """The row of the bag table, or None for a missing or unknown bag type."""
    if findings.bag_type_h is None:
        return None
    rows = rules.bags[region_of(findings, rules)]
    return next((row for row in rows if row.bag_type_h == findings.bag_type_h), None)


def rate_due_ml_h(findings: Bagged, rules: InfusionRules) -> float | None:
    """The rate due: the bag label's, else the table's, else None."""
    if findings.bag_label_rate_ml_h is not None:
        return findings.bag_label_rate_ml_h
    profile = bag_profile(findings, rules)
    return None if profile is None else profile.rate_ml_h


def region_flags(findings: InfusionFindings, rules: InfusionRules) -> tuple[str, ...]:
    """NOT_IN_REGION for a bag that the region's label does not list."""
    profile = bag_profile(findings, rules)
    return () if profile is None or profile.listed else (NOT_IN_REGION,)


def below_standstill(rate_ml_h: float, due_ml_h: float | None, rules: InfusionRules) -> bool:
    """Whether a measured rate is a standstill: 0, or below 10 % of the due rate."""
    if rate_ml_h == 0:
        return True
    return due_ml_h is not None and due_ml_h > 0 and less_than(rate_ml_h / due_ml_h, rules.standstill_below_ratio)


def deviates(rate_ml_h: float, due_ml_h: float, rules: InfusionRules) -> bool:
    """Whether a rate is off by more than 5 %; exactly 5 % is not. A due rate of 0 is left by any flow."""
    if due_ml_h == 0:
        return rate_ml_h > 0
    return more_than(abs(rate_ml_h - due_ml_h) / due_ml_h, rules.rate_tolerance_ratio)


def is_standstill(findings: InfusionFindings, rules: InfusionRules) -> bool:
    """Whether the measured rate says that nothing flows."""
    rate = findings.rate_ml_h
    return rate is not None and below_standstill(rate, rate_due_ml_h(findings, rules), rules)


def judge_rate(findings: InfusionFindings, rules: InfusionRules) -> RuleResult | None:
    """INF_RATE_DEVIATION; not asked without a measured rate, or when the rate only serves INF-11."""
    rate = findings.rate_ml_h
    if rate is None:
        return None
    due = rate_due_ml_h(findings, rules)
    if due is None:
        serves_bolus_check = findings.volume_delivered_ml is not None
        return None if serves_bolus_check else RuleResult(missing=("bag type or bag label rate",))
    if below_standstill(rate, due, rules) or not deviates(rate, due, rules):
        return ASKED
    minutes = findings.deviation_min
    if minutes is not None and not reaches(minutes, rules.rate_deviation_from_min):
        return ASKED
    share_pct = rules.rate_tolerance_ratio * 100
    return found(
        InfusionFinding(
            code="INF_RATE_DEVIATION",
            rule_id="INF-6",
            because=f"the pump runs at {plain(rate)} mL/h, the bag is due at {plain(due)} mL/h"
            + ("" if minutes is None else f", for {plain(minutes)} min now"),
            threshold=f"more than {plain(share_pct)} % for {plain(rules.rate_deviation_from_min)} min or more",
            evidence=(
                known("rate_ml_h", rate, "mL/h"),
                known("rate_due_ml_h", due, "mL/h"),
                known("bag_type_h", findings.bag_type_h, "h"),
            ),
        )
    )

"""INF-12, INF-13 and INF-14: how long a bag hangs, how long it was kept, how old the vial was.

What:      hang time beyond nominal + 1 h; storage limits at room temperature and in the refrigerator; vial age.
Source:    rule reference A2 (table, INF-12 to INF-14), essentials in A5.
Inputs:    hang_h, room_temp_h, fridge_d, rerefrigerated, recon_h with recon_storage; bag_type_h, label_region.
Caveats:   storage limits of an EU 168 h bag are judged only with a pharmacy bag label; its hang time always is.
"""

from blinwatch.clinical.infusion_rules import BagProfile, InfusionRules
from blinwatch.core.findings import InfusionFindings
from blinwatch.core.infusion.bag_rate import Bagged, bag_profile
from blinwatch.core.infusion.verdict import (
    ASKED,
    InfusionFinding,
    RuleResult,
    found,
    known,
    more_than,
    plain,
)


def judge_hang_time(findings: InfusionFindings, rules: InfusionRules) -> RuleResult | None:
    """INF_BAG_OVERRUN; not asked without a hang time."""
    hours = findings.hang_h
    if hours is None:
        return None
    if findings.bag_type_h is None:
        return RuleResult(missing=("bag type",))
    limit = findings.bag_type_h + rules.hang_overrun_after_h
    if not more_than(hours, limit):
        return ASKED
    return found(
        InfusionFinding(
            code="INF_BAG_OVERRUN",
            rule_id="INF-12",
            because=f"the {plain(findings.bag_type_h)} h bag has been hanging for {plain(hours)} h",
            threshold=f"> {plain(limit)} h",
            evidence=(known("hang_h", hours, "h"), known("bag_type_h", findings.bag_type_h, "h")),
        )
    )


def limits_of(findings: Bagged, rules: InfusionRules) -> BagProfile | None:
    """The bag's row if its storage limits may be judged: known, and listed in the region or labelled."""
    profile = bag_profile(findings, rules)
    if profile is None or (not profile.listed and findings.bag_label_rate_ml_h is None):
        return None
    return profile


def judge_storage(findings: InfusionFindings, rules: InfusionRules) -> RuleResult | None:
    """INF_BAG_EXPIRED; not asked without storage times."""
    room_h, fridge_d, again = findings.room_temp_h, findings.fridge_d, findings.rerefrigerated
    if room_h is None and fridge_d is None and again is None:
        return None
    reasons: list[str] = ["put back into the refrigerator after warming"] if again else []
    limits = limits_of(findings, rules)
    missing: tuple[str, ...] = ()
    threshold = "never refrigerated again after warming"
    if room_h is not None or fridge_d is not None:
        if limits is None:
            missing = ("bag type with storage limits in this region",)
        else:
            threshold = f"> {plain(limits.room_temp_max_h)} h warm or > {plain(limits.fridge_max_d)} d at 2-8 °C"
            reasons += _past_limits(room_h, fridge_d, limits)
    if not reasons:
        return RuleResult(missing=missing)
    finding = InfusionFinding(
        code="INF_BAG_EXPIRED",
        rule_id="INF-13",
        because=f"the bag must not be given any more: {'; '.join(reasons)}",
        threshold=threshold,
        evidence=(
            known("room_temp_h", room_h, "h"),
            known("fridge_d", fridge_d, "d"),
            known("rerefrigerated", again),
            known("bag_type_h", findings.bag_type_h, "h"),
        ),
    )
    return RuleResult(findings=(finding,), missing=missing)


def _past_limits(room_h: float | None, fridge_d: float | None, limits: BagProfile) -> list[str]:
    reasons: list[str] = []
    if room_h is not None and more_than(room_h, limits.room_temp_max_h):
        reasons.append(f"{plain(room_h)} h at room temperature, allowed are {plain(limits.room_temp_max_h)} h")
    if fridge_d is not None and more_than(fridge_d, limits.fridge_max_d):
        reasons.append(f"{plain(fridge_d)} days in the refrigerator, allowed are {plain(limits.fridge_max_d)} days")
    return reasons


def judge_vial(findings: InfusionFindings, rules: InfusionRules) -> RuleResult | None:
    """INF_RECON_EXPIRED; not asked without the age of the reconstituted vial."""
    hours = findings.recon_h
    if hours is None:
        return None
    if findings.recon_storage is None:
        return RuleResult(missing=("where the reconstituted vial was kept",))
    limit = rules.recon_max_h[findings.recon_storage]
    if not more_than(hours, limit):
        return ASKED
    where = "at room temperature" if findings.recon_storage == "room" else "in the refrigerator"
    return found(
        InfusionFinding(
            code="INF_RECON_EXPIRED",
            rule_id="INF-14",
            because=f"the reconstituted vial was {plain(hours)} h old {where}; allowed are {plain(limit)} h",
            threshold=f"> {plain(limit)} h {where}",
            evidence=(known("recon_h", hours, "h"), known("recon_storage", findings.recon_storage)),
        )
    )

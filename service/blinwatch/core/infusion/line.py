"""INF-16, INF-17 and INF-22: the lumen, the pump's line alarms and the filter.

What:      anything else on the drug's lumen; occlusion and air alarms; a missing in-line filter.
Source:    rule reference A3 (INF-16, INF-17, INF-22).
Inputs:    lumen_event; pump_event occlusion or air (with gap or rate); filter_present.
Caveats:   the reference asks for the filter with US tubing; a missing filter is told in every region, because being
           silent would be less safe. An occlusion of which nobody knows whether drug flows counts as stopped.
"""

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.core.findings import InfusionFindings, LumenEvent
from blinwatch.core.infusion.interruption import open_gap
from blinwatch.core.infusion.verdict import ASKED, InfusionFinding, RuleResult, Variant, found, known

_LUMEN_WORDS: dict[LumenEvent, str] = {
    "other_drug": "another drug was given through",
    "blood_draw": "blood was drawn from",
    "y_site": "something was connected by a Y-site to",
}


def judge_lumen(findings: InfusionFindings, rules: InfusionRules) -> RuleResult | None:
    """INF_LUMEN_SHARED; not asked without an event on the lumen."""
    del rules
    event = findings.lumen_event
    if event is None:
        return None
    return found(
        InfusionFinding(
            code="INF_LUMEN_SHARED",
            rule_id="INF-16",
            because=f"{_LUMEN_WORDS[event]} the lumen of the infusion; it must stay dedicated",
            threshold="any other use of the lumen",
            evidence=(known("lumen_event", event),),
        )
    )


def judge_line_alarm(findings: InfusionFindings, rules: InfusionRules) -> RuleResult | None:
    """INF_OCCLUSION or INF_AIR; not asked without such an alarm."""
    if findings.pump_event not in ("occlusion", "air"):
        return None
    if findings.pump_event == "air":
        return found(
            InfusionFinding(
                code="INF_AIR",
                rule_id="INF-17",
                because="the pump reports air in the line",
                threshold="any air-in-line alarm",
                evidence=(known("pump_event", "air"),),
            )
        )
    variant = _flow_at_occlusion(findings, rules)
    return found(
        InfusionFinding(
            code="INF_OCCLUSION",
            rule_id="INF-17",
            because="the pump reports an occlusion; drug "
            + ("does not flow" if variant == "stopped" else "still flows")
            + ". Check for a bolus after release",
            threshold="any occlusion alarm",
            evidence=(known("pump_event", "occlusion"), known("flow", variant)),
            variant=variant,
        )
    )


def _flow_at_occlusion(findings: InfusionFindings, rules: InfusionRules) -> Variant:
    if open_gap(findings, rules) is not None:
        return "stopped"
    return "flowing" if findings.rate_ml_h is not None or findings.restarted else "stopped"


def judge_filter(findings: InfusionFindings, rules: InfusionRules) -> RuleResult | None:
    """INF_FILTER_MISSING; not asked unless somebody charted whether the filter is there."""
    del rules
    if findings.filter_present is None:
        return None
    if findings.filter_present:
        return ASKED
    return found(
        InfusionFinding(
            code="INF_FILTER_MISSING",
            rule_id="INF-22",
            because="the line has no 0.2 µm in-line filter",
            threshold="sterile low-protein-binding 0.2 µm in-line filter",
            evidence=(known("filter_present", value=False),),
        )
    )

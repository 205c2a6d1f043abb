"""INF-10 and INF-11: a flush of the drug line, a bolus, or more volume than the rate explains.

What:      every flush with drug still in the line, every bolus or purge, and an excess of 15 minutes' worth.
Source:    rule reference A3 (INF-10, INF-11), essentials in A5.
Inputs:    pump_event, drug_aspirated; volume_delivered_ml with window_min and a rate (measured, else label or table).
Caveats:   a flush is harmless only after the drug was aspirated or disconnected and documented. With a rate of 0 any
           delivered volume is an excess.
"""

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.core.findings import InfusionFindings
from blinwatch.core.infusion.bag_rate import rate_due_ml_h
from blinwatch.core.infusion.verdict import (
    ASKED,
    TOLERANCE,
    InfusionFinding,
    RuleResult,
    found,
    known,
    plain,
    reaches,
)

_HOUR_MIN = 60


def judge_pump_act(findings: InfusionFindings, rules: InfusionRules) -> RuleResult | None:
    """INF_FLUSH, or INF_BOLUS_SUSPECT for a bolus or purge; not asked without a pump event of these kinds."""
    del rules
    match findings.pump_event:
        case "flush":
            return ASKED if findings.drug_aspirated else found(_flush())
        case "bolus" | "purge" as kind:
            return found(_bolus(kind))
        case "none":
            return ASKED
        case _:
            return None


def _flush() -> InfusionFinding:
    return InfusionFinding(
        code="INF_FLUSH",
        rule_id="INF-10",
        because="the line or lumen holding drug was flushed: the patient got the drug in the line as a bolus",
        threshold="any flush without the drug aspirated or disconnected",
        evidence=(known("pump_event", "flush"), known("drug_aspirated", value=False)),
    )


def _bolus(kind: str) -> InfusionFinding:
    return InfusionFinding(
        code="INF_BOLUS_SUSPECT",
        rule_id="INF-11",
        because=f"a {kind} was given while the drug was connected",
        threshold="any bolus or purge while connected",
        evidence=(known("pump_event", kind),),
    )


def judge_volume(findings: InfusionFindings, rules: InfusionRules) -> RuleResult | None:
    """INF_BOLUS_SUSPECT for a delivered volume; not asked without one."""
    volume_ml = findings.volume_delivered_ml
    if volume_ml is None:
        return None
    rate = rate_due_ml_h(findings, rules) if findings.rate_ml_h is None else findings.rate_ml_h
    window_min = findings.window_min
    if rate is None or window_min is None:
        missing = [] if rate is not None else ["rate, bag label rate or bag type"]
        return RuleResult(missing=(*missing, *(() if window_min is not None else ("time window of the volume",))))
    expected_ml = rate * window_min / _HOUR_MIN
    excess_ml = volume_ml - expected_ml
    if excess_ml <= TOLERANCE or (rate > 0 and not reaches(excess_ml / rate, rules.bolus_excess_from_h)):
        return ASKED
    return found(
        InfusionFinding(
            code="INF_BOLUS_SUSPECT",
            rule_id="INF-11",
            because=f"{plain(volume_ml)} mL ran in within {plain(window_min)} min; the rate of {plain(rate)} mL/h "
            f"explains {plain(expected_ml)} mL",
            threshold=f">= {plain(rules.bolus_excess_from_h * _HOUR_MIN)} min of flow above rate x time",
            evidence=(
                known("volume_delivered_ml", volume_ml, "mL"),
                known("window_min", window_min, "min"),
                known("rate_ml_h", rate, "mL/h"),
            ),
        )
    )

"""Infusion findings to alert conditions.

What:      one alert a code, except where codes are steps of one thing: a gap that grows (INF-7), the dose step
           (INF-3), the end of the cycle (INF-4), the dose itself (INF-2). A past event (flush, bolus, lumen) is its
           own episode, so a second flush is a second alert even while the first still stands.
Sources:   rule reference sections A and H (priorities); design "The alert's life" (inhibition).
Inputs:    the infusion verdict in force.
Caveats:   priorities that depend on flow or direction come from the finding's variant.
"""

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.crs_conditions import priority_of
from blinwatch.core.dose_advice.advice import STOPS_NOW
from blinwatch.core.evidence import Condition
from blinwatch.core.patient_state import Judgement

_STEPS: dict[str, tuple[str, int]] = {
    "INF_INTERRUPT_SHORT": ("INF_INTERRUPT", 1),
    "INF_INTERRUPT_4H": ("INF_INTERRUPT", 2),
    "INF_INTERRUPT_GT7D": ("INF_INTERRUPT", 3),
    "INF_DOSE_STEP_DUE": ("INF_DOSE_STEP", 1),
    "INF_DOSE_STEP_OVERDUE": ("INF_DOSE_STEP", 2),
    "INF_CYCLE_END": ("INF_CYCLE_END", 1),
    "INF_OVER_28D": ("INF_CYCLE_END", 2),
}
"""Codes that are degrees of one condition: key and level."""
_NO_ALERT = ("INF_OK", "INF_NOT_EVALUABLE")
_HIDES = {"INF_INTERRUPT": ("INF_OCCLUSION", "INF_RATE_DEVIATION")}


def infusion_conditions(judgement: Judgement, at_ms: int, rulebook: Rulebook) -> tuple[Condition, ...]:
    """Every infusion condition that holds at `at_ms`."""
    if judgement.infusion is None:
        return ()
    found: dict[str, Condition] = {}
    for finding in judgement.infusion.verdict.findings:
        if finding.code in _NO_ALERT:
            continue
        kind, level = _STEPS.get(finding.code, (finding.code, 0))
        key = kind if finding.event_id is None else f"{kind}:{finding.event_id}"
        if key in found and found[key].level >= level:
            continue
        variant = finding.code if finding.variant is None else f"{finding.code}.{finding.variant}"
        found[key] = Condition(
            key=key,
            code=finding.code,
            rule_id=finding.rule_id,
            domain="infusion",
            scale="label",
            priority=priority_of(variant, rulebook),
            level=level,
            summary=finding.because + _unless_advised(kind, judgement),
            threshold=finding.threshold,
            evidence=finding.evidence,
            since_ms=at_ms if finding.since_ms is None else finding.since_ms,
            hides=_HIDES.get(kind, ()),
        )
    return tuple(found.values())


def _unless_advised(kind: str, judgement: Judgement) -> str:
    """A long interruption asks for a restart; where the label's advice says stay stopped, it says that too."""
    advice = judgement.advice
    if kind != "INF_INTERRUPT" or advice is None or advice.code not in STOPS_NOW:
        return ""
    return f". Label advice for the reaction: do not restart now ({advice.rule_id})"

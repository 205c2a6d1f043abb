"""INF-18: nothing heard from the pump.

What:      more than 15 min without a pump message.
Source:    rule reference A3 (INF-18).
Inputs:    minutes_since_message.
Caveats:   silence is not an interruption by itself. What a reconnection reveals (totaliser shortfall) is worked out
           in `flow.py` and judged as a closed gap.
"""

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.core.findings import InfusionFindings
from blinwatch.core.infusion.verdict import (
    ASKED,
    InfusionFinding,
    RuleResult,
    found,
    known,
    length_of,
    more_than,
    plain,
)


def judge_silence(findings: InfusionFindings, rules: InfusionRules) -> RuleResult | None:
    """INF_COMM_LOSS; not asked without the time since the last message."""
    minutes = findings.minutes_since_message
    if minutes is None:
        return None
    if not more_than(minutes, rules.silence_after_min):
        return ASKED
    return found(
        InfusionFinding(
            code="INF_COMM_LOSS",
            rule_id="INF-18",
            because=f"no message from the pump for {length_of(minutes)}; look at the pump itself",
            threshold=f"> {plain(rules.silence_after_min)} min",
            evidence=(known("minutes_since_message", minutes, "min"),),
        )
    )

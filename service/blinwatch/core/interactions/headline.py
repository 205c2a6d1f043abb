"""Which of several interaction codes leads.

What:      the headline order of section E, a row of clinical/drug_interactions.yaml.
Source:    rule reference section E.
"""

from collections.abc import Iterable

from blinwatch.clinical.interaction_rules import InteractionRules
from blinwatch.core.interactions.verdict import NONE, InteractionFinding


def in_order(findings: Iterable[InteractionFinding], rules: InteractionRules) -> tuple[InteractionFinding, ...]:
    """Findings in the reference's order, each code of a drug once."""
    once: dict[tuple[str, str], InteractionFinding] = {}
    for finding in findings:
        once.setdefault((finding.code, finding.drug), finding)
    return tuple(sorted(once.values(), key=lambda finding: rules.headline_order.index(finding.code)))


def leading(codes: Iterable[str], rules: InteractionRules) -> str:
    """The code that leads; none at all is DDI_NONE."""
    return min(codes, key=rules.headline_order.index, default=NONE)

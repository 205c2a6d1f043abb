"""A5: which of several infusion codes leads.

What:      the order of section A5, a row of clinical/infusion_label.yaml.
Source:    rule reference A5.
"""

from collections.abc import Iterable

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.core.infusion.verdict import OK, InfusionFinding


def in_order(findings: Iterable[InfusionFinding], rules: InfusionRules) -> tuple[InfusionFinding, ...]:
    """Findings in A5's order; those of one code keep their own order."""
    return tuple(sorted(findings, key=lambda finding: rules.headline_order.index(finding.code)))


def headline(findings: tuple[InfusionFinding, ...]) -> str:
    """The code that leads among findings in order; none means INF_OK."""
    return findings[0].code if findings else OK

"""What an interaction rule answers, what it is asked with, and what the rules together say.

What:      the records every interaction rule reads and returns, and the comparisons and words they share.
Source:    rule reference sections 0 (missing values, tolerance, result codes) and E.
Caveats:   `RuleAnswer` None (from a rule) means that the rule was not asked, which is not the same as "all well".
           A missing time counts as within the limit (section E).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from blinwatch.clinical.interaction_rules import EvidenceLevel, InteractionClass, InteractionRules, Severity
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.findings import InteractionFindings, Route
from blinwatch.core.interactions.drug_index import Recognised
from blinwatch.core.units import above

NONE = "DDI_NONE"
NOT_EVALUABLE = "DDI_NOT_EVALUABLE"
INCOMPLETE = "INCOMPLETE"
DRUG_UNKNOWN = "DRUG_UNKNOWN"
HOURS_PER_DAY = 24
ClassName = TypeVar("ClassName", bound=InteractionClass)


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionFinding:
    """One code that holds for a drug: how serious, how well founded, what to do, and why, in words for a nurse."""

    code: str
    rule_id: str
    drug: str
    severity: Severity
    evidence_level: EvidenceLevel
    management: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleAnswer:
    """The answer of one rule that was asked."""

    findings: tuple[InteractionFinding, ...] = ()
    incomplete: bool = False
    """Something that could have changed the answer is not known."""
    missing: tuple[str, ...] = ()
    """Essentials without which the rule could not be judged, in plain words."""
    note: str | None = None
    """Worth saying where nothing else is said."""


ASKED = RuleAnswer()
"""Asked, and nothing wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionVerdict:
    """All rules together: every code that holds in the reference's order, and which of them leads."""

    headline: str
    drug: str | None
    """The drug as the table knows it, else as charted; None where the question named none."""
    findings: tuple[InteractionFinding, ...]
    flags: tuple[str, ...]
    note: str | None = None
    """Said of an unknown drug, whatever else holds."""

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code that holds, the leading one first."""
        return tuple(finding.code for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to the rules: the findings, the drug as recognised, and its classes by this route."""

    findings: InteractionFindings
    drug: Recognised | None
    route: Route | None
    classes: frozenset[InteractionClass]
    rulebook: Rulebook

    @property
    def rules(self) -> InteractionRules:
        """The interaction table."""
        return self.rulebook.interactions

    @property
    def name(self) -> str:
        """The drug's name for a sentence."""
        return "the drug" if self.drug is None else self.drug.drug

    def dose_within(self, limit_h: float | None) -> bool:
        """Whether the last dose counts: no limit, no time known, or not longer ago than the limit."""
        hours = self.findings.hours_since_dose
        return limit_h is None or hours is None or not above(hours, limit_h)

    def active_classes(self, *wanted: ClassName) -> tuple[ClassName, ...]:
        """Those of the wanted classes that the drug belongs to by this route and whose dose still counts."""
        return tuple(name for name in wanted if name in self.classes and self.dose_within(self.limit_h(name)))

    def limit_h(self, name: InteractionClass) -> float | None:
        """How long a dose counts for a class; a patch may count longer."""
        rule = self.rules.classes[name]
        if self.route == "transdermal" and rule.transdermal_within_h is not None:
            return rule.transdermal_within_h
        return rule.within_h

    def finding(self, code: str, because: str, *also: str, drug: str | None = None) -> InteractionFinding:
        """A finding with the table's severity, evidence level and advice; `also` is advice on this drug."""
        advice = self.rules.advice[code]
        return InteractionFinding(
            code=code,
            rule_id=advice.rule,
            drug=self.name if drug is None else drug,
            severity=advice.severity,
            evidence_level=advice.evidence,
            management=" ".join(text for text in (advice.do, *also) if text),
            because=f"{because} ({advice.rule})",
        )

    def drug_notes(self) -> tuple[str, ...]:
        """What the table says besides of this drug."""
        return () if self.drug is None else tuple(entry.also for entry in self.drug.entries if entry.also)


def found(finding: InteractionFinding, *, incomplete: bool = False) -> RuleAnswer:
    """An answer with one finding."""
    return RuleAnswer(findings=(finding,), incomplete=incomplete)


def plain(value: float) -> str:
    """A number as a nurse reads it: up to two decimals, none that say nothing."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def listed(names: Iterable[str]) -> str:
    """Names as a list in a sentence: "weight, cycle and drug"."""
    items = list(names)
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def since_dose(hours: float | None) -> str:
    """When the last dose was, in words."""
    return "at an unknown time" if hours is None else f"{plain(hours)} h ago"

"""The interaction check of a running treatment: every drug on the book, judged by the facts of the moment.

What:      one verdict a drug, all codes once, which one leads, which drugs are unknown, which sedate or mask, and which
           windows are open until when.
Source:    rule reference section E; design decision 4 (time is data).
Inputs:    the drug book, and the facts that other rooms know (`InteractionFacts`).
Caveats:   a drug whose rules give no limit stays in the view for `current_h` (or its own time) after the last dose.
           Each drug is judged by the very check that a charted question goes through.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from blinwatch.clinical.interaction_rules import InteractionRules
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.findings import Purpose, Route
from blinwatch.core.interactions.assemble import DAY_MS, Company, company_at, findings_for
from blinwatch.core.interactions.check import check_interactions
from blinwatch.core.interactions.drug_book import HOUR_MS, DrugBook, DrugOnBook, profile_of
from blinwatch.core.interactions.facts import NO_FACTS, InteractionFacts
from blinwatch.core.interactions.headline import leading
from blinwatch.core.interactions.next_change import next_change_ms
from blinwatch.core.interactions.verdict import DRUG_UNKNOWN, NONE, InteractionFinding

__all__ = [
    "CYP_INHIBITOR",
    "NO_FACTS",
    "DrugView",
    "InteractionFacts",
    "InteractionView",
    "OpenWindow",
    "judge_interactions",
    "next_change_ms",
]

CYP_INHIBITOR = "CYP_INHIBITOR"
"""Flag on a substrate of CYP450: an inhibitor of CYP3A4 is on board too and adds to the severity (E1)."""
_CYP_CODES = ("DDI_CYP_NTI_HIGH", "DDI_CYP_NTI_MOD", "DDI_CYP_NTI_INFO")


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """A time limit after the last dose that still runs; `until_ms` (inclusive) None: as long as the drug runs."""

    rule_id: str
    until_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugView:
    """One drug as it is judged now."""

    drug: str
    route: Route | None
    purpose: Purpose | None
    last_ms: int
    event_id: str
    """The event of the last dose."""
    running: bool
    headline: str
    findings: tuple[InteractionFinding, ...]
    """Every code that holds but DDI_NONE, in the reference's order."""
    flags: tuple[str, ...]
    inhibitors: tuple[str, ...] = ()
    """Inhibitors of CYP3A4 given besides, where the drug is a substrate."""
    windows: tuple[OpenWindow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionView:
    """All drugs on board, judged at one moment."""

    drugs: tuple[DrugView, ...]
    codes: tuple[str, ...]
    """Every code that holds for any drug, once, in the reference's order."""
    headline: str
    flags: tuple[str, ...]
    unknown_drugs: tuple[str, ...]
    """Drugs that the table does not know: never to be read as safe."""
    sedatives_on_board: tuple[str, ...]
    """To be asked about before ICANS is graded (DDI-12)."""
    masking_drugs: tuple[str, ...]
    """Drugs that hide fever or tachycardia (DDI-8, DDI-9, DDI-10)."""
    heart_rate_masked: bool
    cycle_window_until_ms: int | None
    """End (exclusive) of the days in which cytokines are expected, while they last."""


def judge_interactions(book: DrugBook, facts: InteractionFacts, at_ms: int, rulebook: Rulebook) -> InteractionView:
    """The view at `at_ms`. Never raises."""
    rules = rulebook.interactions
    company = company_at(book, at_ms, rulebook)
    drugs = tuple(_drug_view(entry, company, facts, at_ms, rulebook) for entry in company.on_board)
    codes = tuple(sorted({one.code for view in drugs for one in view.findings}, key=rules.headline_order.index))
    # MASK_IL6 also stands with each CYP450 substrate, where it names the blocker and not the drug itself.
    own = [(one.code, view.drug) for view in drugs for one in view.findings if one.drug == view.drug]
    return InteractionView(
        drugs=drugs,
        codes=codes,
        headline=leading(codes, rules),
        flags=_once(flag for view in drugs for flag in view.flags),
        unknown_drugs=_once(view.drug for view in drugs if DRUG_UNKNOWN in view.flags),
        sedatives_on_board=_once(drug for code, drug in own if code == "CONF_SEDATIVE_ICANS"),
        masking_drugs=_once(drug for code, drug in own if code.startswith("MASK_")),
        heart_rate_masked="MASK_BETA_BLOCKER" in codes,
        cycle_window_until_ms=_window_end_ms(facts, at_ms, rules),
    )


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


def _drug_view(
    entry: DrugOnBook, company: Company, facts: InteractionFacts, at_ms: int, rulebook: Rulebook
) -> DrugView:
    verdict = check_interactions(findings_for(entry, company, facts, at_ms, rulebook), rulebook)
    is_substrate = any(code in _CYP_CODES for code in verdict.codes)
    inhibitors = tuple(name for name in company.inhibitors if name != entry.drug) if is_substrate else ()
    return DrugView(
        drug=entry.drug,
        route=entry.route,
        purpose=entry.purpose,
        last_ms=entry.last_ms,
        event_id=entry.event_id,
        running=entry.running,
        headline=verdict.headline,
        findings=tuple(finding for finding in verdict.findings if finding.code != NONE),
        flags=_once((*verdict.flags, CYP_INHIBITOR) if inhibitors else verdict.flags),
        inhibitors=inhibitors,
        windows=_open_windows(entry, at_ms, rulebook),
    )


def _open_windows(entry: DrugOnBook, at_ms: int, rulebook: Rulebook) -> tuple[OpenWindow, ...]:
    limits_h = profile_of(entry, rulebook).limits_h
    if entry.running:
        return tuple(OpenWindow(rule_id, None) for rule_id, _ in limits_h)
    ends = ((rule_id, entry.last_ms + round(limit_h * HOUR_MS)) for rule_id, limit_h in limits_h)
    return tuple(OpenWindow(rule_id, until_ms) for rule_id, until_ms in ends if at_ms <= until_ms)


def _window_end_ms(facts: InteractionFacts, at_ms: int, rules: InteractionRules) -> int | None:
    last_day = None if facts.cycle is None else rules.cycle_window_days.get(facts.cycle)
    if last_day is None or facts.cycle_start_ms is None:
        return None
    end_ms = facts.cycle_start_ms + last_day * DAY_MS
    return end_ms if facts.cycle_start_ms <= at_ms < end_ms else None

"""All interaction rules on one question.

What:      asks every rule of section E about one drug (or vaccine, or a set of QT data) and puts the answers under one
           headline.
Source:    rule reference section E, DDI-1 to DDI-19 and the essentials.
Inputs:    `InteractionFindings`, charted by somebody or assembled by the live state.
Caveats:   an essential that is missing gives DDI_NOT_EVALUABLE and INCOMPLETE beside whatever else holds. A drug that
           the table does not know gives DDI_NONE (DDI-19 asks for it where no rule applies) with the flag
           DRUG_UNKNOWN and a sentence that says so: unknown is not safe.
"""

from collections.abc import Callable

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.findings import InteractionFindings
from blinwatch.core.interactions.benzyl_alcohol_load import judge_benzyl_alcohol_load
from blinwatch.core.interactions.corticosteroid import judge_corticosteroid
from blinwatch.core.interactions.cyp_suppression import judge_cyp_suppression, judge_transporter
from blinwatch.core.interactions.drug_index import counting_classes, recognise, route_of
from blinwatch.core.interactions.headline import in_order, leading
from blinwatch.core.interactions.hepatotoxic import judge_hepatotoxic
from blinwatch.core.interactions.hypotensive import judge_hypotensive
from blinwatch.core.interactions.il6_blocker import judge_il6_blocker
from blinwatch.core.interactions.immunosuppressant import judge_immunosuppressant
from blinwatch.core.interactions.intrathecal import judge_intrathecal
from blinwatch.core.interactions.live_vaccine import judge_live_vaccine
from blinwatch.core.interactions.masking import judge_antipyretic, judge_heart_rate_drug
from blinwatch.core.interactions.qt import judge_qt
from blinwatch.core.interactions.sedative import judge_sedative
from blinwatch.core.interactions.seizure_threshold import judge_seizure_threshold
from blinwatch.core.interactions.verdict import (
    DRUG_UNKNOWN,
    INCOMPLETE,
    NONE,
    NOT_EVALUABLE,
    Asked,
    InteractionVerdict,
    RuleAnswer,
    listed,
)
from blinwatch.core.interactions.y_site import judge_y_site

Rule = Callable[[Asked], RuleAnswer | None]

RULES: tuple[Rule, ...] = (
    judge_cyp_suppression,
    judge_transporter,
    judge_live_vaccine,
    judge_corticosteroid,
    judge_immunosuppressant,
    judge_il6_blocker,
    judge_antipyretic,
    judge_heart_rate_drug,
    judge_hypotensive,
    judge_sedative,
    judge_seizure_threshold,
    judge_intrathecal,
    judge_benzyl_alcohol_load,
    judge_y_site,
    judge_hepatotoxic,
    judge_qt,
)
"""Every rule of section E; each is asked only where it concerns the drug or its own field is given."""


def check_interactions(findings: InteractionFindings, rulebook: Rulebook) -> InteractionVerdict:
    """The verdict on one drug beside blinatumomab. Never raises; what is not known is said."""
    asked = ask_about(findings, rulebook)
    answers = [answer for answer in (rule(asked) for rule in RULES) if answer is not None]
    collected = [finding for answer in answers for finding in answer.findings]
    missing = list(dict.fromkeys(name for answer in answers for name in answer.missing))
    if not _is_a_question(findings):
        missing.append("drug, code or vaccine")
    flags = {INCOMPLETE} if missing or any(answer.incomplete for answer in answers) else set[str]()
    unknown = asked.drug is not None and not asked.drug.known and findings.vaccine is None
    note = f"{asked.name} is not in the interaction table, which does not mean that it is safe" if unknown else None
    if unknown:
        flags.add(DRUG_UNKNOWN)
    if missing:
        collected.append(asked.finding(NOT_EVALUABLE, f"not known: {listed(missing)}"))
    if not collected:
        collected.append(asked.finding(NONE, note or _why_none(asked, answers)))
    ordered = in_order(collected, asked.rules)
    return InteractionVerdict(
        headline=leading((finding.code for finding in ordered), asked.rules),
        drug=None if asked.drug is None else asked.drug.drug,
        findings=ordered,
        flags=tuple(sorted(flags)),
        note=note,
    )


def ask_about(findings: InteractionFindings, rulebook: Rulebook) -> Asked:
    """The question as the rules read it: the drug recognised, its classes by the route it is given."""
    named = findings.drug is not None or findings.atc is not None
    drug = recognise(findings.drug, rulebook, atc=findings.atc) if named else None
    route = route_of(findings.route, findings.drug, rulebook.interactions)
    classes = counting_classes(() if drug is None else drug.classes, route, rulebook.interactions)
    return Asked(findings, drug, route, classes, rulebook)


def _is_a_question(findings: InteractionFindings) -> bool:
    """Whether any of the essentials is given (section E): without one nothing was asked."""
    return bool(findings.running) or any(
        value is not None
        for value in (
            findings.drug,
            findings.atc,
            findings.vaccine,
            findings.same_lumen,
            findings.benzyl_alcohol_source,
            findings.days_since_tocilizumab,
            findings.days_since_il6_blocker,
            findings.qt_drug_count,
            findings.qtc_ms,
            findings.potassium_mmol_l,
            findings.magnesium_mmol_l,
        )
    )


def _why_none(asked: Asked, answers: list[RuleAnswer]) -> str:
    notes = [answer.note for answer in answers if answer.note is not None]
    return "; ".join(notes) if notes else f"no rule applies to {asked.name} as it is given now"

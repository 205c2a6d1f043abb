"""Interaction findings to alert conditions.

What:      one alert a code and drug that somebody has to act on; one alert for the patient where the drugs matter only
           together (QT, blood pressure). What only informs, masks or confounds stands in the view and raises nothing.
Sources:   rule reference sections E and H (priorities); which codes become alerts: row `advice` of the table.
Inputs:    the interaction view in force.
Caveats:   in the window of cytokine release DDI-1 hides what the same drug would raise besides as an immunosuppressant
           or after an IL-6 blocker. An alert that names several drugs rises when another drug joins.
"""

from collections.abc import Iterable

from blinwatch.clinical.interaction_rules import AlertMode
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.crs_conditions import priority_of
from blinwatch.core.evidence import Condition, Evidence, to_datetime
from blinwatch.core.interactions.live import DrugView, InteractionView
from blinwatch.core.interactions.verdict import InteractionFinding
from blinwatch.core.patient_state import Judgement

_HIDDEN_BY_HIGH = ("DDI_IMMUNOSUPPRESSANT", "DDI_TOCI_CYP_REBOUND")


def interaction_conditions(judgement: Judgement, at_ms: int, rulebook: Rulebook) -> tuple[Condition, ...]:
    """Every interaction condition that holds at `at_ms`."""
    view = judgement.interactions
    return () if view is None else conditions_of(view, at_ms, rulebook)


def conditions_of(view: InteractionView, at_ms: int, rulebook: Rulebook) -> tuple[Condition, ...]:
    """Every condition that a view calls for."""
    found: dict[str, Condition] = {}
    for drug, finding in _alerting(view, "each_drug", rulebook):
        key = f"{finding.code}:{finding.drug}"
        found.setdefault(key, _condition(key, [(drug, finding)], at_ms, rulebook))
    together: dict[str, list[tuple[DrugView, InteractionFinding]]] = {}
    for drug, finding in _alerting(view, "once", rulebook):
        together.setdefault(finding.code, []).append((drug, finding))
    for code, pairs in together.items():
        found[code] = _condition(code, pairs, at_ms, rulebook)
    return tuple(found.values())


def _alerting(
    view: InteractionView, mode: AlertMode, rulebook: Rulebook
) -> Iterable[tuple[DrugView, InteractionFinding]]:
    advice = rulebook.interactions.advice
    return ((drug, one) for drug in view.drugs for one in drug.findings if advice[one.code].alert == mode)


def _condition(key: str, pairs: list[tuple[DrugView, InteractionFinding]], at_ms: int, rulebook: Rulebook) -> Condition:
    finding = pairs[0][1]
    names = {one.drug for _, one in pairs}
    hides = tuple(f"{code}:{finding.drug}" for code in _HIDDEN_BY_HIGH)
    return Condition(
        key=key,
        code=finding.code,
        rule_id=finding.rule_id,
        domain="interaction",
        scale="label",
        priority=priority_of(finding.code, rulebook),
        level=len(names) if key == finding.code else 0,
        summary=_summary(pairs),
        evidence=(
            Evidence(name="severity of the interaction", value=finding.severity),
            Evidence(name="level of evidence", value=finding.evidence_level),
            *(_last_dose(drug) for drug, _ in pairs),
        ),
        since_ms=at_ms,
        hides=hides if finding.code == "DDI_CYP_NTI_HIGH" else (),
    )


def _last_dose(drug: DrugView) -> Evidence:
    return Evidence(
        name=f"last dose of {drug.drug}",
        value="running" if drug.running else "given",
        observed_at=to_datetime(drug.last_ms),
        event_id=drug.event_id,
    )


def _summary(pairs: list[tuple[DrugView, InteractionFinding]]) -> str:
    """Why, and what to do."""
    reasons = dict.fromkeys(finding.because for _, finding in pairs)
    parts = [f"{reason[0].upper()}{reason[1:]}." for reason in reasons]
    parts += [
        f"{' and '.join(drug.inhibitors).capitalize()}, given too, can raise the level of {drug.drug} further."
        for drug, _ in pairs
        if drug.inhibitors and pairs[0][1].code.startswith("DDI_CYP")
    ]
    return " ".join([*parts, pairs[0][1].management])

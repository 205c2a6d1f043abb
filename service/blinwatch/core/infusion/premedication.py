"""INF-8 and INF-19: premedication before a cycle's first dose, before a dose step and on a restart after 4 h or more.

What:      whether every dose that the patient's regimen asks for was given inside its window.
Source:    rule reference A4 (table, EU children, windows, the 90 % check), A5 (when it is judged in a snapshot).
Inputs:    age_years, bsa_m2 (children), phase, cycle, label_region, context or a closed gap of 4 h or more, premed.
Caveats:   one dose must suffice, doses are not added. A dose without amount or time satisfies nothing. Age unknown:
           adult rules and AGE_UNKNOWN. Phase, cycle or a child's body surface missing: the reference's defaults
           (R/R, 1, target 20 mg) and INCOMPLETE. A restart after a known gap below 4 h asks for nothing.
"""

from dataclasses import dataclass

from blinwatch.clinical.infusion_rules import InfusionRules, OccasionName, PremedRegimen, RequiredDose
from blinwatch.core.findings import InfusionFindings, Premedication
from blinwatch.core.infusion.bag_rate import region_of
from blinwatch.core.infusion.interruption import closed_long_gap_min, gap_is_known_short
from blinwatch.core.infusion.verdict import (
    AGE_UNKNOWN,
    INCOMPLETE,
    InfusionFinding,
    RuleResult,
    known,
    listed,
    plain,
    reaches,
)

_OCCASION_WORDS: dict[OccasionName, str] = {
    "cycle_start": "before the first dose of the cycle",
    "step": "before the dose step",
    "restart": "before the restart after 4 h or more",
}


SHOWN_MOST = 3
"""So many doses tell whether one was too early, too small or of another drug; days of a steroid course would not be
read, and an alert is stored and sent with every word of it."""


@dataclass(frozen=True, slots=True)
class PremedDose:
    """One premedication dose as the live state remembers it."""

    drug: str
    dose_mg: float | None
    at_ms: int
    event_id: str


def occasions(findings: InfusionFindings, rules: InfusionRules) -> tuple[OccasionName, ...]:
    """The occasions to judge: the charted context, and the restart that a closed gap of 4 h or more tells of."""
    asked: list[OccasionName] = []
    after_long_gap = closed_long_gap_min(findings, rules) is not None
    if findings.context is not None and not (findings.context == "restart" and gap_is_known_short(findings, rules)):
        asked.append(findings.context)
    if after_long_gap and "restart" not in asked:
        asked.append("restart")
    return tuple(asked)


def regimen_for(findings: InfusionFindings, occasion: OccasionName, rules: InfusionRules) -> PremedRegimen | None:
    """The regimen in force for an occasion, or None when none is due."""
    child = findings.age_years is not None and findings.age_years < rules.child_below_years
    phase = findings.phase or rules.default_phase
    cycle = rules.default_cycle if findings.cycle is None else findings.cycle
    region = region_of(findings, rules)
    for regimen in rules.premed_regimens:
        if (
            regimen.child == child
            and phase in regimen.phases
            and region in regimen.regions
            and occasion in regimen.occasions
            and (regimen.cycles is None or cycle in regimen.cycles)
        ):
            return regimen
    return None


def judge_premedication(findings: InfusionFindings, rules: InfusionRules) -> RuleResult | None:
    """INF_PREMED_MISSING; asked only where `context` or a closed gap of 4 h or more is given."""
    if findings.context is None and closed_long_gap_min(findings, rules) is None:
        return None
    collected: list[InfusionFinding] = []
    for occasion in occasions(findings, rules):
        regimen = regimen_for(findings, occasion, rules)
        if regimen is None:
            continue
        lacking = [dose for dose in regimen.doses if not _is_given(dose, findings, rules)]
        if lacking:
            collected.append(_missing(lacking, regimen, occasion, findings, rules))
    return RuleResult(findings=tuple(collected), flags=_flags(findings, rules))


def premed_target_mg(findings: InfusionFindings, rules: InfusionRules) -> float | None:
    """The dexamethasone (else the first listed drug's) target of the occasion in question, for display."""
    for occasion in occasions(findings, rules):
        regimen = regimen_for(findings, occasion, rules)
        if regimen is not None:
            targets = targets_mg(regimen.doses[0], findings, rules)
            return targets.get("dexamethasone", next(iter(targets.values())))
    return None


def targets_mg(dose: RequiredDose, findings: InfusionFindings, rules: InfusionRules) -> dict[str, float]:
    """Each drug that will do, with its target dose for this patient."""
    if dose.any_of_mg is not None:
        return dict(dose.any_of_mg)
    if dose.drug is None or dose.per_m2_mg is None:
        return {}
    target = rules.child_target_without_bsa_mg if findings.bsa_m2 is None else dose.per_m2_mg * findings.bsa_m2
    return {dose.drug: target if dose.max_mg is None else min(target, dose.max_mg)}


def _flags(findings: InfusionFindings, rules: InfusionRules) -> tuple[str, ...]:
    flags: list[str] = []
    if findings.age_years is None:
        flags.append(AGE_UNKNOWN)
    child = findings.age_years is not None and findings.age_years < rules.child_below_years
    if findings.phase is None or findings.cycle is None or (child and findings.bsa_m2 is None):
        flags.append(INCOMPLETE)
    return tuple(flags)


def _is_given(dose: RequiredDose, findings: InfusionFindings, rules: InfusionRules) -> bool:
    targets = targets_mg(dose, findings, rules)
    return any(_suffices(given, dose, targets, rules) for given in findings.premed or ())


def _suffices(given: Premedication, dose: RequiredDose, targets: dict[str, float], rules: InfusionRules) -> bool:
    """Right drug, at least 90 % of its target, inside the window (end points included)."""
    target = targets.get(_ingredient(given.drug))
    if target is None or given.dose_mg is None or given.min_before is None:
        return False
    in_window = reaches(given.min_before, dose.from_min) and reaches(dose.to_min, given.min_before)
    return in_window and reaches(given.dose_mg / target, rules.premed_enough_ratio)


def _ingredient(drug: str) -> str:
    """The first word of a drug's name in lower case: "Dexamethasone sodium phosphate" is dexamethasone."""
    words = drug.strip().lower().replace(",", " ").replace("/", " ").split()
    return words[0] if words else ""


def _missing(
    lacking: list[RequiredDose],
    regimen: PremedRegimen,
    occasion: OccasionName,
    findings: InfusionFindings,
    rules: InfusionRules,
) -> InfusionFinding:
    wanted = listed(_in_words(dose, findings, rules) for dose in lacking)
    given = [
        f"{item.drug} {'dose unknown' if item.dose_mg is None else plain(item.dose_mg) + ' mg'}"
        + ("" if item.min_before is None else f" {plain(item.min_before)} min before")
        for item in _nearest(findings.premed or ())
    ]
    return InfusionFinding(
        code="INF_PREMED_MISSING",
        rule_id="INF-8" if occasion == "restart" else "INF-19",
        because=f"no sufficient premedication {_OCCASION_WORDS[occasion]}: {wanted} is due ({regimen.name}); "
        f"charted: {listed(given) if given else 'nothing'}",
        threshold=f">= {plain(rules.premed_enough_ratio * 100)} % of {wanted}",
        evidence=(known("premedication_given", "; ".join(given) if given else "none"),),
    )


def _nearest(given: tuple[Premedication, ...]) -> tuple[Premedication, ...]:
    """The doses nearest to the occasion, in the order in which they were charted; one without a time is near."""
    nearest = sorted(given, key=lambda item: 0.0 if item.min_before is None else abs(item.min_before))[:SHOWN_MOST]
    return tuple(item for item in given if item in nearest)[:SHOWN_MOST]


def _in_words(dose: RequiredDose, findings: InfusionFindings, rules: InfusionRules) -> str:
    drugs = " or ".join(f"{drug} {plain(target)} mg" for drug, target in targets_mg(dose, findings, rules).items())
    return f"{drugs} {plain(dose.from_min)} to {plain(dose.to_min)} min before"

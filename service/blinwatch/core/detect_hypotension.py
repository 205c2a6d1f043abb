"""CRS-6, CRS-7: hypotension and vasopressors.

Definition:  systolic below the limit for age; in adults a mean pressure below 65 mmHg; a fluid bolus given
             for hypotension; a vasopressor. One vasopressor, with or without vasopressin, is grade 3,
             several are grade 4.
Source:      Lee et al., BBMT 2019;25:625 [S11]; PALS limits by age [K][S15]; adult mean pressure [C].
Inputs:      screened pressures, age, baselines, fluid_bolus_for_hypotension, vasopressors,
             vasopressors_stopped_h, hypotension_attributed_other.
Caveats:     - a baseline below the limit replaces the systolic limit by 0.85 x baseline. The mean then still
               counts, unless its own baseline is below 65 mmHg too. Without that replacement it counts.
             - an agent listed as running counts even if a time since stopping is charted beside it.
             - a low pressure grades at once; `BP_CONFIRM` asks for the second reading within 10 minutes. A normal
               second reading ends the current grade; what was reached stays in the worst of 24 h and of the
               episode, because nothing tells a wrong cuff from a passing fall.
"""

import math
from collections.abc import Mapping

from blinwatch.clinical.crs_rules import CrsRules
from blinwatch.clinical.drug_rules import DrugRules
from blinwatch.core.crs_sign import Reading, Sign, number
from blinwatch.core.findings import CrsFindings
from blinwatch.core.recognise_drug import sort_vasoactives
from blinwatch.core.units import TOLERANCE, above, below

_NO_AGENTS: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())


def sbp_limit_mmhg(age_years: float | None, rules: CrsRules) -> float:
    """The systolic limit for an age; an unknown age reads as an adult's (section 0)."""
    if age_years is None or not below(age_years, rules.child_below_years):
        return rules.sbp_limit_adult_mmhg
    if below(age_years * rules.days_per_year, rules.neonate_below_days):
        return rules.sbp_limit_neonate_mmhg
    if below(age_years, rules.infant_below_years):
        return rules.sbp_limit_infant_mmhg
    completed_years = math.floor(age_years + TOLERANCE)
    return rules.sbp_limit_child_base_mmhg + rules.sbp_limit_child_per_year_mmhg * completed_years


def is_adult(age_years: float | None, rules: CrsRules) -> bool:
    """From the 18th birthday; an unknown age reads as an adult's."""
    return age_years is None or not below(age_years, rules.adult_from_years)


def counted_agents(
    running: tuple[str, ...] | None, stopped_h: Mapping[str, float] | None, rules: CrsRules, drugs: DrugRules
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Distinct vasopressors and inotropes running, or stopped so recently that they count as together."""
    if not running and not stopped_h:
        return _NO_AGENTS
    recent = [agent for agent, hours in (stopped_h or {}).items() if not above(hours, rules.vasopressor_together_h)]
    return sort_vasoactives([*(running or ()), *recent], drugs)


def detect_hypotension(findings: CrsFindings, rules: CrsRules, drugs: DrugRules) -> Sign:
    """Hypotension in a screened observation."""
    pressors, inotropes = counted_agents(findings.vasopressors, findings.vasopressors_stopped_h, rules, drugs)
    bolus = findings.fluid_bolus_for_hypotension is True
    attributed = findings.hypotension_attributed_other is True
    flags: list[str] = []
    because: list[str] = []
    low = _low_pressure(findings, rules, flags, because)
    if bolus:
        because.append("a fluid bolus was given for hypotension (CRS-6)")
    if pressors:
        because.append(_vasopressor_sentence(pressors, rules))
    if inotropes:
        flags.append("INOTROPE")
        because.append(f"inotrope running, not counted: {', '.join(inotropes)} (CRS-7)")
    if attributed:
        because.append("hypotension is attributed to another cause and not counted (CRS-6)")
    elif low and not bolus and not pressors:
        flags.append("BP_CONFIRM")
    known = attributed or bolus or bool(pressors) or _pressure_known(findings, rules)
    return Sign(
        0 if attributed else _grade(pressors, rules, present=low or bolus),
        known,
        attributed,
        "CRS-7" if pressors else "CRS-6",
        tuple(flags),
        tuple(because),
        None if known else "blood pressure",
        _readings(findings, pressors, bolus=bolus),
    )


def _grade(pressors: tuple[str, ...], rules: CrsRules, *, present: bool) -> int:
    """What pressures, bolus and vasopressors together are worth."""
    if not pressors:
        return rules.hypotension_grade if present else 0
    if _are_several(pressors, rules):
        return rules.several_vasopressors_grade
    return rules.vasopressor_grade


def _are_several(pressors: tuple[str, ...], rules: CrsRules) -> bool:
    """Whether they count as several vasopressors; vasopressin and its like are left out of the count."""
    counted = sum(1 for agent in pressors if agent not in rules.vasopressors_outside_count)
    return counted >= rules.several_vasopressors_from


def _vasopressor_sentence(pressors: tuple[str, ...], rules: CrsRules) -> str:
    kind = "several vasopressors" if _are_several(pressors, rules) else "one vasopressor"
    return f"{kind}: {', '.join(pressors)} (CRS-7)"


def _readings(findings: CrsFindings, pressors: tuple[str, ...], *, bolus: bool) -> tuple[Reading, ...]:
    """The values this sign rests on."""
    found: list[Reading] = []
    if findings.sbp_mmhg is not None:
        found.append(Reading("sbp_mmhg", findings.sbp_mmhg, "mmHg"))
    if findings.map_mmhg is not None:
        found.append(Reading("map_mmhg", findings.map_mmhg, "mmHg"))
    if bolus:
        found.append(Reading("fluid_bolus_for_hypotension", value=True))
    if pressors:
        found.append(Reading("vasopressors", ", ".join(pressors)))
    return tuple(found)


def _pressure_known(findings: CrsFindings, rules: CrsRules) -> bool:
    """A systolic at any age, or an adult's mean pressure where it is used (CRS-11)."""
    if findings.sbp_mmhg is not None:
        return True
    return findings.map_mmhg is not None and _mean_is_used(findings, rules)


def _baseline_limit(findings: CrsFindings, limit_mmhg: float, rules: CrsRules) -> float | None:
    """The limit from a baseline that is itself below the limit for age; None where the table holds."""
    baseline = findings.baseline_sbp_mmhg
    if baseline is None or not below(baseline, limit_mmhg):
        return None
    return rules.baseline_sbp_fraction * baseline


def _mean_is_used(findings: CrsFindings, rules: CrsRules) -> bool:
    """In adults, unless the baseline replaces the systolic limit and the mean's own baseline is low too."""
    if not is_adult(findings.age_years, rules):
        return False
    usual = findings.baseline_map_mmhg
    if usual is None or not below(usual, rules.map_limit_adult_mmhg):
        return True
    return _baseline_limit(findings, sbp_limit_mmhg(findings.age_years, rules), rules) is None


def _low_pressure(findings: CrsFindings, rules: CrsRules, flags: list[str], because: list[str]) -> bool:
    """Whether a measured pressure is low; adds flags and sentences."""
    systolic, mean = findings.sbp_mmhg, findings.map_mmhg
    low = systolic is not None and _low_systolic(systolic, findings, rules, flags, because)
    if mean is None or not below(mean, rules.map_limit_adult_mmhg) or not _mean_is_used(findings, rules):
        return low
    limit = number(rules.map_limit_adult_mmhg)
    because.append(f"mean pressure {number(mean)} mmHg is below {limit} mmHg (CRS-6)")
    return True


def _low_systolic(
    systolic: float, findings: CrsFindings, rules: CrsRules, flags: list[str], because: list[str]
) -> bool:
    """Systolic against the limit for age, or against the patient's own baseline."""
    limit = sbp_limit_mmhg(findings.age_years, rules)
    baseline = findings.baseline_sbp_mmhg
    own_limit = _baseline_limit(findings, limit, rules)
    if below(systolic, limit if own_limit is None else own_limit):
        if own_limit is None:
            because.append(f"systolic {number(systolic)} mmHg is below {number(limit)} mmHg (CRS-6)")
        else:
            own = f"{number(own_limit)} mmHg, {number(rules.baseline_sbp_fraction)} x baseline"
            because.append(f"systolic {number(systolic)} mmHg is below {own} (CRS-6)")
        return True
    if baseline is not None and not below(baseline - systolic, rules.relative_drop_fraction * baseline):
        flags.append("BP_RELATIVE_DROP")
        fall = round(100 * (baseline - systolic) / baseline)
        because.append(f"systolic {number(systolic)} mmHg is {fall} % below baseline {number(baseline)} mmHg (CRS-6)")
    return False

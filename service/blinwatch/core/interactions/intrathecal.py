"""DDI-14: chemotherapy whose neurotoxicity overlaps.

What:      intrathecal methotrexate or cytarabine, high-dose systemic methotrexate, or either of them systemically after
           cranial irradiation, within 7 days.
Source:    rule reference DDI-14.
Inputs:    drug or ATC code, route, hours_since_dose, dose_g_m2, cranial_rt_history.
Caveats:   no time given = within the limit; no dose given = not high dose. Whether the head was irradiated is asked
           only where it decides; not known leaves the answer incomplete.
"""

from blinwatch.core.interactions.verdict import ASKED, HOURS_PER_DAY, Asked, RuleAnswer, found, plain, since_dose
from blinwatch.core.units import below


def judge_intrathecal(asked: Asked) -> RuleAnswer | None:
    """DDI_INTRATHECAL_NEURO; not asked for other drugs."""
    if "neurotoxic_chemotherapy" not in asked.classes:
        return None
    findings, rules = asked.findings, asked.rules
    if not asked.dose_within(rules.neurotoxic_within_d * HOURS_PER_DAY):
        return ASKED
    if (manner := _manner(asked)) is not None:
        reason = f"{asked.name} was given {manner} {since_dose(findings.hours_since_dose)}"
        return found(asked.finding("DDI_INTRATHECAL_NEURO", reason))
    return RuleAnswer(incomplete=findings.cranial_rt_history is None)


def _manner(asked: Asked) -> str | None:
    """By what the dose counts, in words; None where it does not."""
    findings, rules = asked.findings, asked.rules
    if asked.route == "intrathecal":
        return "intrathecally"
    dose_g_m2 = findings.dose_g_m2
    high = "high_dose_neurotoxic" in asked.classes
    if high and dose_g_m2 is not None and not below(dose_g_m2, rules.high_dose_from_g_m2):
        return f"in a high dose ({plain(dose_g_m2)} g/m²)"
    return "after irradiation of the head" if findings.cranial_rt_history else None

"""The dose and the pump rate that an advice means for this patient.

What:      low (starting) or full dose of the weight band, and the rate of the type of bag in use.
Source:    rule reference A1 (doses), A2 (bag rates), section D (low and full dose), DM-15 (same dose).
Inputs:    weight, body surface below 45 kg, phase, cycle, region, the bag, the dose level now.
Caveats:   the rate belongs to the bag, not to the dose: the bag must hold the advised dose. A new cycle after a
           technical stop begins at the low dose where the cycle is a stepped one or a low restart is on; a new cycle of
           unknown phase or cycle has no known dose.
"""

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.dose_advice.advice import (
    ESCALATE,
    HOLD_LOW,
    NEW_CYCLE,
    RESTART_LOW,
    RESUME_SAME_DOSE,
    ReactionAdvice,
)
from blinwatch.core.dose_advice.facts import DoseFacts
from blinwatch.core.dose_advice.patient import Patient, is_labelled
from blinwatch.core.findings import DoseLevel
from blinwatch.core.infusion.bag_rate import rate_due_ml_h
from blinwatch.core.infusion.dose_due import dose_levels, step_applies
from blinwatch.core.infusion.verdict import plain


def level_advised(
    code: str, by_reaction: tuple[ReactionAdvice, ...], facts: DoseFacts, patient: Patient, rulebook: Rulebook
) -> DoseLevel | None:
    """Which of the two doses the headline speaks of; None when nothing may flow or nothing changes."""
    if code in RESTART_LOW or code == HOLD_LOW:
        return "low"
    if code == ESCALATE:
        return "full"
    if code == RESUME_SAME_DOSE:
        return facts.dose_level_now
    if code != NEW_CYCLE:
        return None
    if any(advice.code == HOLD_LOW for advice in by_reaction):
        return "low"
    stepped = step_applies(patient.phase, patient.cycle, rulebook.infusion, restart_low=None)
    return None if stepped is None else "low" if stepped else "full"


def dose_to_give_mcg_day(level: DoseLevel | None, patient: Patient, rulebook: Rulebook) -> float | None:
    """The dose of that level for this patient; None where it is not known or not in the region's label."""
    levels = dose_levels(patient.weight_kg, patient.bsa_m2, rulebook.infusion)
    if level is None or levels is None or not is_labelled(patient, rulebook):
        return None
    return levels.start_mcg_day if level == "low" else levels.full_mcg_day


def pump_rate_ml_h(patient: Patient, rulebook: Rulebook) -> float | None:
    """The rate of the bag in use."""
    return rate_due_ml_h(patient, rulebook.infusion)


def dose_words(
    level: DoseLevel | None, dose_mcg_day: float | None, rate_ml_h: float | None, patient: Patient, rulebook: Rulebook
) -> tuple[str, ...]:
    """The dose and the rate in sentences, or what is missing for them."""
    if level is None:
        return ()
    if not is_labelled(patient, rulebook):
        lightest = plain(rulebook.dose.eu_mrd_from_kg)
        return (f"the EU label gives no MRD+ dose below {lightest} kg: ask the pharmacist for the dose",)
    name = "low" if level == "low" else "full"
    if dose_mcg_day is None:
        lacking = "weight" if patient.weight_kg is None else "body surface"
        return (f"the {name} dose for this patient is not known, because {lacking} is missing (INF-1)",)
    words = f"the {name} dose for this patient is {plain(dose_mcg_day)} mcg/day (INF-1)"
    if rate_ml_h is None:
        return (words,)
    bag = "the bag" if patient.bag_type_h is None else f"a {plain(patient.bag_type_h)} h bag"
    return (words, f"the pump runs at {plain(rate_ml_h)} mL/h for {bag} that holds this dose (INF-6)")

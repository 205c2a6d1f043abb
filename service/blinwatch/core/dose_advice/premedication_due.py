"""A4: the premedication that an advised restart, step or new cycle needs, for this patient.

What:      the doses of the regimen in force with their windows; drug and dose are the infusion rulebook's.
Source:    rule reference A4, INF-8, INF-19; section D (any restart after >= 4 h; EU neurological grade 3) [K].
Inputs:    age, phase, cycle, region, body surface, the length of the interruption.
Caveats:   a stop known to be shorter than 4 h needs none; of unknown length it counts as longer. A new cycle takes the
           regimen of a cycle start, else that of a restart.
"""

from collections.abc import Iterable
from dataclasses import replace

from blinwatch.clinical.infusion_rules import OccasionName, RequiredDose
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.dose_advice.advice import (
    ESCALATE,
    NEW_CYCLE,
    RESTART_LOW,
    RESTART_LOW_NEW_CYCLE,
    RESTART_LOW_SAME_CYCLE,
    RESUME_SAME_DOSE,
    DrugDose,
    PremedicationDue,
    ReactionAdvice,
)
from blinwatch.core.dose_advice.patient import Patient
from blinwatch.core.findings import InfusionFindings
from blinwatch.core.infusion.premedication import regimen_for, targets_mg
from blinwatch.core.infusion.verdict import plain, reaches

DEXAMETHASONE = "dexamethasone"
_OCCASIONS: dict[str, tuple[OccasionName, ...]] = {
    ESCALATE: ("step",),
    RESUME_SAME_DOSE: ("restart",),
    RESTART_LOW_SAME_CYCLE: ("restart",),
    RESTART_LOW_NEW_CYCLE: ("cycle_start", "restart"),
    NEW_CYCLE: ("cycle_start", "restart"),
}
"""The occasions whose regimen may be the one in force, the stronger first."""
_NEURO = ("neuro", "seizure")


def premedication_due(
    code: str,
    by_reaction: tuple[ReactionAdvice, ...],
    patient: Patient,
    stopped_h: float | None,
    rulebook: Rulebook,
) -> tuple[PremedicationDue, ...]:
    """Every dose due before the drug flows as the headline advises; empty where none is."""
    rules = rulebook.infusion
    short_stop = stopped_h is not None and not reaches(stopped_h, rules.gap_long_from_h)
    if short_stop and code in (RESUME_SAME_DOSE, RESTART_LOW_SAME_CYCLE):
        return ()
    asked = InfusionFindings(
        age_years=patient.age_years,
        bsa_m2=patient.bsa_m2,
        phase=patient.phase,
        cycle=patient.cycle,
        label_region=patient.label_region,
    )
    for occasion in _OCCASIONS.get(code, ()):
        regimen = regimen_for(asked, occasion, rules)
        if regimen is not None:
            assumed = _assumed(patient, regimen.doses)
            doses = tuple(_due(dose, asked, occasion, regimen.name, assumed, rulebook) for dose in regimen.doses)
            return _for_eu_neuro(doses, by_reaction, patient, rulebook) if code in RESTART_LOW else doses
    return ()


def _due(
    dose: RequiredDose,
    asked: InfusionFindings,
    occasion: OccasionName,
    regimen: str,
    assumed: tuple[str, ...],
    rulebook: Rulebook,
) -> PremedicationDue:
    (drug, dose_mg), *instead = targets_mg(dose, asked, rulebook.infusion).items()
    return PremedicationDue(
        drug=drug,
        dose_mg=round(dose_mg, 3),
        instead=tuple(DrugDose(drug=other, dose_mg=round(other_mg, 3)) for other, other_mg in instead),
        from_min=dose.from_min,
        to_min=dose.to_min,
        occasion=occasion,
        regimen=regimen,
        assumed=assumed,
    )


def _assumed(patient: Patient, doses: Iterable[RequiredDose]) -> tuple[str, ...]:
    """What A4 assumes in place of what is not known."""
    by_surface = any(dose.per_m2_mg is not None for dose in doses)
    known = (
        ("age unknown: adult", patient.age_years),
        ("phase unknown: R/R", patient.phase),
        ("cycle unknown: cycle 1", patient.cycle),
        ("body surface unknown: the highest dose", patient.bsa_m2 if by_surface else 0.0),
    )
    return tuple(words for words, value in known if value is None)


def _for_eu_neuro(
    doses: tuple[PremedicationDue, ...], by_reaction: tuple[ReactionAdvice, ...], patient: Patient, rulebook: Rulebook
) -> tuple[PremedicationDue, ...]:
    """EU: an adult restarts after a neurological grade 3 with 24 mg dexamethasone in place of the usual drug."""
    if not eu_neuro_restart(by_reaction, patient) or patient.is_child:
        return doses
    own_mg = rulebook.dose.eu_neuro_premedication_mg
    return tuple(replace(dose, drug=DEXAMETHASONE, dose_mg=own_mg, instead=()) for dose in doses)


def eu_neuro_restart(by_reaction: tuple[ReactionAdvice, ...], patient: Patient) -> bool:
    """Whether the EU sentence on restarting after a neurological grade 3 applies."""
    return patient.label_region == "EU" and any(
        advice.reaction in _NEURO and advice.code in RESTART_LOW for advice in by_reaction
    )


def premedication_words(due: PremedicationDue) -> str:
    """One dose as a nurse reads it."""
    drugs = " or ".join(
        f"{one.drug} {plain(one.dose_mg)} mg" for one in (DrugDose(drug=due.drug, dose_mg=due.dose_mg), *due.instead)
    )
    return f"premedication: {drugs}, {plain(due.from_min)} to {plain(due.to_min)} min before the drug flows"

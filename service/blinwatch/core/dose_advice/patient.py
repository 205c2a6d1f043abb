"""The patient as the advice reads them: from the live facts, else from what was charted with the reactions."""

from dataclasses import dataclass

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.dose_advice.advice import AGE_UNKNOWN, NOT_IN_REGION
from blinwatch.core.dose_advice.facts import DoseFacts
from blinwatch.core.findings import LabelRegion, Phase, ReactionFindings
from blinwatch.core.infusion.verdict import less_than


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """What the dose, the rate and the drugs depend on. Also what `bag_rate` asks of a bag."""

    age_years: float | None
    weight_kg: float | None
    bsa_m2: float | None
    phase: Phase | None
    cycle: int | None
    label_region: LabelRegion
    bag_type_h: float | None
    bag_label_rate_ml_h: float | None
    is_child: bool
    """Age unknown: no child (section 0, adult rules)."""


def read_patient(reactions: tuple[ReactionFindings, ...], facts: DoseFacts, rulebook: Rulebook) -> Patient:
    """The live facts lead; a charted age, weight or region stands in where they say nothing."""
    age_years = facts.age_years
    weight_kg = facts.weight_kg
    for reaction in reactions:
        age_years = reaction.age_years if age_years is None else age_years
        weight_kg = reaction.weight_kg if weight_kg is None else weight_kg
    return Patient(
        age_years=age_years,
        weight_kg=weight_kg,
        bsa_m2=facts.bsa_m2,
        phase=facts.phase,
        cycle=facts.cycle,
        label_region=facts.label_region or _charted_region(reactions) or rulebook.infusion.default_region,
        bag_type_h=facts.bag_type_h,
        bag_label_rate_ml_h=facts.bag_label_rate_ml_h,
        is_child=age_years is not None and less_than(age_years, rulebook.infusion.child_below_years),
    )


def _charted_region(reactions: tuple[ReactionFindings, ...]) -> LabelRegion | None:
    """The region that the charts name; None where they name none, or contradict each other."""
    named: set[LabelRegion] = {reaction.label_region for reaction in reactions if reaction.label_region is not None}
    return named.pop() if len(named) == 1 else None


def patient_flags(patient: Patient, rulebook: Rulebook, *, age_matters: bool) -> tuple[str, ...]:
    """AGE_UNKNOWN where a drug depends on the age; NOT_IN_REGION where the label does not know this patient."""
    flags = (AGE_UNKNOWN,) if age_matters and patient.age_years is None else ()
    return flags if is_labelled(patient, rulebook) else (*flags, NOT_IN_REGION)


def is_labelled(patient: Patient, rulebook: Rulebook) -> bool:
    """Whether the region's label gives a dose for this patient: the EU one for MRD+ only from 45 kg on."""
    light = patient.weight_kg is not None and less_than(patient.weight_kg, rulebook.dose.eu_mrd_from_kg)
    return not (patient.label_region == "EU" and patient.phase == "mrd" and light)

"""What the label says for one virtual patient: doses, bag, premedication, from the rulebook."""

from dataclasses import dataclass

from blinwatch.clinical.infusion_rules import BagProfile, InfusionRules, OccasionName, RequiredDose
from blinwatch.simulate.infusion_plan import InfusionPlan
from blinwatch.simulate.patient import VirtualPatient

USUAL_LEAD_MIN = 50.0
"""Premedication is given about this long before; where the label's window is elsewhere, in its middle."""


class UnknownBagError(Exception):
    """The label has no such bag in that region; the message names the bags it has."""


@dataclass(frozen=True, slots=True)
class PremedicationDose:
    """One dose to give `lead_min` minutes before the infusion starts, steps or restarts."""

    drug: str
    dose_mg: float
    lead_min: float


@dataclass(frozen=True, slots=True)
class Label:
    """The label for this patient and plan."""

    rules: InfusionRules
    patient: VirtualPatient
    plan: InfusionPlan
    bag: BagProfile
    rate_ml_h: float

    @property
    def starts_low(self) -> bool:
        """Whether this cycle begins at the starting dose and steps up."""
        plans = self.rules.cycle_plans[self.plan.phase]
        return any(one.stepped for one in plans if one.from_cycle <= self.plan.cycle <= one.to_cycle)

    @property
    def start_mcg_day(self) -> float:
        """The dose of the cycle's first day."""
        if not self.starts_low:
            return self.full_mcg_day
        return self._dose_mcg_day(self.rules.start_dose_fixed_mcg_day, self.rules.start_dose_mcg_m2_day)

    @property
    def full_mcg_day(self) -> float:
        """The full dose."""
        return self._dose_mcg_day(self.rules.full_dose_fixed_mcg_day, self.rules.full_dose_mcg_m2_day)

    def _dose_mcg_day(self, fixed_mcg_day: float, per_m2_mcg_day: float) -> float:
        """Fixed from the weight limit on, by body surface below it, never above the fixed dose."""
        if self.patient.weight_kg >= self.rules.fixed_dose_from_kg:
            return fixed_mcg_day
        return min(fixed_mcg_day, round(per_m2_mcg_day * self.patient.bsa_m2, 1))

    def premedication(self, occasion: OccasionName) -> tuple[PremedicationDose, ...]:
        """What to give before this occasion; empty where the label asks for nothing."""
        child = self.patient.age_years < self.rules.child_below_years
        for regimen in self.rules.premed_regimens:
            fits = (
                regimen.child == child
                and self.plan.phase in regimen.phases
                and self.plan.label_region in regimen.regions
                and occasion in regimen.occasions
                and (regimen.cycles is None or self.plan.cycle in regimen.cycles)
            )
            if fits:
                return tuple(self._dose(required) for required in regimen.doses)
        return ()

    def _dose(self, required: RequiredDose) -> PremedicationDose:
        in_window = required.from_min <= USUAL_LEAD_MIN <= required.to_min
        lead_min = USUAL_LEAD_MIN if in_window else (required.from_min + required.to_min) / 2
        if required.any_of_mg is not None:
            drug, dose_mg = next(iter(required.any_of_mg.items()))
            return PremedicationDose(drug, dose_mg, lead_min)
        dose_mg = min((required.per_m2_mg or 0.0) * self.patient.bsa_m2, required.max_mg or float("inf"))
        return PremedicationDose(required.drug or "dexamethasone", round(dose_mg, 1), lead_min)


def read_label(rules: InfusionRules, patient: VirtualPatient, plan: InfusionPlan) -> Label:
    """The label for this patient and plan. Raises `UnknownBagError` for a bag the region does not list."""
    listed = [bag for bag in rules.bags[plan.label_region] if bag.listed and bag.rate_ml_h]
    for bag in listed:
        if bag.bag_type_h == plan.bag_type_h and bag.rate_ml_h:
            return Label(rules, patient, plan, bag, bag.rate_ml_h)
    known = ", ".join(f"{bag.bag_type_h:g} h" for bag in listed)
    raise UnknownBagError(f"the {plan.label_region} label lists no {plan.bag_type_h:g} h bag; it lists {known}")

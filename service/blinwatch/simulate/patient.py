"""Virtual patients: who they are and what is normal for them."""

import math
from dataclasses import dataclass

from blinwatch.simulate.curve import seeded


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualPatient:
    """A patient before anything happens: body and baselines. The id is a pseudonym from the start."""

    patient_id: str
    ward: str
    age_years: float
    weight_kg: float
    height_cm: float
    temperature_c: float
    heart_rate_bpm: float
    respiratory_rate_per_min: float
    sbp_mmhg: float
    dbp_mmhg: float
    spo2_pct: float

    @property
    def bsa_m2(self) -> float:
        """Body surface by Mosteller, as section A1 asks."""
        return round(math.sqrt(self.height_cm * self.weight_kg / 3600), 2)


def adult(seed: int, patient_id: str, ward: str) -> VirtualPatient:
    """An adult of 20 to 74 years with ordinary vital signs."""
    chance = seeded(seed, patient_id, "patient")
    return VirtualPatient(
        patient_id=patient_id,
        ward=ward,
        age_years=float(chance.randint(20, 74)),
        weight_kg=round(chance.uniform(52, 96), 1),
        height_cm=round(chance.uniform(156, 190)),
        temperature_c=round(chance.uniform(36.5, 36.7), 1),
        heart_rate_bpm=round(chance.uniform(68, 84)),
        respiratory_rate_per_min=round(chance.uniform(14, 17)),
        sbp_mmhg=round(chance.uniform(114, 128)),
        dbp_mmhg=round(chance.uniform(68, 76)),
        spo2_pct=round(chance.uniform(97, 98), 1),
    )


def child(seed: int, patient_id: str, ward: str) -> VirtualPatient:
    """A child of 6 to 9 years, dosed by body surface (below 45 kg), with vital signs of that age."""
    chance = seeded(seed, patient_id, "patient")
    age_years = chance.randint(6, 9)
    return VirtualPatient(
        patient_id=patient_id,
        ward=ward,
        age_years=float(age_years),
        weight_kg=round(2.8 * age_years + chance.uniform(3, 6), 1),
        height_cm=round(6.0 * age_years + 78 + chance.uniform(-4, 4)),
        temperature_c=round(chance.uniform(36.5, 36.7), 1),
        heart_rate_bpm=round(chance.uniform(84, 94)),
        respiratory_rate_per_min=round(chance.uniform(18, 21)),
        sbp_mmhg=round(chance.uniform(102, 108)),
        dbp_mmhg=round(chance.uniform(60, 66)),
        spo2_pct=round(chance.uniform(97, 98), 1),
    )

"""Types of clinical/ctcae_v5.yaml: what CTCAE grades shown beside ASTCT reads."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CtcaeRules:
    """Each field is one row of the file; its unit is in its name."""

    # Cytokine release syndrome
    crs_fever_grade: int
    crs_hypotension_grade: int
    crs_one_pressor_grade: int
    crs_several_pressors_from: int
    crs_several_pressors_grade: int
    crs_hypoxia_grade: int
    crs_high_oxygen_from_fraction: float
    crs_high_oxygen_grade: int
    crs_ventilation_grade: int
    crs_death_grade: int

    # How much oxygen, where the fraction is not charted
    room_air_fraction: float
    nasal_base_fraction: float
    nasal_fraction_per_l_min: float
    estimated_by_flow_devices: tuple[str, ...]
    low_oxygen_devices: tuple[str, ...]

    # Nervous system
    seizure_grade: Mapping[str, int]
    consciousness_grade: Mapping[str, int]
    encephalopathy_by_astct_grade: Mapping[int, int]
    motor_grade: Mapping[str, int]
    motor_at_least: tuple[str, ...]
    oedema_grade: Mapping[str, int]
    icp_sign_grade: Mapping[str, int]
    neuro_death_grade: int

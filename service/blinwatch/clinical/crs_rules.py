"""Types of clinical/crs_astct_2019.yaml: what CRS grading (section B) reads."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CrsRules:
    """Each field is one row of the file; its unit is in its name."""

    # Fever: rules CRS-2 and CRS-3
    fever_from_c: float
    fever_confirm_from_c: float
    fever_confirm_sites: tuple[str, ...]
    fever_after_stop_max_h: float
    fever_alone_grade: int

    # Masking drugs: rules CRS-4 and CRS-5
    masking_max_h: Mapping[str, float]
    """How long a drug counts as on board without an open episode, by kind of drug."""
    suspect_from_grade: int

    # Hypotension: rule CRS-6
    days_per_year: float
    neonate_below_days: float
    infant_below_years: float
    child_below_years: float
    adult_from_years: float
    sbp_limit_neonate_mmhg: float
    sbp_limit_infant_mmhg: float
    sbp_limit_child_base_mmhg: float
    sbp_limit_child_per_year_mmhg: float
    sbp_limit_adult_mmhg: float
    map_limit_adult_mmhg: float
    baseline_sbp_fraction: float
    relative_drop_fraction: float
    low_bp_confirm_within_min: int
    hypotension_grade: int

    # Vasopressors: rule CRS-7
    vasopressor_together_h: float
    vasopressors_outside_count: tuple[str, ...]
    vasopressor_grade: int
    several_vasopressors_from: int
    several_vasopressors_grade: int

    # Oxygen: rules CRS-8 and CRS-9
    low_flow_max_l_min: float
    nasal_low_flow_grade: int
    nasal_high_flow_grade: int
    nasal_unknown_flow_grade: Mapping[str, int]
    device_grade: Mapping[str, int]
    ventilation_grade: Mapping[str, int]
    ventilation_excluded_reasons: tuple[str, ...]
    spo2_limit_pct: float
    spo2_baseline_below_pct: float
    spo2_baseline_drop_pct: float
    spo2_low_alert_max_pct: float
    hypoxia_grade: int

    # The course: rule CRS-10 and the outputs of section 0
    resolve_after_h: float
    resolve_interval_max_h: float
    resolve_antipyretic_free_h: float
    worst_window_h: float
    announce_fall_after_h: float

    # Death: rule CRS-12
    death_grade: int

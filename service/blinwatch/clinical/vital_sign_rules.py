"""Types of clinical/vital_signs.yaml: plausibility, staleness and cadence (sections 0 and G)."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeColumn:
    """One age column of section G: `[lowest, highest]` of each sign, both ends included."""

    below_years: float | None
    """The column holds under this age; None closes the table and also serves an unknown age."""
    heart_rate_bpm: tuple[float, float]
    heart_rate_normal_bpm: tuple[float, float]
    respiratory_rate_per_min: tuple[float, float]
    respiratory_rate_normal_per_min: tuple[float, float]
    sbp_mmhg: tuple[float, float]
    sbp_normal_mmhg: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalSignRules:
    """Each field is one row of the file; its unit is in its name."""

    # Conversions (section 0)
    mmhg_per_kpa: float
    kg_per_lb: float
    temperature_agree_c: float
    pressure_agree_mmhg: float

    # Staleness (section 0)
    stale_after_h: Mapping[str, float]
    stale_after_continuous_h: Mapping[str, float]
    """The shorter limits on continuous monitoring; a field not listed keeps its limit of `stale_after_h`."""

    # Plausibility (section G)
    age_columns: tuple[AgeColumn, ...]
    temperature_c: tuple[float, float]
    temperature_jump_c: float
    temperature_jump_within_s: int
    spo2_pct: tuple[float, float]
    perfusion_index_min: float
    pulse_pressure_min_mmhg: float
    o2_flow_l_min: tuple[float, float]
    fio2: tuple[float, float]
    fio2_percent_max: float
    spo2_drop_suspect_below_s: float
    pulse_rate_differs_bpm: float
    concordant_fraction: float
    concordant_units: float
    concordant_temperature_c: float
    concordant_spo2_pct: float
    site_offset_c: Mapping[str, float]

    # Cadence (section G)
    obs_interval_default_h: float
    obs_overdue_slack_h: float
    obs_interval_by_crs_grade_h: Mapping[int, float]
    continuous_first_cycle_h: float
    continuous_after_event_h: float
    neuro_interval_h: float
    neuro_interval_icans_h: float
    labs_daily_until_day: int

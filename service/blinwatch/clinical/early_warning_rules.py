"""Types of clinical/early_warning.yaml: what the early warning before CRS grade 1 reads."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyWarningRules:
    """Each field is one row of the file; its unit is in its name."""

    # Whether and when: EW-1
    on: bool
    window_days: Mapping[int, int]
    """Cycle to the last day of its window; other cycles have none."""
    signs_from: int
    again_after_h: float

    # The patient's own baseline, and what is too little to judge: EW-2
    bucket_min: float
    recent_h: float
    recent_buckets_min: int
    baseline_h: float
    baseline_gap_h: float
    baseline_hours_min: int
    temperature_readings_min: int

    # How far a sign must move: EW-3
    slope_h: float
    temperature_rise_c: float
    temperature_slope_c_per_h: float
    heart_rate_rise_fraction: float
    respiratory_rate_rise_fraction: float
    spo2_fall_pct: float

    # Under drugs that hide a sign: EW-4
    heart_rate_rise_masked_fraction: float

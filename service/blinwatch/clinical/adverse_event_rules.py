"""Types of clinical/other_adverse_events.yaml: what other adverse events (section F) reads."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreBand:
    """Points of values up to and including `up_to`; None: every value above the bands before."""

    up_to: float | None
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanPressureBand:
    """Phoenix: mean pressures that score, for ages below `below_months`."""

    below_months: float
    one_point_up_to_mmhg: float
    two_points_below_mmhg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AdverseEventRules:
    """Each field is one row of the file; its unit is in its name."""

    # Who is a child, and for how long a charted sign counts
    child_below_years: float
    sign_counts_h: Mapping[str, float]
    room_air_fio2: float

    # Febrile neutropenia and prolonged neutropenia: AE-FN, AE-ANC
    fever_once_from_c: float
    fever_sustained_from_c: float
    fever_sustained_h: float
    fever_counts_h: float
    antibiotics_within_min: int
    fever_anc_below: float
    anc_falling_below: float
    anc_falling_within_h: float
    finding_stands_h: float
    anc_stale_warns_h: float

    # Phoenix: AE-PHOENIX
    phoenix_pf_one_below: float
    phoenix_pf_two_up_to: float
    phoenix_pf_three_below: float
    phoenix_sf_one_below: float
    phoenix_sf_two_up_to: float
    phoenix_sf_three_below: float
    phoenix_sf_spo2_max_pct: float
    phoenix_pao2_counts_h: float
    phoenix_vasoactive_points: Mapping[int, int]
    """Number of agents to points; more agents than the largest number score like it."""
    phoenix_lactate_one_from_mmol_l: float
    phoenix_lactate_two_from_mmol_l: float
    phoenix_map_bands: tuple[MeanPressureBand, ...]
    phoenix_platelets_below: float
    phoenix_inr_above: float
    phoenix_d_dimer_above_mg_l: float
    phoenix_fibrinogen_below_g_l: float
    phoenix_coagulation_most: int
    phoenix_gcs_up_to: int
    phoenix_gcs_points: int
    phoenix_pupils_points: int
    phoenix_sepsis_from: int
    phoenix_shock_cardiovascular_from: int
    gcs_for_consciousness: Mapping[str, int]

    # NEWS2: AE-NEWS2
    news2_respiratory_rate: tuple[ScoreBand, ...]
    news2_spo2_pct: tuple[ScoreBand, ...]
    news2_sbp_mmhg: tuple[ScoreBand, ...]
    news2_heart_rate: tuple[ScoreBand, ...]
    news2_temperature_c: tuple[ScoreBand, ...]
    news2_oxygen_points: int
    news2_not_alert_points: int
    news2_alert_gcs: int
    news2_single_from: int
    news2_urgent_from: int
    news2_emergency_from: int

    # PEWS: AE-PEWS
    pews_alert_from: int
    pews_single_from: int

    # Tumour lysis: AE-TLS
    tls_before_start_h: float
    tls_after_start_h: float
    tls_window_h: float
    tls_urate_from_umol_l: float
    tls_potassium_from_mmol_l: float
    tls_phosphate_adult_from_mmol_l: float
    tls_phosphate_child_from_mmol_l: float
    tls_calcium_up_to_mmol_l: float
    tls_change_from: float
    tls_criteria_from: int
    tls_creatinine_uln_from: float
    calcium_per_albumin_mmol_per_g: float
    calcium_albumin_normal_g_l: float

    # Liver: AE-LIVER
    liver_alert_from_grade: int
    labs_late_after_h: float

    # Pancreatitis: AE-PANC
    pancreas_uln_from: float

    # IEC-HS: AE-IECHS
    iechs_ferritin_uln_above: float
    iechs_ferritin_baseline_above: float
    iechs_ferritin_rise_from: float
    iechs_ferritin_rise_within_h: float
    iechs_transaminase_uln_above: float
    iechs_fibrinogen_below_g_l: float
    iechs_cytopenia_below: Mapping[str, float]
    """Blood count to the value below which it is a cytopenia."""
    iechs_cytopenia_fall_from: float
    iechs_criteria_from: int
    baseline_before_start_h: float

    # Capillary leak: AE-LEAK
    leak_weight_gain_fraction_from: float
    leak_weight_window_h: float
    leak_weight_counts_h: float
    leak_albumin_below_g_l: float
    leak_criteria_from: int
    leak_weights_kept_most: int

    # DIC: AE-DIC
    dic_platelets_one_up_to: float
    dic_platelets_two_below: float
    dic_d_dimer_moderate_points: int
    dic_d_dimer_strong_points: int
    dic_d_dimer_strong_from_mg_l: float
    dic_pt_one_from_s: float
    dic_pt_two_above_s: float
    dic_fibrinogen_below_g_l: float
    dic_score_from: int

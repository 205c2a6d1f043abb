"""The rule reference's input vocabulary (section 0), one record a domain.

A findings record is what somebody charted or what the live state knows at one moment: every field is
optional, and None always means "not known", never "normal". The same records are judged whether a nurse
charted them (`assessments.recorded.v1`) or the live state assembled them, so each rule exists once.
Names and units are those of the rule reference.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from blinwatch.core.bounds import AtMost, Text, Within

EDGE_CONFIG: dict[str, object] = {"extra": "forbid", "strict": True}
"""How the edge reads these records: an unknown or mistyped field is an error, not a shrug."""

# Ranges a field can hold at all. Far wider than plausibility (section G), so that a probe's nonsense arrives,
# is named an artefact and is counted, while a shifted decimal point of a broken sender is refused.
Temperature = Annotated[float | None, Within(-100, 250)]
Percent = Annotated[float | None, Within(0, 200)]
Pressure = Annotated[float | None, Within(-100, 1000)]
Rate = Annotated[float | None, Within(0, 2000)]
Hours = Annotated[float | None, Within(0, 100_000)]
Days = Annotated[float | None, Within(-10_000, 10_000)]
Dose = Annotated[float | None, Within(0, 1_000_000)]
Fold = Annotated[float | None, Within(0, 10_000)]
Grade = Annotated[int | None, Within(0, 5)]
Count = Annotated[int | None, Within(0, 10_000)]
Weight = Annotated[float | None, Within(0.2, 700)]
Area = Annotated[float | None, Within(0.05, 5)]
Age = Annotated[float | None, Within(0, 130)]
Name = Annotated[str, Text(120)]
OptionalName = Annotated[str | None, Text(120)]

TempSite = Literal["oral", "axillary", "tympanic", "rectal", "core", "skin"]
O2Device = Literal[
    "room_air",
    "nasal_cannula",
    "blow_by",
    "high_flow_nasal_cannula",
    "simple_facemask",
    "non_rebreather",
    "venturi",
    "cpap",
    "bipap",
    "invasive_ventilation",
]
O2Reason = Literal["comfort", "hypoxia"]
VentReason = Literal["hypoxia", "airway_protection", "procedure", "home_osa"]
Monitoring = Literal["continuous", "spot"]
DeathCause = Literal["crs", "icans", "other"]
LevelOfConsciousness = Literal[
    "alert",
    "drowsy_awakens_spontaneously",
    "awakens_voice",
    "awakens_tactile",
    "vigorous_tactile",
    "unarousable",
    "stupor_coma",
]
NotDoneReason = Literal["unarousable", "refused", "asleep", "intubated", "language_barrier", "sedated"]
Seizure = Literal["none", "brief_resolved", "nonconvulsive_eeg_resolved", "prolonged", "repetitive_no_baseline"]
MotorWeakness = Literal["none", "tremor", "myoclonus", "mild", "deep_focal"]
CerebralEdema = Literal["none", "focal", "diffuse"]
IcpSign = Literal["none", "posturing", "cn6_palsy", "papilledema", "cushing_triad"]
IceItem = Literal["orientation", "naming", "command", "writing", "attention"]
NeuroDomain = Literal["cognition", "loc", "seizure", "motor"]
Phase = Literal["rr", "mrd", "consolidation"]
LabelRegion = Literal["US", "EU"]
GapReason = Literal["unplanned", "bag_change", "adverse_reaction"]
InfusionContext = Literal["cycle_start", "step", "restart"]
LumenEvent = Literal["other_drug", "blood_draw", "y_site"]
PumpEventName = Literal["flush", "bolus", "purge", "occlusion", "air", "none"]
Location = Literal["inpatient", "supervised", "home"]
ReconStorage = Literal["room", "fridge"]
Reaction = Literal[
    "crs", "neuro", "seizure", "liver", "other", "pancreatitis", "tls_clinical", "neutropenia", "technical"
]
DoseLevel = Literal["low", "full"]
Purpose = Literal["premed", "prephase", "crs_treatment", "neuro_treatment", "replacement", "other"]
Route = Literal["iv", "oral", "intrathecal", "transdermal", "subcutaneous", "intramuscular", "topical", "inhaled"]
Vaccine = Literal["live", "inactivated"]
RunningSedative = Literal["propofol", "dexmedetomidine"]
BagTypeHours = Annotated[float | None, Within(1, 400)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Premedication:
    """One premedication dose: the drug, its dose and how many minutes before the start, step or restart."""

    __pydantic_config__: ClassVar[dict[str, object]] = EDGE_CONFIG
    drug: Name
    dose_mg: Dose = None
    min_before: Annotated[float | None, Within(-100_000, 100_000)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CrsFindings:
    """One full observation as CRS grading reads it (sections 0, B and G)."""

    __pydantic_config__: ClassVar[dict[str, object]] = EDGE_CONFIG
    age_years: Age = None
    temperature_c: Temperature = None
    temperature_f: Temperature = None
    temp_site: TempSite | None = None
    fever_attributed_other: bool | None = None
    crs_active: bool | None = None
    antipyretic_given: bool | None = None
    hours_since_antipyretic: Hours = None
    steroid_given: bool | None = None
    hours_since_steroid: Hours = None
    tocilizumab_given: bool | None = None
    days_since_tocilizumab: Days = None
    siltuximab_given: bool | None = None
    days_since_siltuximab: Days = None
    anakinra_given: bool | None = None
    hours_since_anakinra: Hours = None
    heart_rate_bpm: Rate = None
    pulse_rate_bpm: Rate = None
    respiratory_rate_per_min: Rate = None
    sbp_mmhg: Pressure = None
    sbp_kpa: Pressure = None
    dbp_mmhg: Pressure = None
    map_mmhg: Pressure = None
    baseline_sbp_mmhg: Pressure = None
    baseline_map_mmhg: Pressure = None
    fluid_bolus_for_hypotension: bool | None = None
    hypotension_attributed_other: bool | None = None
    vasopressors: Annotated[tuple[Name, ...] | None, AtMost(20)] = None
    vasopressors_stopped_h: Annotated[dict[Name, Annotated[float, Within(0, 100_000)]] | None, AtMost(20)] = None
    spo2_pct: Percent = None
    perfusion_index: Annotated[float | None, Within(0, 100)] = None
    spo2_drop_s: Annotated[float | None, Within(0, 1_000_000)] = None
    baseline_spo2_pct: Percent = None
    o2_device: O2Device | None = None
    o2_flow_l_min: Annotated[float | None, Within(-100, 1000)] = None
    fio2: Annotated[float | None, Within(-1, 200)] = None
    o2_reason: O2Reason | None = None
    vent_reason: VentReason | None = None
    hypoxia_attributed_other: bool | None = None
    hours_since_infusion_stop: Hours = None
    hours_since_last_fever: Hours = None
    death_due_to: DeathCause | None = None
    obs_age_h: Annotated[dict[Name, Annotated[float, Within(0, 100_000)]] | None, AtMost(60)] = None
    monitoring: Monitoring | None = None
    confirmed_fields: Annotated[tuple[Name, ...], AtMost(60)] = ()
    hours_since_obs: Hours = None
    obs_interval_h: Hours = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NeuroFindings:
    """One neurological examination as ICANS grading reads it (section C)."""

    __pydantic_config__: ClassVar[dict[str, object]] = EDGE_CONFIG
    age_years: Age = None
    ice_score: Annotated[int | None, Within(0, 10)] = None
    ice_items: Annotated[dict[IceItem, Annotated[int | None, Within(0, 4)]] | None, AtMost(5)] = None
    ice_not_done_reason: NotDoneReason | None = None
    capd_score: Annotated[int | None, Within(0, 32)] = None
    capd_items: Annotated[tuple[Annotated[int | None, Within(0, 4)], ...] | None, AtMost(8)] = None
    capd_not_done_reason: NotDoneReason | None = None
    developmental_delay: bool | None = None
    baseline_ice: Annotated[int | None, Within(0, 10)] = None
    loc: LevelOfConsciousness | None = None
    sedated: bool | None = None
    seizure: Seizure | None = None
    seizure_duration_s: Annotated[float | None, Within(0, 1_000_000)] = None
    motor_weakness: MotorWeakness | None = None
    cerebral_edema: CerebralEdema | None = None
    icp_sign: IcpSign | None = None
    intracranial_hemorrhage: bool | None = None
    due_to_hemorrhage: Annotated[tuple[NeuroDomain, ...], AtMost(4)] = ()
    death_due_to: DeathCause | None = None
    obs_age_h: Annotated[dict[Name, Annotated[float, Within(0, 100_000)]] | None, AtMost(60)] = None
    hours_since_obs: Hours = None
    obs_interval_h: Hours = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InfusionFindings:
    """What is known of the infusion at one moment (sections 0 and A).

    A rule is asked only when its own field is given (section A5); `restarted` None means the gap is open.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = EDGE_CONFIG
    age_years: Age = None
    weight_kg: Weight = None
    bsa_m2: Area = None
    phase: Phase | None = None
    cycle: Annotated[int | None, Within(1, 50)] = None
    cycle_day: Annotated[int | None, Within(-1000, 10_000)] = None
    label_region: LabelRegion | None = None
    benzyl_min_weight_kg: Weight = None
    hours_since_restart: Hours = None
    bag_type_h: BagTypeHours = None
    rate_ml_h: Rate = None
    bag_label_rate_ml_h: Rate = None
    deviation_min: Annotated[float | None, Within(0, 1_000_000)] = None
    programmed_dose_mcg_day: Dose = None
    infused_h_at_start_dose: Hours = None
    restart_low: bool | None = None
    infused_h_total: Hours = None
    drug_free_h: Hours = None
    gap_h: Hours = None
    gap_min: Annotated[float | None, Within(0, 10_000_000)] = None
    gap_reason: GapReason | None = None
    restarted: bool | None = None
    gaps_24h_min: Annotated[tuple[Annotated[float, Within(0, 100_000)], ...] | None, AtMost(200)] = None
    premed: Annotated[tuple[Premedication, ...] | None, AtMost(20)] = None
    context: InfusionContext | None = None
    hang_h: Hours = None
    room_temp_h: Hours = None
    fridge_d: Annotated[float | None, Within(0, 10_000)] = None
    rerefrigerated: bool | None = None
    preservative: bool | None = None
    recon_h: Hours = None
    recon_storage: ReconStorage | None = None
    lumen_event: LumenEvent | None = None
    drug_aspirated: bool | None = None
    pump_event: PumpEventName | None = None
    volume_delivered_ml: Annotated[float | None, Within(0, 100_000)] = None
    window_min: Annotated[float | None, Within(0, 1_000_000)] = None
    minutes_since_message: Annotated[float | None, Within(0, 10_000_000)] = None
    filter_present: bool | None = None
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionFindings:
    """One adverse reaction as dose advice reads it (section D)."""

    __pydantic_config__: ClassVar[dict[str, object]] = EDGE_CONFIG
    reaction: Reaction | None = None
    weight_kg: Weight = None
    grade: Grade = None
    episode_grade: Grade = None
    current_grade: Grade = None
    onset_dose_level: DoseLevel | None = None
    hours_since_onset: Hours = None
    hours_to_le_g1: Hours = None
    hours_at_le_g1: Hours = None
    interruption_h: Hours = None
    hours_since_restart: Hours = None
    crs_status: Literal["CRS_OPEN", "CRS_RESOLVED", "CRS_NONE"] | None = None
    recurrence: bool | None = None
    seizure_count: Count = None
    alt_x_uln: Fold = None
    ast_x_uln: Fold = None
    bili_x_uln: Fold = None
    anc: Annotated[float | None, Within(0, 1000)] = None
    anc_low_days: Annotated[float | None, Within(0, 10_000)] = None
    age_years: Age = None
    label_region: LabelRegion | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionFindings:
    """One drug beside the infusion as the interaction check reads it (section E)."""

    __pydantic_config__: ClassVar[dict[str, object]] = EDGE_CONFIG
    drug: OptionalName = None
    atc: OptionalName = None
    cycle: Annotated[int | None, Within(1, 50)] = None
    cycle_day: Annotated[int | None, Within(-1000, 10_000)] = None
    hours_since_cycle_start: Hours = None
    hours_since_restart_or_step: Hours = None
    crs_grade_now: Grade = None
    days_since_crs: Days = None
    icans_grade_now: Grade = None
    purpose: Purpose | None = None
    hours_since_dose: Hours = None
    route: Route | None = None
    vaccine: Vaccine | None = None
    days_before_start: Days = None
    days_after_last_dose: Days = None
    b_cell_recovered: bool | None = None
    on_infusion: bool | None = None
    same_lumen: bool | None = None
    days_since_tocilizumab: Days = None
    days_since_il6_blocker: Days = None
    alt_x_uln: Fold = None
    ast_x_uln: Fold = None
    qtc_ms: Annotated[float | None, Within(0, 2000)] = None
    potassium_mmol_l: Annotated[float | None, Within(0, 50)] = None
    magnesium_mmol_l: Annotated[float | None, Within(0, 50)] = None
    qt_drug_count: Count = None
    benzyl_alcohol_source: bool | None = None
    benzyl_min_weight_kg: Weight = None
    weight_kg: Weight = None
    age_years: Age = None
    preservative: bool | None = None
    bag_type_h: BagTypeHours = None
    label_region: LabelRegion | None = None
    running: Annotated[tuple[RunningSedative, ...], AtMost(2)] = ()
    dose_g_m2: Dose = None
    cranial_rt_history: bool | None = None
    daily_dose_g: Dose = None

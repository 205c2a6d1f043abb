"""Every event blinwatch understands: the one definition, read by the edge, the schemas and the judgement.

Events are frozen standard-library dataclasses. The edge validates bytes straight into them; `schemas/` is
generated from them. Each carries who it is about (a pseudonym), when it happened (`occurred_at`, with offset) and
where it came from. Order of arrival carries no meaning (docs/decisions/0003).
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar, Literal

from blinwatch.core.bounds import AtMost, Text, Within
from blinwatch.core.event_header import Event, Identifier, Moment, OptionalMoment, Reason
from blinwatch.core.findings import (
    EDGE_CONFIG,
    Age,
    Area,
    BagTypeHours,
    CrsFindings,
    DeathCause,
    Dose,
    Hours,
    InfusionFindings,
    InteractionFindings,
    LabelRegion,
    Location,
    Monitoring,
    Name,
    NeuroFindings,
    O2Device,
    O2Reason,
    Percent,
    Phase,
    Pressure,
    Purpose,
    Rate,
    ReactionFindings,
    Route,
    Temperature,
    TempSite,
    Vaccine,
    VentReason,
    Weight,
)
from blinwatch.core.pump_events import (
    PumpEvent,
)

# --- vitals.observed.v1 ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalsObserved(Event):
    """Signals from a monitor or a charting round: any subset; other signals keep their last value until stale.

    A charted observation that stands for itself (what is absent was not observed) is a `CrsAssessed`.
    """

    type: Literal["vitals_observed"] = "vitals_observed"
    monitoring: Monitoring | None = None
    temperature_c: Temperature = None
    temperature_f: Temperature = None
    temp_site: TempSite | None = None
    heart_rate_bpm: Rate = None
    pulse_rate_bpm: Rate = None
    respiratory_rate_per_min: Rate = None
    spo2_pct: Percent = None
    perfusion_index: Annotated[float | None, Within(0, 100)] = None
    spo2_drop_s: Annotated[float | None, Within(0, 1_000_000)] = None
    sbp_mmhg: Pressure = None
    dbp_mmhg: Pressure = None
    map_mmhg: Pressure = None
    sbp_kpa: Pressure = None
    dbp_kpa: Pressure = None
    map_kpa: Pressure = None
    o2_device: O2Device | None = None
    o2_flow_l_min: Annotated[float | None, Within(-100, 1000)] = None
    fio2: Annotated[float | None, Within(-1, 200)] = None
    o2_reason: O2Reason | None = None
    vent_reason: VentReason | None = None
    consciousness: Literal["alert", "confusion", "voice", "pain", "unresponsive"] | None = None
    glasgow_coma_scale: Annotated[int | None, Within(3, 15)] = None
    confirmed_fields: Annotated[tuple[Name, ...], AtMost(60)] = ()


# --- assessments.recorded.v1 -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CrsAssessed(Event):
    """A full charted observation: what it leaves out was not observed (section 0: nothing is carried forward)."""

    type: Literal["crs_assessed"] = "crs_assessed"
    findings: CrsFindings


@dataclass(frozen=True, slots=True, kw_only=True)
class NeuroAssessed(Event):
    """A neurological examination."""

    type: Literal["neuro_assessed"] = "neuro_assessed"
    findings: NeuroFindings


@dataclass(frozen=True, slots=True, kw_only=True)
class InfusionAssessed(Event):
    """The infusion as somebody charted it, e.g. at a handover: judged as it stands, beside the pump's own events."""

    type: Literal["infusion_assessed"] = "infusion_assessed"
    findings: InfusionFindings


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionAssessed(Event):
    """Adverse reactions as staff graded them."""

    type: Literal["reaction_assessed"] = "reaction_assessed"
    reactions: Annotated[tuple[ReactionFindings, ...], AtMost(20)]


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionAssessed(Event):
    """A question put to the interaction check, e.g. by a pharmacist before an order."""

    type: Literal["interaction_assessed"] = "interaction_assessed"
    findings: InteractionFindings


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicalSignsAssessed(Event):
    """Signs that sections F and G ask for and no monitor measures."""

    type: Literal["clinical_signs_assessed"] = "clinical_signs_assessed"
    infection_suspected: bool | None = None
    abdominal_pain: bool | None = None
    pancreatitis_on_imaging: bool | None = None
    arrhythmia: bool | None = None
    seizure: bool | None = None
    new_effusion_or_oedema: bool | None = None
    haemophagocytosis: bool | None = None
    pupils_fixed: bool | None = None
    weight_kg: Weight = None
    pews_behaviour: Annotated[int | None, Within(0, 3)] = None
    pews_cardiovascular: Annotated[int | None, Within(0, 3)] = None
    pews_respiratory: Annotated[int | None, Within(0, 3)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeathRecorded(Event):
    """A death and its principal cause."""

    type: Literal["death_recorded"] = "death_recorded"
    death_due_to: DeathCause


Assessment = (
    CrsAssessed
    | NeuroAssessed
    | InfusionAssessed
    | ReactionAssessed
    | InteractionAssessed
    | ClinicalSignsAssessed
    | DeathRecorded
)

# --- medications.administered.v1 -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicationAdministered(Event):
    """A dose given, or a continuous infusion started or stopped. `occurred_at` is when the drug was given."""

    type: Literal["medication_administered"] = "medication_administered"
    action: Literal["given", "started", "stopped"] = "given"
    drug: Name
    rxnorm: Annotated[str | None, Text(16)] = None
    atc: Annotated[str | None, Text(16)] = None
    dose_mg: Dose = None
    dose_g_m2: Dose = None
    daily_dose_g: Dose = None
    route: Route | None = None
    purpose: Purpose | None = None
    fluid_bolus_for_hypotension: bool | None = None
    vaccine: Vaccine | None = None
    same_lumen: bool | None = None
    benzyl_alcohol_source: bool | None = None


# --- labs.resulted.v1 ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LabResulted(Event):
    """One laboratory result; `occurred_at` is when the specimen was taken."""

    type: Literal["lab_resulted"] = "lab_resulted"
    loinc: Annotated[str, Text(16, pattern=r"^[0-9]{1,7}-[0-9]$")]
    value: Annotated[float, Within(-1e9, 1e9)]
    unit: Annotated[str, Text(32)]
    """UCUM code."""
    reference_low: Annotated[float | None, Within(-1e9, 1e9)] = None
    reference_high: Annotated[float | None, Within(-1e9, 1e9)] = None
    comparator: Literal["<", "<=", ">", ">="] | None = None
    status: Literal["preliminary", "final", "corrected", "cancelled"] = "final"


# --- therapy.orders.v1 -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDose:
    """One line of the dose plan: this dose from this cycle day on."""

    __pydantic_config__: ClassVar[dict[str, object]] = EDGE_CONFIG
    from_cycle_day: Annotated[int, Within(1, 400)]
    dose_mcg_day: Annotated[float, Within(0, 1_000_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class TherapyOrdered(Event):
    """The whole order for a cycle. A newer one replaces the older entirely: what it leaves out is unknown."""

    type: Literal["therapy_ordered"] = "therapy_ordered"
    phase: Phase | None = None
    cycle: Annotated[int | None, Within(1, 50)] = None
    weight_kg: Weight = None
    weight_lb: Annotated[float | None, Within(0.4, 1500)] = None
    height_cm: Annotated[float | None, Within(20, 280)] = None
    bsa_m2: Area = None
    age_years: Age = None
    """Age when the order was written; grows with time from there. `birth_date` is exact and wins."""
    birth_date: date | None = None
    dose_plan: Annotated[tuple[PlannedDose, ...], AtMost(10)] = ()
    bag_type_h: BagTypeHours = None
    bag_label_rate_ml_h: Rate = None
    preservative: bool | None = None
    benzyl_min_weight_kg: Weight = None
    label_region: LabelRegion | None = None
    restart_low: bool | None = None
    """True while the low-dose restart after an adverse reaction (section D) is what is due."""
    line: Literal["dedicated_lumen", "single_lumen", "shared_lumen"] | None = None
    filter_present: bool | None = None
    location: Location | None = None
    ward: Annotated[str | None, Text(40)] = None
    previous_cycle_ended_at: OptionalMoment = None
    infused_h_before: Hours = None
    """Hours of this cycle infused before blinwatch saw the first pump event (a transfer, a late start)."""
    cycle_start_premed_documented: bool | None = None
    """Premedication before first drop is documented elsewhere: INF-19 does not ask for it at cycle start."""
    obs_interval_h: Hours = None
    developmental_delay: bool | None = None
    baseline_sbp_mmhg: Pressure = None
    baseline_map_mmhg: Pressure = None
    baseline_spo2_pct: Percent = None
    baseline_heart_rate_bpm: Rate = None
    baseline_ice: Annotated[int | None, Within(0, 10)] = None
    cranial_rt_history: bool | None = None
    b_cell_recovered: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TherapyEnded(Event):
    """The cycle's infusion is over for good: completed, discontinued, or the patient left."""

    type: Literal["therapy_ended"] = "therapy_ended"
    reason: Literal["completed", "discontinued", "transferred", "other"]


TherapyOrder = TherapyOrdered | TherapyEnded

# --- alerts.commands.v1 ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandBase(Event):
    """Every act on an alert or a judgement says who and why."""

    by: Annotated[str, Text(64)]
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertAcknowledged(CommandBase):
    """Somebody has seen the alert and takes care of it."""

    type: Literal["acknowledge"] = "acknowledge"
    alert_id: Identifier


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertShelved(CommandBase):
    """Put aside for a while: never longer than 30 minutes, never high priority (the alert's life)."""

    type: Literal["shelve"] = "shelve"
    alert_id: Identifier
    shelve_min: Annotated[float, Within(1, 30)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignAttributed(CommandBase):
    """Staff attribute a sign to another cause than CRS or ICANS, until a time; `active` false withdraws it."""

    type: Literal["attribute"] = "attribute"
    sign: Literal["fever", "hypotension", "hypoxia", "cognition", "loc", "seizure", "motor"]
    cause: Reason
    until: OptionalMoment = None
    active: bool = True


AlertCommand = AlertAcknowledged | AlertShelved | SignAttributed

# --- clock.ticks.v1 --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Time as data: it is `occurred_at` for every patient of this partition."""

    __pydantic_config__: ClassVar[dict[str, object]] = EDGE_CONFIG
    event_id: Identifier
    occurred_at: Moment
    partition: Annotated[int, Within(0, 100_000)]
    source: Annotated[str, Text(120)]
    blind_from: OptionalMoment = None
    """The partition's tick before this one, where so much time lies between that blinwatch was blind: nobody judged
    its patients from then until `occurred_at`."""
    type: Literal["tick"] = "tick"


PatientEvent = (
    VitalsObserved | PumpEvent | Assessment | MedicationAdministered | LabResulted | TherapyOrder | AlertCommand
)
AnyEvent = PatientEvent | Tick

"""Types of clinical/infusion_label.yaml: dosing, bags, line, premedication (section A)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

PhaseName = Literal["rr", "mrd", "consolidation"]
RegionName = Literal["US", "EU"]
OccasionName = Literal["cycle_start", "step", "restart"]
PlaceName = Literal["inpatient", "supervised", "home"]
GapReasonName = Literal["unplanned", "bag_change", "adverse_reaction"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CyclePlan:
    """Some cycles of a phase: whether they begin at the starting dose, and the drug-free time that follows."""

    from_cycle: int
    to_cycle: int
    stepped: bool
    drug_free_after_h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BagProfile:
    """One bag type in one region. `listed` is false where the region's label does not know the bag."""

    bag_type_h: float
    listed: bool = True
    rate_ml_h: float | None
    preservative: bool
    room_temp_max_h: float
    fridge_max_d: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingWindow:
    """Cycle days in which only the named places are safe enough to give the infusion."""

    phases: tuple[PhaseName, ...]
    regions: tuple[RegionName, ...]
    from_cycle: int
    to_cycle: int | None
    last_day: int
    places: tuple[PlaceName, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredDose:
    """One dose that must have been given: any of the named drugs, within the window before the occasion."""

    any_of_mg: Mapping[str, float] | None = None
    """Drug to fixed target dose; None where the dose goes by body surface."""
    drug: str | None = None
    per_m2_mg: float | None = None
    max_mg: float | None = None
    from_min: float
    to_min: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PremedRegimen:
    """Who needs which doses on which occasion. The first regimen that fits is the one in force."""

    name: str
    child: bool
    phases: tuple[PhaseName, ...]
    regions: tuple[RegionName, ...]
    occasions: tuple[OccasionName, ...]
    cycles: tuple[int, ...] | None = None
    """None: every cycle."""
    doses: tuple[RequiredDose, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InfusionRules:
    """Each field is one row of the file; its unit is in its name."""

    default_region: RegionName
    default_phase: PhaseName
    default_cycle: int
    fixed_dose_from_kg: float
    start_dose_fixed_mcg_day: float
    start_dose_mcg_m2_day: float
    full_dose_fixed_mcg_day: float
    full_dose_mcg_m2_day: float
    dose_cap_mcg_day: float
    dose_tolerance_ratio: float
    weight_correction_ratio: float
    mosteller_divisor: float
    kg_per_lb: float
    cycle_plans: Mapping[PhaseName, tuple[CyclePlan, ...]]
    step_early_before_h: float
    step_due_from_h: float
    step_overdue_after_h: float
    cycle_end_from_h: float
    over_28d_after_h: float
    bags: Mapping[RegionName, tuple[BagProfile, ...]]
    rate_tolerance_ratio: float
    rate_deviation_from_min: float
    standstill_below_ratio: float
    hang_overrun_after_h: float
    recon_max_h: Mapping[Literal["room", "fridge"], float]
    benzyl_min_weight_kg: float
    benzyl_newborn_below_d: float
    days_per_year: float
    gap_grace_min: Mapping[GapReasonName, float]
    gap_long_from_h: float
    gap_new_cycle_after_h: float
    gap_sum_from_min: float
    gap_window_h: float
    bag_change_free_min: float
    bolus_excess_from_h: float
    silence_after_min: float
    shortfall_from_min: float
    past_event_current_h: float
    setting_windows: tuple[SettingWindow, ...]
    restart_watch_h: float
    restart_watch_places: tuple[PlaceName, ...]
    child_below_years: float
    child_target_without_bsa_mg: float
    premed_enough_ratio: float
    premed_regimens: tuple[PremedRegimen, ...]
    headline_order: tuple[str, ...]

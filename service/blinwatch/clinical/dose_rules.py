"""Types of clinical/dose_modification.yaml: what dose advice (section D) reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionSteroid:
    """The dexamethasone that treats a reaction: one dose, how often, for how long, and the taper after it."""

    adult_mg: float
    child_mg_per_m2: float
    child_max_mg: float
    every_h: float
    up_to_d: float
    taper_d: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseRules:
    """Each field is one row of the file; its unit is in its name."""

    label_version: Mapping[Literal["US", "EU"], str]
    severe_grade: int
    life_threatening_grade: int
    recovered_up_to_grade: int
    crs_dexamethasone: ReactionSteroid
    low_hold_h: float
    recurrence_from_grade: int
    gone_at_grade: int
    neuro_limit_h: float
    neuro_hold_h: float
    neuro_examination_max_h: float
    seizure_grade: int
    seizures_discontinue_from: int
    new_cycle_after_h: float
    transaminase_up_to_x_uln: Mapping[int, float]
    """Grade to the highest multiple of ULN that still is this grade."""
    bilirubin_up_to_x_uln: Mapping[int, float]
    liver_lab_max_h: float
    other_limit_h: float
    anc_low_below: float
    anc_low_from_d: float
    eu_neuro_premedication_mg: float
    eu_tls_discontinue_grade: int
    eu_mrd_from_kg: float
    restrictiveness: tuple[str, ...]
    charted_stands_h: float
    stop_reminder_after_min: float

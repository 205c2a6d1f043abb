"""Types of clinical/icans_astct_2019.yaml: what ICANS grading (section C) reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class IcansRules:
    """Each field is one row of the file; its unit is in its name."""

    # Which tool: rules ICA-1 and ICA-3
    capd_below_years: float

    # ICE: rules ICA-1 and ICA-2
    ice_item_points: Mapping[str, int]
    """The most points of each item."""
    ice_grade_from_points: Mapping[int, int]
    """Lowest number of points to grade; each entry holds up to the next."""

    # CAPD: rule ICA-3
    capd_item_count: int
    capd_item_most_points: int
    capd_grade_from_points: Mapping[int, int]
    """Lowest number of points to grade; each entry holds up to the next."""
    capd_delirium_from_points: int

    # Not done: rules ICA-2, ICA-3 and ICA-8
    unarousable_grade: int
    not_done_reasons_that_grade: tuple[str, ...]

    # Level of consciousness: rules ICA-2 and ICA-4
    loc_grade: Mapping[str, int]
    loc_unarousable: tuple[str, ...]

    # Seizures: rule ICA-5
    seizure_grade: Mapping[str, int]
    seizure_prolonged_after_s: float
    seizure_same_within_h: float

    # Motor: rules ICA-1 and ICA-6
    motor_grade: Mapping[str, int]

    # Raised intracranial pressure and oedema: rule ICA-1
    oedema_grade: Mapping[str, int]
    icp_sign_grade: Mapping[str, int]

    # Haemorrhage and death: rules ICA-6 and ICA-1
    neuro_emergency_priority: Literal["high", "medium", "low"]
    death_grade: int

    # The course: rule ICA-11 and the outputs of section 0
    resolve_after_h: float
    resolve_interval_max_h: float
    worst_window_h: float
    announce_fall_after_h: float

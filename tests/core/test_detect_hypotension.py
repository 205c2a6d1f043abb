"""CRS-6 and CRS-7 in a feverish patient: low pressures and vasopressors, on both sides of every boundary."""

from typing import Any

import pytest

from blinwatch.clinical.rulebook import Rulebook
from tests.core.crs_support import grade


def codes(rulebook: Rulebook, **fields: Any) -> str:
    return grade(rulebook, **fields).code


# --- CRS-6: hypotension -----------------------------------------------------------------------------------

LIMITS = [
    (0.0, 60), (0.05, 60), (28.9 / 365.25, 60), (29 / 365.25, 70), (0.09, 70), (0.99, 70),
    (1, 72), (1.99, 72), (2, 74), (6, 82), (9, 88), (9.99, 88), (10, 90), (17, 90), (40, 90), (None, 90),
]  # fmt: skip


@pytest.mark.parametrize("age_years, limit_mmhg", LIMITS)
def test_systolic_limit_by_age(rulebook: Rulebook, age_years: float | None, limit_mmhg: int) -> None:
    assert codes(rulebook, age_years=age_years, sbp_mmhg=limit_mmhg) == "CRS_G1"
    assert codes(rulebook, age_years=age_years, sbp_mmhg=limit_mmhg - 1) == "CRS_G2"


@pytest.mark.parametrize(
    "age_years, mean, code",
    [(18, 65, "CRS_G1"), (18, 64.9, "CRS_G2"), (17.99, 50, "CRS_G1"), (None, 64, "CRS_G2")],
)
def test_mean_pressure_counts_in_adults(rulebook: Rulebook, age_years: float | None, mean: float, code: str) -> None:
    assert codes(rulebook, age_years=age_years, map_mmhg=mean) == code


@pytest.mark.parametrize(
    "fields, code",
    [
        ({"baseline_sbp_mmhg": 80, "sbp_mmhg": 68}, "CRS_G1"),  # 0.85 x 80 = 68
        ({"baseline_sbp_mmhg": 80, "sbp_mmhg": 67}, "CRS_G2"),
        ({"baseline_sbp_mmhg": 90, "sbp_mmhg": 89}, "CRS_G2"),  # the baseline is not below the limit
        ({"baseline_sbp_mmhg": 84, "sbp_mmhg": 80, "map_mmhg": 64}, "CRS_G2"),
        ({"baseline_sbp_mmhg": 84, "sbp_mmhg": 80, "map_mmhg": 60, "baseline_map_mmhg": 64}, "CRS_G1"),
        ({"baseline_sbp_mmhg": 84, "sbp_mmhg": 80, "map_mmhg": 60, "baseline_map_mmhg": 65}, "CRS_G2"),
        ({"sbp_mmhg": 100, "map_mmhg": 60, "baseline_map_mmhg": 60}, "CRS_G2"),
        ({"baseline_sbp_mmhg": 120, "sbp_mmhg": 100, "map_mmhg": 60, "baseline_map_mmhg": 60}, "CRS_G2"),
    ],
)
def test_a_patient_who_is_always_low_is_measured_against_herself(
    rulebook: Rulebook, fields: dict[str, Any], code: str
) -> None:
    assert codes(rulebook, **fields) == code


def test_only_an_unused_mean_leaves_blood_pressure_unknown(rulebook: Rulebook) -> None:
    result = grade(rulebook, sbp_mmhg=None, map_mmhg=60, baseline_sbp_mmhg=84, baseline_map_mmhg=60)
    assert (result.code, result.hypotension.known) == ("CRS_G1", False)


@pytest.mark.parametrize(
    "baseline, systolic, fallen", [(140, 98, True), (140, 99, False), (130, 91, True), (150, 89, False)]
)
def test_a_fall_of_thirty_percent_above_the_limit_alerts_without_grading(
    rulebook: Rulebook, baseline: float, systolic: float, fallen: bool
) -> None:
    result = grade(rulebook, baseline_sbp_mmhg=baseline, sbp_mmhg=systolic)
    assert ("BP_RELATIVE_DROP" in result.flags) is fallen
    assert result.code == ("CRS_G2" if systolic < 90 else "CRS_G1")


def test_a_bolus_for_hypotension_is_hypotension(rulebook: Rulebook) -> None:
    assert codes(rulebook, fluid_bolus_for_hypotension=True) == "CRS_G2"
    assert codes(rulebook, fluid_bolus_for_hypotension=False) == "CRS_G1"


def test_a_low_pressure_alone_asks_for_a_second_reading(rulebook: Rulebook) -> None:
    assert "BP_CONFIRM" in grade(rulebook, sbp_mmhg=84).flags
    assert "BP_CONFIRM" not in grade(rulebook, sbp_mmhg=84, vasopressors=("dopamine",)).flags


@pytest.mark.parametrize(
    "fields",
    [{"sbp_mmhg": 60}, {"map_mmhg": 50}, {"fluid_bolus_for_hypotension": True}, {"vasopressors": ("dopamine",)}],
)
def test_hypotension_of_another_cause_does_not_count(rulebook: Rulebook, fields: dict[str, Any]) -> None:
    assert codes(rulebook, hypotension_attributed_other=True, **fields) == "CRS_G1"


# --- CRS-7: vasopressors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "agents, code",
    [
        ((), "CRS_G1"),
        (("norepinephrine",), "CRS_G3"),
        (("noradrenaline", "norepinephrine"), "CRS_G3"),
        (("norepinephrine", "vasopressin"), "CRS_G3"),
        (("norepinephrine", "vasopressin", "terlipressin"), "CRS_G3"),
        (("vasopressin",), "CRS_G3"),
        (("terlipressin",), "CRS_G3"),
        (("vasopressin", "terlipressin"), "CRS_G3"),
        (("norepinephrine", "adrenaline"), "CRS_G4"),
        (("dopamine", "phenylephrine"), "CRS_G4"),
        (("angiotensin_ii", "dopamine", "vasopressin"), "CRS_G4"),
        (("dobutamine",), "CRS_G1"),
        (("dobutamine", "milrinone", "levosimendan"), "CRS_G1"),
        (("dobutamine", "norepinephrine"), "CRS_G3"),
        (("metaraminol",), "CRS_G3"),
        (("metaraminol", "Metaraminol"), "CRS_G3"),
        (("metaraminol", "ephedrine"), "CRS_G4"),
        (("metaraminol", "norepinephrine"), "CRS_G4"),
        (("metaraminol", "vasopressin"), "CRS_G3"),
    ],
)
def test_one_vasopressor_is_grade_3_and_several_are_grade_4(
    rulebook: Rulebook, agents: tuple[str, ...], code: str
) -> None:
    assert codes(rulebook, vasopressors=agents) == code


def test_an_inotrope_is_flagged(rulebook: Rulebook) -> None:
    assert "INOTROPE" in grade(rulebook, vasopressors=("milrinone",)).flags


@pytest.mark.parametrize(
    "running, stopped_h, code",
    [
        (("norepinephrine",), {"epinephrine": 1.0}, "CRS_G4"),
        (("norepinephrine",), {"epinephrine": 1.01}, "CRS_G3"),
        (("norepinephrine",), {"noradrenaline": 0.5}, "CRS_G3"),
        (("norepinephrine",), {"vasopressin": 0.5}, "CRS_G3"),
        ((), {"dopamine": 0.5}, "CRS_G3"),
        ((), {"dopamine": 2}, "CRS_G1"),
        (None, {"dopamine": 0.5, "epinephrine": 1.0}, "CRS_G4"),
        (("norepinephrine", "epinephrine"), {"epinephrine": 3}, "CRS_G4"),
    ],
)
def test_an_agent_stopped_within_the_hour_still_counts(
    rulebook: Rulebook, running: tuple[str, ...] | None, stopped_h: dict[str, float], code: str
) -> None:
    assert codes(rulebook, vasopressors=running, vasopressors_stopped_h=stopped_h) == code

"""CRS-8 and CRS-9 in a feverish patient: oxygen support and saturation, on both sides of every boundary."""

from typing import Any

import pytest

from blinwatch.clinical.rulebook import Rulebook
from tests.core.crs_support import grade


def codes(rulebook: Rulebook, **fields: Any) -> str:
    return grade(rulebook, **fields).code


# --- CRS-8, CRS-9: oxygen ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "device, flow, code, flag",
    [
        ("nasal_cannula", 2, "CRS_G2", None),
        ("nasal_cannula", 6.0, "CRS_G2", None),
        ("nasal_cannula", 6.1, "CRS_G3", None),
        ("nasal_cannula", None, "CRS_G2", "INCOMPLETE"),
        ("high_flow_nasal_cannula", 6.0, "CRS_G2", "HFNC_LOW_FLOW_REVIEW"),
        ("high_flow_nasal_cannula", 6.1, "CRS_G3", None),
        ("high_flow_nasal_cannula", None, "CRS_G3", "INCOMPLETE"),
        ("nasal_cannula", 81, "CRS_G2", "ARTEFACT"),
        ("blow_by", 10, "CRS_G2", None),
        ("simple_facemask", 2, "CRS_G3", None),
        ("non_rebreather", None, "CRS_G3", None),
        ("venturi", 4, "CRS_G3", None),
        ("cpap", None, "CRS_G4", None),
        ("bipap", None, "CRS_G4", None),
        ("invasive_ventilation", None, "CRS_G4", None),
        ("room_air", None, "CRS_G1", None),
    ],
)
def test_oxygen_support(rulebook: Rulebook, device: str, flow: float | None, code: str, flag: str | None) -> None:
    result = grade(rulebook, o2_device=device, o2_flow_l_min=flow)
    assert result.code == code
    assert flag is None or flag in result.flags


@pytest.mark.parametrize("device", ["cpap", "bipap", "invasive_ventilation"])
@pytest.mark.parametrize("reason", ["airway_protection", "procedure", "home_osa"])
@pytest.mark.parametrize("spo2, code", [(98, "CRS_G1"), (90, "CRS_G1"), (89, "CRS_G4"), (None, "CRS_G1")])
def test_ventilation_for_another_reason_counts_only_below_the_saturation_limit(
    rulebook: Rulebook, device: str, reason: str, spo2: float | None, code: str
) -> None:
    assert codes(rulebook, o2_device=device, vent_reason=reason, spo2_pct=spo2) == code


@pytest.mark.parametrize(
    "device, spo2, code",
    [
        ("nasal_cannula", 95, "CRS_G1"),
        ("nasal_cannula", 90, "CRS_G1"),
        ("nasal_cannula", 89, "CRS_G2"),
        ("nasal_cannula", None, "CRS_G2"),
        ("simple_facemask", 95, "CRS_G1"),
        ("simple_facemask", 89, "CRS_G3"),
        ("blow_by", None, "CRS_G2"),
        ("cpap", 97, "CRS_G4"),  # comfort is a reason for oxygen, not for positive pressure
    ],
)
def test_comfort_oxygen_counts_only_without_a_reassuring_saturation(
    rulebook: Rulebook, device: str, spo2: float | None, code: str
) -> None:
    assert codes(rulebook, o2_device=device, o2_flow_l_min=2, o2_reason="comfort", spo2_pct=spo2) == code


@pytest.mark.parametrize(
    "baseline, spo2, code, flag",
    [
        (None, 94, "CRS_G1", None),
        (None, 93, "CRS_G1", "SPO2_LOW"),
        (None, 90, "CRS_G1", "SPO2_LOW"),
        (None, 89.9, "CRS_G2", "INCOMPLETE"),
        (93, 90, "CRS_G1", "SPO2_LOW"),
        (92, 89, "CRS_G1", "SPO2_LOW"),
        (92, 88, "CRS_G2", "INCOMPLETE"),
        (88, 85, "CRS_G1", "SPO2_LOW"),
        (88, 84, "CRS_G2", "INCOMPLETE"),
    ],
)
def test_saturation_limit(rulebook: Rulebook, baseline: float | None, spo2: float, code: str, flag: str | None) -> None:
    result = grade(rulebook, baseline_spo2_pct=baseline, spo2_pct=spo2)
    assert result.code == code
    assert flag is None or flag in result.flags


def test_low_saturation_without_a_device_is_provisional(rulebook: Rulebook) -> None:
    result = grade(rulebook, o2_device=None, spo2_pct=85)
    assert (result.code, result.rule_id) == ("CRS_G2", "CRS-9")
    assert "INCOMPLETE" in result.flags


def test_hypoxia_of_another_cause_does_not_count(rulebook: Rulebook) -> None:
    assert codes(rulebook, hypoxia_attributed_other=True, o2_device="bipap", spo2_pct=80) == "CRS_G1"


def test_a_flow_without_a_device_is_incomplete(rulebook: Rulebook) -> None:
    result = grade(rulebook, o2_device=None, o2_flow_l_min=3)
    assert result.code == "CRS_G1"
    assert "INCOMPLETE" in result.flags

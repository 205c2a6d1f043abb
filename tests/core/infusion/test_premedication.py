"""Premedication (A4): who needs what, when, and how much is enough."""

from typing import Any

import pytest

from blinwatch.clinical.infusion_rules import InfusionRules
from tests.core.infusion.story import snapshot

ADULT = {"age_years": 40.0, "phase": "rr", "cycle": 2}
CHILD = {"age_years": 8.0, "bsa_m2": 1.0, "phase": "rr", "cycle": 1}
MISSING = "INF_PREMED_MISSING"


def dose(drug: str, dose_mg: float | None, min_before: float | None) -> dict[str, Any]:
    return {"drug": drug, "dose_mg": dose_mg, "min_before": min_before}


def dex(dose_mg: float | None, min_before: float | None = 60.0) -> dict[str, Any]:
    return dose("dexamethasone", dose_mg, min_before)


@pytest.mark.parametrize("occasion", ["cycle_start", "step", "restart"])
@pytest.mark.parametrize(
    "phase,given,expected",
    [
        ("rr", [dex(18.0, 30.0)], "INF_OK"),
        ("rr", [dex(18.0, 180.0)], "INF_OK"),
        ("rr", [dex(18.0, 29.9)], MISSING),
        ("rr", [dex(18.0, 180.1)], MISSING),
        ("rr", [dex(17.9)], MISSING),
        ("rr", [dex(10.0), dex(10.0, 90.0)], MISSING),
        ("rr", [dose("prednisone", 100.0, 60.0)], MISSING),
        ("rr", [], MISSING),
        ("rr", [dex(None)], MISSING),
        ("rr", [dex(20.0, None)], MISSING),
        ("rr", [dose("Dexamethasone sodium phosphate", 20.0, 60.0)], "INF_OK"),
        ("mrd", [dose("prednisone", 90.0, 60.0)], "INF_OK"),
        ("mrd", [dose("prednisone", 89.9, 60.0)], MISSING),
        ("mrd", [dose("prednisolone", 100.0, 180.0)], "INF_OK"),
        ("mrd", [dose("methylprednisolone", 72.0, 60.0)], "INF_OK"),
        ("mrd", [dose("hydrocortisone", 360.0, 60.0)], "INF_OK"),
        ("mrd", [dex(14.4)], "INF_OK"),
        ("mrd", [dex(16.0, 29.0)], MISSING),
        ("mrd", [dose("paracetamol", 1000.0, 60.0)], MISSING),
        ("consolidation", [dex(20.0, 0.0)], "INF_OK"),
        ("consolidation", [dex(20.0, 60.0)], "INF_OK"),
        ("consolidation", [dex(20.0, 61.0)], MISSING),
        ("consolidation", [dose("prednisone", 100.0, 30.0)], MISSING),
    ],
)
def test_adults(rules: InfusionRules, phase: str, occasion: str, given: list[dict[str, Any]], expected: str) -> None:
    verdict = snapshot(rules, **{**ADULT, "phase": phase}, context=occasion, premed=given)
    assert verdict.headline == expected


@pytest.mark.parametrize(
    "cycle,occasion,given,expected",
    [
        (1, "cycle_start", [dex(4.5, 0.0)], "INF_OK"),
        (1, "cycle_start", [dex(4.5, 180.0)], "INF_OK"),
        (1, "cycle_start", [dex(4.4, 60.0)], MISSING),
        (1, "cycle_start", [dex(5.0, 180.1)], MISSING),
        (1, "restart", [], MISSING),
        (2, "cycle_start", [], "INF_OK"),
        (2, "restart", [], "INF_OK"),
        (2, "step", [], MISSING),
        (2, "step", [dex(5.0)], "INF_OK"),
    ],
)
def test_children_in_the_us(
    rules: InfusionRules, cycle: int, occasion: str, given: list[dict[str, Any]], expected: str
) -> None:
    verdict = snapshot(rules, **{**CHILD, "cycle": cycle}, context=occasion, premed=given)
    assert verdict.headline == expected


@pytest.mark.parametrize(
    "given,expected",
    [
        ([dex(5.0, 30.0), dex(10.0, 360.0)], "INF_OK"),
        ([dex(4.5, 0.0), dex(9.0, 720.0)], "INF_OK"),
        ([dex(5.0, 31.0), dex(10.0, 400.0)], MISSING),
        ([dex(5.0, 20.0), dex(10.0, 721.0)], MISSING),
        ([dex(5.0, 20.0), dex(10.0, 359.0)], MISSING),
        ([dex(5.0, 20.0)], MISSING),
        ([dex(10.0, 400.0)], MISSING),
    ],
)
def test_children_in_the_eu_need_two_doses_before_cycle_1(
    rules: InfusionRules, given: list[dict[str, Any]], expected: str
) -> None:
    assert snapshot(rules, **CHILD, label_region="EU", context="cycle_start", premed=given).headline == expected


def test_an_eu_child_restarts_with_one_dose(rules: InfusionRules) -> None:
    assert snapshot(rules, **CHILD, label_region="EU", context="restart", premed=[dex(5.0, 180.0)]).headline == "INF_OK"


def test_a_large_child_gets_at_most_20_mg(rules: InfusionRules) -> None:
    given = {**CHILD, "bsa_m2": 4.5, "context": "cycle_start"}
    assert snapshot(rules, **given, premed=[dex(18.0)]).headline == "INF_OK"
    assert snapshot(rules, **given, premed=[dex(18.0)]).premed_target_mg == 20


@pytest.mark.parametrize("prednisone_mg,expected", [(100.0, MISSING), (None, "INF_OK")])
def test_eu_adults_get_dexamethasone_before_each_cycle(
    rules: InfusionRules, prednisone_mg: float | None, expected: str
) -> None:
    given = [dex(18.0) if prednisone_mg is None else dose("prednisone", prednisone_mg, 60.0)]
    verdict = snapshot(rules, **{**ADULT, "phase": "mrd"}, label_region="EU", context="cycle_start", premed=given)
    assert verdict.headline == expected


def test_eighteen_years_old_is_an_adult(rules: InfusionRules) -> None:
    given: dict[str, Any] = {"bsa_m2": 1.0, "phase": "rr", "cycle": 1, "context": "cycle_start", "premed": [dex(5.0)]}
    assert snapshot(rules, age_years=17.99, **given).headline == "INF_OK"
    assert snapshot(rules, age_years=18.0, **given).headline == MISSING


@pytest.mark.parametrize(
    "left_out,flags",
    [
        ("age_years", ("AGE_UNKNOWN",)),
        ("phase", ("INCOMPLETE",)),
        ("cycle", ("INCOMPLETE",)),
    ],
)
def test_what_is_missing_is_assumed_and_said(rules: InfusionRules, left_out: str, flags: tuple[str, ...]) -> None:
    given = {name: value for name, value in ADULT.items() if name != left_out}
    verdict = snapshot(rules, **given, context="cycle_start", premed=[dex(20.0)])
    assert (verdict.headline, verdict.flags) == ("INF_OK", flags)


def test_a_child_of_unknown_body_surface_is_measured_by_20_mg(rules: InfusionRules) -> None:
    given = {name: value for name, value in CHILD.items() if name != "bsa_m2"}
    assert snapshot(rules, **given, context="cycle_start", premed=[dex(18.0)]).flags == ("INCOMPLETE",)
    assert snapshot(rules, **given, context="cycle_start", premed=[dex(17.9)]).headline == MISSING


@pytest.mark.parametrize(
    "given,expected",
    [
        ({"gap_h": 4.0, "restarted": True}, MISSING),
        ({"gap_h": 3.99, "restarted": True}, "INF_OK"),
        ({"gap_h": 4.0}, "INF_INTERRUPT_4H"),
        ({"gap_h": 3.0, "restarted": True, "context": "restart"}, "INF_OK"),
        ({"premed": [dex(20.0)]}, "INF_NOT_EVALUABLE"),
        ({"gap_h": 200.0, "restarted": True, "premed": [dex(20.0)]}, "INF_INTERRUPT_GT7D"),
    ],
)
def test_premedication_is_asked_for_by_context_or_a_long_closed_gap(
    rules: InfusionRules, given: dict[str, Any], expected: str
) -> None:
    assert snapshot(rules, **ADULT, **given).headline == expected


def test_the_finding_names_the_rule_and_what_is_due(rules: InfusionRules) -> None:
    restart = snapshot(rules, **ADULT, context="restart").findings[0]
    start = snapshot(rules, **ADULT, context="cycle_start", premed=[dex(8.0)]).findings[0]
    assert (restart.rule_id, start.rule_id) == ("INF-8", "INF-19")
    assert "dexamethasone 20 mg 30 to 180 min before" in restart.because
    assert "charted: dexamethasone 8 mg 60 min before" in start.because


def test_a_restart_charted_before_the_gap_is_closed_is_judged_too(rules: InfusionRules) -> None:
    verdict = snapshot(rules, **ADULT, context="restart", gap_h=5.0)
    assert [finding.code for finding in verdict.findings] == ["INF_INTERRUPT_4H", "INF_PREMED_MISSING"]

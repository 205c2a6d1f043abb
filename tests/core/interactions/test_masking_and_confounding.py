"""DDI-8 to DDI-12: drugs that hide a sign, lower the pressure or sedate."""

from typing import Any

import pytest

from blinwatch.clinical.rulebook import Rulebook
from tests.core.interactions.support import ask, codes

REBOUND, HYPOTENSIVE, SEDATIVE = "DDI_TOCI_CYP_REBOUND", "DDI_HYPOTENSIVE", "CONF_SEDATIVE_ICANS"


@pytest.mark.parametrize(
    "given, masks",
    [
        ({"drug": "tocilizumab", "days_since_tocilizumab": 21.0}, True),
        ({"drug": "tocilizumab", "days_since_tocilizumab": 21.01}, False),
        ({"drug": "siltuximab", "days_since_il6_blocker": 21.0}, True),
        ({"drug": "siltuximab", "days_since_il6_blocker": 22.0}, False),
        ({"drug": "siltuximab", "hours_since_dose": 504.0}, True),
        ({"drug": "siltuximab", "hours_since_dose": 504.1}, False),
        ({"drug": "tocilizumab"}, True),
        ({"days_since_il6_blocker": 3.0}, True),
        ({"days_since_il6_blocker": 30.0}, False),
        ({"days_since_il6_blocker": 30.0, "days_since_tocilizumab": 2.0}, True),
    ],
)
def test_an_il6_blocker_masks_for_21_days(rulebook: Rulebook, given: dict[str, Any], masks: bool) -> None:
    assert codes(rulebook, **given) == (("MASK_IL6",) if masks else ("DDI_NONE",))


@pytest.mark.parametrize("days, rebounds", [(21.0, True), (21.01, False)])
def test_after_an_il6_blocker_the_level_of_a_substrate_may_fall(
    rulebook: Rulebook, days: float, rebounds: bool
) -> None:
    verdict = ask(rulebook, drug="warfarin", cycle=1, cycle_day=20, days_since_tocilizumab=days, crs_grade_now=0)
    assert (REBOUND in verdict.codes) == rebounds
    assert ("MASK_IL6" in verdict.codes) == rebounds
    assert verdict.headline == (REBOUND if rebounds else "DDI_CYP_NTI_INFO")


def test_in_the_window_the_rise_leads_over_the_fall(rulebook: Rulebook) -> None:
    given = {"drug": "warfarin", "cycle": 1, "cycle_day": 4, "days_since_il6_blocker": 1.0}
    assert codes(rulebook, **given) == ("DDI_CYP_NTI_HIGH", REBOUND, "MASK_IL6")


def test_an_inactive_substrate_does_not_rebound(rulebook: Rulebook) -> None:
    given = {"drug": "carbamazepine", "cycle": 3, "hours_since_dose": 60.0, "days_since_il6_blocker": 1.0}
    assert codes(rulebook, **given) == ("MASK_IL6",)


@pytest.mark.parametrize("drug", ["paracetamol", "ibuprofen", "metamizole", "Métamizole", "co-codamol"])
def test_an_antipyretic_masks_for_8_hours(rulebook: Rulebook, drug: str) -> None:
    assert "MASK_ANTIPYRETIC" in codes(rulebook, drug=drug, hours_since_dose=8.0)
    assert "MASK_ANTIPYRETIC" in codes(rulebook, drug=drug)
    assert "MASK_ANTIPYRETIC" not in codes(rulebook, drug=drug, hours_since_dose=8.01)


def test_an_nsaid_also_bleeds_and_a_gel_masks_nothing(rulebook: Rulebook) -> None:
    assert "bleeding" in ask(rulebook, drug="ibuprofen").findings[0].management
    assert "bleeding" not in ask(rulebook, drug="paracetamol").findings[0].management
    assert codes(rulebook, drug="diclofenac", route="topical") == ("DDI_NONE",)


@pytest.mark.parametrize("drug", ["bisoprolol", "Metoprolol succinate", "diltiazem", "verapamil", "ivabradine"])
def test_drugs_that_slow_the_heart_mask_at_any_time(rulebook: Rulebook, drug: str) -> None:
    assert "MASK_BETA_BLOCKER" in codes(rulebook, drug=drug, cycle=5, cycle_day=20, crs_grade_now=0)


def test_a_beta_blocker_by_its_class_code(rulebook: Rulebook) -> None:
    assert codes(rulebook, atc="C07AB99", cycle=1, cycle_day=3) == (HYPOTENSIVE, "MASK_BETA_BLOCKER")


@pytest.mark.parametrize(
    "given, holds",
    [
        ({"cycle": 1, "cycle_day": 9}, True),
        ({"cycle": 1, "cycle_day": 10, "crs_grade_now": 0}, False),
        ({"cycle": 1, "cycle_day": 10, "crs_grade_now": 1}, True),
        ({"cycle": 2, "cycle_day": 2}, True),
        ({"cycle": 2, "cycle_day": 3, "crs_grade_now": 0}, False),
        ({"cycle": 3, "cycle_day": 1, "crs_grade_now": 0}, False),
        ({"cycle": 1}, True),
        ({"crs_grade_now": 1}, True),
        ({"cycle": 4, "days_since_crs": 1.0, "crs_grade_now": 0}, False),
    ],
)
def test_an_antihypertensive_in_the_window_or_in_crs(rulebook: Rulebook, given: dict[str, Any], holds: bool) -> None:
    assert codes(rulebook, drug="lisinopril", **given) == ((HYPOTENSIVE,) if holds else ("DDI_NONE",))


def test_an_antihypertensive_without_cycle_and_crs_cannot_be_judged(rulebook: Rulebook) -> None:
    verdict = ask(rulebook, drug="lisinopril")
    assert verdict.codes == ("DDI_NOT_EVALUABLE",)
    assert verdict.flags == ("INCOMPLETE",)
    assert ask(rulebook, drug="bisoprolol").headline == "MASK_BETA_BLOCKER"


def test_a_missing_day_is_inside_the_window_and_a_missing_crs_grade_is_said(rulebook: Rulebook) -> None:
    assert ask(rulebook, drug="amlodipine", cycle=1).flags == ("INCOMPLETE",)
    assert ask(rulebook, drug="amlodipine", cycle=3, cycle_day=4).flags == ("INCOMPLETE",)
    assert ask(rulebook, drug="amlodipine", cycle=3, cycle_day=4, crs_grade_now=0).flags == ()


def test_ivabradine_does_not_lower_the_pressure(rulebook: Rulebook) -> None:
    assert codes(rulebook, drug="ivabradine", cycle=1, cycle_day=3) == ("MASK_BETA_BLOCKER",)


@pytest.mark.parametrize("atc", ["C02CA04", "C03CA01", "C08CA01", "C09AA05", "C01DA02"])
def test_antihypertensives_by_class_code(rulebook: Rulebook, atc: str) -> None:
    assert codes(rulebook, atc=atc, cycle=1, cycle_day=3) == (HYPOTENSIVE,)


@pytest.mark.parametrize(
    "drug, limit_h",
    [
        ("lorazepam", 12.0),
        ("clonazepam", 12.0),
        ("morphine", 6.0),
        ("hydromorphone", 6.0),
        ("diphenhydramine", 8.0),
        ("hydroxyzine", 8.0),
        ("gabapentin", 12.0),
        ("pregabalin", 12.0),
        ("haloperidol", 24.0),
        ("quetiapine", 24.0),
        ("propofol", 2.0),
        ("dexmedetomidine", 2.0),
    ],
)
def test_a_sedative_confounds_for_the_time_of_its_class(rulebook: Rulebook, drug: str, limit_h: float) -> None:
    assert SEDATIVE in codes(rulebook, drug=drug, hours_since_dose=limit_h)
    assert SEDATIVE in codes(rulebook, drug=drug)
    assert SEDATIVE not in codes(rulebook, drug=drug, hours_since_dose=limit_h + 0.01)


@pytest.mark.parametrize(
    "drug, given, holds",
    [
        ("fentanyl", {"route": "transdermal", "hours_since_dose": 24.0}, True),
        ("fentanyl", {"route": "transdermal", "hours_since_dose": 24.1}, False),
        ("fentanyl", {"route": "iv", "hours_since_dose": 6.1}, False),
        ("Fentanyl patch 25 mcg/h", {"hours_since_dose": 24.0}, True),
        ("Durogesic", {"hours_since_dose": 20.0}, True),
        ("Fentanyl patch 25 mcg/h", {"route": "iv", "hours_since_dose": 20.0}, False),
        ("lorazepam", {"route": "transdermal", "hours_since_dose": 13.0}, False),
    ],
)
def test_an_opioid_patch_counts_for_24_hours(rulebook: Rulebook, drug: str, given: dict[str, Any], holds: bool) -> None:
    assert (SEDATIVE in codes(rulebook, drug=drug, cycle=5, **given)) == holds


def test_a_running_sedative_counts_whatever_the_time(rulebook: Rulebook) -> None:
    assert codes(rulebook, drug="propofol", running=("propofol",), hours_since_dose=40.0) == (SEDATIVE,)
    assert codes(rulebook, running=("dexmedetomidine",)) == (SEDATIVE,)


@pytest.mark.parametrize(
    "atc", ["N05BA99", "N05CD99", "N03AE01", "N02AA99", "N01AH99", "R06AA99", "R06AB99", "R06AD99"]
)
def test_sedatives_by_class_code(rulebook: Rulebook, atc: str) -> None:
    assert codes(rulebook, atc=atc) == (SEDATIVE,)


def test_lithium_is_no_antipsychotic_here(rulebook: Rulebook) -> None:
    assert codes(rulebook, atc="N05AX08") == (SEDATIVE,)
    assert codes(rulebook, atc="N05AN01") == ("DDI_NONE",)

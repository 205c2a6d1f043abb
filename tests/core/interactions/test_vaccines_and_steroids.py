"""DDI-5, DDI-6 and DDI-7: vaccines, corticosteroids, immunosuppressants."""

from typing import Any

import pytest

from blinwatch.clinical.rulebook import Rulebook
from tests.core.interactions.support import ask, codes

LIVE, OK, ANTAGONISM = "DDI_LIVE_VACCINE", "DDI_STEROID_OK", "DDI_STEROID_ANTAGONISM"


@pytest.mark.parametrize(
    "timing, allowed",
    [
        ({"days_before_start": 13.0}, False),
        ({"days_before_start": 13.999}, False),
        ({"days_before_start": 14.0}, True),
        ({"days_before_start": -3.0}, False),
        ({"on_infusion": True}, False),
        ({"on_infusion": True, "days_before_start": 20.0}, False),
        ({"on_infusion": False}, False),
        ({}, False),
        ({"b_cell_recovered": True}, False),
        ({"days_after_last_dose": 90.0}, False),
        ({"days_after_last_dose": 90.0, "b_cell_recovered": False}, False),
        ({"days_after_last_dose": 90.0, "b_cell_recovered": True}, True),
        ({"days_after_last_dose": -1.0, "b_cell_recovered": True}, False),
        ({"days_after_last_dose": 0.0, "b_cell_recovered": True}, True),
        ({"days_after_last_dose": 7.0, "days_before_start": 20.0}, False),
        ({"days_after_last_dose": 400.0, "days_before_start": 20.0, "b_cell_recovered": True}, True),
        ({"days_after_last_dose": 400.0, "days_before_start": 7.0, "b_cell_recovered": True}, False),
    ],
)
def test_a_live_vaccine_needs_14_days_before_or_recovery_after(
    rulebook: Rulebook, timing: dict[str, Any], allowed: bool
) -> None:
    assert codes(rulebook, vaccine="live", **timing) == (("DDI_NONE",) if allowed else (LIVE,))


@pytest.mark.parametrize(
    "drug", ["MMR vaccine", "Varivax", "yellow fever vaccine", "BCG", "FluMist", "Zostavax", "rotavirus vaccine"]
)
def test_a_live_vaccine_is_known_by_its_name(rulebook: Rulebook, drug: str) -> None:
    assert codes(rulebook, drug=drug, on_infusion=True) == (LIVE,)


def test_a_live_vaccine_that_somebody_called_inactivated_is_still_live(rulebook: Rulebook) -> None:
    assert codes(rulebook, drug="MMR", vaccine="inactivated", on_infusion=True) == (LIVE,)


def test_a_live_vaccine_by_its_atc_code(rulebook: Rulebook) -> None:
    assert codes(rulebook, atc="J07BD52", on_infusion=True) == (LIVE,)
    assert codes(rulebook, atc="J07BK03", on_infusion=True) == ("DDI_NONE",)


def test_an_inactivated_vaccine_is_allowed_but_may_not_work(rulebook: Rulebook) -> None:
    verdict = ask(rulebook, vaccine="inactivated", on_infusion=True)
    assert verdict.codes == ("DDI_NONE",)
    assert "response to it may be poor" in verdict.findings[0].because


def test_a_vaccine_of_unknown_kind_is_unknown(rulebook: Rulebook) -> None:
    assert "DRUG_UNKNOWN" in ask(rulebook, drug="influenza vaccine", on_infusion=True).flags
    assert ask(rulebook, drug="influenza vaccine", vaccine="inactivated").flags == ()


@pytest.mark.parametrize(
    "given, code",
    [
        ({"purpose": "premed"}, OK),
        ({"purpose": "prephase"}, OK),
        ({"purpose": "replacement"}, OK),
        ({"purpose": "other"}, ANTAGONISM),
        ({}, ANTAGONISM),
        ({"purpose": "crs_treatment", "crs_grade_now": 2}, ANTAGONISM),
        ({"purpose": "crs_treatment", "crs_grade_now": 3}, OK),
        ({"purpose": "crs_treatment", "icans_grade_now": 4}, ANTAGONISM),
        ({"purpose": "crs_treatment"}, ANTAGONISM),
        ({"purpose": "neuro_treatment", "icans_grade_now": 1}, ANTAGONISM),
        ({"purpose": "neuro_treatment", "icans_grade_now": 2}, OK),
        ({"purpose": "neuro_treatment"}, ANTAGONISM),
    ],
)
def test_a_corticosteroid_is_judged_by_its_purpose(rulebook: Rulebook, given: dict[str, Any], code: str) -> None:
    assert codes(rulebook, drug="dexamethasone", **given) == (code,)


@pytest.mark.parametrize("given", [{}, {"purpose": "crs_treatment"}, {"purpose": "neuro_treatment"}])
def test_a_purpose_or_grade_that_is_missing_leaves_the_answer_incomplete(
    rulebook: Rulebook, given: dict[str, Any]
) -> None:
    assert "INCOMPLETE" in ask(rulebook, drug="prednisone", **given).flags
    assert ask(rulebook, drug="prednisone", purpose="other").flags == ()


@pytest.mark.parametrize("route", ["intrathecal", "topical", "inhaled"])
def test_a_local_corticosteroid_is_not_judged(rulebook: Rulebook, route: str) -> None:
    assert codes(rulebook, drug="dexamethasone", route=route) == ("DDI_NONE",)


@pytest.mark.parametrize("route", ["iv", "oral", "subcutaneous", "intramuscular", "transdermal", None])
def test_other_routes_are_systemic(rulebook: Rulebook, route: str | None) -> None:
    assert codes(rulebook, drug="dexamethasone", route=route, purpose="other") == (ANTAGONISM,)


@pytest.mark.parametrize(
    "drug",
    ["ATG", "alemtuzumab", "mycophenolate mofetil", "ruxolitinib", "tofacitinib", "baricitinib", "abatacept"],
)
def test_immunosuppressants(rulebook: Rulebook, drug: str) -> None:
    assert codes(rulebook, drug=drug, cycle=1, cycle_day=3) == ("DDI_IMMUNOSUPPRESSANT",)


@pytest.mark.parametrize("atc", ["L04AD03", "L04AH02", "L04AF07", "L01EJ01"])
def test_immunosuppressants_by_class_code(rulebook: Rulebook, atc: str) -> None:
    assert "DDI_IMMUNOSUPPRESSANT" in codes(rulebook, atc=atc, cycle=1, cycle_day=3)


@pytest.mark.parametrize("drug", ["ciclosporin", "tacrolimus", "sirolimus", "everolimus"])
def test_a_calcineurin_or_mtor_inhibitor_is_both_and_the_window_leads(rulebook: Rulebook, drug: str) -> None:
    assert codes(rulebook, drug=drug, cycle=1, cycle_day=3) == ("DDI_CYP_NTI_HIGH", "DDI_IMMUNOSUPPRESSANT")
    assert codes(rulebook, drug=drug, cycle=1, cycle_day=12) == ("DDI_IMMUNOSUPPRESSANT", "DDI_CYP_NTI_INFO")
    assert ask(rulebook, drug=drug).headline == "DDI_IMMUNOSUPPRESSANT"

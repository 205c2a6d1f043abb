"""DDI-1 to DDI-4: a narrow-index drug while cytokines slow its breakdown."""

from typing import Any

import pytest

from blinwatch.clinical.rulebook import Rulebook
from tests.core.interactions.support import ask, codes

HIGH, MOD, INFO = "DDI_CYP_NTI_HIGH", "DDI_CYP_NTI_MOD", "DDI_CYP_NTI_INFO"


@pytest.mark.parametrize(
    "cycle, day, code",
    [
        (1, 0, INFO),
        (1, 1, HIGH),
        (1, 9, HIGH),
        (1, 10, INFO),
        (2, 1, HIGH),
        (2, 2, HIGH),
        (2, 3, INFO),
        (3, 1, INFO),
        (9, 1, INFO),
    ],
)
def test_the_window_is_days_1_to_9_of_cycle_1_and_1_to_2_of_cycle_2(
    rulebook: Rulebook, cycle: int, day: int, code: str
) -> None:
    assert ask(rulebook, drug="warfarin", cycle=cycle, cycle_day=day).headline == code


@pytest.mark.parametrize(
    "cycle, hours, code",
    [
        (1, 0.0, HIGH),
        (1, 215.999, HIGH),
        (1, 216.0, INFO),
        (1, 0.1 + 0.2 + 215.7, INFO),
        (2, 47.999, HIGH),
        (2, 48.0, INFO),
    ],
)
def test_day_9_ends_at_216_hours(rulebook: Rulebook, cycle: int, hours: float, code: str) -> None:
    assert ask(rulebook, drug="warfarin", cycle=cycle, hours_since_cycle_start=hours).headline == code


def test_day_and_hours_that_contradict_each_other_count_as_inside_when_one_is(rulebook: Rulebook) -> None:
    given = {"drug": "warfarin", "cycle": 1}
    assert ask(rulebook, **given, cycle_day=12, hours_since_cycle_start=100.0).headline == HIGH
    assert ask(rulebook, **given, cycle_day=9, hours_since_cycle_start=300.0).headline == HIGH
    assert ask(rulebook, **given, cycle_day=12, hours_since_cycle_start=300.0).headline == INFO


@pytest.mark.parametrize("cycle, code, incomplete", [(1, HIGH, True), (2, HIGH, True), (3, INFO, False)])
def test_a_missing_day_in_cycle_1_or_2_is_inside_the_window(
    rulebook: Rulebook, cycle: int, code: str, incomplete: bool
) -> None:
    verdict = ask(rulebook, drug="warfarin", cycle=cycle, crs_grade_now=0)
    assert verdict.headline == code
    assert ("INCOMPLETE" in verdict.flags) == incomplete


@pytest.mark.parametrize(
    "given, code",
    [
        ({"hours_since_restart_or_step": 48.0}, MOD),
        ({"hours_since_restart_or_step": 48.01}, INFO),
        ({"crs_grade_now": 1}, MOD),
        ({"crs_grade_now": 0}, INFO),
        ({"days_since_crs": 7.0}, MOD),
        ({"days_since_crs": 7.01}, INFO),
        ({"crs_grade_now": 0, "days_since_crs": 7.0}, MOD),
    ],
)
def test_a_step_a_restart_or_crs_makes_it_moderate(rulebook: Rulebook, given: dict[str, float], code: str) -> None:
    assert ask(rulebook, drug="tacrolimus", cycle=3, cycle_day=4, **given).codes[0] == (
        code if code == MOD else "DDI_IMMUNOSUPPRESSANT"
    )
    assert ask(rulebook, drug="phenytoin", cycle=3, cycle_day=4, **given).headline == code


def test_the_window_leads_over_crs(rulebook: Rulebook) -> None:
    assert codes(rulebook, drug="warfarin", cycle=1, cycle_day=3, crs_grade_now=2) == (HIGH,)


@pytest.mark.parametrize(
    "drug, limit_h",
    [
        ("carbamazepine", 48.0),
        ("theophylline", 48.0),
        ("venetoclax", 48.0),
        ("warfarin", 336.0),
        ("phenytoin", 336.0),
        ("fosphenytoin", 336.0),
        ("methadone", 336.0),
        ("amiodarone", 336.0),
        ("phenobarbital", 336.0),
    ],
)
def test_a_drug_is_active_for_48_hours_and_long_acting_ones_for_336(
    rulebook: Rulebook, drug: str, limit_h: float
) -> None:
    assert HIGH in codes(rulebook, drug=drug, cycle=1, cycle_day=3, hours_since_dose=limit_h)
    inactive = codes(rulebook, drug=drug, cycle=1, cycle_day=3, crs_grade_now=2, hours_since_dose=limit_h + 0.01)
    assert not {HIGH, MOD, INFO} & set(inactive)


def test_no_time_given_means_active(rulebook: Rulebook) -> None:
    assert ask(rulebook, drug="colchicine", cycle=1, cycle_day=3).headline == HIGH


def test_without_a_cycle_it_cannot_be_judged(rulebook: Rulebook) -> None:
    verdict = ask(rulebook, drug="warfarin", crs_grade_now=0)
    assert verdict.codes == ("DDI_NOT_EVALUABLE",)
    assert verdict.flags == ("INCOMPLETE",)


def test_without_a_cycle_crs_still_makes_it_moderate(rulebook: Rulebook) -> None:
    verdict = ask(rulebook, drug="warfarin", crs_grade_now=2)
    assert verdict.headline == MOD
    assert "INCOMPLETE" in verdict.flags


def test_an_inactive_drug_needs_no_cycle(rulebook: Rulebook) -> None:
    assert codes(rulebook, drug="warfarin", hours_since_dose=400.0) == ("DDI_NONE",)


def test_a_crs_grade_that_is_missing_leaves_a_harmless_answer_incomplete(rulebook: Rulebook) -> None:
    assert ask(rulebook, drug="warfarin", cycle=3, cycle_day=4).flags == ("INCOMPLETE",)
    assert ask(rulebook, drug="warfarin", cycle=3, cycle_day=4, crs_grade_now=0).flags == ()


def test_tacrolimus_ointment_is_not_systemic(rulebook: Rulebook) -> None:
    assert codes(rulebook, drug="tacrolimus", route="topical", cycle=1, cycle_day=3) == ("DDI_NONE",)


def test_digoxin_is_no_substrate_of_cyp450(rulebook: Rulebook) -> None:
    assert codes(rulebook, drug="digoxin", cycle=1, cycle_day=2) == ("DDI_PGP_INFO",)


@pytest.mark.parametrize("drug", ["fluconazole", "posaconazole"])
def test_inhibitors_that_are_cleared_otherwise_are_no_substrates(rulebook: Rulebook, drug: str) -> None:
    assert codes(rulebook, drug=drug, cycle=1, cycle_day=2) == ("DDI_NONE",)


def test_the_advice_names_what_to_watch_for_the_drug(rulebook: Rulebook) -> None:
    (finding,) = ask(rulebook, drug="warfarin", cycle=1, cycle_day=2).findings
    assert "INR daily" in finding.management
    assert (finding.severity, finding.evidence_level, finding.rule_id) == ("high", "label", "DDI-1")


@pytest.mark.parametrize("question", [{}, {"vaccine": "live"}, {"potassium_mmol_l": 3.0}])
def test_a_question_without_a_drug_says_nothing_of_cyp450(rulebook: Rulebook, question: dict[str, Any]) -> None:
    """Neither in the window nor beside CRS, where every drug of the table would have an answer."""
    for when in ({"cycle": 1, "cycle_day": 3}, {"cycle": 3, "crs_grade_now": 2}):
        assert not {HIGH, MOD, INFO} & set(codes(rulebook, **question, **when))


def test_a_cream_hardly_reaches_the_blood(rulebook: Rulebook) -> None:
    in_window: dict[str, Any] = {"drug": "tacrolimus", "cycle": 1, "cycle_day": 3}
    assert HIGH in codes(rulebook, **in_window, route="oral")
    assert not {HIGH, MOD, INFO} & set(codes(rulebook, **in_window, route="topical"))

"""AE-LIVER: grades of liver values, and daily tests that are late."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_events.judge import EventVerdict
from blinwatch.core.adverse_events.liver import judge_liver, judge_liver_labs
from blinwatch.core.labs.lab_book import NO_LABS
from blinwatch.core.labs.lab_view import LabView
from tests.core.adverse_events.support import START_MS, at, book_of, points, result_event, taken, view

RULEBOOK = load_rulebook()


def liver(alt: float = 0.5, ast: float = 0.5, bilirubin: float = 0.5, hours: float = 1) -> EventVerdict:
    """The grade of values given as multiples of a laboratory's own limit of 40 U/L or 20 µmol/L."""
    book = taken(
        RULEBOOK,
        result_event(RULEBOOK, "alt", 0, alt * 40, reference_high=40.0),
        result_event(RULEBOOK, "ast", 0, ast * 40, reference_high=40.0),
        result_event(RULEBOOK, "bilirubin", 0, bilirubin * 20, reference_high=20.0),
    )
    return judge_liver(LabView(book, at(hours), 40, RULEBOOK))


@pytest.mark.parametrize(
    "alt,code",
    [
        (3.0, "LIVER_NONE"),
        (3.01, "LIVER_G2"),
        (5.0, "LIVER_G2"),
        (5.01, "LIVER_G3"),
        (20.0, "LIVER_G3"),
        (20.01, "LIVER_G4"),
    ],
)
def test_alt_and_ast_by_grade(alt: float, code: str) -> None:
    assert liver(alt=alt).code == code
    assert liver(ast=alt).code == code


@pytest.mark.parametrize(
    "bilirubin,code",
    [
        (1.5, "LIVER_NONE"),
        (1.51, "LIVER_G2"),
        (3.0, "LIVER_G2"),
        (3.01, "LIVER_G3"),
        (10.0, "LIVER_G3"),
        (10.01, "LIVER_G4"),
    ],
)
def test_bilirubin_by_grade(bilirubin: float, code: str) -> None:
    assert liver(bilirubin=bilirubin).code == code


def test_the_worst_of_the_three_leads_and_each_shows_its_own_grade() -> None:
    judged = liver(alt=6, ast=2, bilirubin=11)
    assert (judged.code, judged.level, judged.holds) == ("LIVER_G4", 4, True)
    assert points(judged) == {"ALT": 3, "AST": 1, "bilirubin": 4}


def test_from_grade_3_the_words_say_that_the_infusion_is_interrupted() -> None:
    assert not any("DM-10" in sentence for sentence in liver(alt=5).because)
    assert any("DM-10" in sentence for sentence in liver(alt=5.01).because)
    assert "6 x the upper limit of normal (240 against 40)" in liver(alt=6).because[0]


def test_a_missing_value_makes_the_grade_at_least() -> None:
    judged = judge_liver(LabView(book_of(RULEBOOK, ("alt", 0, 30)), at(1), 40, RULEBOOK))
    assert (judged.code, judged.holds) == ("LIVER_NOT_EVALUABLE", False)
    assert judged.missing == ("AST", "bilirubin")
    judged = judge_liver(LabView(book_of(RULEBOOK, ("alt", 0, 400)), at(1), 40, RULEBOOK))
    assert (judged.code, judged.flags) == ("LIVER_G3", ("INCOMPLETE", "ULN_ASSUMED"))


def test_values_older_than_24_h_are_missing() -> None:
    assert liver(alt=6, hours=24).code == "LIVER_G3"
    assert liver(alt=6, hours=24.001).code == "LIVER_NOT_EVALUABLE"


def test_more_than_200_with_a_limit_of_40_is_above_five_times_and_may_be_more() -> None:
    book = taken(
        RULEBOOK,
        result_event(RULEBOOK, "alt", 0, 200, comparator=">", reference_high=40.0),
        result_event(RULEBOOK, "ast", 0, 20, reference_high=40.0),
        result_event(RULEBOOK, "bilirubin", 0, 10, reference_high=20.0),
    )
    judged = judge_liver(LabView(book, at(1), 40, RULEBOOK))
    assert judged.code == "LIVER_G3"
    assert judged.missing == ("ALT",)


@given(st.integers(1, 300), st.sampled_from(["mg/dL", "umol/L", "mg/L"]))
def test_bilirubin_grades_alike_in_every_unit(tenths: int, unit: str) -> None:
    per_unit = RULEBOOK.labs.analytes["bilirubin"].units
    limit_umol_l = 20.0
    event = result_event(
        RULEBOOK,
        "bilirubin",
        0,
        tenths / 10 * limit_umol_l / per_unit[unit],
        unit=unit,
        reference_high=limit_umol_l / per_unit[unit],
    )
    judged = judge_liver(LabView(taken(RULEBOOK, event), at(1), 40, RULEBOOK))
    assert points(judged)["bilirubin"] == sum(tenths > limit for limit in (10, 15, 30, 100))


# --- Daily tests ---------------------------------------------------------------------------------------------


def late(*results: tuple[str, float, float], hours: float) -> str | None:
    judged = judge_liver_labs(book_of(RULEBOOK, *results), START_MS, at(hours), RULEBOOK)
    return None if judged is None else judged.code


ALL_THREE = (("alt", 10.0, 30.0), ("ast", 10.0, 30.0), ("bilirubin", 10.0, 10.0))


@pytest.mark.parametrize("hours,code", [(24.499, "LIVER_LABS_NONE"), (24.5, "LIVER_LABS_OVERDUE")])
def test_the_first_tests_are_late_a_day_and_half_an_hour_after_the_start(hours: float, code: str) -> None:
    assert late(hours=hours) == code


@pytest.mark.parametrize("hours,code", [(34.499, "LIVER_LABS_NONE"), (34.5, "LIVER_LABS_OVERDUE")])
def test_the_next_tests_are_late_a_day_and_half_an_hour_after_the_last(hours: float, code: str) -> None:
    assert late(*ALL_THREE, hours=hours) == code


def test_one_of_the_three_missing_is_late_too_and_named(rulebook: Rulebook) -> None:
    judged = judge_liver_labs(book_of(rulebook, *ALL_THREE[:2]), START_MS, at(30), rulebook)
    assert judged is not None
    assert judged.code == "LIVER_LABS_OVERDUE"
    assert judged.missing == ("bilirubin",)
    assert judged.since_ms == at(24.5)


@pytest.mark.parametrize("hours,asked", [(-0.001, False), (0, True), (215.999, True), (216, False)])
def test_daily_tests_are_due_from_the_start_to_the_end_of_day_9(hours: float, *, asked: bool) -> None:
    assert (late(hours=hours) is not None) is asked


def test_nothing_is_due_without_a_start_or_after_the_therapy_ended(rulebook: Rulebook) -> None:
    assert judge_liver_labs(NO_LABS, None, at(30), rulebook) is None
    assert "LIVER_LABS_OVERDUE" in view(rulebook, 30, infusion_start_ms=START_MS).codes
    assert "LIVER_LABS_OVERDUE" not in view(rulebook, 30, infusion_start_ms=START_MS, therapy_ended=True).codes


def test_a_laboratory_s_own_limits_are_no_assumption_and_missing_ones_are() -> None:
    assert "ULN_ASSUMED" not in liver(alt=6).flags
    usual = book_of(RULEBOOK, ("alt", 0, 30), ("ast", 0, 30), ("bilirubin", 0, 10))
    assert "ULN_ASSUMED" in judge_liver(LabView(usual, at(1), 40, RULEBOOK)).flags

"""AE-TLS: criteria, their change, the 24 h in which they count together, and what makes it clinical."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_events.judge import EventVerdict
from blinwatch.core.adverse_events.tumour_lysis import judge_tumour_lysis
from blinwatch.core.labs.lab_book import LabBook
from blinwatch.core.labs.lab_view import LabView
from tests.core.adverse_events.support import START_MS, at, book_of, charted, result_event, taken, verdict, view

RULEBOOK = load_rulebook()
WELL = (("urate", 0, 300), ("potassium", 0, 4.2), ("phosphate", 0, 1.1), ("calcium", 0, 2.3), ("albumin", 0, 40))


def lysis(
    *results: tuple[str, float, float],
    hours: float = 1,
    age_years: float | None = 40,
    start_ms: int | None = START_MS,
    book: LabBook | None = None,
    **signs: bool,
) -> EventVerdict:
    """Tumour lysis at an hour, of normal results changed as named."""
    own = {analyte for analyte, _, _ in results}
    known = book_of(RULEBOOK, *(one for one in WELL if one[0] not in own), *results) if book is None else book
    judged = judge_tumour_lysis(
        LabView(known, at(hours), age_years, RULEBOOK),
        start_ms,
        arrhythmia=signs.get("arrhythmia"),
        seizure=signs.get("seizure"),
    )
    assert judged is not None
    return judged


def test_normal_results_are_no_tumour_lysis() -> None:
    judged = lysis()
    assert (judged.code, judged.score, judged.flags) == ("TLS_NONE", 0, ())


@pytest.mark.parametrize(
    "analyte,normal,abnormal",
    [
        ("urate", 475.9, 476),
        ("potassium", 5.99, 6.0),
        ("phosphate", 1.449, 1.45),
        ("calcium", 1.751, 1.75),
    ],
)
def test_each_criterion_from_both_sides(analyte: str, normal: float, abnormal: float) -> None:
    assert lysis((analyte, 0, normal)).score == 0
    assert lysis((analyte, 0, abnormal)).score == 1


@pytest.mark.parametrize(
    "age_years,phosphate,score",
    [(17.99, 2.09, 0), (17.99, 2.1, 1), (18.0, 1.45, 1), (18.0, 1.44, 0), (None, 1.45, 1)],
)
def test_the_phosphate_limit_is_higher_in_children(age_years: float | None, phosphate: float, score: int) -> None:
    judged = lysis(("phosphate", 0, phosphate), age_years=age_years)
    assert judged.score == score
    assert ("AGE_UNKNOWN" in judged.flags) is (age_years is None)


def test_two_criteria_are_laboratory_tumour_lysis_and_one_is_not() -> None:
    assert lysis(("urate", 0, 500)).code == "TLS_NONE"
    judged = lysis(("urate", 0, 500), ("potassium", 0, 6.4), arrhythmia=False, seizure=False)
    assert (judged.code, judged.score, judged.level) == ("TLS_LABORATORY", 2, 1)


@pytest.mark.parametrize("hours,code", [(24, "TLS_LABORATORY"), (24.001, "TLS_NOT_EVALUABLE")])
def test_criteria_count_together_within_24_h(hours: float, code: str) -> None:
    assert lysis(("urate", 0, 500), ("potassium", hours, 6.4), hours=hours).code == code


def test_a_value_that_was_treated_back_to_normal_within_24_h_still_counts() -> None:
    judged = lysis(("urate", 0, 500), ("potassium", 0, 6.4), ("potassium", 4, 4.5), hours=5)
    assert judged.code == "TLS_LABORATORY"


@pytest.mark.parametrize(
    "taken_h,asked_h,score",
    [(-72, -60, 1), (-72.01, -60, None), (168, 180, 1), (168.01, 180, None)],
)
def test_specimens_count_from_three_days_before_to_seven_days_after_the_start(
    taken_h: float, asked_h: float, score: int | None
) -> None:
    judged = judge_tumour_lysis(
        LabView(book_of(RULEBOOK, ("potassium", taken_h, 7.0)), at(asked_h), 40, RULEBOOK),
        START_MS,
        arrhythmia=None,
        seizure=None,
    )
    assert judged is not None
    assert judged.score == (score or 0)


@pytest.mark.parametrize("hours,asked", [(192, True), (192.001, False), (-72, True), (-72.001, False)])
def test_it_is_not_asked_outside_those_days(hours: float, *, asked: bool) -> None:
    view_then = LabView(book_of(RULEBOOK, *WELL), at(hours), 40, RULEBOOK)
    judged = judge_tumour_lysis(view_then, START_MS, arrhythmia=None, seizure=None)
    assert (judged is not None) is asked


def test_without_a_known_start_it_is_judged_all_the_same() -> None:
    judged = lysis(("urate", 0, 500), ("potassium", 0, 6.4), start_ms=None)
    assert judged.code == "TLS_LABORATORY"


# --- Change from baseline ------------------------------------------------------------------------------------


@pytest.mark.parametrize("urate,score", [(249.9, 0), (250, 1)])
def test_a_rise_by_a_quarter_from_the_last_result_before_the_start_is_a_criterion(urate: float, score: int) -> None:
    judged = lysis(("urate", -10, 190), ("urate", -2, 200), ("urate", 3, urate), hours=3)
    assert judged.score == score


@pytest.mark.parametrize("calcium,score", [(1.81, 0), (1.8, 1)])
def test_a_fall_of_calcium_by_a_quarter_is_a_criterion(calcium: float, score: int) -> None:
    judged = lysis(("calcium", -2, 2.4), ("calcium", 3, calcium), ("albumin", -2, 40), hours=3)
    assert judged.score == score


def test_without_a_result_before_the_start_the_first_one_is_the_baseline() -> None:
    assert lysis(("potassium", 2, 4.0), ("potassium", 10, 5.0), hours=10).score == 1
    assert lysis(("potassium", 2, 4.0), ("potassium", 10, 4.9), hours=10).score == 0


def test_a_baseline_of_more_than_three_days_before_the_start_is_none() -> None:
    assert lysis(("potassium", -73, 3.0), ("potassium", 5, 4.5), hours=6).score == 0
    assert lysis(("potassium", -72, 3.0), ("potassium", 5, 4.5), hours=6).score == 1


def test_a_result_with_a_comparator_is_no_baseline() -> None:
    book = taken(
        RULEBOOK,
        result_event(RULEBOOK, "urate", -2, 60, comparator="<"),
        result_event(RULEBOOK, "urate", 3, 300),
    )
    assert lysis(book=book, hours=3).score == 0


def test_improvement_is_no_criterion() -> None:
    assert lysis(("urate", -2, 400), ("urate", 3, 200), ("calcium", -2, 2.0), ("calcium", 3, 2.6), hours=3).score == 0


# --- Calcium -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("albumin,score", [(30, 0), (29, 0), (40, 1), (45, 1)])
def test_calcium_is_corrected_for_albumin(albumin: float, score: int) -> None:
    assert lysis(("calcium", 0, 1.74), ("albumin", 0, albumin)).score == score


def test_the_correction_is_exact_at_the_limit() -> None:
    assert lysis(("calcium", 0, 1.55), ("albumin", 0, 30)).score == 1
    assert lysis(("calcium", 0, 1.56), ("albumin", 0, 30)).score == 0


def test_calcium_without_an_albumin_within_24_h_counts_as_measured_and_says_so() -> None:
    book = book_of(RULEBOOK, *WELL[:3], ("calcium", 0, 1.7), ("albumin", -24.01, 20))
    judged = lysis(book=book)
    assert judged.score == 1
    assert any("albumin" in name for name in judged.missing)
    near = book_of(RULEBOOK, *WELL[:3], ("calcium", 0, 1.7), ("albumin", -24, 20))
    assert lysis(book=near).score == 0


def test_the_laboratorys_own_corrected_calcium_leads() -> None:
    judged = lysis(("calcium", 0, 1.5), ("calcium_corrected", 0, 2.2))
    assert judged.score == 0
    assert lysis(("calcium", 0, 2.2), ("calcium_corrected", 0, 1.7)).score == 1


# --- Clinical ------------------------------------------------------------------------------------------------

LABORATORY = (("urate", 0, 500), ("potassium", 0, 6.4))


@pytest.mark.parametrize("creatinine,code", [(158.3, "TLS_LABORATORY"), (158.4, "TLS_CLINICAL")])
def test_creatinine_of_one_and_a_half_times_normal_makes_it_clinical(creatinine: float, code: str) -> None:
    judged = lysis(*LABORATORY, ("creatinine", 0, creatinine), arrhythmia=False, seizure=False)
    assert judged.code == code
    assert "ULN_ASSUMED" in judged.flags


def test_the_laboratorys_own_limit_of_creatinine_leads() -> None:
    event = result_event(RULEBOOK, "creatinine", 0, 150, reference_high=100.0)
    judged = lysis(book=taken(RULEBOOK, event, book=book_of(RULEBOOK, *WELL[2:], *LABORATORY)))
    assert judged.code == "TLS_CLINICAL"
    assert "ULN_ASSUMED" not in judged.flags


@pytest.mark.parametrize("sign", ["arrhythmia", "seizure"])
def test_an_arrhythmia_or_a_seizure_makes_it_clinical(sign: str) -> None:
    judged = lysis(*LABORATORY, **{sign: True})
    assert (judged.code, judged.level) == ("TLS_CLINICAL", 2)


def test_signs_without_the_laboratory_are_no_tumour_lysis() -> None:
    assert lysis(("urate", 0, 500), ("creatinine", 0, 400), arrhythmia=True).code == "TLS_NONE"


def test_a_laboratory_tumour_lysis_asks_for_the_signs_that_nobody_charted() -> None:
    judged = lysis(*LABORATORY)
    assert judged.code == "TLS_LABORATORY"
    assert judged.missing == ("creatinine", "arrhythmia (yes or no)", "seizure (yes or no)")
    assert "INCOMPLETE" in judged.flags


def test_missing_results_are_named_and_one_criterion_is_then_at_least_one() -> None:
    judged = lysis(book=book_of(RULEBOOK, ("potassium", 0, 6.5)))
    assert judged.code == "TLS_NOT_EVALUABLE"
    assert judged.missing == ("uric acid", "phosphate", "corrected calcium")


def test_a_result_that_may_or_may_not_reach_its_limit_is_missing() -> None:
    book = taken(RULEBOOK, result_event(RULEBOOK, "potassium", 0, 5, comparator=">"), book=book_of(RULEBOOK, *WELL[2:]))
    book = taken(RULEBOOK, result_event(RULEBOOK, "urate", 0, 300), book=book)
    assert lysis(book=book).missing == ("potassium",)


def test_a_charted_or_examined_seizure_counts_in_the_whole(rulebook: Rulebook) -> None:
    book = book_of(rulebook, *WELL[2:], *LABORATORY)
    started: dict[str, Any] = {"infusion_start_ms": START_MS}
    assert verdict(view(rulebook, 1, book=book, **started), "AE-TLS").code == "TLS_LABORATORY"
    assert verdict(view(rulebook, 1, charted(1, seizure=True), book, **started), "AE-TLS").code == "TLS_CLINICAL"
    assert verdict(view(rulebook, 1, book=book, seizure_24h=True, **started), "AE-TLS").code == "TLS_CLINICAL"
    no_seizure = verdict(view(rulebook, 1, book=book, seizure_24h=False, **started), "AE-TLS")
    assert "seizure (yes or no)" not in no_seizure.missing


@given(st.sampled_from(["urate", "potassium", "phosphate"]), st.floats(0.5, 19), st.floats(0.5, 19))
def test_a_higher_value_never_takes_a_criterion_back(analyte: str, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert (lysis((analyte, 0, high)).score or 0) >= (lysis((analyte, 0, low)).score or 0)


@given(st.integers(1, 200))
def test_uric_acid_in_mg_per_dl_gives_the_same_verdict_as_in_umol_per_l(tenths: int) -> None:
    in_mg = taken(RULEBOOK, result_event(RULEBOOK, "urate", 0, tenths / 10, unit="mg/dL"))
    in_umol = taken(RULEBOOK, result_event(RULEBOOK, "urate", 0, tenths / 10 * 59.5))
    assert lysis(book=in_mg).score == lysis(book=in_umol).score == int(tenths >= 80)


def test_below_two_criteria_nothing_is_clinical_and_no_limit_of_normal_was_needed() -> None:
    """A creatinine without the laboratory's own limit is only read once there is a laboratory tumour lysis."""
    judged = lysis(("potassium", 0, 6.4), ("creatinine", 0, 300))
    assert (judged.code, judged.level, judged.holds) == ("TLS_NONE", 0, False)
    assert "ULN_ASSUMED" not in judged.flags
    both = lysis(("potassium", 0, 6.4), ("urate", 0, 500), ("creatinine", 0, 300))
    assert (both.code, both.level) == ("TLS_CLINICAL", 2)
    assert "ULN_ASSUMED" in both.flags

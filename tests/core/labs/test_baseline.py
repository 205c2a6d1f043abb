"""The result that a change is measured from: the last before the first drop, else the first after it."""

import pytest

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.labs.baseline import baseline
from blinwatch.core.labs.lab_book import LabBook, known_results
from tests.core.labs.lab_support import at, book_of, result_event, taken


def baseline_value(
    rulebook: Rulebook, book: LabBook, *, start_h: float | None = 0, analyte: str = "potassium"
) -> float | None:
    """The baseline for the last result in the book."""
    last = known_results(book, analyte, at(10_000))[-1]
    found = baseline(book, analyte, None if start_h is None else at(start_h), last, rulebook)
    return None if found is None else found.value


def test_the_last_result_before_the_first_drop_is_the_baseline(rulebook: Rulebook) -> None:
    book = book_of(
        rulebook, ("potassium", -48, 3.9), ("potassium", -2, 4.1), ("potassium", 6, 4.8), ("potassium", 24, 6.1)
    )
    assert baseline_value(rulebook, book) == 4.1


@pytest.mark.parametrize("drawn_h,expected", [(0.0, 4.5), (0.001, 4.1)])
def test_a_specimen_drawn_at_the_very_first_drop_is_still_one_before_treatment(
    rulebook: Rulebook, drawn_h: float, expected: float
) -> None:
    book = book_of(rulebook, ("potassium", -2, 4.1), ("potassium", drawn_h, 4.5), ("potassium", 24, 6.1))
    assert baseline_value(rulebook, book) == expected


@pytest.mark.parametrize("drawn_h,expected", [(-72.0, 3.9), (-72.001, 4.8)])
def test_a_result_of_more_than_3_days_before_the_start_is_too_old(
    rulebook: Rulebook, drawn_h: float, expected: float
) -> None:
    book = book_of(rulebook, ("potassium", drawn_h, 3.9), ("potassium", 6, 4.8), ("potassium", 24, 6.1))
    assert baseline_value(rulebook, book) == expected


def test_without_a_result_before_the_start_the_first_after_it_serves(rulebook: Rulebook) -> None:
    book = book_of(rulebook, ("potassium", 6, 4.8), ("potassium", 12, 5.2), ("potassium", 24, 6.1))
    assert baseline_value(rulebook, book) == 4.8


def test_a_result_is_never_its_own_baseline(rulebook: Rulebook) -> None:
    assert baseline_value(rulebook, book_of(rulebook, ("potassium", 6, 4.8))) is None


def test_a_result_beyond_what_the_analyser_reads_is_no_baseline(rulebook: Rulebook) -> None:
    beyond = result_event(rulebook, "potassium", -1, 10.0, comparator=">")
    book = taken(rulebook, beyond, book=book_of(rulebook, ("potassium", -3, 4.1), ("potassium", 24, 6.1)))
    assert baseline_value(rulebook, book) == 4.1


@pytest.mark.parametrize("first_h,expected", [(0.0, 3.9), (-0.001, 4.4)])
def test_where_nobody_knows_the_start_the_first_result_of_the_last_10_days_serves(
    rulebook: Rulebook, first_h: float, expected: float
) -> None:
    book = book_of(rulebook, ("potassium", first_h, 3.9), ("potassium", 100, 4.4), ("potassium", 240, 6.1))
    assert baseline_value(rulebook, book, start_h=None) == expected

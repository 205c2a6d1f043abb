"""AE-ANC: severe and prolonged neutropenia."""

import pytest

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_events.neutropenia import judge_neutropenia
from blinwatch.core.labs.lab_book import NO_LABS
from tests.core.adverse_events.support import at, book_of, result_event, taken


@pytest.mark.parametrize("anc,code", [(0.49, "NEUTROPENIA_SEVERE"), (0.5, "NEUTROPENIA_NONE")])
def test_neutrophils_below_one_half_are_severe(anc: float, code: str, rulebook: Rulebook) -> None:
    assert judge_neutropenia(book_of(rulebook, ("anc", 0, anc)), at(1), rulebook).code == code


@pytest.mark.parametrize("hours,code", [(167.99, "NEUTROPENIA_SEVERE"), (168, "NEUTROPENIA_PROLONGED")])
def test_seven_full_days_are_prolonged(hours: float, code: str, rulebook: Rulebook) -> None:
    book = book_of(rulebook, *(("anc", 24.0 * day, 0.3) for day in range(7)))
    judged = judge_neutropenia(book, at(hours), rulebook)
    assert judged.code == code
    assert judged.since_ms == at(0)


def test_a_count_of_one_half_in_between_begins_the_seven_days_again(rulebook: Rulebook) -> None:
    days = [("anc", 24.0 * day, 0.5 if day == 6 else 0.3) for day in range(8)]
    assert judge_neutropenia(book_of(rulebook, *days), at(7 * 24 + 1), rulebook).code == "NEUTROPENIA_SEVERE"


@pytest.mark.parametrize("hours,flags", [(24, ()), (24.001, ("INCOMPLETE",))])
def test_a_low_count_older_than_24_h_still_holds_but_is_incomplete(
    hours: float, flags: tuple[str, ...], rulebook: Rulebook
) -> None:
    judged = judge_neutropenia(book_of(rulebook, ("anc", 0, 0.3)), at(hours), rulebook)
    assert (judged.code, judged.flags) == ("NEUTROPENIA_SEVERE", flags)


@pytest.mark.parametrize("hours,code", [(168, "NEUTROPENIA_PROLONGED"), (168.001, "NEUTROPENIA_NOT_EVALUABLE")])
def test_a_low_count_of_more_than_a_week_ago_is_missing(hours: float, code: str, rulebook: Rulebook) -> None:
    assert judge_neutropenia(book_of(rulebook, ("anc", 0, 0.3)), at(hours), rulebook).code == code


@pytest.mark.parametrize("hours,code", [(24, "NEUTROPENIA_NONE"), (24.001, "NEUTROPENIA_NOT_EVALUABLE")])
def test_a_good_count_is_missing_after_24_h_and_never_no_neutropenia(
    hours: float, code: str, rulebook: Rulebook
) -> None:
    judged = judge_neutropenia(book_of(rulebook, ("anc", 0, 2.0)), at(hours), rulebook)
    assert judged.code == code
    assert judged.holds is False


def test_without_a_count_it_cannot_be_evaluated(rulebook: Rulebook) -> None:
    judged = judge_neutropenia(NO_LABS, at(0), rulebook)
    assert judged.code == "NEUTROPENIA_NOT_EVALUABLE"
    assert judged.flags == ("INCOMPLETE",)
    assert judged.missing


def test_a_count_that_may_be_low_cannot_be_evaluated(rulebook: Rulebook) -> None:
    book = taken(rulebook, result_event(rulebook, "anc", 0, 0.3, comparator=">"))
    assert judge_neutropenia(book, at(1), rulebook).code == "NEUTROPENIA_NOT_EVALUABLE"


def test_the_words_tell_the_count_how_long_and_what_dose_advice_says(rulebook: Rulebook) -> None:
    book = book_of(rulebook, *(("anc", 24.0 * day, 0.3) for day in range(8)))
    words = " ".join(judge_neutropenia(book, at(7 * 24 + 2), rulebook).because)
    assert "0.3 10*9/L" in words
    assert "7 d 2 h" in words
    assert "DM-14" in words
    fresh = judge_neutropenia(book_of(rulebook, ("anc", 0, 0.3)), at(0.1), rulebook)
    assert fresh.because == ("neutrophil count 0.3 10*9/L, below 0.5 (AE-ANC)",)

"""LAB-2, LAB-3: what is remembered of results, for how long one counts, and against which limit."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.events import LabResulted
from blinwatch.core.labs.lab_book import (
    NO_LABS,
    LabBook,
    anc_low_since_ms,
    describe,
    hours_old,
    known_results,
    last_known,
    latest,
    next_stale_ms,
    take_lab,
    uln_multiple,
    uln_of,
)
from tests.core.labs.lab_support import HOUR_MS, at, book_of, refusal, result_event, taken

RULEBOOK = load_rulebook()


def value_at(book: LabBook, analyte: str, hours: float, rulebook: Rulebook) -> float | None:
    result = latest(book, analyte, at(hours), rulebook)
    return None if result is None else result.value


def test_a_result_counts_for_24_h_and_is_missing_a_millisecond_later(rulebook: Rulebook) -> None:
    book = book_of(rulebook, ("alt", 0, 88))
    assert latest(book, "alt", at(24), rulebook) is not None
    assert latest(book, "alt", at(24) + 1, rulebook) is None
    assert last_known(book, "alt", at(24) + 1) is not None


def test_a_result_does_not_count_before_its_specimen_was_taken(rulebook: Rulebook) -> None:
    book = book_of(rulebook, ("alt", 2, 88))
    assert latest(book, "alt", at(2) - 1, rulebook) is None
    assert value_at(book, "alt", 2, rulebook) == 88


def test_the_newest_specimen_counts_whatever_came_first(rulebook: Rulebook) -> None:
    early, late = result_event(rulebook, "alt", 1, 50), result_event(rulebook, "alt", 5, 90)
    for order in ((early, late), (late, early)):
        assert value_at(taken(rulebook, *order), "alt", 6, rulebook) == 90


def test_nothing_is_known_of_an_analyte_that_was_never_measured(rulebook: Rulebook) -> None:
    assert latest(NO_LABS, "alt", at(0), rulebook) is None
    assert last_known(NO_LABS, "alt", at(0)) is None
    assert known_results(NO_LABS, "alt", at(0)) == ()
    assert uln_multiple(NO_LABS, "alt", at(0), rulebook) is None
    assert next_stale_ms(NO_LABS, at(0), rulebook) is None


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_correction_replaces_the_result_of_the_same_specimen_in_any_order(
    order: tuple[int, ...], rulebook: Rulebook
) -> None:
    events = (
        result_event(rulebook, "potassium", 3, 7.5, status="preliminary", event_id="p"),
        result_event(rulebook, "potassium", 3, 7.1, event_id="f"),
        result_event(rulebook, "potassium", 3, 4.1, status="corrected", event_id="c"),
    )
    book = taken(rulebook, *(events[number] for number in order))
    assert [result.value for result in known_results(book, "potassium", at(4))] == [4.1]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_cancelled_result_is_withdrawn_in_any_order_and_the_one_before_counts_again(
    order: tuple[int, ...], rulebook: Rulebook
) -> None:
    events = (
        result_event(rulebook, "lipase", 1, 40),
        result_event(rulebook, "lipase", 3, 900, event_id="f"),
        result_event(rulebook, "lipase", 3, 0, status="cancelled", event_id="x"),
    )
    book = taken(rulebook, *(events[number] for number in order))
    assert value_at(book, "lipase", 4, rulebook) == 40


def test_a_cancellation_is_taken_whatever_value_and_unit_it_carries(rulebook: Rulebook) -> None:
    book = book_of(rulebook, ("alt", 1, 900))
    event = result_event(rulebook, "alt", 1, -1, status="cancelled", unit="none", event_id="x")
    assert latest(taken(rulebook, event, book=book), "alt", at(2), rulebook) is None


def test_a_result_sent_twice_is_one_result(rulebook: Rulebook) -> None:
    event = result_event(rulebook, "alt", 1, 88)
    book = taken(rulebook, event)
    assert taken(rulebook, event, book=book) is book


def test_a_preliminary_result_counts_and_says_so(rulebook: Rulebook) -> None:
    book = taken(rulebook, result_event(rulebook, "anc", 1, 0.4, status="preliminary"))
    newest = latest(book, "anc", at(2), rulebook)
    assert newest is not None
    assert newest.status == "preliminary"


def test_a_refused_result_leaves_a_reason_and_nothing_else(rulebook: Rulebook) -> None:
    assert "accepted are" in refusal(rulebook, result_event(rulebook, "alt", 0, 5, unit="mg/dL"))
    unknown = result_event(rulebook, "alt", 0, 5, loinc="33959-8")
    assert "33959-8" in refusal(rulebook, unknown)
    assert "33959-8" in refusal(rulebook, replace(unknown, status="cancelled"))


def test_a_reason_names_no_patient(rulebook: Rulebook) -> None:
    assert "pt-1" not in refusal(rulebook, result_event(rulebook, "alt", 0, 5, unit="mg/dL"))


# --- Upper limit of normal -----------------------------------------------------------------------------------


def test_the_laboratorys_own_limit_is_converted_with_the_value(rulebook: Rulebook) -> None:
    book = taken(rulebook, result_event(rulebook, "bilirubin", 0, 3.0, unit="mg/dL", reference_high=1.0))
    assert uln_multiple(book, "bilirubin", at(1), rulebook) == pytest.approx(3.0)
    result = latest(book, "bilirubin", at(1), rulebook)
    assert result is not None
    assert result.uln == pytest.approx(17.104)


def test_a_result_without_a_limit_is_set_against_a_usual_one_that_is_marked_as_assumed(rulebook: Rulebook) -> None:
    book = book_of(rulebook, ("alt", 0, 200))
    assert uln_multiple(book, "alt", at(1), rulebook) == pytest.approx(5.0)
    result = latest(book, "alt", at(1), rulebook)
    assert result is not None
    uln = uln_of(result, "alt", None, rulebook)
    assert uln is not None
    assert uln.assumed


def test_a_limit_of_zero_is_no_limit(rulebook: Rulebook) -> None:
    book = taken(rulebook, result_event(rulebook, "alt", 0, 200, reference_high=0.0))
    assert uln_multiple(book, "alt", at(1), rulebook) == pytest.approx(5.0)


def test_an_analyte_without_any_limit_has_no_multiple(rulebook: Rulebook) -> None:
    assert uln_multiple(book_of(rulebook, ("lactate", 0, 3)), "lactate", at(1), rulebook) is None


@pytest.mark.parametrize(
    "age_years,uln",
    [(0.5, 35.4), (1.0, 61.6), (11.99, 61.6), (12.0, 88.0), (15.99, 88.0), (16.0, 105.6), (40, 105.6), (None, 105.6)],
)
def test_the_usual_limit_of_creatinine_goes_by_age(age_years: float | None, uln: float, rulebook: Rulebook) -> None:
    book = book_of(rulebook, ("creatinine", 0, 100))
    assert uln_multiple(book, "creatinine", at(1), rulebook, age_years) == pytest.approx(100 / uln)


def test_a_multiple_is_missing_when_the_result_is_stale(rulebook: Rulebook) -> None:
    book = book_of(rulebook, ("alt", 0, 200))
    assert uln_multiple(book, "alt", at(24), rulebook) is not None
    assert uln_multiple(book, "alt", at(24) + 1, rulebook) is None


# --- A run of low neutrophil counts --------------------------------------------------------------------------


def test_neutrophils_are_low_since_the_first_count_of_the_unbroken_run(rulebook: Rulebook) -> None:
    book = book_of(rulebook, ("anc", 0, 0.3), ("anc", 24, 0.5), ("anc", 48, 0.49), ("anc", 72, 0.2))
    assert anc_low_since_ms(book, at(80), rulebook) == at(48)


def test_neutrophils_are_not_low_when_the_newest_count_is_not(rulebook: Rulebook) -> None:
    book = book_of(rulebook, ("anc", 0, 0.3), ("anc", 24, 0.5))
    assert anc_low_since_ms(book, at(30), rulebook) is None
    assert anc_low_since_ms(NO_LABS, at(30), rulebook) is None


def test_a_run_of_low_counts_does_not_end_because_nobody_looked(rulebook: Rulebook) -> None:
    assert anc_low_since_ms(book_of(rulebook, ("anc", 0, 0.3)), at(200), rulebook) == at(0)


def test_a_count_that_may_be_low_does_not_end_a_run_but_does_not_begin_one(rulebook: Rulebook) -> None:
    open_count = result_event(rulebook, "anc", 24, 0.3, comparator=">")
    book = taken(rulebook, result_event(rulebook, "anc", 0, 0.3), open_count, result_event(rulebook, "anc", 48, 0.1))
    assert anc_low_since_ms(book, at(50), rulebook) == at(0)
    assert anc_low_since_ms(book, at(30), rulebook) is None


def test_counts_below_detection_are_low(rulebook: Rulebook) -> None:
    book = taken(rulebook, *(result_event(rulebook, "anc", 12 * n, 0.5, comparator="<") for n in range(20)))
    assert anc_low_since_ms(book, at(240), rulebook) == at(0)


def test_eight_days_of_low_counts_four_times_a_day_are_remembered_from_the_first_day(rulebook: Rulebook) -> None:
    counts = [result_event(rulebook, "anc", 6.0 * n, 0.3) for n in range(4 * 8)]
    since_ms = anc_low_since_ms(taken(rulebook, *counts), at(8 * 24), rulebook)
    assert since_ms is not None
    assert since_ms - at(0) < 24 * HOUR_MS


def test_a_day_with_one_low_count_stays_low_in_the_shortened_history(rulebook: Rulebook) -> None:
    days = [
        result_event(rulebook, "anc", 24.0 * n + hour, value) for n in range(9) for hour, value in ((1, 0.8), (7, 0.2))
    ]
    assert anc_low_since_ms(taken(rulebook, *days[:12]), at(24 * 6), rulebook) == at(24 * 5 + 7)
    whole = anc_low_since_ms(taken(rulebook, *days), at(24 * 9), rulebook)
    assert whole is not None


# --- How much is remembered ----------------------------------------------------------------------------------


def test_the_last_two_days_are_remembered_in_full_and_one_result_a_day_before(rulebook: Rulebook) -> None:
    book = book_of(rulebook, *(("potassium", 8.0 * n, 4.0 + n / 100) for n in range(15)))
    recent = [result.at_ms for result in known_results(book, "potassium", at(120), at(112 - 48))]
    assert recent == [at(8.0 * n) for n in range(8, 15)]
    older = known_results(book, "potassium", at(60))
    assert len({result.at_ms // (24 * HOUR_MS) for result in older}) == len(older)


def test_a_late_result_of_an_older_day_is_kept_if_it_is_that_days_first(rulebook: Rulebook) -> None:
    book = book_of(rulebook, *(("potassium", 24.0 * n, 4.0) for n in range(8)))
    before = known_results(book, "potassium", at(60))
    assert len(before) == 3
    late = taken(rulebook, result_event(rulebook, "potassium", 50, 6.5), book=book)
    assert known_results(late, "potassium", at(60)) == before
    earlier = taken(rulebook, result_event(rulebook, "potassium", 41, 6.5), book=book)
    assert at(41) in [result.at_ms for result in known_results(earlier, "potassium", at(60))]


def test_an_older_result_can_still_be_corrected_and_withdrawn(rulebook: Rulebook) -> None:
    book = book_of(rulebook, *(("potassium", 24.0 * n, 4.0) for n in range(6)))
    fixed = taken(rulebook, result_event(rulebook, "potassium", 24, 5.5, status="corrected", event_id="c"), book=book)
    assert [one.value for one in known_results(fixed, "potassium", at(24), at(24))] == [5.5]
    gone = taken(rulebook, result_event(rulebook, "potassium", 24, 0, status="cancelled", event_id="x"), book=book)
    assert known_results(gone, "potassium", at(24), at(24)) == ()
    again = result_event(rulebook, "potassium", 24, 9.0, status="preliminary", event_id="p")
    assert taken(rulebook, again, book=book) is book


def test_28_days_of_everything_every_six_hours_stay_below_24_kib(rulebook: Rulebook) -> None:
    book = NO_LABS
    for step in range(28 * 4):
        for analyte, entry in rulebook.labs.analytes.items():
            event = result_event(
                rulebook, analyte, 6.0 * step, sum(entry.possible) / 3, event_id=f"{analyte:->30}{step:06}"
            )
            book = taken(rulebook, event, book=book)
    assert len(TypeAdapter(LabBook).dump_json(book)) < 24 * 1024


def test_a_book_survives_being_stored(rulebook: Rulebook) -> None:
    book = taken(
        rulebook,
        *(result_event(rulebook, "anc", 24.0 * n, 0.5, comparator="<") for n in range(6)),
        result_event(rulebook, "alt", 3, 9, reference_high=40.0, status="preliminary"),
    )
    adapter = TypeAdapter(LabBook)
    assert adapter.validate_json(adapter.dump_json(book)) == book


_EVENTS = st.lists(
    st.builds(
        lambda hour, value, analyte, status: result_event(
            RULEBOOK, analyte, hour, value, status=status, event_id=f"{analyte}-{hour}-{status}-{value:g}"
        ),
        st.sampled_from([0, 1, 5, 24, 30, 47, 72, 96, 100, 120]),
        st.sampled_from([0.2, 0.4, 0.7, 1.5]),
        st.sampled_from(["anc", "lactate"]),
        st.sampled_from(["preliminary", "final", "corrected"]),
    ),
    max_size=12,
    unique_by=lambda event: (event.loinc, event.occurred_at),
)


@given(_EVENTS, st.randoms(use_true_random=False))
def test_results_in_any_order_make_the_same_book(events: list[LabResulted], random: object) -> None:
    shuffled = list(events)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for analyte in ("anc", "lactate"):
        one, other = taken(RULEBOOK, *events), taken(RULEBOOK, *shuffled)
        assert one.series.get(analyte) == other.series.get(analyte)


@given(
    st.sampled_from(sorted(RULEBOOK.labs.analytes)),
    st.floats(-1e9, 1e9),
    st.text(min_size=1, max_size=12),
    st.sampled_from([None, "<", "<=", ">", ">="]),
    st.sampled_from(["preliminary", "final", "corrected", "cancelled"]),
    st.one_of(st.none(), st.floats(-1e9, 1e9)),
)
def test_no_valid_result_ever_raises(
    analyte: str, value: float, unit: str, comparator: object, status: object, high: float | None
) -> None:
    for sent in (unit, RULEBOOK.labs.analytes[analyte].unit):
        event = result_event(
            RULEBOOK, analyte, 0, value, unit=sent, comparator=comparator, status=status, reference_high=high
        )
        book, refused = take_lab(NO_LABS, event, at(0), RULEBOOK)
        multiple = uln_multiple(book, analyte, at(1), RULEBOOK)
        assert (refused is None) or book is NO_LABS
        assert multiple is None or multiple >= 0


def test_the_next_moment_is_when_the_first_result_goes_stale(rulebook: Rulebook) -> None:
    book = book_of(rulebook, ("alt", 0, 30), ("anc", 5, 1.5))
    assert next_stale_ms(book, at(6), rulebook) == at(24) + 1
    assert next_stale_ms(book, at(24) + 1, rulebook) == at(29) + 1
    assert next_stale_ms(book, at(29) + 1, rulebook) is None


def test_a_result_in_words(rulebook: Rulebook) -> None:
    book = taken(rulebook, result_event(rulebook, "anc", 0, 0.1, comparator="<"))
    newest = last_known(book, "anc", at(30))
    assert newest is not None
    assert describe(newest, "anc", rulebook) == "neutrophil count <0.1 10*9/L"
    assert hours_old(newest, at(30)) == "30 h"

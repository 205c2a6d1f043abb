"""AE-FN: fever and neutrophils, each limit from both sides."""

import pytest

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_events.febrile_neutropenia import judge_febrile_neutropenia, read_fever
from blinwatch.core.adverse_events.judge import NOTHING_REMEMBERED, EventMemory, EventVerdict
from blinwatch.core.adverse_events.neutropenia import read_neutrophils
from blinwatch.core.labs.lab_book import NO_LABS, LabBook
from tests.core.adverse_events.support import at, book_of, result_event, taken, temperatures, verdict, view


def judge(
    rulebook: Rulebook, hours: float, memory: EventMemory, book: LabBook, temperature_c: float | None = None
) -> EventVerdict:
    fever = read_fever(memory.fever, temperature_c, at(hours), rulebook)
    return judge_febrile_neutropenia(fever, read_neutrophils(book, at(hours), rulebook), at(hours), rulebook)


@pytest.mark.parametrize("temperature_c,code", [(38.2, "FN_NONE"), (38.3, "FN_ALERT")])
def test_a_single_temperature_of_38_3_is_a_fever_and_38_2_is_not(
    temperature_c: float, code: str, rulebook: Rulebook
) -> None:
    memory = temperatures(rulebook, (1, temperature_c))
    judged = judge(rulebook, 1, memory, book_of(rulebook, ("anc", 0, 0.2)), temperature_c)
    assert judged.code == code


@pytest.mark.parametrize("minutes,code", [(59, "FN_NONE"), (60, "FN_ALERT")])
def test_38_0_for_an_hour_is_a_fever_and_for_59_minutes_it_is_not(minutes: int, code: str, rulebook: Rulebook) -> None:
    memory = temperatures(rulebook, (1, 38.0), (1 + minutes / 60, 38.0))
    assert judge(rulebook, 1 + minutes / 60, memory, book_of(rulebook, ("anc", 0, 0.2)), 38.0).code == code


def test_one_reading_of_38_0_is_a_fever_an_hour_later_because_it_is_taken_to_hold(rulebook: Rulebook) -> None:
    memory = temperatures(rulebook, (1, 38.0))
    book = book_of(rulebook, ("anc", 0, 0.2))
    assert judge(rulebook, 1.99, memory, book, 38.0).code == "FN_NONE"
    assert judge(rulebook, 2, memory, book, 38.0).code == "FN_ALERT"


def test_37_9_lasts_for_ever_without_being_a_fever(rulebook: Rulebook) -> None:
    memory = temperatures(rulebook, *((hours, 37.9) for hours in range(1, 6)))
    assert judge(rulebook, 6, memory, book_of(rulebook, ("anc", 5, 0.2)), 37.9).code == "FN_NONE"


def test_a_reading_of_37_9_in_between_begins_the_hour_again(rulebook: Rulebook) -> None:
    memory = temperatures(rulebook, (1, 38.1), (1.5, 37.9), (1.6, 38.1))
    book = book_of(rulebook, ("anc", 0, 0.2))
    assert judge(rulebook, 2.5, memory, book, 38.1).code == "FN_NONE"
    assert judge(rulebook, 2.6, memory, book, 38.1).code == "FN_ALERT"


def test_a_temperature_holds_for_4_h_and_silence_beyond_ends_the_run(rulebook: Rulebook) -> None:
    memory = temperatures(rulebook, (1, 38.1), (5, 38.1))
    assert memory.fever.since_ms == at(1)
    memory = temperatures(rulebook, (1, 38.1), (5.01, 38.1))
    assert memory.fever.since_ms == at(5.01)
    assert memory.fever.lasted_until_ms == at(5)


@pytest.mark.parametrize("hours,code", [(25, "FN_ALERT"), (25.001, "FN_NONE")])
def test_a_fever_counts_for_24_h_after_it_was_measured(hours: float, code: str, rulebook: Rulebook) -> None:
    memory = temperatures(rulebook, (1, 38.6), (1.5, 36.9))
    book = book_of(rulebook, ("anc", 20, 0.2))
    assert judge(rulebook, hours, memory, book, 36.9).code == code


@pytest.mark.parametrize("hours,code", [(27, "FN_ALERT"), (27.001, "FN_NONE")])
def test_a_fever_that_lasted_counts_for_24_h_after_its_end(hours: float, code: str, rulebook: Rulebook) -> None:
    memory = temperatures(rulebook, (1, 38.1), (2.5, 38.1), (3, 37.0))
    assert judge(rulebook, hours, memory, book_of(rulebook, ("anc", 20, 0.2)), 36.9).code == code


def test_a_run_that_ended_within_the_hour_is_no_fever_later(rulebook: Rulebook) -> None:
    memory = temperatures(rulebook, (1, 38.1), (1.5, 37.0))
    assert judge(rulebook, 3, memory, book_of(rulebook, ("anc", 0, 0.2)), 36.9).code == "FN_NONE"


def test_a_late_single_fever_still_counts_but_cannot_begin_a_run_behind_newer_readings(rulebook: Rulebook) -> None:
    memory = temperatures(rulebook, (5, 36.8), (2, 38.5))
    assert memory.fever.since_ms is None
    assert judge(rulebook, 5, memory, book_of(rulebook, ("anc", 4, 0.2)), 36.8).code == "FN_ALERT"
    cool = temperatures(rulebook, (5, 36.8), (2, 38.1))
    assert judge(rulebook, 9, cool, book_of(rulebook, ("anc", 4, 0.2)), 36.8).code == "FN_NONE"


def test_a_late_cool_reading_does_not_end_a_run(rulebook: Rulebook) -> None:
    memory = temperatures(rulebook, (1, 38.1), (2, 38.1), (1.5, 36.8))
    assert memory.fever.since_ms == at(1)


def test_an_older_high_reading_does_not_shorten_the_time_a_fever_counts(rulebook: Rulebook) -> None:
    memory = temperatures(rulebook, (5, 38.5), (2, 39.5))
    assert memory.fever.high_ms == at(5)


def test_without_fever_a_temperature_is_noted_at_most_once_a_minute(rulebook: Rulebook) -> None:
    memory = temperatures(rulebook, (1, 36.8))
    assert temperatures(rulebook, (1 + 59 / 3600, 36.9), memory=memory) is memory
    assert temperatures(rulebook, (1 + 60 / 3600, 36.9), memory=memory) is not memory


# --- Neutrophils ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("anc,code", [(0.49, "FN_ALERT"), (0.5, "FN_NONE")])
def test_fever_with_neutrophils_below_one_half_alerts(anc: float, code: str, rulebook: Rulebook) -> None:
    book = book_of(rulebook, ("anc", -1, 0.4), ("anc", 0, anc))
    assert judge(rulebook, 1, temperatures(rulebook, (1, 38.5)), book, 38.5).code == code


@pytest.mark.parametrize("anc,code", [(0.99, "FN_ALERT"), (1.0, "FN_NONE")])
def test_fever_with_neutrophils_below_one_and_falling_alerts(anc: float, code: str, rulebook: Rulebook) -> None:
    book = book_of(rulebook, ("anc", -24, 2.0), ("anc", 0, anc))
    assert judge(rulebook, 1, temperatures(rulebook, (1, 38.5)), book, 38.5).code == code


@pytest.mark.parametrize("before", [0.6, 0.7])
def test_neutrophils_below_one_that_rise_or_stay_are_not_falling(before: float, rulebook: Rulebook) -> None:
    book = book_of(rulebook, ("anc", -24, before), ("anc", 0, 0.7))
    judged = judge(rulebook, 1, temperatures(rulebook, (1, 38.5)), book, 38.5)
    assert judged.code == "FN_NONE"
    assert "not falling" in judged.because[0]


@pytest.mark.parametrize("hours_before,flags", [(72, ()), (72.01, ("INCOMPLETE",))])
def test_below_one_without_a_count_of_the_last_72_h_it_may_be_falling_and_says_so(
    hours_before: float, flags: tuple[str, ...], rulebook: Rulebook
) -> None:
    book = book_of(rulebook, ("anc", -hours_before, 2.0), ("anc", 0, 0.8))
    judged = judge(rulebook, 1, temperatures(rulebook, (1, 38.5)), book, 38.5)
    assert judged.code == "FN_ALERT"
    assert judged.flags == flags


def test_a_count_below_detection_alerts(rulebook: Rulebook) -> None:
    book = taken(rulebook, result_event(rulebook, "anc", 0, 0.5, comparator="<"))
    judged = judge(rulebook, 1, temperatures(rulebook, (1, 38.5)), book, 38.5)
    assert judged.code == "FN_ALERT"
    assert "<0.5" in judged.because[1]


@pytest.mark.parametrize("value,comparator", [(0.3, ">"), (0.9, "<"), (1.2, "<")])
def test_a_count_that_may_or_may_not_be_low_asks_for_a_count(value: float, comparator: str, rulebook: Rulebook) -> None:
    book = taken(rulebook, result_event(rulebook, "anc", 0, value, comparator=comparator))
    assert judge(rulebook, 1, temperatures(rulebook, (1, 38.5)), book, 38.5).code == "FN_ANC_MISSING"


def test_fever_without_any_count_asks_for_one_and_is_never_no_neutropenia(rulebook: Rulebook) -> None:
    judged = judge(rulebook, 1, temperatures(rulebook, (1, 38.5)), NO_LABS, 38.5)
    assert judged.code == "FN_ANC_MISSING"
    assert judged.holds
    assert judged.flags == ("INCOMPLETE",)
    assert judged.missing == ("neutrophil count of the last 24 h",)


@pytest.mark.parametrize("hours,code", [(24, "FN_NONE"), (24.001, "FN_ANC_MISSING")])
def test_a_good_count_reassures_for_24_h_and_no_longer(hours: float, code: str, rulebook: Rulebook) -> None:
    book = book_of(rulebook, ("anc", 0, 3.0))
    assert judge(rulebook, hours, temperatures(rulebook, (hours, 38.5)), book, 38.5).code == code


@pytest.mark.parametrize(
    "hours,code,flags",
    [
        (24, "FN_ALERT", ()),
        (24.001, "FN_ALERT", ("INCOMPLETE",)),
        (168, "FN_ALERT", ("INCOMPLETE",)),
        (168.001, "FN_ANC_MISSING", ("INCOMPLETE",)),
    ],
)
def test_a_low_count_that_is_too_old_still_warns_for_a_week(
    hours: float, code: str, flags: tuple[str, ...], rulebook: Rulebook
) -> None:
    book = book_of(rulebook, ("anc", 0, 0.2))
    judged = judge(rulebook, hours, temperatures(rulebook, (hours, 38.5)), book, 38.5)
    assert (judged.code, judged.flags) == (code, flags)


def test_a_preliminary_count_alerts_and_says_that_it_is_preliminary(rulebook: Rulebook) -> None:
    book = taken(rulebook, result_event(rulebook, "anc", 0, 0.2, status="preliminary"))
    assert judge(rulebook, 1, temperatures(rulebook, (1, 38.5)), book, 38.5).flags == ("PRELIMINARY",)


def test_without_a_temperature_it_cannot_be_evaluated(rulebook: Rulebook) -> None:
    judged = judge(rulebook, 1, NOTHING_REMEMBERED, book_of(rulebook, ("anc", 0, 0.2)))
    assert judged.code == "FN_NOT_EVALUABLE"
    assert judged.missing == ("temperature",)
    assert not judged.holds


def test_a_remembered_fever_alerts_while_the_temperature_is_missing(rulebook: Rulebook) -> None:
    memory = temperatures(rulebook, (1, 38.5))
    assert judge(rulebook, 10, memory, book_of(rulebook, ("anc", 9, 0.2))).code == "FN_ALERT"


def test_the_alert_says_what_to_do_and_why(rulebook: Rulebook) -> None:
    judged = judge(rulebook, 1, temperatures(rulebook, (1, 38.5)), book_of(rulebook, ("anc", 0, 0.2)), 38.5)
    words = " ".join(judged.because)
    assert "38.5 °C" in words
    assert "0.2" in words
    assert "antibiotics within 60 min" in words
    assert [part.name for part in judged.parts] == ["temperature", "neutrophil count"]
    assert judged.parts[1].event_id == "anc-0"


@pytest.mark.parametrize("crs_current", [None, 0, 1, 2, 3, 4])
def test_febrile_neutropenia_is_never_suppressed_by_a_crs_grade(crs_current: int | None, rulebook: Rulebook) -> None:
    memory = temperatures(rulebook, (1, 38.5))
    judged = view(rulebook, 1, memory, book_of(rulebook, ("anc", 0, 0.2)), temperature_c=38.5, crs_current=crs_current)
    assert verdict(judged, "AE-FN").code == "FN_ALERT"

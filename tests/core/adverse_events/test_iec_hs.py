"""AE-IECHS: ferritin and the four further signs."""

import pytest

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.adverse_events.iec_hs import judge_iec_hs
from blinwatch.core.adverse_events.judge import EventVerdict
from blinwatch.core.labs.lab_book import LabBook
from blinwatch.core.labs.lab_view import LabView
from tests.core.adverse_events.support import START_MS, at, book_of, result_event, taken

RULEBOOK = load_rulebook()
BEFORE = (("hemoglobin", -2, 110), ("platelets", -2, 150), ("anc", -2, 3), ("ferritin", -2, 290))
NOW = (
    ("ferritin", 120, 300),
    ("alt", 120, 30),
    ("ast", 120, 30),
    ("fibrinogen", 120, 3),
    ("hemoglobin", 120, 110),
    ("platelets", 120, 150),
    ("anc", 120, 3),
)


def screen(
    *results: tuple[str, float, float],
    haemophagocytosis: bool | None = False,
    improving: bool | None = None,
    book: LabBook | None = None,
    hours: float = 121,
) -> EventVerdict:
    """The screen five days into a cycle, of normal results changed as named."""
    own = {(analyte, hour) for analyte, hour, _ in results}
    known = (*results, *(one for one in (*BEFORE, *NOW) if one[:2] not in own))
    laboratory = LabView(book_of(RULEBOOK, *known) if book is None else book, at(hours), 40, RULEBOOK)
    return judge_iec_hs(laboratory, START_MS, haemophagocytosis=haemophagocytosis, crs_improving=improving)


HIGH_FERRITIN = ("ferritin", 120, 601)
HIGH_ALT = ("alt", 120, 201)
LOW_FIBRINOGEN = ("fibrinogen", 120, 1.49)


def test_normal_results_screen_negative() -> None:
    judged = screen()
    assert (judged.code, judged.score, judged.missing) == ("IECHS_NONE", 0, ())


@pytest.mark.parametrize("ferritin,code", [(600, "IECHS_NONE"), (601, "IECHS_SCREEN")])
def test_ferritin_above_twice_normal_with_two_signs(ferritin: float, code: str) -> None:
    base = ("ferritin", -2, 500)
    assert screen(("ferritin", 120, ferritin), base, HIGH_ALT, LOW_FIBRINOGEN).code == code


@pytest.mark.parametrize("ferritin,code", [(400, "IECHS_NONE"), (400.1, "IECHS_SCREEN")])
def test_ferritin_above_twice_its_baseline_with_two_signs(ferritin: float, code: str) -> None:
    results = (("ferritin", 120, ferritin), ("ferritin", -2, 200), HIGH_ALT, LOW_FIBRINOGEN)
    assert screen(*results).code == code


@pytest.mark.parametrize(
    "hours,ferritin,code",
    [(72, 449, "IECHS_NONE"), (72, 450, "IECHS_SCREEN"), (71.9, 450, "IECHS_NONE")],
)
def test_ferritin_that_rises_by_half_within_48_h_with_two_signs(hours: float, ferritin: float, code: str) -> None:
    results = (("ferritin", 120, ferritin), ("ferritin", hours, 300), HIGH_ALT, LOW_FIBRINOGEN)
    assert screen(*results).code == code


@pytest.mark.parametrize("alt,score", [(200, 0), (201, 1)])
def test_alt_or_ast_above_five_times_normal_is_one_sign(alt: float, score: int) -> None:
    assert screen(HIGH_FERRITIN, ("alt", 120, alt)).score == score
    assert screen(HIGH_FERRITIN, ("alt", 120, alt), ("ast", 120, alt)).score == score


@pytest.mark.parametrize("fibrinogen,score", [(1.5, 0), (1.49, 1)])
def test_fibrinogen_below_one_and_a_half_is_one_sign(fibrinogen: float, score: int) -> None:
    assert screen(HIGH_FERRITIN, ("fibrinogen", 120, fibrinogen)).score == score


@pytest.mark.parametrize("analyte,well,low", [("hemoglobin", 90, 89), ("platelets", 100, 99), ("anc", 1.0, 0.99)])
def test_a_new_cytopenia_is_one_sign(analyte: str, well: float, low: float) -> None:
    assert screen(HIGH_FERRITIN, (analyte, 120, well)).score == 0
    assert screen(HIGH_FERRITIN, (analyte, 120, low)).score == 1


@pytest.mark.parametrize("platelets,score", [(38, 0), (37.5, 1)])
def test_a_cytopenia_that_was_there_before_counts_when_it_has_fallen_by_a_quarter(platelets: float, score: int) -> None:
    assert screen(HIGH_FERRITIN, ("platelets", -2, 50), ("platelets", 120, platelets)).score == score


def test_several_low_counts_are_one_sign() -> None:
    assert screen(HIGH_FERRITIN, ("platelets", 120, 20), ("hemoglobin", 120, 70), ("anc", 120, 0.1)).score == 1


def test_haemophagocytosis_is_one_sign_and_nobody_having_looked_is_missing() -> None:
    assert screen(HIGH_FERRITIN, haemophagocytosis=True).score == 1
    judged = screen(HIGH_FERRITIN, haemophagocytosis=None)
    assert (judged.code, judged.missing) == ("IECHS_NOT_EVALUABLE", ("haemophagocytosis (yes or no)",))


def test_two_signs_without_a_raised_ferritin_are_no_screen() -> None:
    assert screen(HIGH_ALT, LOW_FIBRINOGEN, haemophagocytosis=True).code == "IECHS_NONE"


def test_one_sign_beside_ferritin_is_not_enough_and_two_are() -> None:
    assert screen(HIGH_FERRITIN, HIGH_ALT).code == "IECHS_NONE"
    assert screen(HIGH_FERRITIN, HIGH_ALT, LOW_FIBRINOGEN).code == "IECHS_SCREEN"


def test_a_low_count_without_a_baseline_is_not_known_to_be_new() -> None:
    book = book_of(RULEBOOK, *NOW[1:4], HIGH_FERRITIN, ("platelets", 120, 20), ("hemoglobin", 120, 120))
    judged = screen(book=book)
    assert judged.code == "IECHS_NOT_EVALUABLE"
    assert "blood counts with a baseline" in judged.missing


def test_a_ferritin_that_is_missing_cannot_be_evaluated() -> None:
    judged = screen(book=book_of(RULEBOOK, *BEFORE, *NOW[1:], HIGH_ALT), hours=121)
    assert judged.code == "IECHS_NOT_EVALUABLE"
    assert "ferritin" in judged.missing


def test_a_ferritin_above_the_range_of_the_test_is_raised() -> None:
    event = result_event(RULEBOOK, "ferritin", 120, 2000, comparator=">")
    book = taken(RULEBOOK, event, book=book_of(RULEBOOK, *BEFORE, *NOW[4:], HIGH_ALT, LOW_FIBRINOGEN))
    judged = screen(book=book)
    assert judged.code == "IECHS_SCREEN"
    assert ">2000" in judged.because[0]


def test_while_crs_improves_it_says_so() -> None:
    judged = screen(HIGH_FERRITIN, HIGH_ALT, LOW_FIBRINOGEN, improving=True)
    assert "CRS_IMPROVING" in judged.flags
    assert any("CRS is improving, which" in sentence for sentence in judged.because)
    assert "CRS_IMPROVING" not in screen(HIGH_FERRITIN, HIGH_ALT, LOW_FIBRINOGEN).flags
    assert "CRS_IMPROVING" not in screen(improving=True).flags


def test_results_older_than_24_h_are_missing() -> None:
    results = (HIGH_FERRITIN, HIGH_ALT, LOW_FIBRINOGEN)
    assert screen(*results, hours=144).code == "IECHS_SCREEN"
    assert screen(*results, hours=144.001).code == "IECHS_NOT_EVALUABLE"


@pytest.mark.parametrize(
    "earlier_h,rises",
    [(120 - 48.001, False), (120 - 48, True), (119, True), (120 - 1 / 3_600_000, True)],
)
def test_ferritin_rises_against_every_earlier_value_of_two_days_to_the_last_millisecond(
    earlier_h: float, rises: bool
) -> None:
    judged = screen(("ferritin", earlier_h, 150), ("ferritin", -2, 250), ("ferritin", 120, 300), HIGH_ALT)
    assert any("rising rapidly" in sentence for sentence in judged.because) is rises


def test_ferritin_does_not_rise_from_nothing() -> None:
    judged = screen(("ferritin", 119, 0), ("ferritin", -2, 250), ("ferritin", 120, 300))
    assert not any("rising rapidly" in sentence for sentence in judged.because)

"""When time alone changes the interaction check: each limit by itself, to the millisecond."""

import pytest

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.events import MedicationAdministered
from blinwatch.core.interactions.drug_book import NO_DRUGS, DrugBook
from blinwatch.core.interactions.live import InteractionFacts, next_change_ms
from tests.core.interactions.support import DAY_MS, HOUR_MS, book_of, dose, ms


def moments(rulebook: Rulebook, book: DrugBook, facts: InteractionFacts, after_h: float) -> list[int]:
    """All moments announced after an hour, one after the other."""
    found, at_ms = list[int](), ms(after_h)
    while (due_ms := next_change_ms(book, facts, at_ms, rulebook)) is not None and len(found) < 20:
        assert due_ms > at_ms
        found.append(due_ms)
        at_ms = due_ms
    return found


def of_drugs(rulebook: Rulebook, after_h: float, *events: MedicationAdministered) -> list[int]:
    return moments(rulebook, book_of(rulebook, *events), InteractionFacts(), after_h)


def of_facts(rulebook: Rulebook, after_h: float, facts: InteractionFacts) -> list[int]:
    return moments(rulebook, NO_DRUGS, facts, after_h)


def test_a_dose_counts_to_its_limit_and_changes_a_millisecond_after_it(rulebook: Rulebook) -> None:
    assert ms(6) + 1 in of_drugs(rulebook, 0, dose(0, "fentanyl"))
    assert of_drugs(rulebook, 0, dose(0, "warfarin")) == [ms(336) + 1]
    assert of_drugs(rulebook, 336.5, dose(0, "warfarin")) == []


def test_a_running_infusion_has_no_end_of_its_own(rulebook: Rulebook) -> None:
    assert of_drugs(rulebook, 0, dose(0, "fentanyl", action="started")) == []


def test_a_high_dose_counts_from_its_own_time_whatever_small_dose_came_after(rulebook: Rulebook) -> None:
    story = [dose(0, "methotrexate", dose_g_m2=3.0), dose(100, "methotrexate", dose_g_m2=0.02)]
    assert ms(168) + 1 in of_drugs(rulebook, 101, *story)
    assert ms(168) + 1 not in of_drugs(rulebook, 101, dose(100, "methotrexate", dose_g_m2=0.02))


@pytest.mark.parametrize("said", [{"same_lumen": True}, {"benzyl_alcohol_source": True}])
def test_a_wrong_lumen_and_benzyl_alcohol_are_shown_for_24_hours(rulebook: Rulebook, said: dict[str, bool]) -> None:
    story = [dose(0, "warfarin", **said), dose(5, "warfarin")]
    assert of_drugs(rulebook, 6, *story) == [ms(24) + 1, ms(341) + 1]


def test_a_live_vaccine_asks_again_at_the_first_moment_that_is_14_days_on(rulebook: Rulebook) -> None:
    assert ms(0) + 14 * DAY_MS in of_drugs(rulebook, 1, dose(0, "measles vaccine", vaccine="live"))


def test_the_windows_of_both_cycles_end_at_midnight_of_their_last_day(rulebook: Rulebook) -> None:
    assert of_facts(rulebook, -1, InteractionFacts(cycle_start_ms=ms(0))) == [ms(0), ms(48), ms(216)]


@pytest.mark.parametrize("name", ["last_step_ms", "last_restart_after_4h_ms"])
def test_a_step_and_a_restart_count_for_48_hours(rulebook: Rulebook, name: str) -> None:
    assert of_facts(rulebook, 10, InteractionFacts(**{name: ms(10)})) == [ms(58) + 1]


def test_crs_counts_for_7_days(rulebook: Rulebook) -> None:
    assert of_facts(rulebook, 10, InteractionFacts(crs_last_g1_ms=ms(10))) == [ms(10) + 7 * DAY_MS + 1]


def test_a_newborn_without_a_weight_is_one_until_28_days(rulebook: Rulebook) -> None:
    facts = InteractionFacts(age_years=27 / 365.25)
    (due_ms, *_) = of_facts(rulebook, 0, facts)
    assert abs(due_ms - ms(0) - DAY_MS) < HOUR_MS
    assert next_change_ms(NO_DRUGS, InteractionFacts(age_years=27 / 365.25, weight_kg=3.0), ms(0), rulebook) is None
    assert next_change_ms(NO_DRUGS, InteractionFacts(age_years=30.0), ms(0), rulebook) is None
    assert next_change_ms(NO_DRUGS, InteractionFacts(), ms(0), rulebook) is None


def test_of_several_moments_the_earliest_is_announced(rulebook: Rulebook) -> None:
    facts = InteractionFacts(last_step_ms=ms(10), crs_last_g1_ms=ms(10))
    assert next_change_ms(book_of(rulebook, dose(10, "fentanyl")), facts, ms(10), rulebook) == ms(16) + 1

"""Age: exact at birthdays, growing from the order where only an age is known."""

from datetime import UTC, date, datetime

import pytest

from blinwatch.core.age import age_years_at, moment_of_age_ms
from blinwatch.core.events import TherapyOrdered
from blinwatch.core.evidence import to_ms


def ordered(birth_date: date | None = None, age_years: float | None = None) -> TherapyOrdered:
    return TherapyOrdered(
        event_id="o1",
        patient_id="p1",
        occurred_at=datetime(2026, 3, 1, 8, tzinfo=UTC),
        source="test",
        birth_date=birth_date,
        age_years=age_years,
    )


def at(year: int, month: int, day: int, hour: int = 0) -> int:
    return to_ms(datetime(year, month, day, hour, tzinfo=UTC))


def test_a_twelfth_birthday_begins_at_midnight() -> None:
    order = ordered(birth_date=date(2014, 6, 15))
    eve, birthday = age_years_at(order, at(2026, 6, 15) - 1), age_years_at(order, at(2026, 6, 15))
    assert eve is not None
    assert birthday is not None
    assert 11.99 < eve < 12
    assert birthday == 12


def test_the_birth_date_wins_over_the_age() -> None:
    assert age_years_at(ordered(birth_date=date(2016, 3, 1), age_years=40.0), at(2026, 3, 1)) == 10


def test_an_age_grows_from_the_order() -> None:
    order = ordered(age_years=17.5)
    assert age_years_at(order, at(2026, 3, 1, 8)) == 17.5
    assert age_years_at(order, at(2027, 3, 1, 14)) == pytest.approx(18.5, abs=1e-6)


def test_without_either_the_age_is_unknown() -> None:
    assert age_years_at(ordered(), at(2026, 3, 1)) is None
    assert moment_of_age_ms(ordered(), 28) is None


def test_a_leap_day_child_turns_one_on_the_first_of_march() -> None:
    order = ordered(birth_date=date(2024, 2, 29))
    eve = age_years_at(order, at(2025, 3, 1) - 1)
    assert eve is not None
    assert eve < 1
    assert age_years_at(order, at(2025, 3, 1)) == 1


def test_the_last_day_of_a_leap_year_of_life_is_no_birthday() -> None:
    age_years = age_years_at(ordered(birth_date=date(2023, 6, 1)), at(2024, 5, 31, 23))
    assert age_years is not None
    assert age_years < 1


def test_nobody_is_younger_than_born() -> None:
    assert age_years_at(ordered(birth_date=date(2026, 6, 1)), at(2026, 3, 1)) == 0
    assert age_years_at(ordered(age_years=0.0), at(2026, 2, 1)) == 0


@pytest.mark.parametrize("order", [ordered(birth_date=date(2026, 2, 20)), ordered(age_years=9.25 / 365.25)])
def test_the_moment_of_an_age_is_the_first_millisecond_at_it(order: TherapyOrdered) -> None:
    moment_ms = moment_of_age_ms(order, 28)
    assert moment_ms is not None
    before, then = age_years_at(order, moment_ms - 1), age_years_at(order, moment_ms)
    assert before is not None
    assert then is not None
    assert before * 365.25 < 28 - 1e-9 <= then * 365.25

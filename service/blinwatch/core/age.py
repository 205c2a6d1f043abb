"""Age at a moment, exact at birthdays (section 0: "exactly 12" = from 00:00 of the 12th birthday).

What:      completed years and the fraction of the running year at one moment.
Source:    rule reference section 0.
Inputs:    the therapy order: `birth_date` wins; else `age_years` as it stood when the order was written.
Caveats:   days begin at 00:00 UTC. Somebody born on 29 February has a birthday on 1 March in other years. The
           fraction counts days of 1/365.25 year, so that age in days is exact in the first year of life.
"""

from datetime import UTC, date, datetime

from blinwatch.core.events import TherapyOrdered
from blinwatch.core.evidence import to_datetime, to_ms

_DAY_MS = 86_400_000
_DAYS_PER_YEAR = 365.25
_LAST_FRACTION = 0.999_999
"""The 366th day of a leap year must not reach the next birthday."""


def age_years_at(order: TherapyOrdered, at_ms: int) -> float | None:
    """Age in years at `at_ms`, or None when the order tells neither a birth date nor an age.

    A moment before birth gives 0.0: a wrong clock must not make a child an adult.
    """
    if order.birth_date is not None:
        return _exact_age_years(order.birth_date, at_ms)
    if order.age_years is None:
        return None
    elapsed_d = (at_ms - to_ms(order.occurred_at)) / _DAY_MS
    return max(0.0, order.age_years + elapsed_d / _DAYS_PER_YEAR)


def moment_of_age_ms(order: TherapyOrdered, age_d: float) -> int | None:
    """The first millisecond at which the patient is `age_d` days old (for ages under one year), or None."""
    if order.birth_date is not None:
        return _midnight_ms(order.birth_date) + _up(age_d)
    if order.age_years is None:
        return None
    return to_ms(order.occurred_at) + _up(age_d - order.age_years * _DAYS_PER_YEAR)


def _up(days: float) -> int:
    """Days as whole milliseconds, rounded up past arithmetic noise."""
    return -int((-days * _DAY_MS + 1e-3) // 1)


def _exact_age_years(born: date, at_ms: int) -> float:
    today = to_datetime(at_ms).date()
    if today < born:
        return 0.0
    completed = today.year - born.year
    if _birthday(born, today.year) > today:
        completed -= 1
    last_birthday_ms = _midnight_ms(_birthday(born, born.year + completed))
    days = (at_ms - last_birthday_ms) / _DAY_MS
    return completed + min(days / _DAYS_PER_YEAR, _LAST_FRACTION)


def _birthday(born: date, year: int) -> date:
    """The birthday in a year; 1 March stands in for a missing 29 February."""
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def _midnight_ms(day: date) -> int:
    return to_ms(datetime(day.year, day.month, day.day, tzinfo=UTC))

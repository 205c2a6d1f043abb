"""Exact arithmetic for the second opinion: every number is read as the decimal that was charted.

A float such as 37.95 is taken as the fraction 3795/100 that somebody wrote, never as the nearest binary number, so
that a boundary is a boundary and needs no tolerance. Nothing here comes from the service.
"""

from fractions import Fraction

HOUR_MS = 3_600_000
"""One clock in whole milliseconds, as the rule reference has one UTC clock."""

Number = int | float | Fraction


def exact(number: Number | str) -> Fraction:
    """The number as written in decimals."""
    return number if isinstance(number, Fraction) else Fraction(str(number))


def half_up(number: Fraction, step: Fraction) -> Fraction:
    """Rounded to a multiple of `step`; a number half way goes up."""
    return step * ((number / step + Fraction(1, 2)).__floor__())


def to_ms(hours: Number) -> int:
    """Hours on the one clock as whole milliseconds."""
    return round(exact(hours) * HOUR_MS)

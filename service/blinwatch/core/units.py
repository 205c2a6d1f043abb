"""Conversions of the rule reference's section 0.

What:      units into the one unit that rules compare in, rounded as the reference says before any comparison.
Source:    rule reference section 0; factors are rows of clinical/vital_signs.yaml.
Caveats:   half-up is done with a tolerance of 1e-9, so 38.05 °C (a double just below it) rounds to 38.1, and
           a value that arithmetic left a hair under a boundary stays on it.
"""

import math

TOLERANCE = 1e-9
"""The reference's own tolerance for computed values (section 0), so that exact boundaries stay exact."""


def half_up(value: float, decimals: int = 0) -> float:
    """Round half up at `decimals` decimal places; 37.95 -> 38.0 and -0.05 -> 0.0."""
    scale = 10**decimals
    return math.floor(value * scale + 0.5 + TOLERANCE) / scale


def below(value: float, limit: float) -> bool:
    """Strictly below, tolerant of arithmetic noise: 68 is not below 0.85 x 80."""
    return value < limit - TOLERANCE


def above(value: float, limit: float) -> bool:
    """Strictly above, tolerant of arithmetic noise."""
    return value > limit + TOLERANCE


def charted_celsius(temperature_c: float) -> float:
    """A temperature as it is compared: rounded half-up to 0.1 °C."""
    return half_up(temperature_c, 1)


def fahrenheit_to_celsius(temperature_f: float) -> float:
    """°F as °C, rounded half-up to 0.1 °C: 100.4 °F is 38.0 °C."""
    return half_up((temperature_f - 32) * 5 / 9, 1)


def agreed_temperature_c(
    temperature_c: float | None, temperature_f: float | None, agree_c: float
) -> tuple[float | None, bool]:
    """One temperature in °C from what was charted, and whether the two units contradict each other.

    Within `agree_c` of each other the °C value holds; further apart the higher one does, because a missed
    fever harms more than a false one.
    """
    if temperature_f is None:
        return (None, False) if temperature_c is None else (charted_celsius(temperature_c), False)
    from_f = fahrenheit_to_celsius(temperature_f)
    if temperature_c is None:
        return from_f, False
    from_c = charted_celsius(temperature_c)
    if above(abs(from_c - from_f), agree_c):
        return max(from_c, from_f), True
    return from_c, False


def kpa_to_mmhg(pressure_kpa: float, mmhg_per_kpa: float) -> float:
    """Kilopascal as mmHg, rounded half-up to 1 mmHg."""
    return half_up(pressure_kpa * mmhg_per_kpa)


def agreed_pressure_mmhg(
    pressure_mmhg: float | None, pressure_kpa: float | None, agree_mmhg: float, mmhg_per_kpa: float
) -> tuple[float | None, bool]:
    """One pressure in mmHg from what was charted, and whether the two units contradict each other.

    mmHg wins over kPa; more than `agree_mmhg` apart the lower one holds, because a missed hypotension harms
    more.
    """
    if pressure_kpa is None:
        return pressure_mmhg, False
    from_kpa = kpa_to_mmhg(pressure_kpa, mmhg_per_kpa)
    if pressure_mmhg is None:
        return from_kpa, False
    if above(abs(pressure_mmhg - from_kpa), agree_mmhg):
        return min(pressure_mmhg, from_kpa), True
    return pressure_mmhg, False


def pounds_to_kg(weight_lb: float, kg_per_lb: float) -> float:
    """Pounds to kilograms; not rounded, so that a weight band is decided on the true value."""
    return weight_lb * kg_per_lb


def fio2_fraction(fio2: float, percent_max: float) -> float:
    """Inspired oxygen as a fraction: above 1, up to `percent_max`, it was charted in percent."""
    return fio2 / 100 if 1 < fio2 <= percent_max else fio2

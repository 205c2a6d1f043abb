"""Conversions of section 0: every boundary must stay where the reference puts it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.units import (
    above,
    agreed_pressure_mmhg,
    agreed_temperature_c,
    below,
    charted_celsius,
    fahrenheit_to_celsius,
    fio2_fraction,
    half_up,
    kpa_to_mmhg,
    pounds_to_kg,
)


@pytest.mark.parametrize(
    "temperature_f, temperature_c",
    [(100.4, 38.0), (100.3, 37.9), (100.31, 38.0), (100.2, 37.9), (98.6, 37.0), (99.5, 37.5), (32, 0.0)],
)
def test_fahrenheit_becomes_celsius_rounded_half_up(temperature_f: float, temperature_c: float) -> None:
    assert fahrenheit_to_celsius(temperature_f) == temperature_c


@pytest.mark.parametrize(
    "charted, compared", [(37.94, 37.9), (37.95, 38.0), (38.05, 38.1), (37.949999, 37.9), (38.0, 38.0)]
)
def test_more_decimals_are_rounded_half_up_however_the_double_falls(charted: float, compared: float) -> None:
    assert charted_celsius(charted) == compared


@given(st.integers(3000, 4300))
def test_every_hundredth_of_a_degree_rounds_as_on_paper(hundredths: int) -> None:
    tens, last = divmod(hundredths, 10)
    assert charted_celsius(hundredths / 100) == (tens + (1 if last >= 5 else 0)) / 10


def test_a_negative_half_rounds_up() -> None:
    assert half_up(-0.05, 1) == 0.0
    assert half_up(2.5) == 3


@pytest.mark.parametrize(
    "temperature_c, temperature_f, agreed, conflict",
    [
        (37.9, 100.5, 37.9, False),  # 38.1 °C, exactly 0.2 apart: the °C value holds
        (37.9, 100.7, 38.2, True),  # 0.3 apart: the higher
        (38.6, 99.0, 38.6, True),
        (37.0, 101.0, 38.3, True),
        (None, 100.4, 38.0, False),
        (38.04, None, 38.0, False),
        (None, None, None, False),
    ],
)
def test_two_temperature_units_agree_or_the_higher_holds(
    temperature_c: float | None, temperature_f: float | None, agreed: float | None, conflict: bool
) -> None:
    assert agreed_temperature_c(temperature_c, temperature_f, 0.2) == (agreed, conflict)


@pytest.mark.parametrize(
    "pressure_mmhg, pressure_kpa, agreed, conflict",
    [
        (None, 12.0, 90, False),  # 90.007
        (None, 11.9, 89, False),  # 89.257
        (None, 11.94, 90, False),  # 89.557
        (92, 12.0, 92, False),  # exactly 2 apart: mmHg wins
        (88, 12.0, 88, False),
        (93, 12.0, 90, True),  # 3 apart: the lower
        (85, 12.0, 85, True),
        (118, None, 118, False),
        (None, None, None, False),
    ],
)
def test_two_pressure_units_agree_or_the_lower_holds(
    rulebook: Rulebook,
    pressure_mmhg: float | None,
    pressure_kpa: float | None,
    agreed: float | None,
    conflict: bool,
) -> None:
    factor = rulebook.vitals.mmhg_per_kpa
    assert agreed_pressure_mmhg(pressure_mmhg, pressure_kpa, 2, factor) == (agreed, conflict)


def test_kilopascal_uses_the_reference_factor(rulebook: Rulebook) -> None:
    assert kpa_to_mmhg(10, rulebook.vitals.mmhg_per_kpa) == 75


def test_weight_conversion(rulebook: Rulebook) -> None:
    rules = rulebook.vitals
    assert pounds_to_kg(100, rules.kg_per_lb) == pytest.approx(45.359237)


@pytest.mark.parametrize("charted, fraction", [(0.21, 0.21), (1.0, 1.0), (40, 0.4), (100, 1.0), (101, 101)])
def test_inspired_oxygen_above_one_is_percent(charted: float, fraction: float) -> None:
    assert fio2_fraction(charted, 100) == fraction


def test_comparisons_ignore_arithmetic_noise_and_nothing_more() -> None:
    assert not below(0.85 * 80 - 1e-12, 68)
    assert below(67.999, 68)
    assert not above(0.1 + 0.2, 0.3)
    assert above(0.3001, 0.3)

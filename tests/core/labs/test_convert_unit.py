"""LAB-1: codes and units. The factors are held against pint with UCUM, and against molar masses."""

import re
from typing import Any

import pytest
from ucumvert import PintUcumRegistry

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.labs.convert_unit import Converted, LabRefused, analyte_of, convert_unit

REFERENCE_LOINC = {
    "alt": ["1742-6"], "ast": ["1920-8"], "ggt": ["2324-2"], "bilirubin": ["1975-2"], "ferritin": ["2276-4"],
    "crp": ["1988-5"], "il6": ["26881-3"], "fibrinogen": ["3255-7"], "inr": ["6301-6", "34714-6"], "pt": ["5902-2"],
    "d_dimer": ["48065-7"], "ldh": ["2532-0", "14804-9"], "urate": ["3084-1"], "potassium": ["2823-3"],
    "phosphate": ["2777-1"], "calcium": ["17861-6"], "creatinine": ["2160-0"], "amylase": ["1798-8"],
    "lipase": ["3040-3"], "lactate": ["2524-7"], "wbc": ["6690-2"], "anc": ["751-8", "26499-4"],
    "platelets": ["777-3", "26515-7"], "hemoglobin": ["718-7"], "albumin": ["1751-7"], "glucose": ["2345-7"],
}  # fmt: skip
"""Section H, typed from the reference and not from the rulebook."""
MOLAR_MASS_G_MOL = {
    "bilirubin": 584.66,
    "creatinine": 113.12,
    "urate": 168.11,
    "phosphate": 30.974,
    "calcium": 40.078,
    "calcium_corrected": 40.078,
    "magnesium": 24.305,
    "glucose": 180.156,
    "lactate": 90.08,
}
"""Of the substance, of phosphate as phosphorus."""
VALENCE = {"potassium": 1, "lactate": 1, "calcium": 2, "calcium_corrected": 2, "magnesium": 2}
RATIOS = ("{INR}", "1", "{ratio}")
PATIENTS_WORST = {"alt": 20_000, "ferritin": 1_000_000, "potassium": 10, "anc": 100, "platelets": 2000, "lactate": 30}


@pytest.fixture(scope="session")
def ucum() -> Any:
    return PintUcumRegistry()


def check_digit(loinc: str) -> int:
    """The mod-10 check digit of a LOINC code's number."""
    digits = loinc.split("-", maxsplit=1)[0][::-1]
    doubled = str(2 * int(digits[::2][::-1]))
    total = sum(int(digit) for digit in doubled + digits[1::2])
    return (10 - total % 10) % 10


@pytest.mark.parametrize("analyte", REFERENCE_LOINC)
def test_every_code_of_section_h_is_known(analyte: str, rulebook: Rulebook) -> None:
    for loinc in REFERENCE_LOINC[analyte]:
        assert analyte_of(loinc, rulebook.labs) == analyte


def test_every_code_has_its_check_digit_and_stands_for_one_analyte(rulebook: Rulebook) -> None:
    codes = [loinc for entry in rulebook.labs.analytes.values() for loinc in entry.loinc]
    assert len(codes) == len(set(codes))
    for loinc in codes:
        assert check_digit(loinc) == int(loinc.split("-")[1]), loinc


def test_every_factor_of_pure_unit_arithmetic_agrees_with_pint(rulebook: Rulebook, ucum: Any) -> None:
    compared = 0
    for analyte, entry in rulebook.labs.analytes.items():
        for code, factor in entry.units.items():
            if code in RATIOS:
                assert factor == 1
                continue
            theirs, ours = (1 * ucum.from_ucum(one).to_base_units() for one in (code, entry.unit))
            if theirs.dimensionality == ours.dimensionality and "eq" not in code:
                ratio = (theirs / ours).to("dimensionless").magnitude
                assert factor == pytest.approx(ratio, rel=1e-6), (analyte, code)
                compared += 1
    assert compared > 80


def test_every_other_factor_follows_from_molar_mass_valence_or_definition(rulebook: Rulebook, ucum: Any) -> None:
    compared: set[str] = set()
    for analyte, entry in rulebook.labs.analytes.items():
        for code, factor in entry.units.items():
            if code in RATIOS:
                continue
            if code.startswith("meq"):
                assert factor == pytest.approx(1 / VALENCE[analyte])
                compared.add(code)
                continue
            theirs, ours = (1 * ucum.from_ucum(one) for one in (code, entry.unit))
            if theirs.dimensionality == ours.dimensionality:
                continue
            if code.lower().startswith("[iu]"):
                assert factor == 1  # an international unit of an enzyme is one micromole a minute, as U is
            else:
                molar = (
                    (theirs / (MOLAR_MASS_G_MOL[analyte] * ucum.from_ucum("g/mol")) / ours)
                    .to("dimensionless")
                    .magnitude
                )
                assert factor == pytest.approx(molar, rel=1e-3), (analyte, code)
            compared.add(code)
    assert {"mg/dL", "meq/L", "[IU]/L"} <= compared


def test_the_factors_of_section_0_are_exact(rulebook: Rulebook) -> None:
    units = {name: entry.units for name, entry in rulebook.labs.analytes.items()}
    assert units["bilirubin"]["mg/dL"] == 17.104
    assert units["creatinine"]["mg/dL"] == 88.42
    assert units["pao2"]["kPa"] == rulebook.vitals.mmhg_per_kpa


@pytest.mark.parametrize(
    "loinc,unit,value,analyte,expected",
    [
        ("1975-2", "mg/dL", 1.2, "bilirubin", 20.5248),
        ("2160-0", "mg/dL", 1.0, "creatinine", 88.42),
        ("3084-1", "mg/dL", 8.0, "urate", 476.0),
        ("751-8", "/uL", 499, "anc", 0.499),
        ("751-8", "{cells}/uL", 500, "anc", 0.5),
        ("777-3", "10*3/uL", 49, "platelets", 49),
        ("3255-7", "mg/dL", 150, "fibrinogen", 1.5),
        ("48065-7", "ng/mL{FEU}", 2100, "d_dimer", 2.1),
        ("1742-6", "ukat/L", 1, "alt", 60),
        ("2276-4", "ng/mL", 650, "ferritin", 650),
        ("17861-6", "mg/dL", 7.0, "calcium", 1.7465),
        ("19123-9", "meq/L", 1.4, "magnesium", 0.7),
    ],
)
def test_a_result_is_converted(
    loinc: str, unit: str, value: float, analyte: str, expected: float, rulebook: Rulebook
) -> None:
    converted = convert_unit(loinc, unit, value, rulebook.labs)
    assert isinstance(converted, Converted)
    assert converted.analyte == analyte
    assert converted.value == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    "loinc,spelling,factor",
    [
        ("751-8", "K/uL", 1),
        ("751-8", "10^9/L", 1),
        ("751-8", "x10^9/L", 1),
        ("751-8", "×10^9/L", 1),
        ("751-8", "10^3/µL", 1),
        ("751-8", "x10E3/uL", 1),
        ("751-8", "G/L", 1),
        ("751-8", "cells/µL", 0.001),
        ("1742-6", "IU/L", 1),
        ("1742-6", "u/l", 1),
        ("1975-2", "µmol/L", 1),
        ("1975-2", "UMOL/L", 1),
        ("1975-2", "mg/dl", 17.104),
        ("2823-3", "MMOL/L", 1),
        ("2823-3", "mEq/L", 1),
        ("2276-4", "mcg/L", 1),
        ("718-7", "G/DL", 10),
        ("1751-7", "G/L", 1),
        ("48065-7", "ug/mL FEU", 1),
        ("5902-2", "sec", 1),
        ("6301-6", "INR", 1),
        ("2703-7", "mmHg", 1),
    ],
)
def test_a_spelling_that_can_mean_only_one_unit_is_understood(
    loinc: str, spelling: str, factor: float, rulebook: Rulebook
) -> None:
    converted = convert_unit(loinc, spelling, 2.0, rulebook.labs)
    if isinstance(converted, LabRefused):  # 2.0 is not possible for every analyte
        converted = convert_unit(loinc, spelling, 12.0, rulebook.labs)
    assert isinstance(converted, Converted)
    assert converted.factor == factor


@pytest.mark.parametrize(
    "loinc,unit,says",
    [
        ("99999-9", "mg/dL", "LOINC 99999-9 is not one of the laboratory codes"),
        ("33959-8", "ng/mL", "LOINC 33959-8"),
        ("1975-2", "mg", "bilirubin in the unit 'mg' cannot be used; accepted are umol/L, mg/dL"),
        ("1975-2", "mmol/L", "bilirubin in the unit 'mmol/L'"),
        ("718-7", "mmol/L", "haemoglobin in the unit 'mmol/L'"),
        ("48065-7", "mg/L{DDU}", "D-dimer in the unit 'mg/L{DDU}'"),
        ("751-8", "%", "neutrophil count in the unit '%'"),
        ("2823-3", "", "potassium in the unit ''"),
    ],
)
def test_an_unknown_code_or_unit_is_refused_with_a_reason(loinc: str, unit: str, says: str, rulebook: Rulebook) -> None:
    refused = convert_unit(loinc, unit, 1.0, rulebook.labs)
    assert isinstance(refused, LabRefused)
    assert says in refused.reason


def test_a_neutrophil_count_of_500_per_microlitre_sent_as_giga_per_litre_is_refused(rulebook: Rulebook) -> None:
    refused = convert_unit("751-8", "10*9/L", 500, rulebook.labs)
    assert isinstance(refused, LabRefused)
    assert "check the value and its unit" in refused.reason


def test_a_value_below_zero_is_refused(rulebook: Rulebook) -> None:
    assert isinstance(convert_unit("1742-6", "U/L", -0.1, rulebook.labs), LabRefused)
    assert isinstance(convert_unit("1742-6", "U/L", 0, rulebook.labs), Converted)


@pytest.mark.parametrize("analyte", PATIENTS_WORST)
def test_what_a_very_ill_patient_can_have_is_possible(analyte: str, rulebook: Rulebook) -> None:
    entry = rulebook.labs.analytes[analyte]
    assert isinstance(convert_unit(entry.loinc[0], entry.unit, PATIENTS_WORST[analyte], rulebook.labs), Converted)


def test_no_two_accepted_units_of_an_analyte_differ_only_in_capitals_and_mean_different_things(
    rulebook: Rulebook,
) -> None:
    for entry in rulebook.labs.analytes.values():
        factors: dict[str, float] = {}
        for code, factor in entry.units.items():
            assert factors.setdefault(code.lower(), factor) == factor, (entry.name, code)


def test_every_spelling_is_written_as_it_is_compared_and_means_a_unit_in_use(rulebook: Rulebook) -> None:
    units = {code for entry in rulebook.labs.analytes.values() for code in entry.units}
    for spelling, code in rulebook.labs.unit_spellings.items():
        assert re.fullmatch(r"\S+", spelling)
        assert spelling == spelling.lower()
        assert code in units


def test_every_analyte_has_its_own_unit_at_factor_one_and_only_possible_default_limits(rulebook: Rulebook) -> None:
    for analyte, entry in rulebook.labs.analytes.items():
        assert entry.units[entry.unit] == 1
        assert entry.possible[0] < entry.possible[1]
        for band in rulebook.labs.default_uln.get(analyte, ()):
            assert entry.possible[0] < band.uln < entry.possible[1]

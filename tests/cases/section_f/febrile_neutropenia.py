"""Febrile neutropenia and prolonged neutropenia, from section F and DM-14."""

from tests.cases.section_f.chart import (
    FEBRILE_NEUTROPENIA,
    PROLONGED_NEUTROPENIA,
    Fact,
    Scenario,
    clock,
    lab,
    pair,
    vitals,
)

FEVER = "T >= 38.3 °C once or >= 38.0 °C for >= 1 h"
COUNT = "ANC < 0.5 x 10⁹/L (or < 1.0 and falling)"
CELLS = "10*9/L"
LOW = lab(0, "ANC", 0.2, CELLS)


def temperature(hour: float, value: float) -> Fact:
    return vitals(hour, temperature_c=value)


def neutrophils(hour: float, value: float) -> Fact:
    return lab(hour, "ANC", value, CELLS)


def _fever() -> list[Scenario]:
    return [
        *pair(
            ("38.3 °C once", [LOW, temperature(1, 38.3)]),
            ("38.2 °C once", [LOW, temperature(1, 38.2)]),
            FEBRILE_NEUTROPENIA,
            FEVER,
            40,
        ),
        *pair(
            ("38.25 °C is rounded half-up to 38.3", [LOW, temperature(1, 38.25)]),
            ("38.24 °C is 38.2", [LOW, temperature(1, 38.24)]),
            FEBRILE_NEUTROPENIA,
            FEVER,
            40,
        ),
        *pair(
            ("100.9 °F is 38.3 °C", [LOW, vitals(1, temperature_f=100.9)]),
            ("100.8 °F is 38.2 °C", [LOW, vitals(1, temperature_f=100.8)]),
            FEBRILE_NEUTROPENIA,
            FEVER,
            40,
        ),
        *pair(
            ("38.0 °C twice, 60 min apart", [LOW, temperature(1, 38.0), temperature(2, 38.0)]),
            ("38.0 °C twice, 59 min apart", [LOW, temperature(1, 38.0), temperature(1 + 59 / 60, 38.0)]),
            FEBRILE_NEUTROPENIA,
            FEVER,
            40,
        ),
        *pair(
            (
                "38.1 °C three times over an hour",
                [LOW, temperature(1, 38.1), temperature(1.5, 38.0), temperature(2, 38.1)],
            ),
            ("37.9 °C in between", [LOW, temperature(1, 38.1), temperature(1.5, 37.9), temperature(2, 38.1)]),
            FEBRILE_NEUTROPENIA,
            FEVER,
            40,
        ),
        *pair(
            ("38.0 °C from 38.2 °C an hour before", [LOW, temperature(1, 38.2), temperature(2, 38.0)]),
            ("37.9 °C twice, an hour apart", [LOW, temperature(1, 37.9), temperature(2, 37.9)]),
            FEBRILE_NEUTROPENIA,
            FEVER,
            40,
        ),
    ]


def _count() -> list[Scenario]:
    return [
        *pair(
            ("ANC 0.49", [neutrophils(0, 0.49), temperature(1, 38.5)]),
            ("ANC 0.5, 0.4 the day before", [neutrophils(0, 0.4), neutrophils(24, 0.5), temperature(25, 38.5)]),
            FEBRILE_NEUTROPENIA,
            COUNT,
            40,
        ),
        *pair(
            ("ANC 0.99, 1.4 the day before", [neutrophils(0, 1.4), neutrophils(24, 0.99), temperature(25, 38.5)]),
            ("ANC 1.0, 1.4 the day before", [neutrophils(0, 1.4), neutrophils(24, 1.0), temperature(25, 38.5)]),
            FEBRILE_NEUTROPENIA,
            COUNT,
            40,
        ),
        *pair(
            ("ANC 0.5, 0.6 the day before", [neutrophils(0, 0.6), neutrophils(24, 0.5), temperature(25, 38.5)]),
            ("ANC 0.9, 0.6 the day before", [neutrophils(0, 0.6), neutrophils(24, 0.9), temperature(25, 38.5)]),
            FEBRILE_NEUTROPENIA,
            COUNT,
            40,
        ),
        *pair(
            ("ANC 480 per µl", [lab(0, "ANC", 480, "/uL"), temperature(1, 38.5)]),
            ("ANC 1200 per µl", [lab(0, "ANC", 1200, "/uL"), temperature(1, 38.5)]),
            FEBRILE_NEUTROPENIA,
            COUNT,
            40,
        ),
        *pair(
            ("ANC 0.4 x 10³/µl", [lab(0, "ANC", 0.4, "10*3/uL"), temperature(1, 38.5)]),
            ("ANC 4 x 10³/µl", [lab(0, "ANC", 4, "10*3/uL"), temperature(1, 38.5)]),
            FEBRILE_NEUTROPENIA,
            COUNT,
            40,
        ),
        *pair(
            ("the count arrives after the fever", [temperature(0, 38.6), neutrophils(0.5, 0.3)]),
            ("fever without neutropenia", [temperature(0, 39.5), neutrophils(0.5, 3.0)]),
            FEBRILE_NEUTROPENIA,
            COUNT,
            40,
        ),
        *pair(
            ("in a child too", [neutrophils(0, 0.1), temperature(1, 38.4)]),
            ("neutropenia without fever", [neutrophils(0, 0.1), temperature(1, 36.9)]),
            FEBRILE_NEUTROPENIA,
            COUNT,
            6,
        ),
    ]


def _reports() -> list[Scenario]:
    """How the laboratory reports a count, and what nothing hides."""
    return [
        *pair(
            ("ANC reported as < 0.5", [lab(0, "ANC", 0.5, CELLS, comparator="<"), temperature(1, 38.5)]),
            ("withdrawn by the laboratory", [LOW, lab(0, "ANC", 0.2, CELLS, status="cancelled"), temperature(1, 38.5)]),
            FEBRILE_NEUTROPENIA,
            COUNT,
            40,
        ),
        *pair(
            (
                "corrected to 0.3",
                [neutrophils(0, 3), lab(0, "ANC", 0.3, CELLS, status="corrected"), temperature(1, 38.5)],
            ),
            ("corrected to 3.0", [LOW, lab(0, "ANC", 3.0, CELLS, status="corrected"), temperature(1, 38.5)]),
            FEBRILE_NEUTROPENIA,
            COUNT,
            40,
        ),
        *pair(
            ("(choice) 0.9, trend unknown", [neutrophils(0, 0.9), temperature(1, 38.5)]),
            ("ANC unchanged at 0.6", [neutrophils(0, 0.6), neutrophils(24, 0.6), temperature(25, 38.5)]),
            FEBRILE_NEUTROPENIA,
            COUNT,
            40,
        ),
        *pair(
            ("ANC 0.3 under 26499-4", [lab(0, "ANC by count", 0.3, CELLS), temperature(1, 38.5)]),
            ("an unusable unit", [lab(0, "ANC", 0.3, "widgets"), temperature(1, 38.5)]),
            FEBRILE_NEUTROPENIA,
            COUNT,
            40,
        ),
        Scenario(
            "never suppressed by a CRS grade",
            "Never suppressed by a CRS grade",
            40,
            (
                neutrophils(0, 0.1),
                vitals(1, temperature_c=39.4, sbp_mmhg=84, spo2_pct=87, o2_device="nasal_cannula", o2_flow_l_min=4),
            ),
            stands=frozenset({FEBRILE_NEUTROPENIA}),
        ),
    ]


def _prolonged() -> list[Scenario]:
    rule = "prolonged neutropenia (ANC < 0.5 x 10⁹/L for >= 7 d)"

    def daily(value: float, last_hour: float) -> list[Fact]:
        return [neutrophils(hour, value) for hour in range(0, int(last_hour) + 1, 24)]

    broken = [neutrophils(hour, 0.5 if hour == 96 else 0.2) for hour in range(0, 169, 24)]
    return [
        *pair(
            ("ANC 0.4 each day for 168 h", daily(0.4, 168)),
            ("ANC 0.4 each day for 144 h", daily(0.4, 144)),
            PROLONGED_NEUTROPENIA,
            rule,
            40,
        ),
        *pair(
            ("ANC 0.49 each day for 192 h", daily(0.49, 192)),
            ("ANC 0.5 each day for 192 h", daily(0.5, 192)),
            PROLONGED_NEUTROPENIA,
            rule,
            40,
        ),
        Scenario("ANC 0.5 on one day in between", rule, 40, tuple(broken), absent=frozenset({PROLONGED_NEUTROPENIA})),
        Scenario(
            "one minute short of 168 h",
            rule,
            40,
            (*daily(0.3, 144), neutrophils(168 - 1 / 60, 0.3), clock(168 - 1 / 120)),
            absent=frozenset({PROLONGED_NEUTROPENIA}),
        ),
    ]


SCENARIOS = [*_fever(), *_count(), *_reports(), *_prolonged()]

"""Tumour lysis by Cairo and Bishop: each analyte, its units, the 25 % change and the windows, from section F."""

from dataclasses import replace

from tests.cases.section_f.chart import TLS_CLINICAL, TLS_LABORATORY, Fact, Scenario, clock, lab, pair, signs

ADULT, CHILD = 40.0, 9.0
VALUES = "uric acid >= 476 µmol/L (8 mg/dL), K >= 6.0, phosphate >= 1.45 (adult) / 2.1 (child), corrected Ca <= 1.75"
CHANGE = "or a 25 % adverse change"
WINDOW = ">= 2 in one 24 h period, from 3 d before to 7 d after start"
CLINICAL = "Clinical = laboratory + creatinine >= 1.5 x ULN, arrhythmia or seizure"
HIGH_POTASSIUM = lab(4, "potassium", 6.0, "mmol/L")
HIGH_URATE = lab(4, "urate", 476, "umol/L")
NORMAL_ALBUMIN = lab(4, "albumin", 40, "g/L")


def beside_potassium(yes: str, no: str, one: list[Fact], none: list[Fact], age_years: float = ADULT) -> list[Scenario]:
    return pair(
        (f"K 6.0 and {yes}", [HIGH_POTASSIUM, *one]),
        (f"K 6.0 and {no}", [HIGH_POTASSIUM, *none]),
        TLS_LABORATORY,
        VALUES,
        age_years,
    )


def _values() -> list[Scenario]:
    rows: list[tuple[str, float, float, str, float]] = [
        # analyte, value that counts, value that does not, unit, age
        ("urate", 476, 475, "umol/L", ADULT),
        ("urate", 8.0, 7.9, "mg/dL", ADULT),
        ("urate", 0.476, 0.475, "mmol/L", ADULT),
        ("phosphate", 1.45, 1.44, "mmol/L", ADULT),
        ("phosphate", 4.5, 4.4, "mg/dL", ADULT),
        ("phosphate", 2.1, 2.09, "mmol/L", CHILD),
        ("phosphate", 6.6, 6.4, "mg/dL", CHILD),
    ]
    stories: list[Scenario] = []
    for name, counts, does_not, unit, age in rows:
        one, none = lab(4, name, counts, unit), lab(4, name, does_not, unit)
        stories += beside_potassium(f"{name} {counts} {unit}", f"{name} {does_not} {unit}", [one], [none], age)
    stories += pair(
        ("urate 476 and K 6.0", [HIGH_URATE, HIGH_POTASSIUM]),
        ("urate 476 and K 5.9", [HIGH_URATE, lab(4, "potassium", 5.9, "mmol/L")]),
        TLS_LABORATORY,
        VALUES,
        ADULT,
    )
    stories += pair(
        ("urate 476 and K 6.0 meq/L", [HIGH_URATE, lab(4, "potassium", 6.0, "meq/L")]),
        ("urate 476 alone", [HIGH_URATE]),
        TLS_LABORATORY,
        VALUES,
        ADULT,
    )
    stories += pair(
        ("17.9 y: phosphate 2.1", [HIGH_URATE, lab(4, "phosphate", 2.1, "mmol/L")]),
        ("17.9 y: phosphate 2.0", [HIGH_URATE, lab(4, "phosphate", 2.0, "mmol/L")]),
        TLS_LABORATORY,
        VALUES,
        17.9,
    )
    stories += pair(
        ("18 y: phosphate 1.45", [HIGH_URATE, lab(4, "phosphate", 1.45, "mmol/L")]),
        ("18 y: phosphate 1.4", [HIGH_URATE, lab(4, "phosphate", 1.4, "mmol/L")]),
        TLS_LABORATORY,
        VALUES,
        18.0,
    )
    return stories


def _calcium() -> list[Scenario]:
    def calcium(value: float, albumin_g_l: float, unit: str = "mmol/L") -> list[Fact]:
        return [lab(4, "calcium", value, unit), lab(4, "albumin", albumin_g_l, "g/L")]

    return [
        *beside_potassium("Ca 1.75 at albumin 40", "Ca 1.76 at albumin 40", calcium(1.75, 40), calcium(1.76, 40)),
        *beside_potassium("Ca 7.0 mg/dL", "Ca 7.1 mg/dL", calcium(7.0, 40, "mg/dL"), calcium(7.1, 40, "mg/dL")),
        *beside_potassium(
            "Ca 1.80 at albumin 45, corrected 1.70",
            "Ca 1.65 at albumin 30, corrected 1.85",
            calcium(1.80, 45),
            calcium(1.65, 30),
        ),
    ]


def _changes() -> list[Scenario]:
    def rise(name: str, first: float, second: float, unit: str) -> list[Fact]:
        return [lab(-2, name, first, unit), lab(4, name, second, unit)]

    albumin = [lab(-2, "albumin", 40, "g/L"), NORMAL_ALBUMIN]
    rows = (
        ("urate 300 to 375", "urate 300 to 374", rise("urate", 300, 375, "umol/L"), rise("urate", 300, 374, "umol/L")),
        (
            "phosphate 1.00 to 1.25",
            "phosphate 1.00 to 1.24",
            rise("phosphate", 1.0, 1.25, "mmol/L"),
            rise("phosphate", 1.0, 1.24, "mmol/L"),
        ),
        (
            "Ca 2.40 to 1.80",
            "Ca 2.40 to 1.81",
            [*rise("calcium", 2.4, 1.8, "mmol/L"), *albumin],
            [*rise("calcium", 2.4, 1.81, "mmol/L"), *albumin],
        ),
    )
    stories = [scenario for row in rows for scenario in beside_potassium(*row)]
    potassium = rise("potassium", 4.0, 5.0, "mmol/L"), rise("potassium", 4.0, 4.99, "mmol/L")
    stories += pair(
        ("urate 476 and K 4.0 to 5.0", [HIGH_URATE, *potassium[0]]),
        ("urate 476 and K 4.0 to 4.99", [HIGH_URATE, *potassium[1]]),
        TLS_LABORATORY,
        CHANGE,
        ADULT,
    )
    better = (
        ("K 5.5 to 4.0 is no adverse change", [HIGH_URATE, *rise("potassium", 5.5, 4.0, "mmol/L")]),
        ("urate 400 to 280 is no adverse change", [HIGH_POTASSIUM, *rise("urate", 400, 280, "umol/L")]),
        ("Ca 2.0 to 2.6 is no adverse change", [HIGH_POTASSIUM, *rise("calcium", 2.0, 2.6, "mmol/L"), *albumin]),
    )
    stories += [
        Scenario(name, CHANGE, ADULT, tuple(facts), absent=frozenset({TLS_LABORATORY})) for name, facts in better
    ]
    return [replace(story, start_hour=0, rule=CHANGE) for story in stories]


def _windows() -> list[Scenario]:
    def apart(first_hour: float, second_hour: float) -> list[Fact]:
        return [lab(first_hour, "urate", 500, "umol/L"), lab(second_hour, "potassium", 6.4, "mmol/L")]

    return [
        *pair(("24 h apart", apart(2, 26)), ("24.1 h apart", apart(2, 26.1)), TLS_LABORATORY, WINDOW, ADULT),
        *pair(
            ("10 h and 2 h before start", [*apart(-10, -2), clock(1)]),
            ("72.1 h and 60 h before start", [*apart(-72.1, -60), clock(1)]),
            TLS_LABORATORY,
            WINDOW,
            ADULT,
        ),
        *pair(
            ("168 h after start", apart(160, 168)), ("168.1 h after", apart(160, 168.1)), TLS_LABORATORY, WINDOW, ADULT
        ),
        Scenario(
            "two values of one analyte are one",
            WINDOW,
            ADULT,
            (HIGH_URATE, lab(9, "urate", 600, "umol/L")),
            absent=frozenset({TLS_LABORATORY}),
        ),
    ]


def _clinical() -> list[Scenario]:
    laboratory = [HIGH_URATE, HIGH_POTASSIUM]

    def creatinine(value: float) -> Fact:
        return lab(5, "creatinine", value, "umol/L", 100)

    return [
        *pair(
            ("creatinine 1.5 x ULN", [*laboratory, creatinine(150)]),
            ("creatinine 1.49 x ULN", [*laboratory, creatinine(149)]),
            TLS_CLINICAL,
            CLINICAL,
            ADULT,
        ),
        *pair(
            ("creatinine 1.8 mg/dL at an upper limit of 1.2", [*laboratory, lab(5, "creatinine", 1.8, "mg/dL", 1.2)]),
            ("creatinine 1.7 mg/dL at an upper limit of 1.2", [*laboratory, lab(5, "creatinine", 1.7, "mg/dL", 1.2)]),
            TLS_CLINICAL,
            CLINICAL,
            ADULT,
        ),
        *pair(
            ("arrhythmia", [*laboratory, signs(5, arrhythmia=True)]),
            ("arrhythmia without laboratory lysis", [HIGH_URATE, signs(5, arrhythmia=True)]),
            TLS_CLINICAL,
            CLINICAL,
            ADULT,
        ),
        *pair(
            ("seizure", [*laboratory, signs(5, seizure=True)]),
            ("laboratory lysis alone", laboratory),
            TLS_CLINICAL,
            CLINICAL,
            ADULT,
        ),
    ]


SCENARIOS = [*_values(), *_calcium(), *_changes(), *_windows(), *_clinical()]

"""Phoenix criteria for children, from section F."""

from collections.abc import Sequence

from tests.cases.section_f.chart import SEPSIS, SEPTIC_SHOCK, Fact, Scenario, infusion_of, lab, signs, vitals

CHILD = 7.0
SUSPECTED = signs(0, infection_suspected=True)
ONE_POINT = lab(0, "platelets", 99, "10*9/L")
"""Coagulation, 1 point: beside it, a single further point makes sepsis."""
BOTH = frozenset({SEPSIS, SEPTIC_SHOCK})
MAP_ROWS = (
    # age in years, lowest and highest MAP worth 1 point
    ("0.05 y (18 d)", 0.05, 17, 30),
    ("0.082 y (29.95 d)", 0.082, 17, 30),
    ("0.09 y (just over a month)", 0.09, 25, 38),
    ("0.5 y", 0.5, 25, 38),
    ("0.99 y", 0.99, 25, 38),
    ("1 y", 1.0, 31, 43),
    ("1.99 y", 1.99, 31, 43),
    ("2 y", 2.0, 32, 44),
    ("4.99 y", 4.99, 32, 44),
    ("5 y", 5.0, 36, 48),
    ("11.99 y", 11.99, 36, 48),
    ("12 y", 12.0, 38, 51),
    ("17.9 y", 17.9, 38, 51),
)


def story(
    name: str, rule: str, facts: Sequence[Fact], points: int, *, shock: bool = False, age_years: float = CHILD
) -> Scenario:
    """With suspected infection: 2 points are sepsis, with a cardiovascular one among them septic shock."""
    stands = frozenset[str]() if points < 2 else BOTH if shock else frozenset({SEPSIS})
    return Scenario(name, rule, age_years, (SUSPECTED, *facts), stands=stands, absent=BOTH - stands)


def oxygen(spo2_pct: float, fio2: float, device: str) -> Fact:
    return vitals(0.1, spo2_pct=spo2_pct, fio2=fio2, o2_device=device)


def gas(pao2_mmhg: float) -> Fact:
    return lab(0, "PaO2", pao2_mmhg, "mm[Hg]")


def _respiratory() -> list[Scenario]:
    rule = "SpO2/FiO2 < 292 on any support (SpO2 <= 97 only); 2: 148-220, 3: < 148 with invasive ventilation"
    mask, tube = "simple_facemask", "invasive_ventilation"
    return [
        story("ratio 291.9 on a mask, 1 point, and platelets", rule, [ONE_POINT, oxygen(87.57, 0.30, mask)], 2),
        story("ratio exactly 292 on a mask, no point, and platelets", rule, [ONE_POINT, oxygen(73, 0.25, mask)], 1),
        story("ratio 291.9 on a mask alone", rule, [oxygen(87.57, 0.30, mask)], 1),
        story("SpO2 97 on 40 %, and platelets", rule, [ONE_POINT, oxygen(97, 0.4, mask)], 2),
        story("SpO2 98 on 40 % cannot be used, and platelets", rule, [ONE_POINT, oxygen(98, 0.4, mask)], 1),
        story("FiO2 charted as 40 percent, and platelets", rule, [ONE_POINT, oxygen(97, 40, mask)], 2),
        story("ratio 150 on CPAP is one point", rule, [oxygen(90, 0.6, "cpap")], 1),
        story("ratio 100 on a mask is one point", rule, [oxygen(90, 0.9, mask)], 1),
        story("ventilated, ratio 220, two points", rule, [oxygen(88, 0.4, tube)], 2),
        story("ventilated, ratio 220.5, one point", rule, [oxygen(88.2, 0.4, tube)], 1),
        story("ventilated, ratio 148, two points", rule, [oxygen(74, 0.5, tube)], 2),
        story("ventilated, ratio 147, three points", rule, [oxygen(88.2, 0.6, tube)], 2),
        story("ventilated, SpO2 98 on 60 % cannot be used", rule, [oxygen(98, 0.6, tube)], 0),
        story("PaO2/FiO2 396 and platelets", "PaO2/FiO2 < 400", [ONE_POINT, gas(99), oxygen(98, 0.25, mask)], 2),
        story(
            "PaO2/FiO2 exactly 400 and platelets", "PaO2/FiO2 < 400", [ONE_POINT, gas(100), oxygen(98, 0.25, mask)], 1
        ),
        story("ventilated, PaO2/FiO2 200", "2: 100-200", [gas(80), oxygen(98, 0.4, tube)], 2),
        story("ventilated, PaO2/FiO2 202.5", "2: 100-200", [gas(81), oxygen(98, 0.4, tube)], 1),
        story(
            "PaO2 10.66 kPa (79.96 mmHg), ventilated on 40 %",
            "2: 100-200",
            [lab(0, "PaO2", 10.66, "kPa"), oxygen(98, 0.4, tube)],
            2,
        ),
        story("ventilated, ratio 380", rule, [ONE_POINT, oxygen(95, 0.25, tube)], 1),
    ]


def _cardiovascular() -> list[Scenario]:
    drug = "1 vasoactive 1, >= 2 vasoactives 2"
    lactate = "lactate 5-10.9 1, >= 11 mmol/L 2"

    def milk(value: float, unit: str = "mmol/L") -> Fact:
        return lab(0.2, "lactate", value, unit)

    stories = [
        story("one vasoactive and platelets", drug, [ONE_POINT, infusion_of(0.1, "norepinephrine")], 2, shock=True),
        story("one vasoactive alone", drug, [infusion_of(0.1, "epinephrine")], 1),
        story(
            "two vasoactives alone",
            drug,
            [infusion_of(0.1, "norepinephrine"), infusion_of(0.1, "epinephrine")],
            2,
            shock=True,
        ),
        story(
            "one drug under two names is one vasoactive",
            drug,
            [infusion_of(0.1, "noradrenaline"), infusion_of(0.1, "norepinephrine")],
            1,
        ),
        story(
            "(choice) milrinone is vasoactive, and platelets",
            drug,
            [ONE_POINT, infusion_of(0.1, "milrinone")],
            2,
            shock=True,
        ),
        story("lactate 5.0 and platelets", lactate, [ONE_POINT, milk(5.0)], 2, shock=True),
        story("lactate 4.9 and platelets", lactate, [ONE_POINT, milk(4.9)], 1),
        story("lactate 10.9 alone", lactate, [milk(10.9)], 1),
        story("lactate 11.0 alone", lactate, [milk(11.0)], 2, shock=True),
        story("lactate 99.2 mg/dL is 11.0 mmol/L", lactate, [milk(99.2, "mg/dL")], 2, shock=True),
        story("one vasoactive and lactate 5", lactate, [infusion_of(0.1, "dopamine"), milk(5)], 2, shock=True),
    ]
    rule = "MAP by age 1 / 2 points"
    for name, age, low, high in MAP_ROWS:
        weight = [vitals(0.1, map_mmhg=low - 1)], [vitals(0.1, map_mmhg=low)], [vitals(0.1, map_mmhg=high)]
        two, bottom, top = weight
        above = [vitals(0.1, map_mmhg=high + 1)]
        stories += [
            story(f"{name}: MAP {low - 1}, two points", rule, two, 2, shock=True, age_years=age),
            story(f"{name}: MAP {low}, one point", rule, bottom, 1, age_years=age),
            story(
                f"{name}: MAP {high}, one point, and platelets", rule, [ONE_POINT, *top], 2, shock=True, age_years=age
            ),
            story(f"{name}: MAP {high + 1}, no point, and platelets", rule, [ONE_POINT, *above], 1, age_years=age),
        ]
    return stories


def _coagulation() -> list[Scenario]:
    rule = "platelets < 100, INR > 1.3, D-dimer > 2 mg/L FEU, fibrinogen < 100 mg/dL; max 2"
    limits = [
        ("platelets 99", "platelets 100", ("platelets", 99, "10*9/L"), ("platelets", 100, "10*9/L")),
        ("D-dimer 2.01", "D-dimer 2.0", ("D-dimer", 2.01, "mg/L{FEU}"), ("D-dimer", 2.0, "mg/L{FEU}")),
        ("fibrinogen 99 mg/dL", "fibrinogen 100 mg/dL", ("fibrinogen", 99, "mg/dL"), ("fibrinogen", 100, "mg/dL")),
        ("fibrinogen 0.99 g/L", "fibrinogen 1.0 g/L", ("fibrinogen", 0.99, "g/L"), ("fibrinogen", 1.0, "g/L")),
    ]
    ratio = lab(0, "INR", 1.31, "{INR}")
    stories = [
        story("INR 1.31 and platelets 99", rule, [ratio, ONE_POINT], 2),
        story("INR 1.3 and platelets 99", rule, [lab(0, "INR", 1.3, "{INR}"), ONE_POINT], 1),
        story("INR 1.31 alone", rule, [ratio], 1),
    ]
    for yes, no, one, none in limits:
        stories += [
            story(f"{yes} and INR 1.31", rule, [ratio, lab(0.1, *one)], 2),
            story(f"{no} and INR 1.31", rule, [ratio, lab(0.1, *none)], 1),
        ]
    return stories


def _rest() -> list[Scenario]:
    neuro = "GCS <= 10 1; fixed pupils 2"
    infection = "with suspected infection; child < 18 y"
    grave = (vitals(0.1, map_mmhg=30), lab(0, "lactate", 14, "mmol/L"))
    return [
        story("GCS 10 and platelets", neuro, [ONE_POINT, vitals(0.1, glasgow_coma_scale=10)], 2),
        story("GCS 11 and platelets", neuro, [ONE_POINT, vitals(0.1, glasgow_coma_scale=11)], 1),
        story("GCS 3 alone is one point", neuro, [vitals(0.1, glasgow_coma_scale=3)], 1),
        story("fixed pupils alone", neuro, [signs(0.1, infection_suspected=True, pupils_fixed=True)], 2),
        Scenario(
            "no infection suspected", infection, CHILD, (signs(0, infection_suspected=False), *grave), absent=BOTH
        ),
        Scenario("17.9 y is a child", infection, 17.9, (SUSPECTED, *grave), stands=BOTH),
        Scenario("18 y is none", infection, 18.0, (SUSPECTED, *grave), absent=BOTH),
    ]


SCENARIOS = [*_respiratory(), *_cardiovascular(), *_coagulation(), *_rest()]

"""Liver, pancreas, IEC-HS, capillary leak and DIC, from section F (and DM-10 for the liver)."""

from collections.abc import Sequence

from tests.cases.section_f.chart import (
    CAPILLARY_LEAK,
    DIC,
    IEC_HS,
    LIVER,
    PANCREATIC_ENZYME,
    PANCREATITIS_SUSPECTED,
    Fact,
    Scenario,
    lab,
    pair,
    signs,
    vitals,
)

ADULT = 40.0


def _bolus(hour: float, *, for_hypotension: bool) -> Fact:
    says = {"drug": "saline", "action": "given", "fluid_bolus_for_hypotension": for_hypotension}
    return Fact(hour, "drug", says)


def _liver() -> list[Scenario]:
    rule = "AST or ALT > 5 x ULN, or bilirubin > 3 x ULN"

    def enzyme(name: str, value: float, unit: str, high: float) -> list[Fact]:
        return [lab(2, name, value, unit, high)]

    rows = (
        ("ALT 5.1 x ULN", "ALT exactly 5.0 x ULN", enzyme("ALT", 204, "U/L", 40), enzyme("ALT", 200, "U/L", 40)),
        ("AST 5.1 x ULN", "AST exactly 5.0 x ULN", enzyme("AST", 178.5, "U/L", 35), enzyme("AST", 175, "U/L", 35)),
        (
            "bilirubin 3.1 x ULN",
            "bilirubin exactly 3.0 x ULN",
            enzyme("bilirubin", 62, "umol/L", 20),
            enzyme("bilirubin", 60, "umol/L", 20),
        ),
        (
            "bilirubin 3.7 mg/dL at an upper limit of 1.2",
            "bilirubin 3.6 mg/dL at an upper limit of 1.2",
            enzyme("bilirubin", 3.7, "mg/dL", 1.2),
            enzyme("bilirubin", 3.6, "mg/dL", 1.2),
        ),
    )
    return [scenario for yes, no, above, at in rows for scenario in pair((yes, above), (no, at), LIVER, rule, ADULT)]


PANCREAS = "lipase or amylase >= 3 x ULN plus pain or imaging -> suspected; enzyme alone -> alert"
IMAGE = signs(2, pancreatitis_on_imaging=True)


def enzyme(name: str, value: float) -> Fact:
    return lab(2, name, value, "U/L", 60)


def _pancreas() -> list[Scenario]:
    pain = signs(2, abdominal_pain=True)
    return [
        *pair(
            ("lipase 3.0 x ULN and pain", [enzyme("lipase", 180), pain]),
            ("lipase 2.98 x ULN and pain", [enzyme("lipase", 179), pain]),
            PANCREATITIS_SUSPECTED,
            PANCREAS,
            ADULT,
        ),
        *pair(
            ("amylase 3.0 x ULN and imaging", [enzyme("amylase", 180), IMAGE]),
            ("amylase 2.98 x ULN and imaging", [enzyme("amylase", 179), IMAGE]),
            PANCREATITIS_SUSPECTED,
            PANCREAS,
            ADULT,
        ),
        *pair(
            ("lipase 3.0 x ULN alone", [enzyme("lipase", 180)]),
            ("lipase 2.98 x ULN alone", [enzyme("lipase", 179)]),
            PANCREATIC_ENZYME,
            PANCREAS,
            ADULT,
        ),
        *pair(
            ("amylase 3.0 x ULN alone", [enzyme("amylase", 180)]),
            ("pain alone", [pain]),
            PANCREATIC_ENZYME,
            PANCREAS,
            ADULT,
        ),
    ]


def _pancreas_in_part() -> list[Scenario]:
    """One half of the suspicion without the other."""
    return [
        Scenario(
            "enzyme alone is no suspicion",
            PANCREAS,
            ADULT,
            (enzyme("lipase", 600),),
            absent=frozenset({PANCREATITIS_SUSPECTED}),
        ),
        Scenario(
            "pain denied",
            PANCREAS,
            ADULT,
            (enzyme("lipase", 600), signs(2, abdominal_pain=False)),
            absent=frozenset({PANCREATITIS_SUSPECTED}),
        ),
        Scenario(
            "(choice) imaging while no enzyme is known",
            PANCREAS,
            ADULT,
            (IMAGE,),
            stands=frozenset({PANCREATITIS_SUSPECTED}),
        ),
        Scenario(
            "imaging while both enzymes are normal",
            PANCREAS,
            ADULT,
            (IMAGE, enzyme("lipase", 20), enzyme("amylase", 20)),
            absent=frozenset({PANCREATITIS_SUSPECTED}),
        ),
    ]


def _hyperinflammation() -> list[Scenario]:
    rule = "ferritin > 2 x ULN or > 2 x baseline, plus >= 2 of: AST/ALT > 5 x ULN, fibrinogen < 150 mg/dL, ..."
    ferritin = lab(2, "ferritin", 801, "ug/L", 400)
    fibrinogen = lab(2, "fibrinogen", 149, "mg/dL")
    ast = lab(2, "AST", 201, "U/L", 40)
    cells = signs(2, haemophagocytosis=True)

    def both(yes: str, no: str, holds: Sequence[Fact], fails: Sequence[Fact]) -> list[Scenario]:
        return pair((yes, holds), (no, fails), IEC_HS, rule, ADULT)

    return [
        *both(
            "ferritin 801 at an upper limit of 400",
            "ferritin exactly 2 x ULN",
            [ferritin, fibrinogen, ast],
            [lab(2, "ferritin", 800, "ug/L", 400), fibrinogen, ast],
        ),
        *both(
            "ferritin 801 ng/mL, fibrinogen 1.49 g/L",
            "fibrinogen 1.5 g/L",
            [lab(2, "ferritin", 801, "ng/mL", 400), lab(2, "fibrinogen", 1.49, "g/L"), ast],
            [ferritin, lab(2, "fibrinogen", 1.5, "g/L"), ast],
        ),
        *both(
            "fibrinogen 149 and AST 5.03 x ULN",
            "fibrinogen 150 and AST 5.03 x ULN",
            [ferritin, fibrinogen, ast],
            [ferritin, lab(2, "fibrinogen", 150, "mg/dL"), ast],
        ),
        *both(
            "ALT 5.03 x ULN and haemophagocytosis",
            "ALT exactly 5.0 x ULN and haemophagocytosis",
            [ferritin, lab(2, "ALT", 201, "U/L", 40), cells],
            [ferritin, lab(2, "ALT", 200, "U/L", 40), cells],
        ),
        *both(
            "fibrinogen and haemophagocytosis",
            "AST and ALT are one criterion",
            [ferritin, fibrinogen, cells],
            [ferritin, ast, lab(2, "ALT", 400, "U/L", 40)],
        ),
        *both(
            "ferritin from 1000 to 2001, no upper limit known",
            "ferritin from 1900 to 2001, upper limit 1100",
            [lab(-24, "ferritin", 1000, "ug/L"), lab(2, "ferritin", 2001, "ug/L"), fibrinogen, ast],
            [lab(-24, "ferritin", 1900, "ug/L", 1100), lab(2, "ferritin", 2001, "ug/L", 1100), fibrinogen, ast],
        ),
        *both(
            "platelets from 150 to 40 and fibrinogen",
            "platelets unchanged at 40 and fibrinogen",
            [lab(-20, "platelets", 150, "10*9/L"), lab(2, "platelets", 40, "10*9/L"), ferritin, fibrinogen],
            [lab(-20, "platelets", 40, "10*9/L"), lab(2, "platelets", 40, "10*9/L"), ferritin, fibrinogen],
        ),
        *both(
            "ferritin 20000, fibrinogen, AST and haemophagocytosis",
            "no ferritin measured",
            [lab(2, "ferritin", 20000, "ug/L", 400), fibrinogen, ast, cells],
            [fibrinogen, ast, cells],
        ),
    ]


def _capillary_leak() -> list[Scenario]:
    rule = ">= 2 of weight +5 % in 72 h, albumin < 30 g/L, hypotension, new effusion/oedema"
    albumin = lab(72, "albumin", 29.9, "g/L")
    well = vitals(72, sbp_mmhg=120)

    def weighed(hour: float, weight_kg: float) -> Fact:
        return signs(hour, weight_kg=weight_kg)

    def both(yes: str, no: str, holds: Sequence[Fact], fails: Sequence[Fact]) -> list[Scenario]:
        return pair((yes, holds), (no, fails), CAPILLARY_LEAK, rule, ADULT)

    return [
        *both(
            "50.0 to 52.5 kg and albumin 29.9",
            "50.0 to 52.4 kg and albumin 29.9",
            [weighed(10, 50), weighed(70, 52.5), albumin],
            [weighed(10, 50), weighed(70, 52.4), albumin],
        ),
        *both(
            "+5 % over 72 h exactly",
            "+5 % over 73 h",
            [weighed(1, 50), weighed(73, 52.5), lab(73, "albumin", 29, "g/L")],
            [weighed(1, 50), weighed(74, 52.5), lab(74, "albumin", 29, "g/L")],
        ),
        *both(
            "oedema and albumin 29.9",
            "oedema and albumin 30",
            [signs(72, new_effusion_or_oedema=True), albumin],
            [signs(72, new_effusion_or_oedema=True), lab(72, "albumin", 30, "g/L"), well],
        ),
        *both(
            "oedema and albumin 2.9 g/dL",
            "oedema and albumin 3.0 g/dL",
            [signs(72, new_effusion_or_oedema=True), lab(72, "albumin", 2.9, "g/dL")],
            [signs(72, new_effusion_or_oedema=True), lab(72, "albumin", 3.0, "g/dL")],
        ),
        *both(
            "SBP 89 and albumin 29.9",
            "SBP 90 and albumin 29.9",
            [albumin, vitals(72.1, sbp_mmhg=89)],
            [albumin, vitals(72.1, sbp_mmhg=90)],
        ),
        *both(
            "a fluid bolus for hypotension and albumin 29.9",
            "a fluid bolus for another reason and albumin 29.9",
            [albumin, _bolus(72.1, for_hypotension=True)],
            [albumin, _bolus(72.1, for_hypotension=False), vitals(72.1, sbp_mmhg=120)],
        ),
        *both(
            "oedema and SBP 84",
            "oedema alone",
            [signs(72, new_effusion_or_oedema=True), vitals(72, sbp_mmhg=84)],
            [signs(72, new_effusion_or_oedema=True), well],
        ),
    ]


def clotting(platelets: float, prothrombin_s: float, fibrinogen_g_l: float) -> list[Fact]:
    return [
        lab(2, "platelets", platelets, "10*9/L", 400),
        lab(2, "PT", prothrombin_s, "s", 14),
        lab(2, "fibrinogen", fibrinogen_g_l, "g/L"),
    ]


def _coagulopathy() -> list[Scenario]:
    rule = "ISTH score >= 5 (platelets 50-100 1, < 50 2; D-dimer strong 3; PT +3-6 s 1, > 6 s 2; fibrinogen < 1 g/L 1)"

    strong = lab(2, "D-dimer", 40, "mg/L{FEU}", 0.5)
    normal_dimer = lab(2, "D-dimer", 0.2, "mg/L{FEU}", 0.5)
    grave = clotting(49, 20.1, 0.99)

    def both(yes: str, no: str, holds: Sequence[Fact], fails: Sequence[Fact]) -> list[Scenario]:
        return pair((yes, [*holds]), (no, [*fails]), DIC, rule, ADULT)

    return [
        *both(
            "platelets 49: 2 + 2 + 1",
            "platelets 50: 1 + 2 + 1",
            [*grave, normal_dimer],
            [*clotting(50, 20.1, 0.99), normal_dimer],
        ),
        *both(
            "PT +6.1 s: 2 + 2 + 1",
            "PT +6.0 s: 2 + 1 + 1",
            [*grave, normal_dimer],
            [*clotting(49, 20.0, 0.99), normal_dimer],
        ),
        *both(
            "fibrinogen 0.99: 2 + 2 + 1",
            "fibrinogen 1.0: 2 + 2",
            [*grave, normal_dimer],
            [*clotting(49, 20.1, 1.0), normal_dimer],
        ),
        *both(
            "platelets 100 and D-dimer strong: 1 + 3 + 1",
            "platelets 101: 3 + 1",
            [strong, *clotting(100, 14, 0.99)],
            [strong, *clotting(101, 14, 0.99)],
        ),
        *both(
            "PT +3.0 s and D-dimer strong: 1 + 3 + 1",
            "PT +2.9 s: 1 + 3",
            [strong, *clotting(80, 17.0, 2)],
            [strong, *clotting(80, 16.9, 2)],
        ),
        *both(
            "fibrinogen 99 mg/dL",
            "fibrinogen 100 mg/dL",
            [*clotting(49, 20.1, 0.99)[:2], lab(2, "fibrinogen", 99, "mg/dL"), normal_dimer],
            [*clotting(49, 20.1, 0.99)[:2], lab(2, "fibrinogen", 100, "mg/dL"), normal_dimer],
        ),
        *both(
            "D-dimer strong: 2 + 3",
            "platelets 20 alone: 2",
            [strong, *clotting(20, 13, 3)],
            [normal_dimer, *clotting(20, 13, 3)],
        ),
    ]


SCENARIOS = [*_liver(), *_pancreas(), *_pancreas_in_part(), *_hyperinflammation(), *_capillary_leak(), *_coagulopathy()]

"""DDI-13 to DDI-19: seizures, intrathecal drugs, benzyl alcohol, the lumen, liver, QT, and what cannot be judged."""

from typing import Any

import pytest

from blinwatch.clinical.rulebook import Rulebook
from tests.core.interactions.support import ask, codes

NEURO, LOAD, HEPATOTOXIC, QT = "DDI_INTRATHECAL_NEURO", "DDI_BENZYL_ALCOHOL_LOAD", "DDI_HEPATOTOXIC", "DDI_QT"
SEIZURE = "DDI_SEIZURE_THRESHOLD"


@pytest.mark.parametrize(
    "drug",
    [
        *("cefepime", "Cefepim", "imipenem", "imipenem/cilastatin", "bupropion", "tramadol", "meperidine", "pethidine"),
        *("clozapine", "ciprofloxacin", "levofloxacin", "ganciclovir", "theophylline", "aminophylline"),
    ],
)
def test_drugs_that_lower_the_seizure_threshold(rulebook: Rulebook, drug: str) -> None:
    assert ask(rulebook, drug=drug, cycle=4, cycle_day=5).headline == SEIZURE


def test_cefepime_mimics_icans(rulebook: Rulebook) -> None:
    assert "mimics ICANS" in ask(rulebook, drug="cefepime").findings[0].management


@pytest.mark.parametrize("drug", ["meropenem", "ceftriaxone", "moxifloxacin"])
def test_their_relatives_are_not_on_the_list(rulebook: Rulebook, drug: str) -> None:
    assert SEIZURE not in codes(rulebook, drug=drug)


@pytest.mark.parametrize(
    "given, holds",
    [
        ({"drug": "methotrexate", "route": "intrathecal", "hours_since_dose": 168.0}, True),
        ({"drug": "methotrexate", "route": "intrathecal", "hours_since_dose": 168.1}, False),
        ({"drug": "methotrexate", "route": "intrathecal"}, True),
        ({"drug": "methotrexate 12 mg intrathecal"}, True),
        ({"drug": "Ara-C", "route": "intrathecal"}, True),
        ({"drug": "methotrexate", "dose_g_m2": 1.0}, True),
        ({"drug": "methotrexate", "dose_g_m2": 0.99}, False),
        ({"drug": "methotrexate"}, False),
        ({"drug": "methotrexate", "dose_g_m2": 3.0, "hours_since_dose": 168.0}, True),
        ({"drug": "methotrexate", "dose_g_m2": 3.0, "hours_since_dose": 168.1}, False),
        ({"drug": "cytarabine", "dose_g_m2": 3.0}, False),
        ({"drug": "cytarabine", "cranial_rt_history": True}, True),
        ({"drug": "methotrexate", "cranial_rt_history": True}, True),
        ({"drug": "methotrexate", "cranial_rt_history": False}, False),
        ({"drug": "methotrexate", "cranial_rt_history": True, "hours_since_dose": 168.1}, False),
        ({"drug": "hydrocortisone", "route": "intrathecal"}, False),
        ({"drug": "vincristine", "cycle": 3, "cranial_rt_history": True}, False),
    ],
)
def test_chemotherapy_whose_neurotoxicity_overlaps(rulebook: Rulebook, given: dict[str, Any], holds: bool) -> None:
    assert (NEURO in codes(rulebook, **given)) == holds


SMALL_ON_PRESERVED_BAG = {"benzyl_alcohol_source": True, "preservative": True, "weight_kg": 10.0}


@pytest.mark.parametrize(
    "given, code",
    [
        ({}, LOAD),
        ({"weight_kg": 21.99}, LOAD),
        ({"weight_kg": 22.0}, "DDI_NONE"),
        ({"benzyl_min_weight_kg": 5.4}, "DDI_NONE"),
        ({"benzyl_min_weight_kg": 5.4, "weight_kg": 5.39}, LOAD),
        ({"preservative": False}, "DDI_NONE"),
        ({"preservative": None, "bag_type_h": 168.0}, LOAD),
        ({"preservative": None, "bag_type_h": 72.0}, LOAD),
        ({"preservative": None, "bag_type_h": 72.0, "label_region": "EU"}, "DDI_NONE"),
        ({"preservative": None, "bag_type_h": 48.0}, "DDI_NONE"),
        ({"benzyl_alcohol_source": False}, "DDI_NONE"),
        ({"weight_kg": None, "age_years": 27.9 / 365.25}, LOAD),
        ({"weight_kg": None, "age_years": 28.0 / 365.25}, "DDI_NOT_EVALUABLE"),
        ({"weight_kg": None}, "DDI_NOT_EVALUABLE"),
        ({"preservative": None}, "DDI_NOT_EVALUABLE"),
        ({"preservative": None, "weight_kg": 40.0}, "DDI_NONE"),
    ],
)
def test_a_second_source_of_benzyl_alcohol_in_a_small_child(
    rulebook: Rulebook, given: dict[str, Any], code: str
) -> None:
    verdict = ask(rulebook, **{**SMALL_ON_PRESERVED_BAG, **given})
    assert verdict.headline == code
    assert ("INCOMPLETE" in verdict.flags) == (code == "DDI_NOT_EVALUABLE" or given.get("weight_kg", 1) is None)


def test_the_source_itself_is_named(rulebook: Rulebook) -> None:
    verdict = ask(rulebook, drug="heparin flush", **SMALL_ON_PRESERVED_BAG)
    assert verdict.codes == (LOAD,)
    assert verdict.findings[0].drug == "heparin"


@pytest.mark.parametrize("drug", ["heparin", "something nobody knows", None])
def test_any_drug_on_the_lumen(rulebook: Rulebook, drug: str | None) -> None:
    assert ask(rulebook, drug=drug, same_lumen=True).headline == "DDI_Y_SITE"
    assert codes(rulebook, drug=drug, same_lumen=False) == ("DDI_NONE",)


@pytest.mark.parametrize(
    "given, holds",
    [
        ({"drug": "fluconazole", "alt_x_uln": 3.0}, False),
        ({"drug": "fluconazole", "alt_x_uln": 3.01}, True),
        ({"drug": "voriconazole", "cycle": 3, "ast_x_uln": 3.1}, True),
        ({"drug": "pegaspargase", "ast_x_uln": 4.0}, True),
        ({"drug": "inotuzumab ozogamicin", "alt_x_uln": 4.0}, True),
        ({"drug": "methotrexate", "alt_x_uln": 4.0}, True),
        ({"drug": "methotrexate", "alt_x_uln": 4.0, "route": "intrathecal"}, True),
        ({"drug": "ketoconazole", "alt_x_uln": 4.0, "route": "topical"}, False),
        ({"drug": "paracetamol", "alt_x_uln": 4.0, "daily_dose_g": 4.0}, False),
        ({"drug": "paracetamol", "alt_x_uln": 4.0, "daily_dose_g": 4.01}, True),
        ({"drug": "paracetamol", "alt_x_uln": 4.0}, False),
        ({"drug": "paracetamol", "alt_x_uln": 3.0, "daily_dose_g": 6.0}, False),
        ({"drug": "paracetamol", "alt_x_uln": 4.0, "daily_dose_g": 4.5, "hours_since_dose": 10.0}, True),
        ({"atc": "J02AC99", "alt_x_uln": 4.0}, True),
        ({"drug": "ondansetron", "alt_x_uln": 9.0}, False),
    ],
)
def test_a_liver_toxic_drug_with_high_enzymes(rulebook: Rulebook, given: dict[str, Any], holds: bool) -> None:
    assert (HEPATOTOXIC in codes(rulebook, **given)) == holds


@pytest.mark.parametrize(
    "given, incomplete",
    [
        ({"drug": "posaconazole"}, True),
        ({"drug": "posaconazole", "alt_x_uln": 1.0}, True),
        ({"drug": "posaconazole", "alt_x_uln": 1.0, "ast_x_uln": 1.0}, False),
        ({"drug": "posaconazole", "alt_x_uln": 3.5}, False),
        ({"drug": "paracetamol", "alt_x_uln": 4.0}, True),
        ({"drug": "paracetamol", "daily_dose_g": 5.0}, True),
        ({"drug": "paracetamol", "daily_dose_g": 3.0}, False),
        ({"drug": "paracetamol"}, False),
    ],
)
def test_enzymes_or_a_dose_that_could_decide_are_missed(
    rulebook: Rulebook, given: dict[str, Any], incomplete: bool
) -> None:
    assert ("INCOMPLETE" in ask(rulebook, **given).flags) == incomplete


@pytest.mark.parametrize(
    "given, code",
    [
        ({"drug": "ondansetron", "qtc_ms": 500.0}, QT),
        ({"drug": "ondansetron", "qtc_ms": 499.9}, "DDI_NONE"),
        ({"drug": "ondansetron", "qtc_ms": 500.0, "qt_drug_count": 0}, QT),
        ({"drug": "heparin", "qtc_ms": 520.0}, "DDI_NONE"),
        ({"drug": "heparin", "qtc_ms": 520.0, "qt_drug_count": 1}, QT),
        ({"qt_drug_count": 1, "qtc_ms": 500.0}, QT),
        ({"qt_drug_count": 0, "qtc_ms": 600.0}, "DDI_NONE"),
        ({"qt_drug_count": 2, "potassium_mmol_l": 3.49}, QT),
        ({"qt_drug_count": 2, "potassium_mmol_l": 3.5}, "DDI_NONE"),
        ({"qt_drug_count": 2, "magnesium_mmol_l": 0.69}, QT),
        ({"qt_drug_count": 2, "magnesium_mmol_l": 0.7}, "DDI_NONE"),
        ({"qt_drug_count": 1, "potassium_mmol_l": 2.5}, "DDI_NONE"),
        ({"drug": "ondansetron", "potassium_mmol_l": 2.5}, "DDI_NONE"),
        ({"drug": "ondansetron", "potassium_mmol_l": 2.5, "qt_drug_count": 2}, QT),
        ({"qtc_ms": 520.0}, "DDI_NOT_EVALUABLE"),
        ({"qt_drug_count": 2}, "DDI_NOT_EVALUABLE"),
        ({"qt_drug_count": 0}, "DDI_NONE"),
    ],
)
def test_drugs_that_prolong_qt(rulebook: Rulebook, given: dict[str, Any], code: str) -> None:
    assert ask(rulebook, **given).headline == code


@pytest.mark.parametrize(
    "given, incomplete",
    [
        ({"drug": "ondansetron"}, True),
        ({"drug": "ondansetron", "qtc_ms": 430.0}, False),
        ({"drug": "ondansetron", "qtc_ms": 430.0, "qt_drug_count": 2}, True),
        ({"qt_drug_count": 2, "qtc_ms": 430.0, "potassium_mmol_l": 4.0, "magnesium_mmol_l": 0.9}, False),
        ({"qt_drug_count": 2, "qtc_ms": 430.0, "potassium_mmol_l": 4.0}, True),
    ],
)
def test_values_that_could_decide_about_qt_are_missed(
    rulebook: Rulebook, given: dict[str, Any], incomplete: bool
) -> None:
    assert ("INCOMPLETE" in ask(rulebook, **given).flags) == incomplete


QT_LIST = (
    *("ondansetron", "haloperidol", "methadone", "citalopram", "escitalopram", "ciprofloxacin", "levofloxacin"),
    *("moxifloxacin", "azithromycin", "clarithromycin", "fluconazole", "voriconazole", "amiodarone", "sotalol"),
    *("quinidine", "disopyramide", "pimozide", "arsenic trioxide", "dasatinib", "nilotinib"),
)


@pytest.mark.parametrize("drug", QT_LIST)
def test_each_drug_of_the_short_list_counts_one(rulebook: Rulebook, drug: str) -> None:
    assert ask(rulebook, drug=drug, cycle=1, cycle_day=3, qtc_ms=510.0).headline == QT


def test_a_question_about_nothing_cannot_be_judged(rulebook: Rulebook) -> None:
    verdict = ask(rulebook, cycle=1, cycle_day=3, weight_kg=20.0)
    assert verdict.codes == ("DDI_NOT_EVALUABLE",)
    assert verdict.flags == ("INCOMPLETE",)


def test_an_unknown_drug_is_told_as_unknown_and_never_as_safe(rulebook: Rulebook) -> None:
    verdict = ask(rulebook, drug="wonderdrug 5 mg", cycle=1, cycle_day=3)
    assert verdict.codes == ("DDI_NONE",)
    assert "DRUG_UNKNOWN" in verdict.flags
    assert "does not mean that it is safe" in verdict.findings[0].because
    assert "does not mean that it is safe" in str(verdict.note)


def test_an_unknown_drug_is_still_unknown_where_another_rule_holds(rulebook: Rulebook) -> None:
    verdict = ask(rulebook, drug="wonderdrug", same_lumen=True)
    assert verdict.codes == ("DDI_Y_SITE",)
    assert "DRUG_UNKNOWN" in verdict.flags
    assert "does not mean that it is safe" in str(verdict.note)


@pytest.mark.parametrize("drug", ["lisinopril", "norepinephrine", "anakinra", "heparin", "blinatumomab", "dobutamine"])
def test_a_drug_that_the_rulebook_names_is_known(rulebook: Rulebook, drug: str) -> None:
    verdict = ask(rulebook, drug=drug, cycle=3, cycle_day=4, crs_grade_now=0)
    assert verdict.codes == ("DDI_NONE",)
    assert "DRUG_UNKNOWN" not in verdict.flags
    assert verdict.note is None


def test_every_code_that_holds_is_reported_in_the_reference_order(rulebook: Rulebook) -> None:
    given: dict[str, Any] = {"drug": "methadone", "cycle": 1, "cycle_day": 2, "qtc_ms": 510.0, "same_lumen": True}
    assert codes(rulebook, **given, days_since_il6_blocker=2.0) == (
        *("DDI_Y_SITE", QT, "DDI_CYP_NTI_HIGH", "DDI_TOCI_CYP_REBOUND", "CONF_SEDATIVE_ICANS", "MASK_IL6"),
    )

"""The table that a pharmacist edits says what the rule reference says, and does not contradict itself."""

from collections import Counter
from pathlib import Path

import pytest
import yaml

from blinwatch.clinical.load_rulebook import RulebookError, load_rulebook, read_clinical_files
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.interactions.drug_index import drug_entries, recognise
from blinwatch.core.recognise_drug import compact, masking_drug

FILE = "drug_interactions.yaml"
# Rule reference E1: drug, RxNorm code, ATC codes.
REFERENCE_E1 = [
    ("warfarin", "11289", ("B01AA03",)),
    ("ciclosporin", "3008", ("L04AD01",)),
    ("tacrolimus", "42316", ("L04AD02",)),
    ("sirolimus", "35302", ("L04AH01",)),
    ("everolimus", "141704", ("L04AH02", "L01EG02")),
    ("phenytoin", "8183", ("N03AB02",)),
    ("fosphenytoin", "72236", ("N03AB05",)),
    ("carbamazepine", "2002", ("N03AF01",)),
    ("phenobarbital", "8134", ("N03AA02",)),
    ("theophylline", "10438", ("R03DA04",)),
    ("aminophylline", "689", ("R03DA05",)),
    ("clozapine", "2626", ("N05AH02",)),
    ("fentanyl", "4337", ("N01AH01", "N02AB03")),
    ("alfentanil", "480", ("N01AH02",)),
    ("methadone", "6813", ("N07BC02",)),
    ("midazolam", "6960", ("N05CD08",)),
    ("quinidine", "9068", ("C01BA01",)),
    ("disopyramide", "3541", ("C01BA03",)),
    ("amiodarone", "703", ("C01BD01",)),
    ("voriconazole", "121243", ("J02AC03",)),
    ("itraconazole", "28031", ("J02AC02",)),
    ("colchicine", "2683", ("M04AC01",)),
    ("ergotamine", "4025", ("N02CA02",)),
    ("pimozide", "8331", ("N05AG02",)),
    ("vincristine", "11202", ("L01CA02",)),
    ("ponatinib", "1364347", ("L01EA05",)),
    ("dasatinib", "475342", ("L01EA02",)),
    ("imatinib", "282388", ("L01EA01",)),
    ("venetoclax", "1747556", ("L01XX52",)),
]
REFERENCE_E2_RXNORM = {
    "paracetamol": "161",
    "ibuprofen": "5640",
    "dexamethasone": "3264",
    "prednisone": "8640",
    "prednisolone": "8638",
    "methylprednisolone": "6902",
    "hydrocortisone": "5492",
    "tocilizumab": "612865",
    "anakinra": "72435",
    "metoprolol": "6918",
    "propranolol": "8787",
    "bisoprolol": "19484",
    "lisinopril": "29046",
    "amlodipine": "17767",
    "lorazepam": "6470",
    "diazepam": "3322",
    "morphine": "7052",
    "hydromorphone": "3423",
    "diphenhydramine": "3498",
    "cefepime": "20481",
    "cytarabine": "3041",
    "methotrexate": "6851",
    "ondansetron": "26225",
    "norepinephrine": "7512",
    "epinephrine": "3992",
    "dopamine": "3628",
    "phenylephrine": "8163",
    "vasopressin": "11149",
    "fluconazole": "4450",
    "posaconazole": "282446",
    "digoxin": "3407",
    "blinatumomab": "1597258",
}


@pytest.mark.parametrize("drug, rxnorm, atc", REFERENCE_E1, ids=str)
def test_every_drug_of_table_e1_is_there_with_its_codes(
    rulebook: Rulebook, drug: str, rxnorm: str, atc: tuple[str, ...]
) -> None:
    by_name = recognise(drug, rulebook)
    assert by_name.drug == drug
    assert by_name.entries[0].cyp is not None
    assert recognise(None, rulebook, rxnorm=rxnorm).drug == drug
    for code in atc:
        assert recognise(None, rulebook, atc=code).drug == drug


def test_nothing_else_is_a_substrate_of_table_e1(rulebook: Rulebook) -> None:
    with_cyp = {entry.drug for entry in drug_entries(rulebook.interactions) if entry.cyp is not None}
    assert with_cyp == {drug for drug, _, _ in REFERENCE_E1}


def test_the_long_acting_drugs_are_those_of_the_reference(rulebook: Rulebook) -> None:
    long = {entry.drug for entry in rulebook.interactions.cyp_drugs if entry.cyp is not None and entry.cyp.active_h}
    # Fosphenytoin becomes phenytoin in the body.
    assert long == {"warfarin", "phenytoin", "fosphenytoin", "methadone", "amiodarone", "phenobarbital"}


@pytest.mark.parametrize("drug, rxnorm", sorted(REFERENCE_E2_RXNORM.items()))
def test_the_rxnorm_codes_of_the_classes(rulebook: Rulebook, drug: str, rxnorm: str) -> None:
    assert recognise(None, rulebook, rxnorm=rxnorm).drug == drug


def test_no_rxnorm_code_is_invented(rulebook: Rulebook) -> None:
    known = {rxnorm for _, rxnorm, _ in REFERENCE_E1} | set(REFERENCE_E2_RXNORM.values())
    assert {code for entry in drug_entries(rulebook.interactions) for code in entry.rxnorm} <= known


@pytest.mark.parametrize(
    "drug, classes",
    [
        ("theophylline", {"seizure_threshold"}),
        ("aminophylline", {"seizure_threshold"}),
        ("clozapine", {"antipsychotic", "seizure_threshold"}),
        ("fentanyl", {"opioid"}),
        ("alfentanil", {"opioid"}),
        ("methadone", {"opioid", "qt_drug"}),
        ("midazolam", {"benzodiazepine"}),
        ("ciclosporin", {"immunosuppressant"}),
        ("everolimus", {"immunosuppressant"}),
        ("digoxin", {"p_gp_substrate"}),
        ("itraconazole", {"hepatotoxic", "cyp_inhibitor"}),
    ],
)
def test_the_rules_that_the_reference_names_beside_a_drug(rulebook: Rulebook, drug: str, classes: set[str]) -> None:
    assert recognise(drug, rulebook).classes == classes


def test_each_name_and_code_belongs_to_one_entry(rulebook: Rulebook) -> None:
    entries = drug_entries(rulebook.interactions)
    names = Counter(name for entry in entries for name in {compact(one) for one in (entry.drug, *entry.names)})
    assert [name for name, count in names.items() if count > 1] == []
    for codes in ([one for entry in entries for one in entry.rxnorm], [one for entry in entries for one in entry.atc]):
        assert [code for code, count in Counter(codes).items() if count > 1] == []


def test_a_drug_named_in_both_files_masks_a_fever_in_both(rulebook: Rulebook) -> None:
    """An analgesic combination of the table must hide a fever from CRS grading as well (CRS-5), by name and code."""
    for entry in drug_entries(rulebook.interactions):
        if {"paracetamol", "nsaid", "metamizole"} & set(entry.classes):
            for name in (entry.drug, *entry.names):
                assert masking_drug(name, rulebook.drugs) == "antipyretic", name
            for code in entry.atc:
                assert masking_drug(None, rulebook.drugs, atc=code) == "antipyretic", code


def test_every_antipyretic_of_crs_grading_is_one_of_the_interaction_check(rulebook: Rulebook) -> None:
    members = [pair for kind in rulebook.drugs.antipyretic.values() for pair in kind.items()]
    for drug, drug_class in members:
        for name in (drug, *drug_class.names):
            assert masking_drug(name, rulebook.drugs) == "antipyretic", name
            assert {"paracetamol", "nsaid", "metamizole"} & recognise(name, rulebook).classes, name
    for drug, drug_class in rulebook.drugs.corticosteroid.items():
        for name in (drug, *drug_class.names):
            assert masking_drug(name, rulebook.drugs) == "steroid", name
            assert "corticosteroid" in recognise(name, rulebook).classes, name


def test_every_code_has_an_advice_and_a_place_in_the_order(rulebook: Rulebook) -> None:
    rules = rulebook.interactions
    assert set(rules.advice) == set(rules.headline_order)
    assert len(set(rules.headline_order)) == len(rules.headline_order)


def test_every_rule_has_a_citation_and_every_advice_a_known_rule(rulebook: Rulebook) -> None:
    for number in range(1, 20):
        assert len(rulebook.cite(f"DDI-{number}")) > 10
    for advice in rulebook.interactions.advice.values():
        assert rulebook.cite(advice.rule)
    for rule in rulebook.interactions.classes.values():
        assert all(rulebook.cite(one) for one in rule.rules)


@pytest.mark.parametrize(
    "code, severity, evidence",
    [
        ("DDI_LIVE_VACCINE", "high", "label"),
        ("DDI_IMMUNOSUPPRESSANT", "moderate", "expert"),
        ("DDI_TOCI_CYP_REBOUND", "moderate", "literature"),
        ("MASK_IL6", "moderate", "literature"),
        ("MASK_ANTIPYRETIC", "low", "expert"),
        ("MASK_BETA_BLOCKER", "low", "expert"),
        ("DDI_HYPOTENSIVE", "moderate", "expert"),
        ("CONF_SEDATIVE_ICANS", "moderate", "literature"),
        ("DDI_SEIZURE_THRESHOLD", "moderate", "expert"),
        ("DDI_INTRATHECAL_NEURO", "moderate", "label"),
        ("DDI_BENZYL_ALCOHOL_LOAD", "high", "label"),
        ("DDI_Y_SITE", "high", "label"),
        ("DDI_HEPATOTOXIC", "moderate", "expert"),
        ("DDI_QT", "high", "expert"),
        ("DDI_CYP_NTI_MOD", "moderate", "expert"),
    ],
)
def test_severity_and_evidence_are_the_reference_s(rulebook: Rulebook, code: str, severity: str, evidence: str) -> None:
    advice = rulebook.interactions.advice[code]
    assert (advice.severity, advice.evidence) == (severity, evidence)


def changed(folder: Path, old: str, new: str) -> Path:
    for name, text in read_clinical_files().items():
        (folder / name).write_text(text, encoding="utf-8")
    path = folder / FILE
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


def test_a_new_drug_is_one_line(tmp_path: Path) -> None:
    line = "- {drug: nilotinib, "
    added = "- {drug: newazole, names: [brandazole], atc: [J02AC99], classes: [hepatotoxic]}\n      "
    rulebook = load_rulebook(changed(tmp_path, line, added + line))
    assert recognise("Brandazole 200 mg", rulebook).drug == "newazole"


@pytest.mark.parametrize(
    "old, new, complaint",
    [
        ("classes: [opioid, seizure_threshold]", "classes: [opiate]", "classes"),
        ("severity: high", "severity: terrible", "severity"),
        ("evidence: label", "evidence: rumour", "evidence"),
        ("alert: once", "alert: sometimes", "alert"),
        ("not_by_routes: [topical]", "not_by_routes: [nasal]", "not_by_routes"),
    ],
)
def test_a_slip_in_the_table_is_refused_by_row_and_place(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    with pytest.raises(RulebookError, match=rf"drug_interactions\.yaml: row '\w+' .*{complaint}"):
        load_rulebook(changed(tmp_path, old, new))


def test_the_rows_list_the_rules_they_serve(rulebook: Rulebook) -> None:
    document = yaml.safe_load(read_clinical_files()[FILE])
    served = {rule for row in document["rows"].values() for rule in row["rules"]}
    assert {f"DDI-{number}" for number in range(1, 20)} <= served
    assert all(rulebook.rows[f"interactions.{name}"].cite for name in document["rows"])

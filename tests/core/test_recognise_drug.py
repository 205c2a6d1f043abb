"""Drugs are recognised as the ward writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.recognise_drug import belongs_to, inotrope, masking_drug, sort_vasoactives, vasopressor


@pytest.mark.parametrize(
    "written, canonical",
    [
        ("norepinephrine", "norepinephrine"),
        ("Noradrenaline", "norepinephrine"),
        ("NOR-EPINEPHRINE", "norepinephrine"),
        (" Levophed ", "norepinephrine"),
        ("Norepinephrine 8 mg/250 mL", "norepinephrine"),
        ("noradrenaline (as tartrate)", "norepinephrine"),
        ("adrenaline", "epinephrine"),
        ("Epinephrine", "epinephrine"),
        ("angiotensin II", "angiotensin_ii"),
        ("angiotensin_ii", "angiotensin_ii"),
        ("Giapreza", "angiotensin_ii"),
        ("dopamine HCl", "dopamine"),
        ("Phenylephrine", "phenylephrine"),
        ("argipressin", "vasopressin"),
        ("terlipressin", "terlipressin"),
        ("desmopressin", None),
        ("dobutamine", None),
    ],
)
def test_vasopressors_by_any_of_their_names(rulebook: Rulebook, written: str, canonical: str | None) -> None:
    assert vasopressor(written, rulebook.drugs) == canonical


@pytest.mark.parametrize("name", ["dobutamine", "Milrinone", "levosimendan"])
def test_inotropes_are_no_vasopressors(rulebook: Rulebook, name: str) -> None:
    assert inotrope(name, rulebook.drugs) == name.lower()
    assert vasopressor(name, rulebook.drugs) is None


@pytest.mark.parametrize(
    "written, kind",
    [
        ("paracetamol", "antipyretic"),
        ("Acetaminophen 1 g", "antipyretic"),
        ("Tylenol", "antipyretic"),
        ("ibuprofen", "antipyretic"),
        ("Metamizole", "antipyretic"),
        ("paracetamol/codeine", "antipyretic"),
        ("dexamethasone", "steroid"),
        ("Solu-Medrol", "steroid"),
        ("solumedrol", "steroid"),
        ("RoActemra", "tocilizumab"),
        ("siltuximab", "siltuximab"),
        ("Kineret", "anakinra"),
        ("warfarin", None),
        ("fludrocortisone", None),
    ],
)
def test_masking_drugs_by_name(rulebook: Rulebook, written: str, kind: str | None) -> None:
    assert masking_drug(written, rulebook.drugs) == kind


def test_masking_drugs_by_code(rulebook: Rulebook) -> None:
    assert masking_drug("study drug", rulebook.drugs, atc="N02BE01") == "antipyretic"
    assert masking_drug("study drug", rulebook.drugs, atc="m01ae01") == "antipyretic"
    assert masking_drug("study drug", rulebook.drugs, atc="H02AB02") == "steroid"
    assert masking_drug("study drug", rulebook.drugs, atc="L04AC07") == "tocilizumab"
    assert masking_drug(None, rulebook.drugs, rxnorm="161") == "antipyretic"
    assert masking_drug(None, rulebook.drugs, rxnorm="72435") == "anakinra"
    assert masking_drug("study drug", rulebook.drugs, rxnorm="11289", atc="B01AA03") is None


def test_a_wrong_code_does_not_hide_a_known_name(rulebook: Rulebook) -> None:
    assert masking_drug("paracetamol", rulebook.drugs, rxnorm="11289", atc="B01AA03") == "antipyretic"
    assert vasopressor("noradrenaline", rulebook.drugs, atc="C01CA24x") is not None


def test_a_short_name_is_no_part_of_a_longer_word(rulebook: Rulebook) -> None:
    assert vasopressor("epirubicin", rulebook.drugs) is None
    assert not belongs_to(rulebook.drugs.antipyretic, "nasal spray")


def test_synonyms_count_once_and_unknown_agents_each_count(rulebook: Rulebook) -> None:
    agents = ["epinephrine", "Adrenaline", "metaraminol", "METARAMINOL", "dobutamine", "methylene blue"]
    pressors, inotropes = sort_vasoactives(agents, rulebook.drugs)
    assert pressors == ("epinephrine", "metaraminol", "methyleneblue")
    assert inotropes == ("dobutamine",)


@given(data=st.data())
def test_case_spaces_and_hyphens_change_nothing(rulebook: Rulebook, data: st.DataObject) -> None:
    canonical = data.draw(st.sampled_from(sorted(rulebook.drugs.vasopressor)))
    name = data.draw(st.sampled_from(rulebook.drugs.vasopressor[canonical].names))
    cut = data.draw(st.integers(0, len(name)))
    glue = data.draw(st.sampled_from(["", "-", " ", "_"]))
    upper = data.draw(st.booleans())
    written = f" {name[:cut]}{glue}{name[cut:]} "
    assert vasopressor(written.upper() if upper else written, rulebook.drugs) == canonical

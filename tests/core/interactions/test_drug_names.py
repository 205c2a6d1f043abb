"""Drugs are recognised as wards of several countries write them, and not mistaken for others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.interactions.drug_index import drug_entries, recognise, route_of
from blinwatch.core.recognise_drug import belongs_to, compact, masking_drug, sort_vasoactives, words

RULES = load_rulebook()
ENTRIES = drug_entries(RULES.interactions)
NAMES = sorted({(name, entry.drug) for entry in ENTRIES for name in (entry.drug, *entry.names)})

ONE_WORD = [name for name, _ in NAMES if len(words(name)) == 1]


@pytest.mark.parametrize(
    "written, drug",
    [
        ("warfarin", "warfarin"),
        ("Warfarin 5 mg tab", "warfarin"),
        ("WARFARIN SODIUM", "warfarin"),
        ("Warfarin5mg", "warfarin"),
        ("Coumadin®", "warfarin"),
        ("ciclosporin", "ciclosporin"),
        ("Cyclosporine", "ciclosporin"),
        ("CYCLOSPORIN A 100 mg", "ciclosporin"),
        ("Sandimmun-Neoral", "ciclosporin"),
        ("cefepim", "cefepime"),
        ("Céfépime", "cefepime"),
        ("Métamizole", "metamizole"),
        ("dipyrone", "metamizole"),
        ("acetaminophen", "paracetamol"),
        ("morphine sulfate", "morphine"),
        ("Morphin-HCl", "morphine"),
        ("pethidine", "meperidine"),
        ("frusemide", "furosemide"),
        ("glyceryl trinitrate", "nitroglycerin"),
        ("chlorpheniramine", "chlorphenamine"),
        ("valganciclovir", "ganciclovir"),
        ("inotuzumab ozogamicin", "inotuzumab"),
        ("Ara-C", "cytarabine"),
        ("MTX", "methotrexate"),
        ("phenobarbitone", "phenobarbital"),
        ("L-Polamidon", "methadone"),
        ("imipenem / cilastatin", "imipenem"),
        ("trimeprazine", "alimemazine"),
        ("torsemide", "torasemide"),
        ("Levophed", "norepinephrine"),
        ("nor-epinephrine 4 mg", "norepinephrine"),
    ],
)
def test_spellings_brands_and_salts(rulebook: Rulebook, written: str, drug: str) -> None:
    found = recognise(written, rulebook)
    assert (found.drug, found.known) == (drug, True)


@pytest.mark.parametrize(
    "written",
    [
        *("ferritin", "pseudoephedrine", "ephedrine", "desmopressin", "wonderdrug", "5 % glucose", "immunoglobulin"),
        *("rituximab", "", "   ", "-", "12", "mg", "as a rule", "warfarinoid", "metformin", "prednimustine", "mstx"),
    ],
)
def test_what_only_looks_alike_is_unknown(rulebook: Rulebook, written: str) -> None:
    assert not recognise(written, rulebook).known


@pytest.mark.parametrize(
    "written, not_drug",
    [
        ("norepinephrine", "epinephrine"),
        ("nor-epinephrine", "epinephrine"),
        ("phenylephrine", "epinephrine"),
        ("hydromorphone", "morphine"),
        ("hydroxyzine", "hydrocortisone"),
        ("methylprednisolone", "prednisolone"),
        ("dexmedetomidine", "dexamethasone"),
        ("dihydrocodeine", "codeine"),
        ("fosphenytoin", "phenytoin"),
        ("pegaspargase", "asparaginase"),
        ("oxymorphone", "morphine"),
    ],
)
def test_a_drug_is_not_its_longer_relative(rulebook: Rulebook, written: str, not_drug: str) -> None:
    found = recognise(written, rulebook)
    assert found.known
    assert not_drug not in [entry.drug for entry in found.entries]


@pytest.mark.parametrize(
    "written, classes",
    [
        ("co-codamol 30/500", {"opioid", "paracetamol"}),
        ("cocodamol", {"opioid", "paracetamol"}),
        ("Percocet", {"opioid", "paracetamol"}),
        ("paracetamol/codeine", {"opioid", "paracetamol"}),
        ("codeine + ibuprofen", {"opioid", "nsaid"}),
        ("Zaldiar", {"opioid", "paracetamol", "seizure_threshold"}),
        ("Tylenol PM", {"sedating_antihistamine", "paracetamol"}),
        ("sacubitril/valsartan", {"antihypertensive"}),
        ("bisoprolol/hydrochlorothiazide", {"antihypertensive", "heart_rate_drug"}),
    ],
)
def test_a_combination_belongs_to_the_class_of_each_part(rulebook: Rulebook, written: str, classes: set[str]) -> None:
    assert recognise(written, rulebook).classes == classes


def test_codes_and_names_add_up(rulebook: Rulebook) -> None:
    assert recognise("study drug", rulebook, rxnorm="11289").drug == "warfarin"
    assert recognise("study drug", rulebook, rxnorm=" 11289 ").drug == "warfarin"
    assert recognise("study drug", rulebook, atc="b01aa03").drug == "warfarin"
    assert recognise(None, rulebook, atc="C09AA99").classes == {"antihypertensive"}
    assert recognise("study drug", rulebook, atc="C09AA99").drug == "study drug"
    assert recognise("study drug", rulebook, atc="C09AA99").known
    assert recognise("paracetamol", rulebook, atc="C09AA99").classes == {"paracetamol", "antihypertensive"}
    assert recognise("paracetamol", rulebook, rxnorm="11289").drug == "paracetamol + warfarin"
    assert recognise(None, rulebook, atc="N02AJ06").drug == "co-codamol"
    assert recognise(None, rulebook, atc="N02AJ99").classes == {"opioid", "paracetamol"}
    assert not recognise("study drug", rulebook, rxnorm="1", atc="Z99").known


def test_the_longest_atc_prefix_names_the_drug(rulebook: Rulebook) -> None:
    assert recognise(None, rulebook, atc="H02AB02").drug == "dexamethasone"
    assert recognise(None, rulebook, atc="H02AB99").drug == "corticosteroid"


@pytest.mark.parametrize(
    "route, written, expected",
    [
        (None, "fentanyl patch", "transdermal"),
        (None, "Fentanyl-Pflaster 25 µg/h", "transdermal"),
        (None, "methotrexate, intrathecal", "intrathecal"),
        ("iv", "fentanyl patch", "iv"),
        (None, "fentanyl", None),
        (None, "dispatch", None),
    ],
)
def test_a_route_in_the_name_is_a_route(
    rulebook: Rulebook, route: str | None, written: str, expected: str | None
) -> None:
    assert route_of(route, written, rulebook.interactions) == expected  # type: ignore[arg-type]


@given(
    pair=st.sampled_from(NAMES),
    glue=st.sampled_from(["", " ", "-", "_", " - "]),
    upper=st.booleans(),
    around=st.sampled_from(["", " ", "\t"]),
    data=st.data(),
)
def test_case_spaces_and_hyphens_change_nothing(
    pair: tuple[str, str], glue: str, upper: bool, around: str, data: st.DataObject
) -> None:
    name, drug = pair
    cut = data.draw(st.integers(0, len(name)))
    written = f"{around}{name[:cut]}{glue}{name[cut:]}{around}"
    assert recognise(written.upper() if upper else written, RULES).drug == drug


@given(
    pair=st.sampled_from(NAMES), dose=st.sampled_from(["5 mg tab", "100mg/mL inj.", "(as hydrochloride)", "1 g i.v."])
)
def test_a_dose_or_a_salt_behind_the_name_changes_nothing(pair: tuple[str, str], dose: str) -> None:
    name, drug = pair
    assert recognise(f"{name} {dose}", RULES).drug == drug


@given(pair=st.sampled_from(NAMES), accent=st.sampled_from(["\u0301", "\u0300", "\u0308"]), data=st.data())
def test_accents_change_nothing(pair: tuple[str, str], accent: str, data: st.DataObject) -> None:
    name, drug = pair
    after = data.draw(st.integers(1, len(name)))
    assert recognise(name[:after] + accent + name[after:], RULES).drug == drug


@given(pair=st.sampled_from(NAMES), tail=st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=5))
def test_a_longer_word_is_another_drug(pair: tuple[str, str], tail: str) -> None:
    """Unless the table knows the longer word too: what is recognised is never the shorter name inside it."""
    name, _ = pair
    found = recognise(compact(name) + tail, RULES)
    assert not found.known or any(compact(known) == compact(name) + tail for known, _ in NAMES)


@given(text=st.text(max_size=120))
def test_no_text_is_too_strange(text: str) -> None:
    found = recognise(text, RULES)
    again = recognise(found.drug, RULES)
    assert again.classes == found.classes
    assert again.known == found.known


@given(
    first=st.sampled_from(ONE_WORD), second=st.sampled_from(ONE_WORD), glue=st.sampled_from([" / ", " + ", " with "])
)
def test_a_mixture_keeps_the_classes_of_both(first: str, second: str, glue: str) -> None:
    mixed = recognise(f"{first}{glue}{second}", RULES).classes
    assert recognise(first, RULES).classes | recognise(second, RULES).classes <= mixed


def test_crs_grading_reads_accents_and_joined_names_too(rulebook: Rulebook) -> None:
    assert masking_drug("Métamizole 1 g", rulebook.drugs) == "antipyretic"
    assert masking_drug("solumedrol 40mg i.v.", rulebook.drugs) == "steroid"
    assert masking_drug("Tocilizumab8mg/kg", rulebook.drugs) == "tocilizumab"
    assert not belongs_to(rulebook.drugs.antipyretic, "use as a drip")


def test_a_vasoactive_agent_without_a_letter_is_none(rulebook: Rulebook) -> None:
    assert sort_vasoactives(["---", ""], rulebook.drugs) == ((), ())

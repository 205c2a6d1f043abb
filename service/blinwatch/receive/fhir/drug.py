"""Which drug, by which route, how much: the parts that an administration and a request have in common.

Source:    FHIR R4 (`medicationCodeableConcept`, `medicationReference`) and R5 (`medication.concept`, `.reference`);
           rule reference section H (RxNorm, ATC).
"""

from collections.abc import Mapping

from blinwatch.core.recognise_drug import words
from blinwatch.receive.fhir.node import Node, codings
from blinwatch.receive.fhir.refusal import FhirError, Issue
from blinwatch.receive.hl7.medications import MG_OF_UNIT
from blinwatch.receive.hl7.our_drug import CODES, NAMES

RXNORM, ATC = "http://www.nlm.nih.gov/research/umls/rxnorm", "http://www.whocc.no/atc"
_ROUTES = {
    "47625008": "iv", "255560000": "iv", "26643006": "oral", "72607000": "intrathecal", "34206005": "subcutaneous",
    "78421000": "intramuscular", "6064005": "topical", "IV": "iv", "PO": "oral", "IT": "intrathecal",
    "SC": "subcutaneous", "IM": "intramuscular",
}  # fmt: skip
"""SNOMED CT's routes, and those of HL7's table 0162."""
_ROUTE_WORDS = {
    "intravenous": "iv", "iv": "iv", "oral": "oral", "intrathecal": "intrathecal", "transdermal": "transdermal",
    "subcutaneous": "subcutaneous", "intramuscular": "intramuscular", "topical": "topical", "inhalation": "inhaled",
}  # fmt: skip
_G_M2 = "g/m2"


def read_drug(resource: Node, known: Mapping[str, Node]) -> tuple[dict[str, object], bool]:
    """Name and codes, and whether it is blinatumomab. `known`: resources that a reference may name. `FhirError`."""
    concept = _concept(resource, known)
    found, names, all_codes = dict[str, object](), list[str](), set[str]()
    for one in codings(concept):
        names.append(one.display)
        all_codes.add(one.code.upper())
        if one.system == RXNORM:
            found.setdefault("rxnorm", one.code)
        elif one.system == ATC:
            found.setdefault("atc", one.code)
    name = next((one for one in (concept.text("text"), *names) if one), "") or next(iter(sorted(all_codes)), "")
    if not name:
        raise FhirError("missing_field", concept.path, "the drug is not named")
    said = {word for text in (concept.text("text"), *names) for word in words(text)}
    return {"drug": name, **found}, bool(all_codes & CODES or said & NAMES)


def _concept(resource: Node, known: Mapping[str, Node]) -> Node:
    reference = resource.child("medicationReference")
    medication = resource.child("medication")
    if medication is not None:
        reference = medication.child("reference")
        concept = medication.child("concept")
    else:
        concept = resource.child("medicationCodeableConcept")
    if concept is not None:
        return concept
    if reference is None:
        raise FhirError("missing_field", resource.at("medication"), "the drug is not named")
    target = known.get(reference.text("reference"))
    if target is None:
        detail = "the drug is only referred to; send it contained, in the same Bundle, or as a CodeableConcept"
        raise FhirError("missing_field", reference.at("reference"), detail)
    return target.needed("code", "the drug is not named")


def read_route(dosage: Node | None, issues: list[Issue]) -> dict[str, object]:
    """The route, where it is one that is told apart here."""
    concept = None if dosage is None else dosage.child("route")
    if concept is None:
        return {}
    for one in codings(concept):
        if one.code in _ROUTES:
            return {"route": _ROUTES[one.code]}
    texts = (concept.text("text"), *(one.display for one in codings(concept)))
    for word in (word for text in texts for word in words(text)):
        if word in _ROUTE_WORDS:
            return {"route": _ROUTE_WORDS[word]}
    detail = "the route is none that is told apart here; the drug counts as given systemically"
    issues.append(Issue(reason="unknown_code", where=concept.path, detail=detail))
    return {}


def read_dose(dosage: Node | None, issues: list[Issue]) -> dict[str, object]:
    """The dose in mg or g/m²; in other units the drug counts and its dose is unknown."""
    quantity = None if dosage is None else dosage.child("dose")
    value = None if quantity is None else quantity.number("value")
    if quantity is None or value is None:
        return {}
    unit = quantity.text("code") or quantity.text("unit")
    if unit in MG_OF_UNIT:
        return {"dose_mg": value * MG_OF_UNIT[unit]}
    if unit == _G_M2:
        return {"dose_g_m2": value}
    detail = "the dose is in none of mg, g, ug, g/m2: the drug counts, its dose is unknown"
    issues.append(Issue(reason="unknown_unit", where=quantity.path, detail=detail))
    return {}

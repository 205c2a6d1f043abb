"""Whose resource is it: the identifier of its subject, and the authority that gave it.

What:      `subject.identifier`; the Patient that a reference names, contained or in the same Bundle; else the id in
           `Patient/ID`. Which identifier systems count, and what HL7 v2 calls their authority, the site says.
Caveats:   a site that makes pseudonyms with a key must name its systems. Guessing would give one patient two
           pseudonyms, one by HL7 and one by FHIR.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from blinwatch.receive.fhir.node import Node
from blinwatch.receive.fhir.refusal import FhirError

PATIENT = "Patient"
"""Stands, among the systems, for the ids in references such as `Patient/4711`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Systems:
    """Identifier system to the authority that HL7 v2 calls it."""

    authorities: Mapping[str, str]
    any_counts: bool
    """Identifiers are pseudonyms already, and no system was named: whatever names the subject is one."""


def subject_of(resource: Node, known: Mapping[str, Node], systems: Systems) -> tuple[str, str]:
    """Identifier and authority. Raises `FhirError`."""
    subject = resource.needed("subject", "names no patient")
    reference = subject.text("reference").split("/_history/", maxsplit=1)[0]
    if _is_other(subject, reference):
        raise FhirError("no_patient", subject.path, "is about somebody or something that is no patient")
    found = {one for one in _named(subject, reference, known) if one[0] and _counts(one, systems)}
    if not found:
        detail = "names the patient by no identifier that counts here: see --fhir-system"
        raise FhirError("no_patient", subject.path, detail)
    by_system = {one for one in found if one[1] != PATIENT} or found
    said = {(identifier, systems.authorities.get(system, "")) for identifier, system in by_system}
    if len({identifier for identifier, _ in said}) > 1 or len(said) > 1:
        raise FhirError("no_patient", subject.path, "names the patient by several identifiers that differ")
    return said.pop()


def _is_other(subject: Node, reference: str) -> bool:
    kind = subject.text("type") or (reference.split("/")[-2] if "/" in reference else PATIENT)
    return kind != PATIENT and not kind.startswith("urn:")


def _counts(one: tuple[str, str], systems: Systems) -> bool:
    return systems.any_counts or one[1] in systems.authorities


def _named(subject: Node, reference: str, known: Mapping[str, Node]) -> Iterator[tuple[str, str]]:
    """Every identifier and its system."""
    logical = subject.child("identifier")
    if logical is not None:
        yield logical.text("value"), logical.text("system")
    target = known.get(reference)
    if target is not None and target.text("resourceType") == PATIENT:
        for one in target.each("identifier"):
            yield one.text("value"), one.text("system")
        if not reference.startswith("#"):
            yield target.text("id"), PATIENT
    elif "/" in reference:
        yield reference.rsplit("/", 1)[-1], PATIENT

"""A resource into drafts of events and what could not be used: the only door into this folder.

Nothing here raises for what a resource holds, and nothing is left out without a reason.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from blinwatch.receive.fhir.draft import Drafts
from blinwatch.receive.fhir.medication_administration import read_administration
from blinwatch.receive.fhir.medication_request import read_request
from blinwatch.receive.fhir.node import Node, check_understood
from blinwatch.receive.fhir.observation import read_observation
from blinwatch.receive.fhir.refusal import FhirError
from blinwatch.receive.fhir.subject import Systems, subject_of

READ = frozenset({"Observation", "MedicationAdministration", "MedicationRequest"})
BESIDE = frozenset(
    {
        "DeviceMetric", "Device", "Patient", "Encounter", "Practitioner", "PractitionerRole", "Organization",
        "Location", "Medication", "Specimen", "MessageHeader", "SubscriptionStatus", "Parameters",
        "Provenance", "ServiceRequest",
    }
)  # fmt: skip
"""What comes along with what is read, and measures nothing itself."""
_TEST = "HTEST"
"""v3-ActReason: test health data. As MSH-11 T in HL7 v2: nobody is ill."""


@dataclass(slots=True)
class Translation:
    """What one resource says."""

    drafts: Drafts = field(default_factory=Drafts)
    patient: str = ""
    authority: str = ""


def translate(
    resource: Node, *, received_at: datetime, systems: Systems, known: Mapping[str, Node] | None = None
) -> Translation:
    """The events and issues of a resource. `known`: what references may name, beside what it contains."""
    found = Translation()
    try:
        kind = resource.text("resourceType")
        _check_taken(kind, resource)
        around = {**(known or {}), **dict(_contained(resource))}
        found.patient, found.authority = subject_of(resource, around, systems)
        found.drafts = _read(kind, resource, around, received_at)
    except FhirError as error:
        found.drafts.issues.append(error.issue)
    return found


def _read(kind: str, resource: Node, around: Mapping[str, Node], received_at: datetime) -> Drafts:
    if kind == "Observation":
        return read_observation(resource, received_at)
    if kind == "MedicationAdministration":
        return read_administration(resource, around, received_at)
    return read_request(resource, around, received_at)


def _contained(resource: Node) -> Iterator[tuple[str, Node]]:
    for one in resource.each("contained"):
        yield f"#{one.text('id')}", one


def _check_taken(kind: str, resource: Node) -> None:
    if kind in BESIDE:
        raise FhirError("not_needed", resource.path, "holds no measurement; nothing is made of it")
    if kind not in READ:
        raise FhirError("not_supported", resource.at("resourceType"), "resources of this type are not taken here")
    check_understood(resource)
    meta = resource.child("meta")
    if meta is None:
        return
    for name in ("security", "tag"):
        if any(one.text("code") == _TEST for one in meta.each(name)):
            raise FhirError("test_data", meta.at(name), "is marked as test data (HTEST): nobody is ill")

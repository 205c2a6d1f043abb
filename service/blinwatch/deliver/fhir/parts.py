"""What all our FHIR resources are made of: ids, references, coded concepts.

Caveats:   - a patient is referred to by pseudonym (a logical reference): we do not know under which id a FHIR server
             holds the patient, and a wrong guess would write into another record;
           - a resource's id is made from ours, so the same decision is the same resource and a PUT may be repeated.
"""

import hashlib
import re
from typing import Any

from blinwatch.deliver.fhir.codes import DEVICE_IDS, OURS, RULES

Part = dict[str, Any]

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
"""FHIR R4, datatype id."""


def resource_id(kind: str, name: str) -> str:
    """The id of a resource of ours; a name that FHIR does not allow in an id is replaced by its hash."""
    whole = f"{kind}-{name}"
    return whole if _ID.fullmatch(whole) else f"{kind}-{hashlib.sha256(name.encode()).hexdigest()[:32]}"


def resource(kind: str, identity: str, origin: tuple[str, str], identifier: Part, body: Part) -> Part:
    """A resource with its type, id and `origin` (topic and rule); parts that are not known are left out."""
    topic, rule = origin
    meta = {"source": f"urn:blinwatch:topic:{topic}", "tag": [coding(RULES, rule)]}
    head: Part = {"resourceType": kind, "id": identity, "meta": meta, "identifier": [identifier]}
    return head | {name: part for name, part in body.items() if part not in (None, [], {})}


def patient_reference(patient_id: str, system: str) -> Part:
    """The patient, by pseudonym."""
    return {"type": "Patient", "identifier": {"system": system, "value": patient_id}}


def device_reference() -> Part:
    """blinwatch itself, as the author."""
    return {"type": "Device", "identifier": {"system": DEVICE_IDS, "value": "blinwatch"}, "display": "blinwatch"}


def concept(text: str, *codings: Part) -> Part:
    """A coded concept, with what it means in words."""
    return {"coding": list(codings), "text": text} if codings else {"text": text}


def coding(system: str, code: str, display: str | None = None) -> Part:
    """One code of a system."""
    return {"system": system, "code": code} | ({} if display is None else {"display": display})


def our_code(code: str) -> Part:
    """A code of our own."""
    return coding(OURS, code)

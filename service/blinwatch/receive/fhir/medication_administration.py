"""MedicationAdministration: a dose given, an infusion started or stopped, into `medication_administered`.

Source:    FHIR R4 and R5 MedicationAdministration. R5 was published with `occurence[x]`, later builds say
           `occurrence[x]`; both are read.
Caveats:   - one administration is one dose. Its event is named by the resource's id without the version: a comment
             added later must not give the drug a second time. A dose that is changed afterwards is refused as
             `id_taken`; what was judged with the first stands.
           - with a rate it is an infusion: started, and stopped where it has ended. Without, it was given at its start.
           - blinatumomab itself is watched at its pump and is no medication beside itself.
"""

from collections.abc import Mapping
from datetime import datetime

from blinwatch.core.recognise_drug import words
from blinwatch.receive.fhir.draft import Draft, Drafts, name_of
from blinwatch.receive.fhir.drug import read_dose, read_drug, read_route
from blinwatch.receive.fhir.moment import read_instant, read_period
from blinwatch.receive.fhir.node import Node, codings
from blinwatch.receive.fhir.refusal import FhirError
from blinwatch.receive.hl7.draft import MEDICATIONS

_TIMES = ("effective", "occurence", "occurrence")
_TAKEN = frozenset({"completed", "in-progress", "stopped", "on-hold"})


def read_administration(resource: Node, known: Mapping[str, Node], received_at: datetime) -> Drafts:
    """The events of an administration. Raises `FhirError`."""
    status = resource.text("status")
    if status == "entered-in-error":
        detail = "an earlier record is withdrawn; what was judged with it stands"
        raise FhirError("withdrawn", resource.at("status"), detail)
    if status == "not-done":
        raise FhirError("not_given", resource.at("status"), "the dose was not given")
    if status not in _TAKEN:
        raise FhirError("wrong_value", resource.at("status"), "does not say whether the drug was given")
    drug, is_ours = read_drug(resource, known)
    if is_ours:
        detail = "blinatumomab itself is watched at its pump"
        raise FhirError("other_infusion", resource.at("medication"), detail)
    drafts, dosage = Drafts(), resource.child("dosage")
    fields: dict[str, object] = {"type": "medication_administered", **drug, **read_route(dosage, drafts.issues)}
    start, end = _times(resource, received_at)
    name = name_of(resource, with_version=False)

    def add(action: str, at: datetime | None, more: Mapping[str, object]) -> None:
        if at is None:
            detail = f"nothing says when the drug was {action}"
            raise FhirError("missing_field", resource.at("effective"), detail)
        said = {**fields, **more, "action": action}
        named = f"{name}\0{action}\0{at.isoformat() if action != 'given' else ''}"
        drafts.events.append(Draft(topic=MEDICATIONS, fields=said, at=at, where=resource.path, name=named))

    infused = dosage is not None and dosage.has("rateRatio", "rateQuantity")
    if status == "completed" and not infused:
        add("given", start, {**read_dose(dosage, drafts.issues), **_purpose(resource)})
        return drafts
    if status == "in-progress" or start is not None:
        add("started", start, {})
    if status in ("stopped", "on-hold") or end is not None:
        add("stopped", end, {})
    return drafts


def _times(resource: Node, received_at: datetime) -> tuple[datetime | None, datetime | None]:
    for name in _TIMES:
        at = read_instant(resource, f"{name}DateTime", received_at)
        if at is not None:
            return at, None
        start, end = read_period(resource, f"{name}Period", received_at)
        if start is not None or end is not None:
            return start, end
    return None, None


def _purpose(resource: Node) -> dict[str, object]:
    """The reason, where it says premedication: the one purpose that a rule waits for."""
    concepts = list(resource.each("reasonCode"))
    concepts += [one for reason in resource.each("reason") if (one := reason.child("concept")) is not None]
    texts = [text for one in concepts for text in (one.text("text"), *(code.display for code in codings(one)))]
    said = {word for text in texts for word in words(text)}
    return {"purpose": "premed"} if any(word.startswith("premed") for word in said) else {}

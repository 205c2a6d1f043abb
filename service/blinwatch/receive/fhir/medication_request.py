"""MedicationRequest: a drug that is to be given asks the interaction check; its answer is on `interactions.checked.v1`.

Source:    FHIR R4 and R5 MedicationRequest.
Caveats:   - nobody has been given anything by a request, so it is no `medication_administered`.
           - an order of blinatumomab is not made from it: the dose plan, the bag and the label that the judgement needs
             stand in no element of a MedicationRequest. The therapy order comes on therapy.orders.v1.
"""

from collections.abc import Mapping
from datetime import datetime

from blinwatch.receive.fhir.draft import Draft, Drafts, name_of
from blinwatch.receive.fhir.drug import read_drug, read_route
from blinwatch.receive.fhir.moment import read_instant
from blinwatch.receive.fhir.node import Node
from blinwatch.receive.fhir.refusal import FhirError
from blinwatch.receive.hl7.draft import ASSESSMENTS

_ASKED = frozenset({"active", "draft"})
_OVER = frozenset({"on-hold", "cancelled", "completed", "stopped", "ended", "entered-in-error"})


def read_request(resource: Node, known: Mapping[str, Node], received_at: datetime) -> Drafts:
    """The question that a request asks. Raises `FhirError`."""
    status = resource.text("status")
    if status in _OVER or resource.content.get("doNotPerform") is True:
        raise FhirError("not_given", resource.at("status"), "nothing is to be given by this request")
    if status not in _ASKED:
        raise FhirError("wrong_value", resource.at("status"), "does not say whether the drug is to be given")
    drug, is_ours = read_drug(resource, known)
    if is_ours:
        detail = "an order of blinatumomab; the therapy order comes on therapy.orders.v1"
        raise FhirError("other_infusion", resource.at("medication"), detail)
    at = read_instant(resource, "authoredOn", received_at)
    if at is None:
        raise FhirError("missing_field", resource.at("authoredOn"), "nothing says when the drug was ordered")
    drafts = Drafts()
    dosage = next(iter(resource.each("dosageInstruction")), None)
    findings = {name: drug[name] for name in ("drug", "atc") if name in drug} | read_route(dosage, drafts.issues)
    fields: dict[str, object] = {"type": "interaction_assessed", "findings": findings}
    name = name_of(resource)
    drafts.events.append(Draft(topic=ASSESSMENTS, fields=fields, at=at, where=resource.path, name=name))
    return drafts

"""Observation: vital signs into `vitals_observed`, results into `lab_resulted`.

Source:    FHIR R4 and R5 Observation and its vital signs profiles; rule reference sections G and H.
Caveats:   - which of the two it is, the code says: LOINC or MDC of a vital sign, any other LOINC is a result. A code of
             a vital sign, survey or social history that is none of ours is refused, not sent to the laboratory.
           - a panel (85354-9) has no value of its own; its components are read, each by its code.
           - units are UCUM codes. Nothing is converted: the field of the unit is filled, and the core converts.
           - preliminary vital signs are taken, as a monitor's are; preliminary results say so in their event.
           - a result that was entered in error is sent as `cancelled`, which takes it back. A vital sign cannot be
             taken back: what was judged with it stands, and the sender is told.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from blinwatch.receive.fhir.draft import Draft, Drafts, name_of
from blinwatch.receive.fhir.moment import measured_at
from blinwatch.receive.fhir.node import Node, check_understood, codings
from blinwatch.receive.fhir.refusal import FhirError, Issue
from blinwatch.receive.hl7.device_codes import BY_LOINC, BY_NUMBER, UNITS, DeviceCode
from blinwatch.receive.hl7.draft import LABS, VITALS
from blinwatch.receive.hl7.observations import FIELDS

LOINC = "http://loinc.org"
MDC = "urn:iso:std:iso:11073:10101"
UCUM = "http://unitsofmeasure.org"
PULSE = "8889-8"
"""Heart rate by pulse oximetry."""
PANELS = frozenset({"85354-9", "55284-4", "85353-1", "8716-3"})
"""Blood pressure and vital sign panels: nothing is measured under these codes themselves."""
_NOT_RESULTS = frozenset({"vital-signs", "survey", "social-history", "activity"})
_RESULT_STATUS = {
    "preliminary": "preliminary",
    "final": "final",
    "amended": "corrected",
    "corrected": "corrected",
    "appended": "corrected",
    "cancelled": "cancelled",
    "entered-in-error": "cancelled",
}
_NO_VALUE_YET = frozenset({"registered", "specimen-in-process"})
_MDC_DIGITS_MOST = 9


@dataclass(frozen=True, slots=True)
class _Part:
    """The observation itself, or one of its components."""

    node: Node
    vital: DeviceCode | None
    loinc: str
    by_device: bool


def read_observation(resource: Node, received_at: datetime) -> Drafts:
    """The events of an Observation. Raises `FhirError` where nothing of it can be used."""
    status = resource.text("status")
    if status in _NO_VALUE_YET:
        raise FhirError("no_value", resource.at("status"), "there is no result yet")
    if status not in _RESULT_STATUS:
        raise FhirError("wrong_value", resource.at("status"), "says nothing on which the value could be used")
    drafts, vitals, results = Drafts(), list[_Part](), list[_Part]()
    for part in _parts(resource, drafts):
        (vitals if part.vital else results).append(part)
    name = name_of(resource)
    if vitals:
        _read_vitals(vitals, resource, name, received_at, drafts)
    for number, part in enumerate(results):
        try:
            drafts.events.append(_result(part, resource, f"{name}\0{number}", received_at))
        except FhirError as error:
            drafts.issues.append(error.issue)
    if not drafts.events and not drafts.issues:
        raise FhirError("no_value", resource.path, "holds no value")
    return drafts


def _parts(resource: Node, drafts: Drafts) -> Iterator[_Part]:
    """What carries a value: the observation, and its components."""
    components = list(resource.each("component"))
    for node in (resource, *components):
        is_whole = node is resource
        try:
            check_understood(node)
            found = _known(node, resource)
        except FhirError as error:
            drafts.issues.append(error.issue)
            continue
        bare = is_whole and not any(name.startswith("value") for name in node.content)
        # A panel, or an observation whose values are its components'.
        if bare and (components or (found is not None and found.loinc in PANELS)):
            continue
        if found is not None:
            yield found
            continue
        detail = "has no code that is judged here (LOINC, MDC)"
        drafts.issues.append(Issue(reason="unknown_code", where=node.at("code"), detail=detail))


def _known(node: Node, resource: Node) -> _Part | None:
    loinc = ""
    for one in codings(node.child("code")):
        if one.system == LOINC:
            vital = DeviceCode("pulse_rate", "rate") if one.code == PULSE else BY_LOINC.get(one.code)
            if vital is not None:
                return _Part(node, vital, one.code, by_device=False)
            loinc = loinc or one.code
        elif one.system == MDC and one.code.isdecimal() and len(one.code) <= _MDC_DIGITS_MOST:
            code = BY_NUMBER.get(int(one.code))
            if code is not None and not code.pump:
                return _Part(node, code, "", by_device=True)
    if not loinc:
        return None
    categories = {one.code for category in resource.each("category") for one in codings(category)}
    if categories & _NOT_RESULTS and loinc not in PANELS:
        return None
    return _Part(node, None, loinc, by_device=False)


def _read_vitals(parts: list[_Part], resource: Node, name: str, received_at: datetime, drafts: Drafts) -> None:
    if resource.text("status") in ("entered-in-error", "cancelled"):
        detail = "a value is withdrawn or was never measured; what was judged with an earlier version stands"
        raise FhirError("withdrawn", resource.at("status"), detail)
    fields: dict[str, object] = {"type": "vitals_observed"}
    for part in parts:
        try:
            fields.update(_signal(part, fields))
        except FhirError as error:
            drafts.issues.append(error.issue)
    if len(fields) == 1:
        return
    if any(part.by_device for part in parts):
        fields["monitoring"] = "continuous"
    at = measured_at(resource, received_at, specimen=False)
    drafts.events.append(Draft(topic=VITALS, fields=fields, at=at, where=resource.path, name=name))


def _signal(part: _Part, before: dict[str, object]) -> dict[str, object]:
    """The field of one vital sign. Raises `FhirError`."""
    code = part.vital
    if code is None:
        raise FhirError("unknown_code", part.node.at("code"), "is no vital sign")
    quantity = _quantity(part.node)
    value = quantity.number("value")
    if quantity.text("comparator"):
        raise FhirError("wrong_value", quantity.at("comparator"), "a vital sign is a number, not a limit")
    unit = UNITS[code.kind].get(quantity.text("code")) if quantity.text("system") in (UCUM, MDC) else None
    if unit is None or value is None:
        raise FhirError("unknown_unit", quantity.at("code"), "is missing, or no UCUM code this signal is taken in")
    field = FIELDS[code.name, unit]
    if before.get(field, value) != value:
        raise FhirError("wrong_value", part.node.path, "measures the same a second time; send two Observations")
    site = {"temp_site": code.source} if code.name == "temperature" and code.source else {}
    return {field: value, **site}


def _quantity(node: Node) -> Node:
    """valueQuantity with a value. Raises `FhirError`: `no_value` where the sender says that there is none."""
    quantity = node.child("valueQuantity")
    if quantity is not None and quantity.has("value"):
        check_understood(quantity)
        return quantity
    other = next((name for name in node.content if name.startswith("value") and name != "valueQuantity"), None)
    if other is not None and other in ("valueString", "valueInteger", "valueCodeableConcept", "valueRange"):
        raise FhirError("wrong_value", node.at(other), "must be a valueQuantity with number and unit")
    if node.has("dataAbsentReason"):
        raise FhirError("no_value", node.at("dataAbsentReason"), "the sender says that there is no value")
    raise FhirError("no_value", node.at("value"), "there is no value")


def _result(part: _Part, resource: Node, name: str, received_at: datetime) -> Draft:
    quantity = _quantity(part.node)
    unit = quantity.text("code") or quantity.text("unit")
    if not unit:
        raise FhirError("unknown_unit", quantity.at("code"), "the unit is missing; send the UCUM code")
    fields: dict[str, object] = {
        "type": "lab_resulted",
        "loinc": part.loinc,
        "value": quantity.number("value"),
        "unit": unit,
        "status": _RESULT_STATUS[resource.text("status")],
        **_limits(part.node, unit),
    }
    comparator = quantity.text("comparator")
    if comparator:
        fields["comparator"] = comparator
    at = measured_at(resource, received_at, specimen=True)
    return Draft(topic=LABS, fields=fields, at=at, where=part.node.path, name=name)


def _limits(node: Node, unit: str) -> dict[str, object]:
    """The reference range, where there is one only and in the result's own unit; else the usual limits are in force."""
    ranges = list(node.each("referenceRange"))
    if len(ranges) != 1:
        return {}
    limits: dict[str, object] = {}
    for name in ("low", "high"):
        limit = ranges[0].child(name)
        if limit is None:
            continue
        value = limit.number("value")
        if value is not None and (limit.text("code") or limit.text("unit") or unit) == unit:
            limits[f"reference_{name}"] = value
    return limits

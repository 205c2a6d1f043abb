"""Resources that HL7 publishes as examples, as far as they matter here, and means to change them.

Kept from HL7's US Core implementation guide (CC0-1.0) and the examples of the FHIR specification (CC0-1.0), in JSON,
without narrative, display names and performers. Each says which one it is.
"""

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
VITAL: list[Any] = [{"coding": [{"system": CATEGORY, "code": "vital-signs"}]}]


def concept(*codes: str, system: str = LOINC) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code} for code in codes]}


def quantity(value: float, code: str, unit: str = "") -> dict[str, Any]:
    return {"value": value, "unit": unit or code, "system": UCUM, "code": code}


def us_core(name: str, codes: tuple[str, ...], **more: Any) -> dict[str, Any]:
    """An Observation of US Core: all of them are of Patient/example, on 2 July 1999, without a time of day."""
    return {
        "resourceType": "Observation", "id": name, "status": "final", "category": VITAL, "code": concept(*codes),
        "subject": {"reference": "Patient/example"}, "effectiveDateTime": "1999-07-02", **more,
    }  # fmt: skip


BLOOD_PRESSURE = us_core(
    "blood-pressure",
    ("85354-9",),
    component=[
        {"code": concept("8480-6"), "valueQuantity": quantity(109, "mm[Hg]", "mmHg")},
        {"code": concept("8462-4"), "valueQuantity": quantity(44, "mm[Hg]", "mmHg")},
    ],
)
HEART_RATE = us_core("heart-rate", ("8867-4",), valueQuantity=quantity(44.0, "/min", "beats/min"))
TEMPERATURE = us_core("temperature", ("8310-5",), valueQuantity=quantity(36.55556, "Cel"))
SATURATION = us_core("oxygen-saturation", ("2708-6", "59408-5"), valueQuantity=quantity(99.0, "%", "%O2"))
_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
PRESSURE_CANCELLED: dict[str, Any] = {
    "resourceType": "Observation", "id": "blood-pressure-cancel", "status": "cancelled", "category": VITAL,
    "code": concept("85354-9"), "subject": {"reference": "Patient/example"}, "effectiveDateTime": "2012-09-17",
    "component": [
        {"code": concept("8480-6"), "dataAbsentReason": concept("not-asked", system=_ABSENT)},
        {"code": concept("8462-4"), "dataAbsentReason": concept("not-asked", system=_ABSENT)},
    ],
}  # fmt: skip
"""FHIR's observation-example-bloodpressure-cancel."""
PRESSURE_WITHOUT_DIASTOLIC: dict[str, Any] = {
    **PRESSURE_CANCELLED, "id": "blood-pressure-dar", "status": "final",
    "component": [
        {"code": concept("8480-6"), "valueQuantity": quantity(107, "mm[Hg]", "mmHg")},
        {"code": concept("8462-4"), "dataAbsentReason": concept("not-performed", system=_ABSENT)},
    ],
}  # fmt: skip
"""FHIR's observation-example-bloodpressure-dar."""
GLUCOSE: dict[str, Any] = {
    "resourceType": "Observation", "id": "f001", "status": "final", "code": concept("2339-0"),
    "subject": {"reference": "Patient/f001"},
    "effectivePeriod": {"start": "2013-04-02T09:30:10+01:00", "end": "2013-04-05T09:30:10+01:00"},
    "issued": "2013-04-03T15:30:10+01:00", "valueQuantity": quantity(6.3, "mmol/l"),
    "referenceRange": [{"low": quantity(3.1, "mmol/l"), "high": quantity(6.4, "mmol/l")}],
}  # fmt: skip
"""FHIR's observation-example-f001-glucose, with the names that elements have since R4."""
_NDC, _SNOMED = "http://hl7.org/fhir/sid/ndc", "http://snomed.info/sct"
ADCETRIS: dict[str, Any] = {
    "resourceType": "MedicationAdministration", "id": "medadmin0305",
    "contained": [
        {
            "resourceType": "Medication", "id": "med0306",
            "code": {**concept("51144-050-01", system=_NDC), "text": "Adcetris"},
        }
    ],
    "status": "completed", "medication": {"reference": {"reference": "#med0306"}},
    "subject": {"reference": "Patient/pat1"},
    "occurencePeriod": {"start": "2015-01-15T04:30:00+01:00", "end": "2015-01-15T14:30:00+01:00"},
    "dosage": {
        "text": "1.8 mg/kg IV infusion over 30 minutes", "route": concept("255560000", system=_SNOMED),
        "dose": quantity(1.8, "mg/kg"),
        "rateRatio": {
            "numerator": {"value": 250, "unit": "ml", "system": UCUM},
            "denominator": {"value": 30, "unit": "min", "system": UCUM},
        },
    },
}  # fmt: skip
"""FHIR R5's medicationadministration0305."""
ZOSYN_IN_ERROR: dict[str, Any] = {
    "resourceType": "MedicationAdministration", "id": "medadmin0303",
    "contained": [
        {"resourceType": "Medication", "id": "med0303", "code": concept("0206-8862-02", system=_NDC)},
    ],
    "status": "entered-in-error", "medication": {"reference": {"reference": "#med0303"}},
    "subject": {"reference": "Patient/pat1"},
    "occurencePeriod": {"start": "2015-01-15T04:30:00+01:00", "end": "2015-01-15T14:30:00+01:00"},
}  # fmt: skip
"""FHIR's medicationadministration0303."""
DEXAMETHASONE: dict[str, Any] = {
    "resourceType": "MedicationAdministration", "id": "dexa-1", "status": "completed",
    "medicationCodeableConcept": {
        "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "3264"}], "text": "dexamethasone",
    },
    "subject": {"reference": "Patient/pat1"}, "effectiveDateTime": "2026-03-01T08:30:00+01:00",
    "reasonCode": [{"text": "Premedication before blinatumomab"}],
    "dosage": {"route": {"text": "intravenous"}, "dose": quantity(20, "mg")},
}  # fmt: skip
"""Not HL7's: the drug that matters here, in R4's form."""
WARFARIN: dict[str, Any] = {
    "resourceType": "MedicationRequest", "id": "warf-1", "meta": {"versionId": "1"}, "status": "active",
    "intent": "order", "medicationCodeableConcept": {"text": "warfarin"}, "subject": {"reference": "Patient/pat1"},
    "authoredOn": "2026-03-01T08:00:00+01:00", "dosageInstruction": [{"route": concept("26643006", system=_SNOMED)}],
}  # fmt: skip
AT = "2026-03-01T09:30:00+01:00"


def at(example: dict[str, Any], when: str = AT, **changed: Any) -> dict[str, Any]:
    """An example with a time of day, and whatever else is to be different."""
    copy = deepcopy(example)
    for name in ("effectivePeriod", "effectiveDateTime"):
        copy.pop(name, None)
    return {**copy, "effectiveDateTime": when, **changed}

"""HL7's own example resources into events: what is in them, in its unit, at its time; and a reason for the rest."""

from typing import Any

import pytest
from fhir.resources.observation import Observation as R5Observation
from fhir.resources.R4B.medicationadministration import MedicationAdministration
from fhir.resources.R4B.medicationrequest import MedicationRequest
from fhir.resources.R4B.observation import Observation

from blinwatch.receive.event_log import encode_event
from blinwatch.receive.fhir.draft import event_id_of, finish
from blinwatch.receive.fhir.node import Node
from blinwatch.receive.fhir.subject import Systems
from blinwatch.receive.fhir.translate import Translation, translate
from tests.receive.fhir.examples import (
    ADCETRIS,
    BLOOD_PRESSURE,
    DEXAMETHASONE,
    GLUCOSE,
    HEART_RATE,
    NOW,
    PRESSURE_CANCELLED,
    PRESSURE_WITHOUT_DIASTOLIC,
    SATURATION,
    TEMPERATURE,
    WARFARIN,
    ZOSYN_IN_ERROR,
    at,
    concept,
    quantity,
)

ANY = Systems(authorities={}, any_counts=True)


def read(resource: dict[str, Any], systems: Systems = ANY) -> Translation:
    return translate(Node(resource, str(resource.get("resourceType"))), received_at=NOW, systems=systems)


def fields(resource: dict[str, Any]) -> list[dict[str, Any]]:
    """What each event says, each proven to pass the stream's own door."""
    found = read(resource)
    for draft in found.drafts.events:
        event = finish(draft, patient_id="pt-1", event_id=event_id_of("ehr", draft), source="fhir/ehr/test")
        assert encode_event(event)
        assert event.occurred_at == draft.at
    return [{name: one for name, one in draft.fields.items() if name != "type"} for draft in found.drafts.events]


def issues(resource: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one.reason, one.where) for one in read(resource).drafts.issues]


@pytest.mark.parametrize("reader", [Observation, R5Observation])
@pytest.mark.parametrize(
    "example", [BLOOD_PRESSURE, HEART_RATE, TEMPERATURE, SATURATION, PRESSURE_WITHOUT_DIASTOLIC, GLUCOSE]
)
def test_the_examples_are_what_an_independent_reader_of_r4_and_r5_takes(reader: Any, example: dict[str, Any]) -> None:
    parsed = reader.model_validate(at(example))
    again = parsed.model_dump(mode="json", exclude_none=True)
    again.setdefault("resourceType", "Observation")
    again["effectiveDateTime"] = at(example)["effectiveDateTime"]
    assert fields({**again, "resourceType": "Observation"}) == fields(at(example))


def test_medications_are_what_an_independent_reader_takes_too() -> None:
    MedicationAdministration.model_validate(DEXAMETHASONE)
    MedicationRequest.model_validate(WARFARIN)


def test_a_blood_pressure_panel_is_one_event_with_both_pressures() -> None:
    assert fields(at(BLOOD_PRESSURE)) == [{"sbp_mmhg": 109, "dbp_mmhg": 44}]
    assert read(at(BLOOD_PRESSURE)).patient == "example"


@pytest.mark.parametrize(
    "example, expected",
    [
        (HEART_RATE, {"heart_rate_bpm": 44}),
        (TEMPERATURE, {"temperature_c": 36.55556}),
        (SATURATION, {"spo2_pct": 99}),
        (at(TEMPERATURE, code=concept("8331-1"), valueQuantity=quantity(100.4, "[degF]")),
         {"temperature_f": 100.4, "temp_site": "oral"}),
        (at(HEART_RATE, code=concept("8889-8")), {"pulse_rate_bpm": 44}),
        (at(HEART_RATE, code=concept("147842", system="urn:iso:std:iso:11073:10101")),
         {"heart_rate_bpm": 44, "monitoring": "continuous"}),
        (at(BLOOD_PRESSURE, component=[{"code": concept("8478-0"), "valueQuantity": quantity(8.5, "kPa")}]),
         {"map_kpa": 8.5}),
        (at(SATURATION, component=[{"code": concept("3151-8"), "valueQuantity": quantity(6, "L/min")}]),
         {"spo2_pct": 99, "o2_flow_l_min": 6}),
    ],
)  # fmt: skip
def test_a_vital_sign_fills_the_field_of_its_unit(example: dict[str, Any], expected: dict[str, Any]) -> None:
    assert fields(at(example)) == [expected]


@pytest.mark.parametrize("example", [BLOOD_PRESSURE, HEART_RATE, TEMPERATURE, SATURATION])
def test_hl7s_examples_as_they_stand_have_a_date_only_and_are_refused(example: dict[str, Any]) -> None:
    assert (fields(example), issues(example)) == ([], [("wrong_value", "Observation.effectiveDateTime")])


def test_without_a_time_nothing_is_assumed() -> None:
    timeless = {name: one for name, one in HEART_RATE.items() if name != "effectiveDateTime"}
    assert issues(timeless) == [("missing_field", "Observation.effective")]
    assert issues({**timeless, "effectiveTiming": {}}) == [("missing_field", "Observation.effective")]
    assert issues({**timeless, "issued": "2026-03-01T08:00:00Z"}) == [("missing_field", "Observation.effective")]


@pytest.mark.parametrize(
    "when, hour",
    [("2026-03-01T09:30:00+01:00", 8), ("2026-03-01T08:30:00.123456789Z", 8), ("2026-03-01T08:59:60Z", 8),
     ("2026-03-01T09:00:59Z", 9)],
)  # fmt: skip
def test_a_time_with_its_offset_is_an_instant(when: str, hour: int) -> None:
    (draft,) = read(at(HEART_RATE, when)).drafts.events
    assert (draft.at.hour, draft.at.utcoffset()) == (hour, NOW.utcoffset())


@pytest.mark.parametrize(
    "when, reason",
    [("2026-03-01T09:02:00Z", "implausible_time"), ("2026-02-30T08:00:00Z", "wrong_value"), ("now", "wrong_value"),
     ("2026-03-01T08:00:00", "wrong_value"), ("2026", "wrong_value"), ("0001-01-01T00:00:00+14:00", "wrong_value")],
)  # fmt: skip
def test_a_time_ahead_of_now_or_none_that_exists_is_refused(when: str, reason: str) -> None:
    assert issues(at(HEART_RATE, when)) == [(reason, "Observation.effectiveDateTime")]


def test_a_part_that_is_absent_is_told_and_the_rest_is_taken() -> None:
    example = at(PRESSURE_WITHOUT_DIASTOLIC)
    assert fields(example) == [{"sbp_mmhg": 107}]
    assert issues(example) == [("no_value", "Observation.component[1].dataAbsentReason")]
    assert issues(at(PRESSURE_CANCELLED)) == [("withdrawn", "Observation.status")]


def test_a_glucose_is_a_result_at_the_time_of_its_specimen_with_its_range() -> None:
    (draft,) = read(GLUCOSE).drafts.events
    assert draft.at.isoformat() == "2013-04-02T08:30:10+00:00"
    assert fields(GLUCOSE) == [
        {
            "loinc": "2339-0", "value": 6.3, "unit": "mmol/l", "status": "final",
            "reference_low": 3.1, "reference_high": 6.4,
        }
    ]  # fmt: skip
    other = {**GLUCOSE, "referenceRange": [{"high": quantity(115, "mg/dL")}]}
    assert "reference_high" not in fields(other)[0]


@pytest.mark.parametrize(
    "status, vital, result",
    [
        ("final", True, "final"),
        ("preliminary", True, "preliminary"),
        ("amended", True, "corrected"),
        ("corrected", True, "corrected"),
        ("entered-in-error", False, "cancelled"),
        ("cancelled", False, "cancelled"),
        ("registered", False, None),
        ("unknown", False, None),
        ("", False, None),
    ],
)
def test_each_status_is_handled_on_purpose(status: str, vital: bool, result: str | None) -> None:
    assert bool(fields(at(HEART_RATE, status=status))) is vital
    said = fields({**GLUCOSE, "status": status})
    assert [one["status"] for one in said] == ([result] if result else [])
    if not said:
        assert issues({**GLUCOSE, "status": status})[0][1] == "Observation.status"


@pytest.mark.parametrize(
    "resource, reason, where",
    [
        (at(HEART_RATE, valueQuantity=quantity(80, "1/min")), "unknown_unit", "Observation.valueQuantity.code"),
        (at(HEART_RATE, valueQuantity={"value": 80, "unit": "/min"}), "unknown_unit", "Observation.valueQuantity.code"),
        (at(HEART_RATE, valueQuantity={**quantity(80, "/min"), "comparator": "<"}),
         "wrong_value", "Observation.valueQuantity.comparator"),
        (at(HEART_RATE, valueQuantity={**quantity(80, "/min"), "value": "80"}),
         "wrong_value", "Observation.valueQuantity.value"),
        (at(HEART_RATE, valueQuantity=None, valueString="80"), "wrong_value", "Observation.valueString"),
        (at(HEART_RATE, valueQuantity=None), "no_value", "Observation.value"),
        (at(HEART_RATE, code=concept("29463-7")), "unknown_code", "Observation.code"),
        (at(HEART_RATE, code={"text": "heart rate"}), "unknown_code", "Observation.code"),
        (at(HEART_RATE, code=[]), "wrong_value", "Observation.code"),
        (at(HEART_RATE, modifierExtension=[{}]), "not_supported", "Observation.modifierExtension"),
        (at(HEART_RATE, meta={"security": [{"code": "HTEST"}]}), "test_data", "Observation.meta.security"),
        (at(HEART_RATE, subject={"reference": "Group/1"}), "no_patient", "Observation.subject"),
        (at(HEART_RATE, subject={"display": "Amy"}), "no_patient", "Observation.subject"),
        (at(HEART_RATE, subject=None), "missing_field", "Observation.subject"),
        (at(HEART_RATE, component=[1]), "wrong_value", "Observation.component[0]"),
        ({"resourceType": "Condition"}, "not_supported", "Condition.resourceType"),
        ({"resourceType": "DeviceMetric"}, "not_needed", "DeviceMetric"),
        ({}, "not_supported", "None.resourceType"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told_with_its_reason_and_place(
    resource: dict[str, Any], reason: str, where: str
) -> None:
    assert (fields(resource), issues(resource)) == ([], [(reason, where)])


def test_a_dose_is_given_with_its_purpose_and_in_mg() -> None:
    expected = {
        "drug": "dexamethasone", "rxnorm": "3264", "route": "iv", "dose_mg": 20.0, "purpose": "premed",
        "action": "given",
    }  # fmt: skip
    assert fields(DEXAMETHASONE) == [expected]
    in_r5 = {
        name: one for name, one in DEXAMETHASONE.items() if name not in ("reasonCode", "medicationCodeableConcept")
    }
    in_r5["medication"] = {"concept": DEXAMETHASONE["medicationCodeableConcept"]}
    in_r5["occurenceDateTime"] = in_r5.pop("effectiveDateTime")
    in_r5["reason"] = [{"concept": {"text": "Premedication"}}]
    assert fields(in_r5) == [expected]


def test_an_infusion_is_started_and_stopped_and_named_alike_in_every_version() -> None:
    both = read(ADCETRIS).drafts.events
    assert [(one["drug"], one["action"], one["route"]) for one in fields(ADCETRIS)] == [
        ("Adcetris", "started", "iv"),
        ("Adcetris", "stopped", "iv"),
    ]
    assert [one.at.hour for one in both] == [3, 13]
    running = {**ADCETRIS, "status": "in-progress", "meta": {"versionId": "1"}}
    running["occurencePeriod"] = {"start": ADCETRIS["occurencePeriod"]["start"]}
    (started,) = read(running).drafts.events
    assert event_id_of("ehr", started) == event_id_of("ehr", both[0])


@pytest.mark.parametrize(
    "resource, reason, where",
    [
        (ZOSYN_IN_ERROR, "withdrawn", "MedicationAdministration.status"),
        ({**DEXAMETHASONE, "status": "not-done"}, "not_given", "MedicationAdministration.status"),
        ({**DEXAMETHASONE, "status": "unknown"}, "wrong_value", "MedicationAdministration.status"),
        ({**DEXAMETHASONE, "status": "stopped"}, "missing_field", "MedicationAdministration.effective"),
        ({**DEXAMETHASONE, "effectiveDateTime": None}, "missing_field", "MedicationAdministration.effective"),
        ({**DEXAMETHASONE, "medicationCodeableConcept": {"text": "Blincyto"}},
         "other_infusion", "MedicationAdministration.medication"),
        ({**DEXAMETHASONE, "medicationCodeableConcept": {}}, "missing_field",
         "MedicationAdministration.medicationCodeableConcept"),
        ({**DEXAMETHASONE, "medicationCodeableConcept": None, "medicationReference": {"reference": "Medication/1"}},
         "missing_field", "MedicationAdministration.medicationReference.reference"),
        ({**WARFARIN, "status": "stopped"}, "not_given", "MedicationRequest.status"),
        ({**WARFARIN, "doNotPerform": True}, "not_given", "MedicationRequest.status"),
        ({**WARFARIN, "authoredOn": "2026-03-01"}, "wrong_value", "MedicationRequest.authoredOn"),
    ],
)  # fmt: skip
def test_a_drug_that_was_not_given_or_not_named_is_told(resource: dict[str, Any], reason: str, where: str) -> None:
    assert issues(resource) == [(reason, where)]
    assert fields(resource) == []


def test_a_dose_in_another_unit_counts_without_its_amount() -> None:
    tablets = {**DEXAMETHASONE, "dosage": {"dose": quantity(2, "{tbl}"), "route": {"text": "by feeding tube"}}}
    assert "dose_mg" not in fields(tablets)[0]
    assert {reason for reason, _ in issues(tablets)} == {"unknown_unit", "unknown_code"}


def test_a_request_asks_the_interaction_check() -> None:
    assert fields(WARFARIN) == [{"findings": {"drug": "warfarin", "route": "oral"}}]


def test_who_the_patient_is_the_site_decides() -> None:
    hospital = Systems(authorities={"urn:oid:1.2.3": "HOSP"}, any_counts=False)
    named = {"identifier": {"system": "urn:oid:1.2.3", "value": "4711"}, "reference": "Patient/uuid-1"}
    found = read(at(HEART_RATE, subject=named), hospital)
    assert (found.patient, found.authority) == ("4711", "HOSP")
    by_id = Systems(authorities={"Patient": "HOSP"}, any_counts=False)
    for reference in ("Patient/4711", "https://ehr.example/fhir/Patient/4711/_history/3"):
        found = read(at(HEART_RATE, subject={"reference": reference}), by_id)
        assert (found.patient, found.authority) == ("4711", "HOSP")
    stranger = read(at(HEART_RATE, subject={"reference": "Patient/4711"}), hospital)
    assert [one.reason for one in stranger.drafts.issues] == ["no_patient"]
    patient = {"resourceType": "Patient", "id": "p", "identifier": [
        {"system": "urn:oid:1.2.3", "value": "4711"}, {"system": "urn:insurance", "value": "9"}]}  # fmt: skip
    contained = read(at(HEART_RATE, contained=[patient], subject={"reference": "#p"}), hospital)
    assert (contained.patient, contained.authority) == ("4711", "HOSP")
    twice = {**patient, "identifier": [{"system": "urn:oid:1.2.3", "value": one} for one in ("1", "2")]}
    unsure = read(at(HEART_RATE, contained=[twice], subject={"reference": "#p"}), hospital)
    assert [one.reason for one in unsure.drafts.issues] == ["no_patient"]


def test_the_same_resource_and_version_names_the_same_event_and_another_version_another() -> None:
    def name(sender: str = "ehr", **changed: Any) -> str:
        (draft,) = read(at(HEART_RATE, **changed)).drafts.events
        return event_id_of(sender, draft)

    one = {"versionId": "1"}
    assert name(meta=one) == name(meta={**one, "lastUpdated": "2026-03-01T08:00:00Z"}, text={"div": "x"})
    assert len({name(meta=one), name(meta={"versionId": "2"}), name(meta=one, id="other"), name("lis", meta=one)}) == 4
    assert name() == name()
    assert name() != name(valueQuantity=quantity(45, "/min"))
    assert name(id=None) == name(id=None)

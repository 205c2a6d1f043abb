"""FHIR over HTTP: events on Kafka under the right patient, and an OperationOutcome that an independent reader takes."""

from typing import Any

import orjson
import pytest
from fhir.resources.operationoutcome import OperationOutcome as R5Outcome
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.operationoutcome import OperationOutcome
from starlette.testclient import TestClient

from blinwatch.gateway.http.app import HttpMeans, build_app
from blinwatch.gateway.http.fhir import FhirMeans
from blinwatch.gateway.pseudonym import Pseudonyms
from blinwatch.receive.fhir.refusal import ISSUE_TYPES
from blinwatch.receive.fhir.subject import Systems
from tests.gateway.http_hands import Site
from tests.receive.fhir.examples import (
    ADCETRIS,
    BLOOD_PRESSURE,
    DEXAMETHASONE,
    HEART_RATE,
    NOW,
    PRESSURE_CANCELLED,
    PRESSURE_WITHOUT_DIASTOLIC,
    TEMPERATURE,
    WARFARIN,
    at,
    quantity,
)


class FhirSite(Site):
    """A gateway to which FHIR is sent at the examples' own moment."""

    def __init__(self, *, key: bytes = b"", **authorities: str) -> None:
        super().__init__(within_s=0.5)
        means = FhirMeans(
            pseudonyms=Pseudonyms(key),
            systems=Systems(authorities=authorities, any_counts=not key and not authorities),
            now=lambda: NOW,
        )
        self.client = TestClient(build_app(HttpMeans(intake=self.intake, telling=self.ears, fhir=means)))

    def post(self, resource: Any, path: str = "") -> tuple[int, Any]:
        body = resource if isinstance(resource, bytes) else orjson.dumps(resource)
        address = path or f"/fhir/{resource['resourceType']}"
        answer = self.client.post(
            address, content=body, headers={"Content-Type": "application/fhir+json; charset=utf-8"}
        )
        assert answer.headers["content-type"] == "application/fhir+json"
        told = answer.json()
        if told["resourceType"] == "OperationOutcome":
            OperationOutcome.model_validate(told)
            R5Outcome.model_validate(told)
        return answer.status_code, told


def reasons(told: Any) -> list[tuple[str, str, str]]:
    """Severity, reason and place of each issue."""
    return [
        (one["severity"], one["details"]["coding"][0]["code"], *one.get("expression", [""])) for one in told["issue"]
    ]


def bundle(kind: str, *resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    request = {"request": {"method": "POST", "url": "Observation"}} if kind in ("batch", "transaction") else {}
    entries = [{"resource": one, **request, **more} for one in resources]
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def test_a_resource_is_on_kafka_under_its_patient_and_the_same_twice_is_one() -> None:
    site = FhirSite()
    status, told = site.post(at(BLOOD_PRESSURE))
    assert (status, reasons(told)) == (202, [("information", "taken", "Observation")])
    assert site.post(at(BLOOD_PRESSURE))[0] == 200
    ((topic, key, value, headers),) = site.kafka.records
    event = orjson.loads(value or b"")
    assert (topic, key, headers) == ("vitals.observed.v1", b"example", {"clock": "late"})
    assert (event["sbp_mmhg"], event["source"]) == (109, "fhir/local/Observation")
    assert site.ears.asked_for == {("fhir", "taken"): 2}


def test_another_content_under_the_same_id_and_version_is_a_conflict() -> None:
    site = FhirSite()
    first = at(HEART_RATE, meta={"versionId": "1"})
    assert site.post(first)[0] == 202
    status, told = site.post({**first, "valueQuantity": quantity(45, "/min")})
    assert (status, reasons(told)) == (409, [("error", "id_taken", "Observation")])
    assert site.post({**first, "meta": {"versionId": "2"}, "valueQuantity": quantity(45, "/min")})[0] == 202
    assert site.post(DEXAMETHASONE)[0] == 202
    # A comment does not give the drug a second time, whatever the version says.
    assert site.post({**DEXAMETHASONE, "meta": {"versionId": "2"}, "note": [{"text": "well tolerated"}]})[0] == 200
    assert site.post({**DEXAMETHASONE, "dosage": {"dose": quantity(8, "mg")}})[0] == 409


def test_with_a_key_the_pseudonym_is_the_one_that_hl7_gives() -> None:
    key = b"a-secret-of-this-test-only"
    site = FhirSite(key=key, Patient="HOSP")
    site.merged[Pseudonyms(key).of("9", "HOSP")] = "p-stays"
    assert site.post(at(HEART_RATE, subject={"reference": "Patient/4711"}))[0] == 202
    assert site.post(at(HEART_RATE, id="h2", subject={"reference": "Patient/9"}))[0] == 202
    keys = [key for _, key, _, _ in site.kafka.records]
    assert keys == [Pseudonyms(key).of("4711", "HOSP").encode(), b"p-stays"]
    status, told = FhirSite(key=key).post(at(HEART_RATE))
    assert (status, reasons(told)) == (422, [("error", "no_patient", "Observation.subject")])


def test_without_a_key_an_identifier_must_be_a_pseudonym() -> None:
    status, told = FhirSite().post(at(HEART_RATE, subject={"identifier": {"value": "Amy Shaw"}}))
    assert (status, reasons(told)) == (422, [("error", "wrong_value", "Observation.subject")])
    assert "Amy" not in str(told)


def test_a_part_that_is_absent_is_information_and_one_that_is_wrong_an_error() -> None:
    site = FhirSite()
    status, told = site.post(at(PRESSURE_WITHOUT_DIASTOLIC))
    assert status == 202
    assert ("information", "no_value", "Observation.component[1].dataAbsentReason") in reasons(told)
    assert site.post(at(PRESSURE_CANCELLED))[0] == 200
    wrong = at(BLOOD_PRESSURE, id="other")
    wrong["component"][1]["valueQuantity"] = quantity(44, "psi")
    status, told = site.post(wrong)
    assert status == 207
    assert reasons(told)[1] == ("error", "unknown_unit", "Observation.component[1].valueQuantity.code")
    assert [one.get("dbp_mmhg") for one in site.kafka.events()] == [None, None]


@pytest.mark.parametrize(
    "body, path, status, reason",
    [
        (b"", "/fhir/Observation", 400, "empty"),
        (b"{", "/fhir/Observation", 400, "not_json"),
        (b"[]", "/fhir/Observation", 400, "not_an_object"),
        (b'{"resourceType": "Patient"}', "/fhir/Observation", 422, "wrong_value"),
        (b'{"resourceType": "Observation"}', "/fhir", 422, "wrong_value"),
        (b'{"resourceType": "Bundle", "entry": [1]}', "/fhir", 422, "wrong_value"),
        (b'{"resourceType": "Bundle", "type": "batch", "entry": {}}', "/fhir/Bundle", 422, "wrong_value"),
        (b'{"resourceType": "Observation", "a": ' + b"[" * 400 + b"]" * 400 + b"}", "/fhir/Observation", 422,
         "missing_field"),
        (orjson.dumps(at(HEART_RATE)).replace(b'"id"', b'"note": ' + b"[" * 400 + b"]" * 400 + b',"id"'),
         "/fhir/Observation", 422, "wrong_value"),
    ],
)  # fmt: skip
def test_what_is_no_resource_is_refused_in_fhirs_words(body: bytes, path: str, status: int, reason: str) -> None:
    got, told = FhirSite().post(body, path)
    assert (got, reasons(told)[0][1]) == (status, reason)


def test_a_batch_has_a_verdict_for_each_entry() -> None:
    site = FhirSite()
    sent = bundle("batch", at(HEART_RATE), at(TEMPERATURE, status="?"), {"resourceType": "Patient", "id": "example"})
    status, told = site.post(sent)
    Bundle.model_validate(told)
    assert (status, told["type"]) == (200, "batch-response")
    assert [one["response"]["status"] for one in told["entry"]] == ["202", "422", "200"]
    assert len(site.kafka.records) == 1
    gets = bundle("batch", at(HEART_RATE), request={"method": "GET", "url": "Observation"})
    assert site.post(gets)[1]["entry"][0]["response"]["status"] == "422"


def test_a_transaction_is_taken_whole_or_not_at_all() -> None:
    site = FhirSite()
    status, told = site.post(bundle("transaction", at(HEART_RATE), at(TEMPERATURE, status="?")), "/fhir")
    assert status == 422
    assert reasons(told)[0] == ("error", "wrong_value", "Bundle.entry[1].resource.status")
    assert site.kafka.records == []
    status, told = site.post(bundle("transaction", at(HEART_RATE), at(TEMPERATURE)), "/fhir")
    assert (status, told["type"], len(site.kafka.records)) == (200, "transaction-response", 2)


@pytest.mark.parametrize("kind", ["message", "subscription-notification", "history", "collection"])
def test_a_message_or_notification_is_answered_by_one_outcome(kind: str) -> None:
    site = FhirSite()
    first = {"resourceType": "SubscriptionStatus" if kind == "subscription-notification" else "MessageHeader"}
    status, told = site.post(bundle(kind, first, at(HEART_RATE), WARFARIN, ADCETRIS), "/fhir/$process-message")
    assert status == 202
    assert [one[1] for one in reasons(told)].count("taken") == 4
    assert {topic for topic, *_ in site.kafka.records} == {
        "vitals.observed.v1", "assessments.recorded.v1", "medications.administered.v1",
    }  # fmt: skip


def test_a_patient_in_the_same_bundle_names_the_patient() -> None:
    site = FhirSite(key=b"0123456789abcdef", **{"urn:oid:1.2.3": "HOSP"})
    patient = {"resourceType": "Patient", "identifier": [{"system": "urn:oid:1.2.3", "value": "4711"}]}
    sent = bundle("collection", patient, at(HEART_RATE, subject={"reference": "urn:uuid:1"}))
    sent["entry"][0]["fullUrl"] = "urn:uuid:1"
    assert site.post(sent)[0] == 202
    assert site.kafka.records[0][1] == Pseudonyms(b"0123456789abcdef").of("4711", "HOSP").encode()


def test_while_kafka_does_not_answer_the_sender_hears_503_and_may_send_again() -> None:
    site = FhirSite()
    site.kafka.down = True
    for sent in (at(HEART_RATE), bundle("batch", at(HEART_RATE)), bundle("message", at(HEART_RATE))):
        status, told = site.post(sent)
        assert (status, reasons(told)[0][1], told["issue"][0]["code"]) == (503, "not_taken", "transient")
    site.kafka.down = False
    assert site.post(at(HEART_RATE))[0] == 202
    assert len(site.kafka.records) == 1


def test_every_code_of_an_issue_is_one_of_fhirs() -> None:
    fhirs = {
        "structure", "required", "value", "security", "login", "not-supported", "conflict", "too-long", "code-invalid",
        "transient", "throttled", "timeout", "exception", "informational",
    }  # fmt: skip
    assert set(ISSUE_TYPES.values()) <= fhirs

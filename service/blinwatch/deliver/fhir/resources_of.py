"""Which FHIR resources a record of ours becomes, and the records of fhir.resources.v1 that carry them.

What:      `resources_of` for whoever pushes to a FHIR server (PUT by type and id), `fhir_records_of` for whoever
           publishes them to the topic. Both are pure: the same record gives the same bytes, also in a replay.
Caveats:   records of other topics, and removals, become nothing. Deliver the resources of a patient in the order of the
           records: a later Flag replaces an earlier one.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol, cast

import orjson

from blinwatch.deliver.canonical_json import to_bytes
from blinwatch.deliver.cloud_event import constant_headers, own_headers
from blinwatch.deliver.fhir.alert_resources import alert_resources
from blinwatch.deliver.fhir.codes import PATIENT_IDS
from blinwatch.deliver.fhir.grade_resources import grade_resources
from blinwatch.deliver.output_record import OutputRecord
from blinwatch.deliver.page_marks import PAGE
from blinwatch.deliver.publish_decisions import GRADES_TOPIC, LIFECYCLE_TOPIC

FHIR_TOPIC = "fhir.resources.v1"
RESOURCE_TYPES = ("DetectedIssue", "Flag", "Communication", "Observation")
CONTENT_TYPE = b"application/fhir+json"


class ToldRecord(Protocol):
    """What is needed of a record; `OutputRecord` and aiokafka's `ConsumerRecord` both fit."""

    @property
    def topic(self) -> str:
        """Where it stands."""
        ...

    @property
    def value(self) -> bytes | None:
        """The decision as JSON; None for a removal."""
        ...

    @property
    def headers(self) -> Iterable[tuple[str, bytes]]:
        """Its headers; they say whether the record calls somebody."""
        ...


def resources_of(record: ToldRecord, *, patient_system: str = PATIENT_IDS) -> list[dict[str, Any]]:
    """The FHIR R4 resources of one record of alerts.lifecycle.v1 or toxicity.grades.v1, as plain JSON.

    `patient_system` names the system of the patients' pseudonyms in the hospital. Ids are made from ours: the same
    record gives the same resources, so a PUT may be repeated. Raises `KeyError` or `ValueError` for a value that is
    none of ours.
    """
    if record.value is None or record.topic not in (LIFECYCLE_TOPIC, GRADES_TOPIC):
        return []
    decision = cast("dict[str, Any]", orjson.loads(record.value))
    if record.topic == GRADES_TOPIC:
        return grade_resources(decision, patient_system=patient_system)
    calls = dict(record.headers).get(PAGE) == b"yes"
    return alert_resources(decision, calls=calls, patient_system=patient_system)


def fhir_records_of(record: ToldRecord, *, patient_system: str = PATIENT_IDS) -> list[OutputRecord]:
    """The records of fhir.resources.v1, keyed by the patient, each a CloudEvent of its own.

    `ce_id` is the id of the record it came of and the resource's type and id: a Flag comes again at each step.
    """
    resources = resources_of(record, patient_system=patient_system)
    if not resources:
        return []
    decision = cast("dict[str, Any]", orjson.loads(record.value or b""))
    key, happened_at = decision["patient_id"].encode(), datetime.fromisoformat(decision["occurred_at"])
    found: list[OutputRecord] = []
    for one in resources:
        identity = f"{decision['decision_id']}/{one['resourceType']}/{one['id']}".encode()
        headers = (
            *constant_headers(FHIR_TOPIC, one["resourceType"], content_type=CONTENT_TYPE),
            ("decision-id", decision["decision_id"].encode()),
            *own_headers(identity, happened_at, subject=key),
        )
        found.append(OutputRecord(topic=FHIR_TOPIC, key=key, value=to_bytes(one), headers=headers))
    return found

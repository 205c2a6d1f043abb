"""Records about the doctor's own patient: the one way in which such a patient becomes an event.

What:      `{"type": "self_test", "event_id", "patient_id", "occurred_at", "alarm"}` on assessments.recorded.v1, under
           the patient's key, becomes the charted assessment that raises (`alarm` true) or ends INF_AIR.
Caveats:   only workers read them so. Whoever else decodes the topic (the board's trends, an event log) refuses them, as
           a worker of an earlier release does: no self-test is ever taken for a person.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from blinwatch.core.doctor_patient import MARK
from blinwatch.core.events import AnyEvent, InfusionAssessed
from blinwatch.core.findings import InfusionFindings
from blinwatch.receive.decode import VALUE_BYTES_MOST, decode_record
from blinwatch.receive.rejection import Rejected, one_field, whole_record

TOPIC = "assessments.recorded.v1"
SOURCE = "blinwatch doctor"
_MARK = MARK.encode()
_RATE_ML_H = 10.0
"""What the made-up pump says it delivers; no rule is asked about it."""


class SelfTestRecord(BaseModel):
    """What the doctor writes."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    type: Literal["self_test"] = "self_test"
    event_id: Annotated[str, Field(pattern=r"^[a-z0-9\-]{1,64}$")]
    patient_id: Annotated[str, Field(pattern=r"^~doctor\.[a-z0-9.\-]{1,50}$")]
    occurred_at: AwareDatetime
    alarm: bool
    """Whether the pump reports air in the line from now on, or no longer."""


def decode_for_worker(topic: str, key: bytes | None, value: bytes | None) -> AnyEvent | Rejected:
    """As `decode_record`, and the doctor's records as well."""
    if topic != TOPIC or key is None or not key.startswith(_MARK):
        return decode_record(topic, key, value)
    if not value or len(value) > VALUE_BYTES_MOST:
        return whole_record("empty" if not value else "too_large", "a self-test is one small JSON object")
    try:
        record = SelfTestRecord.model_validate_json(value)
    except ValidationError:
        return whole_record("wrong_value", "the record is under a key of `blinwatch doctor` and is no self-test of it")
    if key != record.patient_id.encode():
        return one_field("key_mismatch", "key", "the record's key must be the event's patient_id, and is another")
    return _assessment(record)


def _assessment(record: SelfTestRecord) -> InfusionAssessed:
    moment: datetime = record.occurred_at
    findings = InfusionFindings(pump_event="air", rate_ml_h=_RATE_ML_H) if record.alarm else InfusionFindings()
    return InfusionAssessed(
        event_id=record.event_id,
        patient_id=record.patient_id,
        occurred_at=moment,
        source=SOURCE,
        findings=findings,
    )

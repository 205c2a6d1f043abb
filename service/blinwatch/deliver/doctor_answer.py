"""What is told of the doctor's own patient: to the doctor alone, in a form that nobody can take for an alert."""

from typing import Literal

import orjson
from pydantic import BaseModel, ConfigDict

from blinwatch.core.decisions import AlertTransition
from blinwatch.deliver.output_record import OutputRecord

ANSWERS_TOPIC = "doctor.answers.v1"


class SelfTestAnswer(BaseModel):
    """One step of the alert that a self-test brought about."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    type: Literal["self_test_answer"] = "self_test_answer"
    patient_id: str
    alert_id: str
    code: str
    transition: str
    caused_by: str | None


def answer_record(step: AlertTransition) -> OutputRecord:
    """The one record of it."""
    answer = SelfTestAnswer(
        patient_id=step.patient_id,
        alert_id=step.alert_id,
        code=step.alert.code,
        transition=step.transition,
        caused_by=step.caused_by,
    )
    value = orjson.dumps(answer.model_dump(), option=orjson.OPT_SORT_KEYS)
    return OutputRecord(topic=ANSWERS_TOPIC, key=step.patient_id.encode("utf-8"), value=value)

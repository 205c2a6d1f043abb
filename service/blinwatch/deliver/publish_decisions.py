"""Which records a decision becomes.

What:      AlertTransition -> alerts.lifecycle.v1 and alerts.active.v1 (key = alert id; removed when
           resolved); GradeAssigned -> toxicity.grades.v1; DoseAdviceGiven -> advice.dose.v1; InteractionChecked ->
           interactions.checked.v1; PatientStatus -> patients.status.v1; every decision
           but the status -> audit.decisions.v1 with the rulebook it was made under.
Caveats:   a PatientStatus is the newest view of a patient, told again and again; it decides nothing, so the
           audit does not keep it. Every record is a CloudEvent (cloud_event.py).
           Of the doctor's own patient nothing comes to these topics (doctor_answer.py).
"""

from blinwatch.core.advice_outputs import DoseAdviceGiven, InteractionChecked
from blinwatch.core.decisions import (
    AlertTransition,
    AttributionRecorded,
    Decision,
    GradeAssigned,
    InputNote,
    PatientStatus,
)
from blinwatch.core.doctor_patient import is_self_test
from blinwatch.deliver.canonical_json import to_bytes, to_plain
from blinwatch.deliver.cloud_event import constant_headers, own_headers
from blinwatch.deliver.doctor_answer import answer_record
from blinwatch.deliver.output_record import Headers, OutputRecord

LIFECYCLE_TOPIC = "alerts.lifecycle.v1"
ACTIVE_TOPIC = "alerts.active.v1"
GRADES_TOPIC = "toxicity.grades.v1"
ADVICE_TOPIC = "advice.dose.v1"
INTERACTIONS_TOPIC = "interactions.checked.v1"
STATUS_TOPIC = "patients.status.v1"
AUDIT_TOPIC = "audit.decisions.v1"
OUTPUT_TOPICS = (
    LIFECYCLE_TOPIC,
    ACTIVE_TOPIC,
    GRADES_TOPIC,
    ADVICE_TOPIC,
    INTERACTIONS_TOPIC,
    STATUS_TOPIC,
    AUDIT_TOPIC,
)


class DecisionPublisher:
    """Turns decisions into records; holds the rulebook's version and digest, which every audit record names."""

    def __init__(self, *, rulebook_version: str, rulebook_digest: str) -> None:
        self._rulebook_version = rulebook_version
        self._rulebook_digest = rulebook_digest

    def records_of(self, decision: Decision) -> tuple[OutputRecord, ...]:
        """The records of one decision, in the order in which they should be written."""
        if is_self_test(decision.patient_id):
            return (answer_record(decision),) if isinstance(decision, AlertTransition) else ()
        plain = to_plain(decision)
        value = to_bytes(plain)
        key = decision.patient_id.encode("utf-8")
        told = _told(decision, key)
        if isinstance(decision, PatientStatus):
            return (_record(STATUS_TOPIC, decision, key, value, told),)
        audit = self._audit(plain, decision, key, told)
        if isinstance(decision, InputNote | AttributionRecorded):
            return (audit,)
        if isinstance(decision, GradeAssigned):
            return (_record(GRADES_TOPIC, decision, key, value, told), audit)
        if isinstance(decision, DoseAdviceGiven):
            return (_record(ADVICE_TOPIC, decision, key, value, told), audit)
        if isinstance(decision, InteractionChecked):
            return (_record(INTERACTIONS_TOPIC, decision, key, value, told), audit)
        return (_record(LIFECYCLE_TOPIC, decision, key, value, told), _active(decision, told), audit)

    def _audit(self, plain: object, decision: Decision, key: bytes, told: Headers) -> OutputRecord:
        value = to_bytes(
            {
                "decision": plain,
                "rulebook_digest": self._rulebook_digest,
                "rulebook_version": self._rulebook_version,
            }
        )
        return _record(AUDIT_TOPIC, decision, key, value, told)


def _record(topic: str, decision: Decision, key: bytes, value: bytes, told: Headers) -> OutputRecord:
    return OutputRecord(topic=topic, key=key, value=value, headers=constant_headers(topic, decision.type) + told)


def _active(transition: AlertTransition, told: Headers) -> OutputRecord:
    """The alert as it stands now, or its removal."""
    alert = transition.alert
    key = alert.alert_id.encode("utf-8")
    if alert.state == "resolved":
        headers = constant_headers(ACTIVE_TOPIC, transition.type, has_data=False) + told
        return OutputRecord(topic=ACTIVE_TOPIC, key=key, value=None, headers=headers)
    headers = constant_headers(ACTIVE_TOPIC, "alert") + told
    return OutputRecord(topic=ACTIVE_TOPIC, key=key, value=to_bytes(to_plain(alert)), headers=headers)


def _told(decision: Decision, key: bytes) -> Headers:
    """What a subscriber can filter by without reading the value, and what CloudEvents asks for."""
    identity = decision.decision_id.encode("utf-8")
    happened_at = decision.as_of if isinstance(decision, PatientStatus) else decision.occurred_at
    told = (("decision-id", identity), *own_headers(identity, happened_at, subject=key))
    if isinstance(decision, AlertTransition):
        priority, rule = decision.alert.priority.encode("ascii"), decision.alert.rule_id.encode("utf-8")
        return (("priority", priority), ("rule", rule), *told)
    if isinstance(decision, GradeAssigned):
        return (("rule", decision.rule_id.encode("utf-8")), *told)
    return told

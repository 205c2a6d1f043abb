"""Which records a decision becomes.

What:      AlertTransition -> alerts.lifecycle.v1 and alerts.active.v1 (key = alert id; removed when
           resolved); GradeAssigned -> toxicity.grades.v1; DoseAdviceGiven -> advice.dose.v1; InteractionChecked ->
           interactions.checked.v1; PatientStatus -> patients.status.v1; every decision
           but the status -> audit.decisions.v1 with the rulebook it was made under.
Caveats:   a PatientStatus is the newest view of a patient, told again and again; it decides nothing, so the
           audit does not keep it.
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
from blinwatch.deliver.canonical_json import to_bytes, to_plain
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

_JSON = ("content-type", b"application/json")


class DecisionPublisher:
    """Turns decisions into records; holds the rulebook's version and digest, which every audit record names."""

    def __init__(self, *, rulebook_version: str, rulebook_digest: str) -> None:
        self._rulebook_version = rulebook_version
        self._rulebook_digest = rulebook_digest

    def records_of(self, decision: Decision) -> tuple[OutputRecord, ...]:
        """The records of one decision, in the order in which they should be written."""
        plain = to_plain(decision)
        value = to_bytes(plain)
        key = decision.patient_id.encode("utf-8")
        headers = _headers(decision)
        if isinstance(decision, PatientStatus):
            return (OutputRecord(topic=STATUS_TOPIC, key=key, value=value, headers=headers),)
        audit = self._audit(plain, key, headers)
        if isinstance(decision, InputNote | AttributionRecorded):
            return (audit,)
        if isinstance(decision, GradeAssigned):
            return (OutputRecord(topic=GRADES_TOPIC, key=key, value=value, headers=headers), audit)
        if isinstance(decision, DoseAdviceGiven):
            return (OutputRecord(topic=ADVICE_TOPIC, key=key, value=value, headers=headers), audit)
        if isinstance(decision, InteractionChecked):
            return (OutputRecord(topic=INTERACTIONS_TOPIC, key=key, value=value, headers=headers), audit)
        lifecycle = OutputRecord(topic=LIFECYCLE_TOPIC, key=key, value=value, headers=headers)
        return (lifecycle, _active(decision), audit)

    def _audit(self, plain: object, key: bytes, headers: Headers) -> OutputRecord:
        value = to_bytes(
            {
                "decision": plain,
                "rulebook_digest": self._rulebook_digest,
                "rulebook_version": self._rulebook_version,
            }
        )
        return OutputRecord(topic=AUDIT_TOPIC, key=key, value=value, headers=headers)


def _active(transition: AlertTransition) -> OutputRecord:
    """The alert as it stands now, or its removal."""
    alert = transition.alert
    key = alert.alert_id.encode("utf-8")
    if alert.state == "resolved":
        return OutputRecord(topic=ACTIVE_TOPIC, key=key, value=None, headers=_headers(transition))
    headers = (
        _JSON,
        ("type", b"alert"),
        ("priority", alert.priority.encode("ascii")),
        ("rule", alert.rule_id.encode("utf-8")),
        ("decision-id", transition.decision_id.encode("utf-8")),
    )
    return OutputRecord(topic=ACTIVE_TOPIC, key=key, value=to_bytes(to_plain(alert)), headers=headers)


def _headers(decision: Decision) -> Headers:
    """What a subscriber can filter by without reading the value."""
    headers = [_JSON, ("type", decision.type.encode("ascii"))]
    if isinstance(decision, AlertTransition):
        headers.append(("priority", decision.alert.priority.encode("ascii")))
        headers.append(("rule", decision.alert.rule_id.encode("utf-8")))
    elif isinstance(decision, GradeAssigned):
        headers.append(("rule", decision.rule_id.encode("utf-8")))
    headers.append(("decision-id", decision.decision_id.encode("utf-8")))
    return tuple(headers)

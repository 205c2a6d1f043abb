"""An alert's step as FHIR: what stands (Flag, or DetectedIssue for an interaction) and who is called (Communication).

Caveats:   - one alert is one Flag or DetectedIssue for its whole life; each step replaces it, the last gives an
             end;
           - a Communication is made only for a record that calls somebody, one for each decision. It is in progress
             until whoever delivered it says so (`delivered`).
"""

from datetime import datetime
from typing import Any

from blinwatch.deliver.cloud_event import utc_text
from blinwatch.deliver.fhir import codes
from blinwatch.deliver.fhir.parts import (
    Part,
    coding,
    concept,
    device_reference,
    our_code,
    patient_reference,
    resource,
    resource_id,
)
from blinwatch.deliver.publish_decisions import LIFECYCLE_TOPIC

SEVERITY_EVIDENCE = "severity of the interaction"
DRUG_EVIDENCE = "last dose of "
"""How the names of the evidence begin that holds them (core/interaction_conditions.py)."""


def alert_resources(transition: Part, *, calls: bool, patient_system: str) -> list[Part]:
    """The resources of one record of alerts.lifecycle.v1; what is referred to comes before what refers to it."""
    alert: Part = transition["alert"]
    made = _detected_issue if alert["domain"] == "interaction" else _flag
    standing = made(alert, patient_system)
    return [standing, _communication(transition, standing, patient_system)] if calls else [standing]


def delivered(communication: Part, *, sent_at: datetime, received_at: datetime, recipient: str) -> Part:
    """The Communication after somebody has it: same id, so it replaces what said that it was under way."""
    told: Part = {
        "status": "completed",
        "sent": utc_text(sent_at),
        "received": utc_text(received_at),
        "recipient": [{"display": recipient}],
    }
    return communication | told


def _flag(alert: Part, patient_system: str) -> Part:
    category, category_name = codes.FLAG_CATEGORY_OF.get(alert["domain"], ("clinical", "Clinical"))
    priority, priority_name = codes.FLAG_PRIORITY_OF[alert["priority"]]
    priority_code = coding(codes.FLAG_PRIORITY_CODE, priority, priority_name)
    body: Part = {
        "extension": [{"url": codes.FLAG_PRIORITY, "valueCodeableConcept": concept(alert["priority"], priority_code)}],
        "status": "inactive" if alert["state"] == "resolved" else "active",
        "category": [concept(alert["domain"], coding(codes.FLAG_CATEGORY, category, category_name))],
        "code": concept(alert["summary"], our_code(alert["code"])),
        "subject": patient_reference(alert["patient_id"], patient_system),
        "period": _period(alert),
        "author": device_reference(),
    }
    return resource("Flag", resource_id("flag", alert["alert_id"]), _origin(alert), _identifier(alert), body)


def _detected_issue(alert: Part, patient_system: str) -> Part:
    drug_interaction = coding(codes.ACT_CODE, "DRG", "Drug Interaction Alert")
    body: Part = {
        "status": "final",
        "code": concept(alert["code"], drug_interaction, our_code(alert["code"])),
        "severity": _severity(alert),
        "patient": patient_reference(alert["patient_id"], patient_system),
        "identifiedPeriod": _period(alert),
        "author": device_reference(),
        "implicated": [_blinatumomab(), *_drugs(alert)],
        "evidence": [{"code": [{"text": _in_words(one)}]} for one in alert["evidence"]],
        "detail": f"{alert['summary']} [{alert['rule_id']}: {alert['citation']}]",
        "mitigation": _mitigation(alert),
    }
    identity = resource_id("detected-issue", alert["alert_id"])
    return resource("DetectedIssue", identity, _origin(alert), _identifier(alert), body)


def _communication(transition: Part, about: Part, patient_system: str) -> Part:
    alert: Part = transition["alert"]
    category = coding(codes.COMMUNICATION_CATEGORY, "alert", "Alert")
    body: Part = {
        "status": "in-progress",
        "category": [concept("alert", category)],
        "priority": codes.URGENCY_OF[alert["priority"]],
        "subject": patient_reference(transition["patient_id"], patient_system),
        "about": [{"reference": f"{about['resourceType']}/{about['id']}"}],
        "sender": device_reference(),
        "reasonCode": [concept(alert["summary"], our_code(alert["code"]))],
        "payload": [{"contentString": f"{transition['occurred_at']}: {alert['summary']}"}],
    }
    decision = transition["decision_id"]
    identifier = {"system": codes.DECISION_IDS, "value": decision}
    return resource("Communication", resource_id("communication", decision), _origin(alert), identifier, body)


def _period(alert: Part) -> Part:
    return {"start": alert["since"]} | ({} if alert["resolved_at"] is None else {"end": alert["resolved_at"]})


def _origin(alert: Part) -> tuple[str, str]:
    return LIFECYCLE_TOPIC, alert["rule_id"]


def _identifier(alert: Part) -> Part:
    return {"system": codes.ALERT_IDS, "value": alert["alert_id"]}


def _severity(alert: Part) -> str | None:
    """How grave the interaction is, which is not the priority of the alarm; left out where it is not told."""
    told = next((one["value"] for one in alert["evidence"] if one["name"] == SEVERITY_EVIDENCE), None)
    return codes.SEVERITY_OF.get(told) if isinstance(told, str) else None


def _mitigation(alert: Part) -> list[Part]:
    if alert["acknowledged_by"] is None:
        return []
    reason = alert["acknowledged_reason"]
    action = "acknowledged" if reason is None else f"acknowledged: {reason}"
    return [{"action": {"text": action}, "author": {"display": alert["acknowledged_by"]}}]


def _blinatumomab() -> Part:
    identifier = {"system": codes.RXNORM, "value": codes.BLINATUMOMAB_RXNORM}
    return {"type": "Medication", "identifier": identifier, "display": "blinatumomab"}


def _drugs(alert: Part) -> list[Part]:
    """The drugs that the alert is about, by name."""
    names = [
        one["name"].removeprefix(DRUG_EVIDENCE) for one in alert["evidence"] if one["name"].startswith(DRUG_EVIDENCE)
    ]
    return [{"type": "Medication", "display": name} for name in names]


def _in_words(evidence: dict[str, Any]) -> str:
    unit = f" {evidence['unit']}" if evidence["unit"] else ""
    at = f" at {evidence['observed_at']}" if evidence["observed_at"] else ""
    return f"{evidence['name']}: {evidence['value']}{unit}{at}"

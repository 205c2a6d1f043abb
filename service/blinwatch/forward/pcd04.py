"""One step of an alert's life as an IHE ACM report (PCD-04, ORU^R40), for a hospital's alarm manager.

Source:    IHE PCD TF-2, ACM: the alert as OBX facets below one OBR; OBX-8 of the first facet has priority and kind.
Caveats:   - the patient is a pseudonym: PID-3 with the authority that gives it out, PID-5 marked as a pseudonym (S);
           - each message has an OBR-3 of its own (the decision's id), and OBR-29 the alert that all of them are about;
           - our alert codes are no MDC codes: they come with the summary as a local code (99BLINWATCH).
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from blinwatch.receive.hl7.acknowledgement import stamp
from blinwatch.receive.hl7.message import Delimiters, escape

PROFILE = "IHE_PCD_ACM_001^IHE PCD^1.3.6.1.4.1.19376.1.6.4.4^ISO"
ALARM = "196616^MDC_EVT_ALARM^MDC"
FACETS = MappingProxyType(
    {
        "source": (2, "68480^MDC_ATTR_ALERT_SOURCE^MDC"),
        "phase": (3, "68481^MDC_ATTR_EVENT_PHASE^MDC"),
        "state": (4, "68482^MDC_ATTR_ALARM_STATE^MDC"),
        "inactivation": (5, "68483^MDC_ATTR_ALARM_INACTIVATION_STATE^MDC"),
        "priority": (6, "68484^MDC_ATTR_ALARM_PRIORITY^MDC"),
        "kind": (7, "68485^MDC_ATTR_ALERT_TYPE^MDC"),
        "text": (8, "68546^MDC_ATTR_ALERT_TEXT^MDC"),
    }
)
"""Facet to its number in OBX-4 and its code in OBX-3."""
PRIORITY = MappingProxyType({"high": "PH", "medium": "PM", "low": "PL"})
PHASE = MappingProxyType(
    {
        "raised": "start",
        "escalated": "escalate",
        "updated": "update",
        "acknowledged": "update",
        "shelved": "update",
        "unshelved": "update",
        "inhibited": "end",
        "uninhibited": "start",
        "resolved": "end",
    }
)
"""An inhibited alert is told by the graver one that stands for it: to a person it has ended."""
TECHNICAL = frozenset({"vitals", "monitoring"})
"""Domains of alerts about the watching itself; all others are about the patient."""
_OURS = Delimiters()


def pcd04(
    told: Mapping[str, Any], *, control_id: str, at: datetime, sending: str, receiving: str, authority: str
) -> str:
    """The message for one alert transition. `at`: when it is sent; `authority`: PID-3.4.

    Raises `KeyError` for a record that is no alert's.
    """
    alert = told["alert"]
    occurred = stamp(datetime.fromisoformat(told["occurred_at"]))
    msh = ["MSH", "^~\\&", _text(sending), "", _text(receiving), "", stamp(at), "", "ORU^R40^ORU_R40", control_id]
    msh += ["P", "2.6", "", "", "AL", "NE", "", "UNICODE UTF-8", "", "", PROFILE]
    patient, ward = _text(alert["patient_id"]), _text(alert.get("ward") or "")
    pid = ["PID", "", "", f"{patient}^^^{_text(authority)}^PI", "", f"{patient}^^^^^^S"]
    pv1 = ["PV1", "", "I", ward]
    sender = _text(sending)
    obr = ["OBR", "1", "", f"{told['decision_id']}^{sender}", ALARM, "", "", occurred]
    obr += [*[""] * 21, f"^{alert['alert_id']}&{sender}"]
    return "\r".join("|".join(fields) for fields in (msh, pid, pv1, obr, *_facets(told, alert, occurred))) + "\r"


def _facets(told: Mapping[str, Any], alert: Mapping[str, Any], occurred: str) -> list[list[str]]:
    priority, kind = PRIORITY[alert["priority"]], "ST" if alert["domain"] in TECHNICAL else "SP"
    code = f"{_text(alert['code'])}^{_text(alert['summary'])}^99BLINWATCH"
    values = {
        "source": f"{_text(alert['rule_id'])}^{_text(alert.get('threshold') or '')}^99BLINWATCH",
        "phase": PHASE[told["transition"]],
        "state": "inactive" if PHASE[told["transition"]] == "end" else "active",
        "inactivation": _inactivation(alert),
        "priority": priority,
        "kind": kind,
        "text": _text(alert["summary"]),
    }
    first = ["OBX", "1", "CWE", ALARM, "1.0.0.0.1", code, "", "", f"{priority}~{kind}", "", "", "F", "", "", occurred]
    rest: list[list[str]] = []
    for place, (name, value) in enumerate(values.items(), start=2):
        number, facet = FACETS[name]
        form = "CWE" if name == "source" else "ST"
        rest.append(["OBX", str(place), form, facet, f"1.0.0.0.{number}", value, *[""] * 5, "F"])
    return [first, *rest]


def _inactivation(alert: Mapping[str, Any]) -> str:
    """Whether it still sounds for anybody."""
    if alert.get("shelved_until"):
        return "audio-paused"
    return "alert-acknowledged" if alert.get("acknowledged_by") else "enabled"


def _text(value: str) -> str:
    return escape(" ".join(value.split()), _OURS)

"""What somebody does at the board, as the event that says so. A mistake is told before anything is written.

What:      acknowledge, shelve, attribute, withdraw an attribution, record a neurological assessment (ICE or CAPD).
Source:    the alert's life (design): shelved for at most 30 minutes, never of high priority; always who and why.
Inputs:    the form's fields, the standing alert where it is about one, and the moment.
Caveats:   the worker that judges the event decides; the checks here are the same ones it makes at its door, and the
           rules that spare a nurse the detour.
"""

from datetime import datetime, timedelta
from typing import Any, cast

import orjson

from blinwatch.core.decisions import Alert
from blinwatch.core.events import AnyEvent
from blinwatch.receive.decode import decode_event
from blinwatch.receive.rejection import Rejected

SOURCE = "blinwatch-board"
COMMANDS, ASSESSMENTS = "alerts.commands.v1", "assessments.recorded.v1"
UNTIL_MOST_H = 7 * 24
"""An attribution is looked at again after a week at the latest; nothing keeps it from being renewed."""
_NEURO_WORDS = frozenset(
    {"age_years", "ice_items", "ice_not_done_reason", "capd_items", "capd_not_done_reason", "loc", "sedated", "seizure"}
    | {"seizure_duration_s", "motor_weakness", "icp_sign", "cerebral_edema", "developmental_delay"}
    | {"intracranial_hemorrhage"}
)
Form = dict[str, Any]


class ActRefusedError(Exception):
    """The act cannot be written; the text says what to change, in words for whoever stands before the board."""


def event_of(form: Form, alert: Alert | None, at: datetime, event_id: str) -> AnyEvent:
    """The event of a form. Raises `ActRefusedError`."""
    kind = form.get("kind")
    if kind not in _KINDS:
        raise ActRefusedError("this board knows no such act")
    fields_of, topic = _KINDS[kind]
    written = {
        "event_id": event_id,
        "patient_id": form.get("patient_id"),
        "occurred_at": at.isoformat(),
        "source": _source(form),
        **fields_of(form, alert, at),
    }
    decoded = decode_event(topic, orjson.dumps(written))
    if isinstance(decoded, Rejected):
        raise ActRefusedError(f"{_field_words(decoded.field)}: {decoded.detail}")
    return decoded


def _source(form: Form) -> str:
    """The board, and who charted at it where that is known: an examination has no other place for a name."""
    by = form.get("by")
    return f"{SOURCE}: {by}" if by and form.get("kind") == "assess" else SOURCE


def _who(form: Form) -> Form:
    found = {name: str(form.get(name) or "").strip() for name in ("by", "reason")}
    if not found["by"]:
        raise ActRefusedError("who are you? Write your name or staff id")
    if not found["reason"]:
        raise ActRefusedError("why? Write what you saw or what is being done")
    return found


def _standing(alert: Alert | None) -> Alert:
    if alert is None:
        raise ActRefusedError("this alert no longer stands: it has ended in the meantime")
    return alert


def _acknowledge(form: Form, alert: Alert | None, _: datetime) -> Form:
    return {"type": "acknowledge", "alert_id": _standing(alert).alert_id, **_who(form)}


def _shelve(form: Form, alert: Alert | None, _: datetime) -> Form:
    standing = _standing(alert)
    if standing.priority == "high":
        raise ActRefusedError("an alert of high priority cannot be put aside; acknowledge it when somebody is there")
    return {"type": "shelve", "alert_id": standing.alert_id, "shelve_min": form.get("shelve_min"), **_who(form)}


def _attribute(form: Form, _: Alert | None, at: datetime) -> Form:
    active = form.get("active", True)
    hours = form.get("until_h")
    sign = {name: form.get(name) for name in ("sign", "cause")}
    written = {"type": "attribute", **sign, "active": active, **_who(form)}
    if active and hours is not None:
        if not isinstance(hours, int | float) or not 0 < hours <= UNTIL_MOST_H:
            raise ActRefusedError(f"for how long? Choose up to {UNTIL_MOST_H} hours")
        written["until"] = (at + timedelta(hours=hours)).isoformat()
    return written


def _assess(form: Form, _: Alert | None, __: datetime) -> Form:
    given = form.get("findings")
    if not isinstance(given, dict):
        raise ActRefusedError("nothing was charted")
    findings = cast("Form", given)
    unknown = findings.keys() - _NEURO_WORDS
    if unknown:
        raise ActRefusedError(f"this board charts no {', '.join(sorted(unknown))}")
    said = {name: value for name, value in findings.items() if value not in (None, "", {}, [])}
    if not said.keys() - {"age_years", "developmental_delay"}:
        raise ActRefusedError("nothing was charted: fill in at least one part of the examination")
    return {"type": "neuro_assessed", "findings": said}


_KINDS = {
    "acknowledge": (_acknowledge, COMMANDS),
    "shelve": (_shelve, COMMANDS),
    "attribute": (_attribute, COMMANDS),
    "assess": (_assess, ASSESSMENTS),
}


def _field_words(name: str | None) -> str:
    words = {"by": "who", "reason": "why", "shelve_min": "minutes", "cause": "cause", "sign": "sign"}
    return words.get(name or "", name or "the form")

"""What an alarm manager reports of an alert that it was given (IHE ACM, PCD-05): delivered, accepted, refused.

Source:    IHE PCD TF-2, ACM; the message is ORA^R41 or ORA^R42, by release. OBR-3 names the message that it is about.
Caveats:   where the status stands differs between managers: PRT-2 to PRT-4, or an OBX value. Each is looked at; a word
           that is not known is refused in the answer, never guessed.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from blinwatch.receive.hl7.message import Message, Segment

Status = Literal["delivered", "accepted", "refused", "failed"]
WORDS: MappingProxyType[str, Status] = MappingProxyType(
    {
        "received": "delivered",
        "delivered": "delivered",
        "read": "delivered",
        "accepted": "accepted",
        "acknowledged": "accepted",
        "completed": "accepted",
        "rejected": "refused",
        "cancelled": "refused",
        "canceled": "refused",
        "undeliverable": "failed",
        "failed": "failed",
        "expired": "failed",
    }
)
KINDS = frozenset({"R41", "R42"})


class UnreadableReportError(Exception):
    """A report that cannot be used; the text says why, for the answer."""


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What became of one message of ours."""

    decision_id: str
    status: Status
    by: str
    """Who, as the manager names them; empty where it does not."""
    patient_id: str = ""
    """PID-3 and the alert of OBR-29, where the manager sends them back."""
    alert_id: str = ""


def read_report(message: Message) -> StatusReport:
    """Raises `UnreadableReportError`."""
    if message.header.text(9, 1) != "ORA" or message.header.text(9, 2) not in KINDS:
        raise UnreadableReportError("only reports of an alert's status (ORA^R41, ORA^R42) are read here")
    obr = message.first("OBR")
    decision = "" if obr is None else obr.text(3)
    if not decision:
        raise UnreadableReportError("OBR-3 does not say which message it is about")
    pid = message.first("PID")
    patient = "" if pid is None else pid.text(3)
    alert = "" if obr is None else obr.text(29, 2)
    parts = [one for one in message.segments if one.name in {"PRT", "OBX"}]
    for part in parts:
        status = _status(part)
        if status is not None:
            return StatusReport(decision, status, _who(part), patient, alert)
    raise UnreadableReportError(f"no status that is known: PRT or OBX should say one of {', '.join(sorted(WORDS))}")


def _status(part: Segment) -> Status | None:
    fields = (2, 3, 4) if part.name == "PRT" else (5,)
    for field in fields:
        for component in (1, 2):
            status = WORDS.get(part.text(field, component).lower())
            if status is not None:
                return status
    return None


def _who(part: Segment) -> str:
    """PRT-5: id, or family and given name."""
    if part.name != "PRT":
        return ""
    named = " ".join(filter(None, (part.text(5, 3), part.text(5, 2))))
    return part.text(5) or named

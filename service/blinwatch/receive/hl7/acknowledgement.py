"""The answer to a message: AA, AE or AR, with where and why.

What:      AA: everything the message held is on Kafka, or kept with its reason. AE: something in it must be mended;
           what could be used is on Kafka all the same. AR: not taken, send it again later or do not send this kind.
Source:    HL7 v2 chapter 2, original and enhanced acknowledgement modes; tables 0008, 0155, 0357.
Caveats:   MSH-15 and MSH-16 both empty: original mode, always answered. Otherwise MSH-16 decides on the application
           answer, and MSH-15 on the commit answer (CA, CE, CR) that is given where no application answer is wanted.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from blinwatch.receive.hl7.message import Delimiters, Message, escape
from blinwatch.receive.hl7.refusal import Hl7Reason, Unread

AckCode = Literal["AA", "AE", "AR"]
ERRORS_TOLD_MOST = 10
"""ERR segments in one answer. Whoever mends an interface starts with the first; the number of all is told."""
_OURS = Delimiters()
_COMMIT = {"AA": "CA", "AE": "CE", "AR": "CR"}
_ERROR_CODES: dict[Hl7Reason, tuple[str, str]] = {
    "missing_field": ("101", "Required field missing"),
    "wrong_value": ("102", "Data type error"),
    "unknown_code": ("103", "Table value not found"),
    "unknown_unit": ("103", "Table value not found"),
    "unsupported_message": ("200", "Unsupported message type"),
    "unsupported_version": ("203", "Unsupported version id"),
    "no_patient": ("204", "Unknown key identifier"),
    "ambiguous_patient": ("204", "Unknown key identifier"),
    "unassociated": ("204", "Unknown key identifier"),
    "patient_conflict": ("204", "Unknown key identifier"),
}
_INTERNAL = ("207", "Application internal error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is to be said about a message."""

    code: AckCode
    text: str = ""
    """MSA-3, for a person; empty with a plain AA."""
    faults: tuple[Unread, ...] = ()


def acknowledge(message: Message, answer: Answer, *, at: datetime, control_id: str) -> bytes | None:
    """The answer as a message in UTF-8, or None where the sender wants none.

    `at`: the time now; `control_id`: our own, for MSH-10.
    """
    code = _code_wanted(message, answer.code)
    if code is None:
        return None
    header = message.header
    kind = "^".join(["ACK", header.text(9, 2), "ACK"] if header.text(9, 2) else ["ACK"])
    version = header.text(12) or "2.5"
    msh = ["MSH", "^~\\&", "blinwatch", "", _again(header.raw(3)), _again(header.raw(4)), stamp(at), "", kind]
    msh += [control_id, header.text(11) or "P", version, "", "", "", "", "", "UNICODE UTF-8"]
    msa = ["MSA", code, escape(header.text(10), _OURS)]
    if answer.text:
        msa.append(escape(answer.text, _OURS))
    lines = ["|".join(msh), "|".join(msa), *map(_err, answer.faults[:ERRORS_TOLD_MOST])]
    return ("\r".join(lines) + "\r").encode("utf-8")


def refuse_unreadable(fault: Unread, *, at: datetime, control_id: str) -> bytes:
    """AR to bytes that have no readable header: nobody to name, nothing to refer to."""
    msh = f"MSH|^~\\&|blinwatch||||{stamp(at)}||ACK|{control_id}|P|2.5||||||UNICODE UTF-8"
    return "\r".join((msh, f"MSA|AR||{escape(fault.detail, _OURS)}", _err(fault), "")).encode("utf-8")


def stamp(at: datetime) -> str:
    """A moment as HL7 writes it, with its offset."""
    return at.strftime("%Y%m%d%H%M%S%z")


def _code_wanted(message: Message, code: AckCode) -> str | None:
    accept, application = message.header.text(15).upper(), message.header.text(16).upper()
    if not accept and not application:
        return code
    if _wanted(application, code):
        return code
    return _COMMIT[code] if _wanted(accept, code) else None


def _wanted(condition: str, code: AckCode) -> bool:
    """Table 0155: AL always, NE never, ER on error only, SU on success only."""
    return condition == "AL" or (condition == "ER" and code != "AA") or (condition == "SU" and code == "AA")


def _again(raw: str) -> str:
    """The sender's own name back, without what our delimiters would read otherwise."""
    return "".join(letter for letter in raw if letter.isprintable() and letter != "|")[:227]


def _err(fault: Unread) -> str:
    number, meaning = _ERROR_CODES.get(fault.reason, _INTERNAL)
    user = escape(f"{fault.where}: {fault.detail}" if fault.where else fault.detail, _OURS)
    return f"ERR||{_location(fault.where)}|{number}^{meaning}^HL70357|E|{fault.reason}|||{user}"


def _location(where: str) -> str:
    """ERR-2: segment, its number, field, from `OBX[3]-6`."""
    name, bracket, rest = where.partition("[")
    number, _, field = rest.partition("]-")
    return f"{name}^{number}^{field}" if bracket and field else ""

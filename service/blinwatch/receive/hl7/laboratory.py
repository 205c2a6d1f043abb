"""ORU^R01 of laboratories: results with a LOINC code, into `lab_resulted`.

What:      one event a result: code, value with its comparator, unit as sent, reference range, status, specimen time.
Source:    HL7 v2.5.1 chapter 7 (OBX, OBR, SPM), table 0085 (result status); rule reference section H.
Caveats:   - local codes are not guessed. An interface engine maps them to LOINC, in either triple of OBX-3.
           - the moment is when the specimen was taken: SPM-17, else OBR-7, else OBX-14. Without any the result is
             refused: a result without its specimen's time can stand before or after a limit.
           - a withdrawal without a value cannot be told to the judgement and is kept and answered AE: somebody has
             to send it again with the value, or to know.
"""

import re
from collections.abc import Iterable

from blinwatch.receive.hl7.containment import own_device
from blinwatch.receive.hl7.device_clock import Stamp, read_stamp
from blinwatch.receive.hl7.draft import LABS, Draft, Group
from blinwatch.receive.hl7.message import Segment
from blinwatch.receive.hl7.refusal import Hl7Error

_LOINC = re.compile(r"[0-9]{1,7}-[0-9]")
_NUMBER = r"[+-]?[0-9]{1,12}(?:\.[0-9]{0,12})?"
_VALUE = re.compile(rf"(<=|>=|<|>)?\s*({_NUMBER})")
_RANGE = re.compile(rf"({_NUMBER})\s*-\s*({_NUMBER})")
_STATUS = {
    "": "final", "F": "final", "U": "final", "C": "corrected", "P": "preliminary", "R": "preliminary",
    "S": "preliminary", "D": "cancelled", "W": "cancelled", "X": "cancelled",
}  # fmt: skip


def loinc_of(obx: Segment) -> str | None:
    """The LOINC code of an observation, in whichever triple it stands; None where there is none."""
    for first in (1, 4):
        if obx.text(3, first + 2) == "LN" and _LOINC.fullmatch(obx.text(3, first)):
            return obx.text(3, first)
    return None


def read_results(observations: Iterable[Segment], group: Group, specimen: Stamp | None) -> None:
    """Add the results of one order to its group, and what could not be read. `specimen`: SPM-17 or OBR-7."""
    for obx in observations:
        try:
            group.drafts.append(_draft(obx, group, specimen))
        except Hl7Error as error:
            group.unread.append(error.unread(obx.whole()))


def _draft(obx: Segment, group: Group, specimen: Stamp | None) -> Draft:
    status = _STATUS.get(obx.text(11).upper())
    if status is None:
        raise Hl7Error("no_value", obx.where(11), "there is no result yet")
    comparator, value = _value(obx, withdrawn=status == "cancelled")
    unit = obx.text(6) or obx.text(6, 4)
    if not unit:
        raise Hl7Error("unknown_unit", obx.where(6), "the unit is missing; send the UCUM code")
    taken = specimen or read_stamp(obx.text(14), obx.where(14), group.clock.zone)
    if taken is None:
        raise Hl7Error("missing_field", obx.where(14), "nothing says when the specimen was taken (SPM-17, OBR-7)")
    fields: dict[str, object] = {
        "type": "lab_resulted",
        "loinc": loinc_of(obx),
        "value": value,
        "unit": unit,
        "status": status,
        **_limits(obx.text(7)),
    }
    if comparator:
        fields["comparator"] = comparator
    moment = group.clock.charted(taken)
    return Draft(topic=LABS, fields=fields, moment=moment, where=obx.where(3), devices=(own_device(obx),))


def _value(obx: Segment, *, withdrawn: bool) -> tuple[str, float]:
    """Comparator and number of OBX-5, as NM, as SN, or as the text that many laboratories write."""
    structured = obx.raw(2) == "SN"
    if structured and (obx.text(5, 3) or obx.text(5, 4)):
        raise Hl7Error("wrong_value", obx.where(5), "a range or a ratio is no single result")
    text = obx.text(5) + obx.text(5, 2) if structured else obx.text(5)
    text = text.removeprefix("=")
    if text in ("", '""'):
        if withdrawn:
            raise Hl7Error("missing_field", obx.where(5), "a withdrawn result must be sent with the value it had")
        raise Hl7Error("no_value", obx.where(5), "there is no result")
    match = _VALUE.fullmatch(text.strip())
    if match is None:
        raise Hl7Error("wrong_value", obx.where(5), "must be a number with a decimal point, with < or > where needed")
    return match[1] or "", float(match[2])


def _limits(written: str) -> dict[str, object]:
    """OBX-7 as far as it is a plain range; anything else leaves the usual limits in force (LAB-3)."""
    both = _RANGE.fullmatch(written)
    if both:
        return {"reference_low": float(both[1]), "reference_high": float(both[2])}
    one = _VALUE.fullmatch(written)
    if one and one[1]:
        return {"reference_high" if one[1].startswith("<") else "reference_low": float(one[2])}
    return {}

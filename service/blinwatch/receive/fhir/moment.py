"""When it happened, as FHIR writes it; never assumed.

Caveats:   - a date alone cannot be ordered among heart rates and is refused, and so is a resource without a time: the
             time of reception is none.
           - a time ahead of ours by more than a minute is refused: nothing is sent before it happens.
           - a period is its start where a specimen was taken or a drug began, its end where something was measured.
"""

import re
from datetime import UTC, datetime

from blinwatch.receive.fhir.node import Node
from blinwatch.receive.fhir.refusal import FhirError
from blinwatch.receive.hl7.device_clock import AHEAD_TOLERATED

_INSTANT = re.compile(
    r"(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))T([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d|60)(?:\.(\d{1,9})\d*)?)?"
    r"(Z|[+-](?:0\d|1[0-4]):[0-5]\d)"
)


def read_instant(node: Node, name: str, received_at: datetime) -> datetime | None:
    """The instant under a name, in UTC; None where there is none. Raises `FhirError`."""
    text = node.text(name)
    if not text:
        return None
    match = _INSTANT.fullmatch(text)
    if match is None:
        detail = "must be a time with hour and offset, as 2026-03-01T08:00:00+01:00; a date alone cannot be ordered"
        raise FhirError("wrong_value", node.at(name), detail)
    second = "59" if match[4] == "60" else match[4] or "00"  # a leap second: Python has none
    micro = (match[5] or "0")[:6].ljust(6, "0")
    zone = "+00:00" if match[6] == "Z" else match[6]
    try:
        at = datetime.fromisoformat(f"{match[1]}T{match[2]}:{match[3]}:{second}.{micro}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise FhirError("wrong_value", node.at(name), "is no date and time that exists") from None
    if at - received_at > AHEAD_TOLERATED:
        raise FhirError("implausible_time", node.at(name), "lies ahead of now: look at the sender's clock and zone")
    return at


def read_period(node: Node, name: str, received_at: datetime) -> tuple[datetime | None, datetime | None]:
    """Start and end of a period. Raises `FhirError`."""
    period = node.child(name)
    if period is None:
        return None, None
    start, end = read_instant(period, "start", received_at), read_instant(period, "end", received_at)
    if start is not None and end is not None and end < start:
        raise FhirError("wrong_value", period.at("end"), "lies before the start")
    return start, end


def measured_at(observation: Node, received_at: datetime, *, specimen: bool) -> datetime:
    """When an Observation was made. Raises `FhirError`."""
    for name in ("effectiveDateTime", "effectiveInstant"):
        at = read_instant(observation, name, received_at)
        if at is not None:
            return at
    start, end = read_period(observation, "effectivePeriod", received_at)
    found = start if specimen else end or start
    if found is None:
        detail = "nothing says when it was measured: send effectiveDateTime, effectiveInstant or effectivePeriod"
        raise FhirError("missing_field", observation.at("effective"), detail)
    return found

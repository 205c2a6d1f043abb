"""An event before it is known whose it is: everything that a message says of it, without the patient's pseudonym."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

import orjson

from blinwatch.core.events import AnyEvent
from blinwatch.receive.decode import decode_event
from blinwatch.receive.hl7.device_clock import Clock, Stamp
from blinwatch.receive.hl7.refusal import Unread
from blinwatch.receive.rejection import Rejected

VITALS, PUMP, LABS = "vitals.observed.v1", "pump.events.v1", "labs.resulted.v1"
MEDICATIONS, ASSESSMENTS = "medications.administered.v1", "assessments.recorded.v1"
Fields = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a translation has to know beside the message."""

    received_at: datetime
    zone: tzinfo
    """For time stamps without an offset."""
    authority: str = ""
    """The assigning authority whose identifiers are taken; empty: any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One event of a group, for one input topic."""

    topic: str
    fields: Fields
    moment: Stamp
    where: str
    """The segment it comes from."""
    devices: tuple[str, ...] = ()
    """The device that measured it, innermost first: channel, module, whole device."""


@dataclass(slots=True)
class Group:
    """The part of a message that is about one patient."""

    clock: Clock
    patient: str = ""
    """Identifier as sent; empty where the message names nobody."""
    authority: str = ""
    bed: str = ""
    """Where the patient or device is said to be, as `bed_of` writes it; empty where nothing is said."""
    drafts: list[Draft] = field(default_factory=list[Draft])
    unread: list[Unread] = field(default_factory=list[Unread])


def finish(draft: Draft, *, patient_id: str, event_id: str, source: str) -> AnyEvent | Unread:
    """The event, through the same door as any record of its topic; or why there is none."""
    content: dict[str, object] = {
        **draft.fields,
        "event_id": event_id,
        "patient_id": patient_id,
        "occurred_at": draft.moment.at.isoformat(),
        "source": source,
    }
    decoded = decode_event(draft.topic, orjson.dumps(content))
    if isinstance(decoded, Rejected):
        reason = "implausible_time" if decoded.reason == "implausible_time" else "rejected_event"
        return Unread(reason=reason, where=draft.where, detail=decoded.detail)
    return decoded

"""An event of a resource before it is known under which pseudonym its patient goes, and how it gets its name."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import orjson

from blinwatch.core.events import AnyEvent
from blinwatch.receive.decode import decode_event
from blinwatch.receive.fhir.node import Node
from blinwatch.receive.fhir.refusal import FhirError, Issue
from blinwatch.receive.rejection import Rejected

ID_HEX_DIGITS = 32
"""128 bits: two different resources of all that a hospital will ever send do not meet."""
Fields = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One event, for one input topic."""

    topic: str
    fields: Fields
    at: datetime
    where: str
    name: str
    """What names the event among those of its sender: the same resource twice gives the same."""


@dataclass(slots=True)
class Drafts:
    """What one resource says."""

    events: list[Draft] = field(default_factory=list[Draft])
    issues: list[Issue] = field(default_factory=list[Issue])


def finish(draft: Draft, *, patient_id: str, event_id: str, source: str) -> AnyEvent:
    """The event, through the same door as any record of its topic. Raises `FhirError`."""
    content = {
        **draft.fields,
        "event_id": event_id,
        "patient_id": patient_id,
        "occurred_at": draft.at.isoformat(),
        "source": source,
    }
    decoded = decode_event(draft.topic, orjson.dumps(content))
    if isinstance(decoded, Rejected):
        raise FhirError(decoded.reason, draft.where, decoded.detail)
    return decoded


def event_id_of(sender: str, draft: Draft) -> str:
    """The event's id: by sender, because two systems may give two resources one id."""
    named = hashlib.sha256(f"{sender}\0{draft.name}".encode()).hexdigest()
    return f"fhir-{named[:ID_HEX_DIGITS]}"


def name_of(resource: Node, *, with_version: bool = True) -> str:
    """Type, id and version; the first identifier where there is no id, and the content where neither tells."""
    kind, meta = resource.text("resourceType"), resource.child("meta")
    identity = resource.text("id")
    if not identity:
        first = next(iter(resource.each("identifier")), None)
        if first is not None and first.text("value"):
            identity = f"{first.text('system')}|{first.text('value')}"
    version = "" if meta is None else meta.text("versionId") or meta.text("lastUpdated")
    if not identity or (with_version and not version):
        version = f"{version}#{_digest(resource)}"
    return "\0".join((kind, identity, version if with_version or not identity else ""))


def _digest(resource: Node) -> str:
    """Of what the resource says, without what servers write beside it."""
    said = {name: part for name, part in resource.content.items() if name not in ("meta", "text")}
    try:
        written = orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as error:
        raise FhirError("wrong_value", resource.path, "is nested deeper than can be read") from error
    return hashlib.sha256(written).hexdigest()

"""One event as JSON, for whichever topic its `type` belongs on: what HTTP callers send.

The same door as on the topic itself (`decode`), so that the same event is refused for the same reason.
"""

from typing import Any, cast

from pydantic_core import from_json

from blinwatch.core.events import AnyEvent
from blinwatch.receive.decode import VALUE_BYTES_MOST, decode_event
from blinwatch.receive.event_types import TYPE_NAMES
from blinwatch.receive.rejection import Rejected

SENT_TOPICS = (
    "vitals.observed.v1",
    "pump.events.v1",
    "assessments.recorded.v1",
    "medications.administered.v1",
    "labs.resulted.v1",
    "therapy.orders.v1",
)
"""What hospital systems may send. Commands are people's and the clock is the workers' (schemas/roles.yaml)."""
_TOPIC_OF_TYPE = {name: topic for topic in SENT_TOPICS for name in TYPE_NAMES[topic]}


def decode_native(value: bytes) -> AnyEvent | Rejected:
    """The event, or why there is none."""
    # Any topic says the same of what is no JSON object at all.
    if not value or len(value) > VALUE_BYTES_MOST:
        return decode_event(SENT_TOPICS[0], value)
    try:
        read: Any = from_json(value)
    except ValueError:
        return decode_event(SENT_TOPICS[0], value)
    if not isinstance(read, dict):
        return decode_event(SENT_TOPICS[0], value)
    said = cast("dict[str, Any]", read).get("type")
    topic = _TOPIC_OF_TYPE.get(said) if isinstance(said, str) else None
    return _unknown_type(said) if topic is None else decode_event(topic, value)


def _unknown_type(said: object) -> Rejected:
    if said is None:
        detail = "type: is missing; it says which event this is"
    else:
        detail = f"type: is none that is taken here; take one of {', '.join(sorted(_TOPIC_OF_TYPE))}"
    rule = "union_tag_not_found" if said is None else "union_tag_invalid"
    return Rejected(reason="unknown_type", field="type", rule=rule, detail=detail)

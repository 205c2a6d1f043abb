"""The header of every event: which event, about whom, when, from where."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from blinwatch.core.bounds import Instant, Text, Within
from blinwatch.core.findings import EDGE_CONFIG

Identifier = Annotated[str, Text(64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:\-]*$")]
"""64 characters hold a UUID, a ULID or a SHA-256 prefix with room for a sender's mark."""
Moment = Annotated[datetime, Instant()]
OptionalMoment = Annotated[datetime | None, Instant()]
Reason = Annotated[str, Text(500)]
Volume = Annotated[float | None, Within(0, 100_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What every event carries. `patient_id` is a pseudonym and the Kafka key."""

    __pydantic_config__: ClassVar[dict[str, object]] = EDGE_CONFIG
    event_id: Identifier
    patient_id: Identifier
    occurred_at: Moment
    source: Annotated[str, Text(120)]

"""A sign that staff attribute to another cause, as every later decision shows it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributedSign:
    """A sign that staff attribute to another cause than CRS or ICANS: who, why, until when."""

    sign: str
    cause: str
    by: str
    reason: str
    since: datetime
    until: datetime | None
    """None: until it is withdrawn."""
    event_id: str

"""What every rule hands on: the values it rests on, and the condition that it found. Integer milliseconds are time.

The records that are published as they stand are in `decisions.py`; this is what rules and rooms below it share.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

Priority = Literal["high", "medium", "low"]
"""IEC 60601-1-8 alarm priority; the mapping from codes is data (clinical/alert_priorities.yaml)."""
Scale = Literal["ASTCT", "CTCAE", "label", "site", "technical"]
Domain = Literal[
    "crs",
    "icans",
    "infusion",
    "vitals",
    "monitoring",
    "interaction",
    "infection",
    "laboratory",
    "dose",
    "early_warning",
]

PRIORITY_RANK: dict[Priority, int] = {"low": 1, "medium": 2, "high": 3}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970: whole numbers keep exact boundaries (4 h 00 min 00 s) exact."""
    return (moment - _EPOCH) // _MS


def to_datetime(at_ms: int) -> datetime:
    """The UTC time of a millisecond count."""
    return _EPOCH + timedelta(milliseconds=at_ms)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One value a decision rests on: its name, value, unit, when it was observed and by which event."""

    name: str
    value: float | int | str | bool | None
    unit: str | None = None
    observed_at: datetime | None = None
    event_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A rule that holds now. The alert life turns conditions into alerts; it knows no clinical rule itself.

    `key` names the alert within the patient (one alert per patient, key and episode); `level` orders the
    severities under one key (a rise escalates); `hides` lists keys of alerts that need no attention of their
    own while this one stands.
    """

    key: str
    code: str
    rule_id: str
    domain: Domain
    scale: Scale
    priority: Priority
    level: int = 0
    summary: str
    threshold: str | None = None
    evidence: tuple[Evidence, ...] = ()
    since_ms: int
    hides: tuple[str, ...] = ()

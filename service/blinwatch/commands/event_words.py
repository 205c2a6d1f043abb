"""Events and the values of decisions in words: what happened, in the order in which a chart would say it."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any, cast

from blinwatch.clinical.plain_words import value_text, words_of
from blinwatch.commands.alert_text import moment_text
from blinwatch.commands.rulebook_text import unit_of_name
from blinwatch.core.events import AnyEvent
from blinwatch.core.evidence import Evidence

_HEADER = frozenset({"event_id", "patient_id", "occurred_at", "source", "type", "device_id", "confirmed_fields"})
"""What every event has, and what says nothing to a clinician."""
_WHAT = {
    "vitals_observed": "vital signs",
    "crs_assessed": "observation charted",
    "neuro_assessed": "neurological examination charted",
    "infusion_assessed": "infusion charted",
    "reaction_assessed": "adverse reactions charted",
    "interaction_assessed": "question to the interaction check",
    "clinical_signs_assessed": "clinical signs charted",
    "death_recorded": "death recorded",
    "medication_administered": "medication",
    "lab_resulted": "laboratory result",
    "therapy_ordered": "order for the cycle",
    "therapy_ended": "therapy ended",
    "acknowledge": "alert acknowledged",
    "shelve": "alert put aside",
    "attribute": "sign attributed to another cause",
    "delivery_started": "pump runs",
    "delivery_stopped": "pump stopped",
    "rate_changed": "rate changed",
    "dose_programmed": "dose programmed",
    "status_reported": "pump reports",
    "bag_changed": "bag change",
    "bolus_given": "bolus",
    "line_flushed": "line flushed",
    "lumen_used": "lumen used",
    "volume_measured": "volume measured",
    "alarm": "pump alarm",
    "communication_lost": "pump out of reach",
    "communication_restored": "pump back in reach",
    "tick": "time passed",
}


def event_text(event: AnyEvent) -> str:
    """An event on one line: what it was, and every value it carries."""
    said = list(_told(event))
    what = _WHAT.get(event.type, words_of(event.type))
    return f"{what}: {'; '.join(said)}" if said else what


def _told(record: Any) -> list[str]:
    """The fields of a record that say something, those of a record inside it after them."""
    told: list[str] = []
    for field in fields(record):
        value = getattr(record, field.name)
        if field.name in _HEADER or value is None or value in ((), {}):
            continue
        if is_dataclass(value):
            told += _told(value)
        else:
            told.append(f"{words_of(field.name)} {_value(field.name, value)}")
    return told


def _value(name: str, value: Any) -> str:
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, Mapping):
        entries = cast("Mapping[Any, Any]", value)
        return ", ".join(f"{words_of(str(one))} {_value(name, part)}" for one, part in entries.items())
    if isinstance(value, tuple):
        parts = cast("tuple[Any, ...]", value)
        return ", ".join(f"({'; '.join(_told(one))})" if is_dataclass(one) else _value(name, one) for one in parts)
    if isinstance(value, str):
        return words_of(value) if value.islower() and " " not in value else value
    return f"{value_text(value)} {unit_of_name(name)}".rstrip()


def evidence_text(item: Evidence, told_at: datetime) -> str:
    """A value a decision rests on: `systolic pressure 82 mmHg`, with its time where that is another one."""
    parts = [words_of(item.name)]
    if isinstance(item.value, str):
        parts.append(words_of(item.value) if item.value.islower() else item.value)
    elif item.value is not None:
        # Five digits are more than any bedside value has; a computed gap may have more.
        parts.append(f"{item.value:.5g}" if isinstance(item.value, float) else value_text(item.value))
    if item.unit:
        parts.append(item.unit)
    if item.observed_at is not None and item.observed_at != told_at:
        parts.append(f"(of {moment_text(item.observed_at)})")
    return " ".join(parts)

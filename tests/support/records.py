"""Input records as they come from Kafka, made by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from aiokafka.partitioner import murmur2

VITALS, PUMP, LABS, TICKS = "vitals.observed.v1", "pump.events.v1", "labs.resulted.v1", "clock.ticks.v1"
START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def at(minutes: float) -> str:
    """A moment so many minutes after the story's start, as events write it."""
    return (START + timedelta(minutes=minutes)).isoformat()


def partition_of(key: bytes, partitions: int) -> int:
    """Where Kafka's default partitioner puts a key."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def patients_of(partition: int, count: int, partitions: int) -> list[str]:
    """The first pseudonyms that belong to a partition."""
    found: list[str] = []
    number = 0
    while len(found) < count:
        name = f"pt-{number:04d}"
        if partition_of(name.encode(), partitions) == partition:
            found.append(name)
        number += 1
    return found


def vitals(patient_id: str, number: int, minutes: float, **signals: Any) -> bytes:
    """A vitals event."""
    return orjson.dumps(
        {
            "event_id": f"{patient_id}-v{number}",
            "patient_id": patient_id,
            "occurred_at": at(minutes),
            "source": "monitor",
            "type": "vitals_observed",
            **signals,
        }
    )


def lab(patient_id: str, number: int, minutes: float) -> bytes:
    """A laboratory result."""
    return orjson.dumps(
        {
            "event_id": f"{patient_id}-l{number}",
            "patient_id": patient_id,
            "occurred_at": at(minutes),
            "source": "laboratory",
            "type": "lab_resulted",
            "loinc": "1988-5",
            "value": 12.0,
            "unit": "mg/L",
        }
    )


def tick(partition: int, minutes: float) -> bytes:
    """A tick of the clock."""
    return orjson.dumps(
        {
            "event_id": f"tick-{partition}-{minutes:g}",
            "occurred_at": at(minutes),
            "partition": partition,
            "source": "test",
            "type": "tick",
        }
    )


@dataclass(frozen=True)
class Record:
    """A consumed record."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


def records(
    topic: str, partition: int, entries: Sequence[tuple[bytes | None, bytes | None]], first: int = 0
) -> list[Record]:
    """Consecutive records of one topic and partition."""
    return [Record(topic, partition, first + number, key, value) for number, (key, value) in enumerate(entries)]

"""A record as it was read from an input topic, and what became of it when it was decoded."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from blinwatch.core.events import AnyEvent
from blinwatch.core.evidence import to_ms
from blinwatch.deliver.dead_letter import Refusal, RefusedRecord, headers_bytes


class SourceRecord(RefusedRecord, Protocol):
    """What the engine needs of a consumed record; aiokafka's `ConsumerRecord` and Faust's message both fit.

    The key is the patient's pseudonym (a tick: the partition number), the value the event as JSON.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongPartition:
    """A tick that names another partition than the one it lies in."""

    reason: str = "wrong_partition"
    field: str | None = "partition"
    rule: str = "wrong_partition"
    detail: str = "partition: must be the partition the tick lies in, is another"


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLargeToMove:
    """A record in another partition than its patient's that is too large to be written again."""

    reason: str = "too_large"
    field: str | None = None
    rule: str = "too_large"
    detail: str = "the record lies in another partition than its patient's and is too large to be moved there"


class Decode(Protocol):
    """`receive.decode.decode_record`."""

    def __call__(self, topic: str, key: bytes | None, value: bytes | None) -> AnyEvent | Refusal:
        """The event in a record, or why there is none."""
        ...


class Arrived(NamedTuple):
    """A decoded record waiting for its turn."""

    record: SourceRecord
    event: AnyEvent | None
    """None when the record was refused or belongs to another partition."""
    refusal: Refusal | None
    at_ms: int
    """When it happened; a record without an event takes the time of the one before it in its topic."""


def record_bytes(record: SourceRecord) -> int:
    """What a record takes: key, value and headers."""
    size = len(record.value or b"") + len(record.key or b"")
    return size + headers_bytes(record.headers) if record.headers else size


def moment_ms(event: AnyEvent) -> int:
    """When an event happened, in milliseconds since 1970."""
    return to_ms(event.occurred_at)

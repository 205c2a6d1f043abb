"""A record as it was read from an input topic, and what became of it when it was decoded."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from blinwatch.core.decisions import to_ms
from blinwatch.core.events import AnyEvent


class SourceRecord(Protocol):
    """What the engine needs of a consumed record; aiokafka's `ConsumerRecord` and Faust's message both fit."""

    @property
    def topic(self) -> str:
        """Input topic."""
        ...

    @property
    def partition(self) -> int:
        """Partition number, the same for one patient in every input topic."""
        ...

    @property
    def offset(self) -> int:
        """Place in the partition."""
        ...

    @property
    def key(self) -> bytes | None:
        """Patient pseudonym (a tick: the partition number) in UTF-8."""
        ...

    @property
    def value(self) -> bytes | None:
        """The event as JSON."""
        ...

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """Headers as they were written."""
        ...


class Refused(Protocol):
    """Why a record could not become an event (`receive.decode.Rejected`)."""

    @property
    def reason(self) -> str:
        """One of a closed set of reasons."""
        ...

    @property
    def field(self) -> str | None:
        """Path of the wrong field."""
        ...

    @property
    def rule(self) -> str:
        """The rule that was broken."""
        ...

    @property
    def detail(self) -> str:
        """One sentence; no text from the record."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongPartition:
    """A tick that names another partition than the one it lies in."""

    reason: str = "wrong_partition"
    field: str | None = "partition"
    rule: str = "wrong_partition"
    detail: str = "partition: must be the partition the tick lies in, is another"


class Decode(Protocol):
    """`receive.decode.decode_record`."""

    def __call__(self, topic: str, key: bytes | None, value: bytes | None) -> AnyEvent | Refused:
        """The event in a record, or why there is none."""
        ...


class Arrived(NamedTuple):
    """A decoded record waiting for its turn."""

    record: SourceRecord
    event: AnyEvent | None
    """None when the record was refused or belongs to another partition."""
    refusal: Refused | None
    at_ms: int
    """When it happened; a record without an event takes the time of the one before it in its topic."""


def moment_ms(event: AnyEvent) -> int:
    """When an event happened, in milliseconds since 1970."""
    return to_ms(event.occurred_at)

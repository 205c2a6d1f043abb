"""A record that could not be used, kept as it came, with the reason in headers."""

from collections.abc import Sequence
from typing import Protocol

from blinwatch.deliver.output_record import OutputRecord

DEAD_LETTER_PREFIX = "dlq."
"""Kafka's own proposal for the name (KIP-1191)."""


class Refusal(Protocol):
    """Why a record was refused; holds no text from the record."""

    @property
    def reason(self) -> str:
        """One of a closed set of reasons."""
        ...

    @property
    def field(self) -> str | None:
        """Path of the wrong field; None where the record as a whole is wrong."""
        ...

    @property
    def rule(self) -> str:
        """The rule that was broken."""
        ...

    @property
    def detail(self) -> str:
        """One sentence for a person."""
        ...


class RefusedRecord(Protocol):
    """The parts of a consumed record that a dead letter keeps."""

    @property
    def topic(self) -> str:
        """Where it was read."""
        ...

    @property
    def partition(self) -> int:
        """Partition it was read from."""
        ...

    @property
    def offset(self) -> int:
        """Its offset there."""
        ...

    @property
    def key(self) -> bytes | None:
        """Its key, untouched."""
        ...

    @property
    def value(self) -> bytes | None:
        """Its value, untouched."""
        ...

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """Its own headers."""
        ...


def dead_letter_of(record: RefusedRecord, refusal: Refusal) -> OutputRecord:
    """The dead letter: same key and bytes, the record's own headers, then why and where it was refused.

    Ours come last, so that a reader who keeps one value a name reads ours.

    A record whose key and value are both missing gets an empty value: Kafka cannot carry a record with
    neither.
    """
    value = b"" if record.key is None and record.value is None else record.value
    return OutputRecord(
        topic=f"{DEAD_LETTER_PREFIX}{record.topic}",
        key=record.key,
        value=value,
        headers=(
            *record.headers,
            ("reason", refusal.reason.encode("utf-8")),
            ("field", (refusal.field or "").encode("utf-8")),
            ("rule", refusal.rule.encode("utf-8")),
            ("detail", refusal.detail.encode("utf-8")),
            ("original-topic", record.topic.encode("utf-8")),
            ("original-partition", str(record.partition).encode("ascii")),
            ("original-offset", str(record.offset).encode("ascii")),
        ),
    )

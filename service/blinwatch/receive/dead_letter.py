"""The headers of a dead letter: why a record was refused, where it lay, since when and how often.

The record's key and bytes go to `dlq.<topic>` untouched; everything that is said about it is said in
headers, as UTF-8 text. docs/reference/topics.md lists them for whoever looks after the dead letters.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

REASON = "reason"
FIELD = "field"
RULE = "rule"
DETAIL = "detail"
ORIGINAL_TOPIC = "original-topic"
ORIGINAL_PARTITION = "original-partition"
ORIGINAL_OFFSET = "original-offset"
ORIGINAL_TIMESTAMP = "original-timestamp"
FIRST_SEEN = "first-seen"
ATTEMPT = "attempt"

HEADER_NAMES = (
    REASON,
    FIELD,
    RULE,
    DETAIL,
    ORIGINAL_TOPIC,
    ORIGINAL_PARTITION,
    ORIGINAL_OFFSET,
    ORIGINAL_TIMESTAMP,
    FIRST_SEEN,
    ATTEMPT,
)
ATTEMPT_DIGITS_MOST = 6
"""Nobody sends a record again a million times: a longer number is no count of ours, and counting starts
anew."""

Header = tuple[str, bytes]


class Refusal(Protocol):
    """Why a record was refused: `rejection.Rejected`, or what the stream itself refuses."""

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
        """One sentence for a person; holds no text from the record."""
        ...


class RefusedRecord(Protocol):
    """The parts of a consumed record that its headers speak of; aiokafka's `ConsumerRecord` fits."""

    @property
    def topic(self) -> str:
        """Where it was read."""
        ...

    @property
    def partition(self) -> int:
        """The partition it was read from."""
        ...

    @property
    def offset(self) -> int:
        """Its offset there."""
        ...

    @property
    def timestamp(self) -> int:
        """Its own time in Kafka, milliseconds since 1970."""
        ...

    @property
    def headers(self) -> Sequence[Header]:
        """Its own headers."""
        ...


def dead_letter_headers(record: RefusedRecord, why: Refusal, seen_at: datetime) -> tuple[Header, ...]:
    """The sender's own headers, then ours; `seen_at` is the time now.

    A record that was sent again from the dead letters with its headers keeps the time it was first refused,
    and its attempts are counted on; what was said of the earlier attempt gives way to what is true now.
    """
    earlier = dict(record.headers)
    was_refused = ORIGINAL_TOPIC in earlier
    kept = [header for header in record.headers if not (was_refused and header[0] in HEADER_NAMES)]
    first_seen = seen_at.isoformat().encode()
    attempt = 1
    if was_refused:
        first_seen = earlier.get(FIRST_SEEN, first_seen)
        attempt = _count(earlier.get(ATTEMPT, b"")) + 1
    return (
        *kept,
        (REASON, why.reason.encode()),
        (FIELD, (why.field or "").encode()),
        (RULE, why.rule.encode()),
        (DETAIL, why.detail.encode()),
        (ORIGINAL_TOPIC, record.topic.encode()),
        (ORIGINAL_PARTITION, str(record.partition).encode()),
        (ORIGINAL_OFFSET, str(record.offset).encode()),
        (ORIGINAL_TIMESTAMP, str(record.timestamp).encode()),
        (FIRST_SEEN, first_seen),
        (ATTEMPT, str(attempt).encode()),
    )


def _count(written: bytes) -> int:
    """The attempts counted so far; 0 where the header holds no count of ours."""
    return int(written) if written.isdigit() and len(written) <= ATTEMPT_DIGITS_MOST else 0

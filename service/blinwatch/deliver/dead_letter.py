"""A record that could not be used, kept as it came, with the reason in headers.

The record's key and bytes go to `dlq.<topic>` untouched; everything that is said about it is said in headers, as
UTF-8 text. docs/reference/topics.md lists them for whoever looks after the dead letters. Only of a record that Kafka
would not take a second time, because of its size, the end is left out: it can be read at its own offset.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from blinwatch.deliver.output_record import Headers, OutputRecord

DEAD_LETTER_PREFIX = "dlq."
"""Kafka's own proposal for the name (KIP-1191)."""

REASON = "reason"
FIELD = "field"
RULE = "rule"
DETAIL = "detail"
ORIGINAL_TOPIC = "original-topic"
ORIGINAL_PARTITION = "original-partition"
ORIGINAL_OFFSET = "original-offset"
FIRST_SEEN = "first-seen"
ATTEMPT = "attempt"
CUT = "cut"
"""`yes` where the end of the key or value, or the record's own headers, are left out for their size."""
ORIGINAL_BYTES = "original-bytes"
"""With `cut`: key, value and headers of the record as it was."""

HEADER_NAMES = (
    REASON,
    FIELD,
    RULE,
    DETAIL,
    ORIGINAL_TOPIC,
    ORIGINAL_PARTITION,
    ORIGINAL_OFFSET,
    FIRST_SEEN,
    ATTEMPT,
    CUT,
    ORIGINAL_BYTES,
)
WRITABLE_BYTES_MOST = 900_000
"""Kafka's own limits for one record are 1,000,000 bytes for a producer and 1,048,588 for a topic, unless a hospital
raises them: it may have raised those of an input topic only. The rest is for our headers and Kafka's own."""
_CUT_HEADERS, _CUT_KEY = 64 * 1024, 64 * 1024
"""Own headers are kept up to this size, and of a key so much."""
ATTEMPT_DIGITS_MOST = 6
"""Nobody sends a record again a million times: a longer number is no count of ours, and counting starts
anew."""


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


def dead_letter_of(record: RefusedRecord, refusal: Refusal, seen_at: datetime) -> OutputRecord:
    """The dead letter: same partition, key and bytes, the record's own headers, then why and where it was refused.

    `seen_at` is the time now. Ours come last, so that a reader who keeps one value a name reads ours. A record that
    was sent again from the dead letters with its headers keeps the time at which it was first refused, and its
    attempts are counted on; what was said of the earlier attempt gives way to what is true now. A record whose key
    and value are both missing gets an empty value: Kafka cannot carry a record with neither.
    """
    earlier = dict(record.headers)
    was_refused = ORIGINAL_TOPIC in earlier
    kept = tuple(header for header in record.headers if not (was_refused and header[0] in HEADER_NAMES))
    first_seen = seen_at.isoformat().encode("ascii")
    if was_refused:
        first_seen = earlier.get(FIRST_SEEN, first_seen)
    attempt = _count(earlier.get(ATTEMPT, b"")) + 1 if was_refused else 1
    key, value, kept, cut = _fitting(record.key, record.value, kept)
    return OutputRecord(
        topic=f"{DEAD_LETTER_PREFIX}{record.topic}",
        key=key,
        value=b"" if key is None and value is None else value,
        partition=record.partition,
        headers=(
            *kept,
            (REASON, refusal.reason.encode("utf-8")),
            (FIELD, (refusal.field or "").encode("utf-8")),
            (RULE, refusal.rule.encode("utf-8")),
            (DETAIL, refusal.detail.encode("utf-8")),
            (ORIGINAL_TOPIC, record.topic.encode("utf-8")),
            (ORIGINAL_PARTITION, str(record.partition).encode("ascii")),
            (ORIGINAL_OFFSET, str(record.offset).encode("ascii")),
            (FIRST_SEEN, first_seen),
            (ATTEMPT, str(attempt).encode("ascii")),
            *cut,
        ),
    )


def headers_bytes(headers: Iterable[tuple[str, bytes]]) -> int:
    """What headers take."""
    return sum(len(name) + len(value or b"") for name, value in headers)


def _fitting(
    key: bytes | None, value: bytes | None, headers: Headers
) -> tuple[bytes | None, bytes | None, Headers, Headers]:
    """Key, value and own headers that Kafka takes again, and what to say where they are not all there was."""
    size = len(key or b"") + len(value or b"") + headers_bytes(headers)
    if size <= WRITABLE_BYTES_MOST:
        return key, value, headers, ()
    kept = headers if headers_bytes(headers) <= _CUT_HEADERS else ()
    cut_key = key if key is None else key[:_CUT_KEY]
    room = WRITABLE_BYTES_MOST - headers_bytes(kept) - len(cut_key or b"")
    cut_value = value if value is None else value[:room]
    return cut_key, cut_value, kept, ((CUT, b"yes"), (ORIGINAL_BYTES, str(size).encode("ascii")))


def _count(written: bytes) -> int:
    """The attempts counted so far; 0 where the header holds no count of ours."""
    return int(written) if written.isdigit() and len(written) <= ATTEMPT_DIGITS_MOST else 0

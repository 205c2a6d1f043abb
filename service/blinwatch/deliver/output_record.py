"""A record to be written, before any Kafka client has seen it."""

from dataclasses import dataclass

Headers = tuple[tuple[str, bytes], ...]
"""Kafka headers in their order; a name may come twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputRecord:
    """One record for one topic. `value` None removes the key from a compacted topic."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    partition: int | None = None
    """None: Kafka's default partitioner chooses by the key."""

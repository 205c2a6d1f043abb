"""What a run left on the broker, whoever ran it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from blinwatch.deliver.output_record import OutputRecord
from blinwatch.stream.engine import Engine, TopicPartition

STATE_TOPIC = "blinwatch.state.v1"


@dataclass(slots=True)
class Stored:
    """A record on the broker; shaped as aiokafka's record and as Faust's event."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]

    @property
    def message(self) -> "Stored":
        """Faust's events carry one."""
        return self


@dataclass(frozen=True)
class Remains:
    """Logs, and what is needed to read the inputs again without faults."""

    judge: str
    """`toy`, `ledger` or `core`."""
    topics: tuple[str, ...]
    """Those that were read."""
    partitions: int
    group: str
    logs: Mapping[TopicPartition, Sequence[Stored]]
    new_engine: Callable[[], Engine[Any]]
    """A faultless engine."""
    home: Callable[[bytes], int]
    """The partition of a key."""
    strays: tuple[OutputRecord, ...] = ()
    """Records that were written into a partition that is not their patient's."""
    is_live: bool = False
    """Written while it was read: which topic was ahead for a moment is then anybody's, and with it the moment at which
    a status is told."""
    first_states: Mapping[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    """Patient to the changelog's value with which the run began."""

    def written(self, topics: Iterable[str]) -> list[Stored]:
        """Everything in these topics."""
        return [
            record
            for topic in topics
            for partition in range(self.partitions)
            for record in self.logs.get(TopicPartition(topic, partition), ())
        ]

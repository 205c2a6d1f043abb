"""All that the Faust side of the worker shares: the workbench, the changelog table, who owns what."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from blinwatch.stream.progress import Progress
from blinwatch.stream.state_table import StateTable
from blinwatch.stream.stored_state import StateError, StoredState
from blinwatch.stream.telemetry import Telemetry
from blinwatch.stream.workbench import Workbench

EndsOf = Callable[[int], Awaitable[Mapping[str, int]]]
"""Asks the broker for the ends of a partition's input topics, as far as it knows them."""


@dataclass(slots=True)
class Desk:
    """What the consumer, the table, the tick writer and the agents work at."""

    bench: Workbench[Any]
    table: StateTable
    telemetry: Telemetry
    progress: Progress
    input_topics: tuple[str, ...]

    def begin_ownership(self, partitions: set[int], kept: set[int], generation: int) -> None:
        """The group has given this worker these partitions; `kept` were certainly ours all the time."""
        self.table.generation = generation
        engine = self.bench.engine
        gone = set(engine.partitions) - kept
        for partition in gone:
            engine.forget(partition)
            self.table.forget(partition)
        for partition in engine.partitions:
            engine.forget_unjudged(partition)
        self.bench.begin_ownership()
        self.progress.assigned(len(partitions))
        self.telemetry.revoked([(topic, partition) for partition in gone for topic in self.input_topics])
        self.telemetry.assigned(sorted(partitions))

    async def make_new_eras_known(self) -> None:
        """Before the ownership is proven: step 0 of docs/decisions/0005."""
        generation = self.table.generation
        records = self.table.new_eras()
        if records:
            await self.bench.make_known(records)
        if self.table.generation == generation:
            self.table.eras_are_known()

    async def adopt(self, partition: int, stored: Mapping[str, StoredState], ends_of: EndsOf) -> None:
        """Take a partition over, unless the group gives it out anew while the broker is asked where its topics end."""
        generation = self.table.generation
        ends = await ends_of(partition)
        if self.table.generation == generation:
            await self.take_over(partition, stored, ends)

    async def take_over(self, partition: int, stored: Mapping[str, StoredState], ends: Mapping[str, int]) -> None:
        """Adopt a partition, unless its states know of records that the input topics do not have."""
        self.bench.engine.adopt(partition, stored)
        self.bench.engine.write_again(partition, self.table.covered_up(partition))
        for topic, offset in self.bench.engine.applied_offsets(partition).items():
            end = ends.get(topic)
            if end is not None and offset >= end:
                raise StateError(
                    f"the stored states of partition {partition} include {topic} up to offset {offset}, but it ends at "
                    f"{end}: the topic was made anew, and its new records would be taken for old ones. Empty the state "
                    "changelog as well (docs/operating), or bring the topic back"
                )

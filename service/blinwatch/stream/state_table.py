"""The changelog as a Faust table: Faust recovers it, the engine owns what is in it.

What:      collects what Faust reads back from the changelog, hands each partition's states to the engine when
           recovery is complete, and knows how far the changelog is known, so that a kept partition is not
           read again.
Caveats:   Faust swallows exceptions of its recovery loop ("Error in recovery"), which would lose states in silence. So
           nothing here raises while records come in: bytes are kept as they are and judged when recovery
           completes.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, cast

import faust
from faust.types import TP, EventT

from blinwatch.deliver.output_record import OutputRecord
from blinwatch.stream.paging import read_unpaged, write_unpaged
from blinwatch.stream.patient_book import Changed
from blinwatch.stream.stored_state import StateError, StoredState

PROGRESS_HEADER = "progress"
"""Sum of the input offsets a state includes. It only grows, so of two states of a patient the greater is the newer."""
GROUP_HEADER = "group"
"""Consumer group of the worker that wrote the state: two groups must not share one changelog."""
UNPAGED_HEADER = "unpaged"
"""Alerts of the patient that nobody has been paged for yet (`paging`); absent where there are none."""

ReadState = Callable[[bytes], StoredState]
Adopt = Callable[[int, Mapping[str, StoredState]], Awaitable[None]]
"""Takes over a partition with its states."""


class _ReadBack(NamedTuple):
    progress: int
    value: bytes | None
    unpaged: bytes | None


class StateTable(faust.Table[Any, Any]):
    """Reads the changelog back. Writing to it is the workbench's."""

    def arrange(
        self,
        *,
        group: str,
        read: ReadState,
        adopt: Adopt,
        moved: Callable[[], None],
        recovered: Callable[[], None],
        failed: Callable[[BaseException], Awaitable[None]],
    ) -> None:
        """Say who takes over partitions; `moved` and `recovered` hear of recovery.

        `failed` gets whatever makes a partition impossible to take over.
        """
        self._group = group
        self._read = read
        self._adopt = adopt
        self._moved = moved
        self._recovered = recovered
        self._failed = failed
        self._read_back: dict[int, dict[bytes, _ReadBack]] = {}
        """Partition to patient key to the newest state read back."""
        self._foreign_groups: set[str] = set()
        self._known_to: dict[int, int] = {}
        """Partition to the last changelog offset that is in memory."""
        self._held: set[int] = set()

    # --- called by Faust ----------------------------------------------------------------------------------

    def persisted_offset(self, tp: TP) -> int | None:
        """Up to where the changelog is in memory; -1 has Faust read it from its beginning."""
        return self._known_to.get(tp.partition, -1)

    def apply_changelog_batch(self, batch: Iterable[EventT[Any]]) -> None:
        """Keep what recovery has read; of two states of one patient the one that includes more."""
        self._moved()
        for event in batch:
            message = event.message
            partition = message.partition
            self._known_to[partition] = max(message.offset, self._known_to.get(partition, -1))
            if partition in self._held:
                continue  # what is in memory is newer than anything a worker that lost the partition could write
            headers = dict(cast("Iterable[tuple[str, bytes]]", message.headers or ()))
            group = headers.get(GROUP_HEADER, b"").decode("utf-8", "replace")
            if group != self._group:
                self._foreign_groups.add(group)
                continue
            key = cast("bytes", message.key)
            progress = int(headers.get(PROGRESS_HEADER, b"0"))
            states = self._read_back.setdefault(partition, {})
            if key not in states or progress >= states[key].progress:
                states[key] = _ReadBack(progress, message.value, headers.get(UNPAGED_HEADER))

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:
        """Hand every newly held partition to the engine."""
        await super().on_recovery_completed(active_tps, standby_tps)
        try:
            for partition in sorted({tp.partition for tp in active_tps} - self._held):
                await self._hand_over(partition)
        except Exception as error:
            await self._failed(error)
            raise
        self._recovered()

    # --- called by the consumer and the workbench ---------------------------------------------------------

    def forget(self, partition: int) -> None:
        """The partition is no longer ours, or may have been somebody else's: it must be read back in full."""
        self._held.discard(partition)
        self._known_to.pop(partition, None)
        self._read_back.pop(partition, None)

    def written(self, partition: int, offset: int) -> None:
        """The changelog includes our own writing up to this offset."""
        if partition in self._held:
            self._known_to[partition] = max(offset, self._known_to.get(partition, -1))

    def record_of(self, changed: Changed[Any], value: bytes) -> OutputRecord:
        """The changelog record of a state."""
        headers = (
            (PROGRESS_HEADER, str(sum(changed.applied.values())).encode("ascii")),
            (GROUP_HEADER, self._group.encode("utf-8")),
        )
        if changed.unpaged:
            headers = (*headers, (UNPAGED_HEADER, write_unpaged(changed.unpaged)))
        return OutputRecord(
            topic=self.changelog_topic.get_topic_name(),
            key=changed.key,
            value=value,
            headers=headers,
            partition=changed.partition,
        )

    async def _hand_over(self, partition: int) -> None:
        if self._foreign_groups:
            topic = self.changelog_topic.get_topic_name()
            others = ", ".join(sorted(self._foreign_groups))
            raise StateError(
                f"the state changelog {topic} was written by consumer group '{others}', this worker's is "
                f"'{self._group}'. Two groups cannot share a changelog: set BLINWATCH_GROUP_ID back, or give this "
                "group a broker of its own"
            )
        states = self._read_back.pop(partition, {})
        stored = {
            key.decode("utf-8"): self._stored(state.value, state.unpaged)
            for key, state in states.items()
            if state.value is not None
        }
        await self._adopt(partition, stored)
        self._held.add(partition)

    def _stored(self, value: bytes, unpaged: bytes | None) -> StoredState:
        stored = self._read(value)
        return stored if unpaged is None else replace(stored, unpaged=read_unpaged(unpaged))

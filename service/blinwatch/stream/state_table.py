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
"""How many records up to the offsets a state includes. It only grows, so of two states of one term the greater is the
newer. Between workers it tells nothing: each may have got further in another topic."""
TERM_HEADER = "term"
"""Era and generation of the ownership in which a state was written: `0.17`. Only the newer of two owners could commit,
so its state is the one that fits the committed offsets, also where a worker that lost the partition has read more."""
GROUP_HEADER = "group"
"""Consumer group of the worker that wrote the state: two groups must not share one changelog."""
UNPAGED_HEADER = "unpaged"
"""Alerts of the patient that nobody has been paged for yet (`paging`); absent where there are none."""

Term = tuple[int, int]
Rank = tuple[Term, int]
"""Term and progress: of two states of a patient the one with the greater rank is the newer."""
BEFORE_ALL_TERMS: Term = (0, -1)
ERA_KEY = b"\0era"
"""Key of a record that is no patient's: it tells of a new era before any state does. It has no value: a release that
does not know of it passes over it, and compaction lets it go when states of the era have long stood there."""

ReadState = Callable[[bytes], StoredState]
Adopt = Callable[[int, Mapping[str, StoredState]], Awaitable[None]]
"""Takes over a partition with its states."""


class _ReadBack(NamedTuple):
    rank: Rank
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
        self.generation = -1
        """The group's generation, set at each assignment."""
        self._read_back: dict[int, dict[bytes, _ReadBack]] = {}
        """Partition to patient key to the newest state read back."""
        self._covered_up: dict[int, set[bytes]] = {}
        """Partition to the patient keys whose newest state is not the record written last."""
        self._terms: dict[int, Term] = {}
        """Partition to the term it was taken over in; until then to the newest one that was read back."""
        self._new_eras: set[int] = set()
        """Partitions whose term begins an era that the changelog does not know of yet."""
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
            term = _term_from(headers.get(TERM_HEADER))
            self._terms[partition] = max(term, self._terms.get(partition, BEFORE_ALL_TERMS))
            if key == ERA_KEY:
                continue
            rank = term, int(headers.get(PROGRESS_HEADER, b"0"))
            states = self._read_back.setdefault(partition, {})
            covered_up = self._covered_up.setdefault(partition, set())
            if key not in states or rank >= states[key].rank:
                states[key] = _ReadBack(rank, message.value, headers.get(UNPAGED_HEADER))
                covered_up.discard(key)
            else:
                covered_up.add(key)

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:
        """Hand every newly held partition to the engine."""
        await super().on_recovery_completed(active_tps, standby_tps)
        generation = self.generation
        try:
            for partition in sorted({tp.partition for tp in active_tps} - self._held):
                await self._hand_over(partition)
                if self.generation != generation:
                    return  # given out anew meanwhile: the recovery that follows goes on from here
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
        self._terms.pop(partition, None)
        self._new_eras.discard(partition)
        self._covered_up.pop(partition, None)

    def written(self, partition: int, offset: int) -> None:
        """The changelog includes our own writing up to this offset."""
        if partition in self._held:
            self._known_to[partition] = max(offset, self._known_to.get(partition, -1))

    def covered_up(self, partition: int) -> list[str]:
        """Patients whose newest state must be written again: compaction would keep an older one instead."""
        return sorted(key.decode("utf-8") for key in self._covered_up.get(partition, ()))

    def term_of(self, partition: int) -> bytes:
        """The term of states of this partition that are frozen now."""
        era, generation = self._terms.get(partition, BEFORE_ALL_TERMS)
        return b"%d.%d" % (era, generation)

    def new_eras(self) -> list[OutputRecord]:
        """Records that make known the eras which this worker begins.

        They must be on the broker before the ownership is proven: whoever takes the partition over afterwards would
        else count from the era before, and the states of this worker that land late would win over its own.
        """
        return [
            OutputRecord(
                topic=self.changelog_topic.get_topic_name(),
                key=ERA_KEY,
                value=None,
                headers=((TERM_HEADER, self.term_of(partition)), (GROUP_HEADER, self._group.encode("utf-8"))),
                partition=partition,
            )
            for partition in sorted(self._new_eras)
        ]

    def eras_are_known(self) -> None:
        """The broker has what `new_eras` gave out."""
        self._new_eras.clear()

    def record_of(self, changed: Changed[Any], value: bytes, term: bytes) -> OutputRecord:
        """The changelog record of a state that was frozen in this term."""
        progress = sum(offset + 1 for offset in changed.applied.values())
        headers = (
            (PROGRESS_HEADER, str(progress).encode("ascii")),
            (TERM_HEADER, term),
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
        generation, states = self.generation, self._read_back.get(partition, {})
        stored = {
            key.decode("utf-8"): self._stored(state.value, state.unpaged)
            for key, state in states.items()
            if state.value is not None
        }
        await self._adopt(partition, stored)
        if self.generation == generation:
            newest = self._terms.get(partition, BEFORE_ALL_TERMS)
            self._terms[partition] = _term_after(newest, generation)
            if self._terms[partition][0] > newest[0]:
                self._new_eras.add(partition)
            self._read_back.pop(partition, None)
            self._held.add(partition)

    def _stored(self, value: bytes, unpaged: bytes | None) -> StoredState:
        stored = self._read(value)
        return stored if unpaged is None else replace(stored, unpaged=read_unpaged(unpaged))


def _term_from(written: bytes | None) -> Term:
    if written is None:
        return BEFORE_ALL_TERMS  # by a release that had no terms
    era, generation = written.split(b".")
    return int(era), int(generation)


def _term_after(newest: Term, generation: int) -> Term:
    """The term of a takeover in this generation.

    Kafka counts generations from the start again once a group was empty for days and forgotten, and a static member
    comes back in the same one: then a new era begins.
    """
    era, last = newest
    return (era, generation) if generation > last else (era + 1, generation)

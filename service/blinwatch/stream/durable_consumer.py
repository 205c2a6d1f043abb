"""Faust's consumer with another way to commit: nothing is acknowledged before all that follows from it is durable.

Both modes use it. It keeps Faust's group membership, assignor, rebalance callbacks, recovery gate and commit timer.
The private names of Faust and aiokafka that this room leans on are held by tests/stream/test_private_names.py.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, cast

import structlog
from aiokafka.errors import KafkaError
from faust.transport.drivers.aiokafka import Consumer
from faust.types import TP
from mode import Service

from blinwatch.stream.desk import Desk
from blinwatch.stream.engine import TopicPartition
from blinwatch.stream.event_order import Lagging
from blinwatch.stream.progress import Place

NOTHING_WANTED_S = 0.1
"""How soon to look again when no partition may be read: the end of a rebalance should be noticed at once."""
POSITIONS_EVERY_S = 0.5
"""Often enough for readiness, which is told in seconds."""
MEMBERSHIP_LOOK_S = 1.0
MEMBERSHIP_ERRORS_MOST = 5
"""What a rebalance brings about passes at the second try; what does not (a missing permission) must be told."""

_log = structlog.get_logger("blinwatch.stream")


class DurableConsumer(Consumer):
    """Commits through the workbench."""

    desk: Desk
    """Set on a subclass made for one application (`kafka_transport.transport_for`)."""
    _generation = -1
    _commits_in = -1
    """The generation in which the commit under way was begun."""
    _next_positions_s = 0.0
    _membership_errors = 0
    """Errors since the last assignment."""
    _starts_proven = False
    """Whether the offsets at which reading starts are this worker's own."""
    _seeks = 0
    """Counts the steps to the committed offsets; two may be under way at once."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fetch_generation = -1
        """The generation in which the newest fetch began."""
        self._fetching = asyncio.Lock()
        """Held by a fetch, and by a seek, which so finds none under way.

        A fetch that began before a rebalance and ended after the seek would bring records from behind the seek; they
        are dropped as another generation's and would never be fetched again.
        """

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Keep what certainly stayed ours, forget the rest before Faust recovers it.

        Nobody else can have held a partition that we held in this generation and in the one before. A jump in
        the number means that the group went on without us.
        """
        desk = self.desk
        partitions = {tp.partition for tp in assigned if tp.topic in desk.input_topics}
        kept = partitions if generation_id == self._generation + 1 else set[int]()
        self._generation = generation_id
        self._membership_errors = 0
        self._starts_proven = False
        desk.begin_ownership(partitions, kept, generation_id)
        await super().on_partitions_assigned(assigned, generation_id)

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Go to the committed offsets, and prove that nobody else committed them since the states were read.

        Anybody may fetch offsets; only a member of this generation may commit. A worker that lost its partitions
        without noticing would else start beyond what its states include, and judge patients with records missing. Where
        nothing is committed yet, a zero is: it moves nobody, and only the owner may write it.
        """
        self._starts_proven = False
        self._seeks += 1
        seek = self._seeks
        async with self._fetching:
            offsets = await super().seek_to_committed()
        ours = {
            TP(tp.topic, tp.partition): offset for tp, offset in offsets.items() if tp.topic in self.desk.input_topics
        }
        starts = {tp: offset for tp, offset in ours.items() if offset} or dict.fromkeys(sorted(ours)[:1], 0)
        generation = self._generation
        await self.desk.make_new_eras_known()
        thread: Any = self._thread
        proven = not starts or await thread.commit_in(generation, starts)
        # A proof is of the offsets that were found with it: one that comes late says nothing of a later seek's.
        if proven and self._generation == generation and self._seeks == seek:
            self._starts_proven = True
            self.desk.bench.prove_ownership()
        return offsets

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Go to the offsets from which recovery reads the changelog."""
        async with self._fetching:
            await super().seek_wait(partitions)

    @Service.task
    async def _watch_membership(self) -> None:
        """See errors of the group membership that nobody else would see.

        aiokafka pauses the membership at an error until somebody asks for it. Faust never asks: without this a worker
        stays outside its group for ever and looks alive.
        """
        while not self.should_stop:
            await self.sleep(MEMBERSHIP_LOOK_S)
            thread: Any = self._thread
            if thread._consumer is None:
                continue
            try:
                await thread.call_thread(_raise_membership_error, thread._consumer)
            except KafkaError as error:
                self._membership_errors += 1
                if self._membership_errors >= MEMBERSHIP_ERRORS_MOST:
                    raise
                _log.warning("the consumer group refused this worker; trying again", error=type(error).__name__)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Nothing is read from here until the group has divided its partitions anew."""
        self.desk.progress.joining()
        await super().on_partitions_revoked(revoked)

    async def _wait_next_records(self, *arguments: Any, **options: Any) -> Any:
        """Faust's own, and a sign of life: every reading loop comes through here each second."""
        self.desk.progress.beat()
        if self.desk.progress.is_recovered and time.monotonic() >= self._next_positions_s:
            self._next_positions_s = time.monotonic() + POSITIONS_EVERY_S
            self.desk.progress.at(self._positions())
        faust: Any = super()
        return await faust._wait_next_records(*arguments, **options)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: Any) -> Any:  # noqa: ASYNC109
        """Fetch, but only from partitions that are wanted now."""
        async with self._fetching:
            self.fetch_generation = self.app.consumer_generation_id
            wanted = {tp for tp in active_partitions or () if self._is_wanted(tp)}
            if wanted:
                return await super()._getmany(wanted, timeout)
        # An empty set would mean all partitions to aiokafka.
        await self.sleep(NOTHING_WANTED_S)
        return {}

    def _is_wanted(self, tp: TP) -> bool:
        """Whether records of this partition may be read now: none of an input topic during a rebalance.

        Faust lets stream partitions go before it seeks to the committed offsets, and empties the agents' queues after
        that: what was read in between would be lost to an agent. Nor any while it is not proven where to start.
        """
        return tp.topic not in self.desk.input_topics or (self._starts_proven and not self.app.rebalancing)

    async def force_commit(self, *_topics: Any, **_options: Any) -> bool:
        """Make durable what has been judged, then commit exactly its offsets. Always all topics: they go together."""
        return await self.desk.bench.commit(self._judged_offsets, self._commit_judged)

    async def wait_empty(self) -> None:
        """Before partitions are given away, or at the end: commit what has been judged.

        Twice, because a commit that is already under way covers only what had been judged when it began.
        """
        if self.desk.bench.failure is None:
            await self.commit()
            await self.commit()

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Faust looks for stalls in counters that the batch path does not feed; `progress` watches instead."""

    def _judged_offsets(self) -> Mapping[TopicPartition, int]:
        """For each topic and partition the offset of the first record that has not been judged."""
        raise NotImplementedError

    def lagging_in(self, partition: int) -> Lagging:
        """Tells whether a topic still has records in this partition that have not reached the engine."""
        raise NotImplementedError

    async def _commit_judged(self, offsets: Mapping[TopicPartition, int]) -> bool:
        # The workbench has just looked whether these offsets are still ours, and makes one commit at a time.
        self._commits_in = self._generation
        return await self._commit_offsets({TP(at.topic, at.partition): to for at, to in offsets.items()})

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """What Faust calls when it has sorted out the offsets: in the generation of now it would be another commit."""
        thread: Any = self._thread
        return cast("bool", await thread.commit_in(self._commits_in, offsets))

    def _positions(self) -> dict[Place, int | None]:
        """For each input partition the offset of the first record not judged yet, as near as gaps in it allow.

        Read and judged is where the consumer stands, less what waits in the engine: so that records of the log itself,
        which no consumer is given, do not look like records that wait.
        """
        engine = self.desk.bench.engine
        positions: dict[Place, int | None] = {}
        for partition in engine.partitions:
            for topic in self.desk.input_topics:
                state, at = self._partition_state(TP(topic, partition)), None
                if state is not None and state.has_valid_position:
                    at = cast("int", state.position) - engine.waiting_in(topic, partition)
                positions[Place(topic, partition)] = at
        return positions

    def unread(self, topic: str, partition: int) -> int | None:
        """Records on the broker that this consumer has not been handed yet; None while that is not known."""
        state = self._partition_state(TP(topic, partition))
        if state is None or not state.has_valid_position or state.highwater is None:
            return None
        return max(0, cast("int", state.highwater) - cast("int", state.position))

    def told_ms(self, topic: str, partition: int) -> int:
        """When a broker last told the end of this partition, in ms since 1970; 0 where none has."""
        state = self._partition_state(TP(topic, partition))
        return 0 if state is None or state.timestamp is None else cast("int", state.timestamp)

    def _partition_state(self, tp: TP) -> Any:
        """aiokafka's own record of a partition, None while it has none."""
        thread: Any = self._thread
        kafka: Any = thread._consumer
        subscription = None if kafka is None else kafka._subscription.subscription
        if subscription is None or subscription.assignment is None or tp not in subscription.assignment.tps:
            return None
        return subscription.assignment.state_value(tp)


async def _raise_membership_error(consumer: Any) -> None:
    """Raise the error that pauses the group membership, if there is one, and let the membership go on."""
    consumer._coordinator.check_errors()

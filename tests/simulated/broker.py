"""A broker in memory, with what matters of Kafka for the order of durability.

Partitioned logs; a producer of each worker that keeps order within a partition and none between partitions, whose
records land late, whose acknowledgements come later still, and which may be told that a write failed although it
landed; a changelog that is compacted; a consumer group with generations, sessions that run out, rebalances that wait
for members, and commits that only a member of the generation may make (or anybody, while the group is empty).
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from blinwatch.deliver.output_record import OutputRecord
from blinwatch.stream.engine import TopicPartition
from tests.aftermath.remains import Stored

NO_GENERATION = -1
IN_FLIGHT_MOST = 5
"""Kafka's limit of requests under way: what may still land after its sender was killed."""
SESSION_S, REBALANCE_S, HEARTBEAT_S = 0.3, 0.5, 0.1


@dataclass(slots=True)
class Receipt:
    """An acknowledgement."""

    offset: int


class Broker:
    """Logs and committed offsets."""

    def __init__(self, random: Random, home: Callable[[bytes], int]) -> None:
        self.random = random
        self.home = home
        self.logs: defaultdict[TopicPartition, list[Stored]] = defaultdict(list)
        self.ends: defaultdict[TopicPartition, int] = defaultdict(int)
        self.committed: dict[TopicPartition, int] = {}

    def append(self, record: OutputRecord) -> int:
        """Write a record where it belongs; its offset."""
        partition = record.partition
        if partition is None:
            assert record.key is not None
            partition = self.home(record.key)
        place = TopicPartition(record.topic, partition)
        offset = self.ends[place]
        self.ends[place] = offset + 1
        self.logs[place].append(
            Stored(record.topic, partition, offset, record.key, record.value, tuple(record.headers))
        )
        return offset

    def read(self, place: TopicPartition, offset: int, most: int) -> list[Stored]:
        """Up to `most` records from an offset on."""
        log = self.logs[place]
        if len(log) == self.ends[place]:
            return log[offset : offset + most]
        return [record for record in log if record.offset >= offset][:most]

    def compact(self, place: TopicPartition, newest: Callable[[list[Stored]], Stored]) -> None:
        """Keep each key's last record, but spare keys whose last record is not the newest.

        Decision 0005 names that gap of Kafka's compaction; here it would only hide other faults.
        """
        by_key: defaultdict[bytes | None, list[Stored]] = defaultdict(list)
        for record in self.logs[place]:
            by_key[record.key].append(record)
        kept = [
            record
            for records in by_key.values()
            for record in (records[-1:] if newest(records) is records[-1] else records)
        ]
        self.logs[place] = sorted(kept, key=lambda record: record.offset)


@dataclass(slots=True)
class _Lane:
    """Records of one producer for one partition, in their order."""

    waiting: "deque[tuple[OutputRecord, asyncio.Future[Receipt]]]" = field(default_factory=deque)
    is_moving: bool = False
    is_broken: bool = False
    """A record did not land: the broker takes none after it, because its sequence number is missing."""
    lands_still: int | None = None
    """After its sender was killed: how many more reach the broker; None while it lives."""


class Producer:
    """The sending side of one worker process."""

    def __init__(self, broker: Broker, loop: asyncio.AbstractEventLoop, failing_one_in: int) -> None:
        self._broker, self._loop, self._random = broker, loop, broker.random
        self._failing_one_in = failing_one_in
        self._lanes: dict[tuple[str, int | None], _Lane] = {}
        self.is_paused = False
        self.is_dead = False

    def send(self, record: OutputRecord) -> "asyncio.Future[Receipt]":
        """Queue a record."""
        answer: asyncio.Future[Receipt] = self._loop.create_future()
        place = record.topic, record.partition if record.key is None else None
        if record.partition is not None:
            place = record.topic, record.partition
        elif record.key is not None:
            place = record.topic, self._broker.home(record.key)
        lane = self._lanes.setdefault(place, _Lane())
        lane.waiting.append((record, answer))
        if not lane.is_moving:
            self._move_later(lane)
        return answer

    def kill(self) -> None:
        """The process is gone; what was on its way may still arrive."""
        self.is_dead = True
        for lane in self._lanes.values():
            lane.lands_still = self._random.randint(0, min(IN_FLIGHT_MOST, len(lane.waiting)))

    def resume(self) -> None:
        """The process runs again after a pause."""
        self.is_paused = False
        for lane in self._lanes.values():
            if lane.waiting and not lane.is_moving:
                self._move_later(lane)

    def _move_later(self, lane: _Lane) -> None:
        lane.is_moving = True
        slow = self._random.random() < 0.05
        self._loop.call_later(self._random.uniform(0.0005, 0.2 if slow else 0.01), self._move, lane)

    def _move(self, lane: _Lane) -> None:
        """The oldest records of a lane reach the broker in one request."""
        lane.is_moving = False
        count = min(len(lane.waiting), self._random.randint(1, 8))
        if lane.lands_still is not None:
            count = min(count, lane.lands_still)
            lane.lands_still -= count
            if not count:
                return
        elif self.is_paused and self._random.random() < 0.7:
            return  # `resume` goes on
        answered_s = self._random.uniform(0.0005, 0.02)
        for _ in range(count):
            record, answer = lane.waiting.popleft()
            if lane.is_broken or (self._failing_one_in and self._random.randrange(self._failing_one_in) == 0):
                if not lane.is_broken and self._random.random() < 0.5:
                    self._broker.append(record)
                else:
                    lane.is_broken = True
                self._loop.call_later(answered_s, self._refuse, answer)
            else:
                self._loop.call_later(answered_s, self._acknowledge, answer, Receipt(self._broker.append(record)))
        if lane.waiting:
            self._move_later(lane)

    def _acknowledge(self, answer: "asyncio.Future[Receipt]", receipt: Receipt) -> None:
        if not answer.done() and not self.is_dead:
            answer.set_result(receipt)

    def _refuse(self, answer: "asyncio.Future[Receipt]") -> None:
        if not answer.done() and not self.is_dead:
            answer.set_exception(ConnectionError("the broker did not acknowledge the record"))
            answer.exception()


@dataclass(slots=True)
class Member:
    """A member of the group, as the coordinator knows it."""

    number: int
    heard_s: float
    joining: "asyncio.Future[tuple[int, tuple[int, ...]]] | None" = None


class Group:
    """The coordinator of the one consumer group; a classic group that stops for each rebalance."""

    def __init__(self, broker: Broker, loop: asyncio.AbstractEventLoop, partitions: int) -> None:
        self._broker, self._loop, self._partitions = broker, loop, partitions
        self._members: dict[int, Member] = {}
        self._owned: dict[int, tuple[int, ...]] = {}
        self._next = 0
        self.generation = 0
        self._is_rebalancing = False
        self.rebalances = 0

    def new_member(self) -> int:
        """An id for a client that joins or has forgotten its own."""
        self._next += 1
        return self._next

    def join(self, number: int) -> "asyncio.Future[tuple[int, tuple[int, ...]]]":
        """Ask for partitions; done with the generation and the partition numbers."""
        member = self._members.setdefault(number, Member(number, self._loop.time()))
        member.heard_s = self._loop.time()
        answer = member.joining = self._loop.create_future()
        self._begin_rebalance()
        self._finish_if_all_are_here()
        return answer

    def heartbeat(self, number: int, generation: int) -> str:
        """What the coordinator answers: `fine`, `rebalance` or `unknown`."""
        member = self._members.get(number)
        if member is None or generation != self.generation:
            return "unknown"
        member.heard_s = self._loop.time()
        return "rebalance" if self._is_rebalancing else "fine"

    def leave(self, number: int) -> None:
        """A member goes."""
        if self._members.pop(number, None) is not None:
            self._begin_rebalance()
            self._finish_if_all_are_here()

    def commit(self, number: int, generation: int, offsets: Mapping[TopicPartition, int]) -> bool:
        """Take offsets from a member of this generation, or from anybody while nobody is a member."""
        if self._members if generation == NO_GENERATION else generation != self.generation:
            return False
        if self._members and number not in self._members:
            return False
        self._broker.committed.update(offsets)
        return True

    def look_at_sessions(self) -> None:
        """Put out whoever was not heard of for too long."""
        for member in list(self._members.values()):
            if member.joining is None and self._loop.time() - member.heard_s > SESSION_S:
                self.leave(member.number)

    def _begin_rebalance(self) -> None:
        if not self._is_rebalancing:
            self._is_rebalancing = True
            self.rebalances += 1
            self._loop.call_later(REBALANCE_S, self._give_up_on_absent, self.rebalances)

    def _give_up_on_absent(self, rebalance: int) -> None:
        if self._is_rebalancing and rebalance == self.rebalances:
            self._members = {number: one for number, one in self._members.items() if one.joining is not None}
            self._finish_if_all_are_here()

    def _finish_if_all_are_here(self) -> None:
        members = sorted(self._members.values(), key=lambda one: one.number)
        if not self._is_rebalancing or any(one.joining is None for one in members):
            return
        self._is_rebalancing = False
        if not members:
            self._owned = {}
            return
        self.generation += 1
        self._owned = self._share_out([one.number for one in members])
        for one in members:
            answer, one.joining = one.joining, None
            one.heard_s = self._loop.time()
            if answer is not None and not answer.done():
                answer.set_result((self.generation, self._owned[one.number]))

    def _share_out(self, numbers: list[int]) -> dict[int, tuple[int, ...]]:
        """Partitions stay where they were when they can, as with Faust's sticky assignor."""
        before = {partition: number for number, held in self._owned.items() for partition in held}
        most = -(-self._partitions // len(numbers))
        given: dict[int, list[int]] = {number: [] for number in numbers}
        for partition in range(self._partitions):
            number = before.get(partition)
            if number not in given or len(given[number]) >= most or self._broker.random.random() < 0.2:
                number = min(numbers, key=lambda one: (len(given[one]), self._broker.random.random()))
            given[number].append(partition)
        return {number: tuple(held) for number, held in given.items()}

"""A worker process over the broker in memory: joins, recovers, reads, commits; can be killed, paused, stopped.

Between any two things it does with the broker lies a point (`Points`) at which the simulation may strike.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any, Protocol

from faust.types import TP

from blinwatch.deliver.output_record import OutputRecord
from blinwatch.stream.desk import Desk
from blinwatch.stream.engine import Engine, TopicPartition
from blinwatch.stream.progress import Progress
from blinwatch.stream.state_table import StateTable
from blinwatch.stream.stored_state import StoredState
from blinwatch.stream.workbench import Workbench
from tests.aftermath.remains import STATE_TOPIC
from tests.simulated.broker import HEARTBEAT_S, NO_GENERATION, Broker, Group, Producer, Receipt
from tests.simulated.faust_stand_in import new_consumer, new_table
from tests.support.silent_telemetry import SilentTelemetry

GROUP = "simulated"
COMMIT_S = 0.05
FETCH_S, IDLE_LOOK_S = 0.02, 0.06
"""The longest that a fetch takes, and how soon one that found nothing is tried again."""
WRITE_TIMEOUT_S = 5.0
SLOW_SHARE = 0.02
"""Of requests to the broker."""
TRIES_AGAIN_SHARE = 0.1
"""Of commits: the coordinator is not known, or loads its group."""


class Points(Protocol):
    """What the simulation does at a point."""

    async def __call__(self, worker: "Worker", where: str) -> None:
        """Perhaps kill or pause the worker; a dead worker never returns from here."""
        ...


class Worker:
    """One life of one process."""

    def __init__(
        self,
        *,
        broker: Broker,
        group: Group,
        engine: Engine[Any],
        points: Points,
        failing_one_in: int,
        fetch_most: int,
        make_table: type[StateTable] = StateTable,
        make_bench: type[Workbench[Any]] = Workbench,
        holds_commits: bool = True,
    ) -> None:
        self._broker, self._group, self._point = broker, group, points
        self._loop = asyncio.get_running_loop()
        self._random = broker.random
        self._fetch_most = fetch_most
        self._holds_commits = holds_commits
        self.is_dead = self.is_leaving = False
        self.running = asyncio.Event()
        self.running.set()
        self.flowing = asyncio.Event()
        self.producer = Producer(broker, self._loop, failing_one_in)
        self._app = SimpleNamespace(rebalancing=True, consumer_generation_id=NO_GENERATION, should_stop=False)
        self._client = SimpleNamespace(commit_in=self.commit_in)
        self._client._consumer = SimpleNamespace(_coordinator=SimpleNamespace(generation=NO_GENERATION))
        progress = Progress(self._loop.time)
        self.table = new_table(make_table)
        bench = make_bench(
            engine=engine,
            store=self.table,
            write=self._write,
            telemetry=SilentTelemetry(),
            progress=progress,
            write_timeout_s=WRITE_TIMEOUT_S,
        )
        self.desk = Desk(bench, self.table, SilentTelemetry(), progress, engine.topics)
        self.consumer = new_consumer(self, self.desk, self._app, self._client)
        self.table.arrange(
            group=GROUP,
            read=engine.read_state,
            adopt=self._adopt,
            moved=progress.recovery_moved,
            recovered=progress.recovered,
            failed=self._failed,
        )
        self._assigned: tuple[int, ...] = ()
        self._states: dict[TP, SimpleNamespace] = {}
        self._member = group.new_member()
        self._tasks: set[asyncio.Task[Any]] = set()
        self.stopped = asyncio.Event()

    # --- life and death -----------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to work."""
        for work in (self._membership, self._reading, self._commit_timer):
            self._begin(work)

    def kill(self) -> None:
        """kill -9: nothing of it runs any more."""
        self.is_dead = True
        self.producer.kill()
        self.stopped.set()

    def pause(self) -> None:
        """SIGSTOP."""
        self.running.clear()
        self.producer.is_paused = True

    def resume(self) -> None:
        """SIGCONT."""
        if not self.is_dead:
            self.producer.resume()
        self.running.set()

    def _begin(self, work: Callable[[], Awaitable[None]]) -> None:
        task = self._loop.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - whatever fails ends the process, as in the worker
            await self._failed(error)

    async def _failed(self, error: BaseException) -> None:
        self.desk.bench.fail(error)
        self.kill()

    async def _ask(self, what: str, answer: Callable[[], Any]) -> Any:
        """A request to the broker: there, and back."""
        await self._point(self, f"before {what}")
        slow = self._random.random() < SLOW_SHARE
        await asyncio.sleep(self._random.uniform(0.0005, 1.0 if slow else 0.01))
        result = answer()
        await self._point(self, f"after {what}")
        return result

    # --- membership (Faust's application and aiokafka's coordinator) -------------------------------------

    async def _membership(self) -> None:
        while not self.is_leaving:
            joined = await self._ask("joining", lambda: self._group.join(self._member))
            generation, partitions = await joined
            await self._point(self, "being assigned partitions")
            self._client._consumer._coordinator.generation = generation
            self._app.consumer_generation_id = generation
            self.flowing.clear()
            self.consumer.flow_active = False
            self._assigned = partitions
            self._states = {tp: SimpleNamespace(position=None, highwater=None) for tp in self.input_partitions()}
            tps = {*self.input_partitions(), *(TP(STATE_TOPIC, partition) for partition in partitions)}
            await self.consumer.on_partitions_assigned(tps, generation)
            # Faust lets reading go on for the changelog; records of the inputs wait for the end of the rebalance.
            self.consumer.flow_active = True
            self.flowing.set()
            self._begin(partial(self._recover, generation, partitions))
            await self._stay(generation)
            self.flowing.clear()
            self.consumer.flow_active = False
            self._app.rebalancing = True
            await self.consumer.on_partitions_revoked(self.input_partitions())
            await self._point(self, "giving partitions away")
            await self.consumer.wait_empty()
        await self._ask("leaving", lambda: self._group.leave(self._member))
        self.kill()

    async def _stay(self, generation: int) -> None:
        """Heartbeats, until the group says that something changes."""
        while not self.is_leaving:
            await asyncio.sleep(HEARTBEAT_S)
            heard = await self._ask("heartbeat", lambda: self._group.heartbeat(self._member, generation))
            if heard == "unknown":
                self._client._consumer._coordinator.generation = NO_GENERATION
                self._member = self._group.new_member()
            if heard != "fine":
                return

    async def _recover(self, generation: int, partitions: Iterable[int]) -> None:
        """Faust's recovery: read the changelog to its end, tell the table, go to the committed offsets, read on."""
        active = {TP(STATE_TOPIC, partition) for partition in partitions}
        for tp in sorted(active):
            place = TopicPartition(*tp)
            end = await self._ask("asking for the changelog's end", lambda at=place: self._broker.ends[at])
            position = (self.table.persisted_offset(tp) or 0) + 1
            while position < end:
                if self._app.consumer_generation_id != generation:
                    return
                most = self._random.randint(1, 40)
                chunk = await self._ask(
                    "reading the changelog",
                    lambda at=place, start=position, most=most: self._broker.read(at, start, most),
                )
                if not chunk or self._app.consumer_generation_id != generation:
                    break
                self.table.apply_changelog_batch(chunk)
                position = chunk[-1].offset + 1
        if self._app.consumer_generation_id != generation:
            return
        await self.table.on_recovery_completed(active, set())
        if self._app.consumer_generation_id != generation:
            return
        await self.consumer.seek_to_committed()
        if self._app.consumer_generation_id != generation:
            return
        self._app.rebalancing = False
        self.consumer.flow_active = True
        self.flowing.set()

    async def _adopt(self, partition: int, stored: Mapping[str, StoredState]) -> None:
        await self.desk.adopt(partition, stored, self._ends_of)

    async def _ends_of(self, partition: int) -> Mapping[str, int]:
        return await self._ask(
            "asking for the inputs' ends",
            lambda: {topic: self._broker.ends[TopicPartition(topic, partition)] for topic in self.desk.input_topics},
        )

    # --- reading, committing, writing (Faust's consumer and producer) -------------------------------------

    async def _reading(self) -> None:
        while True:
            await self.consumer._read_and_judge()

    async def _commit_timer(self) -> None:
        while True:
            await asyncio.sleep(self._random.uniform(COMMIT_S / 2, COMMIT_S * 2))
            await self._point(self, "beginning a commit")
            if self.flowing.is_set():
                await self.consumer.commit()

    def input_partitions(self) -> set[TP]:
        """What is assigned of the input topics."""
        return {TP(topic, partition) for topic in self.desk.input_topics for partition in self._assigned}

    def partition_state(self, tp: TP) -> Any:
        """As aiokafka keeps it."""
        state = self._states.get(tp)
        if state is None:
            return None
        return SimpleNamespace(
            highwater=state.highwater, position=state.position, has_valid_position=state.position is not None
        )

    async def seek_to_committed(self) -> dict[TP, int]:
        """Fetch the committed offsets and read from there."""
        generation = self._app.consumer_generation_id
        tps = self.input_partitions()
        committed = await self._ask(
            "fetching committed offsets", lambda: {tp: self._broker.committed.get(TopicPartition(*tp)) for tp in tps}
        )
        if generation == self._app.consumer_generation_id:
            for tp, offset in committed.items():
                self._states[tp].position = offset or 0
        return committed

    async def fetch(self, wanted: Iterable[TP] | None, timeout_s: float) -> dict[TP, list[Any]]:
        """Records of some of the wanted partitions, as many as come."""
        until_s = self._loop.time() + timeout_s
        wanted = sorted(wanted or ())
        while True:
            await self._point(self, "fetching")
            await asyncio.sleep(self._random.uniform(0.0005, FETCH_S))
            found: dict[TP, list[Any]] = {}
            for tp in wanted:
                # The same call goes on over a rebalance, as aiokafka's does.
                state = self._states.get(tp)
                if state is None or state.position is None or self._random.random() < 0.3:
                    continue
                place = TopicPartition(*tp)
                state.highwater = self._broker.ends[place]
                records = self._broker.read(place, state.position, self._random.randint(1, self._fetch_most))
                if records:
                    found[tp] = records
                    state.position = records[-1].offset + 1
            if found or self._loop.time() >= until_s:
                await self._point(self, "having fetched")
                return found
            await asyncio.sleep(IDLE_LOOK_S)

    async def commit_in(self, generation: int, offsets: Mapping[TP, int]) -> bool:
        """As aiokafka: a request is made, perhaps after some tries, and travels. As ours: in its generation only."""
        coordinator = self._client._consumer._coordinator
        await self._point(self, "before committing")
        if self._random.random() < TRIES_AGAIN_SHARE:
            await asyncio.sleep(self._random.uniform(0.01, 0.4))
        if self._holds_commits and coordinator.generation != generation:
            return False
        member, told = self._member, coordinator.generation
        await asyncio.sleep(self._random.uniform(0.0005, 1.0 if self._random.random() < SLOW_SHARE else 0.01))
        mine = {TopicPartition(*tp): offset for tp, offset in offsets.items()}
        taken = self._group.commit(member, told, mine)
        await self._point(self, "after committing")
        return taken

    async def _write(self, record: OutputRecord) -> "asyncio.Future[Receipt]":
        kind = "a state" if record.topic == STATE_TOPIC else "an output"
        await self._point(self, f"queueing {kind}")
        written = self.producer.send(record)
        await self._point(self, f"having queued {kind}")
        return written

"""Who owns a partition, and what must be forgotten when that is not certain."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import IllegalGenerationError
from faust.types import TP

from blinwatch.catalogue import load_catalogue
from blinwatch.deliver.output_record import OutputRecord
from blinwatch.deliver.publish_decisions import DecisionPublisher
from blinwatch.receive.decode import decode_record
from blinwatch.stream.agent_mode import AgentConsumer
from blinwatch.stream.batch_consumer import BatchConsumer
from blinwatch.stream.desk import Desk
from blinwatch.stream.durable_consumer import DurableConsumer
from blinwatch.stream.engine import Engine, ReadingWentBackError, TopicPartition
from blinwatch.stream.kafka_transport import ConsumerThread
from blinwatch.stream.progress import Progress
from blinwatch.stream.state_table import ERA_KEY
from blinwatch.stream.stored_state import StateError, read_stored_state
from blinwatch.stream.workbench import Workbench
from tests.support.records import VITALS, partition_of, patients_of, records, vitals
from tests.support.silent_telemetry import SilentTelemetry
from tests.support.toy_judge import ToyJudge, ToyState, ToyWriter

PARTITIONS = 4
INPUTS = tuple(topic.name for topic in load_catalogue(PARTITIONS).inputs)
ANNA = patients_of(0, 1, PARTITIONS)[0]


class Table:
    """Remembers what it was told to forget."""

    def __init__(self) -> None:
        self.forgotten: list[int] = []
        self.generation = -1
        self.behind: list[str] = []
        self.eras: list[OutputRecord] = []

    def covered_up(self, _partition: int) -> list[str]:
        return self.behind

    def forget(self, partition: int) -> None:
        self.forgotten.append(partition)

    def new_eras(self) -> list[OutputRecord]:
        return self.eras

    def eras_are_known(self) -> None:
        self.eras = []


def new_desk() -> tuple[Desk, Table]:
    engine: Engine[Any] = Engine(
        topics=INPUTS,
        judge=ToyJudge(),
        decode=decode_record,
        records_of=DecisionPublisher(rulebook_version="toy", rulebook_digest="0").records_of,
        home_partition=lambda key: partition_of(key, PARTITIONS),
    )
    table: Any = Table()
    unused: Any = None
    progress, telemetry = Progress(), SilentTelemetry()
    bench = Workbench(
        engine=engine, store=unused, write=unused, telemetry=telemetry, progress=progress, write_timeout_s=1
    )
    return Desk(bench=bench, table=table, telemetry=telemetry, progress=progress, input_topics=INPUTS), table


def read_one(desk: Desk, offset: int) -> None:
    entry = (ANNA.encode(), vitals(ANNA, offset, offset))
    desk.bench.engine.read(VITALS, 0, records(VITALS, 0, [entry], first=offset))


async def test_a_partition_that_certainly_stayed_keeps_its_states_and_reads_again_what_was_not_judged() -> None:
    desk, table = new_desk()
    engine = desk.bench.engine
    engine.adopt(0, {})
    engine.adopt(1, {})
    read_one(desk, 5)
    engine.judge(0, lambda _topic: False, 0.0, 10)
    read_one(desk, 6)
    desk.begin_ownership({0, 2}, kept={0, 2}, generation=8)
    assert engine.partitions == (0,)
    assert engine.patient_count() == 1
    assert (engine.waiting(), engine.judged_offsets()) == (0, {})
    assert table.forgotten == [1]
    read_one(desk, 5)
    batch = engine.judge(0, lambda _topic: False, 0.0, 10)
    assert batch is not None
    assert batch.outcomes == {(VITALS, "redelivered"): 1}


async def test_a_partition_that_may_have_been_elsewhere_is_forgotten() -> None:
    desk, table = new_desk()
    desk.bench.engine.adopt(0, {})
    desk.begin_ownership({0}, kept=set(), generation=8)
    assert desk.bench.engine.partitions == ()
    assert table.forgotten == [0]


@pytest.mark.parametrize(
    "before,now,kept",
    [(3, 4, {0}), (3, 5, set()), (3, 3, set()), (-1, 1, set())],
    ids=["the next generation", "a generation went by without us", "the same again", "the first of all"],
)
async def test_only_the_very_next_generation_proves_that_nobody_else_held_a_partition(
    monkeypatch: pytest.MonkeyPatch, before: int, now: int, kept: set[int]
) -> None:
    told: list[tuple[set[int], set[int]]] = []

    class Recorder:
        input_topics = INPUTS

        def begin_ownership(self, partitions: set[int], kept: set[int], generation: int) -> None:
            assert generation == now
            told.append((partitions, kept))

    async def done(*_: object) -> None:
        pass

    monkeypatch.setattr(DurableConsumer.__mro__[1], "on_partitions_assigned", done)
    consumer: Any = DurableConsumer.__new__(DurableConsumer)
    consumer.desk, consumer._generation = Recorder(), before
    await consumer.on_partitions_assigned({TopicPartition(VITALS, 0), TopicPartition("blinwatch.state.v1", 0)}, now)
    assert told == [({0}, kept)]


async def test_a_state_that_an_older_one_covers_up_is_written_again_after_the_takeover() -> None:
    """Compaction keeps what was written last, so the newest state must not stay behind an older one."""
    desk, table = new_desk()
    stored = {ANNA: read_stored_state(ToyWriter().write(ToyState(patient_id=ANNA, event_count=1), {VITALS: 41}, None))}
    await desk.take_over(0, stored, {VITALS: 42})
    assert not desk.bench.engine.take_changed()
    table.behind = [ANNA]
    await desk.take_over(0, stored, {VITALS: 42})
    assert [changed.key for changed in desk.bench.engine.take_changed()] == [ANNA.encode()]


@pytest.mark.parametrize("given_out_anew", [False, True])
async def test_a_partition_given_out_anew_while_the_broker_is_asked_is_not_taken_over_with_old_states(
    given_out_anew: bool,
) -> None:
    desk, table = new_desk()

    async def ends_of(_partition: int) -> dict[str, int]:
        if given_out_anew:
            table.generation += 2
        return {}

    await desk.adopt(0, {}, ends_of)
    assert desk.bench.engine.partitions == (() if given_out_anew else (0,))


async def test_states_that_know_of_records_the_topic_does_not_have_stop_the_takeover() -> None:
    """The topic was deleted and made anew: its new records would all be taken for known ones, in silence."""
    desk, _ = new_desk()
    state = ToyState(patient_id=ANNA, event_count=1)
    stored = {ANNA: read_stored_state(ToyWriter().write(state, {VITALS: 41}, None))}
    await desk.take_over(0, stored, {VITALS: 42})
    with pytest.raises(StateError, match=r"include vitals\.observed\.v1 up to offset 41, but it ends at 41"):
        await desk.take_over(0, stored, {VITALS: 41})


async def test_a_topic_that_starts_anew_under_a_running_worker_is_not_skipped_in_silence() -> None:
    desk, _ = new_desk()
    desk.bench.engine.adopt(0, {})
    read_one(desk, 500)
    with pytest.raises(ReadingWentBackError, match="gave offset 0 after it had been read to 501"):
        read_one(desk, 0)


@pytest.mark.parametrize("consumer_class", [BatchConsumer, AgentConsumer])
async def test_every_look_for_records_is_a_sign_of_life_in_both_modes(
    monkeypatch: pytest.MonkeyPatch, consumer_class: type[DurableConsumer]
) -> None:
    async def nothing(*_: object) -> tuple[None, None]:
        return None, None

    monkeypatch.setattr(DurableConsumer.__mro__[1], "_wait_next_records", nothing)
    desk, _ = new_desk()
    consumer: Any = consumer_class.__new__(consumer_class)
    consumer.desk = desk
    before_s = desk.progress.beat_s = desk.progress.beat_s - 100
    await consumer._wait_next_records(1.0)
    assert desk.progress.beat_s > before_s


class Client:
    """The Kafka client of a worker and its thread."""

    def __init__(self, generation: int, *, takes_commits: bool = True) -> None:
        self._consumer = self._coordinator = self
        self.generation = generation
        self.commits: list[Any] = []
        self.generations: list[int] = []
        self._takes_commits = takes_commits

    async def commit_in(self, generation: int, offsets: Any) -> bool:
        self.generations.append(generation)
        self.commits.append(offsets)
        return self._takes_commits


START = {TP(VITALS, 0): 7, TP(VITALS, 1): None, TP("blinwatch.state.v1", 0): 3}


def new_consumer(client: Client, monkeypatch: pytest.MonkeyPatch, found: Any = START) -> Any:
    async def sort_out(self: Any, offsets: Any) -> bool:
        self._generation += 1  # the group goes on while Faust sorts out what is still assigned
        done: bool = await self._commit(offsets)
        return done

    async def fetch(_self: object) -> Any:
        return found

    monkeypatch.setattr(DurableConsumer.__mro__[1], "_commit_offsets", sort_out)
    monkeypatch.setattr(DurableConsumer.__mro__[1], "seek_to_committed", fetch)
    consumer: Any = BatchConsumer.__new__(BatchConsumer)
    consumer.desk, _ = new_desk()
    consumer.app = SimpleNamespace(rebalancing=False)
    consumer._thread, consumer._generation, consumer._fetching = client, 8, asyncio.Lock()
    return consumer


async def test_a_commit_is_for_the_generation_in_which_it_was_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(8)
    consumer = new_consumer(client, monkeypatch)
    assert await consumer._commit_judged({TopicPartition(VITALS, 0): 5})
    assert (client.generations, client.commits) == ([8], [{TP(VITALS, 0): 5}])


@pytest.mark.parametrize("generation,sent", [(8, 1), (-1, 0), (9, 0)], ids=["ours", "put out", "a later one"])
async def test_a_commit_that_comes_too_late_for_its_generation_is_not_sent(generation: int, sent: int) -> None:
    """Kafka takes a commit from a client that has forgotten its generation, while the group is empty."""
    requests: list[Any] = []

    async def send(_assignment: object, offsets: object) -> None:
        requests.append(offsets)

    coordinator = SimpleNamespace(generation=8, _do_commit_offsets=send)

    async def commit(offsets: object) -> bool:
        coordinator.generation = generation  # while aiokafka looks for the coordinator, or tries again
        try:
            await asyncio.shield(coordinator._do_commit_offsets(None, offsets))
        except IllegalGenerationError:
            return False
        return True

    thread: Any = ConsumerThread.__new__(ConsumerThread)
    thread._ensure_consumer = lambda: SimpleNamespace(_coordinator=coordinator)
    thread._commit = commit
    for _ in range(2):
        coordinator.generation = 8
        assert await thread._commit_in(8, {"at": 5}) == bool(sent)
    assert len(requests) == 2 * sent
    coordinator.generation = generation
    await coordinator._do_commit_offsets(None, {"faust's own": 1})
    assert len(requests) == 2 * sent + 1, "what is meant for no generation goes as before"


@pytest.mark.parametrize("is_ours", [True, False])
async def test_nothing_is_read_before_the_offsets_to_start_at_are_proven_to_be_ours(
    monkeypatch: pytest.MonkeyPatch, is_ours: bool
) -> None:
    """Else a worker that lost its partitions unnoticed would judge patients with records missing."""
    client = Client(8, takes_commits=is_ours)
    consumer = new_consumer(client, monkeypatch)
    assert not consumer._is_wanted(TP(VITALS, 0))
    assert consumer._is_wanted(TP("blinwatch.state.v1", 0)), "recovery reads states all the same"
    await consumer.seek_to_committed()
    assert client.commits == [{TP(VITALS, 0): 7}]
    assert consumer._is_wanted(TP(VITALS, 0)) == is_ours
    assert consumer.desk.bench._is_proven == is_ours, "nor is a state written"


async def test_a_proof_that_comes_late_says_nothing_of_a_later_step_to_the_committed_offsets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A worker that slept after its first proof would else begin where another one has got to meanwhile."""
    client = Client(8)
    consumer = new_consumer(client, monkeypatch)
    answers: list[asyncio.Future[bool]] = [asyncio.get_running_loop().create_future() for _ in range(2)]
    waiting = iter(answers)

    async def commit_in(_generation: int, _offsets: object) -> bool:
        return await next(waiting)

    client.commit_in = commit_in  # type: ignore[method-assign]
    first = asyncio.ensure_future(consumer.seek_to_committed())
    await asyncio.sleep(0.01)
    second = asyncio.ensure_future(consumer.seek_to_committed())
    await asyncio.sleep(0.01)
    answers[0].set_result(True)
    await first
    assert not consumer._is_wanted(TP(VITALS, 0))
    answers[1].set_result(False)
    await second
    assert not consumer._is_wanted(TP(VITALS, 0))


async def test_where_nothing_is_committed_yet_a_zero_proves_who_owns_the_partitions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = Client(8, takes_commits=False)
    consumer = new_consumer(client, monkeypatch, {TP(VITALS, 1): None, TP(VITALS, 0): 0})
    await consumer.seek_to_committed()
    assert client.commits == [{TP(VITALS, 0): 0}]
    assert not consumer._is_wanted(TP(VITALS, 0))


async def test_a_new_era_is_on_the_broker_before_the_ownership_is_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else whoever takes over next would count from the era before, and lose against states that land late."""
    client = Client(8)
    consumer = new_consumer(client, monkeypatch)
    era = OutputRecord(topic="blinwatch.state.v1", key=ERA_KEY, value=None, partition=0)
    consumer.desk.table.eras = [era]
    on_the_broker: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def write(record: OutputRecord) -> Any:
        assert record is era
        return on_the_broker

    consumer.desk.bench._write = write
    seek = asyncio.ensure_future(consumer.seek_to_committed())
    await asyncio.sleep(0.01)
    assert not client.commits
    on_the_broker.set_result(None)
    await seek
    assert client.commits
    assert not consumer.desk.table.eras


async def test_a_worker_without_partitions_has_nothing_to_prove(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(8)
    await new_consumer(client, monkeypatch, {}).seek_to_committed()
    assert client.commits == []


async def test_no_fetch_spans_the_step_to_the_committed_offsets(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would take the first records after the step, which its caller throws away with the generation before."""
    client = Client(8)
    consumer = new_consumer(client, monkeypatch)
    consumer._starts_proven = True
    consumer.app.consumer_generation_id = 7
    fetching, fetched = asyncio.Event(), asyncio.Event()

    async def fetch(_self: object, wanted: set[TP], _timeout: float) -> dict[TP, list[Any]]:
        fetching.set()
        await fetched.wait()
        return {tp: [] for tp in wanted}

    monkeypatch.setattr(DurableConsumer.__mro__[1], "_getmany", fetch)
    fetch_before = asyncio.ensure_future(consumer._getmany({TP(VITALS, 0)}, 1.0))
    await fetching.wait()
    consumer.app.consumer_generation_id = 8
    step = asyncio.ensure_future(consumer.seek_to_committed())
    await asyncio.sleep(0.01)
    assert not client.commits
    fetched.set()
    await asyncio.gather(fetch_before, step)
    assert client.commits == [{TP(VITALS, 0): 7}]
    assert consumer.fetch_generation == 7, "what it brought belongs to the generation before"

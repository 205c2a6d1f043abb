"""The order of durability: nothing is committed before everything that follows from it is acknowledged."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from blinwatch.catalogue import load_catalogue
from blinwatch.deliver.output_record import OutputRecord
from blinwatch.deliver.publish_decisions import DecisionPublisher
from blinwatch.receive.decode import decode_record
from blinwatch.stream import workbench
from blinwatch.stream.engine import Engine, JudgementFailedError, TopicPartition
from blinwatch.stream.patient_book import Changed
from blinwatch.stream.progress import Progress
from blinwatch.stream.workbench import Workbench, WorkStoppedError
from tests.support.records import VITALS, partition_of, patients_of, records, vitals
from tests.support.silent_telemetry import SilentTelemetry
from tests.support.toy_judge import ToyJudge, ToyState

PARTITIONS = 4
HERE = 1
ANNA = patients_of(HERE, 1, PARTITIONS)[0]
STATE_TOPIC = "blinwatch.state.v1"


class Receipt:
    """What a broker's acknowledgement tells."""

    def __init__(self, offset: int) -> None:
        self.offset = offset


class Broker:
    """Takes records and acknowledges them when told to; keeps a diary of what happened in which order."""

    def __init__(self) -> None:
        self.diary: list[str] = []
        self.pending: list[asyncio.Future[Any]] = []
        self.taking = asyncio.Event()
        self.taking.set()
        self.acknowledging = True
        self.commits: list[dict[TopicPartition, int]] = []
        self.known_to: dict[int, int] = {}
        self.terms = {HERE: b"0.7"}

    async def write(self, record: OutputRecord) -> Awaitable[Any]:
        await self.taking.wait()
        self.diary.append(f"wrote {record.topic}")
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.pending.append(answer)
        if self.acknowledging:
            self.acknowledge()
        return answer

    def acknowledge(self) -> None:
        for number, answer in enumerate(self.pending):
            if not answer.done():
                answer.set_result(Receipt(number))
        self.diary.append("acknowledged")

    def refuse(self) -> None:
        for answer in self.pending:
            if not answer.done():
                answer.set_exception(ConnectionError("the broker refused the record"))

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> bool:
        self.diary.append("committed")
        self.commits.append(dict(offsets))
        return True

    def term_of(self, partition: int) -> bytes:
        return self.terms[partition]

    def record_of(self, changed: Changed[Any], value: bytes, term: bytes) -> OutputRecord:
        self.diary.append(f"state of term {term.decode()}")
        return OutputRecord(topic=STATE_TOPIC, key=changed.key, value=value, partition=changed.partition)

    def written(self, partition: int, offset: int) -> None:
        self.known_to[partition] = offset


def new_bench(broker: Broker, poison: str | None = None) -> Workbench[ToyState]:
    engine = Engine(
        topics=[topic.name for topic in load_catalogue(PARTITIONS).inputs],
        judge=ToyJudge(poison),
        decode=decode_record,
        records_of=DecisionPublisher(rulebook_version="toy", rulebook_digest="0").records_of,
        home_partition=lambda key: partition_of(key, PARTITIONS),
    )
    engine.adopt(HERE, {})
    bench = Workbench(
        engine=engine,
        store=broker,
        write=broker.write,
        telemetry=SilentTelemetry(),
        progress=Progress(),
        write_timeout_s=5,
    )
    bench.prove_ownership()
    return bench


def read(bench: Workbench[ToyState], *temperatures_c: float, first: int = 0) -> None:
    values = [vitals(ANNA, first + n, first + n, temperature_c=c) for n, c in enumerate(temperatures_c)]
    bench.engine.read(VITALS, HERE, records(VITALS, HERE, [(ANNA.encode(), value) for value in values], first))


def nobody_lags(_topic: str) -> bool:
    return False


async def until(true: Callable[[], object]) -> None:
    for _ in range(1000):
        if true():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("did not happen within a second")


async def test_outputs_and_states_are_acknowledged_before_offsets_are_committed() -> None:
    broker = Broker()
    bench = new_bench(broker)
    read(bench, 39.0)
    await bench.judge(HERE, nobody_lags)
    broker.acknowledging = False
    commit = asyncio.ensure_future(bench.commit(bench.engine.judged_offsets, broker.commit))
    await until(lambda: f"wrote {STATE_TOPIC}" in broker.diary)
    await asyncio.sleep(0.01)
    assert not broker.commits
    broker.acknowledge()
    assert await commit
    assert broker.commits == [{TopicPartition(VITALS, HERE): 1}]
    assert broker.diary[-2:] == ["acknowledged", "committed"]


async def test_a_commit_covers_what_was_judged_when_it_began_and_nothing_later() -> None:
    broker = Broker()
    bench = new_bench(broker)
    read(bench, 39.0)
    await bench.judge(HERE, nobody_lags)
    broker.acknowledging = False
    commit = asyncio.ensure_future(bench.commit(bench.engine.judged_offsets, broker.commit))
    await until(lambda: f"wrote {STATE_TOPIC}" in broker.diary)
    read(bench, 37.0, 39.0, first=1)
    await bench.judge(HERE, nobody_lags)
    broker.acknowledge()
    await commit
    assert broker.commits == [{TopicPartition(VITALS, HERE): 1}]
    broker.acknowledging = True
    await bench.commit(bench.engine.judged_offsets, broker.commit)
    assert broker.commits[-1] == {TopicPartition(VITALS, HERE): 3}


async def test_a_refused_write_stops_everything_and_nothing_is_committed() -> None:
    broker = Broker()
    bench = new_bench(broker)
    read(bench, 39.0)
    broker.acknowledging = False
    await bench.judge(HERE, nobody_lags)
    commit = asyncio.ensure_future(bench.commit(bench.engine.judged_offsets, broker.commit))
    await asyncio.sleep(0.01)
    broker.refuse()
    with pytest.raises(ConnectionError):
        await commit
    with pytest.raises(WorkStoppedError):
        await bench.commit(bench.engine.judged_offsets, broker.commit)
    with pytest.raises(WorkStoppedError):
        await bench.judge(HERE, nobody_lags)
    assert not broker.commits


async def test_no_state_is_written_before_the_outputs_of_its_records_are_acknowledged() -> None:
    """A state that is stored has its records left out when they come again: an alert not yet written would be lost."""
    broker = Broker()
    bench = new_bench(broker)
    read(bench, 39.0)
    broker.acknowledging = False
    await bench.judge(HERE, nobody_lags)
    commit = asyncio.ensure_future(bench.commit(bench.engine.judged_offsets, broker.commit))
    await asyncio.sleep(0.01)
    assert f"wrote {STATE_TOPIC}" not in broker.diary
    broker.acknowledge()
    await until(lambda: f"wrote {STATE_TOPIC}" in broker.diary)
    broker.acknowledge()
    assert await commit


async def test_a_commit_that_was_frozen_before_partitions_were_given_out_anew_commits_nothing() -> None:
    """Another worker may have held them meanwhile; its states would be left behind by offsets that are not its own."""
    broker = Broker()
    bench = new_bench(broker)
    read(bench, 39.0)
    broker.acknowledging = False
    await bench.judge(HERE, nobody_lags)
    commit = asyncio.ensure_future(bench.commit(bench.engine.judged_offsets, broker.commit))
    await asyncio.sleep(0.01)
    bench.begin_ownership()
    broker.terms[HERE] = b"0.9"
    broker.acknowledging = True
    broker.acknowledge()
    assert not await commit
    assert not broker.commits
    assert "state of term 0.7" in broker.diary, "a state stays in the term in which it was frozen"


async def test_no_state_is_written_before_the_broker_has_taken_a_commit_of_this_ownership() -> None:
    """A worker that slept through its ownership would write over the states of whoever came after it."""
    broker = Broker()
    bench = new_bench(broker)
    read(bench, 39.0)
    await bench.judge(HERE, nobody_lags)
    bench.begin_ownership()
    assert not await bench.commit(bench.engine.judged_offsets, broker.commit)
    assert not [entry for entry in broker.diary if "state" in entry]
    bench.prove_ownership()
    assert await bench.commit(bench.engine.judged_offsets, broker.commit)
    assert "state of term 0.7" in broker.diary, "what had changed before is written then"


async def test_judging_waits_for_a_slow_broker_instead_of_filling_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbench, "UNACKNOWLEDGED_MOST", 6)
    broker = Broker()
    bench = new_bench(broker)
    broker.acknowledging = False
    read(bench, 39.0)
    await bench.judge(HERE, nobody_lags)
    read(bench, 37.0, first=1)
    held = asyncio.ensure_future(bench.judge(HERE, nobody_lags))
    await asyncio.sleep(0.01)
    read(bench, 39.0, first=2)
    more = asyncio.ensure_future(bench.judge(HERE, nobody_lags))
    await asyncio.sleep(0.02)
    assert len(broker.pending) == 6, "the third record waits"
    assert not held.done()
    broker.acknowledging = True
    broker.acknowledge()
    assert await held == 1
    assert await more == 1


async def test_after_a_failed_judgement_even_what_was_judged_before_is_not_committed() -> None:
    broker = Broker()
    bench = new_bench(broker, poison=f"{ANNA}-v2")
    read(bench, 37.0, 39.0, 37.0)
    with pytest.raises(JudgementFailedError):
        await bench.judge(HERE, nobody_lags)
    with pytest.raises(WorkStoppedError):
        await bench.commit(bench.engine.judged_offsets, broker.commit)
    assert not broker.commits
    assert isinstance(bench.failure, JudgementFailedError)


async def test_a_batch_that_is_cancelled_while_writing_is_finished_before_the_next_commit() -> None:
    broker = Broker()
    bench = new_bench(broker)
    read(bench, 39.0)
    broker.taking.clear()
    turn = asyncio.ensure_future(bench.judge(HERE, nobody_lags))
    await asyncio.sleep(0.01)
    turn.cancel()
    commit = asyncio.ensure_future(bench.commit(bench.engine.judged_offsets, broker.commit))
    await asyncio.sleep(0.01)
    assert not broker.commits
    broker.taking.set()
    await commit
    assert turn.cancelled()
    topics = [entry for entry in broker.diary if entry.startswith("wrote")]
    assert topics == [
        "wrote alerts.lifecycle.v1",
        "wrote alerts.active.v1",
        "wrote audit.decisions.v1",
        f"wrote {STATE_TOPIC}",
    ]
    assert broker.commits == [{TopicPartition(VITALS, HERE): 1}]


async def test_a_commit_that_is_cancelled_is_finished_before_the_next_one() -> None:
    broker = Broker()
    bench = new_bench(broker)
    read(bench, 39.0)
    await bench.judge(HERE, nobody_lags)
    broker.acknowledging = False
    first = asyncio.ensure_future(bench.commit(bench.engine.judged_offsets, broker.commit))
    await until(lambda: f"wrote {STATE_TOPIC}" in broker.diary)
    first.cancel()
    second = asyncio.ensure_future(bench.commit(bench.engine.judged_offsets, broker.commit))
    await asyncio.sleep(0.01)
    assert not broker.commits
    broker.acknowledge()
    await second
    assert broker.commits == [{TopicPartition(VITALS, HERE): 1}]


async def test_nothing_is_committed_twice_and_an_idle_worker_commits_nothing() -> None:
    broker = Broker()
    bench = new_bench(broker)
    assert not await bench.commit(bench.engine.judged_offsets, broker.commit)
    read(bench, 39.0)
    await bench.judge(HERE, nobody_lags)
    assert await bench.commit(bench.engine.judged_offsets, broker.commit)
    assert not await bench.commit(bench.engine.judged_offsets, broker.commit)
    assert len(broker.commits) == 1
    assert list(broker.known_to) == [HERE]


async def test_an_event_is_acknowledged_only_after_its_output_is_queued() -> None:
    broker = Broker()
    bench = new_bench(broker)
    read(bench, 39.0)
    await bench.judge(HERE, nobody_lags, lambda _judged: broker.diary.append("event acknowledged"))
    assert broker.diary[-1] == "event acknowledged"
    assert "wrote audit.decisions.v1" in broker.diary

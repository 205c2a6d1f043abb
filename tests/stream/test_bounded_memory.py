"""Memory has a limit whatever lies unread, waits for a late topic, or is not acknowledged by a slow broker."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from confluent_kafka import Producer

from blinwatch.catalogue import load_catalogue
from blinwatch.deliver.publish_decisions import DecisionPublisher
from blinwatch.receive.decode import decode_record
from blinwatch.simulate.embedded_broker import EmbeddedBroker
from blinwatch.stream import engine as engine_module
from blinwatch.stream.engine import Engine
from blinwatch.stream.faust_app import POLL_RECORDS_MOST
from tests.support.embedded import PARTITIONS, QUIET
from tests.support.records import LABS, VITALS, Record, lab, partition_of, patients_of, records, vitals
from tests.support.toy_judge import ToyJudge, ToyState
from tests.support.worker_process import TOY, WorkerProcess

HERE = 1
ANNA = patients_of(HERE, 1, PARTITIONS)[0]
BACKLOG = 300_000
RSS_MOST_MIB = 300
"""What a worker with 500 patients may take (issue of the runtime's goals); the backlog must not add to it."""


class LateTopicConsumer:
    """Fetches one topic at full speed and the other, on which it waits, not at all for many rounds."""

    def __init__(self, engine: Engine[ToyState], fast: Sequence[Record], late: Sequence[Record]) -> None:
        self.engine = engine
        self.left = {VITALS: list(fast), LABS: list(late)}
        self.most_waiting = 0

    def round(self, poll: int, *, late_comes: bool) -> int:
        """Read what may be read and judge what may be judged; the number judged."""
        for topic, left in self.left.items():
            if (topic == LABS and not late_comes) or self.engine.is_full(topic, HERE):
                continue
            self.engine.read(topic, HERE, left[:poll])
            del left[:poll]
        self.most_waiting = max(self.most_waiting, self.engine.waiting())
        judged = 0
        while batch := self.engine.judge(HERE, lambda topic: bool(self.left.get(topic)), 0.0, 500):
            judged += len(batch.records)
        return judged


def new_engine() -> Engine[ToyState]:
    engine: Engine[ToyState] = Engine(
        topics=[topic.name for topic in load_catalogue(PARTITIONS).inputs],
        judge=ToyJudge(),
        decode=decode_record,
        records_of=DecisionPublisher(rulebook_version="toy", rulebook_digest="0").records_of,
        home_partition=lambda key: partition_of(key, PARTITIONS),
    )
    engine.adopt(HERE, {})
    return engine


def test_what_waits_for_a_late_topic_is_not_read_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "WAITING_MOST", 1_000)
    engine = new_engine()
    fast = records(VITALS, HERE, [(ANNA.encode(), vitals(ANNA, n, n / 60)) for n in range(5_000)])
    late = records(LABS, HERE, [(ANNA.encode(), lab(ANNA, n, n)) for n in range(60)])
    consumer = LateTopicConsumer(engine, fast, late)
    assert sum(consumer.round(200, late_comes=False) for _ in range(50)) == 0, "everything waits for the late topic"
    judged = 0
    for _ in range(200):
        judged += consumer.round(200, late_comes=True)
    assert judged == len(fast) + len(late), "and nothing is stuck when it comes"
    assert consumer.most_waiting < 1_000 + 2 * 200, "the limit, and one poll of each topic beyond it"


def test_a_few_giant_records_fill_the_waiting_room_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "WAITING_BYTES_MOST", 3_000_000)
    engine = new_engine()
    first = (ANNA.encode(), vitals(ANNA, 1, 60))
    giants = records(VITALS, HERE, [first, *[(ANNA.encode(), b"x" * 1_000_000)] * 10])
    consumer = LateTopicConsumer(engine, giants, records(LABS, HERE, [(ANNA.encode(), lab(ANNA, 2, 61))]))
    assert sum(consumer.round(1, late_comes=False) for _ in range(20)) == 0, "everything waits for the late topic"
    assert engine.is_full(VITALS, HERE)
    assert engine.waiting() == 4, "three megabytes and no more"
    assert sum(consumer.round(1, late_comes=True) for _ in range(20)) == 12
    assert engine.waiting() == 0


def peak_rss_mib(worker: WorkerProcess) -> float:
    for line in Path(f"/proc/{worker.process.pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("the kernel does not tell the peak")


@pytest.mark.kafka
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_worker_reads_a_backlog_of_300_000_records_without_growing(broker: EmbeddedBroker, tmp_path: Path) -> None:
    names = [name for partition in range(PARTITIONS) for name in patients_of(partition, 25, PARTITIONS)]
    # Compressed, because the embedded broker keeps 5 MiB a partition.
    sender = Producer(
        {
            "bootstrap.servers": broker.bootstrap,
            "partitioner": "murmur2_random",
            "compression.type": "gzip",
            "linger.ms": 50,
            "batch.num.messages": 2_000,
            "queue.buffering.max.messages": BACKLOG + 1,
            **QUIET,
        }
    )
    for number in range(BACKLOG // len(names)):
        for name in names:
            sender.produce(VITALS, vitals(name, number, number / 60, temperature_c=37.0), name)
        sender.poll(0)
    assert sender.flush(60) == 0
    with WorkerProcess(broker.bootstrap, tmp_path, TOY) as worker:
        worker.until_metric("blinwatch_events_total", VITALS, BACKLOG, timeout_s=200)
        peak_mib = peak_rss_mib(worker)
        assert worker.stop() == 0, worker.log()
    print(f"\npeak RSS after {BACKLOG:,} records: {peak_mib:.0f} MiB; one poll is {POLL_RECORDS_MOST:,} records")  # noqa: T201
    assert peak_mib < RSS_MOST_MIB

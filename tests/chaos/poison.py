"""A million spoiled records: `python -m tests.chaos.poison`. None may end the worker; each has its dead letter.

What:      records of all input topics as broken senders make them: examples of every event with bytes flipped, cut off,
           fields missing, doubled, of other types, out of range, nested, without end, in other encodings, with other
           keys, from other versions of the schema; and now and then a giant one of a megabyte.
How:       what each must come to is asked of `decode_record` beforehand: a dead letter with its reason, or nothing. The
           worker is one process, never started again. Records that are still good are judged like any other.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import orjson
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from blinwatch.catalogue import load_catalogue
from blinwatch.core.event_header import Event
from blinwatch.core.events import Tick
from blinwatch.receive.decode import decode_record
from tests.support.apache_kafka import ApacheKafka
from tests.support.embedded import QUIET, committed_offsets, end_offsets
from tests.support.records import TICKS, partition_of
from tests.support.telling import commit, say
from tests.support.worker_process import REAL, WorkerProcess

ROOT = Path(__file__).resolve().parents[2]
PARTITIONS = 4
GROUP = "test.worker.v1"
GIANT_ONE_IN = 50_000
GIANT_BYTES = 1_000_000
WRONG: tuple[Any, ...] = (
    None, True, -1, 0, 1e308, -0.0, 2**70, "", "x" * 500, "\u0000", "\ud7ff\U0001f489", [], [[]], {}, {"a": {}},
    "2026-02-30T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "NaN", "38,5", "<script>", "' or 1=1 --",
)  # fmt: skip
"""What senders put where something else belongs."""

Spoil = Callable[[Random, bytes], bytes]


@dataclass(frozen=True)
class Spoiled:
    """A record to write, and the reason that its dead letter must give; None where it is still good."""

    topic: str
    key: bytes | None
    value: bytes | None
    partition: int
    reason: str | None


def _flip(random: Random, value: bytes) -> bytes:
    spoiled = bytearray(value)
    for _ in range(random.randint(1, 4)):
        spoiled[random.randrange(len(spoiled))] = random.randrange(256)
    return bytes(spoiled)


def _cut(random: Random, value: bytes) -> bytes:
    return value[: random.randrange(len(value))]


def _noise(random: Random, _value: bytes) -> bytes:
    return random.randbytes(random.randint(0, 300))


def _other_encoding(random: Random, value: bytes) -> bytes:
    return value.decode().encode(random.choice(["utf-16", "utf-32", "cp1252", "utf-7"]), errors="replace")


def _twice(_random: Random, value: bytes) -> bytes:
    return value + value


def _listed(_random: Random, value: bytes) -> bytes:
    return b"[" + value + b"]"


def _nested(random: Random, _value: bytes) -> bytes:
    depth = random.randint(1, 20_000)
    return b"[" * depth + b"]" * random.randint(0, depth)


def _without_field(random: Random, value: bytes) -> bytes:
    document = orjson.loads(value)
    del document[random.choice(list(document))]
    return orjson.dumps(document)


def _unknown_field(random: Random, value: bytes) -> bytes:
    document = orjson.loads(value)
    document[random.choice(["schema_version", "version", "Temperature_C", "", "x" * 200])] = random.choice([1, 2, "3"])
    return orjson.dumps(document)


def _other_version(random: Random, value: bytes) -> bytes:
    document = orjson.loads(value)
    document["type"] = random.choice([document["type"] + ".v2", document["type"].upper(), "vitals", "", "v9"])
    return orjson.dumps(document)


def _wrong_value(random: Random, value: bytes) -> bytes:
    document = orjson.loads(value)
    for name in random.sample(list(document), random.randint(1, min(3, len(document)))):
        chosen = random.choice(WRONG)
        document[name] = chosen if not isinstance(chosen, int) or abs(chosen) < 2**63 else str(chosen)
    return orjson.dumps(document)


def _huge_list(random: Random, value: bytes) -> bytes:
    document = orjson.loads(value)
    document[random.choice(list(document))] = [random.random()] * random.randint(100, 5_000)
    return orjson.dumps(document)


SPOILS: tuple[Spoil, ...] = (
    _flip, _flip, _cut, _noise, _other_encoding, _twice, _listed, _nested, _without_field, _unknown_field,
    _other_version, _wrong_value, _wrong_value, _wrong_value, _huge_list,
)  # fmt: skip


def spoiled_records(seed: int, count: int) -> Iterator[Spoiled]:
    """The records of a seed."""
    random = Random(seed)  # noqa: S311 - a seed, not a secret
    examples = [
        (folder.name, orjson.dumps(orjson.loads(path.read_bytes())))
        for folder in sorted((ROOT / "schemas" / "examples").iterdir())
        if folder.name in {topic.name for topic in load_catalogue().inputs}
        for path in sorted(folder.glob("*.json"))
    ]
    for number in range(count):
        topic, example = random.choice(examples)
        value: bytes | None = random.choice(SPOILS)(random, example)
        if number % GIANT_ONE_IN == GIANT_ONE_IN - 1:
            value = b"{" + b"x" * GIANT_BYTES
        if random.random() < 0.01:
            value = random.choice([None, b""])
        yield _spoiled(random, topic, value, orjson.loads(example))


def _spoiled(random: Random, topic: str, value: bytes | None, example: dict[str, Any]) -> Spoiled:
    known = str(example["partition"] if topic == TICKS else example["patient_id"]).encode()
    key = known if random.random() < 0.9 else random.choice([None, b"", b"\xff", b"pt-other", b"k" * 5_000])
    if not key:
        partition = random.randrange(PARTITIONS)
    else:
        partition = int(known) % PARTITIONS if topic == TICKS else partition_of(key, PARTITIONS)
    found = decode_record(topic, key, value)
    if isinstance(found, Tick):
        return Spoiled(topic, key, value, partition, None if found.partition == partition else "wrong_partition")
    return Spoiled(topic, key, value, partition, None if isinstance(found, Event) else found.reason)


def main() -> int:
    """Write, wait, look, and end with 1 when anything is missing."""
    options = argparse.ArgumentParser(prog="python -m tests.chaos.poison", description=__doc__)
    options.add_argument("--records", type=int, default=1_000_000)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="blinwatch-poison-") as scratch, ApacheKafka() as kafka:
        kafka.create_catalogue_topics(PARTITIONS)
        allow_large_records(kafka)
        with WorkerProcess(kafka.bootstrap, Path(scratch), REAL, stall_exit_s=600) as worker:
            worker.until_ready()
            began_s = time.monotonic()
            expected, written = write_poison(kafka.bootstrap, spoiled_records(chosen.seed, chosen.records))
            until_judged(kafka.bootstrap, worker)
            seconds = time.monotonic() - began_s
            status = worker.stop()
        found = dead_letters(kafka.bootstrap)
    problems = [f"the worker ended with {status}"] * (status != 0)
    problems += [f"{reason}: {found[reason]:,} dead letters in place of {expected[reason]:,}"
                 for reason in sorted(expected.keys() | found.keys()) if expected[reason] != found[reason]]  # fmt: skip
    say(f"commit {commit()}: {written:,} records, {written - expected.total():,} of them still good, {seconds:.0f} s")
    say("dead letters: " + ", ".join(f"{reason} {count:,}" for reason, count in found.most_common()))
    say("\n".join(problems) or "none ended the worker, none is missing, none has another reason")
    return 1 if problems else 0


def allow_large_records(kafka: ApacheKafka) -> None:
    """As a hospital may do for its input topics."""
    wanted = [ConfigEntry("max.message.bytes", "12000000", incremental_operation=AlterConfigOpType.SET)]
    topics = [
        ConfigResource(ResourceType.TOPIC, topic.name, incremental_configs=wanted) for topic in load_catalogue().inputs
    ]
    admin = kafka.admin()
    for done in admin.incremental_alter_configs(topics).values():
        done.result()


def write_poison(bootstrap: str, records: Iterator[Spoiled]) -> tuple[Counter[str], int]:
    """Write everything; how many dead letters each reason must have, and how many records there are."""
    producer: Any = Producer(
        {
            "bootstrap.servers": bootstrap,
            "enable.idempotence": True,
            "message.max.bytes": 12_000_000,
            "linger.ms": 20,
            "queue.buffering.max.kbytes": 65_536,
            **QUIET,
        }
    )
    expected: Counter[str] = Counter()
    written = 0
    for record in records:
        while True:
            try:
                producer.produce(record.topic, record.value, record.key, partition=record.partition)
            except BufferError:
                producer.poll(0.1)
            else:
                break
        written += 1
        producer.poll(0)
        if record.reason is not None:
            expected[record.reason] += 1
    assert producer.flush(120) == 0, "the broker did not take all records"
    return expected, written


def until_judged(bootstrap: str, worker: WorkerProcess, timeout_s: float = 1800) -> None:
    """Wait until the worker has committed everything."""
    inputs = [topic.name for topic in load_catalogue(PARTITIONS).inputs]
    ends = {place: end for place, end in end_offsets(bootstrap, inputs).items() if end}
    end_s = time.monotonic() + timeout_s
    while committed_offsets(bootstrap, GROUP, inputs, PARTITIONS) != ends:
        assert worker.process.poll() is None, f"the worker ended:\n{worker.log()[-3000:]}"
        assert time.monotonic() < end_s, f"not all was judged within {timeout_s:g} s"
        time.sleep(0.5)


def dead_letters(bootstrap: str) -> Counter[str]:
    """Reason to how many different records were refused for it."""
    topics = [topic.name for topic in load_catalogue(PARTITIONS).topics if topic.direction == "dlq"]
    ends = {place: end for place, end in end_offsets(bootstrap, topics).items() if end}
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "poison", "enable.auto.commit": False, **QUIET})
    places: dict[tuple[bytes, bytes, bytes], str] = {}
    try:
        consumer.assign([TopicPartition(topic, number, 0) for topic, number in ends])
        left = sum(ends.values())
        while left:
            for message in consumer.consume(10_000, timeout=1):
                assert message.error() is None, message.error()
                told = {name: bytes(text or b"") for name, text in message.headers() or ()}
                place = told["original-topic"], told["original-partition"], told["original-offset"]
                places[place] = told["reason"].decode()
                left -= 1
    finally:
        consumer.close()
    return Counter(places.values())


if __name__ == "__main__":
    sys.exit(main())

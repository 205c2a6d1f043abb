"""Malformed records, strays, the clock, the web pages: `blinwatch worker` at its edges, in both modes."""

import json
import socket
import time
from pathlib import Path

import pytest
from confluent_kafka import Message, Producer

from tests.support.brokers import Broker
from tests.support.embedded import PARTITIONS, QUIET, PlainReader, PlainWriter, header, told_first
from tests.support.records import LABS, PUMP, TICKS, VITALS, lab, partition_of, patients_of, tick, vitals
from tests.support.worker_process import REAL_WITH_CLOCK, TOY, WorkerProcess

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

ANNA, BERT = patients_of(1, 2, PARTITIONS)
GOOD = json.loads(vitals(ANNA, 1, 0))


def bad(**changes: object) -> bytes:
    return json.dumps({**GOOD, **changes}).encode()


MALFORMED: list[tuple[str, str | None, bytes | None, tuple[str, str, str]]] = [
    (VITALS, ANNA, b"", ("empty", "", "empty")),
    (VITALS, ANNA, None, ("empty", "", "empty")),
    (VITALS, ANNA, bad(source="x" * 70_000), ("too_large", "", "too_large")),
    (VITALS, ANNA, b'{"event_id": "\xff\xfe"}', ("not_utf8", "", "not_utf8")),
    (VITALS, ANNA, b'{"event_id": "e1",', ("not_json", "", "json_invalid")),
    (VITALS, ANNA, b"[1, 2]", ("not_an_object", "", "not_an_object")),
    (PUMP, ANNA, bad(type="pump_exploded"), ("unknown_type", "type", "union_tag_invalid")),
    (LABS, ANNA, lab(ANNA, 1, 0).replace(b'"value":12.0,', b""), ("missing_field", "value", "missing")),
    (VITALS, ANNA, bad(temprature_c=38.2), ("unknown_field", "temprature_c", "unexpected_keyword_argument")),
    (VITALS, ANNA, bad(spo2_pct="ninety"), ("wrong_value", "spo2_pct", "float_type")),
    (VITALS, ANNA, bad(occurred_at="1970-01-01T00:00:00Z"), ("implausible_time", "occurred_at", "implausible_time")),
    (VITALS, None, bad(), ("key_missing", "key", "key_missing")),
    (VITALS, BERT, bad(), ("key_mismatch", "key", "key_mismatch")),
    (TICKS, "1", tick(2, 0), ("key_mismatch", "key", "key_mismatch")),
]


def test_every_kind_of_malformed_record_ends_in_its_dead_letters_and_delays_no_neighbour(
    broker: Broker, tmp_path: Path, mode: str
) -> None:
    writer = PlainWriter(broker.bootstrap)
    for number, (topic, key, value, _) in enumerate(MALFORMED):
        writer.write(topic, key, value, partition=1, headers=[("trace", str(number).encode())])
        writer.write(VITALS, ANNA, vitals(ANNA, number, number, temperature_c=39.0 if number % 2 else 37.0))
    writer.flush()
    letters = {f"dlq.{topic}" for topic, *_ in MALFORMED}
    reader = PlainReader(broker.bootstrap, "alerts.lifecycle.v1", *letters)
    with WorkerProcess(broker.bootstrap, tmp_path, TOY, stream_mode=mode) as worker:
        expected = len(MALFORMED) + len(MALFORMED) - 1
        messages = reader.read_until(lambda all_: len(all_) >= expected)
        worker.until_ready()
        assert worker.stop() == 0, worker.log()
        assert ANNA not in worker.log()
    refused: dict[int, Message] = {int(header(m, "trace")): m for m in messages if m.topic() in letters}
    for number, (topic, key, value, why) in enumerate(MALFORMED):
        letter = refused[number]
        assert letter.topic() == f"dlq.{topic}"
        assert (header(letter, "reason"), header(letter, "field"), header(letter, "rule")) == why, number
        assert header(letter, "detail")
        assert header(letter, "original-partition") == "1"
        assert letter.key() == (None if key is None else key.encode())
        assert letter.value() == value, "original bytes"
    alerts = [json.loads(m.value()) for m in told_first(messages) if m.topic() == "alerts.lifecycle.v1"]
    assert [alert["caused_by"] for alert in alerts] == [f"{ANNA}-v{n}" for n in range(1, len(MALFORMED))]
    reader.close()


def test_records_of_a_sender_with_another_partitioner_reach_their_patients(
    broker: Broker, tmp_path: Path, mode: str
) -> None:
    """librdkafka's own default (CRC32) would split a patient between two states; strays are sent on."""
    names = [name for partition in range(PARTITIONS) for name in patients_of(partition, 3, PARTITIONS)]
    sender = Producer({"bootstrap.servers": broker.bootstrap, **QUIET})
    writer = PlainWriter(broker.bootstrap)
    for name in names:
        writer.write(VITALS, name, vitals(name, 1, 0, temperature_c=39.0))
    # Two producers: only what one has delivered is certain to stand before what the other sends.
    writer.flush()
    for name in names:
        sender.produce(VITALS, vitals(name, 2, 1, temperature_c=37.0), name)
    assert sender.flush(20) == 0
    reader = PlainReader(broker.bootstrap, "alerts.lifecycle.v1", "blinwatch.state.v1")

    def both(messages: list[Message]) -> bool:
        return sum(m.topic() == "alerts.lifecycle.v1" for m in messages) >= 2 * len(names)

    with WorkerProcess(broker.bootstrap, tmp_path, TOY, stream_mode=mode) as worker:
        reader.read_until(both)
        worker.until_ready()
        _, metrics = worker.get("/metrics")
        assert worker.stop() == 0, worker.log()
    assert f'blinwatch_events_total{{outcome="moved",topic="{VITALS}"}}'.encode() in metrics
    for message in reader.read_to_end():
        if message.topic() == "blinwatch.state.v1":
            assert message.partition() == partition_of(message.key(), PARTITIONS)
    reader.close()


def test_a_worker_writes_the_clock_of_its_partitions_and_tells_how_it_is(
    broker: Broker, tmp_path: Path, mode: str
) -> None:
    reader = PlainReader(broker.bootstrap, TICKS)
    with WorkerProcess(broker.bootstrap, tmp_path, REAL_WITH_CLOCK, stream_mode=mode, tick_interval_s=0.3) as worker:
        assert worker.get("/readyz")[0] in {0, 503}, "not ready before it has partitions"
        messages = reader.read_until(lambda all_: {m.partition() for m in all_} == set(range(PARTITIONS)))
        worker.until_ready(partitions=PARTITIONS)
        while worker.until_ready()["lag_records"]:
            pass  # a tick was written after the last look
        status, alive = worker.get("/healthz")
        assert worker.stop() == 0, worker.log()
    assert (status, json.loads(alive)["status"]) == (200, "alive")
    for message in messages:
        event = json.loads(message.value())
        assert message.key() == str(message.partition()).encode()
        assert event["partition"] == message.partition()
        assert abs(time.time() - event_s(event["occurred_at"])) < 120
    reader.close()


def event_s(moment: str) -> float:
    from datetime import datetime  # noqa: PLC0415

    return datetime.fromisoformat(moment).timestamp()


def test_a_worker_that_is_still_joining_its_group_stops_when_asked(broker: Broker, tmp_path: Path) -> None:
    with WorkerProcess(broker.bootstrap, tmp_path, TOY) as member:
        member.until_ready()
        with WorkerProcess(broker.bootstrap, tmp_path, TOY) as joining:
            while "(Re-)joining group" not in joining.log():
                assert joining.process.poll() is None, joining.log()
                time.sleep(0.05)
            assert joining.stop() == 0, joining.log()
        assert member.stop() == 0, member.log()


def test_a_broker_that_goes_away_for_a_moment_costs_nothing(broker: Broker, tmp_path: Path, mode: str) -> None:
    writer = PlainWriter(broker.bootstrap)
    reader = PlainReader(broker.bootstrap, "alerts.lifecycle.v1")
    with WorkerProcess(broker.bootstrap, tmp_path, TOY, stream_mode=mode) as worker:
        writer.write(VITALS, ANNA, vitals(ANNA, 1, 1, temperature_c=39.0))
        writer.flush()
        reader.read_until(lambda messages: len(messages) == 1)
        broker.set_down()
        time.sleep(2)
        broker.set_up()
        writer.write(VITALS, ANNA, vitals(ANNA, 2, 2, temperature_c=37.0))
        writer.flush()
        reader.read_until(lambda messages: len(messages) == 2)
        worker.until_ready()
        assert worker.stop() == 0, worker.log()
    assert [json.loads(m.value())["transition"] for m in reader.read_to_end()] == ["raised", "resolved"]
    reader.close()


def test_a_web_port_that_is_taken_stops_the_start_and_names_it(broker: Broker, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with WorkerProcess(broker.bootstrap, tmp_path, TOY, web_port=port) as worker:
            assert worker.until_ended() == 1
            assert f"('127.0.0.1', {port})" in worker.log()
            assert "address already in use" in worker.log()


def test_only_the_configured_address_is_listened_on(broker: Broker, tmp_path: Path) -> None:
    with WorkerProcess(broker.bootstrap, tmp_path, TOY, web_host="127.0.0.1") as worker:
        worker.until_ready()
        wanted = f"{worker.port:04X}"
        listening = [
            line.split()[1]
            for table in ("/proc/net/tcp", "/proc/net/tcp6")
            for line in Path(table).read_text(encoding="ascii").splitlines()[1:]
            if line.split()[3] == "0A" and line.split()[1].endswith(f":{wanted}")
        ]
        assert listening == [f"0100007F:{wanted}"]
        for page in ("/table/", "/stats/", "/router/", "/graph/"):
            assert worker.get(page)[0] in {404, 405}, f"{page}: only our own three pages"

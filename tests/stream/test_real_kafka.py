"""What only a real broker can show: topics made as the catalogue says, logs that are compacted, records that last.

Skipped on the embedded mock cluster; `make test-kafka` runs it on Apache Kafka.
"""

import time
from pathlib import Path
from typing import Any

import pytest
import typer
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType
from typer.testing import CliRunner, Result

from blinwatch.catalogue import load_catalogue
from blinwatch.commands import topics
from tests.support.brokers import Broker
from tests.support.embedded import PARTITIONS, PlainReader, PlainWriter, committed_offsets, empty_broker
from tests.support.fever_story import (
    LIFECYCLE,
    PATIENTS,
    PATIENTS_PER_PARTITION,
    all_there,
    decision_ids,
    expected_alerts,
    write_story,
)
from tests.support.records import VITALS
from tests.support.worker_process import REAL, TOY, WorkerProcess

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.slow,
    pytest.mark.apache("the mock cluster keeps no configuration, compacts nothing and forgets at its end"),
]

STATE = "blinwatch.state.v1"
DAY_MS = 86_400_000


def topics_command(*words: str) -> Result:
    app = typer.Typer()
    topics.register(app)
    return CliRunner().invoke(app, ["topics", *words], env={"COLUMNS": "400"})


def told_by(broker: Broker, names: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """Each topic's settings, as the broker tells a client that shares no code with blinwatch."""
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    asked = admin.describe_configs([ConfigResource(ResourceType.TOPIC, name) for name in names])
    return {one.name: {name: entry.value for name, entry in done.result().items()} for one, done in asked.items()}


def set_configuration(broker: Broker, topic: str, **settings: str) -> None:
    """Change settings of a topic; names with _ for each dot."""
    entries = [
        ConfigEntry(name.replace("_", "."), value, incremental_operation=AlterConfigOpType.SET)
        for name, value in settings.items()
    ]
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    for done in admin.incremental_alter_configs(
        [ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)]
    ).values():
        done.result()


def test_topics_apply_makes_every_topic_as_the_catalogue_says_and_once() -> None:
    catalogue = load_catalogue(PARTITIONS)
    with empty_broker() as broker:
        where = ("--bootstrap", broker.bootstrap, "--partitions", str(PARTITIONS))
        made = topics_command("apply", *where)
        assert made.exit_code == 0, made.output
        assert f"{len(catalogue.topics)} created, 0 were there" in made.stdout
        again = topics_command("apply", *where)
        assert f"0 created, {len(catalogue.topics)} were there" in again.stdout
        checked = topics_command("check", *where)
        assert (checked.exit_code, checked.stdout) == (
            0,
            f"All {len(catalogue.topics)} topics are as the catalogue says.\n",
        )
        known = AdminClient({"bootstrap.servers": broker.bootstrap}).list_topics(timeout=20).topics
        told = told_by(broker, catalogue.names)
    for topic in catalogue.topics:
        assert len(known[topic.name].partitions) == PARTITIONS, topic.name
        settings = told[topic.name]
        assert settings["cleanup.policy"] == topic.cleanup_policy, topic.name
        assert settings["min.insync.replicas"] == "1", topic.name
        if topic.retention_days is not None:
            assert int(settings["retention.ms"]) == topic.retention_days * DAY_MS, topic.name
        if topic.direction == "dlq":
            largest = int(told[topic.name.removeprefix("dlq.")]["max.message.bytes"])
            assert int(settings["max.message.bytes"]) >= largest + 64 * 1024, "a refused record and its headers"


def test_a_topic_that_somebody_changed_is_told_with_the_command_that_mends_it(broker: Broker) -> None:
    set_configuration(broker, VITALS, retention_ms="1000")
    told = topics_command("check", "--bootstrap", broker.bootstrap, "--partitions", str(PARTITIONS))
    assert told.exit_code == 1
    assert "has retention.ms=1000, the catalogue says 3628800000" in told.stdout
    assert "worker starts" in told.stdout


def test_a_worker_refuses_a_state_changelog_that_forgets(broker: Broker, tmp_path: Path) -> None:
    set_configuration(broker, STATE, cleanup_policy="delete")
    with WorkerProcess(broker.bootstrap, tmp_path, REAL) as refused:
        assert refused.until_ended() == 1
        assert "blinwatch.state.v1: has cleanup.policy=delete, the catalogue says compact" in refused.log()
        assert "Traceback" not in refused.log()


def test_more_copies_than_brokers_are_refused_in_the_brokers_words() -> None:
    with empty_broker() as broker:
        refused = topics_command("apply", "--bootstrap", broker.bootstrap, "--replication-factor", "3")
    assert refused.exit_code != 0
    assert "no more than there are brokers" in str(refused.exception)


def test_a_worker_killed_with_kill_9_goes_on_from_a_compacted_changelog(broker: Broker, tmp_path: Path) -> None:
    """Compaction keeps each patient's newest state only, and that is enough."""
    set_configuration(broker, STATE, segment_ms="500", min_cleanable_dirty_ratio="0.01")
    writer = PlainWriter(broker.bootstrap)
    reader = PlainReader(broker.bootstrap, LIFECYCLE)
    told = 0
    with WorkerProcess(broker.bootstrap, tmp_path, TOY) as killed:
        # A segment is closed by the first record after its time: states have to be written now and then.
        while told < 10 or not states_are_compacted(broker):
            write_story(writer, told, told + 1)
            told += 1
            reader.read_until(all_there(expected_alerts(told)))
            assert told < 400, "the broker has not compacted the changelog"
        killed.kill()
    after = told + 5
    write_story(writer, told, after)
    with WorkerProcess(broker.bootstrap, tmp_path, TOY) as second:
        messages = reader.read_until(all_there(expected_alerts(after)))
        second.until_ready()
        assert second.stop() == 0, second.log()
    reader.close()
    assert set(decision_ids(messages)) == expected_alerts(after), "a state that went back would tell other episodes"


def states_are_compacted(broker: Broker) -> bool:
    """Whether every partition of the changelog has lost old states, and no patient."""
    reader = PlainReader(broker.bootstrap, STATE)
    messages = reader.read_to_end()
    reader.close()
    held: dict[int, list[Any]] = {}
    for message in messages:
        held.setdefault(message.partition(), []).append(message)
    if {message.key().decode() for message in messages} != set(PATIENTS):
        return False
    return all(len(states) <= states[-1].offset() for states in held.values()) and len(held) == PARTITIONS


def test_a_broker_that_was_killed_has_forgotten_nothing_that_was_acknowledged(broker: Broker, tmp_path: Path) -> None:
    writer = PlainWriter(broker.bootstrap)
    reader = PlainReader(broker.bootstrap, LIFECYCLE)
    write_story(writer, 0, 20)
    with WorkerProcess(broker.bootstrap, tmp_path, TOY) as first:
        reader.read_until(all_there(expected_alerts(20)))
        assert first.stop() == 0, first.log()
    broker.set_down()
    broker.set_up()
    offsets = committed_offsets(broker.bootstrap, "test.worker.v1", [VITALS], PARTITIONS)
    assert offsets == {(VITALS, number): 20 * PATIENTS_PER_PARTITION for number in range(PARTITIONS)}
    write_story(PlainWriter(broker.bootstrap), 20, 30)
    with WorkerProcess(broker.bootstrap, tmp_path, TOY) as second:
        messages = reader.read_until(all_there(expected_alerts(30)))
        assert second.stop() == 0, second.log()
    reader.close()
    seen = decision_ids(messages)
    assert set(seen) == expected_alerts(30)
    assert set(seen.values()) == {1}, "nothing of the first twenty minutes is told again"


def test_a_worker_rides_out_a_broker_that_is_killed_under_it(broker: Broker, tmp_path: Path) -> None:
    """With one broker the group coordinator and every leader are gone at once, and come back from disk."""
    writer = PlainWriter(broker.bootstrap, enable_idempotence=True)
    reader = PlainReader(broker.bootstrap, LIFECYCLE)
    with WorkerProcess(broker.bootstrap, tmp_path, TOY) as worker:
        worker.until_ready(partitions=PARTITIONS)
        write_story(writer, 0, 10)
        reader.read_until(all_there(expected_alerts(10)))
        broker.set_down()
        time.sleep(1)
        broker.set_up()
        write_story(writer, 10, 20)
        messages = reader.read_until(all_there(expected_alerts(20)))
        worker.until_ready(partitions=PARTITIONS)
        assert worker.stop() == 0, worker.log()
    reader.close()
    seen = decision_ids(messages)
    assert set(seen) == expected_alerts(20)
    assert set(seen.values()) == {1}


def test_a_record_of_ten_megabytes_is_a_dead_letter_and_its_neighbours_are_judged(
    broker: Broker, tmp_path: Path
) -> None:
    """A hospital lets large records into an input topic; the dead letters' topic has Kafka's own limit."""
    set_configuration(broker, VITALS, max_message_bytes="12000000")
    writer = PlainWriter(broker.bootstrap, message_max_bytes=12_000_000)
    dead = PlainReader(broker.bootstrap, f"dlq.{VITALS}")
    reader = PlainReader(broker.bootstrap, LIFECYCLE)
    write_story(writer, 0, 10)
    writer.write(VITALS, PATIENTS[0], b"{" + b"x" * 10_000_000)
    writer.flush()
    write_story(writer, 10, 20)
    with WorkerProcess(broker.bootstrap, tmp_path, TOY) as worker:
        (letter,) = dead.read_until(len)
        reader.read_until(all_there(expected_alerts(20)))
        assert worker.stop() == 0, worker.log()
    dead.close()
    reader.close()
    told = dict(letter.headers() or ())
    assert told["reason"] == b"too_large"
    assert told["cut"] == b"yes"
    assert 0 < len(letter.value() or b"") < 1_000_000

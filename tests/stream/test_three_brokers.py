"""Three brokers, three copies of each record, two of which must hold it before it counts: one broker may be lost.

Skipped on the embedded mock cluster; `make test-kafka` runs it on Apache Kafka.
"""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType
from typer.testing import CliRunner

from blinwatch.catalogue import load_catalogue
from blinwatch.commands import topics
from tests.support.apache_kafka import ApacheKafka
from tests.support.brokers import choice
from tests.support.embedded import PARTITIONS, PlainReader, PlainWriter, committed_offsets
from tests.support.fever_story import (
    LIFECYCLE,
    PATIENTS_PER_PARTITION,
    all_there,
    decision_ids,
    expected_alerts,
    write_minutes,
    write_story,
)
from tests.support.records import VITALS
from tests.support.worker_process import TOY, WorkerProcess

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.slow,
    pytest.mark.apache("the mock cluster copies nothing and elects no leader"),
    pytest.mark.timeout(400),  # three Java processes start, die and come back beside the worker, on two cores
]

GROUP = "test.worker.v1"
LED = (VITALS, LIFECYCLE, "blinwatch.state.v1")
"""What the worker reads, says and remembers."""
PATIENCE_S = 120.0
"""A dead broker is noticed after 6 s; then its leaders are elected anew, clients find them, and copies catch up."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[ApacheKafka]:
    choice.close()  # a fourth broker would only stand in the way
    with ApacheKafka(brokers=3) as three:
        yield three


@pytest.fixture
def kafka(cluster: ApacheKafka) -> ApacheKafka:
    """All three up, with the catalogue's topics and nothing in them."""
    cluster.bring_up()
    cluster.clear()
    cluster.create_catalogue_topics(PARTITIONS)
    cluster.until_in_sync(3)
    return cluster


class SteadySender(threading.Thread):
    """Writes the story at 200 events a second from the minute where it stands, until it is told to stop.

    It keeps the order and sends nothing twice whatever happens to the brokers, as a good gateway does.
    """

    def __init__(self, kafka: ApacheKafka, minute: int) -> None:
        super().__init__(name="sender", daemon=True)
        self.minute = minute
        self._writer = PlainWriter(kafka.bootstrap, enable_idempotence=True)
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(0.1):
            write_minutes(self._writer, self.minute, self.minute + 1)
            self.minute += 1

    def finish(self) -> int:
        """Stop; the minute the story has come to, all of which the brokers have."""
        self._over.set()
        self.join()
        self._writer.flush(PATIENCE_S)
        return self.minute


def leads_an_input(kafka: ApacheKafka) -> int:
    return kafka.leader_of(VITALS, 0)


def leads_an_output(kafka: ApacheKafka) -> int:
    return kafka.leader_of(LIFECYCLE, 0)


def coordinates_the_group(kafka: ApacheKafka) -> int:
    admin = kafka.admin()
    (described,) = admin.describe_consumer_groups([GROUP], request_timeout=20).values()
    return int(described.result().coordinator.id)


def until_committed(kafka: ApacheKafka, minutes: int) -> None:
    wanted = {(VITALS, number): minutes * PATIENTS_PER_PARTITION for number in range(PARTITIONS)}
    end_s = time.monotonic() + PATIENCE_S
    while (found := committed_offsets(kafka.bootstrap, GROUP, [VITALS], PARTITIONS)) != wanted:
        assert time.monotonic() < end_s, f"{found} is committed, not {wanted}"
        time.sleep(0.2)


def demand_copies(kafka: ApacheKafka, copies: int) -> None:
    """How many copies must hold what the worker writes; its inputs stay as they are."""
    changed = [
        ConfigResource(
            ResourceType.TOPIC,
            topic.name,
            incremental_configs=[
                ConfigEntry("min.insync.replicas", str(copies), incremental_operation=AlterConfigOpType.SET)
            ],
        )
        for topic in load_catalogue(PARTITIONS).topics
        if topic.direction != "in"
    ]
    admin = kafka.admin()
    for done in admin.incremental_alter_configs(changed).values():
        done.result()


def test_topics_apply_gives_every_topic_three_copies_and_demands_two(cluster: ApacheKafka) -> None:
    cluster.bring_up()
    cluster.clear()
    app = typer.Typer()
    topics.register(app)
    where = ["--bootstrap", cluster.bootstrap, "--partitions", str(PARTITIONS)]
    made = CliRunner().invoke(app, ["topics", "apply", *where, "--replication-factor", "3"])
    assert made.exit_code == 0, made.output
    admin, names = cluster.admin(), load_catalogue(PARTITIONS).names
    cluster.until_known(names)
    cluster.until_in_sync(3)
    known = admin.list_topics(timeout=20).topics
    for name in names:
        assert {len(one.replicas) for one in known[name].partitions.values()} == {3}, name
    asked = admin.describe_configs([ConfigResource(ResourceType.TOPIC, name) for name in names])
    assert {done.result()["min.insync.replicas"].value for done in asked.values()} == {"2"}


def test_whichever_broker_is_killed_under_load_no_alert_is_lost_or_told_twice(
    kafka: ApacheKafka, tmp_path: Path
) -> None:
    reader = PlainReader(kafka.bootstrap, LIFECYCLE)
    minute = 0
    with WorkerProcess(kafka.bootstrap, tmp_path, TOY) as worker:
        worker.until_ready(partitions=PARTITIONS)
        for find in (leads_an_input, leads_an_output, coordinates_the_group):
            sender = SteadySender(kafka, minute)
            sender.start()
            reader.read_until(all_there(expected_alerts(minute + 5)), PATIENCE_S)
            victim = find(kafka)
            kafka.stop_broker(victim, kill=True)
            kafka.until_leader_is_not(victim, LED)
            minute = sender.finish()
            messages = reader.read_until(all_there(expected_alerts(minute)), PATIENCE_S)
            until_committed(kafka, minute)
            kafka.start_broker(victim)
            kafka.until_in_sync(3)
        worker.until_ready(partitions=PARTITIONS)
        assert worker.stop() == 0, worker.log()
    reader.close()
    seen = decision_ids(messages)
    assert set(seen) == expected_alerts(minute)
    assert set(seen.values()) == {1}, "the worker lived through it all and repeats nothing"


def test_a_broker_that_freezes_until_others_have_taken_over_costs_no_alert(kafka: ApacheKafka, tmp_path: Path) -> None:
    """It keeps its connections and answers nothing, and when it wakes up it still believes that it leads."""
    reader = PlainReader(kafka.bootstrap, LIFECYCLE)
    with WorkerProcess(kafka.bootstrap, tmp_path, TOY) as worker:
        worker.until_ready(partitions=PARTITIONS)
        sender = SteadySender(kafka, 0)
        sender.start()
        reader.read_until(all_there(expected_alerts(5)), PATIENCE_S)
        victim = leads_an_output(kafka)
        kafka.pause_broker(victim)
        kafka.until_leader_is_not(victim, LED)
        kafka.resume_broker(victim)
        kafka.until_in_sync(3)
        minute = sender.finish()
        messages = reader.read_until(all_there(expected_alerts(minute)), PATIENCE_S)
        until_committed(kafka, minute)
        worker.until_ready(partitions=PARTITIONS)
        assert worker.stop() == 0, worker.log()
    reader.close()
    seen = decision_ids(messages)
    assert set(seen) == expected_alerts(minute)
    assert set(seen.values()) == {1}


def test_while_too_few_copies_can_be_made_nothing_is_acknowledged_and_then_the_worker_goes_on(
    kafka: ApacheKafka, tmp_path: Path
) -> None:
    writer = PlainWriter(kafka.bootstrap, enable_idempotence=True)
    reader = PlainReader(kafka.bootstrap, LIFECYCLE)
    with WorkerProcess(kafka.bootstrap, tmp_path, TOY, request_timeout_s=120) as worker:
        worker.until_ready(partitions=PARTITIONS)
        write_story(writer, 0, 10)
        reader.read_until(all_there(expected_alerts(10)))
        until_committed(kafka, 10)
        victim = lose_a_copy(kafka)
        write_minutes(writer, 10, 20)
        writer.flush(PATIENCE_S)
        worker.until_metric("blinwatch_events_total", VITALS, 20 * 4 * PATIENTS_PER_PARTITION)
        # Ten commit intervals, in which it could acknowledge too early.
        messages = reader.read_for(2)
        assert set(decision_ids(messages)) == expected_alerts(10), "no alert counts that has too few copies"
        until_committed(kafka, 10)
        kafka.start_broker(victim)
        messages = reader.read_until(all_there(expected_alerts(20)), PATIENCE_S)
        until_committed(kafka, 20)
        worker.until_ready(partitions=PARTITIONS)
        assert worker.stop() == 0, worker.log()
    reader.close()
    seen = decision_ids(messages)
    assert set(seen) == expected_alerts(20)
    assert set(seen.values()) == {1}


def test_a_worker_that_waits_too_long_for_copies_ends_loudly_and_the_next_one_loses_nothing(
    kafka: ApacheKafka, tmp_path: Path
) -> None:
    writer = PlainWriter(kafka.bootstrap, enable_idempotence=True)
    reader = PlainReader(kafka.bootstrap, LIFECYCLE)
    with WorkerProcess(kafka.bootstrap, tmp_path, TOY, request_timeout_s=7) as worker:
        worker.until_ready(partitions=PARTITIONS)
        write_story(writer, 0, 10)
        reader.read_until(all_there(expected_alerts(10)))
        until_committed(kafka, 10)
        victim = lose_a_copy(kafka)
        write_minutes(writer, 10, 20)
        writer.flush(PATIENCE_S)
        assert worker.until_ended() == 1, worker.log()
        said = worker.log()
        assert "nothing after it was committed" in said
        assert "the brokers did not acknowledge within" in said
    until_committed(kafka, 10)
    kafka.start_broker(victim)
    kafka.until_in_sync(3)
    with WorkerProcess(kafka.bootstrap, tmp_path, TOY) as second:
        messages = reader.read_until(all_there(expected_alerts(20)), PATIENCE_S)
        second.until_ready(partitions=PARTITIONS)
        assert second.stop() == 0, second.log()
    until_committed(kafka, 20)
    reader.close()
    assert set(decision_ids(messages)) == expected_alerts(20)


def lose_a_copy(kafka: ApacheKafka) -> int:
    """Kill a broker, and then demand all three copies of what the worker writes: it is one short."""
    victim = kafka.leader_of(LIFECYCLE, 0)
    kafka.stop_broker(victim, kill=True)
    kafka.until_in_sync(2)
    demand_copies(kafka, 3)
    return victim


def test_records_that_were_acknowledged_outlive_the_death_of_all_three_brokers(
    kafka: ApacheKafka, tmp_path: Path
) -> None:
    reader = PlainReader(kafka.bootstrap, LIFECYCLE)
    with WorkerProcess(kafka.bootstrap, tmp_path, TOY) as first:
        write_story(PlainWriter(kafka.bootstrap), 0, 20)
        reader.read_until(all_there(expected_alerts(20)), PATIENCE_S)
        until_committed(kafka, 20)
        assert first.stop() == 0, first.log()
    for broker in kafka.brokers:
        kafka.stop_broker(broker, kill=True)
    kafka.bring_up()
    kafka.until_in_sync(3)
    until_committed(kafka, 20)
    write_story(PlainWriter(kafka.bootstrap), 20, 30)
    with WorkerProcess(kafka.bootstrap, tmp_path, TOY) as second:
        messages = reader.read_until(all_there(expected_alerts(30)), PATIENCE_S)
        assert second.stop() == 0, second.log()
    reader.close()
    seen = decision_ids(messages)
    assert set(seen) == expected_alerts(30)
    assert set(seen.values()) == {1}

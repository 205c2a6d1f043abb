"""What a broker has is compared with the catalogue; what is wrong is said with what to do.

The embedded broker answers for names and partitions only. What Kafka's own admin interface adds (configuration,
creation) is given by a stand-in for the client, which holds topics the way a broker would.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.admin import NewTopic
from aiokafka.errors import TopicAlreadyExistsError

from blinwatch import catalogue_check
from blinwatch.catalogue import load_catalogue
from blinwatch.catalogue_check import (
    BrokerError,
    create_missing_topics,
    inspect_topics,
    topic_configuration,
    verify_topics,
)
from blinwatch.simulate.embedded_broker import EmbeddedBroker

CATALOGUE = load_catalogue(3)
ALL = dict.fromkeys(CATALOGUE.names, 3)


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as one:
        yield one


@dataclass
class StandInAdmin:
    """The admin client of a broker that keeps topics with their configuration."""

    partitions: dict[str, int] = field(default_factory=dict[str, int])
    configurations: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    refusals: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])
    copies: set[int] = field(default_factory=set[int])

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def describe_topics(self) -> list[dict[str, Any]]:
        return [{"topic": name, "partitions": [{}] * count} for name, count in self.partitions.items()]

    async def describe_configs(self, resources: list[Any]) -> list[Any]:
        found = [
            {
                "resource_name": one.name,
                "config_entries": [
                    {"config_names": name, "config_value": value}
                    for name, value in self.configurations.get(one.name, {}).items()
                ],
            }
            for one in resources
        ]
        return [SimpleNamespace(to_object=lambda: {"resources": found})]

    async def create_topics(self, new: list[NewTopic], timeout_ms: int) -> SimpleNamespace:
        assert timeout_ms > 0
        errors: list[tuple[str, int, str | None]] = []
        for topic in new:
            code, message = self.refusals.get(topic.name, (0, None))
            errors.append((topic.name, code, message))
            if code == 0:
                self.partitions[topic.name] = topic.num_partitions
                self.configurations[topic.name] = dict(topic.topic_configs)
                self.copies.add(topic.replication_factor)
        return SimpleNamespace(topic_errors=errors)


@pytest.fixture
def admin(monkeypatch: pytest.MonkeyPatch) -> StandInAdmin:
    stand_in = StandInAdmin()
    monkeypatch.setattr(catalogue_check, "AIOKafkaAdminClient", lambda **_: stand_in)
    return stand_in


async def create(admin: StandInAdmin) -> tuple[str, ...]:
    assert admin is not None
    return await create_missing_topics("kafka:9092", CATALOGUE, replication_factor=3, min_insync_replicas=2)


@pytest.mark.kafka
@pytest.mark.mock("it is about the embedded broker itself")
async def test_a_broker_with_all_topics_lets_a_worker_start(broker: EmbeddedBroker) -> None:
    broker.create_topics(ALL)
    assert await verify_topics(broker.bootstrap, CATALOGUE) == ()


@pytest.mark.kafka
@pytest.mark.mock("it is about the embedded broker itself")
async def test_a_missing_topic_is_named_with_the_command_that_makes_it(broker: EmbeddedBroker) -> None:
    broker.create_topics({name: 3 for name in ALL if name != "labs.resulted.v1"})
    assert await verify_topics(broker.bootstrap, CATALOGUE) == (
        "topic labs.resulted.v1: is missing; run `blinwatch topics apply`",
    )


@pytest.mark.kafka
@pytest.mark.mock("it is about the embedded broker itself")
async def test_looking_at_a_broker_creates_nothing(broker: EmbeddedBroker) -> None:
    first = await verify_topics(broker.bootstrap, CATALOGUE)
    assert len(first) == len(CATALOGUE.topics)
    assert await verify_topics(broker.bootstrap, CATALOGUE) == first


@pytest.mark.kafka
@pytest.mark.mock("it is about the embedded broker itself")
async def test_a_wrong_partition_count_keeps_a_worker_from_starting(broker: EmbeddedBroker) -> None:
    broker.create_topics(ALL | {"pump.events.v1": 4})
    (sentence,) = await verify_topics(broker.bootstrap, CATALOGUE)
    assert sentence.startswith("topic pump.events.v1: has 4 partitions, must have 3; ")
    assert "set BLINWATCH_PARTITIONS=4" in sentence


@pytest.mark.kafka
@pytest.mark.mock("it is about the embedded broker itself")
async def test_the_embedded_broker_says_that_it_cannot_create_topics(broker: EmbeddedBroker) -> None:
    report = await inspect_topics(broker.bootstrap, CATALOGUE)
    assert not report.configuration_read
    with pytest.raises(BrokerError, match="cannot create topics for a client"):
        await create_missing_topics(broker.bootstrap, CATALOGUE, replication_factor=1, min_insync_replicas=1)


async def test_a_broker_that_does_not_answer_is_named(unused_tcp_port: int) -> None:
    with pytest.raises(BrokerError, match=f"the broker at 127.0.0.1:{unused_tcp_port} cannot be asked"):
        await verify_topics(f"127.0.0.1:{unused_tcp_port}", CATALOGUE)


async def test_what_is_missing_is_created_as_the_catalogue_says(admin: StandInAdmin) -> None:
    admin.partitions["unrelated"] = 1
    assert await create(admin) == CATALOGUE.names
    assert admin.partitions == ALL | {"unrelated": 1}
    assert admin.copies == {3}
    assert admin.configurations["vitals.observed.v1"] == {
        "cleanup.policy": "delete",
        "retention.ms": str(42 * 86_400_000),
        "min.insync.replicas": "2",
    }
    assert admin.configurations["blinwatch.state.v1"]["cleanup.policy"] == "compact"
    assert "retention.ms" not in admin.configurations["blinwatch.state.v1"]
    assert await verify_topics("kafka:9092", CATALOGUE) == ()


async def test_creating_twice_creates_nothing_more(admin: StandInAdmin) -> None:
    await create(admin)
    assert await create(admin) == ()


async def test_only_what_is_missing_is_created(admin: StandInAdmin) -> None:
    await create(admin)
    del admin.partitions["dlq.pump.events.v1"]
    assert await create(admin) == ("dlq.pump.events.v1",)


async def test_nothing_is_created_beside_a_topic_with_the_wrong_partitions(admin: StandInAdmin) -> None:
    admin.partitions["vitals.observed.v1"] = 1
    with pytest.raises(BrokerError, match=r"nothing was created: topic vitals\.observed\.v1: has 1 partitions"):
        await create(admin)
    assert admin.partitions == {"vitals.observed.v1": 1}


async def test_a_state_topic_that_deletes_keeps_a_worker_from_starting(admin: StandInAdmin) -> None:
    await create(admin)
    admin.configurations["blinwatch.state.v1"]["cleanup.policy"] = "delete"
    (sentence,) = await verify_topics("kafka:9092", CATALOGUE)
    assert "blinwatch.state.v1: has cleanup.policy=delete, the catalogue says compact" in sentence


async def test_another_retention_is_told_and_stops_nobody(admin: StandInAdmin) -> None:
    await create(admin)
    admin.configurations["vitals.observed.v1"]["retention.ms"] = "1000"
    assert await verify_topics("kafka:9092", CATALOGUE) == ()
    report = await inspect_topics("kafka:9092", CATALOGUE)
    assert [problem.what for problem in report.problems] == [
        f"has retention.ms=1000, the catalogue says {42 * 86_400_000}"
    ]
    assert "--add-config retention.ms=" in report.problems[0].remedy


async def test_a_refusal_of_the_broker_is_passed_on_in_its_words(admin: StandInAdmin) -> None:
    admin.refusals["labs.resulted.v1"] = (38, "Replication factor: 3 larger than available brokers: 1.")
    with pytest.raises(BrokerError, match=r"labs\.resulted\.v1: Replication factor: 3 larger"):
        await create(admin)


async def test_a_topic_somebody_else_just_created_is_no_refusal(admin: StandInAdmin) -> None:
    admin.refusals["labs.resulted.v1"] = (TopicAlreadyExistsError.errno, "exists")
    assert "labs.resulted.v1" in await create(admin)


def test_a_dead_letter_may_be_larger_than_the_largest_record_it_must_hold() -> None:
    kafka_default_bytes = 1_048_588
    for topic in CATALOGUE.with_direction("dlq"):
        assert int(topic_configuration(topic)["max.message.bytes"]) > kafka_default_bytes

"""Compares a broker's topics with the catalogue and creates the missing ones; deletes and alters nothing.

A worker asks `verify_topics` before it starts; `blinwatch topics` shows and mends the rest.
"""

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    IncompatibleBrokerVersion,
    KafkaError,
    TopicAlreadyExistsError,
    for_code,
)

from blinwatch.catalogue import PARTITIONS_VARIABLE, Catalogue, Topic
from blinwatch.kafka_identity import kafka_options

REQUEST_TIMEOUT_S = 30
"""Kafka's own clients wait this long for an answer; creating two dozen topics takes a few seconds."""
COMPACTED_SEGMENT_BYTES = 64 * 1024 * 1024
"""Kafka compacts only closed segments, and closes them at 1 GiB by itself. What is not yet compacted is read
again by every worker that takes a partition over; 64 MiB is read in seconds."""
DEAD_LETTER_BYTES = 2 * 1024 * 1024
"""Twice what Kafka lets into an input topic.

A refused record of the largest size must still fit with its headers.
"""


class BrokerError(Exception):
    """The broker cannot be asked or refuses; the message names its address and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicProblem:
    """How a topic on the broker differs from the catalogue."""

    topic: str
    what: str
    remedy: str
    blocking: bool
    """Whether a worker must not start: it would lose state, mix patients or fail at its first record."""
    missing: bool = False

    @property
    def sentence(self) -> str:
        """The problem for a person, on one line."""
        return f"topic {self.topic}: {self.what}; {self.remedy}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicReport:
    """All differences, and whether the broker let its topics' configuration be read."""

    problems: tuple[TopicProblem, ...]
    configuration_read: bool
    """False with brokers that know no such request, such as the embedded one of `blinwatch demo`."""


async def verify_topics(bootstrap: str, catalogue: Catalogue) -> tuple[str, ...]:
    """What keeps a worker from starting, one sentence a problem; empty when all is well.

    Retention that differs is not among them: it is the site's own decision and harms no patient.
    Raises `BrokerError` when the broker cannot be asked.
    """
    report = await inspect_topics(bootstrap, catalogue)
    return tuple(problem.sentence for problem in report.problems if problem.blocking)


async def inspect_topics(bootstrap: str, catalogue: Catalogue) -> TopicReport:
    """Everything in which the broker's topics differ from the catalogue.

    Raises `BrokerError` when the broker cannot be asked.
    """
    async with admin_client(bootstrap) as admin:
        return await _inspect(admin, catalogue)


async def create_missing_topics(
    bootstrap: str, catalogue: Catalogue, *, replication_factor: int, min_insync_replicas: int
) -> tuple[str, ...]:
    """Create what is missing and return the names; create nothing while an existing topic is wrong.

    Raises `BrokerError` when the broker cannot be asked, when it refuses, or when an existing topic has the
    wrong number of partitions or the wrong cleanup policy.
    """
    async with admin_client(bootstrap) as admin:
        report = await _inspect(admin, catalogue)
        wrong = [problem for problem in report.problems if problem.blocking and not problem.missing]
        if wrong:
            raise BrokerError("nothing was created: " + "; ".join(problem.sentence for problem in wrong))
        missing = tuple(problem.topic for problem in report.problems if problem.missing)
        if not missing:
            return ()
        if not report.configuration_read:
            raise BrokerError(
                f"the broker at {bootstrap} cannot create topics for a client (the embedded broker of "
                f"`blinwatch demo` makes its own); missing are {', '.join(missing)}"
            )
        new = [
            NewTopic(
                name=name,
                num_partitions=catalogue.partitions,
                replication_factor=replication_factor,
                topic_configs=topic_configuration(catalogue.topic(name), min_insync_replicas),
            )
            for name in missing
        ]
        response: Any = await admin.create_topics(new, timeout_ms=REQUEST_TIMEOUT_S * 1000)
        _raise_if_refused(response.topic_errors, replication_factor)
        return missing


def topic_configuration(topic: Topic, min_insync_replicas: int | None = None) -> dict[str, str]:
    """A topic's settings under Kafka's own names."""
    configuration = {"cleanup.policy": topic.cleanup_policy}
    if topic.retention_ms is not None:
        configuration["retention.ms"] = str(topic.retention_ms)
    if topic.cleanup_policy == "compact":
        configuration["segment.bytes"] = str(COMPACTED_SEGMENT_BYTES)
    if topic.direction == "dlq":
        configuration["max.message.bytes"] = str(DEAD_LETTER_BYTES)
    if min_insync_replicas is not None:
        configuration["min.insync.replicas"] = str(min_insync_replicas)
    return configuration


@asynccontextmanager
async def admin_client(bootstrap: str) -> AsyncGenerator[AIOKafkaAdminClient]:
    """A client that asks for and changes what the brokers keep. Raises `BrokerError` where none answers."""
    admin = AIOKafkaAdminClient(
        bootstrap_servers=bootstrap, request_timeout_ms=REQUEST_TIMEOUT_S * 1000, **kafka_options()
    )
    try:
        await admin.start()
        yield admin
    except (KafkaError, OSError, TimeoutError) as error:
        raise BrokerError(f"the broker at {bootstrap} cannot be asked: {error}") from error
    finally:
        await admin.close()


async def _inspect(admin: AIOKafkaAdminClient, catalogue: Catalogue) -> TopicReport:
    # Asking for all topics, not for ours by name: a broker may create a topic that is asked for by name.
    described = cast("list[dict[str, Any]]", await admin.describe_topics())
    partitions = {str(entry["topic"]): len(entry["partitions"]) for entry in described}
    problems = [
        problem
        for topic in catalogue.topics
        if (problem := _existence_problem(topic, partitions.get(topic.name))) is not None
    ]
    present = [topic for topic in catalogue.topics if topic.name in partitions]
    configurations = await _read_configurations(admin, [topic.name for topic in present])
    if configurations is None:
        return TopicReport(problems=tuple(problems), configuration_read=False)
    for topic in present:
        problems += _configuration_problems(topic, configurations.get(topic.name, {}))
    return TopicReport(problems=tuple(problems), configuration_read=True)


def _existence_problem(topic: Topic, partitions: int | None) -> TopicProblem | None:
    if partitions is None:
        return TopicProblem(
            topic=topic.name,
            what="is missing",
            remedy="run `blinwatch topics apply`",
            blocking=True,
            missing=True,
        )
    if partitions == topic.partitions:
        return None
    return TopicProblem(
        topic=topic.name,
        what=f"has {partitions} partitions, must have {topic.partitions}",
        remedy=(
            f"set {PARTITIONS_VARIABLE}={partitions} if every topic of this cluster has {partitions}; otherwise "
            f"stop the workers and create it anew with {topic.partitions} (docs/reference/topics.md says why)"
        ),
        blocking=True,
    )


def _configuration_problems(topic: Topic, found: dict[str, str]) -> Iterable[TopicProblem]:
    for name, wanted in topic_configuration(topic).items():
        value = found.get(name)
        if value is None or value == wanted:
            continue
        yield TopicProblem(
            topic=topic.name,
            what=f"has {name}={value}, the catalogue says {wanted}",
            remedy=(
                "if that is not meant, kafka-configs.sh --bootstrap-server … --alter --entity-type topics "
                f"--entity-name {topic.name} --add-config {name}={wanted}"
            ),
            # A state topic that deletes forgets patients; a history that compacts loses events.
            blocking=name == "cleanup.policy",
        )


async def _read_configurations(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, dict[str, str]] | None:
    """Each topic's settings by Kafka's names; None where the broker knows no such request."""
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    if not resources:
        # Nothing to read, but whether it could be read tells whether the broker lets clients administer it.
        resources = [ConfigResource(ConfigResourceType.TOPIC, "blinwatch.none")]
    try:
        responses = await admin.describe_configs(resources)
    except IncompatibleBrokerVersion:
        return None
    configurations: dict[str, dict[str, str]] = {}
    for response in responses:
        for resource in response.to_object()["resources"]:
            configurations[resource["resource_name"]] = {
                entry["config_names"]: entry["config_value"] for entry in resource["config_entries"]
            }
    return configurations


def _raise_if_refused(topic_errors: Iterable[tuple[Any, ...]], replication_factor: int) -> None:
    refused: dict[str, list[str]] = {}
    for name, code, *message in topic_errors:
        # Somebody else created it between our look and our request; the check that follows judges it.
        if code in (0, TopicAlreadyExistsError.errno):
            continue
        reason = message[0] if message and message[0] else for_code(code).__name__
        refused.setdefault(reason, []).append(name)
    if refused:
        told = "; ".join(f"{', '.join(names)}: {reason}" for reason, names in refused.items())
        raise BrokerError(
            f"the broker refused to create topics with {replication_factor} copies each "
            f"(--replication-factor: no more than there are brokers): {told}"
        )

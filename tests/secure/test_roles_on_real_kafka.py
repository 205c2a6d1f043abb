"""Each role can do what schemas/roles.yaml says, and a real broker denies it everything else."""

import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupAuthorizationFailedError
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)

from blinwatch.catalogue import load_catalogue
from blinwatch.kafka_identity import kafka_options
from blinwatch.roles import Role, load_roles
from blinwatch.settings_kafka import KafkaSettings
from tests.secure.secured_kafka import SCRIPT, SecuredKafka, secured_kafka
from tests.support.embedded import PARTITIONS

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.slow,
    pytest.mark.apache("the mock cluster lets everybody in"),
    pytest.mark.timeout(300),
]

TOPICS = load_catalogue(PARTITIONS).names
ROLES = load_roles(load_catalogue(PARTITIONS))
PATIENCE_S = 40.0

every_role = pytest.mark.parametrize("role", ROLES.values(), ids=ROLES)


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafka]:
    with secured_kafka(tmp_path_factory.mktemp("certificates")) as kafka:
        yield kafka


@every_role
def test_a_role_writes_to_its_topics_and_to_no_other(secured: SecuredKafka, role: Role) -> None:
    denied: dict[str, bool] = {}

    def told(error: KafkaError | None, message: Message) -> None:
        assert error is None or error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED, error
        denied[message.topic() or ""] = error is not None

    producer = Producer({**secured.client(role.name), "message.timeout.ms": 30_000})
    for topic in TOPICS:
        producer.produce(topic, b"{}", b"nobody", on_delivery=told, partition=0)
    assert producer.flush(PATIENCE_S) == 0
    assert denied == {topic: not role.may("write", topic) for topic in TOPICS}


@every_role
def test_a_role_reads_its_topics_and_no_other(secured: SecuredKafka, role: Role) -> None:
    names = secured.client(role.name)
    reader = {"group.id": "not-joined", "enable.auto.commit": False, "enable.partition.eof": True}
    consumer = Consumer({**names, **reader})
    hidden = {topic for topic in TOPICS if consumer.list_topics(topic, timeout=PATIENCE_S).topics[topic].error}
    assert hidden == {topic for topic in TOPICS if not role.may("describe", topic)}
    denied: dict[str, bool] = dict.fromkeys(hidden, True)
    try:
        consumer.assign([TopicPartition(topic, 0, 0) for topic in TOPICS if topic not in hidden])
        end_s = time.monotonic() + PATIENCE_S
        while denied.keys() != set(TOPICS) and time.monotonic() < end_s:
            message = consumer.poll(0.5)
            if message is None or message.topic() is None:
                continue
            error = message.error()
            refused = error is not None and error.code() != KafkaError._PARTITION_EOF
            assert not refused or error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED, error
            denied[message.topic() or ""] = refused
    finally:
        consumer.close()
    assert denied == {topic: not role.may("read", topic) for topic in TOPICS}


@every_role
def test_nobody_but_the_operator_makes_topics_or_grants(secured: SecuredKafka, role: Role) -> None:
    admin = AdminClient(secured.client(role.name))
    everything = ("read-by-me", ResourcePatternType.LITERAL, "User:me", "*", AclOperation.READ, AclPermissionType.ALLOW)
    made = admin.create_topics([NewTopic(f"made.by.{role.name}.v1", 1, 1)], operation_timeout=20)
    granted = admin.create_acls([AclBinding(ResourceType.TOPIC, *everything)])
    for asked in (*made.values(), *granted.values()):
        if role.name == "operator":
            asked.result(30)
        else:
            with pytest.raises(KafkaException) as refused:
                asked.result(30)
            assert refused.value.args[0].name().endswith("AUTHORIZATION_FAILED")


@every_role
@pytest.mark.parametrize("group", ["blinwatch.worker.v1", "subscriber.pager.v1", "somebody.else.v1"])
async def test_a_role_sees_only_groups_that_it_is_told_of(secured: SecuredKafka, role: Role, group: str) -> None:
    options = kafka_options(KafkaSettings(**secured.settings(role.name)))  # type: ignore[arg-type]
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=secured.by_certificate, **options)
    await admin.start()
    try:
        if any(one.kind == "group" and group.startswith(one.name) for one in role.grants):
            assert await admin.list_consumer_group_offsets(group) is not None
        else:
            with pytest.raises(GroupAuthorizationFailedError):
                await admin.list_consumer_group_offsets(group)
    finally:
        await admin.close()


def test_whoever_may_only_see_a_group_cannot_move_its_position(secured: SecuredKafka) -> None:
    board = Consumer({**secured.client("board"), "group.id": "blinwatch.worker.v1", "enable.auto.commit": False})
    try:
        with pytest.raises(KafkaException) as refused:
            board.commit(offsets=[TopicPartition("alerts.lifecycle.v1", 0, 0)], asynchronous=False)
        assert refused.value.args[0].name() == "GROUP_AUTHORIZATION_FAILED"
    finally:
        board.close()


def test_who_shows_no_certificate_is_not_let_in(secured: SecuredKafka) -> None:
    stranger = {name: value for name, value in secured.client("worker").items() if "certificate" not in name}
    stranger.pop("ssl.key.location")
    with pytest.raises(KafkaException):
        AdminClient(stranger).list_topics(timeout=6)


def test_who_shows_a_certificate_of_another_authority_is_not_let_in(
    secured: SecuredKafka, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = SecuredKafka(secured.kafka, tmp_path_factory.mktemp("other"))
    subprocess.run([SCRIPT, other.folder, "127.0.0.1", "worker"], check=True, capture_output=True, timeout=60)
    forged = {**other.client("worker"), "ssl.ca.location": str(secured.folder / "ca.pem")}
    with pytest.raises(KafkaException):
        AdminClient(forged).list_topics(timeout=6)

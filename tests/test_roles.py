"""schemas/roles.yaml: every topic named exists, and nobody may do what is not theirs."""

import pytest

from blinwatch.board.trend_rows import TOPICS
from blinwatch.catalogue import load_catalogue
from blinwatch.roles import Grant, RolesError, load_roles, parse_roles

CATALOGUE = load_catalogue()
ROLES = load_roles(CATALOGUE)


def test_only_workers_write_what_blinwatch_decides() -> None:
    for topic in CATALOGUE.with_direction("out"):
        if topic.name == "fhir.resources.v1":
            continue  # the same once more, in FHIR's words
        assert [name for name, role in ROLES.items() if role.may("write", topic.name)] == ["worker"], topic.name


def test_only_workers_read_the_memory_of_workers() -> None:
    assert [name for name, role in ROLES.items() if role.may("read", "blinwatch.state.v1")] == ["worker"]


def test_identifying_data_that_a_gateway_keeps_is_read_by_gateways_only() -> None:
    assert [name for name, role in ROLES.items() if role.may("read", "gateway.unread.v1")] == ["gateway"]


def test_a_subscriber_can_write_nothing() -> None:
    assert not [topic for topic in CATALOGUE.names if ROLES["subscriber"].may("write", topic)]


def test_whoever_keeps_the_brokers_reads_no_patient() -> None:
    assert not [topic for topic in CATALOGUE.names if ROLES["operator"].may("read", topic)]


def test_somebody_may_write_and_somebody_read_each_topic() -> None:
    dead_letters = {topic.name for topic in CATALOGUE.with_direction("dlq")}
    for topic in CATALOGUE.names:
        assert any(role.may("write", topic) for role in ROLES.values()), topic
        assert topic in dead_letters or any(role.may("read", topic) for role in ROLES.values()), topic


def test_a_board_may_read_all_that_its_trends_are_made_of() -> None:
    assert not [topic for topic in TOPICS if not ROLES["board"].may("read", topic)]


def test_a_direction_means_all_its_topics_and_a_prefix_stays_one() -> None:
    text = "version: 1\nroles:\n  reader:\n    who: somebody\n    reads: ['direction:out']\n    joins: reader.\n"
    role = parse_roles(text, CATALOGUE)["reader"]
    assert {one.name for one in role.grants if one.kind == "topic"} == {
        topic.name for topic in CATALOGUE.with_direction("out")
    }
    assert Grant("group", "reader.", "read", is_prefix=True) in role.grants


@pytest.mark.parametrize(
    "text, said",
    [
        ("version: 1\nroles:\n  a: {who: x, reads: [no.such.topic.v1]}", "a: the catalogue has no topic"),
        ("version: 1\nroles:\n  a: {who: x, reads: ['direction:up']}", "is no direction; write direction:in"),
        ("version: 1\nroles:\n  a: {who: x, may: everything}", "roles.a.may: Extra inputs"),
        ("version: 1\nroles:\n  a: {who: x, joins: '*'}", "roles.a.joins"),
        ("version: 1\nroles: {}", "roles"),
        ("version: [", "is not YAML"),
    ],
)
def test_a_wrong_entry_is_named(text: str, said: str) -> None:
    with pytest.raises(RolesError) as refused:
        parse_roles(text, CATALOGUE)
    assert said in str(refused.value)

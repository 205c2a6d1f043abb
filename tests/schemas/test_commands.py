"""`blinwatch topics` and `blinwatch schemas` as somebody types them."""

import pytest
import typer
from typer.testing import CliRunner, Result

from blinwatch.catalogue import load_catalogue
from blinwatch.commands import schemas, topics
from blinwatch.simulate.embedded_broker import EmbeddedBroker

PARTITIONS = 2


def run(*words: str) -> Result:
    app = typer.Typer()
    topics.register(app)
    schemas.register(app)
    return CliRunner().invoke(app, words, env={"COLUMNS": "200"})


@pytest.mark.kafka
@pytest.mark.mock("it is about the embedded broker itself")
def test_a_broker_with_all_topics_passes_the_check() -> None:
    with EmbeddedBroker(dict.fromkeys(load_catalogue().names, PARTITIONS)) as broker:
        result = run("topics", "check", "--bootstrap", broker.bootstrap, "--partitions", str(PARTITIONS))
        assert run("topics", "apply", "--bootstrap", broker.bootstrap, "--partitions", "2").exit_code == 0
    assert result.exit_code == 0
    assert "names and partitions were checked" in result.stdout
    assert f"All {len(load_catalogue().topics)} topics are as the catalogue says." in result.stdout


@pytest.mark.kafka
@pytest.mark.mock("it is about the embedded broker itself")
def test_the_check_fails_with_a_table_of_what_differs_and_what_to_do() -> None:
    with EmbeddedBroker({"vitals.observed.v1": PARTITIONS + 1}) as broker:
        result = run("topics", "check", "--bootstrap", broker.bootstrap, "--partitions", str(PARTITIONS))
    assert result.exit_code == 1
    assert "has 3 partitions, must have 2" in result.stdout
    assert "run `blinwatch topics apply`" in result.stdout


@pytest.mark.kafka
@pytest.mark.mock("it is about the embedded broker itself")
def test_apply_refuses_beside_a_wrong_topic_and_says_why() -> None:
    with EmbeddedBroker({"vitals.observed.v1": PARTITIONS + 1}) as broker:
        result = run("topics", "apply", "--bootstrap", broker.bootstrap, "--partitions", str(PARTITIONS))
    assert result.exit_code != 0
    assert "nothing was created: topic vitals.observed.v1: has 3 partitions" in str(result.exception)


@pytest.mark.kafka
@pytest.mark.mock("it is about the embedded broker itself")
def test_the_clusters_own_partition_count_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLINWATCH_PARTITIONS", "3")
    with EmbeddedBroker(dict.fromkeys(load_catalogue().names, 3)) as broker:
        monkeypatch.setenv("BLINWATCH_KAFKA_BOOTSTRAP", broker.bootstrap)
        assert run("topics", "check").exit_code == 0


def test_the_committed_contracts_pass_their_own_check() -> None:
    result = run("schemas", "check")
    assert result.exit_code == 0
    assert "are what the code says" in result.stdout


def test_writing_contracts_that_are_right_changes_nothing() -> None:
    result = run("schemas", "write")
    assert (result.exit_code, result.stdout) == (0, "")

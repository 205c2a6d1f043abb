"""`blinwatch simulate`: lists its stories, writes logs that replay, and says what is wrong with its options."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from blinwatch.catalogue import load_catalogue
from blinwatch.cli import build_app
from blinwatch.commands.failure import CommandError
from blinwatch.core.events import Tick, VitalsObserved
from blinwatch.receive.decode import decode_record
from blinwatch.receive.event_log import read_events
from blinwatch.receive.rejection import Rejected
from blinwatch.simulate.stories import STORIES
from blinwatch.simulate.ward import UnknownStoryError
from tests.support.embedded import PARTITIONS, PlainReader, catalogue_broker

START = "2026-03-01T08:00:00+01:00"


def run(*words: str) -> object:
    return CliRunner().invoke(build_app(), ["simulate", *words], catch_exceptions=False)


def test_the_list_names_every_story_with_what_happens_and_what_should_be_said() -> None:
    shown = CliRunner().invoke(build_app(), ["simulate", "--list"], env={"COLUMNS": "400"})
    assert shown.exit_code == 0
    for story in STORIES.values():
        assert story.name in shown.output
        assert story.summary in shown.output
        assert story.expects in shown.output


def test_a_log_is_the_same_every_time_and_reads_back(tmp_path: Path) -> None:
    for name in ("one.jsonl", "two.jsonl"):
        run("--out", str(tmp_path / name), "--patients", "3", "--duration-h", "3", "--start", START, "--seed", "4")
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()
    events = list(read_events(tmp_path / "one.jsonl"))
    assert {event.patient_id for event in events} == {"sim-4-01", "sim-4-02", "sim-4-03"}  # type: ignore[union-attr]
    assert min(event.occurred_at for event in events) >= datetime(2026, 3, 1, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    "words,said",
    [
        (("--start", "yesterday"), "--start 'yesterday' is no time"),
        (("--start", "2026-03-01T08:00:00"), "has no offset; write for example 2026-03-01T08:00:00Z"),
        (("--out", "/no/such/folder/x.jsonl"), "cannot be written"),
        (("--bootstrap", "127.0.0.1:1"), "no Kafka broker answers at 127.0.0.1:1"),
    ],
)
def test_a_wrong_option_is_named_with_what_to_write_instead(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(CommandError) as refused:
        run(*words)
    assert said in str(refused.value)


def test_an_unknown_story_is_refused() -> None:
    with pytest.raises(UnknownStoryError):
        run("--story", "fever")


@pytest.mark.kafka
def test_at_high_speed_the_whole_ward_and_its_own_clock_reach_the_broker() -> None:
    with catalogue_broker() as broker:
        run("--bootstrap", broker.bootstrap, "--patients", "3", "--duration-h", "2", "--speed", "10000")
        reader = PlainReader(broker.bootstrap, *[topic.name for topic in load_catalogue(PARTITIONS).inputs])
        records = reader.read_to_end()
    events = [decode_record(record.topic(), record.key(), record.value()) for record in records]
    assert not [event for event in events if isinstance(event, Rejected)]
    ticks = [event for event in events if isinstance(event, Tick)]
    assert {tick.partition for tick in ticks} == set(range(PARTITIONS))
    assert {event.patient_id for event in events if not isinstance(event, Tick)} == {  # type: ignore[union-attr]
        "sim-1-01", "sim-1-02", "sim-1-03",
    }  # fmt: skip
    moments = [event.occurred_at for event in events if isinstance(event, VitalsObserved | Tick)]
    assert max(moments) - min(moments) > timedelta(minutes=110)


@pytest.mark.parametrize("speed", ["0", "10001"])
def test_speed_is_from_1_to_10000(speed: str) -> None:
    refused = CliRunner().invoke(build_app(), ["simulate", "--speed", speed])
    assert refused.exit_code == 2
    assert "--speed" in refused.output

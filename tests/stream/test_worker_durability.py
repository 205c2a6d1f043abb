"""What happens to data when a worker stops, fails, shares its work, is killed or starts wrong.

A toy judgement over the real Kafka protocol, in both modes.
"""

from pathlib import Path

import pytest

from tests.support.brokers import Broker
from tests.support.embedded import (
    PARTITIONS,
    PlainReader,
    PlainWriter,
    catalogue_broker,
    committed_offsets,
    empty_broker,
)
from tests.support.fever_story import LIFECYCLE, PATIENTS, all_there, decision_ids, expected_alerts, write_story
from tests.support.records import VITALS, partition_of
from tests.support.worker_process import REAL, TOY, WorkerProcess

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

HALF, WHOLE = 20, 40


def test_stopped_and_started_again_in_the_middle_gives_the_same_alerts(
    broker: Broker, tmp_path: Path, mode: str
) -> None:
    writer = PlainWriter(broker.bootstrap)
    reader = PlainReader(broker.bootstrap, LIFECYCLE)
    write_story(writer, 0, HALF)
    with WorkerProcess(broker.bootstrap, tmp_path, TOY, stream_mode=mode) as first:
        reader.read_until(all_there(expected_alerts(HALF)))
        assert first.stop() == 0, first.log()
    write_story(writer, HALF, WHOLE)
    with WorkerProcess(broker.bootstrap, tmp_path, TOY, stream_mode=mode) as second:
        messages = reader.read_until(all_there(expected_alerts(WHOLE)))
        second.until_ready()
        assert second.stop() == 0, second.log()
    seen = decision_ids(messages)
    assert set(seen) == expected_alerts(WHOLE)
    assert set(seen.values()) == {1}, "a clean stop repeats nothing"
    reader.close()
    end = dict.fromkeys(range(PARTITIONS), WHOLE * 5)
    committed = committed_offsets(broker.bootstrap, "test.worker.v1", [VITALS], PARTITIONS)
    assert {partition: offset for (_, partition), offset in committed.items()} == end


def test_an_event_that_makes_the_judgement_fail_is_never_acknowledged(
    broker: Broker, tmp_path: Path, mode: str
) -> None:
    poisoned = PATIENTS[0]
    partition = partition_of(poisoned.encode(), PARTITIONS)
    writer = PlainWriter(broker.bootstrap)
    write_story(writer, 0, 20)
    with WorkerProcess(broker.bootstrap, tmp_path, (*TOY, f"{poisoned}-v15"), stream_mode=mode) as failing:
        assert failing.until_ended() == 1, failing.log()
        assert "the judgement failed on vitals.observed.v1 partition" in failing.log()
        assert poisoned not in failing.log().split("Traceback")[0]
    after = committed_offsets(broker.bootstrap, "test.worker.v1", [VITALS], PARTITIONS)
    assert after.get((VITALS, partition), 0) <= 15 * 5, "it is the first event of the sixteenth minute"
    expected = expected_alerts(20)
    reader = PlainReader(broker.bootstrap, LIFECYCLE)
    with WorkerProcess(broker.bootstrap, tmp_path, TOY, stream_mode=mode) as mended:
        messages = reader.read_until(all_there(expected))
        mended.until_ready()
        assert mended.stop() == 0, mended.log()
    reader.close()
    assert set(decision_ids(messages)) == expected


def test_two_workers_share_the_partitions_and_one_takes_over_when_the_other_dies(
    broker: Broker, tmp_path: Path, mode: str
) -> None:
    writer = PlainWriter(broker.bootstrap)
    reader = PlainReader(broker.bootstrap, LIFECYCLE)
    with WorkerProcess(broker.bootstrap, tmp_path, TOY, stream_mode=mode) as one:
        one.until_ready(partitions=PARTITIONS)
        write_story(writer, 0, 10)
        reader.read_until(all_there(expected_alerts(10)))
        with WorkerProcess(broker.bootstrap, tmp_path, TOY, stream_mode=mode) as two:
            two.until_ready(partitions=PARTITIONS // 2)
            one.until_ready(partitions=PARTITIONS // 2)
            write_story(writer, 10, HALF)
            reader.read_until(all_there(expected_alerts(HALF)))
            two.kill()
        write_story(writer, HALF, WHOLE)
        one.until_ready(partitions=PARTITIONS)
        messages = reader.read_until(all_there(expected_alerts(WHOLE)))
        assert one.stop() == 0, one.log()
    reader.close()
    assert set(decision_ids(messages)) == expected_alerts(WHOLE)


def test_a_worker_refuses_topics_with_another_partition_count_and_says_what_to_do(tmp_path: Path) -> None:
    with (
        catalogue_broker(partitions=3) as three,
        WorkerProcess(three.bootstrap, tmp_path, REAL, partitions=4) as refused,
    ):
        assert refused.until_ended() == 1
        said = refused.log()
        assert "vitals.observed.v1" in said
        assert "3 partitions" in said
        assert "blinwatch topics apply" in said or "BLINWATCH_PARTITIONS" in said
        assert "Traceback" not in said


def test_a_worker_refuses_a_broker_without_its_topics_and_names_the_command(tmp_path: Path) -> None:
    with empty_broker() as empty, WorkerProcess(empty.bootstrap, tmp_path, REAL) as refused:
        assert refused.until_ended() == 1
        assert "blinwatch topics apply" in refused.log()


def test_a_state_of_another_group_is_refused(broker: Broker, tmp_path: Path) -> None:
    writer = PlainWriter(broker.bootstrap)
    reader = PlainReader(broker.bootstrap, "blinwatch.state.v1")
    write_story(writer, 0, 3)
    with WorkerProcess(broker.bootstrap, tmp_path, TOY) as first:
        reader.read_until(lambda messages: len({message.key() for message in messages}) == len(PATIENTS))
        assert first.stop() == 0
    reader.close()
    with WorkerProcess(broker.bootstrap, tmp_path, TOY, group_id="somebody.else") as second:
        assert second.until_ended() == 1
        assert "was written by consumer group 'test.worker.v1'" in second.log()

"""What recovery reads back from the changelog, and what it must never lose or take for true."""

from collections.abc import Mapping
from typing import Any

import faust
import pytest
from faust.types import TP

from blinwatch.deliver.output_record import OutputRecord
from blinwatch.stream.patient_book import Changed, Patient
from blinwatch.stream.state_table import ERA_KEY, StateTable
from blinwatch.stream.stored_state import StateError, StoredState, read_stored_state
from tests.support.toy_judge import ToyJudge, ToyState, ToyWriter

TOPIC = "blinwatch.state.v1"
GROUP = "ours"
P0, P1 = TP(TOPIC, 0), TP(TOPIC, 1)


class Message:
    """A changelog record as Faust hands it over."""

    def __init__(self, partition: int, offset: int, key: str, value: bytes | None, progress: int, group: str) -> None:
        self.message = self
        self.partition, self.offset, self.key, self.value = partition, offset, key.encode(), value
        self.headers = [("progress", str(progress).encode()), ("group", group.encode())]

    def in_term(self, term: bytes) -> "Message":
        self.headers.append(("term", term))
        return self


class Takeover:
    """Stands for the engine."""

    def __init__(self) -> None:
        self.adopted: dict[int, Mapping[str, StoredState]] = {}
        self.failures: list[BaseException] = []
        self.recovered = 0

    async def adopt(self, partition: int, stored: Mapping[str, StoredState]) -> None:
        self.adopted[partition] = stored

    async def failed(self, error: BaseException) -> None:
        self.failures.append(error)

    def count(self) -> None:
        self.recovered += 1


def new_table() -> tuple[StateTable, Takeover]:
    app = faust.App("test", broker="kafka://127.0.0.1:9", store="memory://", datadir="/nowhere")
    table = StateTable(app, name="states", changelog_topic=app.topic(TOPIC), key_type=bytes, value_type=bytes)
    takeover = Takeover()
    table.arrange(
        group=GROUP,
        read=read_stored_state,
        adopt=takeover.adopt,
        moved=lambda: None,
        recovered=takeover.count,
        failed=takeover.failed,
    )
    return table, takeover


def state(patient_id: str, offset: int) -> bytes:
    return ToyWriter().write(ToyState(patient_id=patient_id, event_count=offset), {"vitals.observed.v1": offset}, None)


def record(offset: int, key: str, progress: int, partition: int = 0, group: str = GROUP) -> Any:
    return Message(partition, offset, key, state(key, progress), progress, group)


async def test_the_newest_state_of_each_patient_is_handed_over_when_recovery_is_complete() -> None:
    table, takeover = new_table()
    table.apply_changelog_batch([record(0, "a", 10), record(1, "b", 11), record(2, "a", 12), record(0, "c", 5, 1)])
    assert not takeover.adopted
    await table.on_recovery_completed({P0, P1}, set())
    assert {name: stored.applied["vitals.observed.v1"] for name, stored in takeover.adopted[0].items()} == {
        "a": 12,
        "b": 11,
    }
    assert list(takeover.adopted[1]) == ["c"]
    assert takeover.recovered == 1
    assert ToyJudge().thaw(takeover.adopted[0]["a"]).event_count == 12


async def test_alerts_that_nobody_was_paged_for_are_stored_beside_the_state_and_handed_over() -> None:
    table, takeover = new_table()
    judge, patient_id = ToyJudge(), "p-1"
    waiting = OutputRecord(
        topic="alerts.lifecycle.v1", key=b"p-1", value=b'{"a":"\xc3\xa4"}', headers=(("type", b"x"),)
    )
    changed = Changed(0, b"p-1", Patient(judge, patient_id, read_stored_state(state(patient_id, 3))), (waiting,))
    stored = table.record_of(changed, changed.write(), b"0.1")
    message = record(0, patient_id, 3)
    message.headers = list(stored.headers)
    table.apply_changelog_batch([message])
    await table.on_recovery_completed({P0}, set())
    assert takeover.adopted[0][patient_id].unpaged == (waiting,)


async def test_a_worker_that_lost_the_partition_cannot_turn_a_state_back() -> None:
    """It was paused, another took over and wrote on; then it woke up and wrote what it still had in hand."""
    table, takeover = new_table()
    table.apply_changelog_batch([record(0, "a", 10), record(1, "a", 30), record(2, "a", 20)])
    assert table.covered_up(0) == ["a"]
    await table.on_recovery_completed({P0}, set())
    assert takeover.adopted[0]["a"].applied == {"vitals.observed.v1": 30}
    table.forget(0)
    table.apply_changelog_batch([record(2, "a", 20), record(3, "a", 30)])
    assert table.covered_up(0) == []


async def test_of_two_workers_states_the_later_owners_counts_also_where_the_other_has_read_more() -> None:
    """The two had got further in different topics. Only the later owner could commit: the offsets fit its state."""
    table, takeover = new_table()
    ours = record(1, "a", 12).in_term(b"0.6")
    table.apply_changelog_batch([record(0, "a", 10).in_term(b"0.5"), ours, record(2, "a", 100).in_term(b"0.5")])
    await table.on_recovery_completed({P0}, set())
    assert takeover.adopted[0]["a"].applied == {"vitals.observed.v1": 12}


@pytest.mark.parametrize(
    "newest,generation,term",
    [(b"0.5", 6, b"0.6"), (b"0.5", 5, b"1.5"), (b"0.5", 1, b"1.1"), (b"1.5", 2, b"2.2")],
    ids=["the next", "a static member came back", "the group was forgotten and counts anew", "and once more"],
)
async def test_a_takeover_begins_a_term_after_all_that_the_changelog_knows(
    newest: bytes, generation: int, term: bytes
) -> None:
    table, _ = new_table()
    table.generation = generation
    table.apply_changelog_batch([record(0, "a", 10).in_term(newest), record(1, "b", 10)])
    await table.on_recovery_completed({P0}, set())
    assert table.term_of(0) == term


def test_a_state_that_includes_only_the_first_record_of_a_topic_is_newer_than_one_that_does_not() -> None:
    table, _ = new_table()
    changed: Any = Changed(0, b"a", Patient(ToyJudge(), "a", None), ())
    changed.applied = {"vitals.observed.v1": 4}
    less = dict(table.record_of(changed, b"", b"0.1").headers)
    changed.applied = {"vitals.observed.v1": 4, "labs.resulted.v1": 0}
    more = dict(table.record_of(changed, b"", b"0.1").headers)
    assert (less["progress"], more["progress"]) == (b"5", b"6")
    assert more["term"] == b"0.1"


async def test_a_partition_that_stayed_is_not_read_again_and_not_taken_over_again() -> None:
    table, takeover = new_table()
    assert table.persisted_offset(P0) == -1, "read from its beginning"
    table.apply_changelog_batch([record(4, "a", 10)])
    await table.on_recovery_completed({P0}, set())
    table.written(0, 17)
    assert table.persisted_offset(P0) == 17
    takeover.adopted.clear()
    table.apply_changelog_batch([record(18, "a", 5)])
    await table.on_recovery_completed({P0}, set())
    assert not takeover.adopted
    assert takeover.recovered == 2


async def test_a_partition_that_went_away_is_read_from_its_beginning_when_it_comes_back() -> None:
    table, takeover = new_table()
    table.apply_changelog_batch([record(4, "a", 10)])
    await table.on_recovery_completed({P0}, set())
    table.forget(0)
    table.written(0, 99)
    assert table.persisted_offset(P0) == -1
    table.apply_changelog_batch([record(4, "a", 10), record(7, "a", 40)])
    await table.on_recovery_completed({P0}, set())
    assert takeover.adopted[0]["a"].applied == {"vitals.observed.v1": 40}


async def test_a_partition_that_is_given_out_anew_while_it_is_handed_over_keeps_what_was_read_back() -> None:
    table, takeover = new_table()

    async def given_out_anew(_partition: int, _stored: Mapping[str, StoredState]) -> None:
        table.generation += 1

    table._adopt = given_out_anew
    table.apply_changelog_batch([record(0, "a", 1), record(1, "b", 2)])
    await table.on_recovery_completed({P0, P1}, set())
    assert (takeover.recovered, takeover.adopted) == (0, {})
    table._adopt = takeover.adopt
    assert table.persisted_offset(P0) == 1, "it goes on after what was read"
    table.apply_changelog_batch([record(2, "b", 3)])
    await table.on_recovery_completed({P0}, set())
    assert {name: stored.applied["vitals.observed.v1"] for name, stored in takeover.adopted[0].items()} == {
        "a": 1,
        "b": 3,
    }


async def test_an_interrupted_recovery_goes_on_where_it_was() -> None:
    table, takeover = new_table()
    table.apply_changelog_batch([record(0, "a", 1), record(1, "b", 2)])
    assert table.persisted_offset(P0) == 1
    table.apply_changelog_batch([record(2, "a", 3)])
    await table.on_recovery_completed({P0}, set())
    assert sorted(takeover.adopted[0]) == ["a", "b"]


async def test_a_record_that_is_no_state_raises_nothing_while_reading_and_stops_the_takeover() -> None:
    """Faust swallows exceptions of its recovery loop; raised there, a state would be lost in silence."""
    table, takeover = new_table()
    broken: Any = Message(0, 0, "a", b"not a state", 1, GROUP)
    table.apply_changelog_batch([broken])
    with pytest.raises(StateError):
        await table.on_recovery_completed({P0}, set())
    assert len(takeover.failures) == 1
    assert takeover.recovered == 0


async def test_a_changelog_of_another_group_stops_the_takeover() -> None:
    table, takeover = new_table()
    table.apply_changelog_batch([record(0, "a", 1, group="theirs")])
    with pytest.raises(StateError, match="written by consumer group 'theirs', this worker's is 'ours'"):
        await table.on_recovery_completed({P0}, set())
    assert not takeover.adopted


async def test_a_removed_state_is_gone() -> None:
    table, takeover = new_table()
    removed: Any = Message(0, 1, "a", None, 10, GROUP)
    table.apply_changelog_batch([record(0, "a", 10), removed])
    await table.on_recovery_completed({P0}, set())
    assert not takeover.adopted[0]


async def test_only_a_new_era_is_made_known_and_once() -> None:
    table, _ = new_table()
    table.generation = 3
    table.apply_changelog_batch([record(0, "a", 1).in_term(b"0.7"), record(0, "b", 1, partition=1).in_term(b"0.2")])
    await table.on_recovery_completed({P0, P1}, set())
    (era,) = table.new_eras()
    assert (era.partition, era.key, era.value) == (0, ERA_KEY, None)
    assert dict(era.headers) == {"term": b"1.3", "group": GROUP.encode()}
    table.eras_are_known()
    assert table.new_eras() == []


async def test_the_next_owner_counts_from_an_era_of_which_no_state_is_there_yet() -> None:
    table, takeover = new_table()
    table.generation = 4
    era = Message(0, 1, ERA_KEY.decode(), None, 0, GROUP).in_term(b"1.3")
    table.apply_changelog_batch([record(0, "a", 1).in_term(b"0.7"), era])
    await table.on_recovery_completed({P0}, set())
    assert table.term_of(0) == b"1.4"
    assert set(takeover.adopted[0]) == {"a"}, "an era is no patient"
    assert table.new_eras() == []


async def test_an_era_of_another_group_is_refused_like_its_states() -> None:
    table, takeover = new_table()
    table.apply_changelog_batch([Message(0, 0, ERA_KEY.decode(), None, 0, "theirs").in_term(b"1.3")])
    with pytest.raises(StateError, match="theirs"):
        await table.on_recovery_completed({P0}, set())
    assert takeover.failures

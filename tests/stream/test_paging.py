"""After an outage nobody is paged for what is over, and somebody is for whatever still stands: wherever it is cut."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blinwatch.catalogue import load_catalogue
from blinwatch.deliver.output_record import OutputRecord
from blinwatch.deliver.publish_decisions import LIFECYCLE_TOPIC, DecisionPublisher
from blinwatch.receive.decode import decode_record
from blinwatch.stream.engine import Engine, TopicPartition
from blinwatch.stream.paging import HOLD_MOST_S, read_unpaged, write_unpaged
from blinwatch.stream.stored_state import StateError, StoredState
from tests.support.records import START, VITALS, Record, partition_of, patients_of, records, vitals
from tests.support.toy_judge import ToyJudge, ToyState

PARTITIONS, HERE = 4, 2
PATIENTS = patients_of(HERE, 3, PARTITIONS)
ANNA = PATIENTS[0]
INPUTS = [topic.name for topic in load_catalogue(PARTITIONS).inputs]
TURN = 7
"""Records judged in one turn, so that a story takes several."""


def marks(record: OutputRecord) -> dict[str, str]:
    return {name: value.decode() for name, value in record.headers if name in {"page", "delivery", "delay-s"}}


@dataclass
class Log:
    """A broker's part in it: what was written, what is committed, what a worker finds when it takes over."""

    story: list[Record]
    told: list[OutputRecord] = field(default_factory=list)
    """Everything on alerts.lifecycle.v1."""
    states: dict[str, StoredState] = field(default_factory=dict)
    committed: int = 0


class Worker:
    """An engine with a consumer that fetches `fetch` records at a time, and a clock on the wall."""

    def __init__(self, log: Log, now: Callable[[], datetime], fetch: int = 10) -> None:
        self.log, self.fetch = log, fetch
        self.engine: Engine[ToyState] = Engine(
            topics=INPUTS,
            judge=ToyJudge(),
            decode=decode_record,
            records_of=DecisionPublisher(rulebook_version="toy", rulebook_digest="0").records_of,
            home_partition=lambda key: partition_of(key, PARTITIONS),
            now=now,
        )
        self.engine.adopt(HERE, log.states)
        self.position = log.committed

    def turn(self, now_s: float = 0.0) -> bool:
        """Fetch, judge and write once; whether there was anything to do."""
        if not self.engine.waiting():
            fetched = self.log.story[self.position : self.position + self.fetch]
            self.engine.read(VITALS, HERE, fetched)
            self.position += len(fetched)
        batch = self.engine.judge(HERE, self._lagging, now_s, TURN)
        if batch is None:
            return False
        self.log.told += [record for record, _ in batch.outputs if record.topic == LIFECYCLE_TOPIC]
        return True

    def _lagging(self, topic: str) -> bool:
        return topic == VITALS and self.position < len(self.log.story)

    def write_states(self) -> None:
        for changed in self.engine.take_changed():
            stored = self.engine.read_state(changed.write())
            if changed.unpaged:
                stored = replace(stored, unpaged=read_unpaged(write_unpaged(changed.unpaged)))
            self.log.states[changed.key.decode()] = stored

    def commit(self) -> None:
        self.write_states()
        self.log.committed = self.engine.judged_offsets().get(TopicPartition(VITALS, HERE), self.log.committed)


def story_of(temperatures: list[tuple[int, float]]) -> list[Record]:
    """One reading a minute, each of some patient."""
    entries = [
        (PATIENTS[who].encode(), vitals(PATIENTS[who], minute, minute, temperature_c=degrees))
        for minute, (who, degrees) in enumerate(temperatures)
    ]
    return records(VITALS, HERE, entries)


def after_all(story: list[Record]) -> datetime:
    """An hour after the last reading: the whole story is the past."""
    return START + timedelta(minutes=len(story) + 60)


def last_of_each(told: list[OutputRecord]) -> dict[str, str]:
    """Alert id to its last transition, repeats left out."""
    seen, last = set[str](), dict[str, str]()
    for record in told:
        value = json.loads(record.value or b"")
        if value["decision_id"] not in seen:
            seen.add(value["decision_id"])
            last[value["alert_id"]] = value["transition"]
    return last


def paged(told: list[OutputRecord]) -> list[str]:
    return [json.loads(record.value or b"")["alert_id"] for record in told if marks(record)["page"] == "yes"]


STORIES = st.lists(
    st.tuples(st.integers(0, len(PATIENTS) - 1), st.sampled_from([37.0, 39.0])), min_size=15, max_size=60
)
"""Longer than one turn, so that there is a middle to be cut off in."""
CRASHES = st.lists(st.tuples(st.integers(1, 8), st.sampled_from(["all", "states", "nothing"])), min_size=1, max_size=4)
"""Turns of a worker, and what of its work was durable when it was killed."""


@given(STORIES, CRASHES, st.integers(1, 10))
@settings(deadline=None, max_examples=200)
def test_wherever_a_catch_up_is_cut_off_exactly_what_stands_at_its_end_is_paged(
    temperatures: list[tuple[int, float]], crashes: list[tuple[int, str]], fetch: int
) -> None:
    story = story_of(temperatures)
    log, now = Log(story), after_all(story)
    for turns, durable in crashes:
        worker = Worker(log, lambda: now, fetch)
        for _ in range(turns):
            worker.turn()
        if durable == "states":
            worker.write_states()
        elif durable == "all":
            worker.commit()
    last = Worker(log, lambda: now, fetch)
    while last.turn():
        pass
    last.commit()
    standing = {alert_id for alert_id, transition in last_of_each(log.told).items() if transition != "resolved"}
    assert set(paged(log.told)) == standing
    assert not any(stored.unpaged for stored in log.states.values()), "nothing waits any more"
    for record in log.told:
        assert marks(record)["delivery"] == "late"
        happened = datetime.fromisoformat(json.loads(record.value or b"")["occurred_at"])
        assert int(marks(record)["delay-s"]) == int((now - happened).total_seconds()), "with its true time"


@given(STORIES, CRASHES, st.integers(1, 10))
@settings(deadline=None)
def test_whoever_drops_what_he_has_seen_by_its_cloud_event_id_misses_no_call(
    temperatures: list[tuple[int, float]], crashes: list[tuple[int, str]], fetch: int
) -> None:
    """Killed in between, one decision may come without a call, then with one, twice each and in any order."""
    story = story_of(temperatures)
    log = Log(story)
    clock = [after_all(story)]
    for turns, durable in crashes:
        worker = Worker(log, lambda: clock[0], fetch)
        for _ in range(turns):
            worker.turn()
        if durable != "nothing":
            worker.write_states()
        clock[0] = START if clock[0] > START else after_all(story)  # now behind, now in time
    last = Worker(log, lambda: clock[0], fetch)
    while last.turn():
        pass
    seen: dict[bytes, OutputRecord] = {}
    for record in log.told:
        first = seen.setdefault(dict(record.headers)["ce_id"], record)
        assert first.value == record.value, "one id, one content"
    assert set(paged(list(seen.values()))) == set(paged(log.told))


@given(STORIES)
@settings(deadline=None)
def test_in_time_every_alert_that_outlasts_its_batch_pages_once(temperatures: list[tuple[int, float]]) -> None:
    log = Log([])
    clock = [START]
    worker = Worker(log, lambda: clock[0])
    for record in story_of(temperatures):
        log.story.append(record)
        clock[0] = START + timedelta(minutes=record.offset, seconds=1)
        assert worker.turn()
    raised = [record for record in log.told if json.loads(record.value or b"")["transition"] == "raised"]
    assert [marks(record) for record in raised] == [{"page": "yes", "delivery": "live"}] * len(raised)
    assert len(paged(log.told)) == len(raised)


def test_the_page_that_was_held_back_is_the_same_record_with_the_same_ids() -> None:
    story = story_of([(0, 39.0), *[(1, 37.0)] * 30])
    log, now = Log(story), after_all(story)
    worker = Worker(log, lambda: now)
    while worker.turn():
        pass
    first, second = log.told
    assert (first.key, first.value) == (second.key, second.value)
    assert (marks(first)["page"], marks(second)["page"]) == ("no", "yes")
    assert [dict(record.headers).get("repeat") for record in (first, second)] == [None, b"yes"]


def test_a_worker_that_does_not_catch_up_pages_after_a_minute_all_the_same() -> None:
    story = story_of([(0, 39.0), *[(1, 37.0)] * 200])
    log, now = Log(story), after_all(story)
    worker = Worker(log, lambda: now)
    worker.turn(now_s=100.0)
    worker.turn(now_s=100.0 + HOLD_MOST_S - 1)
    assert paged(log.told) == []
    worker.turn(now_s=100.0 + HOLD_MOST_S)
    assert paged(log.told) == [f"{ANNA}-fever-1"]


def test_what_lies_unread_for_less_than_a_minute_is_no_past() -> None:
    story = story_of([(0, 39.0), *[(1, 37.0)] * 30])
    log = Log(story)
    worker = Worker(log, lambda: START + timedelta(seconds=30), fetch=1)
    worker.turn()
    assert [marks(record) for record in log.told] == [{"page": "yes", "delivery": "live"}]


def test_a_late_chart_pages_at_once_and_says_that_it_is_late() -> None:
    story = story_of([(0, 39.0)])
    log = Log(story)
    Worker(log, lambda: START + timedelta(minutes=20)).turn()
    assert [marks(record) for record in log.told] == [{"page": "yes", "delivery": "late", "delay-s": "1200"}]


@pytest.mark.parametrize("stored", [b"{", b"[1]", b'[{"topic":"a","key":"b","value":null,"headers":[]}]'])
def test_damaged_memory_of_pages_is_refused_and_repeats_nothing(stored: bytes) -> None:
    with pytest.raises(StateError, match="cannot be read") as refused:
        read_unpaged(stored)
    assert "topic" not in str(refused.value)

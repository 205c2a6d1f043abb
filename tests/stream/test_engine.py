"""The engine without Kafka: a toy judgement, records made by hand."""

from collections import Counter
from typing import Any

import orjson
import pytest

from blinwatch.catalogue import load_catalogue
from blinwatch.deliver.publish_decisions import DecisionPublisher
from blinwatch.receive.decode import decode_record
from blinwatch.stream.engine import Batch, Engine, JudgementFailedError, TopicPartition
from blinwatch.stream.stored_state import StoredState
from tests.support.records import (
    LABS,
    PUMP,
    TICKS,
    VITALS,
    Record,
    lab,
    partition_of,
    patients_of,
    records,
    tick,
    vitals,
)
from tests.support.toy_judge import ToyJudge, ToyState

PARTITIONS = 4
HERE = 2
ANNA, BERT = patients_of(HERE, 2, PARTITIONS)
ELSEWHERE = patients_of(3, 1, PARTITIONS)[0]
INPUTS = [topic.name for topic in load_catalogue(PARTITIONS).inputs]


def new_engine(poison: str | None = None) -> Engine[ToyState]:
    engine = Engine(
        topics=INPUTS,
        judge=ToyJudge(poison),
        decode=decode_record,
        records_of=DecisionPublisher(rulebook_version="toy", rulebook_digest="0").records_of,
        home_partition=lambda key: partition_of(key, PARTITIONS),
    )
    engine.adopt(HERE, {})
    return engine


def judge_all(engine: Engine[ToyState]) -> Batch:
    batch = engine.judge(HERE, lambda _topic: False, 0.0, 10_000)
    return batch if batch is not None else Batch(HERE)


def of(patient_id: str, value: bytes) -> tuple[bytes, bytes]:
    return patient_id.encode(), value


def written_to(batch: Batch, topic: str) -> list[Any]:
    return [record for record, _ in batch.outputs if record.topic == topic]


def stored_states(engine: Engine[ToyState]) -> dict[str, StoredState]:
    return {changed.key.decode(): engine.read_state(changed.write()) for changed in engine.take_changed()}


def test_a_fever_becomes_an_alert_on_its_topics() -> None:
    engine = new_engine()
    engine.read(VITALS, HERE, records(VITALS, HERE, [of(ANNA, vitals(ANNA, 1, 0, temperature_c=38.5))]))
    batch = judge_all(engine)
    assert [record.topic for record, _ in batch.outputs] == [
        "alerts.lifecycle.v1",
        "alerts.active.v1",
        "audit.decisions.v1",
    ]
    assert batch.outcomes == {(VITALS, "accepted"): 1}


def test_a_refused_record_becomes_a_dead_letter_and_its_neighbours_go_on() -> None:
    engine = new_engine()
    good = of(ANNA, vitals(ANNA, 1, 0, temperature_c=38.5))
    engine.read(VITALS, HERE, records(VITALS, HERE, [(ANNA.encode(), b"{not json"), good, (ANNA.encode(), None)]))
    batch = judge_all(engine)
    letters = written_to(batch, f"dlq.{VITALS}")
    assert [letter.value for letter in letters] == [b"{not json", None]
    assert dict(letters[0].headers)["reason"] == b"not_json"
    assert dict(letters[0].headers)["original-offset"] == b"0"
    assert len(written_to(batch, "alerts.lifecycle.v1")) == 1
    assert batch.refused == {(VITALS, "not_json"): 1, (VITALS, "empty"): 1}


def test_a_record_in_a_foreign_partition_is_written_again_where_its_patient_is() -> None:
    engine = new_engine()
    value = vitals(ELSEWHERE, 1, 0, temperature_c=39)
    stray = Record(VITALS, HERE, 0, ELSEWHERE.encode(), value, (("trace", b"1"),))
    engine.read(VITALS, HERE, [stray])
    batch = judge_all(engine)
    ((moved, _),) = batch.outputs
    assert (moved.topic, moved.partition, moved.key, moved.value) == (VITALS, 3, ELSEWHERE.encode(), value)
    assert moved.headers == (("trace", b"1"),)
    assert batch.outcomes == {(VITALS, "moved"): 1}
    assert engine.patient_count() == 0


def test_a_record_that_the_state_includes_already_is_not_judged_again() -> None:
    engine = new_engine()
    story = records(VITALS, HERE, [of(ANNA, vitals(ANNA, n, n, temperature_c=37 + n)) for n in range(3)])
    engine.read(VITALS, HERE, story[:2])
    judge_all(engine)
    recovered = new_engine()
    recovered.adopt(HERE, stored_states(engine))
    recovered.read(VITALS, HERE, story)
    batch = judge_all(recovered)
    assert batch.outcomes == {(VITALS, "redelivered"): 2, (VITALS, "accepted"): 1}
    assert recovered.judged_offsets() == {TopicPartition(VITALS, HERE): 3}


def test_a_state_that_includes_a_record_already_is_written_again_by_the_owner_who_commits_the_record() -> None:
    """An earlier owner wrote it; an owner in between may not have known it, and its state would be the newer one."""
    engine = new_engine()
    story = records(VITALS, HERE, [of(ANNA, vitals(ANNA, 0, 0, temperature_c=37))])
    engine.read(VITALS, HERE, story)
    judge_all(engine)
    recovered = new_engine()
    recovered.adopt(HERE, stored_states(engine))
    recovered.read(VITALS, HERE, story)
    judge_all(recovered)
    assert [changed.key for changed in recovered.take_changed()] == [ANNA.encode()]


def test_offsets_are_remembered_for_each_topic_on_its_own() -> None:
    engine = new_engine()
    engine.read(VITALS, HERE, records(VITALS, HERE, [of(ANNA, vitals(ANNA, 1, 0))], first=700))
    engine.read(LABS, HERE, records(LABS, HERE, [of(ANNA, lab(ANNA, 1, 1))], first=3))
    judge_all(engine)
    assert stored_states(engine)[ANNA].applied == {VITALS: 700, LABS: 3}
    assert engine.applied_offsets(HERE) == {VITALS: 700, LABS: 3}


def test_a_tick_reaches_exactly_the_patients_whose_time_is_up() -> None:
    engine = new_engine()
    engine.read(VITALS, HERE, records(VITALS, HERE, [of(ANNA, vitals(ANNA, 1, 0)), of(BERT, vitals(BERT, 1, 8))]))
    judge_all(engine)
    engine.take_changed()
    engine.read(TICKS, HERE, records(TICKS, HERE, [(b"2", tick(HERE, 11))]))
    batch = judge_all(engine)
    assert [decision.patient_id for decision in batch.decisions] == [ANNA]
    assert list(stored_states(engine)) == [ANNA]


def test_a_patient_heard_of_late_learns_what_time_it_is() -> None:
    engine = new_engine()
    engine.read(TICKS, HERE, records(TICKS, HERE, [(b"2", tick(HERE, 60))]))
    judge_all(engine)
    engine.read(VITALS, HERE, records(VITALS, HERE, [of(ANNA, vitals(ANNA, 1, 0))]))
    batch = judge_all(engine)
    assert [(d.patient_id, d.alert.code) for d in batch.decisions if d.type == "alert_transition"] == [
        (ANNA, "SILENCE")
    ]


def test_a_record_in_a_foreign_partition_that_kafka_would_not_take_again_is_refused() -> None:
    engine = new_engine()
    value = vitals(ELSEWHERE, 1, 0, temperature_c=39)
    engine.read(VITALS, HERE, [Record(VITALS, HERE, 0, ELSEWHERE.encode(), value, (("trace", b"t" * 2_000_000),))])
    batch = judge_all(engine)
    ((letter, _),) = batch.outputs
    assert letter.topic == f"dlq.{VITALS}"
    assert dict(letter.headers)["reason"] == b"too_large"
    assert batch.refused == {(VITALS, "too_large"): 1}


def test_a_tick_that_names_another_partition_is_refused() -> None:
    engine = new_engine()
    engine.read(TICKS, HERE, records(TICKS, HERE, [(b"3", tick(3, 60))]))
    batch = judge_all(engine)
    assert dict(batch.outputs[0][0].headers)["reason"] == b"wrong_partition"


def test_a_recovered_patient_is_told_the_time_before_anything_happens_to_it() -> None:
    engine = new_engine()
    engine.read(VITALS, HERE, records(VITALS, HERE, [of(ANNA, vitals(ANNA, 1, 0))]))
    judge_all(engine)
    recovered = new_engine()
    recovered.adopt(HERE, stored_states(engine))
    recovered.read(TICKS, HERE, records(TICKS, HERE, [(b"2", tick(HERE, 11))]))
    assert [decision.patient_id for decision in judge_all(recovered).decisions] == [ANNA]


def test_a_failing_judgement_says_where_and_never_what() -> None:
    engine = new_engine(poison=f"{ANNA}-v2")
    story = [of(ANNA, vitals(ANNA, number, number)) for number in range(4)]
    engine.read(VITALS, HERE, records(VITALS, HERE, story, first=10))
    with pytest.raises(JudgementFailedError) as told:
        judge_all(engine)
    assert str(told.value) == f"the judgement failed on {VITALS} partition 2 offset 12: ZeroDivisionError"
    assert engine.judged_offsets() == {}, "nothing of a failed batch may be committed"


def test_what_was_read_and_not_judged_is_forgotten_when_reading_starts_anew() -> None:
    engine = new_engine()
    engine.read(PUMP, HERE, records(PUMP, HERE, [(ANNA.encode(), b"{}")]))
    engine.forget_unjudged(HERE)
    assert engine.waiting() == 0
    assert judge_all(engine).outcomes == Counter()


def test_a_partition_that_is_given_away_takes_its_patients_along() -> None:
    engine = new_engine()
    engine.read(VITALS, HERE, records(VITALS, HERE, [of(ANNA, vitals(ANNA, 1, 0))]))
    judge_all(engine)
    engine.forget(HERE)
    assert engine.partitions == ()
    assert engine.patient_count() == 0
    assert engine.judged_offsets() == {}


def test_the_same_records_give_the_same_bytes() -> None:
    def run() -> list[tuple[str, bytes | None]]:
        engine = new_engine()
        engine.read(
            VITALS,
            HERE,
            records(VITALS, HERE, [of(ANNA, vitals(ANNA, n, n, temperature_c=36.5 + n)) for n in range(5)]),
        )
        return [(record.topic, record.value) for record, _ in judge_all(engine).outputs]

    first, second = run(), run()
    assert first == second
    assert all(value == orjson.dumps(orjson.loads(value), option=orjson.OPT_SORT_KEYS) for _, value in first if value)

"""A checker that finds nothing means nothing unless it finds what is put there: one fault of each kind, by hand."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import orjson
import pytest

from blinwatch.catalogue import load_catalogue
from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.stream.core_judge import CoreJudge
from blinwatch.stream.engine import Engine, TopicPartition
from blinwatch.wiring import build_engine
from tests.aftermath.checker import AUDIT, LIFECYCLE, STATUSES, check
from tests.aftermath.remains import STATE_TOPIC, Remains, Stored
from tests.aftermath.very_late import decision_in
from tests.simulated.simulation import run
from tests.support.records import LABS, VITALS, at, lab, vitals

Log = list[Stored]
SEEDS = range(40)


@cache
def remains() -> Remains:
    """What a seed without fault left, one in which alerts come and go and records are refused."""
    for seed in SEEDS:
        left = run(seed, judge="toy").remains
        if any(has_steps(list(log)) for place, log in left.logs.items() if place.topic == LIFECYCLE) and any(
            log for place, log in left.logs.items() if place.topic.startswith("dlq.")
        ):
            assert not check(left).faults
            return left
    raise AssertionError("no seed has what is needed")


def has_steps(log: Log) -> bool:
    """Whether some alert is told of twice."""
    alerts = [orjson.loads(record.value or b"")["alert_id"] for record in first_of_each(log)]
    return len(alerts) > len(set(alerts))


def first_of_each(log: Log) -> Log:
    return list({dict(record.headers)["decision-id"]: record for record in reversed(log)}.values())[::-1]


def with_log(topic: str, change: Callable[[Log], Log | None]) -> Remains:
    """The same with one partition's log of a topic changed: the first that the change wants to change."""
    logs: dict[TopicPartition, Sequence[Stored]] = dict(remains().logs)
    for place in sorted(logs):
        if place.topic == topic and logs[place] and (changed := change(list(logs[place]))) is not None:
            logs[place] = changed
            return replace(remains(), logs=logs)
    raise AssertionError(f"nothing in {topic} could be changed")


def faults(changed: Remains) -> set[str]:
    return {fault.kind for fault in check(changed).faults}


def decision(record: Stored) -> bytes:
    return dict(record.headers)["decision-id"]


def test_an_alert_that_is_missing_is_lost() -> None:
    assert "lost" in faults(with_log(LIFECYCLE, lambda log: [one for one in log if decision(one) != decision(log[0])]))


def test_an_alert_that_the_fault_free_run_does_not_have_is_one_too_many() -> None:
    def one_more(log: Log) -> Log:
        headers = tuple((name, b"made-up" if name == "decision-id" else text) for name, text in log[0].headers)
        return [*log, replace(log[0], headers=headers)]

    assert faults(with_log(LIFECYCLE, one_more)) == {"twice"}


def test_another_content_under_a_known_id_is_a_second_alert() -> None:
    def another_content(log: Log) -> Log:
        document = orjson.loads(log[-1].value or b"")
        return [*log, replace(log[-1], value=orjson.dumps({**document, "grade": 4}))]

    assert faults(with_log(AUDIT, another_content)) == {"twice"}


def test_a_repeat_with_the_same_content_is_no_fault() -> None:
    assert faults(with_log(AUDIT, lambda log: [*log, log[0]])) == set()


def test_steps_of_one_alert_in_another_order_are_seen() -> None:
    assert faults(with_log(LIFECYCLE, lambda log: first_of_each(log)[::-1] if has_steps(log) else None)) == {"order"}


def test_a_state_that_is_behind_is_seen() -> None:
    def without_one_patient(log: Log) -> Log:
        return [record for record in log if record.key != log[-1].key]

    assert faults(with_log(STATE_TOPIC, without_one_patient)) == {"state"}


def without_first_letter(log: Log) -> Log:
    """Nor its repeats, which say the same."""
    return [record for record in log if record.value != log[0].value]


@pytest.mark.parametrize("change", [without_first_letter, lambda log: [*log, replace(log[0], value=b"other")]])
def test_a_dead_letter_missing_or_too_many_is_seen(change: Callable[[Log], Log]) -> None:
    topic = next(place.topic for place, log in remains().logs.items() if place.topic.startswith("dlq.") and log)
    assert faults(with_log(topic, change)) == {"dead letters"}


def test_a_stray_that_nobody_moved_is_seen() -> None:
    left = next(run(seed, judge="toy").remains for seed in SEEDS if run(seed, judge="toy").story.strays)
    stray = left.strays[0]
    place = TopicPartition(stray.topic, left.home(stray.key or b""))
    logs = {**left.logs, place: [record for record in left.logs[place] if record.key != stray.key]}
    assert "moved" in faults(replace(left, logs=logs))


def test_a_screen_that_shows_an_old_status_is_seen() -> None:
    """In a run that was read while it was written, only the newest status of each patient counts."""
    core = next(left for left in (run(seed, judge="core").remains for seed in SEEDS) if has_two_statuses(left))
    core = replace(core, is_live=True)
    assert not check(core).faults
    logs = {
        place: log if place.topic != STATUSES else [one for one in log if one is first_status(log, one.key)]
        for place, log in core.logs.items()
    }
    assert {fault.kind for fault in check(replace(core, logs=logs)).faults} == {"status"}


def first_status(log: Sequence[Stored], key: bytes | None) -> Stored:
    return next(record for record in log if record.key == key)


def has_two_statuses(left: Remains) -> bool:
    minutes = {orjson.loads(record.value or b"")["as_of"] for record in left.written([STATUSES])}
    return len(minutes) > 5


PARTITION, PARTITIONS = 0, 1
LATE, ON_TIME = "pt-late", "pt-on-time"


def two_patients() -> list[tuple[str, str, bytes]]:
    """Topic, patient and value in the order of arrival: one laboratory result of the first is 35 minutes late."""
    told = [
        (VITALS, name, vitals(name, minute, minute, temperature_c=38.6 if minute > 20 else 36.8, sbp_mmhg=120))
        for minute in range(41)
        for name in (LATE, ON_TIME)
    ]
    return [(LABS, LATE, lab(LATE, 1, 0)), *told, (LABS, LATE, lab(LATE, 2, 5))]


def judged_as_it_came() -> Remains:
    """What is left where each record was judged as soon as it was there: no topic's future was known."""
    catalogue, rulebook = load_catalogue(PARTITIONS), load_rulebook()
    logs: dict[TopicPartition, list[Stored]] = {}

    def keep(topic: str, key: bytes | None, value: bytes | None, headers: tuple[tuple[str, bytes], ...]) -> Stored:
        log = logs.setdefault(TopicPartition(topic, PARTITION), [])
        log.append(Stored(topic, PARTITION, len(log), key, value, headers))
        return log[-1]

    def new_engine() -> Engine[Any]:
        return build_engine(CoreJudge(rulebook), rulebook, catalogue)

    engine = new_engine()
    engine.adopt(PARTITION, {})
    for topic, name, value in two_patients():
        engine.read(topic, PARTITION, [keep(topic, name.encode(), value, ())])
        while (batch := engine.judge(PARTITION, lambda _topic: False, 0.0, 1000)) is not None:
            for record, _ in batch.outputs:
                keep(record.topic, record.key, record.value, tuple(record.headers))
    return Remains(
        judge="core",
        topics=tuple(topic.name for topic in catalogue.inputs),
        partitions=PARTITIONS,
        group="checked",
        logs=logs,
        new_engine=new_engine,
        home=lambda _key: PARTITION,
        is_live=True,
    )


def decisions_faulty(left: Remains) -> set[str]:
    """Kinds of faults in what was decided; this run stored no states."""
    return {fault.kind for fault in check(left).faults} - {"state"}


def without(left: Remains, wanted: Callable[[dict[str, Any]], bool]) -> Remains:
    """The same with the audit's first record of this kind missing."""
    place = TopicPartition(AUDIT, PARTITION)
    gone = next(record for record in left.logs[place] if wanted(decision_in(record.value or b"")))
    return replace(left, logs={**left.logs, place: [record for record in left.logs[place] if record is not gone]})


def test_what_depends_on_the_order_of_topics_after_a_very_late_event_is_set_aside_and_counted() -> None:
    verdict = check(judged_as_it_came())
    assert (verdict.left_open > 0, verdict.very_late_patients) == (True, 1)
    assert decisions_faulty(judged_as_it_came()) == set()


def test_a_loss_is_no_less_a_loss_because_another_patient_had_a_very_late_event() -> None:
    assert decisions_faulty(without(judged_as_it_came(), lambda said: said["patient_id"] == ON_TIME)) == {"lost"}


def test_before_the_very_late_event_nothing_of_its_patient_may_be_missing() -> None:
    left = judged_as_it_came()

    def early(said: dict[str, Any]) -> bool:
        return said["patient_id"] == LATE and said["occurred_at"] < at(5)

    assert decisions_faulty(without(left, early)) == {"lost"}

"""A story for the toy judgement: twenty patients whose fever comes and goes, and the alerts that must come of it."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from confluent_kafka import Message

from blinwatch.receive.decode import decode_event
from tests.support.embedded import PARTITIONS, PlainWriter, told_first
from tests.support.records import VITALS, patients_of, vitals
from tests.support.toy_judge import ToyJudge

LIFECYCLE = "alerts.lifecycle.v1"
PATIENTS_PER_PARTITION = 5
PATIENTS = [name for number in range(PARTITIONS) for name in patients_of(number, PATIENTS_PER_PARTITION, PARTITIONS)]


def write_minutes(writer: PlainWriter, first: int, end: int) -> None:
    """Every patient's temperature, minute by minute: fever comes and goes every third minute."""
    for minute in range(first, end):
        for number, name in enumerate(PATIENTS):
            writer.write(VITALS, name, _temperature(number, name, minute))


def write_story(writer: PlainWriter, first: int, end: int) -> None:
    """The same, and the broker has it all."""
    write_minutes(writer, first, end)
    writer.flush()


def expected_alerts(end: int) -> set[str]:
    """The decision ids of an uninterrupted run, by the toy's own rule."""
    judge, ids = ToyJudge(), set[str]()
    for number, name in enumerate(PATIENTS):
        state = judge.new_patient(name)
        for minute in range(end):
            event: Any = decode_event(VITALS, _temperature(number, name, minute))
            state, decisions = judge.step(state, event)
            ids |= {decision.decision_id for decision in decisions}
    return ids


def decision_ids(messages: list[Message]) -> Counter[str]:
    """How often each decision was written."""
    return Counter(json.loads(message.value())["decision_id"] for message in told_first(messages))


def all_there(expected: set[str]) -> Callable[[list[Message]], bool]:
    """Tells whether every one of these decisions has been written; looks at each record of a growing list once."""
    missing, looked_at = set(expected), Counter[str]()

    def check(messages: list[Message]) -> bool:
        missing.difference_update(decision_ids(messages[looked_at["records"] :]))
        looked_at["records"] = len(messages)
        return not missing

    return check


def _temperature(number: int, name: str, minute: int) -> bytes:
    return vitals(name, minute, minute, temperature_c=39.0 if (minute + number) % 3 == 0 else 37.0)

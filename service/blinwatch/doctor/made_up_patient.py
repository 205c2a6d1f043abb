"""A made-up patient in each partition: its alert must come, and must end, each within the time that was given.

What:      the pump of a patient who does not exist reports air in the line, and no longer. The way is that of a
           person's event: topic, worker, ordering, judgement, producer, brokers. Only the answer goes to a topic of its
           own.
Caveats:   - each partition is asked, so a worker that holds a partition and judges nothing in it is found.
           - the end is written whatever happened, after the beginning, so that nothing stays raised; what an earlier
             round left is ended first.
           - two rounds of the same name at once may take each other's alert away: the permanent self-test and a person
             have names of their own.
"""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from pydantic import ValidationError

from blinwatch.core.doctor_patient import ALARM_CODE, MARK
from blinwatch.deliver.doctor_answer import ANSWERS_TOPIC, SelfTestAnswer
from blinwatch.kafka_identity import kafka_options
from blinwatch.receive.doctor_record import TOPIC, SelfTestRecord

POLL_MS = 100
REQUEST_TIMEOUT_MS = 15_000
NEXT_MOMENT_S = 0.002
"""Events are told apart by the millisecond: the end must not stand at the moment of the beginning."""


@dataclass(slots=True)
class _Patient:
    patient_id: str
    cause: str = ""
    began_s: float = 0.0
    raised_s: float | None = None
    alert_id: str | None = None
    ended: bool = False


@dataclass(slots=True)
class Course:
    """What became of the made-up patients."""

    alert_s: dict[int, float] = field(default_factory=dict[int, float])
    """Partition to the time from event to alert."""
    without_alert: list[int] = field(default_factory=list[int])
    """Partitions where no alert came in time."""
    without_end: list[int] = field(default_factory=list[int])
    """Partitions where the alert came and was not told to be over in time."""


def patient_in(partition: int, name: str, partition_of: Callable[[bytes], int]) -> str:
    """The id of the doctor's patient in a partition: always the same one, so that the state it leaves has a bound."""
    ids = (f"{MARK}{name}.p{partition}.{number}" for number in count())
    return next(one for one in ids if partition_of(one.encode()) == partition)


async def ask_test_patients(bootstrap: str, patients: dict[int, str], within_s: float) -> Course:
    """Raise and end the alert of each patient. Raises `KafkaError`, `OSError` or `TimeoutError` where Kafka refuses."""
    known = {patient_id: _Patient(patient_id) for patient_id in patients.values()}
    places = [TopicPartition(ANSWERS_TOPIC, number) for number in patients]
    async with AsyncExitStack() as stack:
        consumer: Any = AIOKafkaConsumer(
            bootstrap_servers=bootstrap,
            group_id=None,
            enable_auto_commit=False,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            fetch_max_wait_ms=POLL_MS,
            **kafka_options(),
        )
        stack.push_async_callback(consumer.stop)
        await consumer.start()
        consumer.assign(places)
        await consumer.seek_to_end(*places)
        for place in places:
            await consumer.position(place)
        producer: Any = AIOKafkaProducer(
            bootstrap_servers=bootstrap, acks="all", request_timeout_ms=REQUEST_TIMEOUT_MS, **kafka_options()
        )
        stack.push_async_callback(producer.stop)
        await producer.start()
        await _say(producer, known, alarm=False)
        await asyncio.sleep(NEXT_MOMENT_S)
        try:
            await _say(producer, known, alarm=True)
            await _listen(consumer, known, within_s, lambda one: one.raised_s is not None)
        finally:
            await asyncio.sleep(NEXT_MOMENT_S)
            await _say(producer, known, alarm=False)
        await _listen(consumer, known, within_s, lambda one: one.ended or one.raised_s is None)
    return _course(patients, known)


async def _say(producer: Any, known: dict[str, _Patient], *, alarm: bool) -> None:
    """One event for each patient; done when the brokers have them all."""
    written: list[Awaitable[Any]] = []
    for patient in known.values():
        record = SelfTestRecord(
            event_id=f"self-test-{uuid.uuid4()}",
            patient_id=patient.patient_id,
            occurred_at=datetime.now(UTC),
            alarm=alarm,
        )
        if alarm:
            patient.cause, patient.began_s = record.event_id, time.monotonic()
        value = record.model_dump_json().encode()
        written.append(await producer.send(TOPIC, value, key=patient.patient_id.encode()))
    await asyncio.gather(*written)


async def _listen(
    consumer: Any, known: dict[str, _Patient], within_s: float, is_done: Callable[[_Patient], bool]
) -> None:
    end_s = time.monotonic() + within_s
    while not all(map(is_done, known.values())) and time.monotonic() < end_s:
        batches: dict[TopicPartition, list[Any]] = await consumer.getmany(timeout_ms=POLL_MS)
        read_s = time.monotonic()
        for record in (one for batch in batches.values() for one in batch):
            with suppress(ValidationError):
                _hear(known, SelfTestAnswer.model_validate_json(record.value or b""), read_s)


def _hear(known: dict[str, _Patient], answer: SelfTestAnswer, read_s: float) -> None:
    patient = known.get(answer.patient_id)
    if patient is None or answer.code != ALARM_CODE:
        return
    if answer.transition == "raised" and answer.caused_by == patient.cause and patient.raised_s is None:
        patient.raised_s, patient.alert_id = read_s - patient.began_s, answer.alert_id
    elif answer.transition == "resolved" and answer.alert_id == patient.alert_id:
        patient.ended = True


def _course(patients: dict[int, str], known: dict[str, _Patient]) -> Course:
    course = Course()
    for partition, patient_id in sorted(patients.items()):
        patient = known[patient_id]
        if patient.raised_s is None:
            course.without_alert.append(partition)
            continue
        course.alert_s[partition] = patient.raised_s
        if not patient.ended:
            course.without_end.append(partition)
    return course

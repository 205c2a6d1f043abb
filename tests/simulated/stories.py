"""What lies in the input topics in one seed: patients' stories with everything that goes wrong before Kafka.

What:      two kinds. A `filled` log is complete before anybody reads it and each topic is in the order of time, so
           the order in which records are judged follows from the log alone (`EventOrder`) and every run must end alike.
           A `growing` log is written while workers come and go, with topics far apart and records late within their
           topic: the order between topics is anybody's, and only a judgement that does not mind it (`LedgerJudge`) can
           be compared.
Caveats:   a stray record (written into a foreign partition) is moved by whoever meets it, whenever that is. Its patient
           has no other topic and comes after all ticks, so that its moment of arrival decides nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

import orjson

from blinwatch.core.events import Tick
from blinwatch.core.evidence import to_ms
from blinwatch.deliver.output_record import OutputRecord
from blinwatch.receive.event_log import encode_event, read_events, topic_of
from tests.support.records import LABS, START, TICKS, VITALS, at, lab, partition_of, tick, vitals

PARTITIONS = 3
GOLDEN = Path(__file__).parents[1] / "golden"
ROUGH = (b"", b"{", b"[1, 2]", b'{"type": "vitals_observed"}', b"\xff\xfe", b'{"type": "nobody_knows"}')
"""Values that no reader can use."""


@dataclass(frozen=True)
class Story:
    """The input of one seed."""

    topics: tuple[str, ...]
    records: tuple[OutputRecord, ...]
    """In the order in which they are written."""
    grows: bool
    """Whether they are written while workers read."""
    strays: tuple[OutputRecord, ...]
    """Those that lie in a partition that is not their patient's."""


def home(key: bytes) -> int:
    """The partition of a key."""
    return partition_of(key, PARTITIONS)


@dataclass(frozen=True)
class _Timed:
    minutes: float
    record: OutputRecord


def toy_story(random: Random, *, grows: bool) -> Story:
    """Temperatures that come and go, laboratory results, silences; late, twice, shuffled, poisoned and astray."""
    patients = [f"pt-{number}" for number in random.sample(range(1000), random.randint(2, 6))]
    length_minutes = random.choice([20.0, 60.0])
    timed: list[_Timed] = []
    for name in patients:
        timed += _one_patient(random, name, length_minutes, lab_share=0.5 if grows else 0.2)
    timed += _spoiled(random, patients, length_minutes)
    if not grows:
        timed += [
            _Timed(
                minutes,
                OutputRecord(topic=TICKS, key=str(number).encode(), value=tick(number, minutes), partition=number),
            )
            for number in range(PARTITIONS)
            for minutes in range(5, int(length_minutes) + 30, 5)
        ]
    again = random.sample(timed, len(timed) // 10)
    if grows:
        timed.sort(key=lambda one: one.minutes + (random.uniform(0, 8) if random.random() < 0.2 else 0))
        timed += again
    else:
        timed = sorted([*timed, *again], key=lambda one: one.minutes)
    strays = _strays(random, length_minutes + 60)
    records = [one.record for one in timed]
    if grows:
        records = _topics_apart(random, records)
    for stray in strays:
        records.insert(random.randint(0, len(records)), stray)
    return Story((VITALS, LABS, TICKS), tuple(records), grows, tuple(strays))


def _one_patient(random: Random, name: str, length_minutes: float, lab_share: float) -> list[_Timed]:
    timed: list[_Timed] = []
    minutes, number = random.uniform(0, 3), 0
    while minutes < length_minutes:
        number += 1
        if random.random() < lab_share:
            timed.append(_Timed(minutes, OutputRecord(topic=LABS, key=name.encode(), value=lab(name, number, minutes))))
        else:
            value = vitals(name, number, minutes, temperature_c=random.choice([36.8, 37.5, 38.2, 39.5]))
            timed.append(_Timed(minutes, OutputRecord(topic=VITALS, key=name.encode(), value=value)))
        minutes += 15 if random.random() < 0.08 else random.uniform(0.5, 4)
    return timed


def _spoiled(random: Random, patients: list[str], length_minutes: float) -> list[_Timed]:
    return [
        _Timed(
            random.uniform(0, length_minutes),
            OutputRecord(
                topic=random.choice([VITALS, LABS]),
                key=random.choice(patients).encode(),
                value=random.choice(ROUGH),
                headers=(("number", b"%d" % number),),
            ),
        )
        for number in range(random.randint(0, 5))
    ]


def _strays(random: Random, minutes: float) -> list[OutputRecord]:
    strays: list[OutputRecord] = []
    for number in range(random.randint(0, 3)):
        name = f"astray-{random.randrange(1000)}-{number}"
        wrong = random.choice([one for one in range(PARTITIONS) if one != home(name.encode())])
        value = vitals(name, 1, minutes, temperature_c=39.0)
        strays.append(OutputRecord(topic=VITALS, key=name.encode(), value=value, partition=wrong))
    return strays


def _topics_apart(random: Random, records: list[OutputRecord]) -> list[OutputRecord]:
    """Each topic keeps its order; which of them goes on is drawn, with long runs of one."""
    queues = {topic: [record for record in records if record.topic == topic] for topic in (VITALS, LABS)}
    apart: list[OutputRecord] = []
    while any(queues.values()):
        queue = random.choice([queue for queue in queues.values() if queue])
        count = random.randint(1, 25)
        apart += queue[:count]
        del queue[:count]
    return apart


@cache
def _histories() -> tuple[tuple[tuple[str, float, bytes], ...], ...]:
    """The golden histories: topic, minutes since the start, and value of each record, for a patient named `golden`."""
    return tuple(
        tuple(
            (topic_of(event), (to_ms(event.occurred_at) - to_ms(START)) / 60_000, encode_event(event))
            for event in read_events(path)
            if not isinstance(event, Tick)
        )
        for path in sorted(GOLDEN.glob("*/events.jsonl"))
    )


def core_story(random: Random, records_a_patient: int) -> Story:
    """The beginnings of golden histories, several patients at once, some records twice."""
    timed: list[_Timed] = []
    topics_of_all = sorted({topic for history in _histories() for topic, _, _ in history})
    for number in range(random.randint(1, 3)):
        name = f"pt-{random.randrange(1000)}-{number}"
        history = random.choice(_histories())
        first = random.choice([0, max(0, len(history) // 2 - records_a_patient)])
        for topic, minutes, value in (*history[:2], *history[max(2, first) : first + records_a_patient]):
            document = orjson.loads(value)
            document["patient_id"] = name
            # No two topics share a moment: which of two records of one moment comes first depends on what was fetched.
            moment = minutes + (1 + topics_of_all.index(topic)) / 60_000
            document["occurred_at"] = at(moment)
            timed.append(_Timed(moment, OutputRecord(topic=topic, key=name.encode(), value=orjson.dumps(document))))
    end = int(max(one.minutes for one in timed))
    timed += [
        _Timed(
            minutes, OutputRecord(topic=TICKS, key=str(number).encode(), value=tick(number, minutes), partition=number)
        )
        for number in range(PARTITIONS)
        for minutes in range(10, end + 30, max(10, end // 20))
    ]
    timed = sorted([*timed, *random.sample(timed, len(timed) // 20)], key=lambda one: one.minutes)
    topics = tuple(dict.fromkeys([TICKS, *(one.record.topic for one in timed)]))
    return Story(topics, tuple(one.record for one in timed), grows=False, strays=())


StoryTeller = Callable[[Random], Story]

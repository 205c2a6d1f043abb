"""What must be true after every run, whatever happened in it.

The measure is the fault-free run: one engine reads the log as it is at the end from its first record to its last, with
nobody killed. Everything is compared after repeats have been recognised by their id, as a subscriber does. Whoever ran
the run says besides whether it came to its end: `finished`, all records judged and committed, nobody waiting for ever.

    not lost      Every decision of the fault-free run is on its topic: alerts, grades, advice, audit.
    not twice     Nothing else is: no decision beyond, and none with other content under the same id.
    status        The newest status of each patient is of the same moment, give or take a few minutes.
    in order      The steps of one alert stand in the order of the fault-free run, the first of each id counting.
    same state    What recovery would find in the changelog is what the fault-free run ends with: each patient's state,
                  the offsets that it includes, its deadline.
    dead letters  Every refused record is in its dead letter topic with the same reason, and no other.
    moved         Every record astray was written again where its patient is, byte for byte.

Set aside and counted: decisions and states that depend on the order in which topics were read, because an event of the
patient came later than the window (`very_late.py`). Only where a run was read while it was written.

Counted beside it, because nothing keeps it today (docs/decisions/0014): alerts that alerts.active.v1 shows although
they have ended. What a killed or paused worker had on its way may land after the removal that the next owner wrote.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

import orjson
from faust.types import TP

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.step import present
from blinwatch.deliver.dead_letter import FIRST_SEEN
from blinwatch.deliver.output_record import OutputRecord
from blinwatch.deliver.publish_decisions import OUTPUT_TOPICS
from blinwatch.stream.core_judge import CoreJudge
from blinwatch.stream.engine import Engine, TopicPartition
from blinwatch.stream.state_table import StateTable
from blinwatch.stream.stored_state import StoredState
from tests.aftermath.remains import STATE_TOPIC, Remains, Stored
from tests.aftermath.very_late import VeryLate, decision_in, find_very_late
from tests.simulated.faust_stand_in import new_table

LIFECYCLE, AUDIT = "alerts.lifecycle.v1", "audit.decisions.v1"
VIEWS = frozenset({"alerts.active.v1"})
"""Compacted by alert: the newest record counts, not each of them; their decisions are on the lifecycle topic too."""
STATUSES = "patients.status.v1"
STATUS_AGE_MOST = timedelta(minutes=3)
"""A status is told each minute, upon whatever record comes first then."""


@dataclass(frozen=True)
class Fault:
    """A promise that a seed broke."""

    kind: str
    """`lost`, `twice`, `status`, `order`, `state`, `dead letters`, `moved` or `finished`."""
    what: str
    is_left_open: bool = False
    """Not a fault: it depends on the order of topics, and an event of the patient came beyond the window."""


@dataclass(frozen=True)
class Verdict:
    """What the checker says of a seed."""

    faults: list[Fault]
    decisions: int = 0
    """Decisions of the fault-free run."""
    repeats: int = 0
    """Records of decisions beyond the first of each: recognised by their ids."""
    stale_alerts: int = 0
    """Alerts that have ended and that alerts.active.v1 still shows."""
    left_open: int = 0
    """Decisions and states that differ and may: events of their patients came beyond the window."""
    very_late_patients: int = 0
    """Of how many patients events came beyond the window."""


def check(remains: Remains) -> Verdict:
    """Everything that is wrong after a run."""
    reference = _Reference(remains)
    decisions = sum(record.topic == AUDIT for record in reference.outputs)
    both = (*reference.outputs, *remains.written([AUDIT])) if remains.is_live else ()
    very_late = find_very_late(both)
    found = list(_faults(remains, reference, very_late))
    return Verdict(
        [fault for fault in found if not fault.is_left_open],
        decisions=decisions,
        left_open=sum(fault.is_left_open for fault in found),
        very_late_patients=len(very_late.since),
        repeats=len(remains.written([AUDIT])) - decisions,
        stale_alerts=len(_standing(remains.written(VIEWS)) - _standing(reference.outputs)),
    )


def _standing(records: Iterable[OutputRecord | Stored]) -> set[bytes]:
    """The alerts that a reader of the compacted view sees."""
    newest = {record.key: record.value for record in records if record.topic in VIEWS}
    return {key for key, value in newest.items() if key is not None and value is not None}


def _faults(remains: Remains, reference: "_Reference", very_late: VeryLate) -> Iterable[Fault]:
    yield from _check_decisions(remains, reference, very_late)
    yield from _check_order(remains, reference, very_late)
    yield from _check_statuses(remains, reference)
    yield from _check_states(remains, reference, very_late)
    yield from _check_dead_letters(remains, reference)
    yield from _check_moved(remains)


class _Reference:
    """The fault-free run over the final log."""

    def __init__(self, remains: Remains) -> None:
        engine: Engine[object] = remains.new_engine()
        self.outputs: list[OutputRecord] = []
        self.states: dict[str, bytes] = {}
        for partition in range(remains.partitions):
            first = {key: value for key, value in remains.first_states.items() if remains.home(key) == partition}
            engine.adopt(partition, {key.decode(): engine.read_state(value) for key, value in first.items()})
            engine.write_again(partition, [key.decode() for key in first])
            for topic in remains.topics:
                engine.read(topic, partition, remains.logs.get(TopicPartition(topic, partition), ()))
            while (batch := engine.judge(partition, lambda _topic: False, 0.0, 1000)) is not None:
                self.outputs += [record for record, _ in batch.outputs]
        for changed in engine.take_changed():
            self.states[changed.key.decode()] = changed.write()


def _by_id(records: Iterable[OutputRecord | Stored]) -> dict[tuple[str, str], set[bytes]]:
    """Topic and decision id to the contents found under it."""
    found: dict[tuple[str, str], set[bytes]] = {}
    for record in records:
        decision = dict(record.headers)["decision-id"].decode()
        found.setdefault((record.topic, decision), set()).add(record.value or b"")
    return found


def _check_decisions(remains: Remains, reference: _Reference, very_late: VeryLate) -> Iterable[Fault]:
    views = {*VIEWS, STATUSES} if remains.is_live else VIEWS
    topics = [topic for topic in OUTPUT_TOPICS if topic not in views]
    expected = _by_id(record for record in reference.outputs if record.topic in topics)
    found = _by_id(remains.written(topics))
    for place in expected.keys() - found.keys():
        is_open = all(map(very_late.leaves_open, expected[place]))
        yield Fault("lost", f"{place[0]}: {_gist(expected[place])}: {place[1]}", is_open)
    for place in found.keys() - expected.keys():
        is_open = all(map(very_late.leaves_open, found[place]))
        yield Fault("twice", f"{place[0]}: {_gist(found[place])}: {place[1]} is not in the fault-free run", is_open)
    for place in expected.keys() & found.keys():
        if expected[place] != found[place]:
            is_open = all(map(very_late.leaves_open, expected[place] | found[place]))
            yield Fault("twice", f"{place[0]}: {place[1]} has {len(found[place])} contents, or another one", is_open)


def _gist(contents: set[bytes]) -> str:
    """What kind of decision it is, for whoever counts them: its type, and code, rule or note."""
    decision = decision_in(min(contents))
    words = (decision.get(name) for name in ("type", "transition", "code", "note"))
    return " ".join(str(word) for word in words if word)


def _check_statuses(remains: Remains, reference: _Reference) -> Iterable[Fault]:
    """What a ward's screen shows in the end is of the same moment, give or take the minutes between two statuses."""
    expected = _newest_statuses(reference.outputs)
    found = _newest_statuses(remains.written([STATUSES]))
    for patient in expected.keys() | found.keys():
        ends = expected.get(patient), found.get(patient)
        if ends[0] is None or ends[1] is None or abs(ends[0] - ends[1]) > STATUS_AGE_MOST:
            yield Fault("status", f"the newest status of {patient!r} is of {ends[1]} in place of {ends[0]}")


def _newest_statuses(records: Iterable[OutputRecord | Stored]) -> dict[bytes | None, datetime]:
    """Patient to the moment of the newest status.

    By its own `as_of`, as docs/subscribe.md asks of readers: what a lost owner still had in hand may land last.
    """
    newest: dict[bytes | None, datetime] = {}
    for record in records:
        if record.topic == STATUSES and record.value is not None:
            as_of = datetime.fromisoformat(orjson.loads(record.value)["as_of"])
            newest[record.key] = max(as_of, newest.get(record.key, as_of))
    return newest


def _check_order(remains: Remains, reference: _Reference, very_late: VeryLate) -> Iterable[Fault]:
    expected = _steps(record for record in reference.outputs if record.topic == LIFECYCLE)
    records = remains.written([LIFECYCLE])
    newest = {decision_in(record.value or b"")["alert_id"]: record.value or b"" for record in records}
    for alert, steps in _steps(records).items():
        if alert in expected and set(steps) == set(expected[alert]) and steps != expected[alert]:
            is_open = very_late.leaves_open(newest[alert])
            yield Fault("order", f"{alert}: {steps} in place of {expected[alert]}", is_open)


def _steps(records: Iterable[OutputRecord | Stored]) -> dict[str, list[str]]:
    """Alert to its decisions, each where it first stands."""
    steps: dict[str, dict[str, None]] = {}
    for record in records:
        alert = orjson.loads(record.value or b"{}")["alert_id"]
        steps.setdefault(alert, {})[dict(record.headers)["decision-id"].decode()] = None
    return {alert: list(ids) for alert, ids in steps.items()}


def recovered_states(remains: Remains) -> dict[str, bytes]:
    """What a worker that starts now would find."""
    found: dict[str, bytes] = {}

    async def adopt(_partition: int, stored: Mapping[str, StoredState]) -> None:
        found.update({name: state.value for name, state in stored.items()})

    async def failed(error: BaseException) -> None:
        raise error

    async def recover() -> None:
        table = new_table(StateTable)
        read = remains.new_engine().read_state
        table.arrange(group=remains.group, read=read, adopt=adopt, moved=_nothing, recovered=_nothing, failed=failed)
        for partition in range(remains.partitions):
            table.apply_changelog_batch(remains.logs.get(TopicPartition(STATE_TOPIC, partition), ()))
        await table.on_recovery_completed(
            {TP(STATE_TOPIC, partition) for partition in range(remains.partitions)}, set()
        )

    asyncio.run(recover())
    return found


def _nothing() -> None:
    """Nobody watches this recovery."""


def _check_states(remains: Remains, reference: _Reference, very_late: VeryLate) -> Iterable[Fault]:
    found = recovered_states(remains)
    for name in reference.states.keys() | found.keys():
        if _plain(remains.judge, reference.states.get(name)) != _plain(remains.judge, found.get(name)):
            was, wanted = (side.get(name, b"")[:600] for side in (found, reference.states))
            yield Fault("state", f"{name}: {was!r} in place of {wanted!r}", name in very_late.since)


@lru_cache(maxsize=1)
def _rulebook() -> Rulebook:
    """Read once: a run may leave thousands of patients, and reading it takes a quarter of a second."""
    return load_rulebook()


@lru_cache(maxsize=1)
def _core_judge() -> CoreJudge:
    return CoreJudge(_rulebook())


def _plain(judge: str, state: bytes | None) -> object:
    """What a state says, without how it came about."""
    if state is None:
        return None
    if judge != "core":
        return orjson.loads(state)
    # How many reports a frame holds back, and the log of decisions, depend on when a state was stored.
    judge_of_all = _core_judge()
    stored = judge_of_all.read(state)
    judgement = present(judge_of_all.thaw(stored), _rulebook())
    return stored.applied, replace(judgement, log=(), steady=None, deadline_ms=None)


def _check_dead_letters(remains: Remains, reference: _Reference) -> Iterable[Fault]:
    topics = [f"dlq.{topic}" for topic in remains.topics]
    expected = {_letter(record) for record in reference.outputs if record.topic in topics}
    found = {_letter(record) for record in remains.written(topics)}
    for letter in expected ^ found:
        yield Fault(
            "dead letters", f"{'missing' if letter in expected else 'unexpected'}: {letter[0]} {letter[2][-5:]}"
        )


def _letter(record: OutputRecord | Stored) -> tuple[str, bytes, tuple[tuple[str, bytes], ...]]:
    # When it was refused differs from run to run.
    told = tuple((name, value) for name, value in record.headers if name != FIRST_SEEN)
    return record.topic, record.value or b"", told


def _check_moved(remains: Remains) -> Iterable[Fault]:
    for stray in remains.strays:
        assert stray.key is not None
        log = remains.logs[TopicPartition(stray.topic, remains.home(stray.key))]
        if not any((record.key, record.value) == (stray.key, stray.value) for record in log):
            yield Fault("moved", f"{stray.key!r}")

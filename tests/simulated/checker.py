"""What must be true after every seed, whatever happened in it.

The measure is the fault-free run: one engine reads the log as it is at the end from its first record to its last, with
nobody killed. Everything is compared after repeats have been recognised by their id, as a subscriber does.

    finished      All records were judged and committed in the end; nobody waits for ever.
    not lost      Every decision of the fault-free run is on its topic: alerts, grades, advice, audit.
    not twice     Nothing else is: no decision beyond, and none with other content under the same id.
    in order      The steps of one alert stand in the order of the fault-free run, the first of each id counting.
    same state    What recovery would find in the changelog is what the fault-free run ends with: each patient's state,
                  the offsets that it includes, its deadline.
    dead letters  Every refused record is in its dead letter topic with the same reason, and no other.
    moved         Every record astray was written again where its patient is, byte for byte.

Counted beside it, because nothing keeps it today (docs/decisions/0014): alerts that alerts.active.v1 shows although
they have ended. What a killed or paused worker had on its way may land after the removal that the next owner wrote.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import orjson
from faust.types import TP

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.step import present
from blinwatch.deliver.output_record import OutputRecord
from blinwatch.deliver.publish_decisions import OUTPUT_TOPICS
from blinwatch.stream.engine import Engine, TopicPartition
from blinwatch.stream.state_table import StateTable
from blinwatch.stream.stored_state import StoredState
from tests.simulated.broker import STATE_TOPIC, Stored
from tests.simulated.faust_stand_in import new_table
from tests.simulated.simulation import Outcome, core_judge
from tests.simulated.stories import PARTITIONS, home
from tests.simulated.worker import GROUP

LIFECYCLE, AUDIT = "alerts.lifecycle.v1", "audit.decisions.v1"
VIEWS = frozenset({"alerts.active.v1"})
"""Compacted by alert: the newest record counts, not each of them; their decisions are on the lifecycle topic too."""


@dataclass(frozen=True)
class Fault:
    """A promise that a seed broke."""

    kind: str
    """`lost`, `twice`, `order`, `state`, `dead letters`, `moved` or `finished`."""
    what: str


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


def check(outcome: Outcome) -> Verdict:
    """Everything that is wrong after a seed."""
    if outcome.stuck is not None:
        return Verdict([Fault("finished", outcome.stuck)])
    reference = _Reference(outcome)
    decisions = sum(record.topic == AUDIT for record in reference.outputs)
    return Verdict(
        _faults(outcome, reference),
        decisions=decisions,
        repeats=len(_written(outcome, [AUDIT])) - decisions,
        stale_alerts=len(_standing(_written(outcome, VIEWS)) - _standing(reference.outputs)),
    )


def _standing(records: Iterable[OutputRecord | Stored]) -> set[bytes]:
    """The alerts that a reader of the compacted view sees."""
    newest = {record.key: record.value for record in records if record.topic in VIEWS}
    return {key for key, value in newest.items() if key is not None and value is not None}


def _faults(outcome: Outcome, reference: "_Reference") -> list[Fault]:
    faults = list(_check_decisions(outcome, reference))
    faults += _check_order(outcome, reference)
    faults += _check_states(outcome, reference)
    faults += _check_dead_letters(outcome, reference)
    faults += _check_moved(outcome)
    return faults


class _Reference:
    """The fault-free run over the final log."""

    def __init__(self, outcome: Outcome) -> None:
        engine: Engine[object] = outcome.new_engine()
        self.outputs: list[OutputRecord] = []
        self.states: dict[str, bytes] = {}
        for partition in range(PARTITIONS):
            engine.adopt(partition, {})
            for topic in outcome.story.topics:
                engine.read(topic, partition, outcome.broker.logs[TopicPartition(topic, partition)])
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


def _written(outcome: Outcome, topics: Iterable[str]) -> list[Stored]:
    return [
        record
        for topic in topics
        for partition in range(PARTITIONS)
        for record in outcome.broker.logs[TopicPartition(topic, partition)]
    ]


def _check_decisions(outcome: Outcome, reference: _Reference) -> Iterable[Fault]:
    topics = [topic for topic in OUTPUT_TOPICS if topic not in VIEWS]
    expected = _by_id(record for record in reference.outputs if record.topic in topics)
    found = _by_id(_written(outcome, topics))
    for place in expected.keys() - found.keys():
        yield Fault("lost", f"{place[0]}: {place[1]}")
    for place in found.keys() - expected.keys():
        yield Fault("twice", f"{place[0]}: {place[1]} is not in the fault-free run")
    for place in expected.keys() & found.keys():
        if expected[place] != found[place]:
            yield Fault("twice", f"{place[0]}: {place[1]} has {len(found[place])} contents, or another one")


def _check_order(outcome: Outcome, reference: _Reference) -> Iterable[Fault]:
    expected = _steps(record for record in reference.outputs if record.topic == LIFECYCLE)
    found = _steps(_written(outcome, [LIFECYCLE]))
    for alert, steps in found.items():
        if alert in expected and set(steps) == set(expected[alert]) and steps != expected[alert]:
            yield Fault("order", f"{alert}: {steps} in place of {expected[alert]}")


def _steps(records: Iterable[OutputRecord | Stored]) -> dict[str, list[str]]:
    """Alert to its decisions, each where it first stands."""
    steps: dict[str, dict[str, None]] = {}
    for record in records:
        alert = orjson.loads(record.value or b"{}")["alert_id"]
        steps.setdefault(alert, {})[dict(record.headers)["decision-id"].decode()] = None
    return {alert: list(ids) for alert, ids in steps.items()}


def recovered_states(outcome: Outcome) -> dict[str, bytes]:
    """What a worker that starts now would find."""
    found: dict[str, bytes] = {}

    async def adopt(_partition: int, stored: Mapping[str, StoredState]) -> None:
        found.update({name: state.value for name, state in stored.items()})

    async def failed(error: BaseException) -> None:
        raise error

    async def recover() -> None:
        table = new_table(StateTable)
        read = outcome.new_engine().read_state
        table.arrange(group=GROUP, read=read, adopt=adopt, moved=_nothing, recovered=_nothing, failed=failed)
        for partition in range(PARTITIONS):
            table.apply_changelog_batch(outcome.broker.logs[TopicPartition(STATE_TOPIC, partition)])
        await table.on_recovery_completed({TP(STATE_TOPIC, partition) for partition in range(PARTITIONS)}, set())

    asyncio.run(recover())
    return found


def _nothing() -> None:
    """Nobody watches this recovery."""


def _check_states(outcome: Outcome, reference: _Reference) -> Iterable[Fault]:
    found = recovered_states(outcome)
    for name in reference.states.keys() | found.keys():
        if _plain(outcome.judge, reference.states.get(name)) != _plain(outcome.judge, found.get(name)):
            yield Fault(
                "state", f"{name}: {found.get(name, b'')[:600]!r} in place of {reference.states.get(name, b'')[:600]!r}"
            )


def _plain(judge: str, state: bytes | None) -> object:
    """What a state says, without how it came about."""
    if state is None:
        return None
    if judge != "core":
        return orjson.loads(state)
    # How many reports a frame holds back, and the log of decisions, depend on when a state was stored.
    stored = core_judge().read(state)
    judgement = present(core_judge().thaw(stored), load_rulebook())
    return stored.applied, replace(judgement, log=(), steady=None, deadline_ms=None)


def _check_dead_letters(outcome: Outcome, reference: _Reference) -> Iterable[Fault]:
    topics = [f"dlq.{topic}" for topic in outcome.story.topics]
    expected = {_letter(record) for record in reference.outputs if record.topic in topics}
    found = {_letter(record) for record in _written(outcome, topics)}
    for letter in expected ^ found:
        yield Fault(
            "dead letters", f"{'missing' if letter in expected else 'unexpected'}: {letter[0]} {letter[2][-5:]}"
        )


def _letter(record: OutputRecord | Stored) -> tuple[str, bytes, tuple[tuple[str, bytes], ...]]:
    return record.topic, record.value or b"", tuple(record.headers)


def _check_moved(outcome: Outcome) -> Iterable[Fault]:
    for stray in outcome.story.strays:
        assert stray.key is not None
        log = outcome.broker.logs[TopicPartition(stray.topic, home(stray.key))]
        if not any((record.key, record.value) == (stray.key, stray.value) for record in log):
            yield Fault("moved", f"{stray.key!r}")

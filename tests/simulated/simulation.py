"""One seed: a story, a broker, some workers, and what happens to them.

The seed alone decides everything: the story, how long every request takes, and where workers are killed, paused,
stopped and started. A worker is struck at a *point* between two things that it does; the kind of point is drawn first,
so that rare moments (a takeover, the commit itself) are struck as often as common ones.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from random import Random
from typing import Any
from unittest.mock import patch

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.deliver.publish_decisions import DecisionPublisher
from blinwatch.receive.decode import decode_record
from blinwatch.stream import workbench
from blinwatch.stream.core_judge import CoreJudge
from blinwatch.stream.engine import Engine, TopicPartition
from blinwatch.stream.state_table import StateTable
from blinwatch.stream.workbench import Workbench
from tests.aftermath.checker import Fault, Verdict, check
from tests.aftermath.remains import STATE_TOPIC, Remains, Stored
from tests.simulated.broker import Broker, Group
from tests.simulated.clock import SimLoop, SimTime, StuckError
from tests.simulated.judges import LedgerJudge
from tests.simulated.stories import PARTITIONS, Story, core_story, home, toy_story
from tests.simulated.worker import GROUP, Worker
from tests.support.toy_judge import ToyJudge

CORE_ONE_IN = 20
"""A seed with the real judgement takes about six times as long."""
CORE_RECORDS = 60
PATIENCE_S = 120.0
"""Simulated seconds without an end after which a seed counts as stuck; one takes about five."""
WHERE = (
    "being assigned partitions", "before joining", "after joining", "giving partitions away",
    "before reading the changelog", "after reading the changelog", "after asking for the changelog's end",
    "before asking for the inputs' ends", "after asking for the inputs' ends",
    "before fetching committed offsets", "after fetching committed offsets", "fetching", "having fetched",
    "queueing an output", "having queued an output", "queueing a state", "having queued a state",
    "beginning a commit", "before committing", "after committing", "before heartbeat", "after heartbeat",
    "after leaving",
)  # fmt: skip

_decode = lru_cache(maxsize=200_000)(decode_record)
_PUBLISHER = DecisionPublisher(rulebook_version="toy", rulebook_digest="0")


@dataclass
class Parts:
    """The real parts that a worker is made of; a test puts a broken one in."""

    table: type[StateTable] = StateTable
    bench: type[Workbench[Any]] = Workbench
    engine: type[Engine[Any]] = Engine
    holds_commits: bool = True
    """Whether a commit is for one generation (`kafka_transport`)."""


@dataclass
class Outcome:
    """What one seed left behind."""

    seed: int
    judge: str
    story: Story
    broker: Broker
    new_engine: Callable[[], Engine[Any]]
    """A faultless engine for the run to compare with."""
    kills: int = 0
    pauses: int = 0
    stops: int = 0
    failures: int = 0
    """Workers that ended because a write was refused."""
    rebalances: int = 0
    stuck: str | None = None
    points: Counter[str] = field(default_factory=Counter[str])
    """Where workers were killed."""

    def verdict(self) -> Verdict:
        """What the checker says, and whether the run came to its end."""
        if self.stuck is not None:
            return Verdict([Fault("finished", self.stuck)])
        return check(self.remains)

    @property
    def remains(self) -> Remains:
        """What the checker looks at."""
        return Remains(
            judge=self.judge,
            topics=self.story.topics,
            partitions=PARTITIONS,
            group=GROUP,
            logs=self.broker.logs,
            new_engine=self.new_engine,
            home=home,
            strays=self.story.strays,
        )


@lru_cache(maxsize=1)
def core_judge() -> CoreJudge:
    """The real judgement with the published rulebook."""
    return CoreJudge(load_rulebook())


def _engine_maker(make: type[Engine[Any]], topics: tuple[str, ...], judge: Any) -> Callable[[], Engine[Any]]:
    moment = datetime(2026, 3, 1, tzinfo=UTC)

    def new_engine() -> Engine[Any]:
        return make(
            topics=topics,
            judge=judge,
            decode=_decode,
            records_of=_PUBLISHER.records_of,
            home_partition=home,
            now=lambda: moment,
        )

    return new_engine


def run(seed: int, parts: Parts | None = None, judge: str | None = None) -> Outcome:
    """Play one seed to its end. `judge`: `toy`, `ledger` or `core` in place of what the seed would draw."""
    random = Random(seed)  # noqa: S311 - a seed, not a secret
    parts = parts or Parts()
    drawn = "core" if random.randrange(CORE_ONE_IN) == 0 else random.choice(["toy", "ledger"])
    name = judge or drawn
    judges: dict[str, Callable[[], Any]] = {"toy": ToyJudge, "ledger": LedgerJudge, "core": core_judge}
    story = core_story(random, CORE_RECORDS) if name == "core" else toy_story(random, grows=name == "ledger")
    loop = SimLoop()
    loop.set_exception_handler(lambda _loop, _context: None)
    asyncio.set_event_loop(loop)
    broker = Broker(random, home)
    judge_of_all = judges[name]()
    outcome = Outcome(seed, name, story, broker, _engine_maker(Engine, story.topics, judge_of_all))
    worker_engine = _engine_maker(parts.engine, story.topics, judge_of_all)
    try:
        with patch.object(workbench, "time", SimTime(loop)):
            loop.run_until_complete(_Play(random, outcome, parts, worker_engine).to_its_end())
    except StuckError as error:
        outcome.stuck = str(error)
    finally:
        _clear_away(loop)
    return outcome


def _clear_away(loop: SimLoop) -> None:
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.wait(left, timeout=1.0))
    loop.close()
    asyncio.set_event_loop(None)


class _Play:
    def __init__(self, random: Random, outcome: Outcome, parts: Parts, new_engine: Callable[[], Engine[Any]]) -> None:
        self._random, self._outcome, self._parts, self._new_engine = random, outcome, parts, new_engine
        self._loop = asyncio.get_event_loop()
        self._group = Group(outcome.broker, self._loop, PARTITIONS)
        self._slots: list[Worker | None] = [None] * random.randint(1, 3)
        self._blows_left = random.randint(5, 40)
        self._fetch_most = random.choice([1, 2, 3, 8, 40])
        self._failing_one_in = random.choice([0, 0, 0, 300])
        self._is_peaceful = False
        self._target, self._patience = "", 0
        self._next_blow()

    # --- what happens -------------------------------------------------------------------------------------

    def _next_blow(self) -> None:
        self._target = self._random.choice(WHERE)
        self._skip = self._random.choice([0, 0, 1, 3, 10])
        self._patience = 150

    async def point(self, worker: Worker, where: str) -> None:
        """Between two things that a worker does."""
        if not (worker.is_dead or self._is_peaceful) and worker.running.is_set():
            self._patience -= 1
            if where == self._target:
                self._skip -= 1
            if (where == self._target and self._skip < 0) or self._patience < 0:
                self._strike(worker, where)
        while worker.is_dead or not worker.running.is_set():
            if worker.is_dead:
                await self._loop.create_future()
            await worker.running.wait()

    def _strike(self, worker: Worker, where: str) -> None:
        self._blows_left -= 1
        self._is_peaceful = self._blows_left <= 0
        self._next_blow()
        blow = self._random.random()
        if blow < 0.65:
            self._outcome.kills += 1
            self._outcome.points[where] += 1
            worker.kill()
        elif blow < 0.9:
            self._outcome.pauses += 1
            worker.pause()
            self._loop.call_later(self._random.choice([0.1, 0.5, 1.0, 1.5]), worker.resume)
        else:
            self._outcome.stops += 1
            worker.is_leaving = True

    async def _keep_alive(self, slot: int) -> None:
        """Start a worker, and another one whenever it has ended."""
        await asyncio.sleep(self._random.uniform(0, 0.5) if slot else 0)
        while True:
            worker = self._slots[slot] = Worker(
                broker=self._outcome.broker,
                group=self._group,
                engine=self._new_engine(),
                points=self.point,
                fetch_most=40 if self._is_peaceful else self._fetch_most,
                failing_one_in=0 if self._is_peaceful else self._failing_one_in,
                make_table=self._parts.table,
                make_bench=self._parts.bench,
                holds_commits=self._parts.holds_commits,
            )
            worker.start()
            await worker.stopped.wait()
            self._outcome.failures += worker.desk.bench.failure is not None
            await asyncio.sleep(self._random.choice([0.01, 0.02, 0.1, 0.6]))

    async def _coordinate(self) -> None:
        while True:
            await asyncio.sleep(0.05)
            self._group.look_at_sessions()
            if self._random.random() < 0.03:
                place = TopicPartition(STATE_TOPIC, self._random.randrange(PARTITIONS))
                self._outcome.broker.compact(place, _newest)

    # --- from the beginning to the end --------------------------------------------------------------------

    async def to_its_end(self) -> None:
        """Write the story, let workers work and be struck, and wait until everything is judged and committed."""
        going = [asyncio.ensure_future(self._coordinate())]
        going += [asyncio.ensure_future(self._keep_alive(slot)) for slot in range(len(self._slots))]
        writing = asyncio.ensure_future(self._write_story())
        while not (writing.done() and self._is_peaceful and self._is_finished()):
            await asyncio.sleep(0.05)
            for task in going:
                if task.done():
                    task.result()  # raises what ended it
            if writing.done() and self._loop.time() > PATIENCE_S / 4:
                self._is_peaceful = True
            if self._loop.time() > PATIENCE_S:
                raise StuckError(f"not everything was judged and committed within {PATIENCE_S:g} simulated seconds")
        # What lost owners still have in hand arrives, and the last worker writes its states once more.
        await asyncio.sleep(2.0)
        self._outcome.rebalances = self._group.rebalances
        for task in going:
            task.cancel()

    async def _write_story(self) -> None:
        for record in self._outcome.story.records:
            self._outcome.broker.append(record)
            if self._outcome.story.grows and self._random.random() < 0.3:
                await asyncio.sleep(self._random.uniform(0, 0.3))

    def _is_finished(self) -> bool:
        broker = self._outcome.broker
        places = (TopicPartition(topic, one) for topic in self._outcome.story.topics for one in range(PARTITIONS))
        return all(broker.committed.get(place, 0) == broker.ends[place] for place in places)


def _newest(records: list[Stored]) -> Stored:
    """The record that recovery would take, by the rule of decision 0005 in its plainest form."""

    def rank(record: Stored) -> tuple[list[int], int, int]:
        headers = dict(record.headers)
        term = [int(part) for part in headers.get("term", b"0.0").split(b".")]
        return term, int(headers.get("progress", b"0")), record.offset

    return max(records, key=rank)

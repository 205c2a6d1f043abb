"""What was fetched around a rebalance: nothing of another generation is used, and nothing of this one is dropped."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from blinwatch.stream.batch_consumer import BatchConsumer
from blinwatch.stream.durable_consumer import DurableConsumer
from tests.support.records import VITALS

CHANGELOG, INPUT = TP("blinwatch.state.v1", 0), TP(VITALS, 0)
FAUST: Any = DurableConsumer.__mro__[1]


class Engine:
    """Holds partition 0 and keeps what it is given to read."""

    partitions = (0,)

    def __init__(self) -> None:
        self.given: list[Any] = []

    def waiting(self) -> int:
        return 0

    def is_full(self, _topic: str, _partition: int) -> bool:
        return False

    def read(self, topic: str, partition: int, batch: Any) -> None:
        self.given.append((topic, partition, batch))


def new_consumer(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A consumer whose fetches are played by the test; what takes Faust's way is kept in `recovered`."""
    consumer: Any = BatchConsumer.__new__(BatchConsumer)
    consumer.app = SimpleNamespace(consumer_generation_id=7, rebalancing=False)
    engine = Engine()
    progress = SimpleNamespace(is_recovered=False, beat=lambda: None)

    async def nothing() -> None:
        """No era is new."""

    async def commit_in(_generation: int, _offsets: object) -> bool:
        return True

    bench = SimpleNamespace(engine=engine, prove_ownership=lambda: None)
    consumer.desk = SimpleNamespace(bench=bench, progress=progress, input_topics=(VITALS,), make_new_eras_known=nothing)
    consumer._thread = SimpleNamespace(commit_in=commit_in)
    consumer._fetching, consumer.fetch_generation, consumer._starts_proven = asyncio.Lock(), -1, True
    consumer.engine, consumer.recovered = engine, []

    async def recover(_self: object, tp: TP, batch: Any) -> None:
        consumer.recovered.append((tp, batch))

    async def judge(_self: object, _generation: int) -> None:
        pass

    monkeypatch.setattr(BatchConsumer, "should_stop", False)
    monkeypatch.setattr(BatchConsumer, "flow_active", True)
    monkeypatch.setattr(BatchConsumer, "_take_fausts_way", recover)
    monkeypatch.setattr(BatchConsumer, "_judge_waiting", judge)
    return consumer


def play(
    monkeypatch: pytest.MonkeyPatch, consumer: Any, *, waits: int = 7, fetches: int = 7, tps: tuple[TP, ...]
) -> None:
    """One look for records: the generation after the wait for the flow, and the one when the fetch has ended."""

    async def fetch(_self: object, wanted: set[TP], _timeout_s: float) -> Any:
        consumer.app.consumer_generation_id = fetches
        return {tp: ["a record"] for tp in sorted(wanted)}

    async def look(_self: object, timeout_s: float) -> Any:
        consumer.app.consumer_generation_id = waits
        return await consumer._getmany(set(tps), timeout_s), set(tps)

    monkeypatch.setattr(FAUST, "_getmany", fetch)
    monkeypatch.setattr(FAUST, "_wait_next_records", look)


async def test_the_changelog_fetched_after_a_wait_through_a_rebalance_reaches_recovery(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is fetched once. Dropped, recovery would wait for it for ever, and the patients would go unwatched."""
    consumer = new_consumer(monkeypatch)
    play(monkeypatch, consumer, waits=8, fetches=8, tps=(CHANGELOG,))
    await consumer._read_and_judge()
    assert consumer.recovered == [(CHANGELOG, ["a record"])]


async def test_input_fetched_after_a_wait_through_a_rebalance_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes from the committed offset on. Dropped, the next fetch would begin behind it: events lost."""
    consumer = new_consumer(monkeypatch)
    play(monkeypatch, consumer, waits=8, fetches=8, tps=(INPUT,))
    await consumer._read_and_judge()
    assert consumer.engine.given == [(VITALS, 0, ["a record"])]


async def test_what_was_fetched_while_the_group_divided_its_partitions_anew_is_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    consumer = new_consumer(monkeypatch)
    play(monkeypatch, consumer, waits=7, fetches=8, tps=(INPUT, CHANGELOG))
    await consumer._read_and_judge()
    assert (consumer.engine.given, consumer.recovered) == ([], [])


@pytest.mark.parametrize("seek", ["seek_wait", "seek_to_committed"])
async def test_no_fetch_lasts_beyond_a_seek(monkeypatch: pytest.MonkeyPatch, seek: str) -> None:
    """It would bring what the new position gives and be dropped as the old generation's."""
    consumer = new_consumer(monkeypatch)
    happened: list[str] = []
    started, may_end = asyncio.Event(), asyncio.Event()

    async def fetch(_self: object, _wanted: set[TP], _timeout_s: float) -> Any:
        started.set()
        await may_end.wait()
        happened.append("the fetch ended")
        return {}

    async def go(_self: object, *_: object) -> dict[TP, int]:
        happened.append("sought")
        return {}

    monkeypatch.setattr(FAUST, "_getmany", fetch)
    monkeypatch.setattr(FAUST, seek, go)
    fetching = asyncio.create_task(consumer._getmany({CHANGELOG}, 1.0))
    await started.wait()
    seeking = asyncio.create_task(getattr(consumer, seek)(*([{CHANGELOG: 0}] if seek == "seek_wait" else [])))
    await asyncio.sleep(0)
    may_end.set()
    await asyncio.gather(fetching, seeking)
    assert happened == ["the fetch ended", "sought"]

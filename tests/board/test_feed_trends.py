"""The trend store is filled from the topics: nothing lost, nothing doubled, whatever is killed or refuses."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from blinwatch.board import feed_trends
from blinwatch.board.feed_trends import TrendFeed, TrendHealth
from blinwatch.board.trend_rows import TrendRows
from blinwatch.board.trends.sqlite_store import open_sqlite
from blinwatch.board.trends.trend_store import TrendBatch, TrendStore, TrendStoreError
from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.evidence import to_ms
from tests.support.brokers import Broker
from tests.support.embedded import PARTITIONS, PlainWriter, catalogue_broker
from tests.support.records import START, VITALS, patients_of, vitals

pytestmark = pytest.mark.kafka

ROOT = Path(__file__).resolve().parents[2]
LIFECYCLE = "alerts.lifecycle.v1"
RAISED = json.loads((ROOT / f"schemas/examples/{LIFECYCLE}/alert-transition-raised.json").read_text("utf-8"))
PATIENTS = [name for number in range(PARTITIONS) for name in patients_of(number, 1, PARTITIONS)]
SPAN = to_ms(START) - 86_400_000, to_ms(START) + 86_400_000
WITHIN_S = 60.0
RULEBOOK = load_rulebook()


@pytest.fixture
def broker() -> Iterator[Broker]:
    with catalogue_broker() as broker:
        yield broker


def _records(first: int, end: int) -> Iterator[tuple[str, str, bytes]]:
    """Each patient's temperature every ten seconds, and now and then an alert's step."""
    for number in range(first, end):
        for name in PATIENTS:
            yield VITALS, name, vitals(name, number, number / 6, temperature_c=37 + number % 30 / 10)
            if number % 20 == 0:
                step = {**RAISED, "patient_id": name, "decision_id": f"{name}-{number}", "alert_id": f"{name}-a"}
                step["alert"] = {**RAISED["alert"], "patient_id": name, "alert_id": f"{name}-a", "level": number}
                yield LIFECYCLE, name, json.dumps(step).encode()


def _write(writer: PlainWriter, first: int, end: int) -> None:
    for topic, key, value in _records(first, end):
        writer.write(topic, key, value)
    writer.flush()


def _all_of(store: TrendStore) -> list[object]:
    whole = (0, SPAN[1])
    courses = [
        (store.vitals(name, *SPAN, 20_000), [*map(_unversioned, store.marks(name, *whole))]) for name in PATIENTS
    ]
    return [*courses, store.transitions(0, 2 * SPAN[1]), store.patients(), store.patient_days(*whole)]


def _unversioned(mark: Any) -> Any:
    return {name: getattr(mark, name) for name in mark.__dataclass_fields__ if name != "version"}


def _expected(end: int) -> list[object]:
    rows, store = TrendRows(RULEBOOK), open_sqlite(None)
    for offset, (topic, key, value) in enumerate(_records(0, end)):
        rows.take(topic, key.encode(), value, offset)
    store.write(rows.drain({}))
    return _all_of(store)


def _total(store: TrendStore) -> int:
    return sum(store.positions().values())


async def _until(true: Callable[[], Any], task: "asyncio.Task[None]") -> None:
    async with asyncio.timeout(WITHIN_S):
        while not true():
            assert not task.done(), task
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def _running(feed: TrendFeed) -> AsyncIterator["asyncio.Task[None]"]:
    task = asyncio.create_task(feed.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _count(end: int) -> int:
    return sum(1 for _ in _records(0, end))


def test_a_feeder_killed_in_the_middle_loses_and_doubles_nothing(broker: Broker, tmp_path: Path) -> None:
    writer = PlainWriter(broker.bootstrap)
    file, told = tmp_path / "trends.db", 200
    _write(writer, 0, told)
    command = [sys.executable, "-m", "tests.support.trend_feeder", broker.bootstrap, str(file)]
    paths = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "service")])}
    end_s = time.monotonic() + WITHIN_S
    for _ in range(3):
        before = _total_of(file)
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **paths})
        try:
            while _total_of(file) == before:
                assert process.poll() is None, "the feeder ended by itself"
                assert time.monotonic() < end_s, "the feeder keeps nothing"
                time.sleep(0.02)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        _write(writer, told, told + 100)
        told += 100
    assert _total_of(file) < _count(told)
    asyncio.run(_fill_up(broker, file, _count(told)))
    store = open_sqlite(file)
    assert _all_of(store) == _expected(told)
    store.close()


def _total_of(file: Path) -> int:
    if not file.exists():
        return 0
    store = open_sqlite(file)
    try:
        return _total(store)
    finally:
        store.close()


async def _fill_up(broker: Broker, file: Path, count: int) -> None:
    feed = TrendFeed(broker.bootstrap, lambda: open_sqlite(file), RULEBOOK, retention_days=36_500)
    async with _running(feed) as task:
        await _until(lambda: feed.store is not None and _total(feed.store) == count, task)


class _Refusing:
    """A store that refuses some writes before it takes one."""

    def __init__(self, store: TrendStore, refusals: int) -> None:
        self.inner, self.refusals = store, refusals

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def write(self, batch: TrendBatch) -> None:
        if self.refusals:
            self.refusals -= 1
            raise TrendStoreError("the trend store cannot be written: disk full")
        self.inner.write(batch)


async def test_a_store_that_refuses_is_tried_again_and_the_board_is_told(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_trends, "AGAIN_AFTER_S", 0.01)
    _write(PlainWriter(broker.bootstrap), 0, 30)
    store = _Refusing(open_sqlite(None), refusals=3)
    feed = TrendFeed(broker.bootstrap, lambda: cast("TrendStore", store), RULEBOOK, retention_days=36_500)
    seen: list[TrendHealth] = []
    async with _running(feed) as task:
        await _until(lambda: seen.append(feed.health()) or seen[-1].state == "failing", task)
        failing = seen[-1]
        assert "disk full" in failing.text
        assert failing.waiting > 0
        assert _total(store.inner) == 0
        await _until(lambda: feed.health().state == "well", task)
        assert _all_of(store.inner) == _expected(30)
        assert feed.health().waiting == 0


async def test_a_store_that_cannot_be_opened_at_first_is_opened_later(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_trends, "AGAIN_AFTER_S", 0.01)
    _write(PlainWriter(broker.bootstrap), 0, 10)
    store, tries = open_sqlite(None), iter([True, True, False])

    def open_store() -> TrendStore:
        if next(tries):
            raise TrendStoreError("no server answers")
        return store

    feed = TrendFeed(broker.bootstrap, open_store, RULEBOOK, retention_days=36_500)
    assert feed.health().state == "starting"
    async with _running(feed) as task:
        await _until(lambda: feed.store is not None and _total(store) == _count(10), task)
        assert _all_of(store) == _expected(10)


async def test_unreadable_records_are_passed_over_and_counted(broker: Broker) -> None:
    writer = PlainWriter(broker.bootstrap)
    writer.write(VITALS, PATIENTS[0], b"{")
    _write(writer, 0, 10)
    store = open_sqlite(None)
    feed = TrendFeed(broker.bootstrap, lambda: store, RULEBOOK, retention_days=36_500)
    async with _running(feed) as task:
        await _until(lambda: _total(store) == _count(10) + 1, task)
        assert feed.health().unreadable == 1
        assert _all_of(store) == _expected(10)


async def test_a_wrong_clock_in_one_event_makes_nobody_else_forgotten(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_trends, "TIDY_EVERY_S", 0.0)
    writer = PlainWriter(broker.bootstrap)
    old, new, ahead = PATIENTS[:3]
    now_min, day_min = (time.time() - START.timestamp()) / 60, 1440
    for name, minutes in ((ahead, now_min + 20_000 * day_min), (new, now_min), (old, now_min - 50 * day_min)):
        writer.write(VITALS, name, vitals(name, 1, minutes, temperature_c=37))
        writer.flush()
    store = open_sqlite(None)
    feed = TrendFeed(broker.bootstrap, lambda: store, RULEBOOK, retention_days=42)
    async with _running(feed) as task:
        await _until(lambda: _total(store) == 3, task)
        await _until(lambda: old not in {one.patient_id for one in store.patients()}, task)
        assert {one.patient_id for one in store.patients()} == {new, ahead}

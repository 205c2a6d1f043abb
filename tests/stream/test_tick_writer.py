"""Ticks: one clock a partition, written into the log, and not ahead of records that wait."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError

from blinwatch.core.events import Tick
from blinwatch.deliver.output_record import OutputRecord
from blinwatch.receive.decode import decode_record
from blinwatch.stream import tick_writer
from blinwatch.stream.tick_writer import TICK_HOLD_MOST_S, TickWriter, tick_record, wall_clock

NOON = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
BLIND_AFTER_S = 120


class Log:
    """Takes records and acknowledges them at once."""

    def __init__(self) -> None:
        self.records: list[OutputRecord] = []

    async def write(self, record: OutputRecord) -> Any:
        self.records.append(record)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


def test_a_tick_is_an_event_that_the_edge_accepts() -> None:
    record = tick_record(3, NOON)
    tick = decode_record(record.topic, record.key, record.value)
    assert isinstance(tick, Tick)
    assert (tick.partition, tick.occurred_at, record.partition) == (3, NOON, 3)


def test_the_same_moment_gives_the_same_tick() -> None:
    assert tick_record(3, NOON) == tick_record(3, NOON)


class Newest:
    """What the log holds, and how often it was asked."""

    def __init__(self, **ticks: datetime | None) -> None:
        self.ticks = {int(name[1:]): moment for name, moment in ticks.items()}
        self.asked: list[list[int]] = []
        self.broken = False

    async def __call__(self, partitions: Iterable[int]) -> dict[int, datetime | None]:
        self.asked.append(list(partitions))
        if self.broken:
            raise KafkaConnectionError
        return {partition: self.ticks.get(partition) for partition in partitions}


def new_writer(log: Log, newest: Newest, now: Callable[[], datetime] = lambda: NOON) -> TickWriter:
    return TickWriter(now, log.write, newest, BLIND_AFTER_S)


def blind_from(record: OutputRecord) -> datetime | None:
    event = decode_record(record.topic, record.key, record.value)
    assert isinstance(event, Tick)
    return event.blind_from


async def test_a_partition_taken_over_after_an_outage_says_since_when_nobody_judged() -> None:
    log, last = Log(), NOON - timedelta(minutes=20)
    await new_writer(log, Newest(p0=last, p1=NOON - timedelta(seconds=BLIND_AFTER_S))).write_ticks({0: 0, 1: 0})
    assert [blind_from(record) for record in log.records] == [last, None], "a restart within the limit is none"


async def test_where_nobody_ever_watched_nobody_was_blind() -> None:
    log = Log()
    await new_writer(log, Newest(p0=None)).write_ticks({0: 0})
    assert [blind_from(record) for record in log.records] == [None]


async def test_a_worker_that_slept_says_so_unless_another_has_watched_meanwhile() -> None:
    log, now = Log(), NOON
    newest = Newest(p0=None, p1=None)
    writer = new_writer(log, newest, lambda: now)
    await writer.write_ticks({0: 0, 1: 0})
    newest.ticks = {0: now, 1: now + timedelta(minutes=9, seconds=58)}
    now += timedelta(minutes=10)
    await writer.write_ticks({0: 0, 1: 0})
    assert [blind_from(record) for record in log.records[2:]] == [NOON, None]
    assert newest.asked == [[0, 1], [0, 1]]


async def test_the_log_is_asked_once_and_again_only_for_a_partition_that_was_away() -> None:
    log, newest = Log(), Newest(p0=None, p1=None)
    writer = new_writer(log, newest)
    for held in ({0: 0, 1: 0}, {0: 0, 1: 0}, {0: 0}, {0: 0, 1: 0}):
        await writer.write_ticks(held)
    assert newest.asked == [[0, 1], [1]]


async def test_no_tick_is_written_while_the_log_cannot_be_asked_and_the_blind_time_is_told_afterwards() -> None:
    log, newest = Log(), Newest(p0=NOON - timedelta(hours=1))
    writer, newest.broken = new_writer(log, newest), True
    assert await writer.write_ticks({0: 0}) == 0
    newest.broken = False
    assert await writer.write_ticks({0: 0}) == 1
    assert [blind_from(record) for record in log.records] == [NOON - timedelta(hours=1)]


async def test_every_partition_without_waiting_records_gets_its_tick() -> None:
    log = Log()
    assert await new_writer(log, Newest()).write_ticks({0: 0, 1: 5, 2: 0}) == 2
    assert [record.partition for record in log.records] == [0, 2]


async def test_a_partition_that_stays_behind_gets_its_tick_after_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    log = Log()
    writer = new_writer(log, Newest())
    now_s = 1000.0
    monkeypatch.setattr(tick_writer.time, "monotonic", lambda: now_s)
    assert await writer.write_ticks({1: 5}) == 0
    now_s += TICK_HOLD_MOST_S - 1
    assert await writer.write_ticks({1: 5}) == 0
    now_s += 1
    assert await writer.write_ticks({1: 5}) == 1


def test_the_wall_clock_tells_whole_milliseconds_in_utc() -> None:
    now = wall_clock()
    assert now.tzinfo is UTC
    assert now.microsecond % 1000 == 0

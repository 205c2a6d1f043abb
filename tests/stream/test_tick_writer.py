"""Ticks: one clock a partition, written into the log, and not ahead of records that wait."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from blinwatch.core.events import Tick
from blinwatch.deliver.output_record import OutputRecord
from blinwatch.receive.decode import decode_record
from blinwatch.stream import tick_writer
from blinwatch.stream.tick_writer import TICK_HOLD_MOST_S, TickWriter, tick_record, wall_clock

NOON = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)


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


async def test_every_partition_without_waiting_records_gets_its_tick() -> None:
    log = Log()
    assert await TickWriter(lambda: NOON, log.write).write_ticks({0: 0, 1: 5, 2: 0}) == 2
    assert [record.partition for record in log.records] == [0, 2]


async def test_a_partition_that_stays_behind_gets_its_tick_after_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    log = Log()
    writer = TickWriter(lambda: NOON, log.write)
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

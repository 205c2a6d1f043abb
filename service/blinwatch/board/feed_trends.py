"""Fills the trend store from the topics, for ever, from where the store says it was.

What:      reads all partitions without a group; some thousand records at a time become rows and are written with
           their offsets in one transaction. Killed anywhere, it goes on after the last whole batch.
Caveats:   - decoding and writing run in a thread: pages are served meanwhile.
           - a store that refuses is asked again until it takes the batch; nothing more is read until then, so memory
             stays as it is, and Kafka keeps what waits. The board says so (`health`).
"""

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from blinwatch.board.topic_places import all_places
from blinwatch.board.trend_rows import TOPICS, TrendRows
from blinwatch.board.trends.trend_store import TrendBatch, TrendStore, TrendStoreError
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.kafka_identity import kafka_options

POLL_MS = 200
WRITE_EVERY_S = 1.0
"""A page of trends is looked at by the minute; one transaction a second is nothing for either store."""
RECORDS_AT_ONCE_MOST = 5_000
"""Some 5 MB of records, and less than a second of decoding, after which other threads get their turn."""
TIDY_EVERY_S = 600.0
"""How often old buckets are widened and what is too old is forgotten."""
BEHIND_AFTER_S = 30.0
"""From here on the board says so: half the width of a point on most charts."""
REQUEST_TIMEOUT_MS = 10_000
AGAIN_AFTER_S, AGAIN_AFTER_MOST_S = 1.0, 30.0
_DAY_MS = 86_400_000
_MS = 1000

_log = structlog.get_logger("blinwatch.board.trends")

State = Literal["starting", "well", "behind", "failing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendHealth:
    """What the board may say of its trends."""

    state: State
    text: str
    behind_s: float
    """How long ago the records were written that come next; 0: none waits."""
    waiting: int
    """Records that are not kept yet, as far as is known."""
    unreadable: int
    """Records that could not be read since the start."""


@dataclass(slots=True)
class _Progress:
    """How far one partition has been kept."""

    next_offset: int
    end_offset: int
    kept_ms: int
    """Kafka's time of the last record that is kept; before the first one, of the start."""


class TrendFeed:
    """Keeps a trend store up to date."""

    def __init__(
        self,
        bootstrap: str,
        open_store: Callable[[], TrendStore],
        rulebook: Rulebook,
        *,
        retention_days: int,
        records_at_once: int = RECORDS_AT_ONCE_MOST,
    ) -> None:
        """`open_store` may raise `TrendStoreError`; it is asked again until it does not."""
        self._bootstrap, self._open_store, self._rulebook = bootstrap, open_store, rulebook
        self._retention_ms = retention_days * _DAY_MS
        self._records_at_once = records_at_once
        self._progress: dict[TopicPartition, _Progress] = {}
        self._failure: str | None = None
        self._rows = TrendRows(rulebook)
        self._tidied_s = -math.inf
        self.store: TrendStore | None = None
        """The store for whoever wants to read; None until it could be opened. Closed when `run` ends."""

    def health(self) -> TrendHealth:
        """Whether the trends are as new as they should be."""
        late = [one for one in self._progress.values() if one.end_offset > one.next_offset]
        waiting = sum(one.end_offset - one.next_offset for one in late)
        behind_s = max((time.time() - one.kept_ms / _MS for one in late), default=0.0)
        unreadable = self._rows.unreadable.total()
        state: State = "well"
        text = "Trends are up to date."
        if self._failure is not None:
            state, text = "failing", f"Trends are not kept: {self._failure} Nothing is lost: Kafka holds what waits."
        elif not self._progress:
            state, text = "starting", "Trends are being opened."
        elif behind_s > BEHIND_AFTER_S:
            state, text = "behind", f"Trends are behind by {_in_words(behind_s)}: {waiting:,} records wait."
        return TrendHealth(state=state, text=text, behind_s=behind_s, waiting=waiting, unreadable=unreadable)

    async def run(self) -> None:
        """Fill the store until cancelled; brokers and stores that are gone are tried again."""
        again_s = AGAIN_AFTER_S
        try:
            while True:
                started_s = time.monotonic()
                try:
                    await self._fill()
                # Whatever it was: the board says that trends stand still; trying again is all there is to do.
                except Exception as error:  # noqa: BLE001
                    self._fails(error)
                again_s = AGAIN_AFTER_S if time.monotonic() - started_s > AGAIN_AFTER_MOST_S else _longer(again_s)
                await asyncio.sleep(again_s)
        finally:
            if self.store is not None:
                store, self.store = self.store, None
                await asyncio.to_thread(store.close)

    async def _fill(self) -> None:
        if self.store is None:
            self.store = await asyncio.to_thread(self._open_store)
        store = self.store
        positions = await asyncio.to_thread(store.positions)
        self._rows = TrendRows(self._rulebook, self._rows.unreadable)
        self._rows.know(await asyncio.to_thread(store.patients))
        consumer: Any = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            fetch_max_wait_ms=POLL_MS,
            **kafka_options(),
        )
        await consumer.start()
        try:
            await self._take_places(consumer, positions)
            self._failure = None
            while True:
                await self._keep(store, await self._next_records(consumer))
                await self._tidy(store)
        finally:
            await consumer.stop()

    async def _take_places(self, consumer: Any, positions: dict[tuple[str, int], int]) -> None:
        """Go to where the store was, partition by partition."""
        places = await all_places(consumer, TOPICS, REQUEST_TIMEOUT_MS / _MS)
        begins: dict[TopicPartition, int] = await consumer.beginning_offsets(places)
        ends: dict[TopicPartition, int] = await consumer.end_offsets(places)
        now_ms = round(time.time() * _MS)
        self._progress = {}
        for place in places:
            known = positions.get((place.topic, place.partition))
            at = begins[place] if known is None else known
            if at < begins[place]:
                _log.warning(
                    "trends have a hole: records were deleted before they were read",
                    topic=place.topic,
                    partition=place.partition,
                    records=begins[place] - at,
                )
            if not begins[place] <= at <= ends[place]:
                # Behind its end: the topic was made anew, and its offsets begin again.
                at = begins[place]
            consumer.seek(place, at)
            self._progress[place] = _Progress(at, ends[place], now_ms)

    async def _next_records(self, consumer: Any) -> list[Any]:
        """What comes within a second, and no more than fits into one batch."""
        records: list[Any] = []
        until_s = time.monotonic() + WRITE_EVERY_S
        while len(records) < self._records_at_once and (left_s := until_s - time.monotonic()) > 0:
            batches: dict[TopicPartition, Sequence[Any]] = await consumer.getmany(
                timeout_ms=min(POLL_MS, round(left_s * _MS)), max_records=self._records_at_once - len(records)
            )
            for some in batches.values():
                records += some
        for place, progress in self._progress.items():
            progress.end_offset = max(progress.end_offset, consumer.highwater(place) or 0)
        return records

    async def _keep(self, store: TrendStore, records: list[Any]) -> None:
        """Write the records' rows; does not return before the store has them."""
        if not records:
            return
        batch = await asyncio.to_thread(self._batch_of, records)
        again_s = AGAIN_AFTER_S
        while True:
            try:
                await asyncio.to_thread(store.write, batch)
                break
            except TrendStoreError as error:
                self._fails(error)
                await asyncio.sleep(again_s)
                again_s = _longer(again_s)
        self._failure = None
        for record in records:
            progress = self._progress[TopicPartition(record.topic, record.partition)]
            progress.next_offset = max(progress.next_offset, record.offset + 1)
            progress.kept_ms = record.timestamp

    def _batch_of(self, records: list[Any]) -> TrendBatch:
        next_offsets: dict[tuple[str, int], int] = {}
        for record in records:
            self._rows.take(record.topic, record.key, record.value, record.offset)
            next_offsets[record.topic, record.partition] = record.offset + 1
        return self._rows.drain(next_offsets)

    async def _tidy(self, store: TrendStore) -> None:
        """Widen old buckets and forget what is too old.

        "Old" is judged by the patients' own time where that is behind ours (a ward that is played again), and by ours
        where theirs is ahead: a wrong clock in one event must not make the store forget everybody.
        """
        if time.monotonic() - self._tidied_s < TIDY_EVERY_S:
            return
        now_ms = min(self._rows.newest_ms, round(time.time() * _MS))
        try:
            await asyncio.to_thread(store.fold, now_ms)
            await asyncio.to_thread(store.forget_before, now_ms - self._retention_ms)
        except TrendStoreError as error:
            self._fails(error)
        self._rows.forget_before(now_ms - self._retention_ms)
        self._tidied_s = time.monotonic()

    def _fails(self, error: Exception) -> None:
        said = str(error) or type(error).__name__
        self._failure = said if said.endswith(".") else f"{said}."
        _log.warning("trends cannot be kept; trying again", error=type(error).__name__, detail=said)


def _longer(again_s: float) -> float:
    return min(2 * again_s, AGAIN_AFTER_MOST_S)


def _in_words(behind_s: float) -> str:
    minutes = round(behind_s / 60)
    if minutes < 1:
        return f"{behind_s:.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"  # noqa: PLR2004 - two hours are still easy to read in minutes

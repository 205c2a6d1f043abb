"""The hot path: whole fetched batches go to the engine, past Faust's conductor, streams and events.

What:      Faust fetches; records of input topics are decoded and judged here, batch by batch; records of any
           other topic (the state changelog, topics of ordinary agents) take Faust's own way.
Caveats:   see docs/decisions/0004. A measured 250 µs an event of Faust's own way is what this saves.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from faust.types import TP

from blinwatch.stream.durable_consumer import DurableConsumer
from blinwatch.stream.engine import TopicPartition
from blinwatch.stream.event_order import HOLD_BEYOND_WINDOW_S, Lagging

POLL_S = 1.0
"""How long one look for new records may last; Faust's own value."""
POLL_BRIEFLY_S = 0.1
"""While records wait for a topic that lags, their time must not pass unnoticed; and a recovery's next seek waits for
the fetch under way."""
STOOD_STILL_S = 2.0
"""Between two rounds of the reading loop. A round waits for at most `POLL_S` and judges for a tenth of a second at a
time: whoever needs twice as long was kept from running."""
OLD_ANSWERS_MS = 250
"""After a standstill: the answers that lay in the sockets all the while are read first and tell of before it."""
KNOWN_WITHIN_S = 2.0
"""For so long after a standstill no topic runs ahead of one that has not been asked since. Brokers answer within 0.1 s,
and one that does not must not hold up alerts for longer."""

_log = structlog.get_logger("blinwatch.stream")


class BatchConsumer(DurableConsumer):
    """Hands whole batches to the engine."""

    _round_s: float | None = None
    """When the reading loop last came round, on a steady clock."""
    _stood_still_until_ms = 0
    """The end of the last standstill, in ms since 1970 as aiokafka stamps the brokers' answers."""
    _given_up: frozenset[tuple[str, int]] = frozenset()
    """Topics and partitions that were told to be waited for in vain."""

    def _is_wanted(self, tp: TP) -> bool:
        if tp.topic in self.desk.input_topics and self.desk.bench.engine.is_full(tp.topic, tp.partition):
            return False
        return super()._is_wanted(tp)

    async def _drain_messages(self, fetcher: Any) -> None:
        """Faust's reading loop, run by its fetcher service for as long as the consumer runs."""
        try:
            while not (self.should_stop or fetcher.should_stop):
                await self._read_and_judge()
        except self.consumer_stopped_errors:
            if not self.app.should_stop:
                raise
        except asyncio.CancelledError:
            if not self.app.should_stop:
                raise

    async def _read_and_judge(self) -> None:
        engine = self.desk.bench.engine
        self._notice_standstill(time.monotonic(), time.time())
        is_settled = self.desk.progress.is_recovered and not engine.waiting()
        fetched: Any = await self._wait_next_records(POLL_S if is_settled else POLL_BRIEFLY_S)
        # Of the fetch, not of the wait before it: that may last through a whole rebalance, and what the changelog gave
        # in the new generation would be dropped. Recovery would wait for it for ever.
        generation = self.fetch_generation
        if self._is_over(generation):
            return  # recovery seeks before reading goes on
        records: Mapping[TP, Sequence[Any]] = fetched[0] or {}
        for tp, batch in records.items():
            if tp.topic not in self.desk.input_topics:
                await self._take_fausts_way(tp, batch)
            elif tp.partition in engine.partitions:
                engine.read(tp.topic, tp.partition, batch)
        self._notice_standstill(time.monotonic(), time.time())
        await self._judge_waiting(generation)

    def _notice_standstill(self, now_s: float, unix_s: float) -> None:
        """What the brokers said before a standstill says nothing of the records that came during it."""
        if self._round_s is not None and now_s - self._round_s > STOOD_STILL_S:
            self._stood_still_until_ms = round(1000 * unix_s)
        self._round_s = now_s

    async def _judge_waiting(self, generation: int) -> None:
        """Turn by turn through the partitions, until nothing more may be judged."""
        bench = self.desk.bench
        busy = set(bench.engine.partitions)
        while busy:
            for partition in sorted(busy):
                if self._is_over(generation):
                    return
                if not await bench.judge(partition, self.lagging_in(partition)):
                    busy.discard(partition)
        self._tell_given_up()
        # Without this a loop that always finds something would starve the commit timer and the web.
        await asyncio.sleep(0)

    def _tell_given_up(self) -> None:
        """Once for each topic that the others no longer wait for: its records will be judged out of order."""
        engine = self.desk.bench.engine
        given_up = frozenset((topic, number) for number in engine.partitions for topic in engine.given_up(number))
        for topic, partition in sorted(given_up - self._given_up):
            _log.warning(
                "records wait on a topic that shows none; the others no longer wait for it",
                topic=topic,
                partition=partition,
                waited_s=HOLD_BEYOND_WINDOW_S,
            )
        self._given_up = given_up

    def _is_over(self, generation: int) -> bool:
        """Whether the partitions these records came from may no longer be ours."""
        return self.should_stop or not self.flow_active or self.app.consumer_generation_id != generation

    def lagging_in(self, partition: int) -> Lagging:
        """Whether a topic still has unread records in this partition; one whose end is not known yet may have.

        After a standstill of this process an end is known once a broker has told it again: otherwise the topic whose
        records come first would run ahead of those that came meanwhile on others.
        """
        since_ms = self._stood_still_until_ms + OLD_ANSWERS_MS
        doubted = 1000 * time.time() < self._stood_still_until_ms + 1000 * KNOWN_WITHIN_S

        def lagging(topic: str) -> bool:
            return self.unread(topic, partition) != 0 or (doubted and self.told_ms(topic, partition) < since_ms)

        return lagging

    async def _take_fausts_way(self, tp: TP, records: Sequence[Any]) -> None:
        """Conductor, channel and queue, as in Faust's own loop."""
        faust: Any = self
        for record in records:
            read_offset = self._read_offset[tp]
            if read_offset is not None and record.offset < read_offset:
                continue
            await faust.wait_first(faust.callback(self._to_message(tp, record)), self.suspend_flow.wait())
            self._read_offset[tp] = record.offset

    def _judged_offsets(self) -> Mapping[TopicPartition, int]:
        """What the engine has judged, and what ordinary agents have acknowledged."""
        faust = self._filter_committable_offsets(list(self._acked))
        acknowledged = {TopicPartition(tp.topic, tp.partition): offset for tp, offset in faust.items()}
        return {**acknowledged, **self.desk.bench.engine.judged_offsets()}

"""The hot path: whole fetched batches go to the engine, past Faust's conductor, streams and events.

What:      Faust fetches; records of input topics are decoded and judged here, batch by batch; records of any
           other topic (the state changelog, topics of ordinary agents) take Faust's own way.
Caveats:   see docs/decisions/0004. A measured 250 µs an event of Faust's own way is what this saves.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from faust.types import TP

from blinwatch.stream.durable_consumer import DurableConsumer
from blinwatch.stream.engine import TopicPartition
from blinwatch.stream.event_order import Lagging

POLL_S = 1.0
"""How long one look for new records may last; Faust's own value."""
POLL_BRIEFLY_S = 0.1
"""While records wait for a topic that lags, their time must not pass unnoticed; and a recovery's next seek waits for
the fetch under way."""


class BatchConsumer(DurableConsumer):
    """Hands whole batches to the engine."""

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
        await self._judge_waiting(generation)

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
        # Without this a loop that always finds something would starve the commit timer and the web.
        await asyncio.sleep(0)

    def _is_over(self, generation: int) -> bool:
        """Whether the partitions these records came from may no longer be ours."""
        return self.should_stop or not self.flow_active or self.app.consumer_generation_id != generation

    def lagging_in(self, partition: int) -> Lagging:
        """Whether a topic still has unread records in this partition; one whose end is not known yet may have."""

        def lagging(topic: str) -> bool:
            return self.unread(topic, partition) != 0

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

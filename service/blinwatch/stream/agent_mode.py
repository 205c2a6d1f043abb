"""The plain way: one ordinary Faust agent, one event at a time, the same engine and the same order of durability.

About fifteen times slower than batches. It stays as a reference that leans on no private way of reading, and as a way
out should a release of Faust break the hot path. Faust hands topics over in turns, whatever time they are from; so here
too records wait for their turn in the engine, and are acknowledged when they have been judged.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from faust.types import TP

from blinwatch.stream.desk import Desk
from blinwatch.stream.durable_consumer import DurableConsumer
from blinwatch.stream.engine import TopicPartition
from blinwatch.stream.event_order import Lagging
from blinwatch.stream.source_record import SourceRecord

LOOK_AGAIN_S = 0.1
"""While records wait for a topic that lags, their time must not pass unnoticed."""


class AgentConsumer(DurableConsumer):
    """Faust's own reading and acknowledging; only the commit is ours."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._starts: dict[TP, int] = {}

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Remember where reading starts: what lies between there and the agent is in Faust's queues."""
        offsets = await super().seek_to_committed()
        self._starts = {TP(tp.topic, tp.partition): offset or 0 for tp, offset in offsets.items()}
        return offsets

    def lagging_in(self, partition: int) -> Lagging:
        """Whether a topic has records in this partition that have not reached the agent."""

        def lagging(topic: str) -> bool:
            tp = TP(topic, partition)
            state = self._partition_state(tp)
            if state is None or state.highwater is None:
                return True
            read_to = self.desk.bench.engine.read_to(topic, partition)
            return state.highwater > (self._starts.get(tp, 0) if read_to is None else read_to)

        return lagging

    def _judged_offsets(self) -> Mapping[TopicPartition, int]:
        faust_offsets = self._filter_committable_offsets(list(self._acked))
        return {TopicPartition(tp.topic, tp.partition): offset for tp, offset in faust_offsets.items()}


def add_agent(app: Any, desk: Desk) -> None:
    """Declare the agent that judges every input topic."""
    channel = app.topic(
        *desk.input_topics,
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
        allow_empty=True,
    )

    async def judge(stream: Any) -> None:
        # noack: Faust would acknowledge an event whose judgement raised.
        async for event in stream.noack().events():
            await _guarded(app, _take(app, desk, event.message))

    async def look_again() -> None:
        while not app.should_stop:
            for partition in desk.bench.engine.partitions:
                await _guarded(app, _judge_waiting(app, desk, partition))
            await asyncio.sleep(LOOK_AGAIN_S)

    app.agent(channel, name="blinwatch.judge")(judge)
    app.task(look_again)


async def _take(app: Any, desk: Desk, message: Any) -> None:
    engine = desk.bench.engine
    stale = message.generation_id != app.consumer_generation_id
    if stale or message.partition not in engine.partitions:
        return  # buffered from before a rebalance: whoever holds the partition now reads it again
    engine.read(message.topic, message.partition, (message,))
    await _judge_waiting(app, desk, message.partition)


async def _judge_waiting(app: Any, desk: Desk, partition: int) -> None:
    def acknowledge(judged: Sequence[SourceRecord]) -> None:
        for message in judged:
            app.consumer.ack(message)

    while await desk.bench.judge(partition, app.consumer.lagging_in(partition), acknowledge):
        pass


async def _guarded(app: Any, work: Any) -> None:
    """Stop the whole worker when something fails, and never come back: the event must not be acknowledged."""
    try:
        await work
    except Exception as error:  # noqa: BLE001 - whatever it is
        await app.crash(error)
        # An agent that ends is restarted and would go on with the next event.
        await asyncio.Event().wait()

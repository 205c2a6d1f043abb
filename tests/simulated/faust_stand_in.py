"""Stands for Faust: what the real consumer, table and desk ask of it, over the broker in memory.

Real are `Engine`, `EventOrder`, `PatientBook`, `Workbench`, `Desk`, `StateTable`, `DurableConsumer`, `BatchConsumer`.
Stood in for are Faust's consumer below them (fetching, seeking, committing, its one commit at a time), its rebalance
callbacks and its recovery (`worker.py`), in the order in which Faust 0.15.3 calls them; `tests/stream/` holds that
order and the names against Faust itself.
"""

import asyncio
from collections.abc import Iterable, Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any

from faust.transport.drivers.aiokafka import Consumer
from faust.types import TP

from blinwatch.stream.batch_consumer import BatchConsumer
from blinwatch.stream.state_table import StateTable
from tests.aftermath.remains import STATE_TOPIC


class FaustConsumer(Consumer):
    """Faust's consumer as far as ours leans on it; comes after ours in the order of methods."""

    worker: Any
    """The simulated process."""
    _committing: "asyncio.Future[bool] | None" = None

    @property
    def should_stop(self) -> bool:
        return False

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Faust goes on to recover; `worker.py` does."""

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Faust waits for what is under way; `worker.py` does."""

    async def _wait_next_records(self, timeout: float) -> Any:  # noqa: ASYNC109 - Faust's signature
        await self.worker.flowing.wait()
        if not self.worker.input_partitions():
            await asyncio.sleep(timeout)
            return {}, None
        return await self._getmany(self.worker.input_partitions(), timeout), None

    async def _getmany(self, active_partitions: set[TP] | None, timeout: Any) -> Any:  # noqa: ASYNC109
        return await self.worker.fetch(active_partitions, timeout)

    async def seek_to_committed(self) -> Mapping[TP, int]:
        return await self.worker.seek_to_committed()

    async def commit(self, *_topics: Any, **_options: Any) -> bool:
        """As Faust's: who asks during a commit waits for that one."""
        if self._committing is not None:
            await asyncio.shield(self._committing)
            return False
        self._committing = asyncio.get_running_loop().create_future()
        try:
            return await self.force_commit()
        finally:
            done, self._committing = self._committing, None
            done.set_result(True)

    async def _commit_offsets(self, offsets: Mapping[TP, int], **_options: Any) -> bool:
        assigned = self.worker.input_partitions()
        mine = {tp: offset for tp, offset in offsets.items() if tp in assigned}
        return bool(mine) and await self._commit(mine)

    def _filter_committable_offsets(self, _tps: Any) -> dict[TP, int]:
        return {}

    async def sleep(self, seconds: Any) -> None:
        await asyncio.sleep(seconds)


class SimConsumer(BatchConsumer, FaustConsumer):
    """The real batch consumer over the stand-in."""

    def _partition_state(self, tp: TP) -> Any:
        return self.worker.partition_state(tp)


def new_consumer(worker: Any, desk: Any, app: Any, client: Any) -> SimConsumer:
    """A consumer without Faust's own making of it."""
    consumer: Any = SimConsumer.__new__(SimConsumer)
    consumer.worker, consumer.desk, consumer.app = worker, desk, app
    consumer._acked = {}
    consumer._fetching, consumer.fetch_generation = asyncio.Lock(), -1
    consumer._thread = client
    return consumer


class _NoStore:
    async def on_recovery_completed(self, _active: Iterable[TP], _standby: Iterable[TP]) -> None:
        """Faust's own store keeps nothing of ours."""


@cache
def _without_store(make: type[StateTable]) -> type[StateTable]:
    return type(make.__name__, (make,), {"data": _NoStore()})


def new_table(make: type[StateTable]) -> StateTable:
    """A state table without an application."""
    make = _without_store(make)
    table: Any = make.__new__(make)
    table._recover_callbacks = set()
    table._changelog_topic = SimpleNamespace(get_topic_name=lambda: STATE_TOPIC)
    return table

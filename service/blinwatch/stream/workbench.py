"""Where the engine meets the producer: what is judged is written, what is written is awaited, then it may be committed.

What:      the order of durability (docs/decisions/0005). One lock is held while a batch is judged and its
           output is handed to the producer, and while a commit notes what it covers. So a commit covers whole
           batches only.
Caveats:   both run to their end even when the task that asked for them is cancelled (a stop, a rebalance):
           half a batch must never be followed by a commit.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from blinwatch.deliver.output_record import OutputRecord
from blinwatch.stream.engine import Batch, Engine, TopicPartition
from blinwatch.stream.event_order import Lagging
from blinwatch.stream.patient_book import Changed, State
from blinwatch.stream.progress import Progress
from blinwatch.stream.source_record import SourceRecord
from blinwatch.stream.telemetry import Telemetry

RECORDS_A_TURN = 500
"""About 0.1 s of judging: the most that heartbeats, web requests and other partitions wait for one turn."""
UNACKNOWLEDGED_MOST = 20_000
"""Records handed over and not known to be acknowledged: some 40 MB. A second of work where everything is an alert."""
SNAPSHOTS_A_TURN = 8
PAUSE_S = 0.004
"""Some 15 to 30 KiB each: so many in one request to a broker, then a moment in which alerts get theirs. All at once,
the states of 400 patients kept alerts waiting for a tenth of a second. A commit of more than 2,000 lasts longer."""

Result = TypeVar("Result")
Written = Awaitable[Any]
"""Done when the broker has acknowledged a record; its result has an `offset`."""
Acknowledge = Callable[[Sequence[SourceRecord]], object]
CommitOffsets = Callable[[Mapping[TopicPartition, int]], Awaitable[bool]]


class Write(Protocol):
    """Hands a record to the producer; what it returns is done when every in-sync replica has the record."""

    async def __call__(self, record: OutputRecord) -> Written:
        """Queue one record."""
        ...


class StateStore(Protocol):
    """The changelog, as far as writing to it goes."""

    def term_of(self, partition: int) -> bytes:
        """Under which ownership of a partition its states are written now."""
        ...

    def record_of(self, changed: Changed[Any], value: bytes, term: bytes) -> OutputRecord:
        """The changelog record of a state that was frozen in this term."""
        ...

    def written(self, partition: int, offset: int) -> None:
        """The changelog of a partition includes our own writing up to this offset."""
        ...


class WorkStoppedError(Exception):
    """Something failed before; nothing more is judged or committed by this process."""


class NotAcknowledgedError(Exception):
    """The brokers took too long to make durable what was written."""


@dataclass(frozen=True, slots=True)
class Covered(Generic[State]):
    """What one commit makes durable."""

    offsets: Mapping[TopicPartition, int]
    changed: Sequence[tuple[Changed[State], bytes]]
    """Each state with the term it belongs to, also when it is written after the partition went away and came back."""
    writes: Sequence[Written]
    ownership: int
    """In which ownership it was frozen."""


class Workbench(Generic[State]):
    """The engine, its producer and the lock between judging and committing."""

    def __init__(
        self,
        *,
        engine: Engine[State],
        store: StateStore,
        write: Write,
        telemetry: Telemetry,
        progress: Progress,
        write_timeout_s: float,
    ) -> None:
        self.engine = engine
        self.failure: BaseException | None = None
        """Why nothing more may be judged or committed; None while all is well."""
        self.progress = progress
        self._store = store
        self._write = write
        self._telemetry = telemetry
        self._write_timeout_s = write_timeout_s
        self._lock = asyncio.Lock()
        self._commit_lock = asyncio.Lock()
        self._writes: list[Written] = []
        self._committed: dict[TopicPartition, int] = {}
        self._ownership = 0
        """Counts how often the group has given out its partitions."""
        self._is_proven = False
        """Whether the broker has taken something from us in this ownership: until then it may be long over."""
        self._running: set[asyncio.Future[Any]] = set()

    # --- judging ------------------------------------------------------------------------------------------

    async def judge(self, partition: int, lagging: Lagging, acknowledge: Acknowledge | None = None) -> int:
        """Judge one turn of a partition's waiting records and queue what follows; the number of records judged.

        `acknowledge` gets the judged records once all output of the turn is queued, before a commit can happen.
        """
        return await self._to_its_end(self._judge(partition, lagging, acknowledge))

    async def _judge(self, partition: int, lagging: Lagging, acknowledge: Acknowledge | None) -> int:
        async with self._lock:
            self._stop_after_failure()
            if partition not in self.engine.partitions:
                return 0  # it was taken away while this turn waited for the lock
            started_s = time.perf_counter()
            batch = self.engine.judge(partition, lagging, time.monotonic(), RECORDS_A_TURN)
            if batch is None:
                return 0
            step_s = time.perf_counter() - started_s
            for record, cause in batch.outputs:
                written = await self._write(record)
                self._writes.append(written)
                if cause is not None:
                    self._time_alert(written, cause)
            if batch.outputs:
                self._time_outputs(self._writes[-1])
            if acknowledge is not None:
                acknowledge(batch.records)
            if len(self._writes) >= UNACKNOWLEDGED_MOST:
                await self._until_acknowledged()
        if not batch.records:
            return 0  # only pages that had waited
        self.progress.judged()
        self._telemetry.progressed(time.time())
        self._tell(batch, step_s)
        return batch.outcomes.total()

    async def _until_acknowledged(self) -> None:
        """Judge nothing more until the broker has what was written: memory must not grow with its slowness."""
        await asyncio.wait_for(asyncio.gather(*self._writes), self._write_timeout_s)
        self._writes.clear()

    def _time_alert(self, written: Written, cause: SourceRecord) -> None:
        written_ms = getattr(cause, "timestamp", None)
        if isinstance(written, asyncio.Future) and isinstance(written_ms, int) and written_ms > 0:
            written.add_done_callback(lambda done: self._tell_delivered(done, written_ms / 1000))

    def _tell_delivered(self, written: "asyncio.Future[Any]", event_written_s: float) -> None:
        if not written.cancelled() and written.exception() is None:
            self._telemetry.alert_delivered(time.time() - event_written_s)

    def _time_outputs(self, last: Written) -> None:
        if isinstance(last, asyncio.Future):
            handed_s = time.perf_counter()
            last.add_done_callback(lambda done: self._tell_acknowledged(done, handed_s))

    def _tell_acknowledged(self, done: "asyncio.Future[Any]", handed_s: float) -> None:
        if not done.cancelled() and done.exception() is None:
            self._telemetry.outputs_acknowledged(time.perf_counter() - handed_s)

    def _tell(self, batch: Batch, step_s: float) -> None:
        """One report a topic; the time is shared out by the number of records."""
        topics: dict[str, dict[str, int]] = {}
        for (topic, outcome), count in batch.outcomes.items():
            topics.setdefault(topic, {})[outcome] = count
        total = batch.outcomes.total()
        for topic, outcomes in topics.items():
            self._telemetry.batch_judged(topic, outcomes, step_s * sum(outcomes.values()) / total)
        for (topic, reason), count in batch.refused.items():
            self._telemetry.dead_letters(topic, {reason: count})
        if batch.traces_dropped:
            self._telemetry.traces_dropped(batch.traces_dropped)
        self._telemetry.decisions(batch.partition, batch.decisions)
        if batch.ticks_ms:
            now_s = time.time()
            self._telemetry.ticks_judged(now_s - at_ms / 1000 for at_ms in batch.ticks_ms)

    # --- committing ---------------------------------------------------------------------------------------

    async def commit(
        self, judged_offsets: Callable[[], Mapping[TopicPartition, int]], commit_offsets: CommitOffsets
    ) -> bool:
        """Make durable what has been judged so far, then commit its offsets; whether offsets were committed.

        `judged_offsets` is asked while no batch is being judged; `commit_offsets` gets exactly what it said.
        """
        return await self._to_its_end(self._commit(judged_offsets, commit_offsets))

    async def _commit(
        self, judged_offsets: Callable[[], Mapping[TopicPartition, int]], commit_offsets: CommitOffsets
    ) -> bool:
        async with self._commit_lock:
            started_s = time.perf_counter()
            async with self._lock:
                self._stop_after_failure()
                covered = self._cover(judged_offsets())
            sizes = await self._make_durable(covered)
            self._stop_after_failure()
            new = {tp: at for tp, at in covered.offsets.items() if self._committed.get(tp) != at}
            if not new or covered.ownership != self._ownership:
                # Given out anew meanwhile, these offsets may be another worker's by now, and ahead of its states.
                return False
            done = await commit_offsets(new)
            if done and covered.ownership == self._ownership:
                self._committed.update(new)
            self._telemetry.committed(time.perf_counter() - started_s, sizes)
            self._telemetry.state_held(self.engine.patient_count())
            return done

    def _cover(self, offsets: Mapping[TopicPartition, int]) -> Covered[State]:
        """Freeze what this commit covers. The offsets come first: nothing may be committed beyond the rest.

        No states before the ownership is proven. A worker that slept through its ownership would find the states of
        whoever came after it in the changelog, take their later generation for one from before Kafka forgot the group,
        and begin a new era: its older states would win over theirs (`state_table`).
        """
        writes, self._writes = self._writes, []
        if not self._is_proven:
            return Covered(offsets={}, changed=(), writes=writes, ownership=self._ownership)
        changed = [(one, self._store.term_of(one.partition)) for one in self.engine.take_changed()]
        return Covered(offsets=offsets, changed=changed, writes=writes, ownership=self._ownership)

    async def _make_durable(self, covered: Covered[State]) -> list[int]:
        """Wait for the outputs, then write the changed states and wait for them; the sizes of the states in bytes.

        In this order: a stored state has its records left out when they come again, so a state that reached the broker
        before an output of its records did would be the end of that output.
        """
        await self._acknowledged(covered.writes)
        sizes: list[int] = []
        snapshots: list[tuple[int, Written]] = []
        for number, (changed, term) in enumerate(covered.changed, start=1):
            value = changed.write()
            sizes.append(len(value))
            snapshots.append((changed.partition, await self._write(self._store.record_of(changed, value, term))))
            if number % SNAPSHOTS_A_TURN == 0:
                await asyncio.sleep(PAUSE_S)
        receipts = await self._acknowledged([written for _, written in snapshots])
        for (partition, _), receipt in zip(snapshots, receipts, strict=True):
            self._store.written(partition, receipt.offset)
        return sizes

    async def _acknowledged(self, writes: Sequence[Written]) -> list[Any]:
        """What the broker said to each write; raises when one was refused or is not acknowledged in time."""
        try:
            return await asyncio.wait_for(asyncio.gather(*writes), self._write_timeout_s)
        except TimeoutError as error:
            raise NotAcknowledgedError(
                f"the brokers did not acknowledge within {self._write_timeout_s:g} s what was written: a partition has "
                "no leader, or too few copies in sync. Its events are not committed; the next worker judges them again"
            ) from error

    def begin_ownership(self) -> None:
        """The group has given out its partitions: a commit under way is void, what others committed is not known."""
        self._ownership += 1
        self._is_proven = False
        self._committed.clear()

    async def make_known(self, records: Sequence[OutputRecord]) -> None:
        """Write records that belong to no batch, and wait until the broker has them."""
        await self._to_its_end(self._make_known(records))

    async def _make_known(self, records: Sequence[OutputRecord]) -> None:
        self._stop_after_failure()
        await self._acknowledged([await self._write(record) for record in records])

    def prove_ownership(self) -> None:
        """The broker has taken a commit of this ownership."""
        self._is_proven = True

    # --- failing ------------------------------------------------------------------------------------------

    async def _to_its_end(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run work that must not stop half way; remember its failure, so that nothing is committed after it."""
        task = asyncio.ensure_future(self._watched(work))
        # The loop itself keeps no strong reference to a task.
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def _watched(self, work: Coroutine[Any, Any, Result]) -> Result:
        try:
            return await work
        except Exception as error:
            self.fail(error)
            raise

    def _stop_after_failure(self) -> None:
        if self.failure is not None:
            raise WorkStoppedError("an earlier failure stopped this worker") from self.failure

    def fail(self, error: BaseException) -> None:
        """Remember the first failure."""
        if self.failure is None:
            self.failure = error

"""Records in, records out: the synchronous heart of the worker. It knows no Kafka, no Faust and no clock.

What:      decodes records, orders them across topics, recognises what a state already includes, steps the
           patients, and collects what must be written: decisions, dead letters, changed states, and the
           offsets that may be committed once all of those are durable.
Caveats:   an exception of the judgement is raised on as `JudgementFailedError` with the record's place; nothing of
           that batch may be acknowledged and the engine must not be used again.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Generic, NamedTuple

from blinwatch.core.decisions import AlertTransition, Decision
from blinwatch.core.doctor_patient import is_self_test
from blinwatch.core.event_header import Event
from blinwatch.core.events import PatientEvent, Tick
from blinwatch.core.evidence import to_ms
from blinwatch.deliver.dead_letter import WRITABLE_BYTES_MOST, dead_letter_of
from blinwatch.deliver.output_record import OutputRecord
from blinwatch.deliver.trace_context import NO_TRACE, Trace, trace_of
from blinwatch.stream.event_order import EventOrder, Lagging
from blinwatch.stream.paging import LATE_AFTER_MS, Told
from blinwatch.stream.patient_book import Changed, Judge, PatientBook, State
from blinwatch.stream.source_record import (
    Arrived,
    Decode,
    SourceRecord,
    TooLargeToMove,
    WrongPartition,
    moment_ms,
    record_bytes,
)
from blinwatch.stream.stored_state import StoredState
from blinwatch.stream.telemetry import Outcome

TICKS_TOPIC = "clock.ticks.v1"
WAITING_MOST = 50_000
"""Records read and not judged, in all partitions together: some 100 MB, a third of what a worker may take."""
WAITING_BYTES_MOST = 100_000_000
"""The same when records are large: a sender gone wrong may fill a topic with records of a megabyte."""
KNOWN_KEYS_MOST = 100_000
"""Where each patient's partition is remembered; about 10 MB when full, then it starts anew."""

RecordsOf = Callable[[Decision], tuple[OutputRecord, ...]]
HomePartition = Callable[[bytes], int]
"""The partition of a key by Kafka's default partitioner (murmur2)."""


class ReadingWentBackError(Exception):
    """A partition gives offsets again that were read before: its topic was made anew under a running worker."""


class JudgementFailedError(Exception):
    """The judgement failed on a record. The message says where the record is, not what it holds."""


class TopicPartition(NamedTuple):
    """One partition of one topic."""

    topic: str
    partition: int


def _utc_now() -> datetime:
    """For headers only (when a record was refused, whether an alert comes late): nothing is judged by it."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Batch:
    """What one batch of one partition number brought about."""

    partition: int
    records: list[SourceRecord] = field(default_factory=list[SourceRecord])
    """What was judged, in order."""
    outputs: list[tuple[OutputRecord, SourceRecord | None]] = field(
        default_factory=list[tuple[OutputRecord, SourceRecord | None]]
    )
    """What to write; beside it the causing record when it carries a newly raised alert."""
    told: list[Told] = field(default_factory=list[Told])
    """Every alert transition among the outputs."""
    decisions: list[Decision] = field(default_factory=list[Decision])
    outcomes: Counter[tuple[str, Outcome]] = field(default_factory=Counter[tuple[str, Outcome]])
    """Records by input topic and outcome."""
    refused: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    """Dead letters by input topic and reason."""
    traces_dropped: Counter[str] = field(default_factory=Counter[str])
    """By input topic: records that led to decisions and whose trace context could not be handed on."""
    ticks_ms: list[int] = field(default_factory=list[int])
    """The own times of the clock ticks that were judged."""


class Engine(Generic[State]):
    """The patients of all partitions this worker holds."""

    def __init__(
        self,
        *,
        topics: Sequence[str],
        judge: Judge[State],
        decode: Decode,
        records_of: RecordsOf,
        home_partition: HomePartition,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self.topics = tuple(topics)
        self._judge = judge
        self._decode = decode
        self._records_of = records_of
        self._home_partition = home_partition
        self._now = now
        self._homes: dict[bytes, int] = {}
        self._books: dict[int, PatientBook[State]] = {}
        self._orders: dict[int, EventOrder] = {}
        self._read_to: dict[TopicPartition, int] = {}
        """The offset after the last record that was read, judged or not."""
        self._next_offsets: dict[TopicPartition, int] = {}

    # --- partitions come and go --------------------------------------------------------------------------

    def read_state(self, value: bytes) -> StoredState:
        """What stands around a patient's state in a changelog value."""
        return self._judge.read(value)

    def adopt(self, partition: int, stored: Mapping[str, StoredState]) -> None:
        """Take a partition over with the states its changelog holds."""
        self._books[partition] = PatientBook(self._judge, partition, stored)
        self._orders[partition] = EventOrder(self.topics)

    def write_again(self, partition: int, patient_ids: Iterable[str]) -> None:
        """Have these patients' states written at the next commit as if they had changed."""
        for patient_id in patient_ids:
            self._books[partition].mark_changed(patient_id)

    def forget(self, partition: int) -> None:
        """Let go of a partition and all that is known of it."""
        self._books.pop(partition, None)
        self.forget_unjudged(partition)
        self._orders.pop(partition, None)

    def forget_unjudged(self, partition: int) -> None:
        """Drop what was read and not judged: reading starts again at the committed offsets."""
        self._orders[partition] = EventOrder(self.topics)
        for topic in self.topics:
            self._read_to.pop(TopicPartition(topic, partition), None)
            self._next_offsets.pop(TopicPartition(topic, partition), None)

    @property
    def partitions(self) -> tuple[int, ...]:
        """The partition numbers held, in order."""
        return tuple(sorted(self._books))

    def patient_count(self) -> int:
        """Patients whose state is held; the doctor's own is no patient."""
        return sum(map(len, self._books.values()))

    # --- reading ------------------------------------------------------------------------------------------

    def read(self, topic: str, partition: int, records: Sequence[SourceRecord]) -> None:
        """Decode records of one topic, in their order, and let them wait for their turn."""
        if not records:
            return
        place, read_to = TopicPartition(topic, partition), self.read_to(topic, partition)
        if read_to is not None and records[0].offset < read_to:
            raise ReadingWentBackError(
                f"{topic} partition {partition} gave offset {records[0].offset} after it had been read to {read_to}; "
                "was the topic made anew? Start the worker again: it compares the topic with the stored states"
            )
        self._read_to[place] = records[-1].offset + 1
        order = self._orders[partition]
        at_ms = 0
        arrived: list[Arrived] = []
        for record in records:
            one = self._arrive(topic, partition, record, at_ms)
            at_ms = one.at_ms
            arrived.append(one)
        order.add(topic, arrived)

    def _arrive(self, topic: str, partition: int, record: SourceRecord, before_ms: int) -> Arrived:
        key = record.key
        if key and topic != TICKS_TOPIC and self._home_of(key) != partition:
            can_move = record_bytes(record) <= WRITABLE_BYTES_MOST
            return Arrived(record, None, None if can_move else TooLargeToMove(), before_ms)
        decoded = self._decode(topic, key, record.value)
        if not isinstance(decoded, Event | Tick):
            return Arrived(record, None, decoded, before_ms)
        if isinstance(decoded, Tick) and decoded.partition != partition:
            return Arrived(record, None, WrongPartition(), before_ms)
        return Arrived(record, decoded, None, moment_ms(decoded))

    def _home_of(self, key: bytes) -> int:
        home = self._homes.get(key)
        if home is None:
            if len(self._homes) >= KNOWN_KEYS_MOST:
                self._homes.clear()
            home = self._homes[key] = self._home_partition(key)
        return home

    def read_to(self, topic: str, partition: int) -> int | None:
        """The offset after the last record that was read; None while none was."""
        return self._read_to.get(TopicPartition(topic, partition))

    def is_full(self, topic: str, partition: int) -> bool:
        """Whether this topic should not be read further for now.

        A topic of which nothing waits is read even when all is full: the others may be waiting for it.
        """
        order = self._orders.get(partition)
        if order is None or not order.waiting_in(topic):
            return False
        return order.is_full(topic) or self.waiting() >= WAITING_MOST or self._waiting_bytes() >= WAITING_BYTES_MOST

    def waiting(self) -> int:
        """Records read and not judged."""
        return sum(order.waiting() for order in self._orders.values())

    def _waiting_bytes(self) -> int:
        return sum(order.waiting_bytes for order in self._orders.values())

    def waiting_in(self, topic: str, partition: int) -> int:
        """Records of one topic and partition read and not judged."""
        order = self._orders.get(partition)
        return order.waiting_in(topic) if order is not None else 0

    def given_up(self, partition: int) -> frozenset[str]:
        """Topics of a partition that have unread records and have been waited for in vain."""
        order = self._orders.get(partition)
        return order.given_up if order is not None else frozenset()

    # --- judging ------------------------------------------------------------------------------------------

    def judge(self, partition: int, lagging: Lagging, now_s: float, most: int) -> Batch | None:
        """Judge up to `most` waiting records of a partition; None when none may be judged now.

        `lagging` tells whether a topic still has unread records in this partition; `now_s` is a steady clock.
        """
        order, book = self._orders[partition], self._books[partition]
        taken = order.take(lagging, now_s, most)
        if not taken and not book.pages:
            return None
        batch = Batch(partition)
        for arrived in taken:
            try:
                outcome = self._handle(book, arrived, batch)
            except Exception as error:
                record = arrived.record
                place = f"{record.topic} partition {partition} offset {record.offset}"
                raise JudgementFailedError(f"the judgement failed on {place}: {type(error).__name__}") from error
            batch.outcomes[arrived.record.topic, outcome] += 1
        for arrived in taken:
            record = arrived.record
            batch.records.append(record)
            place = TopicPartition(record.topic, partition)
            self._next_offsets[place] = max(record.offset + 1, self._next_offsets.get(place, 0))
        self._settle_pages(book, batch, taken, lagging, now_s)
        return batch if taken or batch.outputs else None

    def _settle_pages(
        self, book: PatientBook[State], batch: Batch, taken: Sequence[Arrived], lagging: Lagging, now_s: float
    ) -> None:
        """Decide who is called, knowing all that the batch brought."""
        now = self._now()
        now_ms = to_ms(now)
        if taken:
            # A sender's clock that runs ahead must not make the past look like the present for long.
            book.newest_ms = max(book.newest_ms, min(now_ms, max(arrived.at_ms for arrived in taken)))
        if not batch.told and not book.pages:
            return
        is_old = now_ms - book.newest_ms > LATE_AFTER_MS
        is_behind = is_old and (self._orders[book.partition].waiting() > 0 or any(map(lagging, self.topics)))
        settled = book.pages.settle(batch.told, is_behind=is_behind, now=now, now_s=now_s)
        for place, record in settled.marked.items():
            batch.outputs[place] = (record, batch.outputs[place][1])
        batch.outputs.extend((record, None) for record in settled.repeated)
        for patient_id in settled.released:
            book.mark_changed(patient_id)

    def _handle(self, book: PatientBook[State], arrived: Arrived, batch: Batch) -> Outcome:
        record, event = arrived.record, arrived.event
        if arrived.refusal is not None:
            batch.outputs.append((dead_letter_of(record, arrived.refusal, self._now()), None))
            batch.refused[record.topic, arrived.refusal.reason] += 1
            return "dead_letter"
        if event is None:
            batch.outputs.append((self._moved(record), None))
            return "moved"
        if isinstance(event, Tick):
            self._tick(book, event, record, batch)
            return "accepted"
        return self._step(book, event, record, batch)

    def _step(self, book: PatientBook[State], event: PatientEvent, record: SourceRecord, batch: Batch) -> Outcome:
        patient = book.patient(event.patient_id)
        if record.offset <= patient.applied.get(record.topic, -1):
            # Whoever commits a record has the state that includes it in its own term, or an earlier owner's would win.
            book.mark_changed(event.patient_id)
            return "redelivered"
        decisions = patient.step(event)
        trace = self._trace(record, batch) if decisions and record.headers else NO_TRACE
        self._publish(decisions, record, batch, trace)
        patient.applied[record.topic] = record.offset
        tick = book.latest_tick
        if tick is not None and patient.deadline_ms is not None and patient.deadline_ms <= moment_ms(tick):
            self._publish(patient.step(tick), record, batch)
        book.mark_changed(event.patient_id)
        return "accepted"

    def _tick(self, book: PatientBook[State], tick: Tick, record: SourceRecord, batch: Batch) -> None:
        """A tick is about everybody in the partition; only those whom it concerns are stepped."""
        at_ms = moment_ms(tick)
        batch.ticks_ms.append(at_ms)
        if book.latest_tick is None or at_ms > moment_ms(book.latest_tick):
            book.latest_tick = tick
        for name, patient in book.concerned_by(tick):
            if record.offset <= patient.applied.get(record.topic, -1):
                continue  # a redelivered tick that this state includes
            self._publish(patient.step(tick), record, batch)
            patient.applied[record.topic] = record.offset
            book.mark_changed(name)

    def _trace(self, record: SourceRecord, batch: Batch) -> Trace:
        trace = trace_of(record.headers)
        if trace.dropped:
            batch.traces_dropped[record.topic] += 1
        return trace

    def _publish(
        self, decisions: tuple[Decision, ...], record: SourceRecord, batch: Batch, trace: Trace = NO_TRACE
    ) -> None:
        """Note what is to be written; what a tick brings about belongs to no sender's trace."""
        for decision in decisions:
            made = self._records_of(decision)
            if trace.headers:
                made = tuple(replace(one, headers=(*one.headers, *trace.headers)) for one in made)
            if is_self_test(decision.patient_id):
                # Nobody is paged for it, and no figure of patients or alerts counts it.
                batch.outputs.extend((one, None) for one in made)
                continue
            first, *rest = made
            cause = None
            if isinstance(decision, AlertTransition):
                batch.told.append(Told(decision, first, len(batch.outputs)))
                cause = record if decision.transition == "raised" else None
            batch.outputs.append((first, cause))
            batch.outputs.extend((output, None) for output in rest)
            batch.decisions.append(decision)

    def _moved(self, record: SourceRecord) -> OutputRecord:
        """A record in another partition than its patient's: written again where the patient's state is."""
        assert record.key is not None  # noqa: S101 - only keyed records have a home
        return OutputRecord(
            topic=record.topic,
            key=record.key,
            value=record.value,
            headers=tuple(record.headers),
            partition=self._home_of(record.key),
        )

    # --- making durable -----------------------------------------------------------------------------------

    def judged_offsets(self) -> dict[TopicPartition, int]:
        """For each topic and partition the offset of the first record that has not been judged."""
        return dict(self._next_offsets)

    def take_changed(self) -> list[Changed[State]]:
        """The states that changed since the last time this was asked."""
        return [changed for book in self._books.values() for changed in book.take_changed()]

    def applied_offsets(self, partition: int) -> dict[str, int]:
        """Input topic to the highest offset that any state of the partition includes."""
        return self._books[partition].applied_offsets()

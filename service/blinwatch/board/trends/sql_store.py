"""The trend store on an SQL database: what SQLite and PostgreSQL do alike, which is everything but connecting.

What:      a batch becomes rows of the tables in tables.py, in one transaction with its offsets; questions become
           the dataclasses of trend_store.py.
Caveats:   rows are sorted before they are written, so that two writers on one database cannot wait for each other.
"""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from itertools import pairwise
from typing import Any, Protocol

from blinwatch.board.trends import tables
from blinwatch.board.trends.buckets import (
    DAY_MS,
    FINEST_MS,
    LAYERS,
    chart_bucket_ms,
    gathered,
    merged,
    start_of,
)
from blinwatch.board.trends.trend_store import (
    KnownPatient,
    Mark,
    Reading,
    Signal,
    SignalTrend,
    Transition,
    TrendBatch,
    TrendPoint,
    TrendStoreError,
    Watch,
)

Row = tuple[Any, ...]
_S_MS = 1000


class Writing(Protocol):
    """An open transaction."""

    def run(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Run one statement."""
        ...

    def run_many(self, sql: str, rows: Sequence[Row]) -> None:
        """Run one statement for each row."""
        ...

    def read(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """What a question answers inside the transaction."""
        ...


class Database(Protocol):
    """A connection to a database; raises `TrendStoreError` for whatever its driver raises."""

    column_types: dict[str, str]
    """What `tables.CREATE` leaves open: serial, real, readings_kind."""
    before_create: Sequence[str]
    """What must be said first, so that two who open an empty store do not meet."""
    name: str
    """For messages: where it is, without a password."""

    def writing(self) -> AbstractContextManager[Writing]:
        """A transaction: kept when the block ends, undone when it raises."""
        ...

    def read(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """What a question answers."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class SqlTrendStore:
    """A `TrendStore` on a database."""

    def __init__(self, database: Database) -> None:
        """Makes the tables where they are missing. Raises `TrendStoreError` where they are of another release."""
        self._database = database
        with database.writing() as writing:
            for sql in database.before_create:
                writing.run(sql)
            for sql in tables.CREATE:
                writing.run(sql.format(**database.column_types))
            writing.run_many(tables.WRITE_SIGNAL, [(number, name) for name, number in tables.SIGNAL_NUMBERS.items()])
            versions = [row[0] for row in writing.read(tables.READ_VERSIONS)]
            if versions and versions != [tables.SCHEMA_VERSION]:
                raise TrendStoreError(
                    f"{database.name} was written by another release (form {versions[0]}, this one reads "
                    f"{tables.SCHEMA_VERSION}): name a new store in BLINWATCH_TREND_STORE, it is filled from the topics"
                )
            writing.run(tables.WRITE_VERSION, (tables.SCHEMA_VERSION,))

    def write(self, batch: TrendBatch) -> None:
        """Keep a batch and its offsets, in one transaction. Writing it again changes nothing."""
        with self._database.writing() as writing:
            writing.run_many(tables.WRITE_PATIENT, _patient_rows(batch))
            told = sorted((patient_id, text) for patient_id, text in batch.remembered.items())
            writing.run_many(tables.WRITE_REMEMBERED, [(text, patient_id) for patient_id, text in told])
            numbers: dict[str, int] = {row[0]: row[1] for row in writing.read(tables.NUMBERS)}
            writing.run_many(tables.WRITE_READING, _reading_rows(batch.readings, numbers))
            writing.run_many(tables.WRITE_MARK, [_mark_row(mark, numbers) for mark in batch.marks])
            writing.run_many(tables.WRITE_TRANSITION, [_transition_row(one, numbers) for one in batch.transitions])
            writing.run_many(tables.WRITE_WATCH, _watch_rows(batch.watches, numbers))
            places = sorted((topic, part, offset) for (topic, part), offset in batch.next_offsets.items())
            writing.run_many(tables.WRITE_POSITION, places)

    def positions(self) -> dict[tuple[str, int], int]:
        """(topic, partition) to the offset to read on from."""
        return {(topic, part): offset for topic, part, offset in self._database.read(tables.READ_POSITIONS)}

    def vitals(self, patient_id: str, since_ms: int, until_ms: int, most_points: int) -> dict[Signal, SignalTrend]:
        """The signals in [since_ms, until_ms), each at most `most_points` buckets (as many again implausible)."""
        bucket_ms = chart_bucket_ms(since_ms, until_ms, most_points)
        found: dict[int, tuple[list[TrendPoint], list[TrendPoint]]] = {}
        for signal, plausible, start_ms, low, high, last, last_ms in self._database.read(
            tables.READ_READINGS, (patient_id, until_ms, since_ms)
        ):
            # A wide bucket that reaches into the span from before it stands at the span's beginning.
            point = TrendPoint(start_ms=max(start_ms, since_ms), low=low, high=high, last=last, last_ms=last_ms)
            found.setdefault(signal, ([], []))[0 if plausible else 1].append(point)
        return {
            tables.SIGNAL_NAMES[signal]: SignalTrend(
                signal=tables.SIGNAL_NAMES[signal],
                bucket_ms=bucket_ms,
                plausible=gathered(believed, bucket_ms),
                implausible=gathered(doubted, bucket_ms),
            )
            for signal, (believed, doubted) in found.items()
        }

    def marks(self, patient_id: str, since_ms: int, until_ms: int) -> tuple[Mark, ...]:
        """What happened in [since_ms, until_ms) or reaches into it, oldest first."""
        rows = self._database.read(tables.READ_MARKS, (patient_id, until_ms, since_ms, since_ms))
        return tuple(_mark(patient_id, row) for row in rows)

    def transitions(self, since_ms: int, until_ms: int, ward: str | None = None) -> tuple[Transition, ...]:
        """The steps of all alerts in [since_ms, until_ms), oldest first; `ward` None: of all wards."""
        rows = self._database.read(tables.READ_TRANSITIONS, (since_ms, until_ms, int(ward is None), ward or ""))
        return tuple(_transition(row) for row in rows)

    def patient_days(self, since_ms: int, until_ms: int, ward: str | None = None) -> float:
        """For how many days patients were watched in [since_ms, until_ms), together."""
        values = (until_ms, since_ms, until_ms, since_ms, int(ward is None), ward or "")
        watched_ms = self._database.read(tables.READ_WATCHED_MS, values)[0][0]
        return int(watched_ms or 0) / DAY_MS

    def patients(self) -> tuple[KnownPatient, ...]:
        """Everybody of whom anything is held, by id."""
        return tuple(
            KnownPatient(
                patient_id=patient_id,
                ward=ward,
                born_ms=born_ms,
                first_ms=first_ms,
                last_ms=last_ms,
                remembered=remembered,
            )
            for patient_id, ward, born_ms, first_ms, last_ms, remembered in self._database.read(tables.READ_PATIENTS)
        )

    def fold(self, now_ms: int) -> None:
        """Widen the buckets of what has become old. A transaction a patient, so that nobody waits long."""
        for (number,) in self._database.read("SELECT number FROM patients ORDER BY number"):
            with self._database.writing() as writing:
                for narrow, wide in pairwise(LAYERS):
                    before_ms = start_of(now_ms - narrow.until_age_ms, wide.bucket_ms)
                    place = (narrow.bucket_ms // _S_MS, number, before_ms)
                    widths = (wide.bucket_ms // _S_MS, wide.bucket_ms, wide.bucket_ms, wide.bucket_ms)
                    writing.run(tables.FOLD, (*widths, *place))
                    writing.run(tables.FORGET_FOLDED, place)

    def forget_before(self, at_ms: int) -> None:
        """Delete all that lies wholly before a moment."""
        for (number,) in self._database.read("SELECT number FROM patients WHERE first_ms < %s", (at_ms,)):
            with self._database.writing() as writing:
                for layer in LAYERS:
                    bucket = (layer.bucket_ms // _S_MS, number, at_ms - layer.bucket_ms)
                    writing.run(tables.FORGET_READINGS, bucket)
        with self._database.writing() as writing:
            writing.run(tables.FORGET_MARKS, (at_ms, at_ms, at_ms))
            writing.run(tables.FORGET_TRANSITIONS, (at_ms,))
            writing.run(tables.FORGET_WATCHED, (at_ms,))
            writing.run(tables.FORGET_PATIENTS, (at_ms,))

    def close(self) -> None:
        """Let go of the store; nothing may be called afterwards."""
        self._database.close()


class _PatientRow:
    """The newest of what a batch says of a patient."""

    __slots__ = ("born", "first_ms", "last_ms", "ward")

    def __init__(self, at_ms: int) -> None:
        self.first_ms = self.last_ms = at_ms
        self.ward: tuple[int, str] | None = None
        self.born: tuple[int, int] | None = None

    def seen(self, at_ms: int) -> None:
        self.first_ms, self.last_ms = min(self.first_ms, at_ms), max(self.last_ms, at_ms)


def _patient_rows(batch: TrendBatch) -> list[Row]:
    found: dict[str, _PatientRow] = {}
    everything: tuple[Iterable[Reading | Mark | Transition | Watch], ...] = (
        batch.readings,
        batch.marks,
        batch.transitions,
        batch.watches,
    )
    for kind in everything:
        for one in kind:
            row = found.get(one.patient_id)
            if row is None:
                row = found[one.patient_id] = _PatientRow(one.at_ms)
            row.seen(one.at_ms)
    for watch in batch.watches:
        row = found[watch.patient_id]
        if watch.ward is not None:
            row.ward = max(row.ward or (watch.at_ms, watch.ward), (watch.at_ms, watch.ward))
        if watch.born_ms is not None:
            row.born = max(row.born or (watch.at_ms, watch.born_ms), (watch.at_ms, watch.born_ms))
    return [
        (
            patient_id,
            *((row.ward[1], row.ward[0]) if row.ward else (None, None)),
            *((row.born[1], row.born[0]) if row.born else (None, None)),
            row.first_ms,
            row.last_ms,
        )
        for patient_id, row in sorted(found.items())
    ]


def _reading_rows(readings: Iterable[Reading], numbers: dict[str, int]) -> list[Row]:
    found: dict[tuple[int, int, int, int], TrendPoint] = {}
    for one in readings:
        start_ms = start_of(one.at_ms, FINEST_MS)
        place = (numbers[one.patient_id], tables.SIGNAL_NUMBERS[one.signal], int(one.plausible), start_ms)
        point = TrendPoint(start_ms=start_ms, low=one.value, high=one.value, last=one.value, last_ms=one.at_ms)
        before = found.get(place)
        found[place] = point if before is None else merged(before, point)
    width_s = FINEST_MS // _S_MS
    return [(width_s, *place, at.low, at.high, at.last, at.last_ms) for place, at in sorted(found.items(), key=_place)]


def _place(item: tuple[tuple[int, int, int, int], TrendPoint]) -> tuple[int, int, int, int]:
    return item[0]


def _watch_rows(watches: Iterable[Watch], numbers: dict[str, int]) -> list[Row]:
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for one in watches:
        place = numbers[one.patient_id], start_of(one.at_ms, DAY_MS)
        first_ms, last_ms = found.get(place, (one.at_ms, one.at_ms))
        found[place] = min(first_ms, one.at_ms), max(last_ms, one.at_ms)
    return [(*place, *span) for place, span in sorted(found.items())]


def _mark_row(mark: Mark, numbers: dict[str, int]) -> Row:
    return (
        mark.mark_id,
        numbers[mark.patient_id],
        mark.kind,
        mark.at_ms,
        mark.until_ms,
        mark.as_of_ms,
        mark.code,
        mark.value,
        mark.series,
        mark.scale,
        mark.rule_id,
        mark.priority,
        mark.text,
        mark.version,
    )


def _mark(patient_id: str, row: Row) -> Mark:
    mark_id, kind, at_ms, until_ms, as_of_ms, code, value, series, scale, rule_id, priority, text, version = row
    return Mark(
        mark_id=mark_id,
        patient_id=patient_id,
        kind=kind,
        at_ms=at_ms,
        until_ms=until_ms,
        as_of_ms=as_of_ms,
        code=code,
        value=value,
        series=series,
        scale=scale,
        rule_id=rule_id,
        priority=priority,
        text=text,
        version=version,
    )


def _transition_row(one: Transition, numbers: dict[str, int]) -> Row:
    return (
        one.decision_id,
        one.alert_id,
        numbers[one.patient_id],
        one.ward,
        one.at_ms,
        one.step,
        one.key,
        one.code,
        one.rule_id,
        one.priority,
        int(one.inhibited),
        int(one.late),
        one.reason,
    )


def _transition(row: Row) -> Transition:
    decision_id, alert_id, patient_id, ward, at_ms, step, key, code, rule_id, priority, inhibited, late, reason = row
    return Transition(
        decision_id=decision_id,
        alert_id=alert_id,
        patient_id=patient_id,
        ward=ward,
        at_ms=at_ms,
        step=step,
        key=key,
        code=code,
        rule_id=rule_id,
        priority=priority,
        inhibited=bool(inhibited),
        late=bool(late),
        reason=reason,
    )

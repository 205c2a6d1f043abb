"""What a trend store holds and answers. Every time is in milliseconds since 1970, UTC.

What:      rows of a few kinds go in together with the offsets they were read up to; courses, marks and alert
           transitions come out.
Caveats:   - rows have names that make repeating them harmless: the same records written again change nothing, in
             whatever order they come.
           - numbers are kept in buckets with their lowest, highest and last value. Buckets grow with age; an extreme
             never gets lost.
           - implausible readings are rows of their own: no bucket mixes them with believed ones.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

Signal = Literal[
    "temperature_c",
    "heart_rate_bpm",
    "pulse_rate_bpm",
    "respiratory_rate_per_min",
    "spo2_pct",
    "sbp_mmhg",
    "dbp_mmhg",
    "map_mmhg",
    "o2_flow_l_min",
    "fio2",
    "rate_ml_per_h",
    "dose_mcg_per_day",
]
"""What is kept as a course of numbers. `fio2` is a fraction; `rate_ml_per_h` is the pump's, 0 while it stands still;
`dose_mcg_per_day` is what the pump is programmed to."""

MarkKind = Literal[
    "grade",
    "flow",
    "bag",
    "dose",
    "pump",
    "drug",
    "alert",
    "advice",
    "assessment",
]
"""What is kept as single moments or spans: see `Mark.code` for what each kind says there."""

Priority = Literal["high", "medium", "low"]


class TrendStoreError(Exception):
    """The store cannot be opened, read or written; the message says which store and what to do, never a password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One number at one moment."""

    patient_id: str
    signal: Signal
    at_ms: int
    value: float
    plausible: bool = True
    """False: blinwatch's own gate took it for an artefact and graded nothing by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something that happened at a moment, or held for a span.

    `code` by `kind`: grade: the grade's code (CRS_G2); flow: `started` or `stopped`; bag: `started` or `ended`; dose:
    `programmed`; pump: the event's type or the alarm's name; drug: the drug; alert: the alert's code; advice: the
    advice's code; assessment: the event's type.
    """

    mark_id: str
    """The same happening has the same id for ever."""
    patient_id: str
    kind: MarkKind
    at_ms: int
    as_of_ms: int
    """When this was last known to be so; what is not known any more is forgotten by it."""
    code: str
    until_ms: int | None = None
    """When it ended; None: a moment, or not over (alerts)."""
    value: float | None = None
    """grade: the grade; dose: mcg/day; drug: mg; advice: mcg/day; assessment: the score; None: none was told."""
    series: str | None = None
    """What it belongs to: crs or icans; given, started or stopped; the reaction; the kind of score; the alert's key."""
    scale: str | None = None
    """ASTCT, CTCAE, label, site or technical."""
    rule_id: str | None = None
    priority: Priority | None = None
    text: str = ""
    """In words, for people."""
    version: int = 0
    """Of two tellings of one happening the higher stays: the offset of the record that told it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One step in an alert's life, with what the alarm load asks of it."""

    decision_id: str
    alert_id: str
    patient_id: str
    ward: str | None
    at_ms: int
    step: str
    """raised, escalated, updated, acknowledged, shelved, unshelved, inhibited, uninhibited or resolved."""
    key: str
    """The alert's name within its patient; it comes back under the same key."""
    code: str
    rule_id: str
    priority: Priority
    inhibited: bool
    """Hidden by another alert at this step: nobody was called for it."""
    late: bool
    reason: str | None
    """Why it was acknowledged or shelved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A patient was watched at this moment."""

    patient_id: str
    ward: str | None
    """None: not told here."""
    at_ms: int
    born_ms: int | None = None
    """Of which age the gate's limits are; None: not told here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendBatch:
    """What some records amount to, and the offsets after them. It is written whole or not at all."""

    readings: Sequence[Reading] = ()
    marks: Sequence[Mark] = ()
    transitions: Sequence[Transition] = ()
    watches: Sequence[Watch] = ()
    remembered: Mapping[str, str] = field(default_factory=dict[str, str])
    """Patient to what the reader must remember to judge the next reading as if it had never stopped; its own form."""
    next_offsets: Mapping[tuple[str, int], int]
    """(topic, partition) to the offset of the first record that is not in any batch so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """A bucket of readings."""

    start_ms: int
    low: float
    high: float
    last: float
    last_ms: int
    """When the last reading was taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalTrend:
    """The course of one signal, oldest first."""

    signal: Signal
    bucket_ms: int
    """How wide a bucket is; older parts may be kept wider."""
    plausible: tuple[TrendPoint, ...]
    implausible: tuple[TrendPoint, ...]
    """Readings that blinwatch did not believe: to be drawn as marks, never as a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPatient:
    """A patient of whom the store holds anything."""

    patient_id: str
    ward: str | None
    born_ms: int | None
    first_ms: int
    last_ms: int
    remembered: str | None
    """As the last batch told it."""


class TrendStore(Protocol):
    """A store; safe to call from several threads. Every method may raise `TrendStoreError`."""

    def write(self, batch: TrendBatch) -> None:
        """Keep a batch and its offsets, in one transaction. Writing it again changes nothing."""
        ...

    def positions(self) -> dict[tuple[str, int], int]:
        """(topic, partition) to the offset to read on from."""
        ...

    def vitals(self, patient_id: str, since_ms: int, until_ms: int, most_points: int) -> dict[Signal, SignalTrend]:
        """The signals in [since_ms, until_ms), each at most `most_points` buckets (as many again implausible)."""
        ...

    def marks(self, patient_id: str, since_ms: int, until_ms: int) -> tuple[Mark, ...]:
        """What happened in [since_ms, until_ms) or reaches into it, oldest first."""
        ...

    def transitions(self, since_ms: int, until_ms: int, ward: str | None = None) -> tuple[Transition, ...]:
        """The steps of all alerts in [since_ms, until_ms), oldest first; `ward` None: of all wards."""
        ...

    def patient_days(self, since_ms: int, until_ms: int, ward: str | None = None) -> float:
        """For how many days patients were watched in [since_ms, until_ms), together."""
        ...

    def patients(self) -> tuple[KnownPatient, ...]:
        """Everybody of whom anything is held, by id."""
        ...

    def fold(self, now_ms: int) -> None:
        """Widen the buckets of what has become old (buckets.py says when)."""
        ...

    def forget_before(self, at_ms: int) -> None:
        """Delete all that lies wholly before a moment."""
        ...

    def close(self) -> None:
        """Let go of the store; nothing may be called afterwards."""
        ...

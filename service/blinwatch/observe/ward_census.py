"""How many patients stand where: counts by CRS result, infusion state, what is due, alerts and silence.

A status replaces what its patient contributed before, so the counts never drift and cost the same for one
patient or a thousand. Patient identifiers stay inside; what comes out are counts.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import get_args, get_type_hints

from blinwatch.core.decisions import InfusionStatus, PatientStatus

OTHER, UNKNOWN = "other", "unknown"
CRS_CODES = (
    "CRS_G0",
    "CRS_G1",
    "CRS_G2",
    "CRS_G3",
    "CRS_G4",
    "CRS_G5",
    "CRS_NOT_EVALUABLE",
    "CRS_SUSPECT_MASKED",
    OTHER,
)
"""Result codes of section 0 that can be a current grade. `other` stays at zero; it keeps the set closed."""
ICANS_CODES = (*(f"ICANS_G{grade}" for grade in range(6)), "ICANS_NOT_EVALUABLE", OTHER)
ADVICE_CODES = (
    "DM_DISCONTINUE",
    "DM_CONSIDER_DISCONTINUE",
    "DM_INTERRUPT",
    "DM_WAIT",
    "DM_NOT_EVALUABLE",
    "DM_RESTART_LOW_NEW_CYCLE",
    "DM_NEW_CYCLE",
    "DM_RESTART_LOW_SAME_CYCLE",
    "DM_HOLD_LOW",
    "DM_ESCALATE",
    "DM_RESUME_SAME_DOSE",
    "DM_CONTINUE",
)
"""Section D's codes in the order of DM-16."""
INFUSION_STATES: tuple[str, ...] = get_args(get_type_hints(InfusionStatus)["state"])
DUE_WITHIN = {"bag": timedelta(hours=4), "step": timedelta(hours=24), "end": timedelta(hours=24)}
"""Due soon: a bag is ordered from the pharmacy in the same shift, a step or an end is planned a day ahead."""
DUE_KINDS = tuple(DUE_WITHIN)
SILENT_SOURCES = ("sensor", "feed", "pump")
ANY = "any"
SILENT_KINDS = (*SILENT_SOURCES, ANY)
"""`any` counts each patient once, however many of the sources are silent."""

Cell = tuple[str, ...]
"""("patients", ward, grade), ("infusions", ward, state), ("silent", ward, kind), ("alerts", ward, ...)."""


@dataclass(slots=True)
class _Entry:
    """What one patient adds to the counts."""

    partition: int
    cells: tuple[Cell, ...]
    ward: str
    gap_s: float
    as_of: datetime


@dataclass(slots=True)
class WardCensus:
    """Counts over the patients of this worker. `wards` are the wards told apart; all others are `other`."""

    wards: tuple[str, ...] = ()
    _entries: dict[str, _Entry] = field(default_factory=dict[str, _Entry])
    _counts: Counter[Cell] = field(default_factory=Counter[Cell])
    _newest: dict[str, datetime] = field(default_factory=dict[str, datetime])
    _grade_changes: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    _patient_seconds: dict[str, float] = field(default_factory=dict[str, float])

    def record(self, partition: int, status: PatientStatus) -> None:
        """Take a patient's new status in place of the one before."""
        ward = self.ward_label(status.ward)
        cells = _cells(ward, status)
        before = self._entries.get(status.patient_id)
        if before is None or before.cells != cells:
            if before is not None:
                self._take_out(before.cells)
                self._grade_changes.update((ward, cells[at][2]) for at in GRADES if cells[at][2] != before.cells[at][2])
            self._counts.update(cells)
        # Late evidence may bring a status of an earlier moment.
        as_of = status.as_of if before is None else max(before.as_of, status.as_of)
        watched_s = 0.0 if before is None else (as_of - before.as_of).total_seconds()
        self._patient_seconds[ward] = self._patient_seconds.get(ward, 0.0) + watched_s
        gap_s = 60.0 * (status.infusion.gap_min or 0.0)
        self._entries[status.patient_id] = _Entry(partition, cells, ward, gap_s, as_of)
        newest = max(status.signals_last_at.values(), default=None)
        if newest is not None and (ward not in self._newest or newest > self._newest[ward]):
            self._newest[ward] = newest

    def forget_partitions(self, partitions: Iterable[int]) -> None:
        """Another worker holds these patients now."""
        gone = frozenset(partitions)
        for patient_id in [key for key, entry in self._entries.items() if entry.partition in gone]:
            self._take_out(self._entries.pop(patient_id).cells)

    @property
    def patient_count(self) -> int:
        """Patients with a status."""
        return len(self._entries)

    def shown_wards(self) -> tuple[str, ...]:
        """The wards that have series: those of the settings, and `other` and `unknown` once needed."""
        extra = {cell[1] for cell in self._counts}.difference(self.wards)
        return (*self.wards, *sorted(extra))

    def counted_wards(self) -> tuple[str, ...]:
        """The wards that have counters: one that was seen once keeps its counters, or their growth would be lost."""
        return (*self.wards, *sorted(set(self._patient_seconds).difference(self.wards)))

    def count(self, *cell: str) -> int:
        """How many stand in one cell."""
        return self._counts[cell]

    def alerts(self) -> dict[Cell, int]:
        """(ward, rule, code, priority, state) to the number of alerts that stand there; none at zero."""
        return {cell[1:]: number for cell, number in self._counts.items() if cell[0] == "alerts"}

    def gap_seconds(self, ward: str) -> float:
        """How long the infusions of a ward have stood still in their present cycles, together."""
        return sum(entry.gap_s for entry in self._entries.values() if entry.ward == ward)

    def grade_changes(self, ward: str, grade: str) -> int:
        """How often a patient of a ward came to a grade from another result."""
        return self._grade_changes[ward, grade]

    def patient_seconds(self, ward: str) -> float:
        """For how long patients of a ward have been watched, together, by their events' own times."""
        return self._patient_seconds.get(ward, 0.0)

    def newest_observations(self) -> dict[str, datetime]:
        """Ward to the time of its newest vital sign; wards without a patient are left out, nobody is late there."""
        wards = {cell[1] for cell in self._counts}
        return {ward: moment for ward, moment in self._newest.items() if ward in wards}

    def ward_label(self, ward: str | None) -> str:
        """The label of a ward: its name where the settings name it."""
        if ward is None:
            return UNKNOWN
        return ward if ward in self.wards else OTHER

    def _take_out(self, cells: tuple[Cell, ...]) -> None:
        for cell in cells:
            self._counts[cell] -= 1
            if not self._counts[cell]:
                del self._counts[cell]


GRADES = (0, 1)
"""Where in a patient's cells the CRS and the ICANS result stand."""


def _cells(ward: str, status: PatientStatus) -> tuple[Cell, ...]:
    grade = status.crs.current if status.crs.current in CRS_CODES else OTHER
    sources = {name.partition(":")[0] for name in status.silent}
    kinds = {*sources, ANY} if sources else sources
    return (
        ("patients", ward, grade),
        ("icans", ward, status.icans.current if status.icans.current in ICANS_CODES else OTHER),
        *([] if status.dose is None else [("advised", ward, status.dose.code)]),
        ("infusions", ward, status.infusion.state),
        *(("due", ward, kind) for kind in _due(status)),
        *(("silent", ward, kind) for kind in SILENT_KINDS if kind in kinds),
        *(("alerts", ward, alert.rule_id, alert.code, alert.priority, alert.state) for alert in status.alerts),
    )


def _due(status: PatientStatus) -> tuple[str, ...]:
    infusion = status.infusion
    moments = {"bag": infusion.bag_due_at, "step": infusion.step_due_at, "end": infusion.end_due_at}
    return tuple(kind for kind, at in moments.items() if at is not None and at - status.as_of <= DUE_WITHIN[kind])

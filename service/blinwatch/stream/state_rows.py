"""The short form of what a state holds many of: a row of values instead of a record with its names.

What:      each layout names the fields of one kind of record in the order of its row; what stands at a row's end with
           its default is left out. `row` writes, `named` reads back what pydantic then checks by name and type.
Inputs:    records of the core.
Caveats:   a layout is part of the stored form. Names may be added at its end, nothing else, or stored states would be
           read wrongly: another order is another STATE_SCHEMA_VERSION. A field that no layout names is written by
           name (a mapping at the row's place), so nothing is ever left out; tests/stream/test_state_rows.py.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, cast

from blinwatch.core.adverse_events.verdict import EventVerdict, Part
from blinwatch.core.decisions import Alert
from blinwatch.core.events import LabResulted, MedicationAdministered, Tick, VitalsObserved
from blinwatch.core.evidence import Evidence, to_datetime
from blinwatch.core.infusion.flow import Gap, Happening
from blinwatch.core.infusion.ledger_entry import LedgerEntry
from blinwatch.core.infusion.premedication import PremedDose
from blinwatch.core.interactions.drug_book import DrugOnBook
from blinwatch.core.labs.lab_result import LabResult
from blinwatch.core.patient_state import DrugRun
from blinwatch.core.pump_events import PumpStatusReported

Named = dict[str, Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_NO_OFFSET = timedelta(0)
_HEADER = ("patient_id", "source", "type")
"""The window is one patient's, sources are stored once, and the layout tells an event's type."""


class Layout:
    """The row of one kind of record."""

    def __init__(self, kind: type, names: str, unsaid: tuple[str, ...] = ()) -> None:
        """`names` in the row's order; `unsaid` are fields that the reader knows from elsewhere."""
        self.kind = kind
        self.names = tuple(names.split())
        defaults = {field.name: field.default for field in fields(kind)}
        self._read = cast("Callable[[object], tuple[Any, ...]]", attrgetter(*self.names))
        self._defaults = tuple(defaults[name] for name in self.names)
        self._rest = tuple(name for name in defaults if name not in self.names and name not in unsaid)
        self._rest_defaults = tuple(defaults[name] for name in self._rest)
        self._read_rest = attrgetter(*self._rest) if self._rest else None

    def default_of(self, name: str) -> Any:
        """What a field of the record is by default."""
        return next(field.default for field in fields(self.kind) if field.name == name)

    def row(self, record: object) -> list[Any] | None:
        """The record's values; None where it holds something that the layout does not name."""
        if self._read_rest is not None:
            rest = self._read_rest(record)
            if (rest if len(self._rest) > 1 else (rest,)) != self._rest_defaults:
                return None
        values = list(self._read(record))
        count = len(values)
        for default in reversed(self._defaults):
            if default is MISSING or values[count - 1] != default:
                break
            count -= 1
        return values[:count]

    def named(self, row: list[Any]) -> Named:
        """The row's values by name; one of a newer release, which knows more names, is a `ValueError`."""
        if len(row) > len(self.names):
            raise ValueError("a stored row is longer than its layout")
        return dict(zip(self.names, row, strict=False))


ALERT = Layout(
    Alert,
    "alert_id key code rule_id domain scale priority level episode state summary threshold evidence citation "
    "rulebook_version rulebook_digest ward since raised_at updated_at absent_since acknowledged_by "
    "acknowledged_reason shelved_until hides inhibited_by resolved_at resolved_reason",
    unsaid=("patient_id",),
)
EVIDENCE = Layout(Evidence, "name value unit observed_at event_id")
DRUG = Layout(
    DrugOnBook,
    "drug last_ms event_id route started_ms stopped_ms purpose atc vaccine daily_dose high_dose same_lumen_ms "
    "benzyl_alcohol_ms",
)
LAB = Layout(LabResult, "value at_ms event_id uln comparator status")
ENTRY = Layout(
    LedgerEntry,
    "at_ms event_id kind rate_ml_h dose_mcg_day volume_ml delivering until_ms until_volume_ml gap_reason window_min "
    "lumen_event aspirated bag",
)
GAP = Layout(Gap, "start_ms end_ms reason event_id stopped_by end_event_id")
HAPPENING = Layout(Happening, "kind at_ms event_id lumen_event volume_ml window_min rate_ml_h")
VERDICT = Layout(EventVerdict, "code rule_id holds level score threshold because parts missing flags since_ms")
PART = Layout(Part, "name value unit points at_ms event_id")
RUN = Layout(DrugRun, "agent started_ms event_id stopped_ms")
PREMED = Layout(PremedDose, "drug dose_mg at_ms event_id")
VITALS = Layout(
    VitalsObserved,
    "event_id occurred_at heart_rate_bpm respiratory_rate_per_min spo2_pct temperature_c sbp_mmhg "
    "dbp_mmhg map_mmhg pulse_rate_bpm o2_device o2_flow_l_min perfusion_index temp_site",
    unsaid=(*_HEADER, "monitoring"),
)
STATUS = Layout(
    PumpStatusReported,
    "event_id occurred_at device_id rate_ml_h delivering volume_delivered_total_ml programmed_dose_mcg_day",
    unsaid=_HEADER,
)
DOSE = Layout(
    MedicationAdministered,
    "event_id occurred_at drug action dose_mg route purpose rxnorm atc dose_g_m2 daily_dose_g "
    "fluid_bolus_for_hypotension vaccine same_lumen benzyl_alcohol_source",
    unsaid=_HEADER,
)
RESULT = Layout(
    LabResulted,
    "event_id occurred_at loinc value unit reference_high reference_low comparator status",
    unsaid=_HEADER,
)
TICK = Layout(Tick, "event_id occurred_at partition", unsaid=("source", "type"))
EVENTS = (VITALS, STATUS, DOSE, RESULT, TICK)
"""Events of which the window may hold many. Each row begins with its layout's place in this list."""
LAYOUTS = (ALERT, EVIDENCE, DRUG, LAB, ENTRY, GAP, HAPPENING, VERDICT, PART, RUN, PREMED, *EVENTS)


def short_time(at: datetime | None) -> int | str | None:
    """Milliseconds since 1970 where that says all; else the time in words, with its offset and its microseconds."""
    if at is None:
        return None
    ms, rest = divmod(at - _EPOCH, _MS)
    return at.isoformat() if rest or at.utcoffset() != _NO_OFFSET else ms


def long_time(stored: int | str | None) -> str | None:
    """The time as pydantic reads it."""
    return to_datetime(stored).isoformat() if isinstance(stored, int) else stored


def shared_texts(texts: list[str]) -> Mapping[str, int]:
    """Texts that stand more than once, each with its number, in the order in which they are first met."""
    counts: dict[str, int] = {}
    for text in texts:
        counts[text] = counts.get(text, 0) + 1
    return {text: number for number, text in enumerate(one for one, count in counts.items() if count > 1)}

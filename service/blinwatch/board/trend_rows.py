"""Records of the topics as rows of the trend store. Pure: bytes in, rows out, and what could not be read is counted.

What:      inputs (vitals, pump, drugs, assessments, orders) and decisions (alert steps, grades, dose advice, status)
           become readings, marks, transitions and signs of watch.
Source:    units and plausibility by the judgement's own gate (core/plausibility.py) with the rulebook in force. No
           output topic says which reading was an artefact, so the same gate is asked once more, not another one.
Caveats:   - the gate compares a reading with the one before. Here that is the one before as it arrived; the judgement
             puts late readings in their place. The two can differ in readings that come late: in how a point is marked,
             never in its value. What the gate remembers is kept with the rows, so that a restart changes nothing.
           - order of arrival carries no other meaning: rows merge the same way in any order.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from blinwatch.board.trends.input_marks import input_mark, pump_readings
from blinwatch.board.trends.output_marks import advice_mark, alert_rows, grade_marks
from blinwatch.board.trends.trend_store import (
    KnownPatient,
    Mark,
    Reading,
    Signal,
    Transition,
    TrendBatch,
    Watch,
)
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.advice_outputs import DoseAdviceGiven
from blinwatch.core.age import age_years_at
from blinwatch.core.decisions import AlertTransition, GradeAssigned, PatientStatus
from blinwatch.core.events import CrsAssessed, PatientEvent, TherapyOrdered, Tick, VitalsObserved
from blinwatch.core.evidence import to_ms
from blinwatch.core.findings import CrsFindings
from blinwatch.core.observation import findings_of
from blinwatch.core.plausibility import NOTHING_SEEN, Screened, SignalMemory, screen
from blinwatch.core.units import agreed_pressure_mmhg, agreed_temperature_c, fio2_fraction
from blinwatch.receive.decode import decode_record
from blinwatch.receive.rejection import Rejected

INPUT_TOPICS = (
    "vitals.observed.v1",
    "pump.events.v1",
    "medications.administered.v1",
    "assessments.recorded.v1",
    "therapy.orders.v1",
)
_LIFECYCLE, _GRADES = "alerts.lifecycle.v1", "toxicity.grades.v1"
_ADVICE, _STATUS = "advice.dose.v1", "patients.status.v1"
OUTPUT_TOPICS = (_LIFECYCLE, _GRADES, _ADVICE, _STATUS)
TOPICS = (*INPUT_TOPICS, *OUTPUT_TOPICS)
"""All that a trend store is filled from."""

YEAR_MS = 365.25 * 86_400_000
_CHARTED: tuple[Signal, ...] = (
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
)
_OTHER_UNIT = {"temperature_c": "temperature_f", "sbp_mmhg": "sbp_kpa"}
_MEMORY = TypeAdapter(SignalMemory)
_ADAPTERS: dict[str, TypeAdapter[Any]] = {
    _LIFECYCLE: TypeAdapter(AlertTransition),
    _GRADES: TypeAdapter(GradeAssigned),
    _ADVICE: TypeAdapter(DoseAdviceGiven),
    _STATUS: TypeAdapter(PatientStatus),
}


@dataclass(slots=True)
class _Patient:
    """What one must remember of a patient to read the next record."""

    memory: SignalMemory = NOTHING_SEEN
    born_ms: int | None = None
    order_ms: int = -1
    last_ms: int = 0


@dataclass(slots=True)
class TrendRows:
    """Turns records into a batch; remembers the last reading of each signal of each patient."""

    rulebook: Rulebook
    unreadable: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    """Records that could not be read, by topic and reason."""
    newest_ms: int = 0
    """The newest moment that any record told."""
    _patients: dict[str, _Patient] = field(default_factory=dict[str, _Patient])
    _changed: set[str] = field(default_factory=set[str])
    """Patients of whom the gate remembers something new since the last batch."""
    _readings: list[Reading] = field(default_factory=list[Reading])
    _marks: list[Mark] = field(default_factory=list[Mark])
    _transitions: list[Transition] = field(default_factory=list[Transition])
    _watches: list[Watch] = field(default_factory=list[Watch])

    def know(self, patients: Iterable[KnownPatient]) -> None:
        """Take over what a store knows, before the first record: ages, and how far time had come."""
        for one in patients:
            memory = NOTHING_SEEN if one.remembered is None else _MEMORY.validate_json(one.remembered)
            self._patients[one.patient_id] = _Patient(memory=memory, born_ms=one.born_ms, last_ms=one.last_ms)
            self.newest_ms = max(self.newest_ms, one.last_ms)

    def take(self, topic: str, key: bytes | None, value: bytes | None, offset: int) -> None:
        """Take one record in. One that cannot be read is counted and left out."""
        if topic in INPUT_TOPICS:
            event = decode_record(topic, key, value)
            if isinstance(event, Rejected):
                self.unreadable[topic, event.reason] += 1
            elif not isinstance(event, Tick):
                self._take_event(event)
            return
        if not value:
            # A compacted topic says so that a patient's record is gone; the course stays until it is too old.
            return
        try:
            decision = _ADAPTERS[topic].validate_json(value)
        except ValidationError as error:
            self.unreadable[topic, error.errors(include_input=False, include_url=False)[0]["type"]] += 1
            return
        self._take_decision(decision, offset)

    def drain(self, next_offsets: Mapping[tuple[str, int], int]) -> TrendBatch:
        """All rows since the last time, with the offsets after their records."""
        batch = TrendBatch(
            readings=self._readings,
            marks=self._marks,
            transitions=self._transitions,
            watches=self._watches,
            remembered={one: _MEMORY.dump_json(self._patients[one].memory).decode() for one in self._changed},
            next_offsets=dict(next_offsets),
        )
        self._readings, self._marks, self._transitions, self._watches = [], [], [], []
        self._changed = set()
        return batch

    def forget_before(self, at_ms: int) -> None:
        """Forget patients of whom nothing was heard since: memory is bounded by those still there."""
        self._patients = {name: one for name, one in self._patients.items() if one.last_ms >= at_ms}

    def _take_event(self, event: PatientEvent) -> None:
        at_ms = to_ms(event.occurred_at)
        patient = self._seen(event.patient_id, at_ms)
        if isinstance(event, TherapyOrdered):
            self._take_order(patient, event, at_ms)
            return
        self._watches.append(Watch(patient_id=event.patient_id, ward=None, at_ms=at_ms))
        if isinstance(event, VitalsObserved):
            said = findings_of(event, _age_years(patient, at_ms), self.rulebook)
            self._take_findings(patient, event.patient_id, said, at_ms)
            return
        if isinstance(event, CrsAssessed):
            self._take_findings(patient, event.patient_id, event.findings, at_ms)
        self._readings += [
            Reading(patient_id=event.patient_id, signal=signal, at_ms=at_ms, value=value)
            for signal, value in pump_readings(event)
        ]
        mark = input_mark(event, at_ms)
        if mark is not None:
            self._marks.append(mark)

    def _take_order(self, patient: _Patient, order: TherapyOrdered, at_ms: int) -> None:
        """An order tells the ward and the age by which the gate's limits are chosen; an older one changes neither."""
        age_years = age_years_at(order, at_ms)
        born_ms = None if age_years is None else round(at_ms - age_years * YEAR_MS)
        if at_ms >= patient.order_ms:
            patient.order_ms = at_ms
            patient.born_ms = born_ms if born_ms is not None else patient.born_ms
        self._watches.append(Watch(patient_id=order.patient_id, ward=order.ward, at_ms=at_ms, born_ms=born_ms))

    def _take_findings(self, patient: _Patient, patient_id: str, said: CrsFindings, at_ms: int) -> None:
        screened = screen(said, patient.memory, at_ms, self.rulebook.vitals)
        if screened.memory != patient.memory:
            patient.memory = screened.memory
            self._changed.add(patient_id)
        for signal in _CHARTED:
            told = _told(signal, said, screened, self.rulebook)
            if told is not None:
                value, plausible = told
                self._readings.append(
                    Reading(patient_id=patient_id, signal=signal, at_ms=at_ms, value=value, plausible=plausible)
                )

    def _take_decision(self, decision: Any, offset: int) -> None:
        if isinstance(decision, PatientStatus):
            at_ms = to_ms(decision.as_of)
            self._seen(decision.patient_id, at_ms)
            self._watches.append(Watch(patient_id=decision.patient_id, ward=decision.ward, at_ms=at_ms))
            return
        self._seen(decision.patient_id, to_ms(decision.occurred_at))
        if isinstance(decision, AlertTransition):
            transition, mark = alert_rows(decision, offset)
            self._transitions.append(transition)
            self._marks.append(mark)
        elif isinstance(decision, GradeAssigned):
            self._marks += grade_marks(decision)
        else:
            self._marks.append(advice_mark(decision))

    def _seen(self, patient_id: str, at_ms: int) -> _Patient:
        patient = self._patients.get(patient_id)
        if patient is None:
            patient = self._patients[patient_id] = _Patient()
        patient.last_ms = max(patient.last_ms, at_ms)
        self.newest_ms = max(self.newest_ms, at_ms)
        return patient


def _age_years(patient: _Patient, at_ms: int) -> float | None:
    """Age in years at a moment, as far as an order has told it."""
    return None if patient.born_ms is None else max(0.0, (at_ms - patient.born_ms) / YEAR_MS)


def _told(signal: Signal, said: CrsFindings, screened: Screened, rulebook: Rulebook) -> tuple[float, bool] | None:
    """What was told of a signal, in the store's unit, and whether the gate believed it; None: nothing was told."""
    believed = getattr(screened.findings, signal)
    if believed is not None:
        return float(believed), True
    if signal not in screened.artefacts and _OTHER_UNIT.get(signal) not in screened.artefacts:
        return None
    raw = _raw(signal, said, rulebook)
    return None if raw is None else (float(raw), False)


def _raw(signal: Signal, said: CrsFindings, rulebook: Rulebook) -> float | None:
    """A rejected value as it was charted, in the store's unit."""
    rules = rulebook.vitals
    if signal == "temperature_c":
        return agreed_temperature_c(said.temperature_c, said.temperature_f, rules.temperature_agree_c)[0]
    if signal == "sbp_mmhg":
        return agreed_pressure_mmhg(said.sbp_mmhg, said.sbp_kpa, rules.pressure_agree_mmhg, rules.mmhg_per_kpa)[0]
    if signal == "fio2":
        return None if said.fio2 is None else fio2_fraction(said.fio2, rules.fio2_percent_max)
    return getattr(said, signal)

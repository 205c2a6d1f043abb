"""The patients of one partition: their states, which input offsets those include, and what has changed.

A recovered state stays as it was stored until something happens to its patient: taking over a thousand
patients must not delay the first alert by the time it takes to read a thousand states.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, Protocol, TypeVar

from blinwatch.core.decisions import Decision
from blinwatch.core.doctor_patient import is_self_test
from blinwatch.core.events import AnyEvent, Tick
from blinwatch.core.step import concerns
from blinwatch.deliver.output_record import OutputRecord
from blinwatch.stream.paging import Pages
from blinwatch.stream.stored_state import StoredState

State = TypeVar("State")
State_contra = TypeVar("State_contra", contravariant=True)


class StateWriting(Protocol[State_contra]):
    """Writes the states of one patient (`state_codec.StateWriter`)."""

    def write(self, state: State_contra, applied: Mapping[str, int], deadline_ms: int | None) -> bytes:
        """The changelog's value for a state."""
        ...


class Judge(Protocol[State]):
    """The judgement as the engine uses it: `core.step` with its rulebook, or a toy in a test."""

    def new_patient(self, patient_id: str) -> State:
        """The state of a patient of whom nothing is known."""
        ...

    def step(self, state: State, event: AnyEvent) -> tuple[State, tuple[Decision, ...]]:
        """Judge one event."""
        ...

    def next_deadline_ms(self, state: State) -> int | None:
        """When a tick will next change something."""
        ...

    def read(self, value: bytes) -> StoredState:
        """What stands around the state in a changelog value; raises `StateError` when it cannot be used."""
        ...

    def thaw(self, stored: StoredState) -> State:
        """The state that was stored."""
        ...

    def new_writer(self) -> StateWriting[State]:
        """A writer for one patient."""
        ...


class Patient(Generic[State]):
    """One patient's place in the book."""

    __slots__ = ("_judge", "_state", "_stored", "applied", "deadline_ms", "writer")

    def __init__(self, judge: Judge[State], patient_id: str, stored: StoredState | None) -> None:
        self._judge = judge
        self._stored = stored
        self._state: State | None = None if stored else judge.new_patient(patient_id)
        self.applied: dict[str, int] = dict(stored.applied) if stored else {}
        self.deadline_ms = stored.deadline_ms if stored else None
        self.writer = judge.new_writer()

    def step(self, event: AnyEvent) -> tuple[Decision, ...]:
        """Judge one event of this patient, or a tick."""
        self._state, decisions = self._judge.step(self.state, event)
        self.deadline_ms = self._judge.next_deadline_ms(self._state)
        return decisions

    @property
    def state(self) -> State:
        """The state as it is now."""
        if self._state is None:
            assert self._stored is not None, "a patient has a state or a stored one"  # noqa: S101 - invariant
            self._state = self._judge.thaw(self._stored)
            self._stored = None
        return self._state


class Changed(Generic[State]):
    """A patient's state at one moment, to be written to the changelog when there is time."""

    __slots__ = ("applied", "deadline_ms", "key", "partition", "state", "unpaged", "writer")

    def __init__(self, partition: int, key: bytes, patient: Patient[State], unpaged: tuple[OutputRecord, ...]) -> None:
        self.partition = partition
        self.key = key
        self.unpaged = unpaged
        self.state = patient.state
        self.applied = dict(patient.applied)
        self.deadline_ms = patient.deadline_ms
        self.writer = patient.writer

    def write(self) -> bytes:
        """The changelog's value."""
        return self.writer.write(self.state, self.applied, self.deadline_ms)


class PatientBook(Generic[State]):
    """All patients of one partition number."""

    def __init__(self, judge: Judge[State], partition: int, stored: Mapping[str, StoredState]) -> None:
        self.partition = partition
        self.latest_tick: Tick | None = None
        self._judge = judge
        self._patients = {name: Patient(judge, name, state) for name, state in stored.items()}
        self._made_up = sum(map(is_self_test, stored))
        self._changed: set[str] = set()
        self.pages = Pages()
        """Alerts that nobody has been paged for yet."""
        self.newest_ms = 0
        """The newest moment that was judged since the partition is held."""
        for name, state in stored.items():
            self.pages.recover(name, state.unpaged)

    def __len__(self) -> int:
        return len(self._patients) - self._made_up

    def patient(self, patient_id: str) -> Patient[State]:
        """The patient's place; a new one where nothing is known yet."""
        patient = self._patients.get(patient_id)
        if patient is None:
            patient = self._patients[patient_id] = Patient(self._judge, patient_id, None)
            self._made_up += is_self_test(patient_id)
        return patient

    def concerned_by(self, tick: Tick) -> Iterator[tuple[str, Patient[State]]]:
        """Patients for whom the tick changes something."""
        for name, patient in self._patients.items():
            if concerns(tick, patient.deadline_ms):
                yield name, patient

    def mark_changed(self, patient_id: str) -> None:
        """The patient's state must be written at the next commit."""
        self._changed.add(patient_id)

    def take_changed(self) -> Iterable[Changed[State]]:
        """The states that changed since the last time this was asked."""
        names, self._changed = sorted(self._changed), set()
        return [
            Changed(self.partition, name.encode("utf-8"), self._patients[name], self.pages.of(name)) for name in names
        ]

    def applied_offsets(self) -> dict[str, int]:
        """Input topic to the highest offset that any state includes."""
        highest: dict[str, int] = {}
        for patient in self._patients.values():
            for topic, offset in patient.applied.items():
                highest[topic] = max(offset, highest.get(topic, offset))
        return highest

"""The real judgement, as the engine uses it: `core.step` with the rulebook in force."""

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.decisions import Decision
from blinwatch.core.events import AnyEvent
from blinwatch.core.patient_state import PatientState, new_patient
from blinwatch.core.step import next_deadline_ms, step, thaw
from blinwatch.stream.state_codec import StateWriter, read_state, snapshot_of
from blinwatch.stream.stored_state import StoredState


class CoreJudge:
    """Binds `core.step` to one rulebook."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook

    def new_patient(self, patient_id: str) -> PatientState:
        """The state of a patient of whom nothing is known."""
        return new_patient(patient_id)

    def step(self, state: PatientState, event: AnyEvent) -> tuple[PatientState, tuple[Decision, ...]]:
        """Judge one event."""
        return step(state, event, self._rulebook)

    def next_deadline_ms(self, state: PatientState) -> int | None:
        """When a tick will next change something."""
        return next_deadline_ms(state)

    def read(self, value: bytes) -> StoredState:
        """What stands around the state in a changelog value."""
        return read_state(value)

    def thaw(self, stored: StoredState) -> PatientState:
        """The state that was stored."""
        return thaw(snapshot_of(stored, self._rulebook), self._rulebook)

    def new_writer(self) -> StateWriter:
        """A writer for one patient."""
        return StateWriter()

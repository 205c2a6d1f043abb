"""The only door of the judgement: one patient's state and one event in, the new state and decisions out.

The worker, `replay`, the case runner, the simulator and the property tests all come through here. Pure: the same
state, event and rulebook give the same result, byte for byte.
"""

from dataclasses import replace

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core import time_order
from blinwatch.core.decisions import Decision
from blinwatch.core.events import PatientEvent, Tick
from blinwatch.core.evidence import to_ms
from blinwatch.core.fold_event import settled
from blinwatch.core.patient_state import Judgement, PatientSnapshot, PatientState
from blinwatch.core.tell_status import status_is_due, tell_status

AnyEvent = PatientEvent | Tick


def step(state: PatientState, event: AnyEvent, rulebook: Rulebook) -> tuple[PatientState, tuple[Decision, ...]]:
    """Judge one event of this patient (or a tick of the clock).

    Decisions come in the order in which they should be published: alert transitions and grades first, then at
    most one status for the board. Raises `ValueError` for an event of another patient: that is a routing fault.
    """
    if not isinstance(event, Tick) and event.patient_id != state.head.patient_id:
        raise ValueError("an event of another patient was routed to this state; check the topic's key")
    before = state.head
    state, decisions = time_order.admit(state, event, rulebook)
    return _with_status(before, state, decisions, event, rulebook)


def _with_status(
    before: Judgement, state: PatientState, decisions: tuple[Decision, ...], event: AnyEvent, rulebook: Rulebook
) -> tuple[PatientState, tuple[Decision, ...]]:
    if not status_is_due(before, state, decisions, rulebook):
        return state, decisions
    head = present(state, rulebook)
    status = tell_status(head, None if isinstance(event, Tick) else event.event_id, rulebook)
    return replace(state, head=head, status_ms=head.clock_ms), (*decisions, status)


def concerns(tick: Tick, deadline_ms: int | None) -> bool:
    """Whether a tick must be stepped for a patient with this deadline: time is up, or blinwatch itself was blind.

    Of a patient without any deadline nothing is owed: discharged, or everything is overdue and that has been said.
    """
    if deadline_ms is None:
        return False
    return tick.blind_from is not None or deadline_ms <= to_ms(tick.occurred_at)


def next_deadline_ms(state: PatientState) -> int | None:
    """A tick at or after this moment changes something; an earlier one need not be stepped."""
    return state.head.deadline_ms


def thaw(snapshot: PatientSnapshot, rulebook: Rulebook) -> PatientState:
    """The state that a stored snapshot stands for."""
    return time_order.thaw(snapshot, rulebook)


def present(state: PatientState, rulebook: Rulebook) -> Judgement:
    """The judgement as of the newest event, complete."""
    return settled(state.head, rulebook)

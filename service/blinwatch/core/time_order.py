"""Any arrival order, one result: events are folded in the order in which they happened.

What:      keeps a window of recent events behind the newest one. An event that arrives in order is folded on top
           (the common case, no extra work). One that arrives late is put in its true place and the window is
           folded again; what that changes in already published decisions is published as late corrections.
Source:    design decision 3 and 4; docs/decisions/0003-fold-in-event-time.md.
Inputs:    the state, one event, the rulebook.
Caveats:   the allowed lateness is `WINDOW_MS` or `WINDOW_EVENTS`, whichever is shorter. An event later than that is
           folded at the window's old end: facts (pump events, drugs, orders) still take their true place by
           their own time stamps, observations count from then, and an `InputNote` says so.
"""

from dataclasses import replace
from datetime import timedelta

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.alert_lifecycle import short_hash
from blinwatch.core.decisions import Alert, AlertTransition, Decision, TransitionKind
from blinwatch.core.events import MedicationAdministered, PatientEvent, Tick
from blinwatch.core.evidence import to_datetime, to_ms
from blinwatch.core.fold_event import fold_event
from blinwatch.core.input_note import note_on
from blinwatch.core.patient_state import Judgement, PatientSnapshot, PatientState, without_log

WINDOW_MS = 15 * 60_000
"""Fifteen minutes: gateways resend and topics drift by seconds; a nurse charts some minutes after the fact."""
_WINDOW = timedelta(milliseconds=WINDOW_MS)
WINDOW_EVENTS = 64
"""At most twice this many events are kept. A monitor's report takes about 100 bytes when stored, so a full window is a
fifth of the 64 KiB that a state may have."""


Place = tuple[int, int, str]
_DOSES_FIRST, _OTHERS, _TICKS_LAST = 0, 1, 2


def place_of(event: PatientEvent | Tick) -> Place:
    """An event's place in the story: its own time; at equal times doses, then the rest, then ticks; then its id.

    A drug charted at the minute of an observation is on board in it ("at most 8 h ago" includes 0 h): charts are
    rounded to the minute, and the safer reading is that the drug may hide the fever.
    """
    if isinstance(event, MedicationAdministered):
        rank = _DOSES_FIRST
    else:
        rank = _TICKS_LAST if isinstance(event, Tick) else _OTHERS
    return to_ms(event.occurred_at), rank, event.event_id


def admit(
    state: PatientState, event: PatientEvent | Tick, rulebook: Rulebook
) -> tuple[PatientState, tuple[Decision, ...]]:
    """Fold one event in at its place; returns the new state and what has to be said about it."""
    own_ms = to_ms(event.occurred_at)
    if own_ms > state.head.clock_ms or _is_newest(state, event, own_ms):
        before = state.head
        head = fold_event(before, event, own_ms, rulebook)
        said = () if head.log is before.log else head.log[len(before.log) :]
        state = PatientState(
            base=state.base,
            middle=state.middle,
            middle_count=state.middle_count,
            head=head,
            pending=(*state.pending, event),
            status_ms=state.status_ms,
        )
        return _slide(state), said
    if isinstance(event, Tick) and (event.blind_from is None or own_ms < state.base.clock_ms):
        return state, ()  # that time has passed already: there is nothing to bring about, or the patient is seen again
    place = place_of(event)
    if any(place == place_of(known) for known in state.pending):
        if isinstance(event, Tick):
            return state, ()
        return state, (
            note_on(state.head.patient_id, event, "duplicate", "this event id at this time is known already"),
        )
    if own_ms < state.base.clock_ms:
        return _admit_too_late(state, event, own_ms, rulebook)
    pending = tuple(sorted((*state.pending, event), key=place_of))
    state, corrections = _refold(state, state.base, pending, len(pending) // 2, rulebook)
    return _slide(state), corrections


def _is_newest(state: PatientState, event: PatientEvent | Tick, own_ms: int) -> bool:
    """Whether an event of the clock's own millisecond stands behind everything that is known."""
    if isinstance(event, Tick) or own_ms < state.base.clock_ms:
        return False
    return not state.pending or place_of(event) > place_of(state.pending[-1])


def _admit_too_late(
    state: PatientState, event: PatientEvent | Tick, own_ms: int, rulebook: Rulebook
) -> tuple[PatientState, tuple[Decision, ...]]:
    """Older than the window: folded into the base, where facts still find their true place."""
    if event.event_id in state.base.recent_ids:
        return state, (note_on(state.head.patient_id, event, "duplicate", "this event id is known already"),)
    base = fold_event(state.base, event, own_ms, rulebook)
    note = note_on(
        state.head.patient_id, event, "late_beyond_window", "arrived after the window for reordering had passed it"
    )
    state, corrections = _refold(state, base, state.pending, len(state.pending) // 2, rulebook)
    base_count = len(base.log)
    state = replace(
        state,
        base=without_log(state.base, base_count),
        middle=without_log(state.middle, base_count),
        head=without_log(state.head, base_count),
    )
    return _slide(state), (note, *corrections)


def _refold(
    state: PatientState,
    base: Judgement,
    pending: tuple[PatientEvent | Tick, ...],
    middle_count: int,
    rulebook: Rulebook,
) -> tuple[PatientState, tuple[Decision, ...]]:
    """Fold the window again from `base` and tell the difference from what was published."""
    head = middle = base
    for count, event in enumerate(pending, start=1):
        head = fold_event(head, event, to_ms(event.occurred_at), rulebook)
        if count == middle_count:
            middle = head
    corrections = corrections_between(state.head, head)
    state = replace(state, base=base, middle=middle, middle_count=middle_count, head=head, pending=pending)
    return state, corrections


def _slide(state: PatientState) -> PatientState:
    """Let the window follow: drop its older half once its newer half alone is wide enough."""
    pending, middle_count = state.pending, state.middle_count
    newer_count = len(pending) - middle_count
    if newer_count <= 0:
        return state
    if newer_count < WINDOW_EVENTS and pending[-1].occurred_at - pending[middle_count].occurred_at < _WINDOW:
        return state
    told = len(state.middle.log)
    head = without_log(state.head, told)
    return replace(
        state,
        base=without_log(state.middle, told),
        middle=head,
        middle_count=newer_count,
        head=head,
        pending=pending[middle_count:],
    )


def thaw(snapshot: PatientSnapshot, rulebook: Rulebook) -> PatientState:
    """The state a snapshot was frozen from: the window's events are folded again."""
    base = snapshot.base
    state = PatientState(base=base, middle=base, middle_count=0, head=base, status_ms=snapshot.status_ms)
    state, _ = _refold(state, base, snapshot.pending, snapshot.middle_count, rulebook)
    return state


def corrections_between(told: Judgement, now: Judgement) -> tuple[Decision, ...]:
    """What subscribers must hear when the story is retold: new steps, and the end of what never was.

    Everything is marked late. Ids stay those of the step itself, so what was said before is not said anew; a step
    that leaves an alert as subscribers know it already (raised a minute earlier than was thought) is not said either.
    """
    known = {decision.decision_id for decision in told.log}
    believed = {alert.alert_id: alert for alert in told.alerts.standing}
    said: list[Decision] = []
    for decision in now.log:
        if decision.decision_id in known:
            continue
        if isinstance(decision, AlertTransition):
            last = believed.get(decision.alert_id)
            if last is not None and not _differs(last, decision.alert):
                continue
            believed[decision.alert_id] = decision.alert
            said.append(replace(decision, late=True))
        else:
            said.append(decision)
    for alert in now.alerts.standing:
        last = believed.pop(alert.alert_id, None)
        if last is None:
            # Its beginning was told and its end as well; the end never was.
            said.append(_correction("raised", alert, now, "late evidence shows that the condition still holds"))
        elif _differs(last, alert):
            said.append(_correction("updated", alert, now))
    ended = {d.alert_id: d for d in now.log if isinstance(d, AlertTransition) and d.transition == "resolved"}
    for alert_id, alert in believed.items():
        if alert.state == "resolved":
            continue
        if alert_id in ended:
            # Its end was told before its beginning moved; subscribers must hear the end last.
            said.append(replace(ended[alert_id], late=True))
            continue
        at = to_datetime(now.clock_ms)
        reason = "withdrawn: late evidence shows that the condition did not hold"
        gone = replace(alert, state="resolved", updated_at=at, resolved_at=at, resolved_reason=reason)
        said.append(_correction("resolved", gone, now, reason))
    return tuple(said)


def _differs(last: Alert, now: Alert) -> bool:
    return (last.state, last.priority, last.level, last.code, last.inhibited_by) != (
        now.state,
        now.priority,
        now.level,
        now.code,
        now.inhibited_by,
    )


def _correction(kind: TransitionKind, alert: Alert, now: Judgement, reason: str | None = None) -> AlertTransition:
    return AlertTransition(
        decision_id=short_hash(alert.alert_id, "correction", kind, now.clock_ms, alert.level, alert.state),
        alert_id=alert.alert_id,
        patient_id=now.patient_id,
        transition=kind,
        occurred_at=to_datetime(now.clock_ms),
        late=True,
        caused_by=None,
        reason=reason,
        alert=alert,
    )

"""One event folded into the judgement, in event-time order.

What:      passes every deadline that lies before the event, takes the event's facts in, judges again what they
           touch, and brings the alerts in line.
Source:    design decisions 1, 3 and 4.
Inputs:    a judgement, one event (or tick), the rulebook.
Caveats:   an event older than the judgement's clock (docs/decisions/0003: later than the window) is taken in at the
           clock's time; its facts keep their own time.
"""

from dataclasses import replace
from typing import cast

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.detect_blindness import with_blindness
from blinwatch.core.early_warning.live import end_bucket
from blinwatch.core.events import PatientEvent, Tick, VitalsObserved
from blinwatch.core.evidence import to_ms
from blinwatch.core.evolve import evolve
from blinwatch.core.grade_crs import CrsGrade
from blinwatch.core.judge_domains import judge_domains, next_deadline_ms, same_for_others
from blinwatch.core.patient_state import Judgement
from blinwatch.core.pump_events import PumpStatusReported
from blinwatch.core.steady import frame_of, kept_after
from blinwatch.core.take_in import take_in
from blinwatch.core.taken import EVERYTHING

MAX_DEADLINES = 10_000
"""More deadlines than any patient passes between two events; reaching it means a deadline that never moves on."""


class DeadlineStuckError(RuntimeError):
    """A deadline fired and did not move on: a fault of the judgement, never of the data."""


def fold_event(judgement: Judgement, event: PatientEvent | Tick, own_ms: int, rulebook: Rulebook) -> Judgement:
    """The judgement after `event`, which happened at `own_ms`, with what was decided appended to its log."""
    kind = type(event)
    if kind is VitalsObserved:
        kept = kept_after(judgement, cast("VitalsObserved", event), own_ms)
        if kept is not None:
            return evolve(judgement, clock_ms=own_ms, kept=kept)
    elif kind is PumpStatusReported:
        calm = _with_calm_pump(judgement, event, own_ms, rulebook)
        if calm is not None:
            return calm
    return _fold(settled(judgement, rulebook), event, own_ms, rulebook)


def settled(judgement: Judgement, rulebook: Rulebook) -> Judgement:
    """The judgement with every kept report taken in: what anybody who looks at it must see.

    Inside their frame the reports change no alert and no advice, so only what they tell of themselves is taken in.
    The frame stays: what it says of the next reports still holds.
    """
    if not judgement.kept:
        return judgement
    j = judgement
    for report in judgement.kept:
        at_ms = to_ms(report.occurred_at)
        j = take_in(j, report, at_ms, at_ms, rulebook).judgement
    return evolve(j, kept=(), deadline_ms=next_deadline_ms(j, judgement.clock_ms, rulebook))


def _with_calm_pump(
    judgement: Judgement, event: PatientEvent | Tick, own_ms: int, rulebook: Rulebook
) -> Judgement | None:
    """The judgement after a pump's status that changes nothing for any other domain; None where it does.

    Then the frame and the reports kept in it go on: nothing that they stand for has been looked at.
    """
    frame = judgement.steady
    if frame is None or not judgement.clock_ms <= own_ms < frame.until_ms:
        return None
    after = _fold(judgement, event, own_ms, rulebook)
    before, now = judgement.infusion, after.infusion
    calm = (
        before is not None
        and now is not None
        and after.log is judgement.log
        and after.alerts == judgement.alerts
        and before.flow_stopped_ms == now.flow_stopped_ms
        and same_for_others(before, now)
    )
    if not calm:
        return None
    due_ms = after.deadline_ms
    if due_ms is not None and due_ms < frame.until_ms:
        frame = replace(frame, until_ms=due_ms)
    return evolve(after, steady=frame)


def _fold(judgement: Judgement, event: PatientEvent | Tick, own_ms: int, rulebook: Rulebook) -> Judgement:
    at_ms = max(own_ms, judgement.clock_ms)
    judgement = _pass_deadlines(judgement, at_ms, rulebook)
    if isinstance(event, Tick):
        judgement = with_blindness(judgement, event)
        return evolve(judge_domains(judgement, at_ms, EVERYTHING, (), None, rulebook), steady=None)
    if judgement.first_ms is None or own_ms < judgement.first_ms:
        judgement = evolve(judgement, first_ms=own_ms)
    judgement = end_bucket(judgement, at_ms, rulebook)
    before = judgement.grade
    taken = take_in(judgement, event, own_ms, at_ms, rulebook)
    if _has_risen(before, taken.judgement.grade):
        taken = replace(taken, judgement=evolve(taken.judgement, rose_ms=at_ms))
    due_ms = taken.judgement.deadline_ms
    touched = EVERYTHING if due_ms is not None and due_ms <= at_ms else taken.touched
    after = judge_domains(taken.judgement, at_ms, touched, taken.decisions, event.event_id, rulebook)
    if type(event) is VitalsObserved:
        return evolve(after, steady=frame_of(after, event, at_ms, rulebook))
    return after if after.steady is None else evolve(after, steady=None)


def _has_risen(before: CrsGrade | None, now: CrsGrade | None) -> bool:
    """Whether the numeric grade went up; what cannot be graded neither rises nor falls."""
    if before is now or now is None or now.grade is None:
        return False
    known = 0 if before is None or before.grade is None else before.grade
    return now.grade > known


def _pass_deadlines(judgement: Judgement, before_ms: int, rulebook: Rulebook) -> Judgement:
    """Let every deadline before `before_ms` fire, each at its own time."""
    for _ in range(MAX_DEADLINES):
        due_ms = judgement.deadline_ms
        if due_ms is None or due_ms >= before_ms:
            return judgement
        judgement = judge_domains(judgement, due_ms, EVERYTHING, (), None, rulebook)
        if judgement.deadline_ms is not None and judgement.deadline_ms <= due_ms:
            raise DeadlineStuckError("a deadline fired and stayed where it was")
    raise DeadlineStuckError(f"more than {MAX_DEADLINES} deadlines between two events")

"""One event folded into the judgement, in event-time order.

What:      passes every deadline that lies before the event, takes the event's facts in, judges again what they
           touch, and brings the alerts in line.
Source:    design decisions 1, 3 and 4.
Inputs:    a judgement, one event (or tick), the rulebook.
Caveats:   an event older than the judgement's clock (docs/decisions/0003: later than the window) is taken in at the
           clock's time; its facts keep their own time.
"""

from dataclasses import replace

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core import alert_lifecycle
from blinwatch.core.alert_lifecycle import Moment
from blinwatch.core.attribution import attributions_in_force, next_end_ms
from blinwatch.core.crs_conditions import crs_conditions
from blinwatch.core.crs_course import announced_changes_ms
from blinwatch.core.decisions import Decision
from blinwatch.core.detect_silence import silence_conditions, silence_deadline_ms, silent_names
from blinwatch.core.events import PatientEvent, Tick, VitalsObserved
from blinwatch.core.evidence import Condition, Domain, to_ms
from blinwatch.core.evolve import evolve
from blinwatch.core.grade_crs import CrsGrade
from blinwatch.core.infusion.timeline import judge_timeline, next_change_ms
from blinwatch.core.infusion_conditions import infusion_conditions
from blinwatch.core.patient_state import CHARTED_STANDS_MS, Judgement, charted_in_force, ward_of
from blinwatch.core.steady import frame_of, kept_after
from blinwatch.core.take_in import CRS, EVERYTHING, INFUSION, MONITORING, take_in
from blinwatch.core.tell_grade import grade_signature, tell_grade, worth_telling

MAX_DEADLINES = 10_000
"""More deadlines than any patient passes between two events; reaching it means a deadline that never moves on."""


class DeadlineStuckError(RuntimeError):
    """A deadline fired and did not move on: a fault of the judgement, never of the data."""


def fold_event(judgement: Judgement, event: PatientEvent | Tick, rulebook: Rulebook) -> Judgement:
    """The judgement after `event`, with what was decided appended to its log."""
    own_ms = to_ms(event.occurred_at)
    if type(event) is VitalsObserved and (kept := kept_after(judgement, event, own_ms)) is not None:
        return evolve(judgement, clock_ms=own_ms, kept=kept)
    return _fold(settled(judgement, rulebook), event, own_ms, rulebook)


def settled(judgement: Judgement, rulebook: Rulebook) -> Judgement:
    """The judgement with every kept report judged: what anybody who looks at it must see."""
    if not judgement.kept:
        return judgement
    reports, judgement = judgement.kept, evolve(judgement, kept=(), steady=None)
    for report in reports:
        at_ms = to_ms(report.occurred_at)
        taken = take_in(judgement, report, at_ms, at_ms, rulebook)
        judgement = _judge(taken.judgement, at_ms, taken.touched, taken.decisions, report.event_id, rulebook)
    return judgement


def _fold(judgement: Judgement, event: PatientEvent | Tick, own_ms: int, rulebook: Rulebook) -> Judgement:
    at_ms = max(own_ms, judgement.clock_ms)
    judgement = _pass_deadlines(judgement, at_ms, rulebook)
    if isinstance(event, Tick):
        return evolve(_judge(judgement, at_ms, EVERYTHING, (), None, rulebook), steady=None)
    if judgement.first_ms is None or own_ms < judgement.first_ms:
        judgement = evolve(judgement, first_ms=own_ms)
    before = judgement.grade
    taken = take_in(judgement, event, own_ms, at_ms, rulebook)
    if _has_risen(before, taken.judgement.grade):
        taken = replace(taken, judgement=evolve(taken.judgement, rose_ms=at_ms))
    due_ms = taken.judgement.deadline_ms
    touched = EVERYTHING if due_ms is not None and due_ms <= at_ms else taken.touched
    after = _judge(taken.judgement, at_ms, touched, taken.decisions, event.event_id, rulebook)
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
        judgement = _judge(judgement, due_ms, EVERYTHING, (), None, rulebook)
        if judgement.deadline_ms is not None and judgement.deadline_ms <= due_ms:
            raise DeadlineStuckError("a deadline fired and stayed where it was")
    raise DeadlineStuckError(f"more than {MAX_DEADLINES} deadlines between two events")


def _judge(
    j: Judgement,
    at_ms: int,
    touched: int,
    decisions: tuple[Decision, ...],
    caused_by: str | None,
    rulebook: Rulebook,
) -> Judgement:
    """Judge the touched domains at `at_ms`, in the order infusion, CRS, monitoring (each may read the one before)."""
    attributed = attributions_in_force(j.attributions, at_ms) if j.attributions else ()
    moment = Moment(j.patient_id, ward_of(j), at_ms, caused_by, rulebook, attributed)
    said: list[Decision] = list(decisions)
    if touched & INFUSION:
        j = _judge_infusion(j, at_ms, rulebook)
        j = _bring_in_line(j, "infusion", infusion_conditions(j, at_ms, rulebook), moment, said)
    if touched & CRS:
        j = _judge_crs(j, moment, said)
    if touched & MONITORING:
        conditions = silence_conditions(j, at_ms, rulebook)
        j = _bring_in_line(j, "monitoring", conditions, moment, said)
        silent = silent_names(conditions, j, rulebook)
        if silent != j.silent:
            j = evolve(j, silent=silent)
    if touched == EVERYTHING:
        book, steps = alert_lifecycle.pass_time(j.alerts, moment)
        if steps:
            said.extend(steps)
            j = evolve(j, alerts=book)
    deadline_ms = _deadline_ms(j, at_ms, rulebook)
    log = (*j.log, *said) if said else j.log
    return evolve(j, clock_ms=at_ms, deadline_ms=deadline_ms, log=log)


def _judge_infusion(j: Judgement, at_ms: int, rulebook: Rulebook) -> Judgement:
    rules = rulebook.infusion
    charted = charted_in_force(j, at_ms)
    findings = None if charted is None else charted.findings
    view = judge_timeline(j.ledger, j.order, j.premeds, at_ms, rules, charted=findings)
    due_ms = earliest(
        next_change_ms(j.ledger, j.order, j.premeds, at_ms, rules, findings),
        None if charted is None else charted.at_ms + CHARTED_STANDS_MS,
    )
    return evolve(j, infusion=view, infusion_ms=at_ms, infusion_deadline_ms=due_ms)


def _judge_crs(j: Judgement, moment: Moment, said: list[Decision]) -> Judgement:
    if j.grade is None:
        return j
    told = grade_signature(j, moment.at_ms)
    if told == j.told_grade:
        # Nothing that a subscriber or an alert could see has changed: by far the most common case.
        return j
    if worth_telling(j.told_grade, told):
        said.append(tell_grade(j, moment))
    j = evolve(j, told_grade=told)
    conditions = crs_conditions(j, moment)
    return _bring_in_line(j, "crs", conditions, moment, said)


def _bring_in_line(
    j: Judgement, domain: Domain, conditions: tuple[Condition, ...], moment: Moment, said: list[Decision]
) -> Judgement:
    if not conditions and not any(alert.domain == domain for alert in j.alerts.standing):
        return j
    book, steps = alert_lifecycle.sync(j.alerts, domain, conditions, moment)
    said.extend(steps)
    return j if book is j.alerts else evolve(j, alerts=book)


def _deadline_ms(j: Judgement, at_ms: int, rulebook: Rulebook) -> int | None:
    return earliest(
        j.infusion_deadline_ms,
        announced_changes_ms(j.course, at_ms),
        silence_deadline_ms(j, at_ms, rulebook),
        alert_lifecycle.next_deadline_ms(j.alerts, rulebook),
        next_end_ms(j.attributions, at_ms),
    )


def earliest(*moments: int | None) -> int | None:
    """The earliest of the moments that exist."""
    return min((moment for moment in moments if moment is not None), default=None)

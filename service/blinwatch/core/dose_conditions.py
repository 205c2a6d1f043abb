"""Dose advice to alert conditions.

What:      which advice is an alert: to stop while drug runs, to decide on discontinuing, a low restart that is possible
           or overdue, going up to the full dose, staying low although the step is due, an essential grade missing.
Sources:   rule reference section D; section H gives no priority for these codes (rows of alert_priorities.yaml, [C]).
Inputs:    the standing advice, the state of the infusion, the CRS and ICANS alerts that stand.
Caveats:   - DM_CONTINUE, DM_RESUME_SAME_DOSE and DM_NEW_CYCLE are no alerts: nothing is to be done, or INF_INTERRUPT
             tells it already.
           - a CRS or ICANS alert of grade 3 or more pages at once, so the advice to stop for that reaction is not paged
             beside it. It becomes an alert of its own when the drug still runs 15 min later.
           - an unknown flow counts as running: missing is never normal.
"""

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.crs_conditions import priority_of
from blinwatch.core.dose_advice.advice import (
    CONSIDER_DISCONTINUE,
    DISCONTINUE,
    ESCALATE,
    HOLD_LOW,
    INTERRUPT,
    NOT_EVALUABLE,
    RESTART_LOW,
    STOPS_NOW,
    WAIT,
    DoseAdvice,
)
from blinwatch.core.evidence import Condition, Evidence, Priority, to_ms
from blinwatch.core.patient_state import Judgement

STOP_KEY = "DM_STOP"
RESTART_KEY = "DM_RESTART"
_LEVELS = {WAIT: 1, INTERRUPT: 2, CONSIDER_DISCONTINUE: 3, DISCONTINUE: 4}
_STANDS_STILL = ("interrupted", "ended", "not_started")
_STEP_KEY = "INF_DOSE_STEP"
_STEP_CODES = ("INF_DOSE_STEP_DUE", "INF_DOSE_STEP_OVERDUE")
_PAGED_BY = {"crs": "CRS", "neuro": "ICANS", "seizure": "ICANS"}
"""Reaction to the key of the alert that pages for its grade."""
_MINUTE_MS = 60_000


def dose_conditions(judgement: Judgement, at_ms: int, rulebook: Rulebook) -> tuple[Condition, ...]:
    """The condition that the standing advice calls for at `at_ms`, if any."""
    advice = judgement.advice
    if advice is None:
        return ()
    if advice.code in STOPS_NOW:
        return _to_stop(advice, judgement, at_ms, rulebook)
    if advice.code in RESTART_LOW:
        return _to_restart(advice, judgement, at_ms, rulebook)
    priority = priority_of(advice.code, rulebook)
    if advice.code == ESCALATE:
        words = "Go up to the full dose"
        return (_condition(ESCALATE, advice, words, at_ms, priority, hides=(_STEP_KEY,)),)
    if advice.code == HOLD_LOW and _step_is_told(judgement):
        words = "Stay at the low dose, although the step by hours is due"
        return (_condition(HOLD_LOW, advice, words, at_ms, priority, hides=(_STEP_KEY,)),)
    if advice.code == NOT_EVALUABLE:
        return (_condition(NOT_EVALUABLE, advice, "No dose advice can be given", at_ms, priority),)
    return ()


def next_dose_condition_ms(judgement: Judgement, at_ms: int, rulebook: Rulebook) -> int | None:
    """When the advice to stop becomes an alert of its own because the drug still runs; None where it is one."""
    advice = judgement.advice
    if advice is None or advice.code not in STOPS_NOW or not _may_run(judgement):
        return None
    due_ms = _paged_until_ms(advice, judgement, rulebook)
    return due_ms if due_ms is not None and due_ms > at_ms else None


def _to_stop(advice: DoseAdvice, judgement: Judgement, at_ms: int, rulebook: Rulebook) -> tuple[Condition, ...]:
    level = _LEVELS[advice.code]
    if not _may_run(judgement):
        if advice.code not in (DISCONTINUE, CONSIDER_DISCONTINUE):
            return ()
        for_good = advice.code == DISCONTINUE
        priority = priority_of(f"{advice.code}.stopped", rulebook)
        words = "Do not restart: discontinue for good" if for_good else "Do not restart before it is decided"
        return (_condition(STOP_KEY, advice, words, at_ms, priority, level=level),)
    paged_until_ms = _paged_until_ms(advice, judgement, rulebook)
    if paged_until_ms is not None and at_ms < paged_until_ms:
        return ()
    words = {
        WAIT: "Stop the infusion: it was restarted too early",
        INTERRUPT: "Stop the infusion",
        CONSIDER_DISCONTINUE: "Stop the infusion and decide whether for good",
        DISCONTINUE: "Stop the infusion for good",
    }[advice.code]
    priority = priority_of(advice.code, rulebook)
    return (_condition(STOP_KEY, advice, words, at_ms, priority, level=level, hides=(_STEP_KEY,)),)


def _to_restart(advice: DoseAdvice, judgement: Judgement, at_ms: int, rulebook: Rulebook) -> tuple[Condition, ...]:
    if not _may_run(judgement):
        words = "A restart at the low dose is possible now"
        priority = priority_of(advice.code, rulebook)
        return (_condition(RESTART_KEY, advice, words, at_ms, priority, level=1),)
    stones = None if judgement.infusion is None else judgement.infusion.milestones
    if stones is not None and stones.dose_level == "low":
        return ()
    words = "The low dose is due, and the pump runs at another dose"
    priority = priority_of(f"{advice.code}.running", rulebook)
    return (_condition(RESTART_KEY, advice, words, at_ms, priority, level=2),)


def _may_run(judgement: Judgement) -> bool:
    """Whether drug flows, will flow again in a moment (bag change), or nobody knows."""
    return judgement.infusion is None or judgement.infusion.state not in _STANDS_STILL


def _step_is_told(judgement: Judgement) -> bool:
    """Whether the infusion rules say that the step to the full dose is due."""
    view = judgement.infusion
    return view is not None and any(finding.code in _STEP_CODES for finding in view.verdict.findings)


def _paged_until_ms(advice: DoseAdvice, judgement: Judgement, rulebook: Rulebook) -> int | None:
    """Until when the alert of the same reaction's grade pages for the advice; None where no such alert stands."""
    key = None if advice.reaction is None else _PAGED_BY.get(advice.reaction)
    for alert in judgement.alerts.standing:
        if alert.key == key and alert.level >= rulebook.dose.severe_grade:
            return to_ms(alert.updated_at) + round(rulebook.dose.stop_reminder_after_min * _MINUTE_MS)
    return None


def _condition(
    key: str,
    advice: DoseAdvice,
    words: str,
    at_ms: int,
    priority: Priority,
    *,
    level: int = 0,
    hides: tuple[str, ...] = (),
) -> Condition:
    because = (f"{sentence[0].upper()}{sentence[1:]}." for sentence in (*advice.because, *advice.supportive))
    return Condition(
        key=key,
        code=advice.code,
        rule_id=advice.rule_id,
        domain="dose",
        scale=advice.scale,
        priority=priority,
        level=level,
        summary=" ".join([f"{words}.", *because]),
        evidence=_evidence(advice),
        since_ms=at_ms if advice.since_ms is None else advice.since_ms,
        hides=hides,
    )


def _evidence(advice: DoseAdvice) -> tuple[Evidence, ...]:
    """What the advice rests on and asks for."""
    values = (
        Evidence("reaction", advice.reaction),
        Evidence("reached_grade", advice.grade, "{grade}"),
        Evidence("dose_advised_mcg_day", advice.dose_mcg_day, "ug/d"),
        Evidence("rate_for_bag_ml_h", advice.rate_ml_h, "mL/h"),
    )
    return tuple(value for value in values if value.value is not None)

"""Section G: when the next neurological check (ICE or CAPD) is due.

What:      at most 12 h apart while the treatment asks for close watching: the first 72 h of cycle 1, and 48 h
           after the start of cycle 2, a dose step or a restart; every 4 h while ICANS is grade 1 or more. Late
           half an hour after it was due.
Source:    rule reference section G [C]; rows of clinical/vital_signs.yaml.
Inputs:    the course, since when anybody owes observations, the cycle, its start, the last step and restart.
Caveats:   - while an episode is open at grade 0, a check stays due every 12 h wherever the patient is in the
             cycle: a longer interval adds nothing to the 24 h after which the episode ends (ICA-11), so without
             checks it would never end.
           - an examination that could not be graded is a check that was done; ICA-9 asks for the next by itself.
           - a check that falls due after the close watching is over is not owed; one that fell due within stays
             owed until it is done.
           - an unknown cycle number reads as cycle 1.
"""

from dataclasses import dataclass

from blinwatch.clinical.vital_sign_rules import VitalSignRules
from blinwatch.core.icans.course import IcansCourse, grade_in_force

_HOUR_MS = 3_600_000
_FIRST_CYCLE = 1
_SECOND_CYCLE = 2
"""The two cycles whose start section G names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseWatch:
    """What opens the times of close watching. Times in ms since 1970 UTC; None: not happened, or not known."""

    watched_since_ms: int | None
    """Since when observations are owed at all; None while no therapy is on."""
    cycle: int | None = None
    cycle_start_ms: int | None = None
    stepped_ms: int | None = None
    """When the dose was last stepped up."""
    restarted_ms: int | None = None
    """When the infusion was last restarted."""


def neuro_check_due_ms(course: IcansCourse, watch: CloseWatch, rules: VitalSignRules) -> int | None:
    """When the next check is due, or None where none is owed. A moment in the past is a check that is overdue."""
    since_ms = watch.watched_since_ms
    if since_ms is None:
        return None
    due: list[int] = []
    hours = neuro_interval_h(course, rules)
    if hours is not None:
        due.append(_last_ms(course, since_ms) + _ms(hours))
    for start_ms, end_ms in _close_times(watch, rules):
        due_ms = max(_last_ms(course, since_ms), start_ms) + _ms(rules.neuro_interval_h)
        if due_ms <= end_ms:
            due.append(due_ms)
    return min(due, default=None)


def neuro_check_late_ms(course: IcansCourse, watch: CloseWatch, rules: VitalSignRules) -> int | None:
    """From when on the next check counts as overdue (OBS_OVERDUE), that moment included."""
    due_ms = neuro_check_due_ms(course, watch, rules)
    return None if due_ms is None else due_ms + _ms(rules.obs_overdue_slack_h)


def neuro_interval_h(course: IcansCourse, rules: VitalSignRules) -> float | None:
    """The interval that the patient's own state asks for, in hours; None where only the time of the cycle does."""
    if grade_in_force(course):
        return rules.neuro_interval_icans_h
    return rules.neuro_interval_h if course.episode.open else None


def _last_ms(course: IcansCourse, since_ms: int) -> int:
    """The last check; before the first one the interval counts from when anybody owed it."""
    return since_ms if course.examined_ms is None else max(course.examined_ms, since_ms)


def _close_times(watch: CloseWatch, rules: VitalSignRules) -> list[tuple[int, int]]:
    """The times of close watching, each from its start to its end."""
    after_ms = _ms(rules.continuous_after_event_h)
    found = [(moment, moment + after_ms) for moment in (watch.stepped_ms, watch.restarted_ms) if moment is not None]
    cycle = _FIRST_CYCLE if watch.cycle is None else watch.cycle
    if watch.cycle_start_ms is not None and cycle == _FIRST_CYCLE:
        found.append((watch.cycle_start_ms, watch.cycle_start_ms + _ms(rules.continuous_first_cycle_h)))
    elif watch.cycle_start_ms is not None and cycle == _SECOND_CYCLE:
        found.append((watch.cycle_start_ms, watch.cycle_start_ms + after_ms))
    return found


def _ms(hours: float) -> int:
    return round(hours * _HOUR_MS)

"""When each grade was seen and in force: what section 0's "worst of 24 h" and "announced" are read from.

What:      for each slot (grade 0 to 5, and 6 for a suspicion that has no grade) the last time it was observed and
           the last time it was taken out of force. The history itself is not kept: these times answer every
           question asked at or after the latest observation.
Source:    rule reference section 0, outputs.
Inputs:    the slot of each observation in time order (None: it could not be graded), and the time of the question.
Caveats:   what cannot be graded takes no grade >= 1 out of force, so an announcement never falls for want of data.
           It does end a grade 0: missing is never normal.
"""

from dataclasses import dataclass

SUSPECT = 6
"""The slot after G0..G5: a suspicion leads only where no numeric grade is in the window."""
_NEVER: tuple[int | None, ...] = (None,) * (SUSPECT + 1)


@dataclass(frozen=True, slots=True)
class GradeTimes:
    """Times are ms since 1970 UTC; each tuple has one entry a slot."""

    in_force: int | None = None
    """The slot now in force for announcement; None where nothing could be graded."""
    seen_ms: tuple[int | None, ...] = _NEVER
    """When each slot was last observed."""
    force_ended_ms: tuple[int | None, ...] = _NEVER
    """When each slot was last taken out of force."""


NO_TIMES = GradeTimes()


def note_slot(times: GradeTimes, slot: int | None, at_ms: int) -> GradeTimes:
    """The times after an observation of `slot` (None: it could not be graded)."""
    return put_in_force(
        GradeTimes(
            times.in_force,
            times.seen_ms if slot is None else _with(times.seen_ms, slot, at_ms),
            times.force_ended_ms,
        ),
        slot,
        at_ms,
    )


def put_in_force(times: GradeTimes, slot: int | None, at_ms: int) -> GradeTimes:
    """The times when `slot` takes the place of what was in force, without a new observation."""
    before = times.in_force
    if before is None or before == slot:
        return GradeTimes(slot, times.seen_ms, times.force_ended_ms)
    if slot is None and before != 0:
        return times
    return GradeTimes(slot, times.seen_ms, _with(times.force_ended_ms, before, at_ms))


def worst_slot(times: GradeTimes, at_ms: int, window_ms: int) -> int | None:
    """The worst slot observed later than `window_ms` before `at_ms`; one exactly that old is out."""
    return _leading(_later(times.seen_ms, at_ms - window_ms))


def announced_slot(times: GradeTimes, at_ms: int, fall_after_ms: int) -> int | None:
    """The worst slot in force during the `fall_after_ms` up to `at_ms`."""
    slots = _later(times.force_ended_ms, at_ms - fall_after_ms)
    if times.in_force is not None:
        slots.append(times.in_force)
    return _leading(slots)


def next_change_ms(times: GradeTimes, at_ms: int, window_ms: int, fall_after_ms: int) -> int | None:
    """The next moment after `at_ms` at which time alone changes the worst slot or the announced one."""
    due: list[int] = []
    worst = worst_slot(times, at_ms, window_ms)
    if worst is not None and (seen := times.seen_ms[worst]) is not None:
        due.append(seen + window_ms)
    shown = announced_slot(times, at_ms, fall_after_ms)
    if shown is not None and shown != times.in_force and (ended := times.force_ended_ms[shown]) is not None:
        due.append(ended + fall_after_ms)
    return min(due, default=None)


def _with(moments: tuple[int | None, ...], slot: int, at_ms: int) -> tuple[int | None, ...]:
    return (*moments[:slot], at_ms, *moments[slot + 1 :])


def _later(moments: tuple[int | None, ...], than_ms: int) -> list[int]:
    """The slots whose time is later than `than_ms`."""
    return [slot for slot, moment in enumerate(moments) if moment is not None and moment > than_ms]


def _leading(slots: list[int]) -> int | None:
    """The highest numeric slot; without one a suspicion; without that None."""
    return max((slot for slot in slots if slot != SUSPECT), default=SUSPECT if slots else None)

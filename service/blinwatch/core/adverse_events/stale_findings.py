"""A finding is not lifted by silence.

What:      where results are missing now, the same rule is asked again with results of the last days; what it then finds
           stands, INCOMPLETE, with the advice to repeat. No score falls because a part that had points is missing.
Source:    rule reference section 0 (missing is never normal; what cannot be evaluated never lowers a result) [C].
Inputs:    a rule on the laboratory, the laboratory now.
Caveats:   a fresh result counts before an old one of the same analyte, so a newer normal value lifts the finding.
"""

from collections.abc import Callable
from dataclasses import replace

from blinwatch.core.adverse_events.verdict import INCOMPLETE, EventVerdict
from blinwatch.core.labs.lab_view import LabView


def warned(labs: LabView, judge: Callable[[LabView], EventVerdict | None]) -> EventVerdict | None:
    """The verdict of now, or the worse one of the last days where something is missing now."""
    now = judge(labs)
    if now is not None and not now.missing:
        return now
    before = judge(replace(labs, old_results_warn=True))
    if before is None or not before.holds or (now is not None and now.holds and now.level >= before.level):
        return now
    words = f"some of these results are older than 24 h: repeat them now ({before.rule_id})"
    flags = before.flags if INCOMPLETE in before.flags else (*before.flags, INCOMPLETE)
    return replace(before, flags=flags, because=(*before.because, words))


def not_lowered_by_silence(before: EventVerdict | None, now: EventVerdict) -> EventVerdict:
    """A score of now; the one before it, INCOMPLETE, where it fell only because a part that had points is missing."""
    if before is None or not before.holds or before.level <= now.level:
        return now
    gone = [part.name for part in before.parts if part.points and part.name in now.missing]
    if not gone:
        return now
    flags = before.flags if INCOMPLETE in before.flags else (*before.flags, INCOMPLETE)
    return replace(before, flags=flags, missing=tuple(gone))

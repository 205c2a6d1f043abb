"""ICA-11: how an episode of ICANS opens, goes on and resolves.

Definition:  the first examination of grade 1 or more opens an episode. It resolves when grade 0 has held 24 h,
             counted from the last examination of grade 1 or more over the following examinations of grade 0.
Source:      rule reference ICA-11 and section I [C].
Inputs:      the grade of each examination.
Caveats:     - silence is not recovery: an interval of more than 12 h between two examinations that count adds
               nothing to the 24 h; exactly 12 h counts in full.
             - an examination that cannot be graded neither counts nor restarts.
             - an incomplete grade 0 counts: ICA-11 leaves out only what cannot be graded, unlike CRS-10.
"""

from dataclasses import dataclass

from blinwatch.clinical.icans_rules import IcansRules
from blinwatch.core.icans.grade import IcansGrade

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class IcansEpisode:
    """The open episode, else the last one. Times are ms since 1970 UTC."""

    open: bool = False
    opened_ms: int | None = None
    resolved_ms: int | None = None
    worst_grade: int | None = None
    """The highest grade from the opening to the resolving examination."""
    quiet_ms: int = 0
    """Time at grade 0 counted so far."""
    quiet_from_ms: int = 0
    """While open, the examination that the next interval is counted from: the last that graded or counted."""


NO_EPISODE = IcansEpisode()


def next_episode(episode: IcansEpisode, grade: IcansGrade, at_ms: int, rules: IcansRules) -> IcansEpisode:
    """The episode after one graded examination."""
    if grade.grade is None:
        return episode
    if grade.grade > 0:
        return _graded(episode, grade.grade, at_ms)
    if not episode.open:
        return episode
    quiet_ms = episode.quiet_ms + _counted_ms(episode.quiet_from_ms, at_ms, rules)
    resolved = quiet_ms >= round(rules.resolve_after_h * HOUR_MS)
    return IcansEpisode(
        open=not resolved,
        opened_ms=episode.opened_ms,
        resolved_ms=at_ms if resolved else None,
        worst_grade=episode.worst_grade,
        quiet_ms=quiet_ms,
        quiet_from_ms=at_ms,
    )


def _graded(episode: IcansEpisode, grade: int, at_ms: int) -> IcansEpisode:
    """Grade 1 or more opens an episode, or goes on with the open one and starts its 24 h anew."""
    before = episode if episode.open else NO_EPISODE
    return IcansEpisode(
        open=True,
        opened_ms=at_ms if before.opened_ms is None else before.opened_ms,
        worst_grade=max(grade, before.worst_grade or 0),
        quiet_from_ms=at_ms,
    )


def _counted_ms(from_ms: int, at_ms: int, rules: IcansRules) -> int:
    """What an interval between two examinations adds to the time at grade 0: all of it, or nothing."""
    interval_ms = at_ms - from_ms
    return interval_ms if interval_ms <= round(rules.resolve_interval_max_h * HOUR_MS) else 0

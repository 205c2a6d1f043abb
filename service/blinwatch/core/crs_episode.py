"""CRS-3, CRS-10: how an episode of CRS opens, goes on and resolves.

Definition:  only a qualifying fever opens an episode. It resolves when fever, hypotension and hypoxia have
             all been absent for 24 h and no antipyretic was given in the last 8 h.
Source:      rule reference CRS-3, CRS-4, CRS-10 and section I [C].
Inputs:      the grade of each observation, the chart's `crs_active`, the doses of antipyretics.
Caveats:     - silence is not recovery: an interval of more than 8 h between two full sign-free observations
               adds nothing to the 24 h; exactly 8 h counts in full.
             - a sign restarts the 24 h even where the observation is otherwise incomplete; an incomplete
               observation without a sign neither counts nor restarts.
             - an antipyretic never restarts the count; it only keeps the episode from resolving while it
               acts.
             - `crs_active` says that an episode is open already. A charted "not active" closes nothing.
"""

from dataclasses import dataclass

from blinwatch.clinical.crs_rules import CrsRules
from blinwatch.core.grade_crs import CrsGrade
from blinwatch.core.masking_drugs import HOUR_MS, MaskingDrugs, antipyretic_within


@dataclass(frozen=True, slots=True)
class CrsEpisode:
    """The open episode, else the last one. Times are ms since 1970 UTC."""

    open: bool = False
    opened_ms: int | None = None
    resolved_ms: int | None = None
    worst_grade: int | None = None
    """The highest numeric grade from the opening to the resolving observation."""
    quiet_ms: int = 0
    """Sign-free time counted so far."""
    quiet_from_ms: int | None = None
    """The observation the next interval is counted from: the last with a sign, or the last that counted."""
    asserted: bool = False
    """Whether the latest observation charted `crs_active`."""


NO_EPISODE = CrsEpisode()


def next_episode(
    episode: CrsEpisode, grade: CrsGrade, drugs: MaskingDrugs, at_ms: int, rules: CrsRules, *, asserted: bool
) -> CrsEpisode:
    """The episode after one graded observation."""
    if not episode.open:
        return _perhaps_opened(episode, grade, at_ms, rules, asserted=asserted)
    worst = _worse(episode.worst_grade, grade.grade)
    if grade.sign_present:
        return CrsEpisode(
            open=True, opened_ms=episode.opened_ms, worst_grade=worst, quiet_from_ms=at_ms, asserted=asserted
        )
    quiet_ms, quiet_from_ms = episode.quiet_ms, episode.quiet_from_ms
    resolved = False
    if grade.complete:
        assert quiet_from_ms is not None, "an open episode counts from an observation"  # noqa: S101
        quiet_ms += _counted_ms(quiet_from_ms, at_ms, rules)
        quiet_from_ms = at_ms
        long_enough = quiet_ms >= round(rules.resolve_after_h * HOUR_MS)
        resolved = long_enough and not antipyretic_within(drugs, at_ms, rules.resolve_antipyretic_free_h)
    return CrsEpisode(
        open=not resolved,
        opened_ms=episode.opened_ms,
        resolved_ms=at_ms if resolved else None,
        worst_grade=worst,
        quiet_ms=quiet_ms,
        quiet_from_ms=quiet_from_ms,
        asserted=asserted,
    )


def _perhaps_opened(episode: CrsEpisode, grade: CrsGrade, at_ms: int, rules: CrsRules, *, asserted: bool) -> CrsEpisode:
    """A qualifying fever opens; so does `crs_active` when it is new, or when a sign stands beside it.

    A chart that goes on saying "active" without any sign, after CRS-10 has resolved the episode, says nothing
    new.
    Death due to CRS without an open episode belongs to the last one: its worst is grade 5.
    """
    if grade.fever.counts or (asserted and (not episode.asserted or grade.sign_present)):
        return CrsEpisode(open=True, opened_ms=at_ms, worst_grade=grade.grade, quiet_from_ms=at_ms, asserted=asserted)
    worst = episode.worst_grade
    if grade.grade == rules.death_grade:
        worst = rules.death_grade
    if worst == episode.worst_grade and asserted == episode.asserted:
        return episode
    return CrsEpisode(
        opened_ms=episode.opened_ms, resolved_ms=episode.resolved_ms, worst_grade=worst, asserted=asserted
    )


def _counted_ms(from_ms: int, at_ms: int, rules: CrsRules) -> int:
    """What an interval between two full observations adds to the sign-free time: all of it, or nothing."""
    interval_ms = at_ms - from_ms
    return interval_ms if interval_ms <= round(rules.resolve_interval_max_h * HOUR_MS) else 0


def _worse(known: int | None, grade: int | None) -> int | None:
    if known is None or grade is None:
        return grade if known is None else known
    return max(known, grade)

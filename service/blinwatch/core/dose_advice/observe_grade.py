"""One graded observation taken into the live memory.

What:      each scale keeps its own track; the worse of the scales is kept beside them and leads.
Source:    rule reference section D (grade mapping), issue "two scales side by side".
Inputs:    a grade of one kind of reaction, when it was observed, the dose level that ran then.
Caveats:   what cannot be graded changes nothing; it takes no grade of before out of force.
"""

from dataclasses import replace

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.dose_advice.advice import AdviceScale
from blinwatch.core.dose_advice.episode import LiveReaction, ObservedKind, ReactionBook, Track, observed
from blinwatch.core.dose_advice.reaction import usual_scale
from blinwatch.core.findings import DoseLevel

_AGEING: tuple[ObservedKind, ...] = ("neuro", "liver")
"""Kinds whose last observation must be fresh to show a recovery (DM-6, DM-10)."""


def observe_grade(
    book: ReactionBook,
    kind: ObservedKind,
    grade: int | None,
    at_ms: int,
    level: DoseLevel | None,
    rulebook: Rulebook,
    *,
    scale: AdviceScale | None = None,
) -> ReactionBook:
    """A grade of one kind of reaction as it was observed; `level` is the dose level that ran then.

    `at_ms` is when it was observed (an examination's own time, not that of a later judgement), because a neurological
    grade shows recovery for 12 h only; the same observation told twice changes nothing. Where both scales grade it,
    call this once for each (`scale` ASTCT, then CTCAE): the worse of the two leads. `scale` None: the grade is what
    section D asks for already (CRS by ASTCT, neuro the worse of two). Grade None (it cannot be graded) changes
    nothing.
    """
    if grade is None:
        return book
    own_scale = usual_scale(kind) if scale is None else scale
    known = next((reaction for reaction in book.live if reaction.kind == kind), None)
    before = () if known is None else known.scales
    mine = next((track for track in before if track.scale == own_scale), None)
    if mine is not None and mine.current == grade and (kind not in _AGEING or mine.seen_ms == at_ms):
        # The same grade again tells nothing new. This is what nearly every observation of a monitored patient does.
        return book
    own = observed(mine, own_scale, grade, at_ms, level, rulebook.dose)
    scales = (*(track for track in before if track.scale != own_scale), own)
    leading = _worst(scales)
    worse = observed(
        None if known is None else known.worse, leading.scale, leading.current, at_ms, level, rulebook.dose
    )
    reaction = LiveReaction(kind=kind, worse=worse, scales=scales)
    live = (*(one for one in book.live if one.kind != kind), reaction)
    return replace(book, live=tuple(sorted(live, key=lambda one: one.kind)))


def _worst(scales: tuple[Track, ...]) -> Track:
    """The track whose grade leads now; of two alike ASTCT, then CTCAE."""
    return max(sorted(scales, key=lambda track: track.scale), key=lambda track: track.current)

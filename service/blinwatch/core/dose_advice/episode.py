"""What the live memory keeps of a reaction: its grades on one scale, and the event that went above grade 1.

Definition:  an event begins when the grade first goes above 1 and keeps its onset, its worst grade and the dose level
             at its onset. Going back to <= grade 1 starts the count of DM-6; rising again restarts it.
Source:      rule reference section 0 (hours_since_onset, hours_to_le_g1, hours_at_le_g1), DM-5, DM-6, DM-11.
Inputs:      graded observations, in the order in which they happened.
Caveats:     - an onset is the first grade above 1, because the label counts the time to come back to <= grade 1 [C].
             - a milder event (never grade 3) is over as soon as it is back at <= grade 1; one of grade 3 or more stays
               until the infusion has gone on as advised (settle.py).
             - what cannot be graded changes nothing.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

from blinwatch.clinical.dose_rules import DoseRules
from blinwatch.core.dose_advice.advice import AdviceScale
from blinwatch.core.findings import DoseLevel, Reaction, ReactionFindings

ObservedKind = Literal["crs", "neuro", "liver", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionEvent:
    """One event above grade 1. Times are ms since 1970 UTC."""

    onset_ms: int
    onset_level: DoseLevel | None
    worst: int
    le_g1_first_ms: int | None = None
    """When it first came back to <= grade 1."""
    le_g1_since_ms: int | None = None
    """Since when it has stayed there; None while above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One kind of reaction on one scale."""

    scale: AdviceScale
    current: int
    """The last grade that was known."""
    seen_ms: int
    """When it was observed."""
    rose_ms: int | None = None
    """When the grade last rose from 0; None while it is 0."""
    event: ReactionEvent | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveReaction:
    """One kind of reaction: the worse of its scales, and each scale by itself."""

    kind: ObservedKind
    worse: Track
    scales: tuple[Track, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartedReaction:
    """A reaction as staff graded it, and when."""

    at_ms: int
    event_id: str
    findings: ReactionFindings


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionBook:
    """All that dose advice remembers of a patient's reactions; at most four live ones and twenty charted."""

    live: tuple[LiveReaction, ...] = ()
    charted: tuple[ChartedReaction, ...] = field(default=())
    low_restart_ms: int | None = None
    """When the low-dose restart began that followed the last severe reaction; None while none is on."""
    low_restart_cause: Reaction | None = None
    """The reaction that led to it."""


NO_REACTIONS = ReactionBook()


def observed(
    track: Track | None, scale: AdviceScale, grade: int, at_ms: int, level: DoseLevel | None, rules: DoseRules
) -> Track:
    """The track after one graded observation."""
    if track is None:
        track = Track(scale=scale, current=0, seen_ms=at_ms)
    at_ms = max(at_ms, track.seen_ms)
    rose_ms = None if grade == 0 else at_ms if track.rose_ms is None else track.rose_ms
    event = _next_event(track.event, grade, at_ms, level, rules)
    return Track(scale=scale, current=grade, seen_ms=at_ms, rose_ms=rose_ms, event=event)


def _next_event(
    event: ReactionEvent | None, grade: int, at_ms: int, level: DoseLevel | None, rules: DoseRules
) -> ReactionEvent | None:
    above = grade > rules.recovered_up_to_grade
    if event is None:
        return ReactionEvent(onset_ms=at_ms, onset_level=level, worst=grade) if above else None
    if above:
        return replace(event, worst=max(event.worst, grade), le_g1_since_ms=None)
    if event.worst < rules.severe_grade:
        return None
    return replace(
        event,
        le_g1_first_ms=at_ms if event.le_g1_first_ms is None else event.le_g1_first_ms,
        le_g1_since_ms=at_ms if event.le_g1_since_ms is None else event.le_g1_since_ms,
    )

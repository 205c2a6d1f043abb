"""One reaction to be judged, with the scale that its grades are of."""

from dataclasses import dataclass

from blinwatch.core.dose_advice.advice import AdviceScale
from blinwatch.core.findings import Reaction, ReactionFindings

_SCALES: dict[Reaction | None, AdviceScale] = {"crs": "ASTCT", "liver": "CTCAE", "other": "CTCAE"}
"""Section D: CRS by section B (ASTCT), liver and other by CTCAE; a charted neurological grade is the worse of two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedReaction:
    """A reaction whose scale is known. `by_scale`: the same reaction by each scale alone, where there are two."""

    findings: ReactionFindings
    scale: AdviceScale
    by_scale: tuple[tuple[AdviceScale, ReactionFindings], ...] = ()


def usual_scale(reaction: Reaction | None) -> AdviceScale:
    """The scale of a grade that came without one."""
    return _SCALES.get(reaction, "label")


def with_scale(reaction: ReactionFindings | JudgedReaction) -> JudgedReaction:
    """A charted reaction on the scale that section D maps it to."""
    if isinstance(reaction, JudgedReaction):
        return reaction
    return JudgedReaction(findings=reaction, scale=usual_scale(reaction.reaction))

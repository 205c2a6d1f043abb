"""When the infusion stood still, from the marks of its pump. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from blinwatch.board.trends.trend_store import Mark

_STILL = {("flow", "stopped"), ("bag", "started")}
_FLOWS = {("flow", "started"), ("bag", "ended")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """The infusion stood still from one moment to another."""

    since_ms: int
    until_ms: int | None
    """None: it still does, as far as the marks tell."""
    reason: str
    """As the pump told it: unplanned, bag_change or adverse_reaction."""


def gaps_of(marks: Iterable[Mark]) -> tuple[Gap, ...]:
    """The gaps that the marks tell, oldest first; the order of the marks does not matter."""
    gaps: list[Gap] = []
    opened: Mark | None = None
    for mark in sorted(marks, key=lambda one: (one.at_ms, one.mark_id)):
        place = mark.kind, mark.code
        if place in _STILL and opened is None:
            opened = mark
        elif place in _FLOWS and opened is not None:
            gaps.append(Gap(since_ms=opened.at_ms, until_ms=mark.at_ms, reason=_reason(opened)))
            opened = None
    if opened is not None:
        gaps.append(Gap(since_ms=opened.at_ms, until_ms=None, reason=_reason(opened)))
    return tuple(gaps)


def _reason(mark: Mark) -> str:
    return "bag_change" if mark.kind == "bag" else mark.series or "unplanned"

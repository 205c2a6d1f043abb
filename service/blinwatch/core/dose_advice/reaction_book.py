"""The live memory of reactions: what staff charted and what the grading rules observed.

What:      `chart_reactions` and `observe_grade` take facts in; `settle` takes the liver values in and closes what the
           infusion has gone on from; `compose` gives what `advise` judges now; `next_change_ms` says when time alone
           may change that.
Source:    rule reference section D; docs/decisions/0003 (facts are folded in the order in which they happened).
Inputs:    charted assessments, graded observations, the facts of the infusion.
Caveats:   when an advice stands and when it ends is told in settle.py.
"""

from dataclasses import replace

from blinwatch.core.dose_advice.compose import compose
from blinwatch.core.dose_advice.episode import NO_REACTIONS, ChartedReaction, ReactionBook
from blinwatch.core.dose_advice.next_change import next_change_ms
from blinwatch.core.dose_advice.observe_grade import observe_grade
from blinwatch.core.dose_advice.settle import settle
from blinwatch.core.events import ReactionAssessed

__all__ = [
    "NO_REACTIONS",
    "ReactionBook",
    "chart_reactions",
    "compose",
    "next_change_ms",
    "observe_grade",
    "settle",
]

MAX_CHARTED = 20
"""As many reactions as one assessment can hold; the oldest go first."""


def chart_reactions(book: ReactionBook, event: ReactionAssessed, own_ms: int) -> ReactionBook:
    """Reactions as staff charted them: of each kind that the event names, it replaces every older chart."""
    mine = (own_ms, event.event_id)
    kinds = {findings.reaction for findings in event.reactions}
    newer = [entry for entry in book.charted if (entry.at_ms, entry.event_id) > mine]
    outdated = {entry.findings.reaction for entry in newer}
    kept = [entry for entry in book.charted if entry in newer or entry.findings.reaction not in kinds]
    added = [
        ChartedReaction(at_ms=own_ms, event_id=event.event_id, findings=findings)
        for findings in event.reactions
        if findings.reaction not in outdated
    ]
    entries = sorted([*kept, *added], key=lambda entry: (entry.at_ms, entry.event_id))
    return replace(book, charted=tuple(entries)[-MAX_CHARTED:])

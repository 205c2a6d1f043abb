"""The standing advice of a patient: the live memory judged at one moment."""

from dataclasses import replace

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.dose_advice.advice import DoseAdvice
from blinwatch.core.dose_advice.advise import advise
from blinwatch.core.dose_advice.compose import compose
from blinwatch.core.dose_advice.episode import ReactionBook
from blinwatch.core.dose_advice.facts import DoseFacts


def standing_advice(
    book: ReactionBook, facts: DoseFacts, at_ms: int, rulebook: Rulebook, previous: DoseAdvice | None = None
) -> DoseAdvice | None:
    """The advice at `at_ms`, or None where there is nothing to advise on. `previous` tells since when it stands."""
    reactions = compose(book, facts, at_ms, rulebook)
    if not reactions:
        return None
    advice = advise(reactions, replace(facts, at_ms=at_ms), rulebook)
    same = previous is not None and previous.code == advice.code and previous.since_ms is not None
    return replace(advice, since_ms=previous.since_ms if previous is not None and same else at_ms)

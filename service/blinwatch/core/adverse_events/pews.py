"""AE-PEWS: the Brighton early warning score of children, where staff chart it.

Definition:  behaviour, cardiovascular and respiratory, 0 to 3 points each; alert from 5, or 3 in one part.
Source:      Brighton PEWS [K]; rule reference section F.
Inputs:      the three charted parts, each for 4 h.
Caveats:     a part that was not charted makes the score "at least" and INCOMPLETE. Of an adult it is not asked; where
             the age is unknown a charted score is judged all the same.
"""

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_events.memory import EventMemory, sign_at
from blinwatch.core.adverse_events.score import Tally
from blinwatch.core.adverse_events.verdict import (
    AGE_UNKNOWN,
    EventVerdict,
    Part,
    flags_of,
    missing_words,
    part_words,
    score_words,
)

RULE_ID = "AE-PEWS"
_PARTS = {
    "pews_behaviour": "behaviour",
    "pews_cardiovascular": "cardiovascular",
    "pews_respiratory": "respiratory",
}


def judge_pews(memory: EventMemory, age_years: float | None, at_ms: int, rulebook: Rulebook) -> EventVerdict:
    """The charted PEWS."""
    rules = rulebook.adverse_events
    tally = Tally()
    for sign_name, name in _PARTS.items():
        sign = sign_at(memory, sign_name, at_ms, rulebook)
        if sign is None:
            tally.lacks(f"PEWS {name}")
        else:
            points = int(sign.value)
            tally.add(Part(name=name, value=points, points=points, at_ms=sign.at_ms, event_id=sign.event_id))
    highest = max((part.points or 0 for part in tally.parts), default=0)
    holds = tally.score >= rules.pews_alert_from or highest >= rules.pews_single_from
    words = f"PEWS is {score_words(tally.score, tally.missing)}"
    scoring = ", ".join(part_words(Part(name=part.name, value=part.value)) for part in tally.parts)
    because = [f"{words}: {scoring} ({RULE_ID})" if scoring else f"no PEWS is charted ({RULE_ID})"]
    if tally.missing:
        because.append(missing_words(tally.missing, RULE_ID))
    quiet = "PEWS_NOT_EVALUABLE" if tally.missing else "PEWS_NONE"
    return EventVerdict(
        code="PEWS_ALERT" if holds else quiet,
        rule_id=RULE_ID,
        holds=holds,
        level=1 if holds else 0,
        score=tally.score,
        parts=tuple(tally.parts),
        flags=flags_of(missing=tally.missing, more=(AGE_UNKNOWN,) if age_years is None else ()),
        because=tuple(because),
        missing=tuple(tally.missing),
        threshold=f"{rules.pews_alert_from}, or one part of {rules.pews_single_from}",
    )

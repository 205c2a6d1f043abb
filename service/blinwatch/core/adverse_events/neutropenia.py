"""AE-ANC: severe and prolonged neutropenia.

Definition:  ANC < 0.5 x 10⁹/L; prolonged when it has been so for at least 7 days (DM-14).
Source:      rule reference sections D (DM-14, whose rows are used) and F [C].
Inputs:      neutrophil counts.
Caveats:     - the time runs from the first of an unbroken run of low counts to now, not to the last count:
               neutropenia does not end because nobody looked. A last count older than 24 h makes it INCOMPLETE.
             - a last count older than 7 days warns no more: it is missing.
             - between 0.5 and 1.0 a count is "falling" when it is lower than the one before (within 72 h). Without a
               count before it nobody can say that it is not falling.
"""

from dataclasses import dataclass

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_events.verdict import INCOMPLETE, EventVerdict, flags_of, lab_part, missing_words
from blinwatch.core.infusion.verdict import length_of, plain
from blinwatch.core.labs.lab_book import (
    LabBook,
    anc_low_since_ms,
    describe,
    fresh_for_ms,
    hours_old,
    known_results,
    last_known,
)
from blinwatch.core.labs.lab_result import LabResult, exceeds, falls_below

RULE_ID = "AE-ANC"
_HOUR_MS = 3_600_000
_MINUTE_MS = 60_000
_DAY_MS = 24 * _HOUR_MS


@dataclass(frozen=True, slots=True)
class NeutrophilState:
    """The newest neutrophil count as febrile neutropenia asks for it."""

    newest: LabResult | None
    stale: bool
    """Older than 24 h: it may still warn, never reassure."""
    low: bool | None
    """Below 0.5, or below 1.0 and falling; None where its comparator leaves that open, or without a count."""
    trend_unknown: bool
    """Between 0.5 and 1.0 with no count before it."""
    because: str


def read_neutrophils(book: LabBook, at_ms: int, rulebook: Rulebook) -> NeutrophilState:
    """The newest count, whether it is low, and how old."""
    rules = rulebook.adverse_events
    newest = last_known(book, "anc", at_ms)
    if newest is None:
        return NeutrophilState(None, stale=True, low=None, trend_unknown=False, because="no neutrophil count is known")
    stale = at_ms - newest.at_ms > fresh_for_ms(rulebook)
    said = describe(newest, "anc", rulebook)
    if stale:
        said = f"{said}, {hours_old(newest, at_ms)} old"
    severe = falls_below(newest, rules.fever_anc_below)
    nearly = falls_below(newest, rules.anc_falling_below)
    if severe is not False:
        return NeutrophilState(newest, stale, severe, trend_unknown=False, because=said)
    if nearly is not True:
        return NeutrophilState(newest, stale, nearly, trend_unknown=False, because=said)
    before = _count_before(book, newest, rulebook)
    falling = None if before is None else exceeds(before, newest.value)
    if falling is None:
        return NeutrophilState(newest, stale, low=True, trend_unknown=True, because=f"{said}, trend not known")
    trend = "falling" if falling else "not falling"
    return NeutrophilState(newest, stale, falling, trend_unknown=False, because=f"{said}, {trend}")


def _count_before(book: LabBook, newest: LabResult, rulebook: Rulebook) -> LabResult | None:
    within_ms = round(rulebook.adverse_events.anc_falling_within_h * _HOUR_MS)
    earlier = known_results(book, "anc", newest.at_ms - 1, newest.at_ms - within_ms)
    return earlier[-1] if earlier else None


def judge_neutropenia(book: LabBook, at_ms: int, rulebook: Rulebook) -> EventVerdict:
    """How long neutrophils have been severely low."""
    limit = rulebook.dose.anc_low_below
    newest = last_known(book, "anc", at_ms)
    since_ms = anc_low_since_ms(book, at_ms, rulebook)
    if newest is None or at_ms - newest.at_ms > round(rulebook.adverse_events.anc_stale_warns_h * _HOUR_MS):
        return _not_evaluable(newest)
    stale = at_ms - newest.at_ms > fresh_for_ms(rulebook)
    said = describe(newest, "anc", rulebook)
    if since_ms is None:
        if stale or falls_below(newest, limit) is None:
            return _not_evaluable(newest)
        return EventVerdict(
            code="NEUTROPENIA_NONE",
            rule_id=RULE_ID,
            holds=False,
            parts=(lab_part("neutrophil count", newest, "10*9/L"),),
            flags=flags_of(results=(newest,)),
            because=(f"{said} is not below {plain(limit)} ({RULE_ID})",),
        )
    prolonged = at_ms - since_ms >= round(rulebook.dose.anc_low_from_d * _DAY_MS)
    lasting = f" for {length_of((at_ms - since_ms) // _MINUTE_MS)}" if at_ms - since_ms >= _HOUR_MS else ""
    because = [f"{said}, below {plain(limit)}{lasting} ({RULE_ID})"]
    if prolonged:
        because.append("prolonged neutropenia may need the infusion to be interrupted (DM-14)")
    if stale:
        because.append(f"the last count is {hours_old(newest, at_ms)} old: repeat it ({RULE_ID})")
    return EventVerdict(
        code="NEUTROPENIA_PROLONGED" if prolonged else "NEUTROPENIA_SEVERE",
        rule_id=RULE_ID,
        holds=True,
        level=2 if prolonged else 1,
        parts=(lab_part("neutrophil count", newest, "10*9/L"),),
        flags=flags_of(results=(newest,), more=(INCOMPLETE,) if stale else ()),
        because=tuple(because),
        missing=("neutrophil count of the last 24 h",) if stale else (),
        threshold=f"ANC < {plain(limit)} x 10⁹/L",
        since_ms=since_ms,
    )


def _not_evaluable(newest: LabResult | None) -> EventVerdict:
    missing = ("neutrophil count of the last 24 h",)
    return EventVerdict(
        code="NEUTROPENIA_NOT_EVALUABLE",
        rule_id=RULE_ID,
        holds=False,
        parts=() if newest is None else (lab_part("neutrophil count", newest, "10*9/L"),),
        flags=(INCOMPLETE,),
        because=(missing_words(missing, RULE_ID),),
        missing=missing,
    )

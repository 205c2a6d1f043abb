"""When an advice ends: what the infusion has gone on from.

When an advice stands:
  - no reaction above grade 0 and nothing interrupted: no advice. Grade 1-2: DM_CONTINUE, shown, never an alert.
  - from grade 3 on the event stands by its reached grade through interrupt, wait and restart, whatever the grade now.

When it ends:
  - restarted low: once the event's own advice allows the low restart and the low dose runs, the event is closed and
    DM-5 (hold low, then go up) stands in its place, until the full dose runs. A low restart made too early closes
    nothing.
  - DM_CONSIDER_DISCONTINUE: a low restart at <= grade 1 is the decision that it asked for.
  - restarted at the full dose against the advice: it lapses after the drug has run at the full dose for the 168 h for
    which the low dose was due [C]. This holds for a new cycle as well.
  - DM_DISCONTINUE never ends by itself: it is shown again should a new cycle begin. Staff acknowledge its alert.
  - therapy over: nothing is told; severe events stay remembered for a next cycle, milder ones do not.
  - a charted reaction ends when its kind is charted anew, after 14 days, when the advised low restart runs, and, for
    a technical stop, when drug flows again.

Source:    rule reference DM-3, DM-5, DM-6, DM-9, DM-11, DM-12, section I (dose advice uses the episode's worst).
Inputs:    the book, the facts of the infusion and the liver values, the moment.
Caveats:   to be called whenever the infusion, a reaction or a liver value is judged, before `compose`.
"""

from dataclasses import replace

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.dose_advice.advice import CONSIDER_DISCONTINUE, RESTART_LOW
from blinwatch.core.dose_advice.advise import code_alone
from blinwatch.core.dose_advice.advise_liver import liver_grade
from blinwatch.core.dose_advice.charted_now import as_of, stands
from blinwatch.core.dose_advice.compose import fresh_enzymes, live_reaction
from blinwatch.core.dose_advice.episode import ChartedReaction, LiveReaction, ReactionBook
from blinwatch.core.dose_advice.facts import DoseFacts
from blinwatch.core.dose_advice.observe_grade import observe_grade
from blinwatch.core.dose_advice.passing_time import hours_between
from blinwatch.core.findings import Reaction
from blinwatch.core.infusion.verdict import reaches


def settle(book: ReactionBook, facts: DoseFacts, at_ms: int, rulebook: Rulebook) -> ReactionBook:
    """The book after what the infusion did up to `at_ms`."""
    if facts.therapy_over:
        return _therapy_over(book, at_ms, rulebook)
    if book.low_restart_ms is not None and facts.dose_level_now == "full":
        book = replace(book, low_restart_ms=None, low_restart_cause=None)
    book = _observe_liver(book, facts, at_ms, rulebook)
    for live in book.live:
        book = _settle_live(book, live, facts, at_ms, rulebook)
    if book.charted:
        book = _settle_charted(book, facts, at_ms, rulebook)
    return book


def _therapy_over(book: ReactionBook, at_ms: int, rulebook: Rulebook) -> ReactionBook:
    severe = rulebook.dose.severe_grade
    live = tuple(one for one in book.live if one.worse.event is not None and one.worse.event.worst >= severe)
    charted = tuple(entry for entry in book.charted if stands(entry, at_ms, rulebook))
    if live == book.live and charted == book.charted and book.low_restart_ms is None:
        return book
    return ReactionBook(live=live, charted=charted)


def _observe_liver(book: ReactionBook, facts: DoseFacts, at_ms: int, rulebook: Rulebook) -> ReactionBook:
    """The liver's grade by the values in hand, observed when the latest specimen was taken.

    With a transaminase or the bilirubin missing the grade may rise, but it does not fall.
    """
    taken = [moment for moment in (facts.alt_ms, facts.ast_ms, facts.bili_ms) if moment is not None]
    if not taken:
        return book
    alt, ast, bili = fresh_enzymes(facts, at_ms, rulebook)
    grade = liver_grade(alt, ast, bili, rulebook.dose)
    known = next((live for live in book.live if live.kind == "liver"), None)
    seen_ms = max(taken)
    if grade is None or (known is not None and seen_ms < known.worse.seen_ms):
        return book
    complete = bili is not None and (alt is not None or ast is not None)
    if known is not None and not complete:
        grade = max(grade, known.worse.current)
    return observe_grade(book, "liver", grade, seen_ms, facts.dose_level_now, rulebook)


def _settle_live(
    book: ReactionBook, live: LiveReaction, facts: DoseFacts, at_ms: int, rulebook: Rulebook
) -> ReactionBook:
    event, reaction = live.worse.event, live_reaction(live, facts, None, at_ms, rulebook)
    if event is None or reaction is None or event.worst < rulebook.dose.severe_grade or not facts.running:
        return book
    code = code_alone(reaction, facts, rulebook)
    if facts.dose_level_now == "low":
        at_le_g1 = live.worse.current <= rulebook.dose.recovered_up_to_grade
        if code in RESTART_LOW or (code == CONSIDER_DISCONTINUE and at_le_g1):
            return _restarted_low(_closed(book, live), live.kind, _restart_ms(facts, event.onset_ms, at_ms))
    if facts.dose_level_now == "full" and code in RESTART_LOW:
        back_ms = event.onset_ms if event.le_g1_since_ms is None else event.le_g1_since_ms
        if _has_lapsed(facts, back_ms, at_ms, rulebook):
            return _closed(book, live)
    return book


def _restart_ms(facts: DoseFacts, after_ms: int, at_ms: int) -> int:
    """When the low dose began to flow after a reaction; where it never stopped, it counts from now."""
    known = [
        moment
        for moment in (facts.low_restart_since_ms, facts.resumed_ms, facts.cycle_start_ms)
        if moment is not None and moment > after_ms
    ]
    return max(known, default=at_ms)


def lapses_from_ms(facts: DoseFacts, back_ms: int) -> int:
    """From when the drug has run at the full dose since the reaction had gone down."""
    known = [moment for moment in (facts.resumed_ms, facts.cycle_start_ms) if moment is not None]
    return max([back_ms, *known])


def _has_lapsed(facts: DoseFacts, back_ms: int, at_ms: int, rulebook: Rulebook) -> bool:
    return reaches(hours_between(lapses_from_ms(facts, back_ms), at_ms), rulebook.dose.low_hold_h)


def _closed(book: ReactionBook, live: LiveReaction) -> ReactionBook:
    """The book without that event; the grades now stay, so that a new rise is seen as one."""
    calm = replace(
        live,
        worse=replace(live.worse, event=None),
        scales=tuple(replace(track, event=None) for track in live.scales),
    )
    return replace(book, live=tuple(calm if one is live else one for one in book.live))


def _restarted_low(book: ReactionBook, cause: Reaction | None, restart_ms: int) -> ReactionBook:
    if book.low_restart_ms is not None and book.low_restart_ms >= restart_ms:
        return book
    return replace(book, low_restart_ms=restart_ms, low_restart_cause=cause)


def _settle_charted(book: ReactionBook, facts: DoseFacts, at_ms: int, rulebook: Rulebook) -> ReactionBook:
    kept: list[ChartedReaction] = []
    for entry in book.charted:
        restarted_ms = _charted_restart_ms(entry, facts, at_ms, rulebook)
        if restarted_ms is not None:
            book = _restarted_low(book, entry.findings.reaction, restarted_ms)
        elif stands(entry, at_ms, rulebook) and not _is_over(entry, facts, at_ms):
            kept.append(entry)
    return book if len(kept) == len(book.charted) else replace(book, charted=tuple(kept))


def _charted_restart_ms(entry: ChartedReaction, facts: DoseFacts, at_ms: int, rulebook: Rulebook) -> int | None:
    """When the low restart began that a charted reaction asks for; None where it does not, or none is on."""
    if not facts.running or facts.dose_level_now != "low" or at_ms <= entry.at_ms:
        return None
    findings = as_of(entry, facts, None, at_ms, rulebook)
    if code_alone(findings, facts, rulebook) not in RESTART_LOW:
        return None
    return _restart_ms(facts, entry.at_ms, at_ms)


def _is_over(entry: ChartedReaction, facts: DoseFacts, at_ms: int) -> bool:
    """A technical stop is over when drug flows again after it was charted."""
    return entry.findings.reaction == "technical" and facts.running is True and at_ms > entry.at_ms

"""When time alone may next change the dose advice.

What:      the earliest limit of DM-5, DM-6, DM-9, DM-10, DM-11, DM-14 and DM-15, of an examination's or a
           chart's age, and of the grace time and the 4 h of an interruption, that lies strictly after the moment
           of the question.
Source:    rule reference section D, section 0 (staleness), INF-7, INF-8.
Caveats:   a moment given here may change nothing (another reaction may lead); no change comes earlier than it.
"""

from collections.abc import Iterator

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.dose_advice.episode import ChartedReaction, LiveReaction, ReactionBook
from blinwatch.core.dose_advice.facts import DoseFacts
from blinwatch.core.dose_advice.low_restart_in_force import low_restart_at
from blinwatch.core.dose_advice.passing_time import passed_ms, reached_ms
from blinwatch.core.dose_advice.settle import lapses_from_ms

_DAY_H = 24
_HOUR_MIN = 60


def next_change_ms(book: ReactionBook, facts: DoseFacts, at_ms: int, rulebook: Rulebook) -> int | None:
    """The earliest moment after `at_ms` at which time alone may change the advice; None where none can."""
    limits = [moment for moment in _limits(book, facts, at_ms, rulebook) if moment > at_ms]
    return min(limits, default=None)


def _limits(book: ReactionBook, facts: DoseFacts, at_ms: int, rulebook: Rulebook) -> Iterator[int]:
    rules = rulebook.dose
    for entry in book.charted:
        yield from _of_charted(entry, rulebook)
    if facts.therapy_over:
        return
    for live in book.live:
        yield from _of_live(live, facts, rulebook)
    yield from _of_interruption(facts, rulebook)
    restart = low_restart_at(book, facts, at_ms, rules)
    if restart is not None and restart.full_dose_from_ms is not None:
        yield restart.full_dose_from_ms
    if facts.anc_low_since_ms is not None:
        yield reached_ms(facts.anc_low_since_ms, rules.anc_low_from_d * _DAY_H)


def _of_live(live: LiveReaction, facts: DoseFacts, rulebook: Rulebook) -> Iterator[int]:
    rules = rulebook.dose
    for track in (live.worse, *live.scales):
        event = track.event
        if event is None:
            continue
        yield passed_ms(event.onset_ms, rules.neuro_limit_h if live.kind == "neuro" else rules.other_limit_h)
        yield passed_ms(track.seen_ms, rules.neuro_examination_max_h)
        if event.le_g1_since_ms is not None:
            yield reached_ms(event.le_g1_since_ms, rules.neuro_hold_h)
        if not facts.running:
            continue
        back_ms = event.onset_ms if event.le_g1_since_ms is None else event.le_g1_since_ms
        yield reached_ms(lapses_from_ms(facts, back_ms), rules.low_hold_h)
    if live.kind == "liver":
        for taken_ms in (facts.alt_ms, facts.ast_ms, facts.bili_ms):
            if taken_ms is not None:
                yield passed_ms(taken_ms, rules.liver_lab_max_h)


def _of_interruption(facts: DoseFacts, rulebook: Rulebook) -> Iterator[int]:
    since_ms = facts.interruption_since_ms
    if since_ms is None:
        return
    yield passed_ms(since_ms, rulebook.infusion.gap_grace_min[facts.interruption_reason or "unplanned"] / _HOUR_MIN)
    yield reached_ms(since_ms, rulebook.infusion.gap_long_from_h)
    yield passed_ms(since_ms, rulebook.dose.new_cycle_after_h)


def _of_charted(entry: ChartedReaction, rulebook: Rulebook) -> Iterator[int]:
    rules, findings = rulebook.dose, entry.findings
    yield passed_ms(entry.at_ms, rules.charted_stands_h)
    if findings.hours_since_onset is not None:
        neuro = findings.reaction in ("neuro", "seizure")
        limit_h = rules.neuro_limit_h if neuro else rules.other_limit_h
        yield passed_ms(entry.at_ms, limit_h, findings.hours_since_onset)
    if findings.hours_at_le_g1 is not None:
        yield reached_ms(entry.at_ms, rules.neuro_hold_h, findings.hours_at_le_g1)
    if findings.interruption_h is not None:
        yield reached_ms(entry.at_ms, rulebook.infusion.gap_long_from_h, findings.interruption_h)
        yield passed_ms(entry.at_ms, rules.new_cycle_after_h, findings.interruption_h)
    if findings.hours_since_restart is not None:
        yield reached_ms(entry.at_ms, rules.low_hold_h, findings.hours_since_restart)
    if findings.anc_low_days is not None:
        yield reached_ms(entry.at_ms, rules.anc_low_from_d * _DAY_H, findings.anc_low_days * _DAY_H)

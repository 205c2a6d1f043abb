"""The next moment at which time alone may change a verdict of section F.

What:      the earliest boundary after a moment: results and charted signs that grow too old, a temperature that has
           lasted an hour, a fever or a low count that stops counting, the days around the start, tests that are due.
Source:    design decision 4; the limits are those of the rules themselves.
Inputs:    as `judge_adverse_events`.
Caveats:   - a moment may be announced at which nothing changes after all; none may be left out, but for live values
             that go stale: whoever fills in `EventFacts` watches those, and birthdays.
           - what is remembered lies in the past: a sign or result of a later time than `at_ms` is not looked for.
           - "not older than 24 h" ends 1 ms after 24 h; "at least 1 h" begins at 1 h.
"""

from collections.abc import Iterator

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_events.facts import EventFacts
from blinwatch.core.adverse_events.liver import liver_labs_late_ms, liver_labs_until_ms
from blinwatch.core.adverse_events.memory import EventMemory, holds_for_ms, lasts_for_ms
from blinwatch.core.labs.lab_book import LabBook, anc_low_since_ms, last_known, next_stale_ms

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS


def next_change_ms(memory: EventMemory, book: LabBook, facts: EventFacts, at_ms: int, rulebook: Rulebook) -> int | None:
    """The earliest moment strictly after `at_ms` at which a verdict may change with no new event."""
    moments = [*_of_fever(memory, rulebook), *_of_signs(memory, rulebook), *_of_weights(memory, rulebook)]
    moments += [*_of_labs(book, at_ms, rulebook), *_of_start(book, facts, at_ms, rulebook)]
    return min((moment for moment in moments if moment > at_ms), default=None)


def _of_fever(memory: EventMemory, rulebook: Rulebook) -> Iterator[int]:
    fever = memory.fever
    counts_ms = round(rulebook.adverse_events.fever_counts_h * _HOUR_MS)
    if fever.since_ms is not None and fever.seen_ms is not None:
        end_ms = fever.seen_ms + holds_for_ms(rulebook)
        yield fever.since_ms + lasts_for_ms(rulebook)
        yield end_ms + 1
        yield end_ms + counts_ms + 1
    if fever.lasted_until_ms is not None:
        yield fever.lasted_until_ms + counts_ms + 1
    if fever.high_ms is not None:
        yield fever.high_ms + counts_ms + 1


def _of_signs(memory: EventMemory, rulebook: Rulebook) -> Iterator[int]:
    for name, sign in memory.signs.items():
        yield sign.at_ms + round(rulebook.adverse_events.sign_counts_h[name] * _HOUR_MS) + 1


def _of_weights(memory: EventMemory, rulebook: Rulebook) -> Iterator[int]:
    """The present weight goes stale; which weights lie in its window does not change with time."""
    if memory.weights:
        yield memory.weights[-1].at_ms + round(rulebook.adverse_events.leak_weight_counts_h * _HOUR_MS) + 1


def _of_labs(book: LabBook, at_ms: int, rulebook: Rulebook) -> Iterator[int]:
    rules = rulebook.adverse_events
    stale_ms = next_stale_ms(book, at_ms, rulebook)
    if stale_ms is not None:
        yield stale_ms
    stands_ms = round(rules.finding_stands_h * _HOUR_MS)
    for analyte in book.series:
        newest = last_known(book, analyte, at_ms)
        if newest is not None:
            yield newest.at_ms + stands_ms + 1
    oxygen = last_known(book, "pao2", at_ms)
    if oxygen is not None:
        yield oxygen.at_ms + round(rules.phoenix_pao2_counts_h * _HOUR_MS) + 1
    newest = last_known(book, "anc", at_ms)
    if newest is not None:
        yield newest.at_ms + round(rules.anc_stale_warns_h * _HOUR_MS) + 1
    since_ms = anc_low_since_ms(book, at_ms, rulebook)
    if since_ms is not None:
        yield since_ms + round(rulebook.dose.anc_low_from_d * _DAY_MS)


def _of_start(book: LabBook, facts: EventFacts, at_ms: int, rulebook: Rulebook) -> Iterator[int]:
    start_ms = facts.infusion_start_ms
    if start_ms is None:
        return
    rules = rulebook.adverse_events
    yield start_ms
    yield start_ms - round(rules.tls_before_start_h * _HOUR_MS)
    yield start_ms + round((rules.tls_after_start_h + rules.tls_window_h) * _HOUR_MS) + 1
    if not facts.therapy_ended:
        yield liver_labs_late_ms(book, max(start_ms, facts.watched_since_ms or start_ms), at_ms, rulebook)
        yield liver_labs_until_ms(start_ms, rulebook)

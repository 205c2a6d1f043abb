"""The next moment at which time alone may change the view of interactions.

What:      the earliest boundary after a moment: of each drug's windows, of the cycle's days, of a step, a restart or a
           CRS, of a vaccine's 14 days, of a newborn's 28 days.
Source:    design decision 4; the limits are those of the rules themselves.
Inputs:    as `judge_interactions`.
Caveats:   a limit that still counts ("<= 8 h") ends one millisecond after it. A moment may be announced at which
           nothing changes after all; none may be left out. Facts that grow stale elsewhere (laboratory values) are
           announced by those who fill them in.
"""

from collections.abc import Iterator
from math import ceil

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.interactions.assemble import DAY_MS
from blinwatch.core.interactions.drug_book import HOUR_MS, DrugBook, DrugOnBook, leaves_ms, profile_of
from blinwatch.core.interactions.facts import InteractionFacts
from blinwatch.core.units import TOLERANCE


def next_change_ms(book: DrugBook, facts: InteractionFacts, at_ms: int, rulebook: Rulebook) -> int | None:
    """The earliest moment strictly after `at_ms` at which the view may change with no new event; None: never."""
    moments = [*_fact_moments(facts, at_ms, rulebook)]
    for entry in book.drugs:
        moments += _entry_moments(entry, rulebook)
    return min((moment for moment in moments if moment > at_ms), default=None)


def _entry_moments(entry: DrugOnBook, rulebook: Rulebook) -> Iterator[int]:
    rules, profile = rulebook.interactions, profile_of(entry, rulebook)
    if not entry.running:
        yield leaves_ms(entry, rulebook) + 1
        for _, limit_h in profile.limits_h:
            yield entry.last_ms + round(limit_h * HOUR_MS) + 1
    for moment_ms in (entry.same_lumen_ms, entry.benzyl_alcohol_ms):
        if moment_ms is not None:
            yield moment_ms + round(rules.past_dose_h * HOUR_MS) + 1
    if entry.high_dose is not None:
        yield entry.high_dose.at_ms + round(rules.neurotoxic_within_d * DAY_MS) + 1
    if "live_vaccine" in profile.classes:
        yield entry.last_ms + round(rules.live_vaccine_before_start_d * DAY_MS)


def _fact_moments(facts: InteractionFacts, at_ms: int, rulebook: Rulebook) -> Iterator[int]:
    rules = rulebook.interactions
    if facts.cycle_start_ms is not None:
        yield facts.cycle_start_ms
        for last_day in rules.cycle_window_days.values():
            yield facts.cycle_start_ms + last_day * DAY_MS
    for moment_ms in (facts.last_step_ms, facts.last_restart_after_4h_ms):
        if moment_ms is not None:
            yield moment_ms + round(rules.after_restart_or_step_h * HOUR_MS) + 1
    if facts.crs_last_g1_ms is not None:
        yield facts.crs_last_g1_ms + round(rules.after_crs_d * DAY_MS) + 1
    if facts.weight_kg is None and facts.age_years is not None:
        # The rule compares days with a tolerance, so the first millisecond at which it changes does too.
        newborn_d = rulebook.infusion.benzyl_newborn_below_d - TOLERANCE
        yield at_ms + ceil((newborn_d - facts.age_years * rulebook.infusion.days_per_year) * DAY_MS)

"""Whether a low-dose restart is on, and for how long, as the live state knows it (DM-5).

Source:    rule reference DM-5, section 0 (hours_since_restart), INF-3 (infused hours at the starting dose).
Inputs:    the pump's own low restart, what the book remembers, first drop of the cycle, the dose level now.
Caveats:   gaps do not count where the infused hours are known, so that DM-5 never goes up before INF-3 may [C].
           Once the full dose runs, no low restart is on.
"""

from dataclasses import dataclass

from blinwatch.clinical.dose_rules import DoseRules
from blinwatch.core.dose_advice.episode import ReactionBook
from blinwatch.core.dose_advice.facts import DoseFacts
from blinwatch.core.dose_advice.passing_time import HOUR_MS


@dataclass(frozen=True, slots=True)
class LowRestart:
    """A low-dose restart that is on."""

    since_ms: int
    hours: float
    """Hours that count at the low dose."""
    full_dose_from_ms: int | None
    """When it will have lasted long enough, if nothing stops it; None while it stands still."""


def low_restart_since_ms(book: ReactionBook, facts: DoseFacts) -> int | None:
    """When the low-dose restart in force began, or None."""
    own_ms = book.low_restart_ms if facts.dose_level_now != "full" else None
    known = [since_ms for since_ms in (facts.low_restart_since_ms, own_ms) if since_ms is not None]
    if not known:
        return None
    return max(known) if facts.cycle_start_ms is None else max(*known, facts.cycle_start_ms)


def low_restart_at(book: ReactionBook, facts: DoseFacts, at_ms: int, rules: DoseRules) -> LowRestart | None:
    """The low-dose restart in force at `at_ms`."""
    since_ms = low_restart_since_ms(book, facts)
    if since_ms is None:
        return None
    infused_h = facts.low_restart_infused_h if since_ms == facts.low_restart_since_ms else None
    hours = max(0, at_ms - since_ms) / HOUR_MS if infused_h is None else infused_h
    counts_on = infused_h is None or facts.running is not False
    left_ms = round((rules.low_hold_h - hours) * HOUR_MS)
    return LowRestart(since_ms, hours, at_ms + left_ms if counts_on else None)

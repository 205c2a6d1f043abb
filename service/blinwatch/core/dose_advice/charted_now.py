"""A charted reaction as it stands now: its lengths grow with the time since it was charted.

Source:    rule reference section 0 (DOSE_MOD fields); DM-6 and section I (silence is not recovery).
Inputs:    the charted reactions, the facts, the moment.
Caveats:   - a chart stands for 14 days unless the same kind is charted anew [C].
           - time at <= grade 1 grows for as long as an examination counts (12 h), then only a new chart goes on.
           - the interruption grows while no drug is known to flow; the live one leads where it is longer.
           - what a chart made on a low restart leaves out is filled from it; a chart made before it is not on it.
"""

from dataclasses import replace

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.dose_advice.episode import ChartedReaction, ReactionBook
from blinwatch.core.dose_advice.facts import DoseFacts
from blinwatch.core.dose_advice.low_restart_in_force import LowRestart
from blinwatch.core.dose_advice.passing_time import hours_between
from blinwatch.core.findings import ReactionFindings
from blinwatch.core.infusion.verdict import more_than

_DAY_H = 24


def charted_now(
    book: ReactionBook, facts: DoseFacts, restart: LowRestart | None, at_ms: int, rulebook: Rulebook
) -> list[ReactionFindings]:
    """Every charted reaction that still stands, as of `at_ms`."""
    return [as_of(entry, facts, restart, at_ms, rulebook) for entry in book.charted if stands(entry, at_ms, rulebook)]


def stands(entry: ChartedReaction, at_ms: int, rulebook: Rulebook) -> bool:
    """Whether a charted reaction is young enough to be judged by."""
    return not more_than(hours_between(entry.at_ms, at_ms), rulebook.dose.charted_stands_h)


def as_of(
    entry: ChartedReaction, facts: DoseFacts, restart: LowRestart | None, at_ms: int, rulebook: Rulebook
) -> ReactionFindings:
    """The charted reaction with the time that has passed since."""
    findings, since_h = entry.findings, hours_between(entry.at_ms, at_ms)
    counted_h = since_h
    if findings.reaction in ("neuro", "seizure"):
        counted_h = min(since_h, rulebook.dose.neuro_examination_max_h)
    return replace(
        findings,
        hours_since_onset=_later(findings.hours_since_onset, since_h),
        hours_at_le_g1=_later(findings.hours_at_le_g1, counted_h),
        interruption_h=_interruption_h(findings, facts, since_h, at_ms),
        hours_since_restart=_since_restart_h(findings, restart, since_h, entry.at_ms),
        anc_low_days=_later(findings.anc_low_days, since_h / _DAY_H),
        seizure_count=facts.seizure_count if findings.seizure_count is None else findings.seizure_count,
    )


def _later(value: float | None, passed: float) -> float | None:
    return None if value is None else value + passed


def _interruption_h(findings: ReactionFindings, facts: DoseFacts, since_h: float, at_ms: int) -> float | None:
    """The longer of the charted and the live interruption."""
    charted_h = _later(findings.interruption_h, 0.0 if facts.running else since_h)
    if facts.interruption_since_ms is None:
        return charted_h
    live_h = hours_between(facts.interruption_since_ms, at_ms)
    return live_h if charted_h is None else max(live_h, charted_h)


def _since_restart_h(
    findings: ReactionFindings, restart: LowRestart | None, since_h: float, charted_ms: int
) -> float | None:
    if findings.hours_since_restart is not None:
        return findings.hours_since_restart + since_h
    if restart is None or charted_ms < restart.since_ms or findings.reaction == "technical":
        return None
    return restart.hours

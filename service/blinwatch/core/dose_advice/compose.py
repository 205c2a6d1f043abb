"""The live memory as the reactions that `advise` judges now.

What:      live reactions, charted ones with the time that has passed since, the low-dose restart, and what other
           domains know (seizures, pancreatitis, tumour lysis, neutropenia, the interruption itself).
Source:    rule reference section D and section 0 (DOSE_MOD fields); sections F (pancreatitis, tumour lysis) and G.
Inputs:    the book, the facts, the moment.
Caveats:   - nothing is told while therapy is over.
           - a charted reaction stands beside a live one of the same kind; the more restrictive leads (DM-16).
           - an event that stands when a low restart begins is judged as if it were not on one, until its own advice
             allows that restart (settle.py).
"""

from dataclasses import replace
from typing import Literal

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.dose_advice.advice import AdviceScale
from blinwatch.core.dose_advice.charted_now import charted_now
from blinwatch.core.dose_advice.episode import LiveReaction, ReactionBook, Track
from blinwatch.core.dose_advice.facts import DoseFacts
from blinwatch.core.dose_advice.low_restart_in_force import LowRestart, low_restart_at
from blinwatch.core.dose_advice.passing_time import HOUR_MS, hours_between
from blinwatch.core.dose_advice.reaction import JudgedReaction, usual_scale
from blinwatch.core.findings import ReactionFindings
from blinwatch.core.infusion.verdict import less_than, more_than

_DAY_H = 24
_HOUR_MIN = 60


def compose(book: ReactionBook, facts: DoseFacts, at_ms: int, rulebook: Rulebook) -> tuple[JudgedReaction, ...]:
    """Every reaction to be judged at `at_ms`; empty where there is none and nothing is interrupted."""
    if facts.therapy_over:
        return ()
    restart = low_restart_at(book, facts, at_ms, rulebook.dose)
    found = [
        reaction for live in book.live if (reaction := live_reaction(live, facts, restart, at_ms, rulebook)) is not None
    ]
    if restart is not None:
        found.append(_low_restart(book, facts, restart, rulebook))
    found += [
        JudgedReaction(findings=findings, scale=usual_scale(findings.reaction))
        for findings in charted_now(book, facts, restart, at_ms, rulebook)
    ]
    found += _from_other_domains(facts, at_ms, rulebook)
    return (*found, *_interruption(facts, at_ms, rulebook, known=bool(found)))


def live_reaction(
    live: LiveReaction, facts: DoseFacts, restart: LowRestart | None, at_ms: int, rulebook: Rulebook
) -> JudgedReaction | None:
    """One live reaction, or None where it shows nothing."""
    findings = _as_findings(live, live.worse, facts, restart, at_ms, rulebook)
    if findings is None:
        return None
    single: list[tuple[AdviceScale, ReactionFindings]] = []
    for track in live.scales:
        alone = _as_findings(live, track, facts, restart, at_ms, rulebook)
        none_found = ReactionFindings(reaction=live.kind, grade=track.current)
        single.append((track.scale, none_found if alone is None else alone))
    return JudgedReaction(
        findings=findings, scale=_scale_of_worst(live), by_scale=tuple(single) if len(single) > 1 else ()
    )


def _scale_of_worst(live: LiveReaction) -> AdviceScale:
    """The scale whose grade the advice rests on: the one that reached the worst; of two alike ASTCT."""
    return max(sorted(live.scales, key=lambda track: track.scale), key=_worst_of).scale


def _worst_of(track: Track) -> int:
    return track.current if track.event is None else track.event.worst


def _as_findings(
    live: LiveReaction, track: Track, facts: DoseFacts, restart: LowRestart | None, at_ms: int, rulebook: Rulebook
) -> ReactionFindings | None:
    """One track in the reference's vocabulary."""
    event = track.event
    if event is None and (track.current == 0 or live.kind == "liver"):
        return None
    findings = ReactionFindings(
        reaction=live.kind,
        episode_grade=track.current if event is None else event.worst,
        current_grade=track.current,
        interruption_h=_stopped_h(facts, at_ms),
        crs_status=_crs_status(live, facts),
    )
    if live.kind == "liver":
        if event is not None and event.worst < rulebook.dose.severe_grade:
            # An interruption tells of a severe liver reaction (DM-10), so one for another cause stays out.
            findings = replace(findings, interruption_h=None)
        findings = _with_fresh_enzymes(findings, facts, at_ms, rulebook)
    if event is not None:
        until_ms = _counted_until_ms(live, track, at_ms, rulebook)
        findings = replace(
            findings,
            onset_dose_level=event.onset_level,
            hours_since_onset=hours_between(event.onset_ms, at_ms),
            hours_to_le_g1=None
            if event.le_g1_first_ms is None
            else hours_between(event.onset_ms, event.le_g1_first_ms),
            hours_at_le_g1=None if event.le_g1_since_ms is None else hours_between(event.le_g1_since_ms, until_ms),
        )
    return _on_restart(findings, track, restart, rulebook)


def _on_restart(
    findings: ReactionFindings, track: Track, restart: LowRestart | None, rulebook: Rulebook
) -> ReactionFindings:
    """What began after the low restart is a recurrence; what was there before and was severe is not yet on it."""
    if restart is None:
        return findings
    event = track.event
    began_ms = track.rose_ms if event is None else event.onset_ms
    began_after = began_ms is not None and began_ms > restart.since_ms
    if not began_after and event is not None and event.worst >= rulebook.dose.severe_grade:
        return findings
    return replace(findings, hours_since_restart=restart.hours, recurrence=began_after)


def _counted_until_ms(live: LiveReaction, track: Track, at_ms: int, rulebook: Rulebook) -> int:
    """Time at <= grade 1 counts to now, or to the last examination once that one is too old."""
    if live.kind != "neuro":
        return at_ms
    fresh = not more_than(hours_between(track.seen_ms, at_ms), rulebook.dose.neuro_examination_max_h)
    return at_ms if fresh else track.seen_ms


def _stopped_h(facts: DoseFacts, at_ms: int) -> float | None:
    """Hours of the open interruption; 0 while drug flows; None where nobody knows."""
    if facts.interruption_since_ms is not None:
        return hours_between(facts.interruption_since_ms, at_ms)
    return 0.0 if facts.running else None


def _crs_status(live: LiveReaction, facts: DoseFacts) -> Literal["CRS_OPEN", "CRS_RESOLVED"] | None:
    """The status of the CRS course; CRS_NONE says nothing of a reaction that was seen on another scale."""
    return facts.crs_status if live.kind == "crs" and facts.crs_status in ("CRS_OPEN", "CRS_RESOLVED") else None


def _with_fresh_enzymes(
    findings: ReactionFindings, facts: DoseFacts, at_ms: int, rulebook: Rulebook
) -> ReactionFindings:
    alt, ast, bili = fresh_enzymes(facts, at_ms, rulebook)
    return replace(findings, alt_x_uln=alt, ast_x_uln=ast, bili_x_uln=bili)


def fresh_enzymes(facts: DoseFacts, at_ms: int, rulebook: Rulebook) -> tuple[float | None, float | None, float | None]:
    """ALT, AST and bilirubin in multiples of ULN; None for one that is missing, too old or of unknown time."""
    limit_h = rulebook.dose.liver_lab_max_h
    alt, ast, bili = (
        None if taken_ms is None or more_than(hours_between(taken_ms, at_ms), limit_h) else value
        for value, taken_ms in (
            (facts.alt_x_uln, facts.alt_ms),
            (facts.ast_x_uln, facts.ast_ms),
            (facts.bili_x_uln, facts.bili_ms),
        )
    )
    return alt, ast, bili


def _low_restart(book: ReactionBook, facts: DoseFacts, restart: LowRestart, rulebook: Rulebook) -> JudgedReaction:
    """The low-dose restart itself: DM-5 holds also where nothing else is remembered of the reaction behind it."""
    cause = book.low_restart_cause or "other"
    findings = ReactionFindings(
        reaction=cause,
        episode_grade=rulebook.dose.severe_grade,
        hours_since_restart=restart.hours,
        crs_status=facts.crs_status if cause == "crs" else None,
        seizure_count=facts.seizure_count,
    )
    return JudgedReaction(findings=findings, scale="label")


def _from_other_domains(facts: DoseFacts, at_ms: int, rulebook: Rulebook) -> list[JudgedReaction]:
    """What other domains know and section D acts on."""
    rules = rulebook.dose
    found: list[ReactionFindings] = []
    if facts.seizure_count is not None and facts.seizure_count >= rules.seizures_discontinue_from:
        found.append(ReactionFindings(reaction="seizure", seizure_count=facts.seizure_count))
    if facts.pancreatitis_suspected:
        found.append(ReactionFindings(reaction="pancreatitis"))
    if facts.tls_clinical:
        found.append(ReactionFindings(reaction="tls_clinical", grade=facts.tls_grade))
    if facts.anc is not None and less_than(facts.anc, rules.anc_low_below):
        low_days = None if facts.anc_low_since_ms is None else hours_between(facts.anc_low_since_ms, at_ms) / _DAY_H
        found.append(ReactionFindings(reaction="neutropenia", anc=facts.anc, anc_low_days=low_days))
    return [JudgedReaction(findings=findings, scale="label") for findings in found]


def _interruption(facts: DoseFacts, at_ms: int, rulebook: Rulebook, *, known: bool) -> tuple[JudgedReaction, ...]:
    """The open interruption: technical past its grace time, or for a reaction that nobody has graded."""
    if facts.interruption_since_ms is None:
        return ()
    stopped_ms = at_ms - facts.interruption_since_ms
    reason = facts.interruption_reason or "unplanned"
    if not more_than(stopped_ms / HOUR_MS * _HOUR_MIN, rulebook.infusion.gap_grace_min[reason]):
        return ()
    if reason != "adverse_reaction":
        technical = ReactionFindings(reaction="technical", interruption_h=stopped_ms / HOUR_MS)
        return (JudgedReaction(findings=technical, scale="label"),)
    return () if known else (JudgedReaction(findings=ReactionFindings(), scale="label"),)

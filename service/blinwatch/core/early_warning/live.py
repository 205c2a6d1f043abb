"""The early warning of a running treatment: when a bucket ends, whether a notice begins, goes on or ends.

What:      the doors for the fold (`end_bucket`), for the short way (`bucket_ends_ms`) and for the alerts (`judge`,
           put into words by early_warning_conditions.py).
Source:    rules EW-1 to EW-4 (clinical/early_warning.yaml); DDI-9, DDI-10 and CRS-5 for drugs that hide a sign.
Inputs:    the live judgement; nothing here changes any other part of it.
Caveats:   - asked only in the days of EW-1, before CRS is graded or suspected, and never after therapy has ended;
           - what cannot be evaluated neither begins nor ends a notice;
           - a notice that ended may begin again only after its rest, unless its alert still stands.
"""

from dataclasses import replace

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.alert_lifecycle import Moment
from blinwatch.core.early_warning.judge_rise import RiseFacts, Verdict, judge_rise
from blinwatch.core.early_warning.trends import (
    HOUR_MS,
    SIGNS,
    Reading,
    Trends,
    begin,
    close_bucket,
    rest,
)
from blinwatch.core.evolve import evolve
from blinwatch.core.findings import CrsFindings
from blinwatch.core.grade_crs import SUSPECT_MASKED
from blinwatch.core.masking_drugs import drugs_on_board
from blinwatch.core.patient_state import Judgement
from blinwatch.core.units import agreed_temperature_c

EARLY_WARNING = "EARLY_WARNING"
_DAY_MS = 24 * HOUR_MS
_SLOWS_THE_HEART = "MASK_BETA_BLOCKER"
_ATTRIBUTED = {"fever": "temperature", "hypoxia": "spo2"}
"""Attributed signs and the trend that they speak of."""


def end_bucket(j: Judgement, at_ms: int, rulebook: Rulebook) -> Judgement:
    """The judgement with every bucket closed that has ended by `at_ms`; asked before an event is taken in."""
    rules = rulebook.early_warning
    if not rules.on or at_ms < j.trends.next_ms:
        return j
    if not _is_followed(j, at_ms, rulebook):
        return evolve(j, trends=rest(j.trends, at_ms, rules))
    if j.trends.origin_ms is None:
        return evolve(j, trends=begin(j.trends, at_ms, rules))
    return evolve(j, trends=close_bucket(j.trends, _readings(j, rulebook), at_ms, rules))


def bucket_ends_ms(j: Judgement, rulebook: Rulebook) -> int | None:
    """When the open bucket ends; None while nothing is followed."""
    return j.trends.next_ms if rulebook.early_warning.on else None


def deadline_ms(j: Judgement) -> int | None:
    """A notice that stands is judged when its bucket ends, whether or not anything arrives."""
    return j.trends.next_ms if j.trends.signs else None


def is_due(j: Judgement, at_ms: int) -> bool:
    """Whether `judge` would have something to say."""
    trends = j.trends
    return trends.untold or (bool(trends.signs) and at_ms >= trends.next_ms)


def judge(j: Judgement, moment: Moment) -> tuple[Judgement, Verdict | None]:
    """The judgement after the question was asked, and what a notice rests on while one holds."""
    rulebook = moment.rulebook
    rules = rulebook.early_warning
    j = end_bucket(j, moment.at_ms, rulebook)
    trends = replace(j.trends, untold=False)
    if not is_asked(j, moment.at_ms, rulebook):
        return evolve(j, trends=replace(trends, signs=())), None
    verdict = judge_rise(trends, facts_of(j, moment, rulebook), rules)
    signs, raised_ms = told(trends, verdict, moment.at_ms, standing=_stands(j), rest_h=rules.again_after_h)
    j = evolve(j, trends=replace(trends, signs=signs, raised_ms=raised_ms))
    return j, verdict if signs else None


def told(
    trends: Trends, verdict: Verdict, at_ms: int, *, standing: bool, rest_h: float
) -> tuple[tuple[str, ...], int | None]:
    """The signs that a notice rests on now, and when it last began."""
    if verdict.risk == "not_evaluable":
        return trends.signs, trends.raised_ms
    if verdict.risk == "quiet":
        return (), trends.raised_ms
    if trends.signs or standing:
        return verdict.signs, trends.raised_ms
    rested = trends.raised_ms is None or at_ms - trends.raised_ms >= round(rest_h * HOUR_MS)
    return (verdict.signs, at_ms) if rested else ((), trends.raised_ms)


def _stands(j: Judgement) -> bool:
    return any(alert.key == EARLY_WARNING for alert in j.alerts.standing)


def _window_end_ms(j: Judgement, rulebook: Rulebook) -> int | None:
    start_ms = None if j.infusion is None else j.infusion.cycle_start_ms
    days = None if j.order is None else rulebook.early_warning.window_days.get(j.order.cycle or 0)
    return None if start_ms is None or days is None else start_ms + days * _DAY_MS


def _is_followed(j: Judgement, at_ms: int, rulebook: Rulebook) -> bool:
    """Whether values are gathered: in a cycle with a window, from before its first drop to the window's end."""
    if j.order is None or j.ended_ms is not None or j.order.cycle not in rulebook.early_warning.window_days:
        return False
    end_ms = _window_end_ms(j, rulebook)
    return end_ms is None or at_ms < end_ms


def is_asked(j: Judgement, at_ms: int, rulebook: Rulebook) -> bool:
    """In the window from the first drop on, without fever, and while CRS is neither graded nor suspected."""
    end_ms = _window_end_ms(j, rulebook)
    if end_ms is None or not at_ms < end_ms or j.ended_ms is not None or j.course.episode.open:
        return False
    if _has_fever(j, at_ms, rulebook):
        return False
    return j.grade is None or (j.grade.code != SUSPECT_MASKED and not j.grade.grade)


def _readings(j: Judgement, rulebook: Rulebook) -> dict[str, Reading]:
    found: dict[str, Reading] = {}
    for name, part in SIGNS.items():
        signal = j.signals.get(name)
        value = None if signal is None else signal.parts.get(part)
        if name == "temperature":
            value = _temperature_c(j, rulebook)
        if signal is not None and isinstance(value, int | float):
            found[name] = Reading(value, signal.at_ms)
    return found


def _temperature_c(j: Judgement, rulebook: Rulebook) -> float | None:
    """The last believed temperature, charted in either unit."""
    signal = j.signals.get("temperature")
    parts = {} if signal is None else signal.parts
    charted = [parts.get(part) for part in ("temperature_c", "temperature_f")]
    celsius, fahrenheit = (value if isinstance(value, int | float) else None for value in charted)
    return agreed_temperature_c(celsius, fahrenheit, rulebook.vitals.temperature_agree_c)[0]


def _has_fever(j: Judgement, at_ms: int, rulebook: Rulebook) -> bool:
    """Whether the present temperature is a fever, whatever staff attribute it to."""
    signal, value = j.signals.get("temperature"), _temperature_c(j, rulebook)
    if signal is None or value is None:
        return False
    fresh = at_ms - signal.at_ms <= round(rulebook.vitals.stale_after_h["temperature_c"] * HOUR_MS)
    return fresh and value >= rulebook.crs.fever_from_c


def facts_of(j: Judgement, moment: Moment, rulebook: Rulebook) -> RiseFacts:
    """What the verdict needs of drugs and attributions."""
    on_board = drugs_on_board(j.course.drugs, CrsFindings(), moment.at_ms, rulebook.crs.masking_max_h)
    drugs = () if j.interactions is None else j.interactions.drugs
    slows = tuple(one.drug for one in drugs if any(found.code == _SLOWS_THE_HEART for found in one.findings))
    return RiseFacts(
        temperature_counts_h=rulebook.vitals.stale_after_h["temperature_c"],
        fever_hidden_by=on_board,
        heart_rate_hidden_by=slows,
        left_out=tuple(_ATTRIBUTED[one.sign] for one in moment.attributions if one.sign in _ATTRIBUTED),
    )

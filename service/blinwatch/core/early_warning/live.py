"""The early warning of a running treatment: when a bucket ends, whether a notice begins or ends, and in which words.

What:      the doors for the fold (`end_bucket`), for the short way (`bucket_ends_ms`) and for the alerts (`judge`).
Source:    rules EW-1 to EW-4 (clinical/early_warning.yaml); DDI-9, DDI-10 and CRS-5 for drugs that hide a sign.
Inputs:    the live judgement; nothing here changes any other part of it.
Caveats:   - asked only in the days of EW-1, before CRS is graded or suspected, and never after therapy has ended;
           - what cannot be evaluated neither begins nor ends a notice;
           - a notice that ended may begin again only after its rest, unless its alert still stands.
"""

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.alert_lifecycle import Moment
from blinwatch.core.early_warning.judge_rise import Move, RiseFacts, Verdict, judge_rise
from blinwatch.core.early_warning.trends import (
    HOUR_MS,
    SIGNS,
    Reading,
    Trends,
    begin,
    bucket_ms,
    close_bucket,
    rest,
)
from blinwatch.core.evidence import Condition, Evidence, to_datetime
from blinwatch.core.evolve import evolve
from blinwatch.core.findings import CrsFindings
from blinwatch.core.grade_crs import SUSPECT_MASKED
from blinwatch.core.masking_drugs import drugs_on_board
from blinwatch.core.patient_state import Judgement
from blinwatch.core.units import agreed_temperature_c

EARLY_WARNING = "EARLY_WARNING"
_DAY_MS = 24 * HOUR_MS
_ATTRIBUTED = {"fever": "temperature", "hypoxia": "spo2"}
"""Attributed signs and the trend that they speak of."""
_WORDS = {
    "temperature": ("temperature", " °C", 1),
    "heart_rate": ("heart rate", "/min", 0),
    "respiratory_rate": ("respiratory rate", "/min", 0),
    "spo2": ("SpO2", " %", 0),
}
_UNITS = {"temperature": "Cel", "heart_rate": "/min", "respiratory_rate": "/min", "spo2": "%"}


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


def judge(j: Judgement, moment: Moment) -> tuple[Judgement, tuple[Condition, ...]]:
    """The judgement after the question was asked, and the notice if there is one."""
    rulebook = moment.rulebook
    rules = rulebook.early_warning
    j = end_bucket(j, moment.at_ms, rulebook)
    trends = evolve(j.trends, untold=False)
    if not _is_asked(j, moment.at_ms, rulebook):
        return evolve(j, trends=evolve(trends, signs=())), ()
    verdict = judge_rise(trends, _facts(j, moment, rulebook), rules)
    signs, raised_ms = _told(trends, verdict, moment.at_ms, standing=_stands(j), rest_h=rules.again_after_h)
    j = evolve(j, trends=evolve(trends, signs=signs, raised_ms=raised_ms))
    return j, (_condition(j, verdict, moment),) if signs else ()


def _told(
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


def _is_asked(j: Judgement, at_ms: int, rulebook: Rulebook) -> bool:
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


def _facts(j: Judgement, moment: Moment, rulebook: Rulebook) -> RiseFacts:
    on_board = drugs_on_board(j.course.drugs, CrsFindings(), moment.at_ms, rulebook.crs.masking_max_h)
    slows = (
        ()
        if j.interactions is None
        else tuple(
            view.drug
            for view in j.interactions.drugs
            if any(finding.code == "MASK_BETA_BLOCKER" for finding in view.findings)
        )
    )
    return RiseFacts(
        temperature_counts_h=rulebook.vitals.stale_after_h["temperature_c"],
        fever_hidden_by=on_board,
        heart_rate_hidden_by=slows,
        left_out=tuple(_ATTRIBUTED[one.sign] for one in moment.attributions if one.sign in _ATTRIBUTED),
    )


# --- in words --------------------------------------------------------------------------------------------------


def _condition(j: Judgement, verdict: Verdict, moment: Moment) -> Condition:
    rules = moment.rulebook.early_warning
    facts = _facts(j, moment, moment.rulebook)
    priorities = moment.rulebook.alerts.priorities
    told = [move for move in verdict.moves if move.risen]
    because = [_sentence(move, j.trends, rules.bucket_min) for move in told]
    because += [_hidden_sentence(name, facts) for name in verdict.hidden]
    if facts.fever_hidden_by and "temperature" not in verdict.hidden:
        because.append(f"A drug on board may hide a fever ({', '.join(facts.fever_hidden_by)})")
    if facts.heart_rate_hidden_by and "heart_rate" not in verdict.hidden:
        drugs = ", ".join(facts.heart_rate_hidden_by)
        because.append(f"A drug that slows the heart is on board ({drugs}): a smaller rise counts")
    return Condition(
        key=EARLY_WARNING,
        code=EARLY_WARNING,
        rule_id="EW-1",
        domain="early_warning",
        scale="site",
        priority=priorities.get(EARLY_WARNING, priorities["default"]),
        summary=". ".join(("Rising risk of CRS, before any grade: look at the patient and measure again", *because))
        + ".",
        threshold="; ".join(f"{_WORDS[move.sign][0]} {move.limit}" for move in told) or None,
        evidence=tuple(part for move in told for part in _evidence(move, j.trends, moment)),
        since_ms=moment.at_ms if j.trends.raised_ms is None else j.trends.raised_ms,
    )


def _sentence(move: Move, trends: Trends, bucket_min: float) -> str:
    name, unit, decimals = _WORDS[move.sign]
    ago_h = _ago_h(move, trends, bucket_min)
    change = move.now - move.baseline
    share = "" if move.sign in ("temperature", "spo2") else f" ({100 * change / move.baseline:+.0f} %)"
    when = "" if ago_h < 1 else f", measured {ago_h:.1f} h ago"
    slope = "" if move.slope_per_h is None else f", now {move.slope_per_h:+.{decimals + 1}f}{unit} per hour"
    return (
        f"{name[0].upper()}{name[1:]} {move.now:.{decimals}f}{unit}{when}, {change:+.{decimals}f}{unit}{share} against"
        f" the patient's own {move.baseline:.{decimals}f}{unit} (median of {move.baseline_hours} earlier hours)"
        f"{slope}; counts from {move.limit}"
    )


def _ago_h(move: Move, trends: Trends, bucket_min: float) -> float:
    """How long before the end of the last bucket the value was seen; a bucket at most too long."""
    if trends.origin_ms is None:
        return 0.0
    last = round((trends.next_ms - trends.origin_ms) / (bucket_min * 60_000)) - 2
    return (last - move.seen_bucket) * bucket_min / 60


def _hidden_sentence(name: str, facts: RiseFacts) -> str:
    drugs = facts.fever_hidden_by if name == "temperature" else facts.heart_rate_hidden_by
    return f"{_WORDS[name][0]} had risen and may now be hidden by {', '.join(drugs)}".capitalize()


def _evidence(move: Move, trends: Trends, moment: Moment) -> tuple[Evidence, ...]:
    length_ms = bucket_ms(moment.rulebook.early_warning)
    seen_ms = None if trends.origin_ms is None else trends.origin_ms + (move.seen_bucket + 1) * length_ms
    observed = None if seen_ms is None else to_datetime(seen_ms)
    part, unit = SIGNS[move.sign], _UNITS[move.sign]
    return (
        Evidence(part, round(move.now, 1), unit, observed, moment.caused_by),
        Evidence(f"baseline_{part}", round(move.baseline, 1), unit, observed, None),
    )

"""EW-2 to EW-4: whether a patient's risk is rising, by the trend of the vital signs.

Definition:  each sign of the last hour is held against the patient's own baseline, the median of the hours before.
             Enough signs that have moved far enough are a rise. Temperature must also climb by its slope.
Source:      rules EW-1 to EW-4 (clinical/early_warning.yaml): blinwatch's own, measured in the simulator; no consensus.
Inputs:      the trends, what is known at this moment of drugs that hide a sign and of signs attributed elsewhere.
Caveats:     - too few values of a sign: that sign is not evaluable, never normal and never a rise;
             - too few evaluable signs: the question is not evaluable; nothing is raised and nothing is ended by it;
             - a sign that a drug hides cannot end a notice that rests on it.
"""

from dataclasses import dataclass
from statistics import linear_regression, median
from typing import Literal

from blinwatch.clinical.early_warning_rules import EarlyWarningRules
from blinwatch.core.early_warning.trends import (
    EMPTY_TRACK,
    HOUR_MS,
    SIGNS,
    Point,
    Track,
    Trends,
    bucket_ms,
    last_bucket,
    recent_from,
)
from blinwatch.core.units import TOLERANCE

_TWO = 2
"""Points that a slope needs."""
Risk = Literal["rising", "quiet", "not_evaluable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RiseFacts:
    """What other rooms know at the moment of judging."""

    temperature_counts_h: float
    """Older than this a temperature is not the present one (section 0)."""
    fever_hidden_by: tuple[str, ...] = ()
    heart_rate_hidden_by: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    """Signs that staff attribute to another cause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One evaluable sign against its baseline."""

    sign: str
    now: float
    baseline: float
    slope_per_h: float | None
    """None: too few values for a slope."""
    baseline_hours: int
    seen_bucket: int
    """The last bucket with a value."""
    limit: str
    """In words, how far it has to move."""
    risen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer; `moves` are all evaluable signs, `hidden` the signs that count only because a drug hides them."""

    risk: Risk
    moves: tuple[Move, ...]
    hidden: tuple[str, ...] = ()

    @property
    def signs(self) -> tuple[str, ...]:
        """What a notice rests on."""
        return (*(move.sign for move in self.moves if move.risen), *self.hidden)


def judge_rise(trends: Trends, facts: RiseFacts, rules: EarlyWarningRules) -> Verdict:
    """The verdict on the buckets that have ended. Never raises."""
    now = last_bucket(trends, rules)
    found = (
        _move_of(name, trends.tracks.get(name, EMPTY_TRACK), now, facts, rules)
        for name in SIGNS
        if name not in facts.left_out
    )
    moves = tuple(move for move in found if move is not None)
    risen = {move.sign for move in moves if move.risen}
    masked = [("temperature", facts.fever_hidden_by), ("heart_rate", facts.heart_rate_hidden_by)]
    hidden = tuple(
        name for name, drugs in masked if drugs and name in trends.signs and name not in (*risen, *facts.left_out)
    )
    if len(risen) + len(hidden) >= rules.signs_from:
        return Verdict(risk="rising", moves=moves, hidden=hidden)
    known = len({move.sign for move in moves} | set(hidden))
    return Verdict(risk="quiet" if known >= rules.signs_from else "not_evaluable", moves=moves)


def _move_of(name: str, track: Track, now: int, facts: RiseFacts, rules: EarlyWarningRules) -> Move | None:
    present = _present(name, track, now, facts, rules)
    gap_from = now + 1 - _buckets(rules.baseline_gap_h, rules)
    before = [value for number, value in track.points if number < gap_from]
    enough = rules.temperature_readings_min if name == "temperature" else rules.baseline_hours_min
    if present is None or len(before) < enough:
        return None
    seen, value = present
    baseline = median(before)
    slope = _slope_per_h(track.points, now, rules)
    return Move(
        sign=name,
        now=value,
        baseline=baseline,
        slope_per_h=slope,
        baseline_hours=len(before),
        seen_bucket=seen,
        limit=_limit_words(name, facts, rules),
        risen=_has_risen(name, value, baseline, slope, facts, rules),
    )


def _buckets(hours: float, rules: EarlyWarningRules) -> int:
    return round(hours * HOUR_MS / bucket_ms(rules))


def _present(name: str, track: Track, now: int, facts: RiseFacts, rules: EarlyWarningRules) -> Point | None:
    """The sign's present value: of a temperature the last one, of the others the median of the recent buckets."""
    if name == "temperature":
        last = track.points[-1] if track.points else None
        fresh = last is not None and now - last[0] < _buckets(facts.temperature_counts_h, rules)
        return last if fresh else None
    first = recent_from(now, rules)
    recent = [point for point in track.buckets if point[0] >= first]
    if len(recent) < rules.recent_buckets_min:
        return None
    return recent[-1][0], median(value for _, value in recent)


def _slope_per_h(points: tuple[Point, ...], now: int, rules: EarlyWarningRules) -> float | None:
    """The least-squares slope over the last hours; None for a single value."""
    first = now + 1 - _buckets(rules.slope_h, rules)
    near = [point for point in points if point[0] >= first]
    if len(near) < _TWO:
        return None
    line = linear_regression([number for number, _ in near], [value for _, value in near])
    return line.slope * HOUR_MS / bucket_ms(rules)


def _has_risen(
    name: str, value: float, baseline: float, slope: float | None, facts: RiseFacts, rules: EarlyWarningRules
) -> bool:
    """Whether it has moved far enough; the limit itself counts."""
    if name == "temperature":
        climbs = slope is not None and slope >= rules.temperature_slope_c_per_h - TOLERANCE
        return climbs and value - baseline >= rules.temperature_rise_c - TOLERANCE
    if name == "spo2":
        return baseline - value >= rules.spo2_fall_pct - TOLERANCE
    return value - baseline >= _fraction(name, facts, rules) * baseline - TOLERANCE


def _fraction(name: str, facts: RiseFacts, rules: EarlyWarningRules) -> float:
    if name == "respiratory_rate":
        return rules.respiratory_rate_rise_fraction
    return rules.heart_rate_rise_masked_fraction if facts.heart_rate_hidden_by else rules.heart_rate_rise_fraction


def _limit_words(name: str, facts: RiseFacts, rules: EarlyWarningRules) -> str:
    if name == "temperature":
        return f"{rules.temperature_rise_c:g} °C and {rules.temperature_slope_c_per_h:g} °C/h"
    if name == "spo2":
        return f"{rules.spo2_fall_pct:g} points"
    return f"{100 * _fraction(name, facts, rules):g} %"

"""The trend of four vital signs over a day, in a record that does not grow.

What:      time since the first event is cut into buckets; of each sign a bucket keeps the last believed value. Buckets
           of the last hour stay as they are; older ones become one median an hour; hours older than the baseline go.
Source:    rules EW-1 and EW-2 (clinical/early_warning.yaml).
Inputs:    the last believed value of each sign when a bucket ends, the rules.
Caveats:   - a bucket without a value leaves a hole: nothing is carried into it;
           - only the last value of a bucket counts, so reports that the short way keeps (core/steady.py) and reports
             that are judged one by one give the same trend.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from statistics import median

from blinwatch.clinical.early_warning_rules import EarlyWarningRules

HOUR_MS = 3_600_000
_MINUTE_MS = 60_000
_DECIMALS = 1
"""Of a kept value: as temperatures are charted (section 0), and short in the stored state."""
SIGNS: dict[str, str] = {
    "temperature": "temperature_c",
    "heart_rate": "heart_rate_bpm",
    "respiratory_rate": "respiratory_rate_per_min",
    "spo2": "spo2_pct",
}
"""The signals that are followed, and the part of each that is a number to follow."""
Point = tuple[int, float]
"""A bucket's number since the first, and the value."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The last believed value of a sign and when it was observed."""

    value: float
    seen_ms: int


@dataclass(frozen=True, slots=True)
class Track:
    """One sign: the values of the last buckets, and before them one median an hour, oldest first."""

    buckets: tuple[Point, ...] = ()
    hours: tuple[Point, ...] = ()
    """Each stands at the middle one of the buckets that it is the median of."""

    @property
    def points(self) -> tuple[Point, ...]:
        """All values, oldest first."""
        return (*self.hours, *self.buckets)


EMPTY_TRACK = Track()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trends:
    """What is remembered of a patient's trends. Times are ms since 1970 UTC."""

    origin_ms: int | None = None
    """When the first bucket began; None while nothing is followed."""
    next_ms: int = -1
    """When the open bucket ends, or when to ask again whether to follow."""
    tracks: dict[str, Track] = field(default_factory=dict[str, Track])
    untold: bool = False
    """A bucket has ended since the trends were last judged."""
    signs: tuple[str, ...] = ()
    """The signs that the notice rests on, while it holds."""
    raised_ms: int | None = None
    """When a notice last began."""


NO_TRENDS = Trends()


def bucket_ms(rules: EarlyWarningRules) -> int:
    """The length of a bucket."""
    return round(rules.bucket_min * _MINUTE_MS)


def last_bucket(trends: Trends, rules: EarlyWarningRules) -> int:
    """The number of the last bucket that has ended; -1 before the first has."""
    if trends.origin_ms is None:
        return -1
    return (trends.next_ms - trends.origin_ms) // bucket_ms(rules) - 2


def begin(trends: Trends, at_ms: int, rules: EarlyWarningRules) -> Trends:
    """Start to follow at this moment; what was last told stays known."""
    return replace(trends, origin_ms=at_ms, next_ms=at_ms + bucket_ms(rules), tracks={}, untold=True)


def rest(trends: Trends, at_ms: int, rules: EarlyWarningRules) -> Trends:
    """Follow nothing, and ask again after a bucket's time."""
    return replace(trends, origin_ms=None, next_ms=at_ms + bucket_ms(rules), tracks={}, untold=bool(trends.signs))


def close_bucket(trends: Trends, readings: Mapping[str, Reading], at_ms: int, rules: EarlyWarningRules) -> Trends:
    """The trends after the open bucket, which ended at or before `at_ms`; `readings` are those before `at_ms`."""
    origin_ms = trends.origin_ms
    if origin_ms is None:
        return trends
    length_ms = bucket_ms(rules)
    ended_ms = trends.next_ms
    number = (ended_ms - origin_ms) // length_ms - 1
    now = (at_ms - origin_ms) // length_ms - 1
    tracks = dict(trends.tracks)
    for name, reading in readings.items():
        if ended_ms - length_ms <= reading.seen_ms < ended_ms:
            track = tracks.get(name, EMPTY_TRACK)
            tracks[name] = replace(track, buckets=(*track.buckets, (number, round(reading.value, _DECIMALS))))
    kept = {name: _aged(track, now, rules) for name, track in tracks.items()}
    return replace(
        trends,
        next_ms=origin_ms + (now + 2) * length_ms,
        tracks={name: track for name, track in kept.items() if track != EMPTY_TRACK},
        untold=True,
    )


def recent_from(now: int, rules: EarlyWarningRules) -> int:
    """The first bucket of the recent ones, when `now` is the last that has ended."""
    return now + 1 - round(rules.recent_h * HOUR_MS / bucket_ms(rules))


def _aged(track: Track, now: int, rules: EarlyWarningRules) -> Track:
    """Hours that lie wholly before the recent buckets become one median; those before the baseline go."""
    length_ms = bucket_ms(rules)

    def hour_of(point: Point) -> int:
        return point[0] * length_ms // HOUR_MS

    open_hour = recent_from(now, rules) * length_ms // HOUR_MS
    over = [point for point in track.buckets if hour_of(point) < open_hour]
    medians = [
        (points[(len(points) - 1) // 2][0], round(median(value for _, value in points), _DECIMALS))
        for points in (list(group) for _, group in groupby(over, key=hour_of))
    ]
    first = now + 1 - round(rules.baseline_h * HOUR_MS / length_ms)
    return Track(
        buckets=track.buckets[len(over) :],
        hours=tuple(point for point in (*track.hours, *medians) if point[0] >= first),
    )

"""Buckets of readings: how wide at which age, and how wide for a chart. Pure.

What:      a bucket holds the lowest, the highest and the last of its readings. Merging two buckets is the same in any
           order and any number of times, so repeated and late records do no harm.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from blinwatch.board.trends.trend_store import TrendPoint

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Layer:
    """Readings up to this age are kept in buckets of this width."""

    bucket_ms: int
    until_age_ms: int


FINEST_MS = 10_000
"""An hour is then 360 points, about what a chart on a screen can show; lowest and highest keep a spike of one second.
The second-by-second record itself stays in Kafka."""
LAYERS = (
    # A shift and its handover at full detail.
    Layer(FINEST_MS, 12 * HOUR_MS),
    # CRS mostly comes in the first days and lasts for some: a course of three days by the minute.
    Layer(MINUTE_MS, 3 * DAY_MS),
    # Four weeks in quarter-hours are 2,688 points: more than any screen has columns.
    Layer(15 * MINUTE_MS, 400 * DAY_MS),
)
"""Finest first. Each width is a multiple of the one before, or buckets would straddle."""

CHART_WIDTHS_MS = (
    FINEST_MS,
    30_000,
    MINUTE_MS,
    2 * MINUTE_MS,
    5 * MINUTE_MS,
    15 * MINUTE_MS,
    30 * MINUTE_MS,
    HOUR_MS,
    2 * HOUR_MS,
    6 * HOUR_MS,
    12 * HOUR_MS,
    DAY_MS,
)
"""Widths that people count in."""


def start_of(at_ms: int, bucket_ms: int) -> int:
    """The beginning of the bucket a moment lies in."""
    return at_ms // bucket_ms * bucket_ms


def chart_bucket_ms(since_ms: int, until_ms: int, most_points: int) -> int:
    """The narrowest bucket with which [since_ms, until_ms) has at most `most_points` of them.

    Raises `ValueError` for an empty span or fewer than one point.
    """
    if until_ms <= since_ms:
        raise ValueError("the span must end after it begins")
    if most_points < 1:
        raise ValueError("at least one point must be asked for")
    for width_ms in CHART_WIDTHS_MS:
        if _count(since_ms, until_ms, width_ms) <= most_points:
            return width_ms
    width_ms = CHART_WIDTHS_MS[-1]
    while _count(since_ms, until_ms, width_ms) > most_points:
        # Doubled, so that a day's buckets never straddle a wider one.
        width_ms *= 2
        if width_ms > until_ms:
            return until_ms  # one bucket from 1970 to the end of the span
    return width_ms


def _count(since_ms: int, until_ms: int, width_ms: int) -> int:
    return (until_ms - 1) // width_ms - since_ms // width_ms + 1


def merged(one: TrendPoint, other: TrendPoint) -> TrendPoint:
    """Both together; it begins with the earlier."""
    later = max(one, other, key=_newness)
    return TrendPoint(
        start_ms=min(one.start_ms, other.start_ms),
        low=min(one.low, other.low),
        high=max(one.high, other.high),
        last=later.last,
        last_ms=later.last_ms,
    )


def _newness(point: TrendPoint) -> tuple[int, float]:
    # Two readings of one moment: the higher counts as the last, so that order of arrival carries no meaning.
    return point.last_ms, point.last


def gathered(points: Iterable[TrendPoint], bucket_ms: int) -> tuple[TrendPoint, ...]:
    """The points in buckets of at least this width, oldest first."""
    found: dict[int, TrendPoint] = {}
    for point in points:
        start_ms = start_of(point.start_ms, bucket_ms)
        placed = TrendPoint(start_ms=start_ms, low=point.low, high=point.high, last=point.last, last_ms=point.last_ms)
        before = found.get(start_ms)
        found[start_ms] = placed if before is None else merged(before, placed)
    return tuple(found[start_ms] for start_ms in sorted(found))

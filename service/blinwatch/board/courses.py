"""A patient's course as the page draws it: numbers over time, and what happened meanwhile.

Inputs:    a trend store, a patient and a span.
Caveats:   - moments are ms since 1970 UTC. `points` are [start, lowest, highest, last] of a bucket, oldest first; what
             blinwatch did not believe stands apart (`doubted`) and is to be drawn as marks, never as a line.
           - answers are bounded: by `MOST_POINTS` a signal, and by what one patient can have in a span.
"""

from typing import Any

from blinwatch.board.trends.gaps import gaps_of
from blinwatch.board.trends.trend_store import Mark, SignalTrend, TrendStore

MOST_POINTS = 400
"""A chart on a wall screen is some 1,200 pixels wide: three for each point."""
MARKS_MOST = 2_000
"""A busy cycle of 28 days has some hundreds; what is older than these is left out and said (`left_out`)."""
HOUR_MS = 3_600_000
SPANS_H = (6, 24, 72, 7 * 24, 28 * 24)
"""Spans a page may ask for: a shift to the whole cycle."""


def course(store: TrendStore, patient_id: str, until_ms: int, span_h: int) -> dict[str, Any]:
    """What the store knows of a patient in the hours before a moment. May raise `TrendStoreError`."""
    since_ms = until_ms - span_h * HOUR_MS
    trends = store.vitals(patient_id, since_ms, until_ms + 1, MOST_POINTS)
    marks = store.marks(patient_id, since_ms, until_ms + 1)
    return {
        "since": since_ms,
        "until": until_ms,
        "signals": {name: _signal(trend) for name, trend in trends.items()},
        "marks": [_mark(mark) for mark in marks[-MARKS_MOST:]],
        "gaps": [{"at": one.since_ms, "until": one.until_ms, "reason": one.reason} for one in gaps_of(marks)],
        "left_out": max(0, len(marks) - MARKS_MOST),
    }


def _signal(trend: SignalTrend) -> dict[str, Any]:
    return {
        "bucket": trend.bucket_ms,
        "points": [[one.start_ms, one.low, one.high, one.last] for one in trend.plausible],
        "doubted": [[one.start_ms, one.low, one.high] for one in trend.implausible],
    }


def _mark(mark: Mark) -> dict[str, Any]:
    return {
        "kind": mark.kind,
        "at": mark.at_ms,
        "until": mark.until_ms,
        "code": mark.code,
        "value": mark.value,
        "series": mark.series,
        "scale": mark.scale,
        "rule": mark.rule_id,
        "priority": mark.priority,
        "text": mark.text,
    }

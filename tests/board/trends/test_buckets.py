"""Buckets of readings: nothing extreme is lost, and order carries no meaning."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blinwatch.board.trends.buckets import CHART_WIDTHS_MS, LAYERS, chart_bucket_ms, gathered, start_of
from blinwatch.board.trends.trend_store import TrendPoint

POINTS = st.lists(
    st.builds(
        lambda at_ms, value: TrendPoint(start_ms=at_ms, low=value, high=value, last=value, last_ms=at_ms),
        st.integers(0, 5_000_000),
        st.floats(30, 43).map(lambda value: round(value, 1)),
    ),
    max_size=60,
)
WIDTHS = st.sampled_from(CHART_WIDTHS_MS)


@given(POINTS, WIDTHS, st.randoms(use_true_random=False))
def test_gathering_is_the_same_in_any_order(points: list[TrendPoint], width_ms: int, chance: object) -> None:
    shuffled = list(points)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert gathered(shuffled, width_ms) == gathered(points, width_ms)


@given(POINTS, WIDTHS)
def test_gathering_twice_or_in_parts_is_gathering_once(points: list[TrendPoint], width_ms: int) -> None:
    once = gathered(points, width_ms)
    assert gathered([*once, *points], width_ms) == once
    half = len(points) // 2
    parts = [*gathered(points[:half], LAYERS[0].bucket_ms), *gathered(points[half:], LAYERS[0].bucket_ms)]
    assert gathered(parts, width_ms) == once


@given(st.integers(0, 2_000_000_000_000), st.integers(1, 400 * 86_400_000), st.integers(1, 3_000))
def test_a_chart_never_has_more_buckets_than_asked_for(since_ms: int, span_ms: int, most_points: int) -> None:
    until_ms = since_ms + span_ms
    width_ms = chart_bucket_ms(since_ms, until_ms, most_points)
    assert start_of(until_ms - 1, width_ms) - start_of(since_ms, width_ms) <= (most_points - 1) * width_ms


def test_an_hour_on_a_screen_is_drawn_at_the_finest_detail() -> None:
    assert chart_bucket_ms(0, 3_600_000, 400) == 10_000


@pytest.mark.parametrize("since_ms,until_ms,most_points", [(5, 5, 10), (6, 5, 10), (0, 10, 0)])
def test_an_empty_chart_cannot_be_asked_for(since_ms: int, until_ms: int, most_points: int) -> None:
    with pytest.raises(ValueError, match="must"):
        chart_bucket_ms(since_ms, until_ms, most_points)


def test_each_layer_is_a_multiple_of_the_finer_one_so_that_no_bucket_straddles() -> None:
    for narrow, wide in itertools.pairwise(LAYERS):
        assert wide.bucket_ms % narrow.bucket_ms == 0
        assert wide.until_age_ms > narrow.until_age_ms

"""EW-2: what is remembered of a trend: medians of hours, holes where nothing was measured, and no growth."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from blinwatch.core.early_warning.judge_rise import judge_rise
from blinwatch.core.early_warning.trends import (
    HOUR_MS,
    NO_TRENDS,
    SIGNS,
    Reading,
    Trends,
    begin,
    close_bucket,
    rest,
)
from tests.core.early_warning.support import CALM, FACTS, after, gathered, rules

BUCKET_MS = 600_000
LARGEST_BYTES = 2048
"""The early warning may take a thirtieth of the state's 64 KiB."""


def test_a_bucket_keeps_a_value_from_its_first_moment_and_not_the_one_of_its_end() -> None:
    trends = begin(NO_TRENDS, 0, rules())
    readings = {"heart_rate": Reading(80, 0), "spo2": Reading(97, BUCKET_MS - 1), "temperature": Reading(37, BUCKET_MS)}
    closed = close_bucket(trends, readings, BUCKET_MS, rules())
    assert {name: track.buckets for name, track in closed.tracks.items()} == {
        "heart_rate": ((0, 80),),
        "spo2": ((0, 97),),
    }


def test_a_value_from_before_the_bucket_is_not_carried_into_it() -> None:
    trends = close_bucket(
        begin(NO_TRENDS, BUCKET_MS, rules()), {"spo2": Reading(97, BUCKET_MS - 1)}, 2 * BUCKET_MS, rules()
    )
    assert trends.tracks == {}


def test_an_hour_becomes_one_median_when_the_last_hour_no_longer_holds_any_of_it() -> None:
    rising = {"heart_rate": lambda hour: 70.0 + 6 * hour}
    at_two = gathered(2, rising).tracks["heart_rate"]
    assert [number for number, _ in at_two.buckets] == list(range(6, 12))
    assert at_two.hours == ((2, 73.0),)
    earlier = gathered(2 - 1 / 6, rising).tracks["heart_rate"]
    assert [number for number, _ in earlier.buckets] == list(range(11))
    assert earlier.hours == ()


def test_a_gap_without_events_leaves_a_hole_and_old_hours_go_after_a_day() -> None:
    trends = gathered(3, CALM)
    later = close_bucket(trends, {}, trends.next_ms + 5 * HOUR_MS, rules())
    assert later.tracks["spo2"].buckets == ()
    assert len(later.tracks["spo2"].hours) == 3
    assert later.next_ms > trends.next_ms + 5 * HOUR_MS
    gone = close_bucket(later, {}, trends.next_ms + 30 * HOUR_MS, rules())
    assert gone.tracks == {}


def test_a_rest_forgets_the_values_and_remembers_when_a_notice_was_given() -> None:
    trends = replace(gathered(3, CALM), raised_ms=5)
    resting = rest(trends, 4 * HOUR_MS, rules())
    assert (resting.tracks, resting.origin_ms, resting.raised_ms, resting.untold) == ({}, None, 5, False)
    assert rest(replace(trends, signs=("spo2",)), 4 * HOUR_MS, rules()).untold, "a notice that stands must be judged"


def test_nine_days_of_the_longest_numbers_take_less_than_two_kib() -> None:
    bases = zip(SIGNS, (30.1, 240.1, 110.1, 89.1), strict=True)
    odd = {name: (lambda hour, base=base: base + (hour * 7.7) % 9.9) for name, base in bases}
    adapter = TypeAdapter(Trends)
    sizes: list[int] = []
    trends = gathered(9 * 24, odd, start_ms=1_700_000_000_000)
    for number in range(12):
        trends = close_bucket(
            trends, {name: Reading(200.1, trends.next_ms - 1) for name in SIGNS}, trends.next_ms, rules()
        )
        full = replace(trends, signs=tuple(SIGNS), raised_ms=1_700_000_000_000 + number)
        sizes.append(len(json.dumps(adapter.dump_python(full, mode="json"), separators=(",", ":"))))
    assert max(sizes) <= LARGEST_BYTES


@settings(max_examples=25)
@given(
    shift_ms=st.integers(-(10**12), 10**12),
    hours=st.integers(4, 12),
    at=st.integers(3, 10),
    heart=st.sampled_from([80.0, 90.0, 100.0, 110.0]),
    spo2=st.sampled_from([98.0, 97.0, 96.0, 94.0]),
)
def test_a_shift_in_time_changes_nothing_but_times(
    shift_ms: int, hours: int, at: int, heart: float, spo2: float
) -> None:
    told = {**CALM, "heart_rate": after(at, heart, 80), "spo2": after(at, spo2, 98)}
    here, there = gathered(hours, told), gathered(hours, told, start_ms=shift_ms)
    assert there.tracks == here.tracks
    assert there.next_ms - here.next_ms == shift_ms
    assert judge_rise(there, FACTS, rules()) == judge_rise(here, FACTS, rules())


@pytest.mark.parametrize("minutes", [10, 15, 20])
def test_any_length_of_a_bucket_that_a_site_may_choose_gives_the_same_baseline(minutes: float) -> None:
    by = replace(rules(), bucket_min=minutes)
    trends = begin(NO_TRENDS, 0, by)
    while trends.next_ms <= 12 * HOUR_MS:
        trends = close_bucket(trends, {"spo2": Reading(98, trends.next_ms - 1)}, trends.next_ms, by)
    (move,) = judge_rise(trends, FACTS, by).moves
    assert (move.now, move.baseline, move.slope_per_h) == (98, 98, 0)

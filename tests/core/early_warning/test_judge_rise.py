"""EW-2 to EW-4: whether the signs have risen: both sides of every limit, what is missing, and what a drug hides."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blinwatch.core.early_warning.judge_rise import Verdict, judge_rise
from tests.core.early_warning.support import CALM, FACTS, Told, after, gathered, rules

RULES = rules()
HOURS = 10
SINCE = 8
"""The change began two hours before: the last hour is all changed, the baseline is all before."""
HEART_LIMIT = 80 * (1 + RULES.heart_rate_rise_fraction)
BREATH_LIMIT = 16 * (1 + RULES.respiratory_rate_rise_fraction)


def verdict(**changed: float) -> Verdict:
    before = {"temperature": 36.6, "heart_rate": 80.0, "respiratory_rate": 16.0, "spo2": 98.0}
    told = {**CALM, **{name: after(SINCE, value, before[name]) for name, value in changed.items()}}
    return judge_rise(gathered(HOURS, told), FACTS, RULES)


@pytest.mark.parametrize(
    "sign,at_limit,short_of_it",
    [
        ("heart_rate", HEART_LIMIT, HEART_LIMIT - 0.1),
        ("respiratory_rate", BREATH_LIMIT, BREATH_LIMIT - 0.1),
        ("spo2", 98 - RULES.spo2_fall_pct, 98 - RULES.spo2_fall_pct + 0.1),
        ("temperature", round(36.6 + RULES.temperature_rise_c, 2), round(36.6 + RULES.temperature_rise_c - 0.1, 2)),
    ],
)
def test_the_limit_itself_counts_and_what_is_short_of_it_does_not(
    sign: str, at_limit: float, short_of_it: float
) -> None:
    assert verdict(**{sign: at_limit}).signs == (sign,)
    assert verdict(**{sign: short_of_it}).signs == ()


def test_a_temperature_that_has_stood_high_for_hours_no_longer_climbs() -> None:
    high_since = {**CALM, "temperature": after(7, 37.5, 36.6)}
    warm_all_along = replace(RULES, baseline_gap_h=12)
    fresh = judge_rise(gathered(HOURS, high_since), FACTS, RULES)
    assert fresh.signs == ("temperature",)
    old = judge_rise(gathered(20, high_since), FACTS, warm_all_along)
    move = next(one for one in old.moves if one.sign == "temperature")
    assert move.now - move.baseline >= RULES.temperature_rise_c
    assert not move.risen


def test_the_slope_of_the_temperature_counts_from_its_limit_on() -> None:
    """A tenth of a degree every hour, for a day."""
    steady_climb = gathered(24, {"temperature": lambda hour: 35.0 + 0.1 * int(hour)})

    def signs(slope_c_per_h: float) -> tuple[str, ...]:
        return judge_rise(steady_climb, FACTS, replace(RULES, temperature_slope_c_per_h=slope_c_per_h)).signs

    (move,) = judge_rise(steady_climb, FACTS, RULES).moves
    assert move.slope_per_h == pytest.approx(0.1, abs=0.01)
    assert signs(move.slope_per_h) == ("temperature",)
    assert signs(move.slope_per_h + 1e-6) == ()


def test_two_signs_together_are_a_rise_and_one_is_not() -> None:
    assert verdict(heart_rate=HEART_LIMIT).risk == "quiet"
    both = verdict(heart_rate=HEART_LIMIT, respiratory_rate=BREATH_LIMIT)
    assert (both.risk, both.signs) == ("rising", ("heart_rate", "respiratory_rate"))


def test_a_fast_heart_of_twenty_minutes_is_no_rise() -> None:
    effort = {**CALM, "heart_rate": lambda hour: 130.0 if 9.6 <= hour < 9.95 else 80.0, "spo2": after(SINCE, 94, 98)}
    assert judge_rise(gathered(HOURS, effort), FACTS, RULES).signs == ("spo2",)


@pytest.mark.parametrize("name", ["heart_rate", "respiratory_rate", "spo2"])
def test_too_few_recent_values_are_neither_normal_nor_a_rise(name: str) -> None:
    fewest = RULES.recent_buckets_min

    def told(buckets: int) -> Told:
        start = HOURS - (buckets - 0.2) / 6
        return {name: lambda hour: 60.0 if hour < HOURS - 1 or hour >= start else None}

    enough = judge_rise(gathered(HOURS, told(fewest)), FACTS, RULES)
    too_few = judge_rise(gathered(HOURS, told(fewest - 1)), FACTS, RULES)
    assert [move.sign for move in enough.moves] == [name]
    assert too_few.moves == ()
    assert too_few.risk == "not_evaluable"


def test_a_baseline_needs_its_hours() -> None:
    hours = RULES.baseline_hours_min + RULES.baseline_gap_h
    assert judge_rise(gathered(hours, CALM), FACTS, RULES).risk == "quiet"
    short = judge_rise(gathered(hours - 1, CALM), FACTS, RULES)
    assert [move.sign for move in short.moves] == ["temperature"]
    assert short.risk == "not_evaluable"


def test_an_old_temperature_is_missing() -> None:
    once_an_hour = {"temperature": lambda hour: 36.6 if hour < 6 and hour % 1 < 1 / 6 else None}
    last_h = 5 + 1 / 6
    assert [move.sign for move in judge_rise(gathered(last_h + 3.8, once_an_hour), FACTS, RULES).moves] == [
        "temperature"
    ]
    assert judge_rise(gathered(last_h + 4, once_an_hour), FACTS, RULES).moves == ()


def test_a_sign_that_staff_attribute_to_another_cause_does_not_count() -> None:
    told = {**CALM, "heart_rate": after(SINCE, 110, 80), "spo2": after(SINCE, 92, 98)}
    facts = replace(FACTS, left_out=("spo2",))
    assert judge_rise(gathered(HOURS, told), facts, RULES).signs == ("heart_rate",)


def test_a_beta_blocker_lowers_the_rise_of_the_heart_rate_that_counts_to_that_of_the_interaction_table() -> None:
    strict = replace(RULES, heart_rate_rise_fraction=0.3, heart_rate_rise_masked_fraction=0.2)
    told = {**CALM, "heart_rate": after(SINCE, 96, 80)}
    assert judge_rise(gathered(HOURS, told), FACTS, strict).signs == ()
    slowed = replace(FACTS, heart_rate_hidden_by=("metoprolol",))
    assert judge_rise(gathered(HOURS, told), slowed, strict).signs == ("heart_rate",)


def test_a_temperature_that_falls_under_paracetamol_does_not_end_a_notice_that_rests_on_it() -> None:
    standing = replace(
        gathered(HOURS, {**CALM, "heart_rate": after(SINCE, 100, 80)}), signs=("temperature", "heart_rate")
    )
    hidden = replace(FACTS, fever_hidden_by=("antipyretic",))
    assert judge_rise(standing, FACTS, RULES).risk == "quiet"
    still = judge_rise(standing, hidden, RULES)
    assert (still.risk, still.hidden) == ("rising", ("temperature",))
    never_rose = replace(standing, signs=("heart_rate", "respiratory_rate"))
    assert judge_rise(never_rose, hidden, RULES).risk == "quiet"


VALUES = st.sampled_from([None, 36.5, 37.4, 80.0, 98.0, 110.0])


@settings(max_examples=25)
@given(values=st.lists(VALUES, min_size=30, max_size=80), name=st.sampled_from(sorted(CALM)), data=st.data())
def test_taking_values_away_never_makes_a_rise_of_a_steady_sign(
    values: list[float | None], name: str, data: st.DataObject
) -> None:
    """Missing is never a rise: a sign that never moved stays unmoved whatever is missing of it."""
    steady = data.draw(st.sampled_from([36.5, 80.0]))
    told = {name: lambda hour: None if values[int(hour * 6) % len(values)] is None else steady}
    assert judge_rise(gathered(len(values) / 6, told), FACTS, RULES).signs == ()


@settings(max_examples=25)
@given(heart=st.integers(60, 140), more=st.integers(0, 40))
def test_a_faster_heart_never_takes_the_sign_away(heart: int, more: int) -> None:
    if "heart_rate" in verdict(heart_rate=heart).signs:
        assert "heart_rate" in verdict(heart_rate=heart + more).signs

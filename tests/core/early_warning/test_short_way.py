"""The short way of a quiet monitor (core/steady.py) with the early warning on: both ways give the same trends."""

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blinwatch.core.events import AnyEvent
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.stories import STORIES
from tests.core.early_warning.support import CALM, Told, bedside, in_order, infusion, switched_on
from tests.core.stories import PATIENT, START, tick
from tests.core.test_steady import assert_alike, monitors

ON = switched_on()


@settings(max_examples=15)
@given(events=monitors(), random=st.randoms(use_true_random=False))
def test_a_monitor_in_or_out_of_order_is_judged_alike_on_both_ways(events: list[AnyEvent], random: Random) -> None:
    shaken = sorted(events, key=lambda event: event.occurred_at + timedelta(minutes=random.choice([0, 0, 0, 2, 9])))
    assert_alike(shaken, ON)


@settings(max_examples=6)
@given(chance=st.randoms(use_true_random=False))
def test_a_rise_of_any_shape_is_judged_alike_on_both_ways(chance: Random) -> None:
    """Random steps of all four signs over half a day, with ticks between them."""
    levels = {name: [value(0) + chance.choice(moves) for _ in range(8)] for (name, value), moves in zip(
        CALM.items(), ([0, 0, 0.3, 0.6, 1.0], [0, 0, 10, 25], [0, 0, 5], [0, 0, -2, -4]), strict=True)}  # fmt: skip
    told: Told = {name: (lambda hour, own=own: own[int(hour / 1.5) % 8]) for name, own in levels.items()}
    ticks: list[AnyEvent] = [tick(number, chance.uniform(0, 720)) for number in range(12)]
    assert assert_alike(in_order(infusion(), list(bedside(told, 0, 12)), ticks), ON) > 0


@pytest.mark.parametrize(
    "name", ["heart-and-breathing-rise-hours-before-the-fever", "uneventful-step-to-the-full-dose"]
)
def test_half_a_day_of_a_story_is_judged_alike_on_both_ways(name: str) -> None:
    setting = StorySetting(seed=3, patient_id=PATIENT, start=START, rulebook=ON, duration_h=11, monitor_interval_s=120)
    assert assert_alike([event for _, event in STORIES[name].tell(setting)], ON) > 0

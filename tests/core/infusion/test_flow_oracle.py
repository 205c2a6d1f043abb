"""Infused hours and gaps against a second, slower way to count them: minute by minute."""

from hypothesis import given, settings
from hypothesis import strategies as st

from blinwatch.clinical.load_rulebook import load_rulebook
from tests.core.infusion.story import Told, told_at

RULES = load_rulebook().infusion
STARTS = ("start", "restart", "bag_change_end")
STOPS = ("stop", "bag_change_start")


def flows_in_minute(story: list[Told], minute: int) -> bool:
    """Whether drug flows in the minute that begins here: the last start or stop before it decides."""
    flows = False
    for told in story:
        if round(told[0] * 60) <= minute:
            flows = told[1] in STARTS
    return flows


@settings(max_examples=150)
@given(
    minutes=st.lists(st.integers(min_value=1, max_value=3000), unique=True, max_size=14),
    kinds=st.lists(st.sampled_from([*STARTS, *STOPS]), min_size=14, max_size=14),
    asked_min=st.integers(min_value=0, max_value=3100),
)
def test_infused_time_is_the_sum_of_the_minutes_in_which_drug_flows(
    minutes: list[int], kinds: list[str], asked_min: int
) -> None:
    story: list[Told] = [(0, "start")]
    story += [(minute / 60, kind) for minute, kind in zip(sorted(minutes), kinds, strict=False)]
    view = told_at(asked_min / 60, story, RULES)
    counted_h = sum(flows_in_minute(story, minute) for minute in range(asked_min)) / 60
    assert view.infused_h_total is not None
    assert abs(view.infused_h_total - counted_h) < 1e-9
    assert (view.state == "running") == flows_in_minute(story, asked_min)


@settings(max_examples=150)
@given(
    minutes=st.lists(st.integers(min_value=1, max_value=3000), unique=True, max_size=14),
    asked_min=st.integers(min_value=0, max_value=3100),
)
def test_short_gaps_add_up_over_the_last_day_as_a_slow_count_says(minutes: list[int], asked_min: int) -> None:
    story: list[Told] = [(0, "start")]
    for number, minute in enumerate(sorted(minutes)):
        story.append((minute / 60, "stop" if number % 2 == 0 else "restart"))
    view = told_at(asked_min / 60, story, RULES)
    window = range(max(0, asked_min - 24 * 60), asked_min)
    still_min = sum(not flows_in_minute(story, minute) for minute in window)
    runs = _still_runs(story, asked_min)
    long_touches = any(end > asked_min - 24 * 60 and end - start >= 240 for start, end in runs)
    codes = [finding.code for finding in view.verdict.findings]
    assert ("INF_CUMULATIVE_GAP" in codes) == (still_min >= 240 and not long_touches)


def _still_runs(story: list[Told], asked_min: int) -> list[tuple[int, int]]:
    """Stretches without flow up to now, as (first minute, minute after the last)."""
    runs: list[tuple[int, int]] = []
    start: int | None = None
    for minute in range(asked_min):
        if not flows_in_minute(story, minute):
            start = minute if start is None else start
        elif start is not None:
            runs.append((start, minute))
            start = None
    return runs if start is None else [*runs, (start, asked_min)]

"""How many cases the second opinion is asked about: a few thousand by default, more by ORACLE_EXAMPLES.

ORACLE_EXAMPLES is the number of observations, timelines and reactions in all; about a quarter of them are timelines,
so 850000 asks about more than 200,000 timelines. They come in rounds, each with its own seed, so that a long run is
reproducible, its memory stays bounded and no single test runs into pytest's time limit.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

DEFAULT_EXAMPLES = 2000
"""Small enough for every hand-in: about 15 s on one core, beside the thousands of test_boundaries_agree.py."""
ROUND = 1500
"""Examples in one round at most: half a minute of timelines, far within the limit of 120 s."""
SHARES = {
    "crs_snapshots": 0.34,
    "crs_timelines": 0.14,
    "icans_snapshots": 0.18,
    "icans_timelines": 0.10,
    "dose_snapshots": 0.24,
}
"""A timeline takes three to five times as long as a snapshot, so there are fewer of them."""


@dataclass(frozen=True)
class Round:
    """One run of hypothesis."""

    number: int
    examples: int


def rounds(kind: str) -> pytest.MarkDecorator:
    """The rounds of one kind of case as parameters of a test."""
    left = max(1, round(SHARES[kind] * int(os.environ.get("ORACLE_EXAMPLES", DEFAULT_EXAMPLES))))
    planned = []
    while left > 0:
        planned.append(Round(len(planned), min(ROUND, left)))
        left -= ROUND
    return pytest.mark.parametrize("planned", planned, ids=lambda one: f"{kind}-{one.number}-{one.examples}")


def compare(planned: Round, cases: st.SearchStrategy[Any], differences: Callable[[Any], list[str]]) -> None:
    """Fail with the smallest case for which there is any difference."""

    @seed(planned.number)
    @settings(
        max_examples=planned.examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    @given(cases)
    def agree(case: dict[str, Any]) -> None:
        found = differences(case)
        assert not found, "\n".join([f"given {case}", *found])

    agree()

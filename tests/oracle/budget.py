"""How many cases the second opinion is asked about: a few thousand by default, more by ORACLE_EXAMPLES.

`ORACLE_EXAMPLES=200000 make test-long` asks about that many observations, timelines and reactions in all. They come
in rounds, each with its own seed, so that a long run is reproducible and its memory stays bounded.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

DEFAULT_EXAMPLES = 3000
"""Small enough for every hand-in: together under half a minute on one core."""
ROUND = 4000
"""Examples in one round at most."""
SHARES = {
    "crs_snapshots": 0.30,
    "crs_timelines": 0.20,
    "icans_snapshots": 0.15,
    "icans_timelines": 0.15,
    "dose_snapshots": 0.20,
}


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
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    @given(cases)
    def agree(case: dict[str, Any]) -> None:
        found = differences(case)
        assert not found, "\n".join([f"given {case}", *found])

    agree()

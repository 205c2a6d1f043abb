"""Workers are killed, paused and stopped between any two steps: nothing is lost, nothing is told twice.

The short form of `make simulate`. A failure is played again with `python -m tests.simulated --seed N`.
"""

import pytest

from tests.aftermath.checker import recovered_states
from tests.simulated.__main__ import play
from tests.simulated.mistakes import MISTAKES
from tests.simulated.simulation import run
from tests.support.telling import commit

SEEDS = 25
"""For each judgement; a seed costs about a tenth of a second."""
PATIENCE_SEEDS = 600
"""The rarest mistake shows itself in one seed of three hundred; the others within the first forty."""


@pytest.mark.slow
@pytest.mark.parametrize("judge,seeds", [("toy", SEEDS), ("ledger", SEEDS), ("core", 3)])
def test_whatever_happens_to_workers_nothing_is_lost_and_nothing_told_twice(judge: str, seeds: int) -> None:
    kills = 0
    for seed in range(1_000_000, 1_000_000 + seeds):
        outcome = run(seed, judge=judge)
        verdict = outcome.verdict()
        kills += outcome.kills
        assert not verdict.faults, f"seed {seed}, judge {judge}, commit {commit()}: {verdict.faults[:5]}"
        assert verdict.decisions or judge == "core"
    assert kills > seeds, "the simulation hardly struck"


def test_a_seed_is_the_same_run_every_time() -> None:
    first, again = run(7, judge="ledger"), run(7, judge="ledger")
    assert first.broker.logs == again.broker.logs
    assert first.points == again.points
    assert recovered_states(first.remains) == recovered_states(again.remains)


def test_the_tally_of_several_seeds_counts_their_kills_and_names_their_failures() -> None:
    tally = play(3, 2)
    assert tally.seeds == 2
    assert tally.counts["kills"] == sum(tally.points.values()) > 0
    assert tally.failures == []


@pytest.mark.slow
@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_checker_sees_what_a_mistake_does(mistake: str) -> None:
    for seed in range(PATIENCE_SEEDS):
        if run(seed, MISTAKES[mistake], "ledger").verdict().faults:
            return
    pytest.fail(f"{PATIENCE_SEEDS} seeds and nothing seen")

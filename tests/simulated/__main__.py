"""Play seeds: `python -m tests.simulated --kills 100000`, or one of them again: `python -m tests.simulated --seed N`.

A failure names its seed and the commit. The same seed on the same commit is the same run, event by event.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import count

from tests.aftermath.checker import Verdict
from tests.simulated.simulation import Outcome, run
from tests.support.telling import commit, say

SEEDS_AT_ONCE = 25
"""A few seconds of work: what a process is given, and what is played beyond the goal at most."""
WRONG = {"finished": "stuck", "state": "wrong", "order": "wrong", "dead letters": "wrong", "moved": "lost"}


@dataclass
class Tally:
    """What many seeds came to."""

    seeds: int = 0
    counts: Counter[str] = field(default_factory=Counter[str])
    points: Counter[str] = field(default_factory=Counter[str])
    failures: list[str] = field(default_factory=list[str])

    def take(self, outcome: Outcome, verdict: Verdict) -> None:
        """Add one seed."""
        self.seeds += 1
        self.points += outcome.points
        self.counts.update(
            kills=outcome.kills,
            pauses=outcome.pauses,
            stops=outcome.stops,
            refused=outcome.failures,
            rebalances=outcome.rebalances,
            decisions=verdict.decisions,
            repeats=verdict.repeats,
            stale=verdict.stale_alerts,
            stale_seeds=verdict.stale_alerts > 0,
        )
        self.counts[f"{outcome.judge} seeds"] += 1
        for fault in verdict.faults:
            self.counts[WRONG.get(fault.kind, fault.kind)] += 1
            self.failures.append(f"seed {outcome.seed} ({outcome.judge}): {fault.kind}: {fault.what}")

    def add(self, other: "Tally") -> None:
        """Add what another process counted."""
        self.seeds += other.seeds
        self.counts += other.counts
        self.points += other.points
        self.failures += other.failures


def play(first: int, seeds: int, judge: str | None = None) -> Tally:
    """Play consecutive seeds."""
    tally = Tally()
    for seed in range(first, first + seeds):
        outcome = run(seed, judge=judge)
        tally.take(outcome, outcome.verdict())
    return tally


def play_until(kills: int, first: int, jobs: int) -> Iterator[Tally]:
    """Play seeds in several processes until workers have been killed so often; what has come so far, now and then."""
    total = Tally()
    firsts = count(first, SEEDS_AT_ONCE)
    with ProcessPoolExecutor(jobs) as pool:
        going: set[Future[Tally]] = {pool.submit(play, next(firsts), SEEDS_AT_ONCE) for _ in range(jobs)}
        while going:
            done, going = wait(going, return_when=FIRST_COMPLETED)
            for one in done:
                total.add(one.result())
                if total.counts["kills"] < kills:
                    going.add(pool.submit(play, next(firsts), SEEDS_AT_ONCE))
            yield total


def describe(tally: Tally, passed_s: float) -> str:
    """The tally for people."""
    counts, minutes = tally.counts, passed_s / 60
    lines = [
        f"commit {commit()}: {tally.seeds:,} seeds, {counts['kills']:,} workers killed, {counts['pauses']:,} paused",
        f"{counts['stops']:,} stopped, {counts['refused']:,} ended by themselves, {counts['rebalances']:,} rebalances",
        f"judgements: {', '.join(f'{counts[name]:,} {name}' for name in ('toy seeds', 'ledger seeds', 'core seeds'))}",
        f"{counts['decisions']:,} decisions; repeats recognised by id: {counts['repeats']:,}",
        f"lost {counts['lost']}, twice {counts['twice']}, wrong {counts['wrong']}, stuck {counts['stuck']}",
        f"ended alerts that alerts.active.v1 still shows: {counts['stale']:,} in {counts['stale_seeds']:,} seeds",
        f"{passed_s:.0f} s: {tally.seeds / minutes:,.0f} seeds and {counts['kills'] / minutes:,.0f} kills a minute",
        "killed at: " + ", ".join(f"{where} {times:,}" for where, times in tally.points.most_common()),
    ]
    return "\n".join([*lines, *tally.failures[:50]])


def main() -> int:
    """Play, print, and end with 1 when any promise was broken."""
    options = argparse.ArgumentParser(prog="python -m tests.simulated", description=__doc__)
    options.add_argument("--seed", type=int, help="play this one only, and print every fault")
    options.add_argument("--judge", choices=["toy", "ledger", "core"], help="with --seed: not the one it would draw")
    options.add_argument("--kills", type=int, default=2_000, help="play until so many workers were killed")
    options.add_argument("--first", type=int, default=0, help="the first seed")
    options.add_argument("--jobs", type=int, default=2, help="processes")
    chosen = options.parse_args()
    started_s = time.perf_counter()
    if chosen.seed is not None:
        tally = play(chosen.seed, 1, chosen.judge)
    else:
        told_s = started_s
        for tally in play_until(chosen.kills, chosen.first, chosen.jobs):
            if time.perf_counter() - told_s > 60:
                told_s = time.perf_counter()
                say(describe(tally, told_s - started_s).split("\nkilled at")[0])
    say(describe(tally, time.perf_counter() - started_s))
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())

"""The drill of an upgrade, `python -m tests.chaos.upgrade`: every worker is replaced, one by one, while pumps alarm.

Two workers on three brokers; five pumps a second report an occlusion (an alert of high priority), each at another
patient. In each round one worker is asked to stop and starts anew, then, when it is ready, the other: what `docker
compose up` and a rolling Kubernetes update do with a new image. Measured is how long each alarm took until a
subscriber had its alert, during the rounds and before them, and how many alerts said of themselves that they come late.
In the end the checker looks at everything: lost, twice, wrong.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.aftermath.checker import Verdict
from tests.chaos.fleet import WORKERS
from tests.chaos.outages import PARTITIONS, PATIENCE_S, AlarmRun, alarms_on, keep_going, keep_going_until
from tests.chaos.plan import Blow
from tests.support.apache_kafka import ApacheKafka
from tests.support.telling import commit, say

REPLACED = 2
"""Workers that run, and are replaced in each round."""
QUIET_S = 20.0
"""Before the first round: how long alarms take when nothing happens."""
SETTLE_S = 3.0
"""Between two workers, beyond being ready."""


@dataclass(frozen=True)
class Drill:
    """What came of it."""

    quiet_s: list[float]
    """From an alarm to its alert, before anything is replaced; sorted."""
    rolling_s: list[float]
    """The same while workers are replaced."""
    late: int
    """Alerts that said of themselves that they come late."""
    failed_stops: int
    verdict: Verdict


def main() -> int:
    """Play, print, and end with 1 when any promise was broken."""
    options = argparse.ArgumentParser(prog="python -m tests.chaos.upgrade", description=__doc__)
    options.add_argument("--rounds", type=int, default=10, help="each replaces two workers")
    chosen = options.parse_args()
    kafka = ApacheKafka(brokers=3, doors=WORKERS)
    with tempfile.TemporaryDirectory(prefix="blinwatch-upgrade-") as scratch, kafka:
        drill = play(kafka, Path(scratch), chosen.rounds, QUIET_S)
    say(describe(drill, chosen.rounds))
    return 1 if drill.verdict.faults or drill.late else 0


def play(kafka: ApacheKafka, folder: Path, rounds: int, quiet_s: float) -> Drill:
    """Replace two workers in each round."""
    kafka.create_catalogue_topics(PARTITIONS)
    # Seed 1: ordinary membership, as Compose gives it.
    with alarms_on(kafka, folder, seed=1) as run:
        begun_s = time.monotonic()
        keep_going(run.fleet, quiet_s)
        rolling_from_s = time.monotonic()
        for number in range(rounds):
            for target in range(REPLACED):
                _replace(run, target)
            say(f"round {number + 1}: longest so far {max(_took(run, rolling_from_s, time.monotonic())):.1f} s")
        rolled_s = time.monotonic()
        verdict = run.finish(kafka)
        return Drill(
            sorted(_took(run, begun_s, rolling_from_s)),
            sorted(_took(run, rolling_from_s, rolled_s)),
            run.listener.late,
            run.fleet.tally.failed_stops,
            verdict,
        )


def _replace(run: AlarmRun, target: int) -> None:
    fleet = run.fleet
    fleet.strike(Blow(after_s=0, kind="stop", target=target, lasts_s=0))
    keep_going_until(fleet, fleet.is_calm)
    fleet.until_ready(PATIENCE_S)
    keep_going(fleet, SETTLE_S)


def _took(run: AlarmRun, from_s: float, until_s: float) -> Iterable[float]:
    """How long each alarm given in this time took to become an alert at a subscriber."""
    heard = run.listener.heard_s
    given = list(run.alarms.given_s.items())
    return [heard[patient] - at_s for patient, at_s in given if from_s <= at_s < until_s and patient in heard]


def describe(drill: Drill, rounds: int) -> str:
    """For people."""
    kinds = {kind: sum(fault.kind == kind for fault in drill.verdict.faults) for kind in ("lost", "twice", "state")}
    found = ", ".join(f"{kind} {count}" for kind, count in kinds.items())
    lines = [
        f"commit {commit()}: {rounds * REPLACED} workers replaced, {drill.failed_stops} did not stop in order",
        f"{drill.verdict.decisions:,} decisions: {found}, all faults {len(drill.verdict.faults)}",
        f"alerts marked late: {drill.late}",
        f"quiet: {_times(drill.quiet_s)}",
        f"while workers are replaced: {_times(drill.rolling_s)}",
        *(f"{fault.kind}: {fault.what[:500]}" for fault in drill.verdict.faults[:10]),
    ]
    return "\n".join(lines)


def _times(took: list[float]) -> str:
    p50, p99 = (took[min(len(took) - 1, int(share * len(took)))] for share in (0.5, 0.99))
    return f"{len(took):,} alarms, to the alert p50 {p50:.2f} s, p99 {p99:.2f} s, longest {took[-1]:.2f} s"


if __name__ == "__main__":
    sys.exit(main())

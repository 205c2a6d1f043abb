"""Many seeds of chaos in a row on one three-broker cluster, and a report: `make chaos`.

    python -m tests.chaos                           20 seeds with 10 kills each among all other blows
    python -m tests.chaos --seeds 1 --first 17      seed 17 again
    python -m tests.chaos --storm 600               ten minutes of workers that come and go
    python -m tests.chaos --calm 3600               an hour without any blow: does memory stay flat?

Ends with 1 when any promise was broken; what the workers and brokers said then stays in `.cache/chaos/`.
"""

import argparse
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.chaos.fleet import WORKERS
from tests.chaos.one_seed import SeedReport, run_seed
from tests.chaos.plan import EVERYTHING, STORM, Plan, draw_plan, draw_plan_for
from tests.chaos.ward_feed import ChaosWard
from tests.support.apache_kafka import ApacheKafka, keep_server_logs
from tests.support.telling import commit, say

KEPT = Path(__file__).resolve().parents[2] / ".cache" / "chaos"
PACE_S = 4.0
STORM_PACE_S = 2.0


def main() -> int:
    """Play, print, and end with 1 when any promise was broken."""
    chosen = _options()
    total = Total()
    with tempfile.TemporaryDirectory(prefix="blinwatch-chaos-") as scratch:
        folder = Path(scratch)
        with ApacheKafka(brokers=3, doors=WORKERS) as kafka:
            for plan, seconds in _plans(chosen):
                ward = ChaosWard(folder, plan.seed, seconds)
                logs = folder / f"seed-{plan.seed}"
                logs.mkdir()
                report = run_seed(kafka, ward, plan, logs)
                say(total.take(report))
                if report.verdict.faults:
                    keep_server_logs(KEPT / f"seed-{plan.seed}")
                    shutil.copytree(logs, KEPT / f"seed-{plan.seed}", dirs_exist_ok=True)
                shutil.rmtree(logs)
    say(total.describe())
    return 1 if total.counts["faults"] else 0


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(
        prog="python -m tests.chaos", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--seeds", type=int, default=20, help="how many")
    options.add_argument("--first", type=int, default=1, help="the first one")
    options.add_argument("--kills", type=int, default=10, help="workers killed in each")
    options.add_argument("--storm", type=float, metavar="SECONDS", help="one seed of members that come and go")
    options.add_argument("--calm", type=float, metavar="SECONDS", help="one seed without blows")
    return options.parse_args()


def _plans(chosen: argparse.Namespace) -> Iterator[tuple[Plan, float]]:
    """Plans, and for how many seconds the ward is told."""
    if chosen.storm:
        storm = draw_plan_for(chosen.first, seconds=chosen.storm, kinds=STORM, pace_s=STORM_PACE_S)
        yield storm, chosen.storm
    elif chosen.calm:
        yield Plan(chosen.first, (), EVERYTHING), chosen.calm
    else:
        for seed in range(chosen.first, chosen.first + chosen.seeds):
            plan = draw_plan(seed, kills=chosen.kills, pace_s=PACE_S)
            yield plan, sum(blow.after_s for blow in plan.blows) + 5


class Total:
    """What many seeds came to."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.blows: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.resident_kb_most = 0

    def take(self, report: SeedReport) -> str:
        """Add one seed; what to say of it."""
        verdict, tally = report.verdict, report.tally
        kinds = Counter(fault.kind for fault in verdict.faults)
        self.counts.update(
            seeds=1, events=report.events, decisions=verdict.decisions, repeats=verdict.repeats,
            stale=verdict.stale_alerts, faults=len(verdict.faults), failed_stops=tally.failed_stops,
            left_open=verdict.left_open,
        )  # fmt: skip
        self.counts.update({f"fault: {kind}": count for kind, count in kinds.items()})
        self.blows += tally.blows
        self.reasons += tally.ended_by_themselves
        self.resident_kb_most = max(self.resident_kb_most, report.resident_kb_most)
        told = f"seed {report.seed}: {_counted(tally.blows)}; {report.events:,} events in {report.seconds:.0f} s, "
        told += f"{verdict.decisions} decisions, {verdict.repeats} repeats, caught up {report.caught_up_s:.0f} s after "
        told += f"the last event, {report.resident_kb_most // 1024} MiB at most; faults: {_counted(kinds) or 'none'}"
        lines = [told]
        if verdict.left_open:
            lines.append(
                f"  set aside: {verdict.left_open} decisions and states of {verdict.very_late_patients} patients whose "
                "events came beyond the window"
            )
        if report.minute_kb:
            lines.append(f"  MiB of the busiest worker each minute: {[kb // 1024 for kb in report.minute_kb]}")
        if verdict.faults:
            lines.append(f"  again: python -m tests.chaos --seeds 1 --first {report.seed}, commit {commit()}")
            kinds = Counter(f"{fault.kind}: {fault.what.rpartition(': ')[0]}" for fault in verdict.faults)
            lines += [f"  {count} x {kind[:200]}" for kind, count in kinds.most_common(20)]
            lines += [f"  {fault.kind}: {fault.what[:1000]}" for fault in verdict.faults[:10]]
        if tally.given_up:
            lines.append(f"  topics that were waited for in vain: {_counted(tally.given_up)}")
        return "\n".join(lines)

    def describe(self) -> str:
        """The sum of all."""
        counts = self.counts
        wrong = {name: counts[f"fault: {name}"] for name in ("status", "order", "state", "dead letters", "finished")}
        told = f"repeats recognised by id: {counts['repeats']:,}; ended alerts that alerts.active.v1 still shows: "
        told += f"{counts['stale']}; stops that were not in order: {counts['failed_stops']}; set aside because events "
        told += f"came beyond the window: {counts['left_open']}"
        lines = [
            f"commit {commit()}: {counts['seeds']} seeds, {counts['events']:,} events",
            f"{counts['decisions']:,} decisions",
            f"done to them: {_counted(self.blows) or 'nothing'}",
            f"lost {counts['fault: lost']}, twice {counts['fault: twice']}, "
            + ", ".join(f"{name} {count}" for name, count in wrong.items()),
            told,
            f"workers hold {self.resident_kb_most // 1024} MiB at most",
        ]
        if self.reasons:
            lines.append("workers that ended by themselves:")
            lines += [f"  {count} x {reason}" for reason, count in self.reasons.most_common()]
        return "\n".join(lines)


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.most_common())


if __name__ == "__main__":
    sys.exit(main())

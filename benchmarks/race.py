"""blinwatch against its peers: same topic, same work, same broker, one run.

    make bench            python -m benchmarks.race [--rounds 3] [--patients 400] [--events 120000]

Real Apache Kafka, one broker, one worker process at a time; worker and broker each on a processor of their own where
there are two. Every runtime reads the vitals topic of a ward in the middle of treatment (1 Hz monitors, sick patients
among them), filled beforehand, and begins with the patients' states of that moment. Rounds are interleaved, figures
are medians. What each does and what it leaves out stands in benchmarks/peers/ and docs/performance.md.

Prints progress to standard error, the table as Markdown to standard output; --svg draws the plot, --json keeps all.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.bars import draw_bars
from benchmarks.bench_broker import PARTITIONS, BenchBroker, bench_broker
from benchmarks.feed import VITALS, Feeder, Ward
from benchmarks.run_peer import ROOT, run_peer

PEERS_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
RUN_MOST_S = 300
FULL_MIX = "full ward mix"
PLOT_TITLE = "events per processor second of the worker, same work"


@dataclass(frozen=True, slots=True)
class Runner:
    """One line of the table."""

    module: str
    name: str
    share: float = 1.0
    """The part of the events it gets: a slow one would take many minutes for all of them."""
    topic: str = VITALS
    durable: str = "states and alerts"


RUNNERS = (
    Runner("blinwatch_worker", "blinwatch"),
    Runner("bytewax_flow", "bytewax", 0.5),
    Runner("quix_streams", "Quix Streams", 0.25),
    Runner("faust_agent", "Faust agent with a Table", 0.05),
    Runner("bare_aiokafka", "bare aiokafka loop", durable="alerts only"),
    Runner("core_alone", "core alone, in memory", durable="nothing"),
)
ALONE = Runner("blinwatch_worker", "blinwatch, full ward mix", topic=FULL_MIX)


class Race:
    """Runs the runners against one broker."""

    def __init__(self, broker: BenchBroker, ward: Ward, events: int) -> None:
        self._broker = broker
        self._ward = ward
        self._events = events
        self._states = ward.states()
        self._runs = 0
        self.results: dict[str, list[dict[str, Any]]] = {}

    def run(self, runner: Runner) -> dict[str, Any]:
        """One run in a process of its own; its result."""
        self._runs += 1
        group = f"bench-{self._runs}"
        state_topic = f"bench.state.r{self._runs}"
        # Faust's Table takes its own form for its changelog; the others need none made.
        self._broker.kafka.create_topics({state_topic: PARTITIONS})
        if runner.module == "blinwatch_worker":
            Feeder(self._broker.bootstrap).write_states(state_topic, group, self._states)
        words = [
            *("--bootstrap", self._broker.bootstrap, "--topic", VITALS, "--group", group),
            *("--events", str(round(self._events * runner.share)), "--state-topic", state_topic),
            *("--states", str(self._ward.states_file), "--broker-pid", str(self._broker.pid)),
        ]
        if self._broker.worker_core is not None:
            words += ["--core", str(self._broker.worker_core)]
        result = run_peer(PEERS_PYTHON, runner.module, words, RUN_MOST_S)
        self.results.setdefault(runner.name, []).append(result)
        return result


def table(results: dict[str, list[dict[str, Any]]], runners: tuple[Runner, ...]) -> str:
    """Medians as Markdown, with each runner's ratio to blinwatch."""
    own = middle(results[RUNNERS[0].name], "events_per_s")
    head = (
        "| | events/s | spread | blinwatch is | events per CPU second of the worker | CPU µs an event: worker | broker "
        "| RSS MB | events | durable |\n|---|---|---|---|---|---|---|---|---|---|"
    )
    rows = [head]
    for runner in runners:
        found = results[runner.name]
        rate = middle(found, "events_per_s")
        rates = sorted(one["events_per_s"] for one in found)
        worker_us, broker_us = (
            statistics.median(1e6 * one[name] / one["timed_events"] for one in found)
            for name in ("worker_cpu_s", "broker_cpu_s")
        )
        broker_told = "–" if runner.module == "core_alone" else f"{broker_us:.0f}"
        rows.append(
            f"| {runner.name} | {rate:,.0f} | {rates[0]:,.0f}–{rates[-1]:,.0f} | {own / rate:.2f}× "
            f"| {middle(found, 'events_per_worker_cpu_s'):,.0f} | {worker_us:.0f} | {broker_told} "
            f"| {middle(found, 'rss_mb'):.0f} | {found[0]['events']:,} | {runner.durable} |"
        )
    return "\n".join(rows)


def middle(found: list[dict[str, Any]], name: str) -> float:
    """The median of one figure."""
    return statistics.median(one[name] for one in found)


def say(text: str) -> None:
    """Progress, for whoever waits."""
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--patients", type=int, default=400)
    parser.add_argument("--events", type=int, default=120_000)
    parser.add_argument("--up-to-h", type=float, default=36, help="patients have been infusing for up to so many hours")
    parser.add_argument("--ward", type=Path, help="folder to keep the ward in; a ward that is there is used again")
    parser.add_argument("--only", nargs="*", help="modules of benchmarks/peers to run")
    parser.add_argument("--without-mix", action="store_true", help="leave the row of all topics out")
    parser.add_argument("--unpinned", action="store_true", help="let worker and broker run on any processor")
    parser.add_argument("--svg", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    assert PEERS_PYTHON.exists(), "make bench makes .venv-bench first (tools/setup.sh bench)"
    runners = tuple(one for one in RUNNERS if not options.only or one.module in options.only)
    busy = os.getloadavg()
    with tempfile.TemporaryDirectory() as scratch:
        say(f"telling a ward of {options.patients} patients")
        ward = Ward(options.ward or Path(scratch) / "ward", options.patients, options.events, options.up_to_h)
        results = _run_rounds(options, ward, runners)
    everyone = tuple(one for one in (*runners, ALONE) if one.name in results)
    print(table(results, everyone))
    print(f"\n{os.cpu_count()} processors; load average (1, 5, 15 min) before {busy}, after {os.getloadavg()}")
    if options.svg:
        bars = [(one.name, middle(results[one.name], "events_per_worker_cpu_s")) for one in runners]
        options.svg.write_text(draw_bars(bars, PLOT_TITLE), encoding="utf-8")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


def _run_rounds(
    options: argparse.Namespace, ward: Ward, runners: tuple[Runner, ...]
) -> dict[str, list[dict[str, Any]]]:
    results: dict[str, list[dict[str, Any]]] = {}
    with bench_broker(pinned=not options.unpinned) as broker:
        count = Feeder(broker.bootstrap).write_records(ward.records(options.events, vitals_only=True))
        say(f"{count} vitals in {PARTITIONS} partitions")
        race = Race(broker, ward, count)
        for number in range(options.rounds):
            for runner in runners:
                _tell(number, runner, race.run(runner))
        results.update(race.results)
    if options.without_mix:
        return results
    # A broker of its own: the other topics would be a head start for nobody but must not be in the race.
    with bench_broker(pinned=not options.unpinned) as broker:
        count = Feeder(broker.bootstrap).write_records(ward.records(options.events, vitals_only=False))
        race = Race(broker, ward, count)
        for number in range(options.rounds):
            _tell(number, ALONE, race.run(ALONE))
        results.update(race.results)
    return results


def _tell(number: int, runner: Runner, result: dict[str, Any]) -> None:
    say(
        f"round {number + 1} {runner.name:26} {result['events_per_s']:9,.0f} events/s   "
        f"{result['events_per_worker_cpu_s']:9,.0f} per worker CPU second   {result['outputs']} outputs   "
        f"{result['thaws_taken_out']} thaws taken out"
    )


if __name__ == "__main__":
    main()

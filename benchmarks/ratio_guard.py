"""Warns when blinwatch has become slower against a plain Faust agent than benchmarks/baseline.json says.

    python -m benchmarks.ratio_guard [--rounds 2] [--write]

A short race on the embedded mock cluster, at most a minute. Ratios of one run bear a busy or another machine; a ratio
1.25 times worse than the stored one is a warning (on GitHub an annotation), never a failure. --write stores what was
measured. Only a change that is meant to change speed should be committed together with a new baseline.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.feed import VITALS, Feeder, Ward
from benchmarks.run_peer import ROOT, run_peer

from blinwatch.catalogue import load_catalogue
from blinwatch.simulate.embedded_broker import EmbeddedBroker

BASELINE = ROOT / "benchmarks" / "baseline.json"
WORSE_BY = 1.25
PARTITIONS = 8
PATIENTS, HOURS = 20, 2.0
"""Few and early in treatment: telling the ward must not take longer than the race."""
EVENTS = {"blinwatch_worker": 16_000, "faust_agent": 1_500}
SECONDS_MOST = 60.0
"""No round is begun that would end after this."""


def race_once(module: str, bootstrap: str, number: int, ward: Ward) -> float:
    """Events per processor second of the worker: what else the machine does matters less to it than to the clock."""
    group, state_topic = f"guard-{module}-{number}", f"guard.state.{module}.{number}"
    if module == "blinwatch_worker":
        Feeder(bootstrap).write_states(state_topic, group, ward.states())
    words = [
        *("--bootstrap", bootstrap, "--topic", VITALS, "--group", group, "--state-topic", state_topic),
        *("--events", str(EVENTS[module]), "--states", str(ward.states_file)),
    ]
    result = run_peer(Path(sys.executable), module, words, SECONDS_MOST)
    return float(result["events_per_worker_cpu_s"])


def race(rounds: int) -> float:
    """How many times as fast as the plain agent; the median of the rounds that fit into a minute."""
    began_s = time.monotonic()
    topics = {topic.name: topic.partitions for topic in load_catalogue(PARTITIONS).topics}
    topics |= {f"guard.state.{module}.{number}": PARTITIONS for module in EVENTS for number in range(rounds)}
    ratios: list[float] = []
    with tempfile.TemporaryDirectory() as scratch, EmbeddedBroker(topics) as broker:
        ward = Ward(Path(scratch), PATIENTS, max(EVENTS.values()), HOURS)
        Feeder(broker.bootstrap).write_records(ward.records(max(EVENTS.values()), vitals_only=True))
        for number in range(rounds):
            round_began_s = time.monotonic()
            own, agent = (race_once(module, broker.bootstrap, number, ward) for module in EVENTS)
            ratios.append(own / agent)
            print(f"ratio guard: blinwatch {own:,.0f}, agent {agent:,.0f} events per CPU second: {own / agent:.1f}×")
            now_s = time.monotonic()
            if now_s - began_s + (now_s - round_began_s) > SECONDS_MOST:
                break
    return statistics.median(ratios)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="store the ratio that was measured")
    options = parser.parse_args()
    ratio = race(options.rounds)
    if options.write:
        BASELINE.write_text(json.dumps({"ratio_to_plain_agent": round(ratio, 1)}) + "\n", encoding="utf-8")
        return
    stored = float(json.loads(BASELINE.read_text(encoding="utf-8"))["ratio_to_plain_agent"])
    if ratio * WORSE_BY < stored:
        mark = "::warning title=slower than before::" if os.environ.get("GITHUB_ACTIONS") else "!!! WARNING: "
        print(f"{mark}blinwatch is {ratio:.1f}× the plain agent; it was {stored:.1f}× (benchmarks/baseline.json)")
    else:
        print(f"ratio guard: {ratio:.1f}× the plain agent, stored {stored:.1f}×: no reason to warn")


if __name__ == "__main__":
    main()

"""The engine as patients grow: events per second, and what writing every state once a second costs. In memory.

    python -m benchmarks.growth [--patients 100 1000 10000] [--seconds 20] [--held 100000 --awake 10000]

No broker: bytes in, records and states out, all of the worker but Kafka and Faust. Every patient has one set of vitals
a second and begins in the middle of treatment; after each second of the ward all changed states are written, as a
worker does at its commits. `sustained` is how many such patients one processor keeps up with, states included: patients
divided by the processor time that one second of their ward takes. `--held` keeps so many stored states of which only
`--awake` have events.
"""

import argparse
import gc
import json
import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.feed import VITALS, Ward, names
from benchmarks.race import say

from blinwatch.catalogue import load_catalogue
from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.stream.core_judge import CoreJudge
from blinwatch.stream.state_codec import read_state
from blinwatch.stream.workbench import RECORDS_A_TURN
from blinwatch.wiring import build_engine, home_partition

PARTITIONS = 8
MANY = 10_000
"""From so many patients on a quarter of the seconds is enough."""


@dataclass(slots=True)
class Record:
    """A consumed record, as the engine needs it."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()
    timestamp: int = 0


@dataclass(slots=True)
class Times:
    """Processor seconds."""

    judging_s: float = 0.0
    writing_s: float = 0.0
    events: int = 0
    states: int = 0
    state_bytes: int = 0
    slowest_second_s: float = 0.0
    offsets: dict[int, int] = field(default_factory=dict[int, int])


def rounds(ward: Ward, patients: int, seconds: int) -> Iterator[list[tuple[bytes, bytes]]]:
    """One second of the ward after another: a set of vitals of each patient."""
    lines = list(ward.original_vitals(seconds).items())
    for second in range(seconds):
        told: list[tuple[bytes, bytes]] = []
        for number, name in enumerate(names(patients)):
            key, vitals = lines[number % len(lines)]
            if second < len(vitals):
                told.append((name, vitals[second].replace(key, name)))
        yield told


def measure(ward: Ward, held: int, awake: int, seconds: int) -> dict[str, Any]:
    """One size."""
    engine = build_engine(CoreJudge(load_rulebook()), load_rulebook(), load_catalogue(PARTITIONS))
    home = home_partition(PARTITIONS)
    stored: dict[int, dict[str, Any]] = {number: {} for number in range(PARTITIONS)}
    for key, value in ward.many_states(held).items():
        stored[home(key)][key.decode()] = read_state(value)
    for number, states in stored.items():
        engine.adopt(number, states)
    times = Times()
    for second, told in enumerate(rounds(ward, awake, seconds)):
        if second == 1:
            # The first second reads every stored state back; that is recovery, not work.
            gc.collect()
            gc.freeze()
            times = Times(offsets=times.offsets)
        _one_second(engine, home, told, times)
    found = {
        "held": held,
        "awake": awake,
        "events_per_s": round(times.events / times.judging_s),
        "state_us": round(1e6 * times.writing_s / times.states),
        "state_kib": round(times.state_bytes / times.states / 1024, 1),
        "sustained": round(times.events / (times.judging_s + times.writing_s)),
        "slowest_second_s": round(times.slowest_second_s, 3),
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    say(str(found))
    gc.unfreeze()
    return found


def _one_second(engine: Any, home: Any, told: list[tuple[bytes, bytes]], times: Times) -> None:
    batches: dict[int, list[Record]] = {}
    for key, value in told:
        number = home(key)
        offset = times.offsets[number] = times.offsets.get(number, -1) + 1
        batches.setdefault(number, []).append(Record(VITALS, number, offset, key, value))
    began_s = time.process_time()
    for number, records in batches.items():
        engine.read(VITALS, number, records)
        while engine.judge(number, lambda _: False, 0.0, RECORDS_A_TURN):
            pass
    judged_s = time.process_time()
    sizes = [len(changed.write()) for changed in engine.take_changed()]
    written_s = time.process_time()
    times.judging_s += judged_s - began_s
    times.writing_s += written_s - judged_s
    times.events += len(told)
    times.states += len(sizes)
    times.state_bytes += sum(sizes)
    times.slowest_second_s = max(times.slowest_second_s, written_s - began_s)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, nargs="*", default=[100, 1_000, 10_000])
    parser.add_argument("--held", type=int, default=100_000)
    parser.add_argument("--awake", type=int, default=10_000)
    parser.add_argument("--seconds", type=int, default=20, help="fewer from 10,000 patients on: a quarter")
    parser.add_argument("--ward-patients", type=int, default=100)
    parser.add_argument("--up-to-h", type=float, default=36)
    parser.add_argument("--ward", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.ward or Path(scratch) / "ward"
        ward = Ward(folder, options.ward_patients, options.ward_patients * (options.seconds + 2), options.up_to_h)
        sizes = [(patients, patients) for patients in options.patients]
        if options.held:
            sizes.append((options.held, options.awake))
        found = [
            measure(ward, held, awake, options.seconds if awake < MANY else max(3, options.seconds // 4))
            for held, awake in sizes
        ]
    print(
        "| patients held | with events | events/s | µs a state | KiB a state | patients at 1 Hz, states each second "
        "| slowest second, CPU s | RSS MB so far |\n|---|---|---|---|---|---|---|---|"
    )
    for one in found:
        print("| " + " | ".join(f"{value:,}" for value in one.values()) + " |")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()

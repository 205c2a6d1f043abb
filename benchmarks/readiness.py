"""Ready after how long, with how much memory, and what a second worker adds; on real Kafka.

    python -m benchmarks.readiness [--patients 500 10000] [--events 100000] [--workers 1 2]

Ready: from starting `blinwatch worker` to /readyz answering 200, with so many patients' states in the changelog. Memory
(RSS): then, and after every one of them has been touched by ten events. Workers: the same vitals for one worker and for
two of one group; they are held by SIGSTOP while the topic is filled, so that they begin together.
"""

import argparse
import itertools
import json
import re
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.bench_broker import PARTITIONS, bench_broker
from benchmarks.feed import VITALS, Feeder, Ward, names
from benchmarks.race import say

from tests.support.worker_process import REAL, WorkerProcess

STATE_TOPIC = "blinwatch.state.v1"
GROUP = "bench.readiness"
TOUCHES = 10
COUNTED = re.compile(rb'blinwatch_events_total\{outcome="accepted",topic="vitals\.observed\.v1"\} ([0-9.e+]+)')
STARTED_AT = 0.05


def touches(ward: Ward, patients: int) -> Iterator[tuple[str, bytes, bytes]]:
    """The first vitals of each original patient, for every patient that has its state."""
    first = itertools.cycle(ward.original_vitals(TOUCHES).items())
    for name, (key, lines) in zip(names(patients), first, strict=False):
        yield from ((VITALS, name, line.replace(key, name)) for line in lines)


def memory_mb(pid: int, field: str) -> float:
    """VmRSS (now) or VmHWM (most so far) of a process."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    raise AssertionError(f"no {field}")


def accepted(worker: WorkerProcess) -> float:
    """Vitals it has judged so far."""
    found = COUNTED.search(worker.get("/metrics")[1])
    return float(found.group(1)) if found else 0.0


def measure_start(ward: Ward, patients: int, folder: Path) -> dict[str, Any]:
    """Readiness and memory with so many patients."""
    with bench_broker(pinned=False) as broker:
        states = ward.many_states(patients)
        Feeder(broker.bootstrap).write_states(STATE_TOPIC, GROUP, states)
        began_s = time.monotonic()
        with WorkerProcess(broker.bootstrap, folder, REAL, **_settings()) as worker:
            worker.until_ready(300, PARTITIONS)
            ready_s = time.monotonic() - began_s
            rss_ready = memory_mb(worker.process.pid, "VmRSS")
            count = Feeder(broker.bootstrap).write_records(touches(ward, patients))
            while accepted(worker) < count:
                time.sleep(0.5)
            time.sleep(2)
            found = {
                "patients": patients,
                "changelog_mb": round(sum(map(len, states.values())) / 1e6),
                "ready_s": round(ready_s, 1),
                "rss_ready_mb": round(rss_ready),
                "rss_touched_mb": round(memory_mb(worker.process.pid, "VmRSS")),
                "rss_most_mb": round(memory_mb(worker.process.pid, "VmHWM")),
            }
            worker.kill()
    say(str(found))
    return found


def _settings() -> dict[str, object]:
    return {
        "partitions": PARTITIONS,
        "group_id": GROUP,
        "commit_interval_s": 1.0,
        # Longer than a worker is held while a topic is filled.
        "session_timeout_s": 60,
        "request_timeout_s": 120,
    }


def measure_workers(ward: Ward, workers: int, events: int, folder: Path) -> float:
    """Events per second of so many workers together."""
    with bench_broker(pinned=False) as broker:
        Feeder(broker.bootstrap).write_states(STATE_TOPIC, GROUP, ward.states())
        running = [WorkerProcess(broker.bootstrap, folder, REAL, **_settings()) for _ in range(workers)]
        try:
            for worker in running:
                worker.until_ready(120, PARTITIONS // workers)
            for worker in running:
                worker.process.send_signal(signal.SIGSTOP)
            count = Feeder(broker.bootstrap).write_records(ward.records(events, vitals_only=True))
            for worker in running:
                worker.process.send_signal(signal.SIGCONT)
            first: tuple[float, float] | None = None
            while True:
                time.sleep(0.2)
                done, now_s = sum(map(accepted, running)), time.monotonic()
                if first is None and done >= count * STARTED_AT:
                    first = (done, now_s)
                if done >= count:
                    break
            assert first is not None
        finally:
            for worker in running:
                worker.kill()
    rate = (done - first[0]) / (now_s - first[1])
    say(f"{workers} worker(s): {rate:,.0f} events/s")
    return rate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, nargs="*", default=[500, 10_000])
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--ward-patients", type=int, default=400)
    parser.add_argument("--up-to-h", type=float, default=36)
    parser.add_argument("--ward", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        ward = Ward(options.ward or folder / "ward", options.ward_patients, options.events, options.up_to_h)
        starts = [measure_start(ward, patients, folder) for patients in options.patients]
        rates = {count: measure_workers(ward, count, options.events, folder) for count in options.workers}
    print("| patients | changelog MB | ready after s | RSS MB when ready | after ten events each | most |")
    print("|---|---|---|---|---|---|")
    for one in starts:
        print("| " + " | ".join(f"{value:,}" for value in one.values()) + " |")
    for count, rate in rates.items():
        print(f"\n{count} worker(s): {rate:,.0f} events/s, {rate / rates[options.workers[0]]:.2f}× the first")
    if options.json:
        options.json.write_text(json.dumps({"starts": starts, "workers": rates}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()

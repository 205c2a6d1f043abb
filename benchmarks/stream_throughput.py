"""Events per second of one worker, batches against plain agents, in one run on one machine.

    python -m benchmarks.stream_throughput [--events 60000] [--agent-events 6000] [--patients 400] [--rounds 3]

The broker is the embedded one, in this process. All events are written before a worker starts; what is timed is the
worker's own counter from the first thousand events judged to the last. Compare figures of one run only: another
machine, or the same one on a busy day, gives others. Each mode is run with the real judgement and with a toy of one
rule, which shows what the stream alone costs.
"""

import argparse
import re
import statistics
import tempfile
import time
from pathlib import Path

import orjson

from tests.support.embedded import PlainWriter, catalogue_broker
from tests.support.records import VITALS, at
from tests.support.worker_process import REAL, TOY, WorkerProcess

PARTITIONS = 8
COUNTED = re.compile(rb'blinwatch_events_total\{outcome="accepted",topic="vitals\.observed\.v1"\} ([0-9.e+]+)')
COMMIT_SUM = re.compile(rb"blinwatch_commit_seconds_sum ([0-9.e+-]+)")
COMMIT_COUNT = re.compile(rb"blinwatch_commit_seconds_count ([0-9.e+-]+)")
STATE_SUM = re.compile(rb"blinwatch_state_snapshot_bytes_sum ([0-9.e+-]+)")
STATE_COUNT = re.compile(rb"blinwatch_state_snapshot_bytes_count ([0-9.e+-]+)")
STEP_SUM = re.compile(rb"blinwatch_batch_step_seconds_sum ([0-9.e+-]+)")
PROGRAMS = {"core": REAL, "toy": TOY}


def number(pattern: re.Pattern[bytes], metrics: bytes) -> float:
    found = pattern.search(metrics)
    return float(found.group(1)) if found else 0.0


def write_events(writer: PlainWriter, events: int, patients: int) -> None:
    """Vitals of so many patients in turn, once a second each; about one in a hundred feverish."""
    for count in range(events):
        name = f"pt-{count % patients:05d}"
        value = orjson.dumps(
            {
                "event_id": f"{name}-{count}",
                "patient_id": name,
                "occurred_at": at(count // patients / 60),
                "source": "monitor-gateway",
                "type": "vitals_observed",
                "monitoring": "continuous",
                "heart_rate_bpm": 70 + count % 20,
                "spo2_pct": 94 + count % 6,
                "sbp_mmhg": 105 + count % 25,
                "dbp_mmhg": 60 + count % 15,
                "respiratory_rate_per_min": 12 + count % 6,
                "temperature_c": 38.4 if count % 101 == 0 else 36.8,
            }
        )
        writer.write(VITALS, name, value)
    writer.flush()


def measure(program: str, mode: str, events: int, patients: int, commit_interval_s: float) -> tuple[float, str]:
    """Events per second, and a line about the rest."""
    with catalogue_broker(PARTITIONS) as broker, tempfile.TemporaryDirectory() as folder:
        write_events(PlainWriter(broker.bootstrap), events, patients)
        settings = {"stream_mode": mode, "partitions": PARTITIONS, "commit_interval_s": commit_interval_s}
        with WorkerProcess(broker.bootstrap, Path(folder), PROGRAMS[program], **settings) as worker:
            first: tuple[float, float] | None = None
            while True:
                assert worker.process.poll() is None, worker.log()
                metrics = worker.get("/metrics")[1]
                done, now_s = number(COUNTED, metrics), time.monotonic()
                if first is None and done >= min(1000, events / 10):
                    first = (done, now_s)
                if done >= events:
                    break
                # Each look costs the worker some 10 ms of its only core.
                time.sleep(0.5)
            assert first is not None
            time.sleep(commit_interval_s + 0.5)
            metrics = worker.get("/metrics")[1]
            assert worker.stop() == 0, worker.log()
    rate = (done - first[0]) / (now_s - first[1])
    snapshots, commits = number(STATE_COUNT, metrics), number(COMMIT_COUNT, metrics)
    rest = (
        f"step {number(STEP_SUM, metrics) / events * 1e6:.0f} µs/event, "
        f"{commits:.0f} commits of {number(COMMIT_SUM, metrics) / max(1, commits):.2f} s, "
        f"{snapshots:.0f} snapshots of {number(STATE_SUM, metrics) / max(1, snapshots) / 1024:.1f} KiB"
    )
    return rate, rest


def main() -> None:
    """Run every variant in turn, round by round, and print medians and ratios."""
    options = argparse.ArgumentParser()
    options.add_argument("--events", type=int, default=60_000)
    options.add_argument("--agent-events", type=int, default=6_000)
    options.add_argument("--patients", type=int, default=400)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--commit-interval-s", type=float, default=1.0)
    chosen = options.parse_args()
    variants = [("core", "batch"), ("core", "agent"), ("toy", "batch"), ("toy", "agent")]
    rates: dict[tuple[str, str], list[float]] = {variant: [] for variant in variants}
    for number_of_round in range(chosen.rounds):
        for program, mode in variants:
            events = chosen.events if mode == "batch" else chosen.agent_events
            rate, rest = measure(program, mode, events, chosen.patients, chosen.commit_interval_s)
            rates[program, mode].append(rate)
            print(f"round {number_of_round + 1} {program:5} {mode:6} {rate:9,.0f} events/s   {rest}", flush=True)
    for program in ("core", "toy"):
        batch, agent = (statistics.median(rates[program, mode]) for mode in ("batch", "agent"))
        print(f"{program}: batch {batch:,.0f}/s, agent {agent:,.0f}/s, ratio {batch / agent:.1f}")


if __name__ == "__main__":
    main()

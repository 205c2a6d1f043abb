"""How long until an alert is there: event produced -> alert received, while a ward's events pass at a steady rate.

    python -m benchmarks.latency [--seconds 20] [--rates 100 1000 5000] [--modes blinwatch_worker faust_agent ...]

One real Kafka broker and one worker a mode. Twenty-five times a second a patient nobody knew is reported with fever,
low pressure and low saturation; timed is from handing that event to the producer (linger 0) to reading the patient's
first alert from alerts.lifecycle.v1 (acks=all). Sender and reader are this process, so all shares the machine. The
rates follow one another in the same worker; one that has not caught up after ten seconds is not asked for the next.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
from benchmarks.bench_broker import PARTITIONS, BenchBroker, bench_broker
from benchmarks.feed import VITALS, Feeder, Ward
from benchmarks.race import PEERS_PYTHON, RUNNERS, say
from benchmarks.run_peer import ROOT
from confluent_kafka import Consumer, Producer, TopicPartition

ALERTS = "alerts.lifecycle.v1"
PROBES_PER_S = 25
TURN_S = 0.002
"""How finely the rate is kept."""
MODES = ("blinwatch_worker", "faust_agent", "bare_aiokafka")
START_MOST_S = 90.0
WARM_UP_RATE, WARM_UP_S = 200, 5
CATCH_UP_MOST_S = 10.0


class AlertReader:
    """Notes when the first alert of each patient arrives; a thread of its own."""

    def __init__(self, bootstrap: str) -> None:
        self._consumer: Any = Consumer(
            {"bootstrap.servers": bootstrap, "group.id": "latency-reader", "fetch.wait.max.ms": 100, "log_level": 0}
        )
        self._consumer.assign([TopicPartition(ALERTS, number, 0) for number in range(PARTITIONS)])
        self.seen_s: dict[bytes, float] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while not self._stop.is_set():
            message = self._consumer.poll(0.1)
            if message is not None and message.error() is None:
                self.seen_s.setdefault(message.key(), time.monotonic())

    def until_all_seen(self, keys: Sequence[bytes], most_s: float) -> bool:
        """Whether an alert of each of these patients arrives in time."""
        end_s = time.monotonic() + most_s
        while not (there := self.seen_s.keys() >= set(keys)) and time.monotonic() < end_s:
            time.sleep(0.01)
        return there

    def close(self) -> None:
        """Stop reading."""
        self._stop.set()
        self._thread.join()
        self._consumer.close()


class Sender:
    """The ward's events at a steady rate, and the probes among them."""

    def __init__(self, bootstrap: str, events: Iterator[tuple[bytes, bytes]]) -> None:
        self._producer: Any = Producer(
            {"bootstrap.servers": bootstrap, "partitioner": "murmur2_random", "linger.ms": 0, "log_level": 0}
        )
        self._events = events
        self.sent_s: dict[bytes, float] = {}

    def probe(self) -> bytes:
        """Report one more unknown patient who is plainly ill; the key."""
        key = f"probe-{len(self.sent_s):06d}".encode()
        value = orjson.dumps(
            {
                "event_id": f"{key.decode()}-1",
                "patient_id": key.decode(),
                "occurred_at": "2026-03-04T08:00:00Z",
                "source": "latency",
                "type": "vitals_observed",
                "monitoring": "continuous",
                "heart_rate_bpm": 130,
                "spo2_pct": 82,
                "sbp_mmhg": 72,
                "dbp_mmhg": 40,
                "respiratory_rate_per_min": 30,
                "temperature_c": 39.6,
            }
        )
        self.sent_s[key] = time.monotonic()
        self._producer.produce(VITALS, value, key)
        self._producer.poll(0)
        return key

    def run(self, rate: int, seconds: float) -> list[bytes]:
        """Send at this rate for so long; the keys of the probes."""
        probes: list[bytes] = []
        began_s = time.monotonic()
        sent = 0
        while (gone_s := time.monotonic() - began_s) < seconds:
            while len(probes) < gone_s * PROBES_PER_S:
                probes.append(self.probe())
            for key, value in self._next(int(gone_s * rate) - sent):
                self._producer.produce(VITALS, value, key)
                sent += 1
            self._producer.poll(0)
            time.sleep(TURN_S)
        self._producer.flush(30)
        assert sent >= 0.9 * rate * seconds, f"the sender reached only {sent / seconds:.0f} events/s"
        return probes

    def _next(self, count: int) -> Iterator[tuple[bytes, bytes]]:
        for _ in range(count):
            yield next(self._events)


def measure_mode(module: str, ward: Ward, rates: list[int], seconds: float, broker: BenchBroker) -> dict[int, Any]:
    """All rates of one worker: rate -> its quantiles, or None where it did not keep up."""
    state_topic, group = "bench.state.latency", "bench-latency"
    broker.kafka.create_topics({state_topic: PARTITIONS})
    if module == "blinwatch_worker":
        Feeder(broker.bootstrap).write_states(state_topic, group, ward.states())
    words = [
        *(str(PEERS_PYTHON), "-m", f"benchmarks.peers.{module}", "--bootstrap", broker.bootstrap, "--topic", VITALS),
        *("--group", group, "--state-topic", state_topic, "--states", str(ward.states_file)),
    ]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'service'}"}
    count = round(sum(rates) * seconds + WARM_UP_RATE * WARM_UP_S) + 1
    told = [(key, value) for _, key, value in ward.records(count, vitals_only=True)]
    sender = Sender(broker.bootstrap, iter(told))
    reader = AlertReader(broker.bootstrap)
    found: dict[int, Any] = {}
    with tempfile.TemporaryFile() as log:
        worker = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            assert reader.until_all_seen([sender.probe()], START_MOST_S), (
                f"no alert from {module} in {START_MOST_S:g} s"
            )
            # The first touch of each state and of all code belongs to starting, which readiness.py times.
            sender.run(WARM_UP_RATE, WARM_UP_S)
            reader.until_all_seen([sender.probe()], START_MOST_S)
            for rate in rates:
                probes = sender.run(rate, seconds)
                kept_up = reader.until_all_seen(probes, CATCH_UP_MOST_S)
                found[rate] = quantiles([_waited_ms(key, sender, reader) for key in probes]) if kept_up else None
                say(f"{module} at {rate}/s: {found[rate]}")
                if not kept_up:
                    break
            assert worker.poll() is None, "the worker ended"
        finally:
            worker.kill()
            worker.wait()
            reader.close()
    return found


def _waited_ms(key: bytes, sender: Sender, reader: AlertReader) -> float:
    return 1_000 * (reader.seen_s[key] - sender.sent_s[key])


def quantiles(waited_ms: list[float]) -> dict[str, float]:
    """Half, nearly all, and the longest."""
    ordered = sorted(waited_ms)
    at = {"p50_ms": 0.5, "p99_ms": 0.99, "max_ms": 1.0}
    return {
        **{name: round(ordered[min(len(ordered) - 1, int(part * len(ordered)))], 1) for name, part in at.items()},
        "alerts": len(ordered),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rates", type=int, nargs="*", default=[100, 1_000, 5_000])
    parser.add_argument("--modes", nargs="*", default=list(MODES))
    parser.add_argument("--patients", type=int, default=400)
    parser.add_argument("--events", type=int, default=150_000, help="events of a ward that must be made first")
    parser.add_argument("--up-to-h", type=float, default=36)
    parser.add_argument("--ward", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    names = {one.module: one.name for one in RUNNERS}
    found: dict[str, dict[int, Any]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        ward = Ward(options.ward or Path(scratch) / "ward", options.patients, options.events, options.up_to_h)
        for module in options.modes:
            with bench_broker(pinned=False) as broker:
                found[module] = measure_mode(module, ward, options.rates, options.seconds, broker)
    print("| | " + " | ".join(f"{rate:,}/s: p50 / p99 / max ms" for rate in options.rates) + " |")
    print("|---" * (len(options.rates) + 1) + "|")
    for module, cells in found.items():
        told = [cells.get(rate) for rate in options.rates]
        words = ["did not keep up" if one is None else "{p50_ms} / {p99_ms} / {max_ms}".format(**one) for one in told]
        print(f"| {names[module]} | " + " | ".join(words) + " |")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

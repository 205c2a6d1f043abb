"""A broker that goes away for 1 to 60 seconds, again and again: `python -m tests.chaos.outages`.

One broker, so that nothing can be written or read meanwhile; it is killed (kill -9) and starts again with what it had
on disk. Two workers watch a ward where a pump alarms five times a second, each alarm at another patient, and a gateway
keeps what it cannot write. Measured from the moment at which the broker answers clients again: when the first alert
comes, and when the worker has caught up. In the end the checker looks at everything.
"""

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import orjson
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from blinwatch.deliver.page_marks import DELIVERY
from tests.aftermath.checker import Fault, Verdict, check
from tests.chaos.fleet import GROUP, PARTITIONS, WORKERS, Fleet, fleet_on
from tests.chaos.one_seed import until_committed
from tests.chaos.topics_left import read_remains
from tests.support.apache_kafka import ApacheKafka
from tests.support.embedded import QUIET
from tests.support.records import PUMP
from tests.support.telling import commit, say

LIFECYCLE = "alerts.lifecycle.v1"
ALARMS_PER_S = 5
LONGEST_S = 60
BETWEEN_S = (4.0, 8.0)
"""Quiet seconds between two outages, after alerts have come again."""
PATIENCE_S = 120.0
FIRST_ALERTS = 10
"""So many are heard before anything is broken: every worker has its partitions then."""
RECONNECT = {"reconnect.backoff.ms": 50, "reconnect.backoff.max.ms": 500}
"""librdkafka waits up to 10 s before it tries again; here the worker is measured, not its neighbours."""


class Alarms(threading.Thread):
    """The gateway: a pump alarm of a new patient each fifth of a second, whatever happens to the broker."""

    def __init__(self, bootstrap: str) -> None:
        super().__init__(name="alarms", daemon=True)
        self._producer: Any = Producer(
            {
                "bootstrap.servers": bootstrap,
                "partitioner": "murmur2_random",
                "enable.idempotence": True,
                "message.timeout.ms": 900_000,
                "retry.backoff.max.ms": 200,
                **RECONNECT,
                **QUIET,
            }
        )
        self._over = threading.Event()
        self.given_s: dict[bytes, float] = {}
        """When each patient's alarm was handed to the producer."""

    @property
    def written(self) -> int:
        """How many."""
        return len(self.given_s)

    def run(self) -> None:
        while not self._over.wait(1 / ALARMS_PER_S):
            number = self.written + 1
            patient = f"pt-{number:06d}"
            self.given_s[patient.encode()] = time.monotonic()
            self._producer.produce(PUMP, _alarm(number, patient), patient.encode())
            self._producer.poll(0)

    def finish(self) -> None:
        """Stop, with everything on the broker."""
        self._over.set()
        self.join()
        assert self._producer.flush(PATIENCE_S) == 0, "the gateway could not write everything"


def _alarm(number: int, patient: str) -> bytes:
    return orjson.dumps(
        {
            "type": "alarm",
            "event_id": f"alarm-{number}",
            "patient_id": patient,
            "occurred_at": datetime.now(UTC).isoformat(),
            "source": "outages",
            "device_id": f"pump-{number}",
            "alarm": "occlusion",
            "stage": "started",
        }
    )


class Listener(threading.Thread):
    """A subscriber of the alert topic; it knows when each patient's first alert came."""

    def __init__(self, bootstrap: str) -> None:
        super().__init__(name="listener", daemon=True)
        self._consumer = Consumer(
            {"bootstrap.servers": bootstrap, "group.id": "outages-listener", **RECONNECT, **QUIET}
        )
        self._consumer.assign([TopicPartition(LIFECYCLE, number, 0) for number in range(PARTITIONS)])
        self._over = threading.Event()
        self.heard_s: dict[bytes, float] = {}
        self.late = 0
        """Records that say of themselves that they come late."""
        self.last_s = 0.0

    def run(self) -> None:
        while not self._over.is_set():
            message = self._consumer.poll(0.1)
            key = message.key() if message is not None and message.error() is None else None
            if message is None or key is None:
                continue
            self.late += (DELIVERY, b"late") in (message.headers() or [])
            if key not in self.heard_s:
                self.heard_s[key] = self.last_s = time.monotonic()

    @property
    def alerts(self) -> int:
        """How many different ones have come."""
        return len(self.heard_s)

    def finish(self) -> None:
        """Stop listening."""
        self._over.set()
        self.join()
        self._consumer.close()


@dataclass(frozen=True)
class AlarmRun:
    """Workers, the gateway that sends them alarms, and who listens."""

    fleet: Fleet
    alarms: Alarms
    listener: Listener

    def finish(self, kafka: ApacheKafka) -> Verdict:
        """No more alarms; what the checker says when everything is judged."""
        self.alarms.finish()
        stuck = until_committed(kafka, self.fleet)
        self.listener.finish()
        self.fleet.stop_all()
        if stuck is not None:
            return Verdict([Fault("finished", stuck)])
        return check(read_remains(kafka.bootstrap, PARTITIONS, GROUP, {}))


@contextmanager
def alarms_on(kafka: ApacheKafka, folder: Path, seed: int) -> Iterator[AlarmRun]:
    """A fleet on this broker to which alarms come and whose first alerts are there."""
    alarms, listener = Alarms(kafka.bootstrap), Listener(kafka.bootstrap)
    with fleet_on(kafka, folder, seed) as fleet:
        fleet.start_all()
        alarms.start()
        listener.start()
        keep_going_until(fleet, lambda: listener.alerts > FIRST_ALERTS)
        yield AlarmRun(fleet, alarms, listener)


@dataclass(frozen=True)
class Outage:
    """One outage and what followed."""

    lasted_s: float
    first_alert_s: float
    """After the broker answered clients again."""
    caught_up_s: float
    """Until as many alerts had come as alarms had been given."""


def main() -> int:
    """Play, print, and end with 1 when any promise was broken."""
    options = argparse.ArgumentParser(prog="python -m tests.chaos.outages", description=__doc__)
    options.add_argument("--count", type=int, default=50, help="outages")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--longest", type=float, default=LONGEST_S, help="seconds")
    chosen = options.parse_args()
    random = Random(chosen.seed)  # noqa: S311 - a seed, not a secret
    # Spread evenly over all lengths, in a drawn order.
    lengths = [1 + (chosen.longest - 1) * (number + random.random()) / chosen.count for number in range(chosen.count)]
    random.shuffle(lengths)
    with tempfile.TemporaryDirectory(prefix="blinwatch-outages-") as scratch, ApacheKafka(doors=WORKERS) as kafka:
        kafka.create_catalogue_topics(PARTITIONS)
        outages, verdict, alarms = play(kafka, Path(scratch), lengths, random, chosen.seed)
    say(_describe(outages, verdict, alarms))
    return 1 if verdict.faults else 0


def play(
    kafka: ApacheKafka, folder: Path, lengths: list[float], random: Random, seed: int
) -> tuple[list[Outage], Verdict, int]:
    with alarms_on(kafka, folder, seed) as run:
        outages: list[Outage] = []
        for lasts_s in lengths:
            keep_going(run.fleet, random.uniform(*BETWEEN_S))
            outages.append(_one_outage(kafka, run, lasts_s))
            say(f"{outages[-1]}, ended by themselves so far: {sum(run.fleet.tally.ended_by_themselves.values())}")
        verdict = run.finish(kafka)
    return outages, verdict, run.alarms.written


def _one_outage(kafka: ApacheKafka, run: AlarmRun, lasts_s: float) -> Outage:
    fleet, listener = run.fleet, run.listener
    kafka.stop_broker(1, kill=True)
    gone_s = time.monotonic()
    keep_going(fleet, lasts_s)
    kafka.start_again(1)
    admin = kafka.admin()
    while True:
        fleet.go_on()
        try:
            admin.list_topics(timeout=0.5)
        except KafkaException:
            continue
        break
    back_s = time.monotonic()
    missing = run.alarms.written
    keep_going_until(fleet, lambda: listener.last_s > back_s)
    first_s = listener.last_s - back_s
    keep_going_until(fleet, lambda: listener.alerts >= missing)
    return Outage(back_s - gone_s, first_s, time.monotonic() - back_s)


def keep_going(fleet: Fleet, seconds: float) -> None:
    """Let time pass."""
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        fleet.go_on()
        time.sleep(0.05)


def keep_going_until(fleet: Fleet, done: Callable[[], bool]) -> None:
    """Let time pass until something is so."""
    end_s = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < end_s, f"nothing came for {PATIENCE_S:g} s"
        fleet.go_on()
        time.sleep(0.02)


def _describe(outages: list[Outage], verdict: Verdict, alarms: int) -> str:
    firsts = sorted(one.first_alert_s for one in outages)
    lasts = sorted(one.caught_up_s for one in outages)
    kinds = {kind: sum(fault.kind == kind for fault in verdict.faults) for kind in ("lost", "twice", "state")}
    within = sum(first <= 5 for first in firsts)
    shortest_s, longest_s = min(one.lasted_s for one in outages), max(one.lasted_s for one in outages)
    told = f"first alert after the broker answers: median {median(firsts):.1f} s, longest {firsts[-1]:.1f} s; "
    told += f"{within} of {len(firsts)} within 5 s"
    lines = [
        f"commit {commit()}: {len(outages)} outages of {shortest_s:.0f} to {longest_s:.0f} s",
        f"{alarms:,} alarms, {verdict.decisions:,} decisions",
        f"lost {kinds['lost']}, twice {kinds['twice']}, state {kinds['state']}, all faults {len(verdict.faults)}",
        told,
        f"caught up: median {median(lasts):.1f} s, longest {lasts[-1]:.1f} s",
        *(f"{fault.kind}: {fault.what[:500]}" for fault in verdict.faults[:10]),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

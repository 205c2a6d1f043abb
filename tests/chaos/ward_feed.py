"""The ward whose events are written while everything fails, and the gateway that writes them.

What:      150 patients in the middle of treatment, monitors every 6 s, twenty times as fast as on a real ward: 500
           events a second with pump, examinations, drugs, laboratory and orders between. Their states lie in the
           changelog before, as after hours of work.
How:       the gateway is what a hospital's should be: idempotent, patient, and in the order of time. A clock tick goes
           out when everything before it is on the brokers, and some seconds later.
Caveats:   the judgement minds no order within ten minutes or 96 events of a patient (decision 0003): here half a
           minute of real time. No outage of a single line may last as long.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from benchmarks.feed import Feeder, Ward
from benchmarks.ward_in_treatment import NOW
from confluent_kafka import Producer

from blinwatch.core.events import Tick
from blinwatch.receive.event_log import encode_event
from blinwatch.simulate.ticks import ticks_behind_s
from tests.support.embedded import QUIET
from tests.support.records import TICKS

PATIENTS = 150
INTERVAL_S = 6
SPEED = 20.0
"""500 events a second: 150 patients, a monitor report each 6 s, twenty times as fast."""
TICK_EVERY_S = 60
"""Of the ward's time: three real seconds. Workers write one every five."""
STATE_TOPIC = "blinwatch.state.v1"


class ChaosWard:
    """What is written, and the states to begin with."""

    def __init__(self, folder: Path, seed: int, seconds: float) -> None:
        """`seconds`: of real time, at `SPEED`. The folder keeps the ward for the next run of this seed."""
        events = round(seconds * SPEED * PATIENTS / INTERVAL_S)
        hours = 2.0 + seed % 40  # other moments of every story
        ward = Ward(folder / f"ward-{seed}-{events}", PATIENTS, events, hours, interval_s=INTERVAL_S)
        self.records = list(ward.records(events, vitals_only=False))
        self.states = ward.states()

    def fill_changelog(self, bootstrap: str, group: str) -> None:
        """Write the states to begin with, as a worker of this group would have."""
        Feeder(bootstrap).write_states(STATE_TOPIC, group, self.states)


class Gateway(threading.Thread):
    """Writes the ward's events at their pace, whatever happens to the brokers."""

    def __init__(self, bootstrap: str, ward: ChaosWard, partitions: int) -> None:
        super().__init__(name="gateway", daemon=True)
        self._producer: Any = Producer(
            {
                "bootstrap.servers": bootstrap,
                "partitioner": "murmur2_random",
                "enable.idempotence": True,
                "acks": "all",
                "linger.ms": 5,
                # Longer than anything that is done to a broker: nothing is given up.
                "delivery.timeout.ms": 900_000,
                "message.timeout.ms": 900_000,
                **QUIET,
            }
        )
        self._ward, self._partitions = ward, partitions
        self.written = 0
        self.problem: str | None = None

    def run(self) -> None:
        try:
            self._write_all()
        except Exception as error:  # noqa: BLE001 - told by `finish`
            self.problem = f"{type(error).__name__}: {error}"

    def finish(self, timeout_s: float) -> None:
        """Wait until everything is on the brokers."""
        self.join(timeout_s)
        assert not self.is_alive(), f"the gateway still writes after {timeout_s:g} s"
        assert self.problem is None, f"the gateway failed: {self.problem}"

    def _write_all(self) -> None:
        behind = timedelta(seconds=ticks_behind_s(SPEED))
        next_tick = NOW + timedelta(seconds=TICK_EVERY_S)
        began_s = time.monotonic()
        moment = NOW
        for topic, key, value in self._ward.records:
            moment = max(moment, datetime.fromisoformat(orjson.loads(value)["occurred_at"]))
            while moment > next_tick + behind:
                self._flush()
                self._tick(next_tick)
                next_tick += timedelta(seconds=TICK_EVERY_S)
            due_s = began_s + (moment - NOW).total_seconds() / SPEED
            while (early_s := due_s - time.monotonic()) > 0:
                self._producer.poll(min(early_s, 0.05))
            self._write(topic, key, value)
        self._flush()
        while next_tick < moment:
            self._tick(next_tick)
            next_tick += timedelta(seconds=TICK_EVERY_S)
        self._flush()

    def _tick(self, moment: datetime) -> None:
        for partition in range(self._partitions):
            tick = Tick(
                event_id=f"tick-{partition}-{round(moment.timestamp())}",
                occurred_at=moment,
                partition=partition,
                source="chaos",
            )
            self._write(TICKS, str(partition).encode(), encode_event(tick), partition)

    def _write(self, topic: str, key: bytes, value: bytes, partition: int | None = None) -> None:
        where = {} if partition is None else {"partition": partition}
        while True:
            try:
                self._producer.produce(topic, value, key, on_delivery=self._delivered, **where)
            except BufferError:
                self._producer.poll(0.1)
            else:
                break
        self.written += 1
        self._producer.poll(0)

    def _delivered(self, error: object, _message: object) -> None:
        if error is not None:
            self.problem = str(error)

    def _flush(self) -> None:
        while self._producer.flush(1.0):
            if self.problem is not None:
                raise AssertionError(self.problem)


Told = Callable[[str], None]
"""Where a run says what it does."""

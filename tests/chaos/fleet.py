"""The workers of a run, each behind lines of its own to every broker, and what is done to them and to the brokers.

Workers are started again when they have ended, by a blow or by themselves, as Compose or Kubernetes would. Everything
happens in the main thread, one thing at a time (`go_on`).
"""

import heapq
import itertools
import json
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.chaos.fault_proxy import CLEAR, Conditions, FaultLine, FaultProxies
from tests.chaos.plan import Blow
from tests.support.apache_kafka import ApacheKafka
from tests.support.worker_process import REAL, WorkerProcess

WORKERS = 3
PARTITIONS = 6
GROUP = "chaos.worker.v1"
JOIN_TRIES = 10
"""Three seconds."""
RESTART_AFTER_S = 0.5
"""How soon an orchestrator starts a worker that ended by itself."""

_GIVEN_UP = "the others no longer wait for it"
"""What a worker says of a topic whose records it no longer waits for."""


@dataclass
class _Slot:
    """A place for a worker: the one that runs there, if any, and its lines."""

    number: int
    lines: list[FaultLine]
    worker: WorkerProcess | None = None
    is_away: bool = False
    """Stopped or killed by a blow: its return is on the schedule."""
    is_frozen: bool = False


@dataclass
class Tally:
    """What was done, and what happened by itself."""

    blows: Counter[str] = field(default_factory=Counter[str])
    ended_by_themselves: Counter[str] = field(default_factory=Counter[str])
    """Exit status and last words of workers that ended unasked."""
    given_up: Counter[str] = field(default_factory=Counter[str])
    """Topics that workers no longer waited for, so that records may have been judged out of order."""
    failed_stops: int = 0
    """Workers that were asked to stop and said that they could not do so in order."""


class Fleet:
    """Slots for workers, a schedule, and hands to strike with."""

    def __init__(self, kafka: ApacheKafka, proxies: FaultProxies, folder: Path, seed: int) -> None:
        self._kafka, self._folder = kafka, folder
        self._random = Random(seed)  # noqa: S311 - a seed, not a secret
        self._schedule: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._is_static = seed % 3 == 0
        self._broken_broker: int | None = None
        self.tally = Tally()
        self._slots = [
            _Slot(
                number,
                [
                    proxies.line(door.advertised_port, door.port, seed * 100 + 10 * number + broker)
                    for broker in kafka.brokers
                    for door in [kafka.doors(broker)[number]]
                ],
            )
            for number in range(WORKERS)
        ]

    # --- workers ------------------------------------------------------------------------------------------

    def start_all(self) -> None:
        """Start a worker in every slot but the last, which is for those that join."""
        for slot in self._slots[:-1]:
            self._start(slot)

    def _start(self, slot: _Slot) -> None:
        slot.is_away = slot.is_frozen = False
        settings = {"instance_id": f"chaos-{slot.number}"} if self._is_static else {}
        slot.worker = WorkerProcess(
            ",".join(f"127.0.0.1:{self._kafka.doors(one)[slot.number].advertised_port}" for one in self._kafka.brokers),
            self._folder,
            REAL,
            partitions=PARTITIONS,
            group_id=GROUP,
            commit_interval_s=1.0,
            stall_exit_s=90,
            **settings,
        )

    def close(self) -> None:
        """End whatever still runs."""
        for slot in self._slots:
            if slot.worker is not None and slot.worker.process.poll() is None:
                slot.worker.kill()

    def stop_all(self) -> None:
        """Ask every worker to stop, and wait."""
        for slot in self._slots:
            if slot.worker is not None and slot.worker.process.poll() is None:
                self.tally.failed_stops += slot.worker.stop() != 0
            slot.worker = None
        for log in self._folder.glob("worker-*.log"):
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
            self.tally.given_up.update(json.loads(line)["topic"] for line in lines if _GIVEN_UP in line)

    @property
    def resident_kb(self) -> list[int]:
        """Memory of each worker that runs, in KiB."""
        found: list[int] = []
        for slot in self._slots:
            if slot.worker is not None and slot.worker.process.poll() is None:
                status = Path(f"/proc/{slot.worker.process.pid}/status").read_text(encoding="ascii")
                found += [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")]
        return found

    # --- time passes --------------------------------------------------------------------------------------

    def later(self, after_s: float, action: Callable[[], None]) -> None:
        """Put something on the schedule."""
        heapq.heappush(self._schedule, (time.monotonic() + after_s, next(self._order), action))

    def go_on(self) -> None:
        """Do what is due, and start again whoever ended by itself."""
        while self._schedule and self._schedule[0][0] <= time.monotonic():
            heapq.heappop(self._schedule)[2]()
        for slot in self._slots:
            if slot.worker is not None and not slot.is_away and slot.worker.process.poll() is not None:
                self.tally.ended_by_themselves[_last_words(slot.worker)] += 1
                self._be_away(slot, RESTART_AFTER_S)

    def until_ready(self, timeout_s: float) -> None:
        """Wait until every worker that runs says that it is ready."""
        for slot in self._slots:
            if slot.worker is not None:
                slot.worker.until_ready(timeout_s)

    def is_calm(self) -> bool:
        """Nothing is left on the schedule."""
        return not self._schedule

    def heal(self) -> None:
        """Every line is clear again."""
        for line in self._lines():
            line.conditions = CLEAR

    def _lines(self) -> Iterator[FaultLine]:
        return (line for slot in self._slots for line in slot.lines)

    # --- blows --------------------------------------------------------------------------------------------

    def strike(self, blow: Blow, tries: int = 0) -> None:
        """Do what a blow says; where it cannot be done now, a little later.

        A worker that finds no room to join is given up after a while: in a storm more of them come than leave.
        """
        done = self._strike_broker(blow) if "broker" in blow.kind else self._strike_worker(blow)
        if done:
            self.tally.blows[blow.kind] += 1
        elif blow.kind == "join" and tries >= JOIN_TRIES:
            self.tally.blows["join without room"] += 1
        else:
            self.later(0.3, lambda: self.strike(blow, tries + 1))

    def _strike_worker(self, blow: Blow) -> bool:
        if blow.kind == "join":
            return self._join(blow)
        running = [slot for slot in self._slots if slot.worker is not None and not slot.is_away]
        if blow.kind == "freeze":
            running = [slot for slot in running if not slot.is_frozen]
        if not running:
            return False
        slot = running[blow.target % len(running)]
        assert slot.worker is not None
        if slot.worker.process.poll() is not None:
            return False
        if blow.kind == "kill":
            slot.worker.kill()
            self._be_away(slot, blow.lasts_s)
        elif blow.kind == "stop":
            self._stop(slot, blow.lasts_s)
        elif blow.kind == "freeze":
            self._freeze(slot, blow.lasts_s)
        else:
            self._strike_line(self._random.choice(slot.lines), blow)
        return True

    def _be_away(self, slot: _Slot, lasts_s: float) -> None:
        slot.is_away = True
        self.later(lasts_s, lambda: self._start(slot))

    def _stop(self, slot: _Slot, lasts_s: float) -> None:
        """Ask it to stop; it comes back after it has ended."""
        worker = slot.worker
        assert worker is not None
        worker.process.send_signal(signal.SIGCONT)
        worker.process.send_signal(signal.SIGTERM)
        slot.is_away = True
        asked_s = time.monotonic()

        def look() -> None:
            status = worker.process.poll()
            if status is None and time.monotonic() - asked_s > 60:
                worker.kill()
                status = -signal.SIGKILL
            if status is None:
                self.later(0.1, look)
                return
            self.tally.failed_stops += status != 0
            self._be_away(slot, lasts_s)

        look()

    def _freeze(self, slot: _Slot, lasts_s: float) -> None:
        worker = slot.worker
        assert worker is not None
        worker.process.send_signal(signal.SIGSTOP)
        slot.is_frozen = True

        def wake() -> None:
            if slot.worker is worker and worker.process.poll() is None:
                worker.process.send_signal(signal.SIGCONT)
                slot.is_frozen = False

        self.later(lasts_s, wake)

    def _join(self, blow: Blow) -> bool:
        """A worker more, for a while."""
        empty = [slot for slot in self._slots if slot.worker is None]
        if not empty:
            return False
        slot = empty[0]
        self._start(slot)

        def leave() -> None:
            if slot.is_away or slot.worker is None:
                self.later(0.3, leave)
                return
            status = slot.worker.process.poll()
            if status is None:
                slot.worker.process.send_signal(signal.SIGCONT)
                slot.worker.process.send_signal(signal.SIGTERM)
            slot.is_away = True
            self._empty_when_ended(slot)

        self.later(blow.lasts_s, leave)
        return True

    def _empty_when_ended(self, slot: _Slot) -> None:
        assert slot.worker is not None
        if slot.worker.process.poll() is None:
            self.later(0.1, lambda: self._empty_when_ended(slot))
            return
        slot.worker, slot.is_away, slot.is_frozen = None, False, False

    def _strike_line(self, line: FaultLine, blow: Blow) -> None:
        if blow.kind == "cut":
            line.cut()
            return
        faults = {
            "slow": Conditions(delay_s=self._random.uniform(0.02, 0.3)),
            "stutter": Conditions(stutter_s=2.0),
            "deaf": Conditions(is_deaf=True),
            "mute": Conditions(is_mute=True),
        }
        line.conditions = faults[blow.kind]

        def heal() -> None:
            line.conditions = CLEAR
            if self._random.random() < 0.5:
                line.cut()

        self.later(blow.lasts_s, heal)

    def _strike_broker(self, blow: Blow) -> bool:
        """One broker at a time: with two of three gone nobody could write, which is another test."""
        if self._broken_broker is not None:
            return False
        broker = self._kafka.brokers[blow.target % len(self._kafka.brokers)]
        self._broken_broker = broker
        if blow.kind == "kill broker":
            self._kafka.stop_broker(broker, kill=True)
        else:
            self._kafka.pause_broker(broker)

        def mend() -> None:
            if blow.kind == "kill broker":
                self._kafka.start_again(broker)
            else:
                self._kafka.resume_broker(broker)
            self._whole_again()

        self.later(blow.lasts_s, mend)
        return True

    def _whole_again(self) -> None:
        """The next broker may fail once this one holds what the others hold."""
        if self._kafka.is_in_sync():
            self._broken_broker = None
        else:
            self.later(0.5, self._whole_again)


def _last_words(worker: WorkerProcess) -> str:
    """How a worker ended, and the last error that it told."""
    said = [json.loads(line) for line in worker.log().splitlines() if line.startswith("{")]
    errors = [line["message"] for line in said if line["level"] in ("error", "critical")]
    plain = [line for line in worker.log().splitlines() if line and not line.startswith("{")]
    words = errors[-1] if errors else plain[-1] if plain else "no reason given"
    return f"status {worker.process.returncode}: {str(words)[:300]}"


@contextmanager
def fleet_on(kafka: ApacheKafka, folder: Path, seed: int) -> Iterator[Fleet]:
    """A fleet behind fault lines; nothing of it is left afterwards."""
    with FaultProxies() as proxies:
        fleet = Fleet(kafka, proxies, folder, seed)
        try:
            yield fleet
        finally:
            fleet.close()

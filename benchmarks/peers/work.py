"""The work every runtime of the race does with one event, and the pace at which it does it.

Each peer calls the same functions that blinwatch's own worker calls: decode and validate the bytes, judge the event
with the whole rulebook, make the records of its decisions, write the patient's state as bytes. What differs is who
reads, who keeps the state, and who sends.
"""

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.patient_state import PatientState
from blinwatch.core.step import next_deadline_ms
from blinwatch.deliver.output_record import OutputRecord
from blinwatch.deliver.publish_decisions import DecisionPublisher
from blinwatch.receive.decode import decode_record
from blinwatch.receive.rejection import Rejected
from blinwatch.stream.core_judge import CoreJudge
from blinwatch.stream.state_codec import StateWriter, read_state
from blinwatch.stream.stored_state import StoredState

COMMIT_INTERVAL_S = 1.0
"""How often every peer that commits by time does so: the default of blinwatch."""
LINGER_MS = 2
"""How long every producer gathers records: the default of blinwatch."""
POLL_RECORDS_MOST = 4_000
"""As blinwatch's own poll."""
STARTED_AT = 0.1
"""The part of the events after which the clock starts: joining and recovery lie before it."""
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
STATUS_CPU_FIELDS = slice(11, 13)
"""utime and stime, counted after the process name of /proc/PID/stat."""


@dataclass(slots=True)
class _Patient:
    state: PatientState
    writer: StateWriter = field(default_factory=StateWriter)
    applied: dict[str, int] = field(default_factory=dict[str, int])


class Work:
    """Judges events; keeps live states in memory, as every runtime that has the memory would."""

    def __init__(self, stored: Mapping[bytes, bytes]) -> None:
        """`stored`: the states the race begins with, patient key to changelog value."""
        rulebook = load_rulebook()
        self._judge = CoreJudge(rulebook)
        self._publisher = DecisionPublisher(rulebook_version=rulebook.version, rulebook_digest=rulebook.digest)
        self._stored = dict(stored)
        self._patients: dict[bytes, _Patient] = {}

    def handle(self, topic: str, key: bytes, value: bytes) -> list[OutputRecord]:
        """Decode, judge, and make the records of what was decided."""
        event = decode_record(topic, key, value)
        assert not isinstance(event, Rejected), f"the race is fed with valid events only: {event}"
        patient = self._patient(key)
        patient.state, decisions = self._judge.step(patient.state, event)
        return [record for decision in decisions for record in self._publisher.records_of(decision)]

    def knows(self, key: bytes) -> bool:
        """Whether the patient's live state is in memory."""
        return key in self._patients

    def restore(self, key: bytes, stored: bytes | None) -> None:
        """Take a patient's state from the runtime's own store; what the race began with otherwise."""
        if stored is not None:
            self._stored[key] = stored

    def snapshot(self, key: bytes, topic: str, offset: int) -> bytes:
        """The patient's state as it would be stored, with the offset that it includes."""
        patient = self._patient(key)
        patient.applied[topic] = offset
        return patient.writer.write(patient.state, patient.applied, next_deadline_ms(patient.state))

    def _patient(self, key: bytes) -> _Patient:
        patient = self._patients.get(key)
        if patient is None:
            stored = self._stored.pop(key, None)
            state = self._judge.thaw(read_state(stored)) if stored else self._judge.new_patient(key.decode())
            patient = self._patients[key] = _Patient(state)
        return patient


class Pace:
    """Counts events; notes time and processor time when `STARTED_AT` of them are done and when all are.

    Thawing a patient's state (some 6 ms, once) is taken out of both: readers take a megabyte of one partition after the
    other, so how many patients a runtime first meets while the clock runs depends on how many events it was given.
    """

    def __init__(self, peer: str, events: int, broker_pid: int | None, done: Callable[[], object]) -> None:
        """`done` is called after the line is printed."""
        self._peer = peer
        self._events = events
        self._broker_pid = broker_pid
        self._done = done
        self._count = 0
        self._outputs = 0
        self._thaws = 0
        self._thaw_wall_s = self._thaw_cpu_s = 0.0
        self._first: tuple[int, float, float, float] | None = None
        self._start = max(1, round(events * STARTED_AT))
        self._time_thaws()

    def count(self, events: int = 1, outputs: int = 0) -> None:
        """So many more events have been judged, and so many records made."""
        self._count += events
        self._outputs += outputs
        if self._first is None and self._count >= self._start:
            self._first = self._look()
        if self._count >= self._events:
            self._tell()
            self._done()

    def _time_thaws(self) -> None:
        in_core = CoreJudge.thaw

        def timed(judge: CoreJudge, stored: StoredState) -> PatientState:
            wall_s, cpu_s = time.monotonic(), time.process_time()
            state = in_core(judge, stored)
            if self._first is not None:
                self._thaws += 1
                self._thaw_wall_s += time.monotonic() - wall_s
                self._thaw_cpu_s += time.process_time() - cpu_s
            return state

        CoreJudge.thaw = timed  # type: ignore[method-assign]

    def _look(self) -> tuple[int, float, float, float]:
        broker_s = cpu_seconds(self._broker_pid) if self._broker_pid else 0.0
        return self._count, time.monotonic(), time.process_time(), broker_s

    def _tell(self) -> None:
        assert self._first is not None
        last = self._look()
        events, wall_s, cpu_s, broker_cpu_s = (now - then for now, then in zip(last, self._first, strict=True))
        wall_s, cpu_s = wall_s - self._thaw_wall_s, cpu_s - self._thaw_cpu_s
        line = {
            "peer": self._peer,
            "events": self._count,
            "timed_events": events,
            "outputs": self._outputs,
            "thaws_taken_out": self._thaws,
            "thaw_cpu_s_taken_out": self._thaw_cpu_s,
            "events_per_s": events / wall_s,
            "wall_s": wall_s,
            "worker_cpu_s": cpu_s,
            "broker_cpu_s": broker_cpu_s,
            "events_per_worker_cpu_s": events / cpu_s,
            "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
        print(orjson.dumps(line).decode(), flush=True)


def cpu_seconds(pid: int) -> float:
    """Processor time a process and its threads have used so far."""
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    user, system = stat.rpartition(")")[2].split()[STATUS_CPU_FIELDS]
    return (int(user) + int(system)) / TICKS_PER_S


def _leave() -> None:
    """End without saying goodbye: some runtimes take many seconds for it, and nothing of that is measured."""
    sys.stdout.flush()
    os._exit(0)


@dataclass(frozen=True, slots=True)
class Options:
    """What every peer is told."""

    bootstrap: str
    topic: str
    events: int
    group: str
    state_topic: str
    states: Path | None
    broker_pid: int | None
    forever: bool
    """Work on until stopped; nothing is counted (benchmarks/latency.py)."""

    def new_work(self) -> Work:
        """The work, with the states the race begins with."""
        return Work(read_states(self.states) if self.states else {})

    def new_pace(self, peer: str) -> Pace:
        """The pace of this run; the process ends with it."""
        return Pace(peer, sys.maxsize if self.forever else self.events, self.broker_pid, _leave)


def parse_options(description: str | None) -> Options:
    """The command line every peer shares; puts the process on the core it names."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--topic", default="vitals.observed.v1")
    parser.add_argument("--events", type=int, default=0, help="stop after so many; 0: work on until stopped")
    parser.add_argument("--group", default="bench", help="consumer group; a new one reads from the beginning")
    parser.add_argument("--state-topic", default="blinwatch.state.v1", help="changelog, made beforehand")
    parser.add_argument("--states", type=Path, help="file of the states to begin with")
    parser.add_argument("--broker-pid", type=int)
    parser.add_argument("--core", type=int, help="run on this processor only")
    found = parser.parse_args()
    if found.core is not None:
        os.sched_setaffinity(0, {found.core})
    return Options(
        bootstrap=found.bootstrap,
        topic=found.topic,
        events=found.events,
        group=found.group,
        state_topic=found.state_topic,
        states=found.states,
        broker_pid=found.broker_pid,
        forever=found.events == 0,
    )


def write_states(path: Path, states: Mapping[bytes, bytes]) -> None:
    """Keep states for peers to begin with: one JSON text a patient."""
    with path.open("wb") as file:
        for key, value in states.items():
            file.write(key + b"\t" + value + b"\n")


def read_states(path: Path) -> dict[bytes, bytes]:
    """What `write_states` kept."""
    lines = path.read_bytes().splitlines()
    return {key: value for key, _, value in (line.partition(b"\t") for line in lines)}

"""The ward of the race: what it is made of, kept in a folder, and written to a broker.

states.tsv     each patient's state after hours of treatment, as the changelog keeps it
now.jsonl      the minutes after that, at the full rate of the monitors, in the order in which they happen
"""

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.core_speed import States, judge
from benchmarks.peers.work import read_states, write_states
from benchmarks.ward_in_treatment import tell_ward_in_treatment
from confluent_kafka import Producer

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.events import VitalsObserved
from blinwatch.core.step import next_deadline_ms
from blinwatch.receive.event_log import encode_event, encode_key, read_events, topic_of, write_events
from blinwatch.stream.state_codec import StateWriter
from blinwatch.stream.state_table import GROUP_HEADER, PROGRESS_HEADER

VITALS = "vitals.observed.v1"
INTERVAL_S = 1
ORIGINALS_MOST = 80
"""Every story of the simulator several times, at different hours of treatment."""
QUEUE_MOST = 20_000
"""Records librdkafka holds before it is asked to send some: well under its own limit of 100,000."""


class Ward:
    """The events and states in a folder; made there when it is empty.

    At most `ORIGINALS_MOST` patients are told by the simulator; the others are copies of them under other names, event
    by event at the same moment. Telling and judging the day before takes a third of a second for each original.
    """

    def __init__(
        self, folder: Path, patients: int, events: int, up_to_h: float, *, interval_s: int = INTERVAL_S
    ) -> None:
        """Patients should be a multiple of the originals; a folder that is filled keeps what it holds.

        `interval_s`: how often each monitor reports.
        """
        self._interval_s = interval_s
        self.states_file = folder / "states.tsv"
        self._events_file, self._originals_file = folder / "now.jsonl", folder / "originals.tsv"
        if not self.states_file.exists():
            folder.mkdir(parents=True, exist_ok=True)
            self._make(min(patients, ORIGINALS_MOST), patients, events, up_to_h)

    def _make(self, originals: int, patients: int, events: int, up_to_h: float) -> None:
        rulebook = load_rulebook()
        # One event in a hundred is of another topic than the monitors'.
        wanted = round(1.05 * events * originals / patients) + originals
        earlier, now = tell_ward_in_treatment(originals, wanted, self._interval_s, up_to_h, rulebook)
        states: States = {}
        judge(states, earlier, rulebook)
        with self._events_file.open("wb") as file:
            write_events(file, now)
        told = {
            name.encode(): StateWriter().write(state, {}, next_deadline_ms(state))
            for name, state in sorted(states.items())
        }
        write_states(self._originals_file, told)
        write_states(self.states_file, self.many_states(patients))

    def records(self, count: int, *, vitals_only: bool) -> Iterator[tuple[str, bytes, bytes]]:
        """Topic, key and value of the first so many events, of monitors only or of every kind."""
        return itertools.islice(self._all_records(vitals_only=vitals_only), count)

    def _all_records(self, *, vitals_only: bool) -> Iterator[tuple[str, bytes, bytes]]:
        copies: dict[bytes, list[bytes]] = {}
        originals = list(self.original_states())
        for number, name in enumerate(self.states()):
            copies.setdefault(originals[number % len(originals)], []).append(name)
        for event in read_events(self._events_file):
            if vitals_only and not isinstance(event, VitalsObserved):
                continue
            topic, key, value = topic_of(event), encode_key(event), encode_event(event)
            yield from ((topic, name, value.replace(key, name)) for name in copies[key])

    def original_vitals(self, each: int) -> dict[bytes, list[bytes]]:
        """The first so many vitals of each original patient."""
        found: dict[bytes, list[bytes]] = {key: [] for key in self.original_states()}
        for event in read_events(self._events_file):
            if isinstance(event, VitalsObserved):
                lines = found[encode_key(event)]
                if len(lines) < each:
                    lines.append(encode_event(event))
        return found

    def states(self) -> dict[bytes, bytes]:
        """The states to begin with, of all patients."""
        return read_states(self.states_file)

    def original_states(self) -> dict[bytes, bytes]:
        """Those that the simulator told."""
        return read_states(self._originals_file)

    def many_states(self, patients: int) -> dict[bytes, bytes]:
        """The originals' states over and over, each time under other names of the same length."""
        originals = itertools.cycle(self.original_states().items())
        return {name: value.replace(key, name) for name, (key, value) in zip(names(patients), originals, strict=False)}


def names(patients: int) -> Iterator[bytes]:
    """What so many patients are called."""
    return (f"bench-{number + 1:05d}".encode() for number in range(patients))


class Feeder:
    """A producer in a hurry, partitioned as Kafka's own default does."""

    def __init__(self, bootstrap: str) -> None:
        self._producer: Any = Producer(
            {
                "bootstrap.servers": bootstrap,
                "partitioner": "murmur2_random",
                "linger.ms": 20,
                "acks": "all",
                "log_level": 0,
                # As blinwatch's own producer: each request holds what a monitor gateway would send in a moment.
                "batch.size": 64 * 1024,
            }
        )

    def write_records(self, records: Iterable[tuple[str, bytes, bytes]]) -> int:
        """Write records of topic, key and value; how many."""
        count = 0
        for topic, key, value in records:
            self._write(topic, key, value)
            count += 1
        self._flush()
        return count

    def write_states(self, topic: str, group: str, states: dict[bytes, bytes]) -> None:
        """Fill a state changelog as a worker of this group would have."""
        headers = [(PROGRESS_HEADER, b"0"), (GROUP_HEADER, group.encode())]
        for key, value in states.items():
            self._write(topic, key, value, headers)
        self._flush()

    def _write(self, topic: str, key: bytes, value: bytes, headers: list[tuple[str, bytes]] | None = None) -> None:
        if len(self._producer) >= QUEUE_MOST:
            self._producer.poll(0.05)
        self._producer.produce(topic, value, key, headers=headers or [])
        self._producer.poll(0)

    def _flush(self) -> None:
        assert self._producer.flush(120) == 0, "the broker did not take all records within 120 s"

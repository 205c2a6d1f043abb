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
from blinwatch.core.events import AnyEvent, VitalsObserved
from blinwatch.core.step import next_deadline_ms
from blinwatch.receive.event_log import encode_event, encode_key, read_events, topic_of, write_events
from blinwatch.stream.state_codec import StateWriter
from blinwatch.stream.state_table import GROUP_HEADER, PROGRESS_HEADER

VITALS = "vitals.observed.v1"
INTERVAL_S = 1
QUEUE_MOST = 20_000
"""Records librdkafka holds before it is asked to send some: well under its own limit of 100,000."""


class Ward:
    """The events and states in a folder; made there when it is empty."""

    def __init__(self, folder: Path, patients: int, events: int, up_to_h: float) -> None:
        self.states_file, self._events_file = folder / "states.tsv", folder / "now.jsonl"
        if not self.states_file.exists():
            folder.mkdir(parents=True, exist_ok=True)
            self._make(patients, events, up_to_h)

    def _make(self, patients: int, events: int, up_to_h: float) -> None:
        rulebook = load_rulebook()
        # One event in a hundred is of another topic than the monitors'.
        earlier, now = tell_ward_in_treatment(patients, events + events // 20, INTERVAL_S, up_to_h, rulebook)
        states: States = {}
        judge(states, earlier, rulebook)
        with self._events_file.open("wb") as file:
            write_events(file, now)
        write_states(
            self.states_file,
            {
                name.encode(): StateWriter().write(state, {}, next_deadline_ms(state))
                for name, state in sorted(states.items())
            },
        )

    def events(self, count: int, *, vitals_only: bool) -> Iterator[AnyEvent]:
        """The first so many events, of monitors only or of every kind."""
        told = read_events(self._events_file)
        wanted = (event for event in told if isinstance(event, VitalsObserved)) if vitals_only else told
        return itertools.islice(wanted, count)

    def states(self) -> dict[bytes, bytes]:
        """The states to begin with."""
        return read_states(self.states_file)


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

    def write_events(self, events: Iterable[AnyEvent]) -> int:
        """Write each event to its topic; how many."""
        count = 0
        for event in events:
            self._write(topic_of(event), encode_key(event), encode_event(event))
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

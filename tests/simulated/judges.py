"""A judgement in which nothing that happens to the stream goes unseen: the state is a ledger of what was counted."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

import orjson

from blinwatch.core.decisions import Decision
from blinwatch.core.events import AnyEvent, Tick
from blinwatch.receive.event_types import topic_of
from blinwatch.stream.stored_state import StoredState, read_stored_state
from tests.support.toy_judge import ToyState, toy_transition


@dataclass(frozen=True, slots=True)
class Ledger:
    """For each topic how many events were counted, and a digest of which and in which order.

    Topics do not touch each other, so any order between topics gives the same ledger; within a topic, an event that is
    missing, counted twice or out of order changes every digest after it.
    """

    patient_id: str
    chains: dict[str, tuple[int, str]]


class LedgerWriter:
    """Writes ledgers."""

    def write(self, state: Ledger, applied: Mapping[str, int], deadline_ms: int | None) -> bytes:
        document = {"schema_version": 1, "applied": dict(applied), "deadline_ms": deadline_ms, "state": state}
        return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


class LedgerJudge:
    """Raises an alert at every third event of a topic and ends it at the next; its text is the digest."""

    def new_patient(self, patient_id: str) -> Ledger:
        return Ledger(patient_id, {})

    def step(self, state: Ledger, event: AnyEvent) -> tuple[Ledger, tuple[Decision, ...]]:
        if isinstance(event, Tick):
            return state, ()
        topic = topic_of(event)
        count, digest = state.chains.get(topic, (0, ""))
        digest = hashlib.blake2b(f"{digest} {event.event_id}".encode(), digest_size=8).hexdigest()
        after = replace(state, chains={**state.chains, topic: (count + 1, digest)})
        if count % 3 == 2:
            return after, ()
        patient = ToyState(patient_id=state.patient_id, episode=count // 3)
        kind = "raised" if count % 3 == 0 else "resolved"
        told = toy_transition(patient, kind, topic, event.occurred_at, event.event_id)
        told = replace(told, decision_id=f"{told.alert_id}-{kind}", alert=replace(told.alert, summary=digest))
        return after, (told,)

    def next_deadline_ms(self, _state: Ledger) -> int | None:
        return None

    def read(self, value: bytes) -> StoredState:
        return read_stored_state(value)

    def thaw(self, stored: StoredState) -> Ledger:
        document = orjson.loads(stored.value)["state"]
        chains = {topic: (count, digest) for topic, (count, digest) in document["chains"].items()}
        return Ledger(document["patient_id"], chains)

    def new_writer(self) -> LedgerWriter:
        return LedgerWriter()

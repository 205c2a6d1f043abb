"""A judgement of one rule, for tests of the stream itself: fever at 38 °C, silence after ten minutes.

It shares nothing with the core but the types, so a test that uses it can only fail for reasons of the stream.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import orjson

from blinwatch.core.decisions import (
    Alert,
    AlertTransition,
    Decision,
    TransitionKind,
)
from blinwatch.core.events import AnyEvent, Tick, VitalsObserved
from blinwatch.core.evidence import to_datetime, to_ms
from blinwatch.stream.stored_state import StoredState, read_stored_state

FEVER_C = 38.0
SILENCE_MS = 10 * 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ToyState:
    """What the toy remembers of one patient."""

    patient_id: str
    event_count: int = 0
    newest_ms: int = 0
    feverish: bool = False
    silent: bool = False
    episode: int = 0


class ToyWriter:
    """Writes toy states."""

    def write(self, state: ToyState, applied: Mapping[str, int], deadline_ms: int | None) -> bytes:
        return orjson.dumps({"schema_version": 1, "applied": dict(applied), "deadline_ms": deadline_ms, "state": state})


class ToyJudge:
    """Steps toy states; refuses the words of `poison` (an event id) with an exception."""

    def __init__(self, poison: str | None = None) -> None:
        self._poison = poison

    def new_patient(self, patient_id: str) -> ToyState:
        return ToyState(patient_id=patient_id)

    def step(self, state: ToyState, event: AnyEvent) -> tuple[ToyState, tuple[Decision, ...]]:
        if event.event_id == self._poison:
            raise ZeroDivisionError("the toy was told to fail here")
        at_ms = to_ms(event.occurred_at)
        if isinstance(event, Tick):
            if state.silent or at_ms < state.newest_ms + SILENCE_MS:
                return state, ()
            at = to_datetime(state.newest_ms + SILENCE_MS)
            return replace(state, silent=True), (toy_transition(state, "raised", "silence", at, None),)
        after = replace(state, event_count=state.event_count + 1, newest_ms=max(at_ms, state.newest_ms))
        decisions: list[Decision] = []
        if state.silent:
            after = replace(after, silent=False)
            decisions.append(toy_transition(state, "resolved", "silence", event.occurred_at, event.event_id))
        if isinstance(event, VitalsObserved) and event.temperature_c is not None:
            feverish = event.temperature_c >= FEVER_C
            if feverish and not state.feverish:
                after = replace(after, feverish=True, episode=state.episode + 1)
                decisions.append(toy_transition(after, "raised", "fever", event.occurred_at, event.event_id))
            elif state.feverish and not feverish:
                after = replace(after, feverish=False)
                decisions.append(toy_transition(after, "resolved", "fever", event.occurred_at, event.event_id))
        return after, tuple(decisions)

    def next_deadline_ms(self, state: ToyState) -> int | None:
        return None if state.silent or not state.newest_ms else state.newest_ms + SILENCE_MS

    def read(self, value: bytes) -> StoredState:
        return read_stored_state(value)

    def thaw(self, stored: StoredState) -> ToyState:
        return ToyState(**orjson.loads(stored.value)["state"])

    def new_writer(self) -> ToyWriter:
        return ToyWriter()


def toy_transition(
    state: ToyState, transition: TransitionKind, what: str, at: datetime, caused_by: str | None
) -> AlertTransition:
    alert_id = f"{state.patient_id}-{what}-{state.episode}"
    alert = Alert(
        alert_id=alert_id,
        patient_id=state.patient_id,
        ward=None,
        key=what,
        code=what.upper(),
        rule_id=f"TOY-{what}",
        domain="crs",
        scale="technical",
        priority="medium",
        level=1,
        episode=state.episode,
        state="resolved" if transition == "resolved" else "active",
        summary=what,
        threshold=None,
        evidence=(),
        citation="none",
        rulebook_version="toy",
        rulebook_digest="abc",
        since=at,
        raised_at=at,
        updated_at=at,
    )
    return AlertTransition(
        decision_id=f"{alert_id}-{transition}-{to_ms(at)}",
        alert_id=alert_id,
        patient_id=state.patient_id,
        transition=transition,
        occurred_at=at,
        late=False,
        caused_by=caused_by,
        alert=alert,
    )

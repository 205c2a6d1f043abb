"""What stands now, from the output topics alone: patients, their alerts, and what became of acts.

What:      takes records in, remembers the newest of each patient and alert, tells who changed since it was last asked.
Inputs:    records of patients.status.v1, alerts.active.v1 and audit.decisions.v1 as Kafka holds them (key, value).
Caveats:   memory is bounded by the patients on the status topic, whatever has passed before: one status and the
           standing alerts of each. A record that cannot be read is counted and left out; the board goes on.
"""

from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from blinwatch.board.tile import ms, tile
from blinwatch.core.decisions import Alert, PatientStatus

STATUS_TOPIC = "patients.status.v1"
ACTIVE_TOPIC = "alerts.active.v1"
AUDIT_TOPIC = "audit.decisions.v1"
ACTS_KEPT = 2_000
"""Acts whose answer is awaited or was just told: a busy hour of a large hospital, some 400 kB."""

_STATUS = TypeAdapter(PatientStatus)
_ALERT = TypeAdapter(Alert)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the judgement made of an act."""

    event_id: str
    done: bool
    detail: str
    """Why not, where it was refused."""


@dataclass(frozen=True, slots=True)
class Written:
    """Where an act lies on its topic."""

    topic: str
    partition: int
    offset: int


@dataclass(slots=True)
class WardNow:
    """The board's memory."""

    statuses: dict[str, PatientStatus] = field(default_factory=dict[str, PatientStatus])
    unreadable: Counter[str] = field(default_factory=Counter[str])
    """Records that could not be read, by topic."""
    newest_ms: int = 0
    """The newest moment that any status speaks of: the ward's own time."""
    _alerts: dict[str, Alert] = field(default_factory=dict[str, Alert])
    _changed: set[str] = field(default_factory=set[str])
    _awaited: OrderedDict[str, Written | None] = field(default_factory=OrderedDict[str, Written | None])
    _judged: set[str] = field(default_factory=set[str])
    """Acts that were seen to be judged when the workers were asked last."""
    _answers: list[Answer] = field(default_factory=list[Answer])

    def take(self, topic: str, key: bytes | None, value: bytes | None) -> None:
        """Take one record in."""
        try:
            name = (key or b"").decode()
            if topic == STATUS_TOPIC:
                self._take_status(name, value)
            elif topic == ACTIVE_TOPIC:
                self._take_alert(name, value)
            else:
                self._take_decision(value)
        except (ValidationError, orjson.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError):
            self.unreadable[topic] += 1

    def _take_status(self, patient_id: str, value: bytes | None) -> None:
        if not value:
            self.statuses.pop(patient_id, None)
            self._changed.add(patient_id)
            return
        status = _STATUS.validate_json(value)
        known = self.statuses.get(status.patient_id)
        # A status that is written again after a takeover is as old as its events.
        if known is None or status.as_of >= known.as_of:
            self.statuses[status.patient_id] = status
            self._changed.add(status.patient_id)
            self.newest_ms = max(self.newest_ms, ms(status.as_of) or 0)

    def _take_alert(self, alert_id: str, value: bytes | None) -> None:
        if value:
            alert = _ALERT.validate_json(value)
            self._alerts[alert.alert_id] = alert
            self._changed.add(alert.patient_id)
        elif (gone := self._alerts.pop(alert_id, None)) is not None:
            self._changed.add(gone.patient_id)

    def _take_decision(self, value: bytes | None) -> None:
        decision: dict[str, Any] = orjson.loads(value or b"{}")["decision"]
        event_id = decision.get("caused_by")
        if event_id not in self._awaited:
            return
        refused = decision["type"] == "input_note"
        self._forget_act(event_id)
        self._answers.append(Answer(event_id=event_id, done=not refused, detail=decision["detail"] if refused else ""))

    def await_answer(self, event_id: str) -> None:
        """Remember that somebody waits for what becomes of this event."""
        self._awaited[event_id] = None
        while len(self._awaited) > ACTS_KEPT:
            self._forget_act(next(iter(self._awaited)))

    def act_written(self, event_id: str, written: Written) -> None:
        """The act lies on its topic; without a decision of its own it is done once the workers are past it."""
        if event_id in self._awaited:
            self._awaited[event_id] = written

    def judged_to(self, committed: Mapping[tuple[str, int], int]) -> None:
        """How far the workers have judged, asked once a second.

        An examination that changes nothing has no decision. It is told as done at the second look that finds it judged:
        what a worker had to say of it was written before, and has been read meanwhile.
        """
        past = {
            event_id
            for event_id, written in self._awaited.items()
            if written is not None and committed.get((written.topic, written.partition), 0) > written.offset
        }
        for event_id in sorted(past & self._judged):
            self._forget_act(event_id)
            self._answers.append(Answer(event_id=event_id, done=True, detail=""))
        self._judged = past & self._awaited.keys()

    def _forget_act(self, event_id: str) -> None:
        del self._awaited[event_id]
        self._judged.discard(event_id)

    def take_answers(self) -> list[Answer]:
        """Answers that came since this was last asked."""
        answers, self._answers = self._answers, []
        return answers

    def take_changed(self) -> list[str]:
        """Patients who changed since this was last asked; one who is gone is among them."""
        changed, self._changed = sorted(self._changed), set()
        return changed

    def tile_of(self, patient_id: str) -> dict[str, Any] | None:
        """A patient's tile; None where nothing is known of him (any more)."""
        status = self.statuses.get(patient_id)
        return None if status is None else tile(status)

    def tiles(self) -> list[dict[str, Any]]:
        """All tiles."""
        return [tile(status) for status in self.statuses.values()]

    def alert(self, patient_id: str, alert_id: str) -> Alert | None:
        """A standing alert of this patient."""
        found = self._alerts.get(alert_id)
        return found if found is not None and found.patient_id == patient_id else None

    def why(self, patient_id: str) -> list[Alert]:
        """A patient's standing alerts with all that they rest on, the longest standing first."""
        found = [one for one in self._alerts.values() if one.patient_id == patient_id]
        return sorted(found, key=lambda one: (one.since, one.alert_id))

    def now_for(self, patient_id: str, clock: datetime) -> datetime:
        """What time it is for a patient: the clock's, or later where a simulated ward runs ahead of it."""
        status = self.statuses.get(patient_id)
        return clock if status is None else max(clock, status.as_of)

"""What a subscriber knows of the ward from the output topics alone: the demo's table is drawn from this."""

import math
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

import orjson
from pydantic import TypeAdapter

from blinwatch.core.decisions import AlertTransition, PatientStatus
from blinwatch.deliver.page_marks import is_repeat

STATUS_TOPIC = "patients.status.v1"
LIFECYCLE_TOPIC = "alerts.lifecycle.v1"
GRADES_TOPIC = "toxicity.grades.v1"
VIEW_TOPICS = (STATUS_TOPIC, LIFECYCLE_TOPIC, GRADES_TOPIC)
NEWS_KEPT = 6
"""Lines of news under the table."""
LATENCIES_KEPT = 10_000
"""Enough for honest percentiles of a long run, at 80 kB."""
SENT_KEPT = 200_000
"""Events whose time of sending is remembered: minutes of a fast demo, about 30 MB."""

_STATUS = TypeAdapter(PatientStatus)
_TRANSITION = TypeAdapter(AlertTransition)


@dataclass(slots=True)
class WardView:
    """The ward as read from the broker, and how long it took from event to alert."""

    patients: dict[str, PatientStatus] = field(default_factory=dict[str, PatientStatus])
    news: deque[AlertTransition] = field(default_factory=lambda: deque[AlertTransition](maxlen=NEWS_KEPT))
    news_count: int = 0
    """News so far, also what `news` no longer holds."""
    raised: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    """Alerts raised, by code and priority at that time."""
    raised_ids: set[str] = field(default_factory=set[str])
    """Which ones; a long demo has some thousands."""
    transitions: Counter[str] = field(default_factory=Counter[str])
    grades: Counter[str] = field(default_factory=Counter[str])
    """Grade records by code."""
    latencies_ms: deque[float] = field(default_factory=lambda: deque[float](maxlen=LATENCIES_KEPT))
    _sent_at_s: dict[str, float] = field(default_factory=dict[str, float])

    def sent(self, event_id: str, at_s: float) -> None:
        """An event was handed to the producer at that second of a steady clock."""
        if len(self._sent_at_s) >= SENT_KEPT:
            for old in list(self._sent_at_s)[: SENT_KEPT // 2]:
                del self._sent_at_s[old]
        self._sent_at_s.setdefault(event_id, at_s)

    def read(self, record: Any, at_s: float) -> None:
        """Take in a record of one of `VIEW_TOPICS`, read at that second of the same clock."""
        if record.topic == STATUS_TOPIC:
            status = _STATUS.validate_json(record.value)
            known = self.patients.get(status.patient_id)
            if known is None or status.as_of >= known.as_of:
                self.patients[status.patient_id] = status
        elif record.topic == LIFECYCLE_TOPIC:
            if is_repeat(record.headers):
                return
            self._read_transition(_TRANSITION.validate_json(record.value), at_s)
        else:
            self.grades[str(orjson.loads(record.value)["code"])] += 1

    def _read_transition(self, step: AlertTransition, at_s: float) -> None:
        self.transitions[step.transition] += 1
        if step.transition == "raised":
            self.raised[(step.alert.code, step.alert.priority)] += 1
            self.raised_ids.add(step.alert_id)
        if step.transition in ("raised", "escalated", "resolved", "acknowledged"):
            self.news.append(step)
            self.news_count += 1
        sent_s = None if step.caused_by is None else self._sent_at_s.get(step.caused_by)
        if sent_s is not None and step.transition in ("raised", "escalated"):
            self.latencies_ms.append((at_s - sent_s) * 1000)

    def latency_ms(self, share: float) -> float | None:
        """That quantile of event-to-alert times, from the producer's hand to this reader; None without alerts."""
        if not self.latencies_ms:
            return None
        ordered = sorted(self.latencies_ms)
        return ordered[min(len(ordered) - 1, math.floor(share * len(ordered)))]

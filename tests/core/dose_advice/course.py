"""A patient's course told hour by hour, judged as the live state judges it: observe, settle, compose, advise."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.dose_advice.advice import AdviceScale, DoseAdvice
from blinwatch.core.dose_advice.episode import NO_REACTIONS, ObservedKind
from blinwatch.core.dose_advice.facts import DoseFacts
from blinwatch.core.dose_advice.live import standing_advice
from blinwatch.core.dose_advice.reaction_book import chart_reactions, next_change_ms, observe_grade, settle
from blinwatch.core.events import ReactionAssessed
from blinwatch.core.findings import ReactionFindings

START = datetime(2026, 3, 1, tzinfo=UTC)
START_MS = round(START.timestamp() * 1000)
HOUR_MS = 3_600_000
ADULT = DoseFacts(
    age_years=40.0,
    weight_kg=70.0,
    phase="rr",
    cycle=2,
    bag_type_h=24.0,
    running=True,
    cycle_start_ms=START_MS,
    dose_level_now="full",
    crs_status="CRS_NONE",
    seizure_count=0,
)


def ms(hour: float) -> int:
    """The moment `hour` hours after the first drop."""
    return START_MS + round(hour * HOUR_MS)


class Course:
    """Told in time order; hours count from the first drop."""

    def __init__(self, rulebook: Rulebook, facts: DoseFacts = ADULT) -> None:
        self.rulebook = rulebook
        self.facts = facts
        self.book = NO_REACTIONS
        self.advice: DoseAdvice | None = None
        self._charts = 0

    def at(self, hour: float, **facts: Any) -> DoseAdvice | None:
        """The advice at that hour, with the facts that have changed by then."""
        return self.at_ms(ms(hour), **facts)

    def at_ms(self, at_ms: int, **facts: Any) -> DoseAdvice | None:
        """As `at`, to the millisecond."""
        self.facts = replace(self.facts, at_ms=at_ms, **facts)
        self.book = settle(self.book, self.facts, at_ms, self.rulebook)
        self.advice = standing_advice(self.book, self.facts, at_ms, self.rulebook, self.advice)
        return self.advice

    def code(self, hour: float, **facts: Any) -> str | None:
        """The headline at that hour."""
        advice = self.at(hour, **facts)
        return None if advice is None else advice.code

    def code_ms(self, at_ms: int) -> str | None:
        """The headline at that millisecond."""
        advice = self.at_ms(at_ms)
        return None if advice is None else advice.code

    def grade(self, hour: float, kind: ObservedKind, grade: int | None, scale: AdviceScale | None = None) -> "Course":
        """A grade observed at that hour, at the dose level of then."""
        level = self.facts.dose_level_now
        self.book = observe_grade(self.book, kind, grade, ms(hour), level, self.rulebook, scale=scale)
        return self

    def examined(self, from_hour: float, to_hour: float, grade: int, every_h: float = 8) -> "Course":
        """Neurological examinations of one grade at even intervals, both ends included."""
        hour = from_hour
        while hour <= to_hour:
            self.grade(hour, "neuro", grade)
            hour += every_h
        return self

    def chart(self, hour: float, *reactions: ReactionFindings, event_id: str | None = None) -> "Course":
        """An assessment by staff."""
        self._charts += 1
        event = ReactionAssessed(
            event_id=event_id or f"chart-{self._charts}",
            patient_id="p1",
            occurred_at=START + timedelta(hours=hour),
            source="test",
            reactions=reactions,
        )
        self.book = chart_reactions(self.book, event, ms(hour))
        return self

    def stop(self, hour: float, reason: str | None = "adverse_reaction") -> "Course":
        """The infusion stops."""
        self.facts = replace(
            self.facts, running=False, interruption_since_ms=ms(hour), interruption_reason=reason, resumed_ms=None
        )
        return self

    def resume(self, hour: float, level: str, *, low_restart_told: bool = True) -> "Course":
        """The infusion flows again at a dose level."""
        low = level == "low" and low_restart_told
        self.facts = replace(
            self.facts,
            running=True,
            interruption_since_ms=None,
            interruption_reason=None,
            resumed_ms=ms(hour),
            dose_level_now=level,
            low_restart_since_ms=ms(hour) if low else None,
        )
        return self

    def full_dose(self) -> "Course":
        """The pump is programmed for the full dose."""
        self.facts = replace(self.facts, dose_level_now="full", low_restart_since_ms=None, low_restart_infused_h=None)
        return self

    def next_ms(self, hour: float) -> int | None:
        """When time alone may next change the advice."""
        return next_change_ms(self.book, self.facts, ms(hour), self.rulebook)

"""What the tests of section F share: a well adult and a well child, charted signs, laboratory results."""

from typing import Any

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_events.judge import (
    NOTHING_REMEMBERED,
    EventFacts,
    EventMemory,
    EventVerdict,
    EventView,
    judge_adverse_events,
    note_signs,
    note_temperature,
    note_weight,
)
from blinwatch.core.events import ClinicalSignsAssessed
from blinwatch.core.evidence import to_datetime
from blinwatch.core.labs.lab_book import NO_LABS, LabBook
from blinwatch.core.labs.lab_view import LabView
from tests.core.labs.lab_support import HOUR_MS, START_MS, at, book_of, result_event, taken

__all__ = ["HOUR_MS", "START_MS", "at", "book_of", "result_event", "taken"]

WELL_ADULT: dict[str, Any] = {
    "age_years": 40.0,
    "temperature_c": 36.8,
    "heart_rate_bpm": 76.0,
    "respiratory_rate_per_min": 14.0,
    "spo2_pct": 98.0,
    "o2_device": "room_air",
    "sbp_mmhg": 118.0,
    "map_mmhg": 85.0,
    "consciousness": "alert",
}
WELL_CHILD: dict[str, Any] = {**WELL_ADULT, "age_years": 4.0, "map_mmhg": 62.0}
MINUTE_MS = 60_000
_WHOLE = ("gcs", "crs_current", "infusion_start_ms")


def facts(base: dict[str, Any] | None = None, **changes: Any) -> EventFacts:
    """A well adult's live values, changed as named; numbers are floats, as the edge hands them over."""
    values = {**(WELL_ADULT if base is None else base), **changes}
    return EventFacts(
        **{name: float(one) if type(one) is int and name not in _WHOLE else one for name, one in values.items()}
    )


def charted(hours: float, memory: EventMemory = NOTHING_REMEMBERED, **signs: Any) -> EventMemory:
    """The memory after signs charted at an hour."""
    event = ClinicalSignsAssessed(
        event_id=f"signs-{hours:g}",
        patient_id="pt-1",
        occurred_at=to_datetime(at(hours)),
        source="ward",
        **signs,
    )
    return note_signs(memory, event, at(hours))


def temperatures(
    rulebook: Rulebook, *readings: tuple[float, float], memory: EventMemory = NOTHING_REMEMBERED
) -> EventMemory:
    """The memory after temperatures given as hour, °C."""
    for hours, temperature_c in readings:
        memory = note_temperature(memory, temperature_c, at(hours), rulebook)
    return memory


def weights(rulebook: Rulebook, *readings: tuple[float, float]) -> EventMemory:
    """The memory after weights given as hour, kg."""
    memory = NOTHING_REMEMBERED
    for hours, weight_kg in readings:
        memory = note_weight(memory, weight_kg, at(hours), f"weight-{hours:g}", rulebook)
    return memory


def labs(rulebook: Rulebook, hours: float, *results: tuple[str, float, float], age_years: float | None = 40) -> LabView:
    """The laboratory at an hour, of results given as analyte, hour, value."""
    return LabView(book_of(rulebook, *results), at(hours), age_years, rulebook)


def view(
    rulebook: Rulebook,
    hours: float,
    memory: EventMemory = NOTHING_REMEMBERED,
    book: LabBook = NO_LABS,
    **changes: Any,
) -> EventView:
    """Everything of section F at an hour, of a well adult changed as named."""
    return judge_adverse_events(memory, book, facts(**changes), at(hours), rulebook)


def verdict(judged: EventView, rule_id: str) -> EventVerdict:
    """The verdict of a rule, which must have been asked."""
    found = judged.get(rule_id)
    assert found is not None
    return found


def points(judged: EventVerdict) -> dict[str, int | None]:
    """The points of each part by its name."""
    return {part.name: part.points for part in judged.parts}

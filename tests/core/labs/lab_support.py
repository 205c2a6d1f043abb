"""What the tests of laboratory results share: results written as "analyte, hour, value"."""

from typing import Any

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.events import LabResulted
from blinwatch.core.evidence import to_datetime
from blinwatch.core.labs.lab_book import NO_LABS, LabBook, take_lab

HOUR_MS = 3_600_000
START_MS = 1_772_352_000_000
"""2026-03-01 08:00 UTC: the first drop in these stories."""


def at(hours: float) -> int:
    return START_MS + round(hours * HOUR_MS)


def result_event(rulebook: Rulebook, analyte: str, hours: float, value: float, **fields: Any) -> LabResulted:
    """A result of an analyte, its specimen taken `hours` after the start, in its own unit unless said otherwise."""
    entry = rulebook.labs.analytes[analyte]
    return LabResulted(
        event_id=fields.pop("event_id", f"{analyte}-{hours:g}"),
        patient_id="pt-1",
        occurred_at=to_datetime(at(hours)),
        source="laboratory",
        loinc=fields.pop("loinc", entry.loinc[0]),
        value=float(value),
        unit=fields.pop("unit", entry.unit),
        **fields,
    )


def taken(rulebook: Rulebook, *events: LabResulted, book: LabBook = NO_LABS) -> LabBook:
    """The book after results, each of which has to be accepted."""
    for event in events:
        own_ms = round(event.occurred_at.timestamp() * 1000)
        book, refused = take_lab(book, event, own_ms, rulebook)
        assert refused is None, refused
    return book


def book_of(rulebook: Rulebook, *results: tuple[str, float, float]) -> LabBook:
    """The book after results given as analyte, hour, value."""
    return taken(rulebook, *(result_event(rulebook, *result) for result in results))


def refusal(rulebook: Rulebook, event: LabResulted) -> str:
    """Why a result is refused; it must leave the book as it was."""
    own_ms = round(event.occurred_at.timestamp() * 1000)
    book, refused = take_lab(NO_LABS, event, own_ms, rulebook)
    assert book is NO_LABS
    assert refused is not None
    return refused

"""How tests speak about drugs: questions, doses and moments in few words."""

from datetime import UTC, datetime, timedelta
from typing import Any

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.events import MedicationAdministered
from blinwatch.core.evidence import to_ms
from blinwatch.core.findings import InteractionFindings
from blinwatch.core.interactions.check import check_interactions
from blinwatch.core.interactions.drug_book import NO_DRUGS, DrugBook, take_dose
from blinwatch.core.interactions.live import DrugView, InteractionView
from blinwatch.core.interactions.verdict import InteractionVerdict

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
"""First drop of the cycle in every story."""
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def ms(hours: float) -> int:
    """The moment so many hours after the first drop."""
    return to_ms(START) + round(hours * HOUR_MS)


def ask(rulebook: Rulebook, **given: Any) -> InteractionVerdict:
    """The verdict on what is given, as a pharmacist would chart it."""
    return check_interactions(InteractionFindings(**given), rulebook)


def codes(rulebook: Rulebook, **given: Any) -> tuple[str, ...]:
    return ask(rulebook, **given).codes


def dose(t_h: float, drug: str, *, event_id: str | None = None, **said: Any) -> MedicationAdministered:
    """A medication event so many hours after the first drop."""
    return MedicationAdministered(
        event_id=event_id or f"{drug}@{t_h}",
        patient_id="p-1",
        occurred_at=START + timedelta(milliseconds=round(t_h * HOUR_MS)),
        source="test",
        drug=drug,
        **said,
    )


def book_of(rulebook: Rulebook, *events: MedicationAdministered) -> DrugBook:
    book = NO_DRUGS
    for event in events:
        book = take_dose(book, event, to_ms(event.occurred_at), rulebook)
    return book


def view_of(view: InteractionView, drug: str) -> DrugView:
    """The one drug of a view by its name."""
    found = [one for one in view.drugs if one.drug == drug]
    assert len(found) == 1, [one.drug for one in view.drugs]
    return found[0]


def codes_of(view: InteractionView, drug: str) -> tuple[str, ...]:
    return tuple(finding.code for finding in view_of(view, drug).findings)

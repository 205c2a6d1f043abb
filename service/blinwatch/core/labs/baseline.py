"""The result that a change is measured from.

What:      the last result in the 3 days before the start of the infusion; without one the first after that.
Source:    Cairo-Bishop speaks of a change from baseline without naming one: a choice [C].
Caveats:   a baseline with a comparator is none; an unknown start takes the first result of the last 10 days.
"""

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.labs.lab_book import LabBook, known_results
from blinwatch.core.labs.lab_result import LabResult

_HOUR_MS = 3_600_000


def baseline(
    book: LabBook, analyte: str, start_ms: int | None, before: LabResult, rulebook: Rulebook
) -> LabResult | None:
    """The baseline of an analyte for a result taken later; None where there is none."""
    rules = rulebook.adverse_events
    lead_ms = round(rules.baseline_before_start_h * _HOUR_MS)
    if start_ms is None:
        from_ms = before.at_ms - lead_ms - round(rules.tls_after_start_h * _HOUR_MS)
    else:
        from_ms = start_ms - lead_ms
    known = [result for result in known_results(book, analyte, before.at_ms - 1, from_ms) if result.comparator is None]
    at_start = [result for result in known if start_ms is not None and result.at_ms <= start_ms]
    if at_start:
        return at_start[-1]
    return known[0] if known else None

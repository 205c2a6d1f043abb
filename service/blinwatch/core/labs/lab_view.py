"""Laboratory results as rules ask for them at one moment: fresh, and set against their upper limit of normal.

What:      the latest fresh result of an analyte, and how it stands to a multiple of its limit.
Source:    rule reference section 0 (24 h); LAB-3 (upper limit of normal).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.infusion.verdict import plain
from blinwatch.core.labs.lab_book import LabBook, Uln, last_known, latest, uln_of
from blinwatch.core.labs.lab_result import LabResult

_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class UlnFold:
    """A fresh result and its limit; `fold` is their ratio."""

    result: LabResult
    uln: Uln

    @property
    def fold(self) -> float:
        """How many times the upper limit of normal."""
        return self.result.value / self.uln.limit

    @property
    def text(self) -> str:
        """In words: "6.2 x normal (248 U/L over 40)"."""
        assumed = ", a usual limit" if self.uln.assumed else ""
        fold = f"{self.result.comparator or ''}{plain(round(self.fold, 2))}"
        return f"{fold} x the upper limit of normal ({self.result.text} against {plain(self.uln.limit)}{assumed})"


@dataclass(frozen=True, slots=True)
class LabView:
    """The laboratory at one moment for a patient of an age (None: unknown, read as an adult's)."""

    book: LabBook
    at_ms: int
    age_years: float | None
    rulebook: Rulebook
    old_results_warn: bool = False
    """Whether results older than 24 h are read too: they may warn, never reassure."""

    def latest(self, analyte: str) -> LabResult | None:
        """The newest fresh result; where old results warn, the newest of the last days."""
        if not self.old_results_warn:
            return latest(self.book, analyte, self.at_ms, self.rulebook)
        result = last_known(self.book, analyte, self.at_ms)
        stands_ms = round(self.rulebook.adverse_events.finding_stands_h * _HOUR_MS)
        return None if result is None or self.at_ms - result.at_ms > stands_ms else result

    def looked_at_ms(self, analytes: Iterable[str]) -> int:
        """The end of the time that is looked at: now; where old results warn, the newest of these results."""
        if not self.old_results_warn:
            return self.at_ms
        found = (self.latest(analyte) for analyte in analytes)
        return max((result.at_ms for result in found if result is not None), default=self.at_ms)

    def uln_fold(self, analyte: str) -> UlnFold | None:
        """The newest fresh result with its limit; None without either."""
        result = self.latest(analyte)
        if result is None:
            return None
        uln = uln_of(result, analyte, self.age_years, self.rulebook)
        return None if uln is None else UlnFold(result, uln)

    def name(self, analyte: str) -> str:
        """The analyte in plain words."""
        return self.rulebook.labs.analytes[analyte].name

    def unit(self, analyte: str) -> str:
        """The analyte's own unit."""
        return self.rulebook.labs.analytes[analyte].unit

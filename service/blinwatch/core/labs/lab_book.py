"""LAB-2: the laboratory results of a patient, as far as rules may still ask for them.

What:      takes results in, in any order of arrival, and answers for the latest one that is fresh.
Source:    rule reference section 0 (laboratory results are missing when older than 24 h) and section H.
Inputs:    `LabResulted` events with the time at which the specimen was taken.
Caveats:   - one specimen time of one analyte is one result: corrected stands above final, final above preliminary, and
             cancelled withdraws whatever was reported, also when it arrives first.
           - how much is kept is data: an analyte that is judged by its latest result keeps two, one with a trend
             keeps the last two days in full and one result for each day before.
           - a result that cannot be used is refused with a reason for the audit, and nothing is remembered of it.
"""

from dataclasses import dataclass, field

from blinwatch.clinical.lab_rules import Analyte, LabRules
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.events import LabResulted
from blinwatch.core.infusion.verdict import plain
from blinwatch.core.labs.convert_unit import Converted, LabRefused, analyte_of, convert_unit
from blinwatch.core.labs.lab_result import Comparator, LabResult, falls_below, nearest_value
from blinwatch.core.units import below

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_STANDING = {"preliminary": 0, "final": 1, "corrected": 2, "cancelled": 3}
"""Which report of one specimen stands: the highest, and of two alike the one with the greater event id."""
DayResult = tuple[int, float, Comparator | None]
"""The result that stands for an older day: when its specimen was taken, the value, the comparator."""


@dataclass(frozen=True, slots=True)
class LabSeries:
    """What is remembered of one analyte, in order of the specimen's time."""

    recent: tuple[LabResult, ...] = ()
    days: tuple[DayResult, ...] = ()
    """One result for each day before the recent ones, kept short: only for trends and baselines."""


@dataclass(frozen=True, slots=True)
class LabBook:
    """The laboratory results of a patient by analyte."""

    series: dict[str, LabSeries] = field(default_factory=dict[str, LabSeries])


NO_LABS = LabBook()
_NOTHING = LabSeries()


@dataclass(frozen=True, slots=True)
class Uln:
    """An upper limit of normal; `assumed` where the laboratory sent none and a usual one stands in (LAB-3)."""

    limit: float
    assumed: bool


def take_lab(book: LabBook, event: LabResulted, own_ms: int, rulebook: Rulebook) -> tuple[LabBook, str | None]:
    """The book with one more result, or the same book and the reason why the result is refused."""
    rules = rulebook.labs
    taken = _result_of(event, own_ms, rules)
    if isinstance(taken, LabRefused):
        return book, taken.reason
    key, result = taken
    before = book.series.get(key, _NOTHING)
    after = _with(before, result, rules.analytes[key], rules)
    return (book, None) if after == before else (LabBook({**book.series, key: after}), None)


def latest(book: LabBook, analyte: str, at_ms: int, rulebook: Rulebook) -> LabResult | None:
    """The newest result that is not older than 24 h; exactly 24 h old still counts. None: missing."""
    newest = last_known(book, analyte, at_ms)
    if newest is None or at_ms - newest.at_ms > fresh_for_ms(rulebook):
        return None
    return newest


def last_known(book: LabBook, analyte: str, at_ms: int) -> LabResult | None:
    """The newest result however old. For warnings only: what is stale may worry, but never reassure."""
    series = book.series.get(analyte)
    if series is None:
        return None
    for result in reversed(series.recent):
        if result.at_ms <= at_ms and result.status != "cancelled":
            return result
    known = known_results(book, analyte, at_ms)
    return known[-1] if known else None


def known_results(book: LabBook, analyte: str, at_ms: int, from_ms: int = 0) -> tuple[LabResult, ...]:
    """The valid results whose specimens were taken from `from_ms` to `at_ms`, both included, in order of time.

    A result that stands for an older day has no event id any more.
    """
    series = book.series.get(analyte)
    if series is None:
        return ()
    older = [
        LabResult(value, taken_ms, "", comparator=comparator)
        for taken_ms, value, comparator in series.days
        if from_ms <= taken_ms <= at_ms
    ]
    recent = [one for one in series.recent if from_ms <= one.at_ms <= at_ms and one.status != "cancelled"]
    return (*older, *recent)


def fresh_for_ms(rulebook: Rulebook) -> int:
    """How long a laboratory result may be used (section 0)."""
    return round(rulebook.vitals.stale_after_h["labs"] * _HOUR_MS)


def uln_of(result: LabResult, analyte: str, age_years: float | None, rulebook: Rulebook) -> Uln | None:
    """The upper limit of normal for a result: the laboratory's own, else the usual one for the age (LAB-3)."""
    if result.uln is not None:
        return Uln(result.uln, assumed=False)
    rules = rulebook.labs
    age = rules.uln_adult_age_years if age_years is None else age_years
    for band in rules.default_uln.get(analyte, ()):
        if band.below_years is None or below(age, band.below_years):
            return Uln(band.uln, assumed=True)
    return None


def uln_multiple(
    book: LabBook, analyte: str, at_ms: int, rulebook: Rulebook, age_years: float | None = None
) -> float | None:
    """The latest fresh result as a multiple of its upper limit of normal; None: missing or without any limit.

    With "> 500" it is a hair more than 500, so that it lies above a limit of 500; the true value may be higher.
    """
    result = latest(book, analyte, at_ms, rulebook)
    if result is None:
        return None
    uln = uln_of(result, analyte, age_years, rulebook)
    return None if uln is None else nearest_value(result) / uln.limit


def anc_low_since_ms(book: LabBook, at_ms: int, rulebook: Rulebook) -> int | None:
    """Since when every known neutrophil count has been below 0.5 x 10⁹/L (DM-14); None: the newest is not.

    Reads the newest count however old: neutropenia does not end because nobody looked. A count whose comparator
    leaves it open ("> 0.3") does not end a run either.
    """
    limit = rulebook.dose.anc_low_below
    known = known_results(book, "anc", at_ms)
    if not known or not falls_below(known[-1], limit):
        return None
    since_ms = known[-1].at_ms
    for result in reversed(known):
        if falls_below(result, limit) is False:
            break
        since_ms = result.at_ms
    return since_ms


def next_stale_ms(book: LabBook, at_ms: int, rulebook: Rulebook) -> int | None:
    """The earliest moment after `at_ms` at which a result goes stale or falls out of a window of 24 h."""
    fresh_ms = fresh_for_ms(rulebook)
    taken = [result.at_ms for series in book.series.values() for result in series.recent]
    taken += [taken_ms for series in book.series.values() for taken_ms, _, _ in series.days]
    ends = (taken_ms + fresh_ms + 1 for taken_ms in taken)
    return min((end_ms for end_ms in ends if end_ms > at_ms), default=None)


def _result_of(event: LabResulted, own_ms: int, rules: LabRules) -> tuple[str, LabResult] | LabRefused:
    if event.status == "cancelled":
        # Whatever value and unit a cancellation carries, they are not read.
        key = analyte_of(event.loinc, rules)
        if key is None:
            return LabRefused(f"LOINC {event.loinc} is not one of the laboratory codes that are judged (LAB-1)")
        return key, LabResult(0.0, own_ms, event.event_id, status="cancelled")
    converted = convert_unit(event.loinc, event.unit, event.value, rules)
    if isinstance(converted, LabRefused):
        return converted
    uln = _own_uln(event.reference_high, converted, rules)
    result = LabResult(converted.value, own_ms, event.event_id, uln, event.comparator, event.status)
    return converted.analyte, result


def _own_uln(reference_high: float | None, converted: Converted, rules: LabRules) -> float | None:
    """The laboratory's own limit in the analyte's unit; one that no laboratory can have is none."""
    if reference_high is None:
        return None
    uln = reference_high * converted.factor
    return uln if 0 < uln <= rules.analytes[converted.analyte].possible[1] else None


def _with(series: LabSeries, result: LabResult, analyte: Analyte, rules: LabRules) -> LabSeries:
    """The series with one more result; depends on the results alone, not on the order in which they came."""
    same_day = [one for one in series.days if one[0] == result.at_ms]
    if same_day and result.status == "preliminary":
        return series
    days = [one for one in series.days if one[0] != result.at_ms]
    same = [one for one in series.recent if one.at_ms == result.at_ms]
    stands = max((*same, result), key=lambda one: (_STANDING[one.status], one.event_id))
    others = (one for one in series.recent if one.at_ms != result.at_ms)
    results = sorted((*others, stands), key=lambda one: one.at_ms)
    if analyte.history == "latest":
        return LabSeries(tuple(results[-rules.keep_latest_most :]))
    recent_from_ms = results[-1].at_ms - round(rules.keep_recent_h * _HOUR_MS)
    recent = [one for one in results if one.at_ms >= recent_from_ms][-rules.keep_recent_most :]
    leaving = [one for one in results if one.at_ms < recent[0].at_ms and one.status != "cancelled"]
    days.extend((one.at_ms, one.value, one.comparator) for one in leaving)
    return LabSeries(tuple(recent), _one_a_day(days, analyte, rules))


def _one_a_day(results: list[DayResult], analyte: Analyte, rules: LabRules) -> tuple[DayResult, ...]:
    """The first or the lowest result of each day, for as many days as are remembered."""
    by_day: dict[int, DayResult] = {}
    for one in sorted(results, key=lambda result: result[0]):
        day = one[0] // _DAY_MS
        kept = by_day.get(day)
        if kept is None or (analyte.older_day_keeps == "lowest" and below(one[1], kept[1])):
            by_day[day] = one
    return tuple(by_day[day] for day in sorted(by_day)[-rules.keep_older_days_most :])


def describe(result: LabResult, analyte: str, rulebook: Rulebook) -> str:
    """A result in words: "neutrophil count 0.3 10*9/L"."""
    entry = rulebook.labs.analytes[analyte]
    return f"{entry.name} {result.text} {entry.unit}"


def hours_old(result: LabResult, at_ms: int) -> str:
    """The age of a result in words."""
    return f"{plain(round((at_ms - result.at_ms) / _HOUR_MS, 1))} h"

"""AE-TLS: tumour lysis by Cairo and Bishop.

Definition:  laboratory: at least two within 24 h, from 3 days before to 7 days after the start, of uric acid, potassium
             and phosphate at or above their limits, corrected calcium at or below its limit, or a change of 25 % for
             the worse. Clinical: laboratory with creatinine >= 1.5 x ULN, arrhythmia or seizure.
Source:      Cairo-Bishop 2004 [K]; rule reference section F.
Inputs:      laboratory results of the last 24 h, the start of the cycle, charted arrhythmia and seizure.
Caveats:     - any result of the last 24 h counts, so a value treated back to normal within them still does.
             - the change is measured from the last result in the 3 days before the start, else from the first
               remembered (core/labs/baseline.py).
             - calcium is corrected by an albumin taken within 24 h; without one it counts as measured, INCOMPLETE.
             - an unknown start does not keep from judging; outside the window the rule is not asked.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from blinwatch.clinical.adverse_event_rules import AdverseEventRules
from blinwatch.core.adverse_events.facts import is_child
from blinwatch.core.adverse_events.verdict import AGE_UNKNOWN, EventVerdict, Part, flags_of, lab_part, missing_words
from blinwatch.core.infusion.verdict import plain
from blinwatch.core.labs.baseline import baseline
from blinwatch.core.labs.lab_book import known_results
from blinwatch.core.labs.lab_result import LabResult, at_most, reaches
from blinwatch.core.labs.lab_view import LabView

RULE_ID = "AE-TLS"
_HOUR_MS = 3_600_000
_BY_WEIGHT = (False, None, True)
"""Of several results in the window the one that meets the criterion stands for it, else one that leaves it open."""


@dataclass(frozen=True, slots=True)
class _Criterion:
    """One of the four in the window: whether it is met, by which result, and in words."""

    name: str
    met: bool | None
    result: LabResult | None = None
    part: Part | None = None
    because: str = ""
    albumin_missing: bool = False


_ANALYTES = ("urate", "potassium", "phosphate", "calcium", "calcium_corrected")


def tls_window_ms(start_ms: int | None, at_ms: int, rules: AdverseEventRules) -> tuple[int, int] | None:
    """The specimens that count now, from and to; None outside the days around the start."""
    from_ms, to_ms = at_ms - round(rules.tls_window_h * _HOUR_MS), at_ms
    if start_ms is not None:
        from_ms = max(from_ms, start_ms - round(rules.tls_before_start_h * _HOUR_MS))
        to_ms = min(to_ms, start_ms + round(rules.tls_after_start_h * _HOUR_MS))
    return (from_ms, to_ms) if from_ms <= to_ms else None


def judge_tumour_lysis(
    labs: LabView, start_ms: int | None, *, arrhythmia: bool | None, seizure: bool | None
) -> EventVerdict | None:
    """Tumour lysis now; None outside the days around the start in which it is looked for."""
    rules = labs.rulebook.adverse_events
    window = tls_window_ms(start_ms, labs.looked_at_ms(_ANALYTES), rules)
    if window is None:
        return None
    criteria = _criteria(labs, start_ms, window)
    met = [one for one in criteria if one.met]
    missing = [one.name for one in criteria if one.met is None]
    if any(one.albumin_missing for one in criteria):
        missing.append("albumin (calcium counts as measured)")
    more = [AGE_UNKNOWN] if labs.age_years is None else []
    laboratory = len(met) >= rules.tls_criteria_from
    parts = [one.part for one in criteria if one.part is not None]
    results = [one.result for one in criteria]
    because = [f"{one.because} ({RULE_ID})" for one in met]
    clinical, assumed = False, False
    if laboratory:
        clinical, assumed = _clinical(labs, parts, because, missing, arrhythmia=arrhythmia, seizure=seizure)
    if missing:
        because.append(missing_words(missing, RULE_ID))
    if not laboratory:
        because.insert(
            0, f"{len(met)} of the {rules.tls_criteria_from} criteria of laboratory tumour lysis ({RULE_ID})"
        )
    return EventVerdict(
        code=_code(missing, laboratory=laboratory, clinical=clinical),
        rule_id=RULE_ID,
        holds=laboratory,
        level=2 if clinical else int(laboratory),
        score=len(met),
        parts=tuple(parts),
        flags=flags_of(missing=missing, results=results, uln_assumed=assumed, more=more),
        because=tuple(because),
        missing=tuple(missing),
        threshold=f"{rules.tls_criteria_from} criteria within {plain(rules.tls_window_h)} h",
    )


def _code(missing: list[str], *, laboratory: bool, clinical: bool) -> str:
    if laboratory:
        return "TLS_CLINICAL" if clinical else "TLS_LABORATORY"
    return "TLS_NOT_EVALUABLE" if missing else "TLS_NONE"


def _criteria(labs: LabView, start_ms: int | None, window: tuple[int, int]) -> tuple[_Criterion, ...]:
    rules = labs.rulebook.adverse_events
    child = is_child(labs.age_years, rules.child_below_years)
    phosphate_limit = rules.tls_phosphate_child_from_mmol_l if child else rules.tls_phosphate_adult_from_mmol_l
    rising = (
        ("urate", rules.tls_urate_from_umol_l),
        ("potassium", rules.tls_potassium_from_mmol_l),
        ("phosphate", phosphate_limit),
    )
    found = [_rising(labs, analyte, limit, start_ms, window) for analyte, limit in rising]
    return (*found, _calcium(labs, start_ms, window))


def _rising(labs: LabView, analyte: str, limit: float, start_ms: int | None, window: tuple[int, int]) -> _Criterion:
    rules = labs.rulebook.adverse_events
    name, unit = labs.name(analyte), labs.unit(analyte)

    def judge(result: LabResult) -> tuple[bool | None, str]:
        at_limit = reaches(result, limit)
        if at_limit:
            return True, f"{name} {result.text} {unit}, at or above {plain(limit)}"
        base = baseline(labs.book, analyte, start_ms, result, labs.rulebook)
        risen = None if base is None else reaches(result, base.value * (1 + rules.tls_change_from))
        if base is not None and risen:
            return True, _changed(name, result, base, unit, "up")
        return at_limit, f"{name} {result.text} {unit}"

    results = known_results(labs.book, analyte, window[1], window[0])
    return _worst(name, unit, results, judge)


def _calcium(labs: LabView, start_ms: int | None, window: tuple[int, int]) -> _Criterion:
    """Calcium as the laboratory corrected it, else corrected here."""
    rules = labs.rulebook.adverse_events
    limit, name, unit = rules.tls_calcium_up_to_mmol_l, "corrected calcium", "mmol/L"
    reported = known_results(labs.book, "calcium_corrected", window[1], window[0])
    analyte = "calcium_corrected" if reported else "calcium"
    results = known_results(labs.book, analyte, window[1], window[0])
    albumin_missing = analyte == "calcium" and any(_albumin_near(labs, result) is None for result in results)

    def corrected(result: LabResult) -> LabResult:
        return result if analyte == "calcium_corrected" else _corrected(labs, result)

    def judge(measured: LabResult) -> tuple[bool | None, str]:
        result = corrected(measured)
        at_limit = at_most(result, limit)
        if at_limit:
            return True, f"{name} {result.text} {unit}, at or below {plain(limit)}"
        before = baseline(labs.book, analyte, start_ms, measured, labs.rulebook)
        base = None if before is None else corrected(before)
        fallen = None if base is None else at_most(result, base.value * (1 - rules.tls_change_from))
        if base is not None and fallen:
            return True, _changed(name, result, base, unit, "down")
        return at_limit, f"{name} {result.text} {unit}"

    found = _worst(name, unit, results, judge)
    return replace(found, albumin_missing=albumin_missing)


def _albumin_near(labs: LabView, calcium: LabResult) -> LabResult | None:
    """The albumin taken nearest to a calcium, within 24 h of it."""
    within_ms = round(labs.rulebook.adverse_events.tls_window_h * _HOUR_MS)
    to_ms = min(labs.at_ms, calcium.at_ms + within_ms)
    near = known_results(labs.book, "albumin", to_ms, calcium.at_ms - within_ms)
    return min(near, key=lambda one: (abs(one.at_ms - calcium.at_ms), one.at_ms), default=None)


def _corrected(labs: LabView, calcium: LabResult) -> LabResult:
    rules = labs.rulebook.adverse_events
    albumin = _albumin_near(labs, calcium)
    if albumin is None:
        return calcium
    lacking_g_l = rules.calcium_albumin_normal_g_l - albumin.value
    return replace(calcium, value=calcium.value + rules.calcium_per_albumin_mmol_per_g * lacking_g_l)


def _changed(name: str, result: LabResult, base: LabResult, unit: str, way: str) -> str:
    return f"{name} {result.text} {unit}, {way} from {base.text}"


def _worst(
    name: str, unit: str, results: tuple[LabResult, ...], judge: Callable[[LabResult], tuple[bool | None, str]]
) -> _Criterion:
    """The newest result that meets the criterion; else the newest that leaves it open; else the newest."""
    if not results:
        return _Criterion(name, None)
    judged = [(result, *judge(result)) for result in results]
    result, met, because = max(judged, key=lambda one: (_BY_WEIGHT.index(one[1]), one[0].at_ms))
    return _Criterion(name, met, result, lab_part(name, result, unit), because)


def _clinical(
    labs: LabView,
    parts: list[Part],
    because: list[str],
    missing: list[str],
    *,
    arrhythmia: bool | None,
    seizure: bool | None,
) -> tuple[bool, bool]:
    """Whether a sign makes it clinical, and whether the creatinine stands against an assumed limit."""
    rules = labs.rulebook.adverse_events
    creatinine = labs.uln_fold("creatinine")
    kidney: bool | None = None
    if creatinine is not None:
        kidney = reaches(creatinine.result, rules.tls_creatinine_uln_from * creatinine.uln.limit)
        parts.append(lab_part("creatinine", creatinine.result, labs.unit("creatinine")))
    signs = (
        (kidney, "creatinine", "" if creatinine is None else f"creatinine {creatinine.text}"),
        (arrhythmia, "arrhythmia (yes or no)", "arrhythmia"),
        (seizure, "seizure (yes or no)", "seizure"),
    )
    because.extend(f"{said}: clinical tumour lysis ({RULE_ID})" for present, _, said in signs if present)
    clinical = any(present for present, _, _ in signs)
    if not clinical:
        missing.extend(name for present, name, _ in signs if present is None)
    return clinical, creatinine is not None and creatinine.uln.assumed

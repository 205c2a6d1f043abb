"""AE-IECHS: screen for the HLH-like syndrome after immune effector cell therapy.

Definition:  ferritin > 2 x ULN, or > 2 x baseline, or rising rapidly; and at least two of ALT or AST > 5 x ULN,
             fibrinogen < 1.5 g/L, a new or worse cytopenia, haemophagocytosis.
Source:      Hines 2023 [K]; rule reference section F.
Inputs:      laboratory results with their history, haemophagocytosis as charted, whether CRS is improving.
Caveats:     - most telling when CRS is improving: flag CRS_IMPROVING.
             - "rising rapidly", "new" and "worse" have no numbers in the source; ours are rows marked [C].
             - blood counts are weak evidence in leukaemia; one that was low before and has not fallen does not count.
"""

from dataclasses import dataclass, field

from blinwatch.core.adverse_events.verdict import EventVerdict, Part, flags_of, lab_part, missing_words
from blinwatch.core.infusion.verdict import plain
from blinwatch.core.labs.baseline import baseline
from blinwatch.core.labs.lab_book import known_results
from blinwatch.core.labs.lab_result import LabResult, at_most, exceeds, falls_below, reaches
from blinwatch.core.labs.lab_view import LabView

RULE_ID = "AE-IECHS"
CRS_IMPROVING = "CRS_IMPROVING"
_HOUR_MS = 3_600_000


@dataclass(slots=True)
class _Found:
    """What the screen collects on its way."""

    parts: list[Part] = field(default_factory=list[Part])
    because: list[str] = field(default_factory=list[str])
    results: list[LabResult] = field(default_factory=list[LabResult])
    assumed: bool = False


def judge_iec_hs(
    labs: LabView,
    start_ms: int | None,
    *,
    haemophagocytosis: bool | None,
    crs_improving: bool | None,
    crs_current: int | None = None,
) -> EventVerdict:
    """The screen for IEC-HS from what is known now."""
    rules = labs.rulebook.adverse_events
    found = _Found()
    ferritin = _ferritin_high(labs, start_ms, found)
    signs: tuple[tuple[str, bool | None], ...] = (
        ("ALT and AST", _transaminases_high(labs, found)),
        ("fibrinogen", _fibrinogen_low(labs, found)),
        ("blood counts with a baseline", _cytopenia(labs, start_ms, found)),
        ("haemophagocytosis (yes or no)", haemophagocytosis),
    )
    if haemophagocytosis:
        found.because.append(f"haemophagocytosis was seen ({RULE_ID})")
    count = sum(1 for _, sign in signs if sign)
    holds = ferritin is True and count >= rules.iechs_criteria_from
    missing = [] if ferritin is not None else ["ferritin"]
    missing += [name for name, sign in signs if sign is None]
    because = list(found.because)
    if holds and crs_improving:
        now = "" if crs_current is None else f", now grade {crs_current}"
        because.append(f"this while CRS is improving{now}, which speaks for IEC-HS ({RULE_ID})")
    if missing:
        because.append(missing_words(missing, RULE_ID))
    # A ferritin that is known and not raised excludes the screen, whatever else is missing.
    quiet = "IECHS_NONE" if ferritin is False or not missing else "IECHS_NOT_EVALUABLE"
    return EventVerdict(
        code="IECHS_SCREEN" if holds else quiet,
        rule_id=RULE_ID,
        holds=holds,
        level=int(holds),
        score=count,
        parts=tuple(found.parts),
        flags=flags_of(
            missing=missing,
            results=found.results,
            uln_assumed=found.assumed,
            more=(CRS_IMPROVING,) if holds and crs_improving else (),
        ),
        because=tuple(because) or (f"ferritin is not raised ({RULE_ID})",),
        missing=tuple(missing),
        threshold=f"raised ferritin and {rules.iechs_criteria_from} further signs",
    )


def _any(answers: list[bool | None]) -> bool | None:
    """Yes if any is; else not known if any is not; else no. No answer at all is not known."""
    if any(answers):
        return True
    return None if not answers or None in answers else False


def _ferritin_high(labs: LabView, start_ms: int | None, found: _Found) -> bool | None:
    rules = labs.rulebook.adverse_events
    fold = labs.uln_fold("ferritin")
    if fold is None:
        return None
    result = fold.result
    found.results.append(result)
    found.assumed = found.assumed or fold.uln.assumed
    found.parts.append(lab_part("ferritin", result, labs.unit("ferritin")))
    base = baseline(labs.book, "ferritin", start_ms, result, labs.rulebook)
    above_baseline = None if base is None else exceeds(result, rules.iechs_ferritin_baseline_above * base.value)
    rising = _rising_rapidly(labs, result)
    above_uln = exceeds(result, rules.iechs_ferritin_uln_above * fold.uln.limit)
    if above_uln:
        found.because.append(f"ferritin {fold.text} ({RULE_ID})")
    if above_baseline and base is not None:
        found.because.append(f"ferritin {result.text} µg/L against {base.text} at baseline ({RULE_ID})")
    if rising:
        found.because.append(f"ferritin {result.text} µg/L, rising rapidly ({RULE_ID})")
    if above_uln or above_baseline or rising:
        return True
    # Without an earlier ferritin the rise is not known, but a value within twice the normal is no sign by itself.
    return above_uln


def _rising_rapidly(labs: LabView, result: LabResult) -> bool:
    rules = labs.rulebook.adverse_events
    from_ms = result.at_ms - round(rules.iechs_ferritin_rise_within_h * _HOUR_MS)
    earlier = known_results(labs.book, "ferritin", result.at_ms - 1, from_ms)
    return any(
        one.comparator is None and one.value > 0 and bool(reaches(result, rules.iechs_ferritin_rise_from * one.value))
        for one in earlier
    )


def _transaminases_high(labs: LabView, found: _Found) -> bool | None:
    limit = labs.rulebook.adverse_events.iechs_transaminase_uln_above
    answers: list[bool | None] = []
    for analyte in ("alt", "ast"):
        fold = labs.uln_fold(analyte)
        if fold is None:
            answers.append(None)
            continue
        high = exceeds(fold.result, limit * fold.uln.limit)
        answers.append(high)
        found.results.append(fold.result)
        found.assumed = found.assumed or fold.uln.assumed
        found.parts.append(lab_part(labs.name(analyte), fold.result, labs.unit(analyte)))
        if high:
            found.because.append(f"{labs.name(analyte)} {fold.text} ({RULE_ID})")
    return _any(answers)


def _fibrinogen_low(labs: LabView, found: _Found) -> bool | None:
    limit = labs.rulebook.adverse_events.iechs_fibrinogen_below_g_l
    result = labs.latest("fibrinogen")
    if result is None:
        return None
    found.results.append(result)
    found.parts.append(lab_part("fibrinogen", result, labs.unit("fibrinogen")))
    low = falls_below(result, limit)
    if low:
        found.because.append(f"fibrinogen {result.text} g/L, below {plain(limit)} ({RULE_ID})")
    return low


def _cytopenia(labs: LabView, start_ms: int | None, found: _Found) -> bool | None:
    """A count below its limit that was not so at baseline, or has fallen by a quarter since."""
    rules = labs.rulebook.adverse_events
    answers: list[bool | None] = []
    for analyte, limit in rules.iechs_cytopenia_below.items():
        result = labs.latest(analyte)
        if result is None:
            answers.append(None)
            continue
        found.results.append(result)
        found.parts.append(lab_part(labs.name(analyte), result, labs.unit(analyte)))
        low = falls_below(result, limit)
        if not low:
            answers.append(low)
            continue
        base = baseline(labs.book, analyte, start_ms, result, labs.rulebook)
        if base is None:
            answers.append(None)
            continue
        is_new = not falls_below(base, limit)
        worse = at_most(result, base.value * (1 - rules.iechs_cytopenia_fall_from))
        answers.append(True if is_new else worse)
        if is_new or worse:
            said = f"{labs.name(analyte)} {result.text} {labs.unit(analyte)}, from {base.text} at baseline"
            found.because.append(f"{said} ({RULE_ID})")
    return _any(answers)

"""AE-LIVER: raised liver values, and whether they are measured daily while that is due.

Definition:  grade 3: ALT or AST > 5 x ULN, or bilirubin > 3 x ULN (DM-10 interrupts); grade 4: > 20 or > 10; grade 2:
             > 3 or > 1.5 (the rows of DM-10). In the first 9 days all three are due daily.
Source:      rule reference sections D (DM-10), F and G.
Inputs:      ALT, AST, bilirubin with their upper limits of normal.
Caveats:     - exactly at a limit is the grade below it.
             - a result that comes without a limit is set against a usual one, flag ULN_ASSUMED.
             - a missing value makes the grade "at least" and INCOMPLETE.
"""

from blinwatch.clinical.dose_rules import DoseRules
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_events.score import best_points
from blinwatch.core.adverse_events.verdict import (
    INCOMPLETE,
    EventVerdict,
    Part,
    flags_of,
    lab_part,
    missing_words,
)
from blinwatch.core.infusion.verdict import length_of, listed, plain
from blinwatch.core.labs.lab_book import LabBook, last_known
from blinwatch.core.labs.lab_result import LabResult, exceeds
from blinwatch.core.labs.lab_view import LabView

RULE_ID = "AE-LIVER"
ANALYTES = ("alt", "ast", "bilirubin")
_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_MINUTE_MS = 60_000


def judge_liver(labs: LabView) -> EventVerdict:
    """The grade of the liver values now."""
    dose = labs.rulebook.dose
    parts: list[Part] = []
    because: list[str] = []
    missing: list[str] = []
    results: list[LabResult] = []
    grade, assumed = 0, False
    for analyte in ANALYTES:
        found = labs.uln_fold(analyte)
        if found is None:
            missing.append(labs.name(analyte))
            continue
        limits = dose.bilirubin_up_to_x_uln if analyte == "bilirubin" else dose.transaminase_up_to_x_uln
        own, is_open = best_points(
            (exceeds(found.result, fold * found.uln.limit), grade_below + 1) for grade_below, fold in limits.items()
        )
        if is_open:
            missing.append(labs.name(analyte))
        grade, assumed = max(grade, own), assumed or found.uln.assumed
        results.append(found.result)
        parts.append(lab_part(labs.name(analyte), found.result, labs.unit(analyte), own))
        if own:
            because.append(f"{labs.name(analyte)} {found.text}, grade {own} ({RULE_ID})")
    if grade >= dose.severe_grade:
        because.append("liver values at this level interrupt the infusion (DM-10)")
    if missing:
        because.append(missing_words(missing, RULE_ID))
    alerts = grade >= labs.rulebook.adverse_events.liver_alert_from_grade
    quiet = "LIVER_NOT_EVALUABLE" if missing else "LIVER_NONE"
    return EventVerdict(
        code=f"LIVER_G{grade}" if alerts else quiet,
        rule_id=RULE_ID,
        holds=alerts,
        level=grade,
        score=grade,
        parts=tuple(parts),
        flags=flags_of(missing=missing, results=results, uln_assumed=assumed),
        because=tuple(because) or (f"ALT, AST and bilirubin are not above normal ({RULE_ID})",),
        missing=tuple(missing),
        threshold=_threshold(dose, grade) if alerts else None,
    )


def _threshold(rules: DoseRules, grade: int) -> str:
    transaminase, bilirubin = rules.transaminase_up_to_x_uln[grade - 1], rules.bilirubin_up_to_x_uln[grade - 1]
    return f"ALT or AST > {plain(transaminase)} x ULN, or bilirubin > {plain(bilirubin)} x ULN"


def liver_labs_late_ms(book: LabBook, start_ms: int, at_ms: int, rulebook: Rulebook) -> int:
    """The moment from which the daily liver tests are late: half an hour beyond a day since the oldest of the three."""
    last = [last_known(book, analyte, at_ms) for analyte in ANALYTES]
    since_ms = min(start_ms if result is None else max(start_ms, result.at_ms) for result in last)
    return since_ms + round(rulebook.adverse_events.labs_late_after_h * _HOUR_MS)


def liver_labs_until_ms(start_ms: int, rulebook: Rulebook) -> int:
    """The end of the last day on which they are due daily."""
    return start_ms + rulebook.vitals.labs_daily_until_day * _DAY_MS


def judge_liver_labs(
    book: LabBook, start_ms: int | None, at_ms: int, rulebook: Rulebook, watched_since_ms: int | None = None
) -> EventVerdict | None:
    """Whether the daily liver tests are late; None when they are not due daily.

    Before `watched_since_ms` nobody owed them here: a patient who comes in mid-cycle has a day for the first ones.
    """
    if start_ms is None or at_ms < start_ms or at_ms >= liver_labs_until_ms(start_ms, rulebook):
        return None
    owed_ms = start_ms if watched_since_ms is None else max(start_ms, watched_since_ms)
    late_ms = liver_labs_late_ms(book, owed_ms, at_ms, rulebook)
    if at_ms < late_ms:
        said = f"ALT, AST and bilirubin are measured daily ({RULE_ID})"
        return EventVerdict(code="LIVER_LABS_NONE", rule_id=RULE_ID, holds=False, because=(said,))
    late_after_ms = round(rulebook.adverse_events.labs_late_after_h * _HOUR_MS)
    late = [rulebook.labs.analytes[one].name for one in ANALYTES if _is_late(book, one, at_ms, late_after_ms)]
    days = rulebook.vitals.labs_daily_until_day
    lasting = length_of((at_ms - late_ms + late_after_ms) // _MINUTE_MS)
    return EventVerdict(
        code="LIVER_LABS_OVERDUE",
        rule_id=RULE_ID,
        holds=True,
        level=1,
        flags=(INCOMPLETE,),
        because=(f"no result of {listed(late)} for {lasting}; due daily in the first {days} days ({RULE_ID})",),
        missing=tuple(late),
        threshold=f"daily to day {days}",
        since_ms=late_ms,
    )


def _is_late(book: LabBook, analyte: str, at_ms: int, late_after_ms: int) -> bool:
    result = last_known(book, analyte, at_ms)
    return result is None or at_ms - result.at_ms >= late_after_ms

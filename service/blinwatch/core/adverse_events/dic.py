"""AE-DIC: disseminated intravascular coagulation by the ISTH score.

Definition:  platelets 50-100 one point, < 50 two; D-dimer moderately raised two, strongly three; prothrombin time
             3-6 s above normal one, more than 6 s two; fibrinogen < 1 g/L one. Overt from 5 points.
Source:      ISTH [K]; rule reference section F.
Inputs:      platelets, D-dimer, prothrombin time, fibrinogen, each not older than 24 h.
Caveats:     - "moderate" begins above the laboratory's upper limit, "strong" at a row marked [C].
             - the prothrombin time is measured against its upper limit of normal; INR does not stand in for it.
             - leukaemia and its treatment lower platelets too.
"""

from blinwatch.core.adverse_events.score import Tally, best_points
from blinwatch.core.adverse_events.verdict import (
    EventVerdict,
    flags_of,
    lab_part,
    missing_words,
    part_words,
    score_words,
)
from blinwatch.core.labs.lab_result import LabResult, at_most, exceeds, falls_below, reaches
from blinwatch.core.labs.lab_view import LabView

RULE_ID = "AE-DIC"


def judge_dic(labs: LabView) -> EventVerdict:
    """The ISTH score from what is known now."""
    rules = labs.rulebook.adverse_events
    tally = Tally()
    results: list[LabResult] = []
    assumed = False
    for analyte in ("platelets", "d_dimer", "pt", "fibrinogen"):
        result = labs.latest(analyte)
        if result is None:
            tally.lacks(labs.name(analyte))
            continue
        checks, uln_assumed = _checks(analyte, result, labs)
        assumed = assumed or uln_assumed
        results.append(result)
        points, is_open = best_points(checks)
        tally.add(lab_part(labs.name(analyte), result, labs.unit(analyte), points), open_above=is_open)
    holds = tally.score >= rules.dic_score_from
    scoring = [part_words(part) for part in tally.parts if part.points]
    words = f"ISTH score for DIC is {score_words(tally.score, tally.missing)}"
    because = [f"{words}: {', '.join(scoring)} ({RULE_ID})" if scoring else f"{words} ({RULE_ID})"]
    if holds and tally.parts[0].name == labs.name("platelets") and tally.parts[0].points:
        because.append(f"leukaemia and its treatment lower platelets too ({RULE_ID})")
    if tally.missing:
        because.append(missing_words(tally.missing, RULE_ID))
    quiet = "DIC_NOT_EVALUABLE" if tally.missing else "DIC_NONE"
    return EventVerdict(
        code="DIC_ISTH" if holds else quiet,
        rule_id=RULE_ID,
        holds=holds,
        level=int(holds),
        score=tally.score,
        parts=tuple(tally.parts),
        flags=flags_of(missing=tally.missing, results=results, uln_assumed=assumed),
        because=tuple(because),
        missing=tuple(tally.missing),
        threshold=f"{rules.dic_score_from} points",
    )


def _checks(analyte: str, result: LabResult, labs: LabView) -> tuple[tuple[tuple[bool | None, int], ...], bool]:
    """The comparisons that score, each with its points; and whether they rest on an assumed upper limit."""
    rules = labs.rulebook.adverse_events
    if analyte == "platelets":
        two = falls_below(result, rules.dic_platelets_two_below)
        return ((two, 2), (at_most(result, rules.dic_platelets_one_up_to), 1)), False
    if analyte == "fibrinogen":
        return ((falls_below(result, rules.dic_fibrinogen_below_g_l), 1),), False
    found = labs.uln_fold(analyte)
    if found is None:
        return ((None, rules.dic_d_dimer_strong_points),), False
    uln = found.uln
    if analyte == "pt":
        two = exceeds(result, uln.limit + rules.dic_pt_two_above_s)
        return ((two, 2), (reaches(result, uln.limit + rules.dic_pt_one_from_s), 1)), uln.assumed
    strong = reaches(result, rules.dic_d_dimer_strong_from_mg_l)
    raised = exceeds(result, uln.limit)
    return ((strong, rules.dic_d_dimer_strong_points), (raised, rules.dic_d_dimer_moderate_points)), uln.assumed

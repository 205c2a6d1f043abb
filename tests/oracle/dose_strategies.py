"""Adverse reactions for dose advice, biased to the boundaries of section D of the rule reference.

Definition: hypothesis strategies for `given` as the case table reads it.
Source: the limits of the second opinion's own tables (`dose_advice.py`).
Inputs: none.
Caveats: contradictions that the reference does not settle (a count of no seizure, a grade 5 reaction to be dosed,
a seizure below grade 3, times of recovery while the reaction is above grade 1) are not generated.
"""

from typing import Any

from hypothesis import strategies as st

from tests.oracle.crs_strategies import often, pick
from tests.oracle.dose_advice import liver_grade

REACTIONS = (
    "crs", "crs", "neuro", "neuro", "neuro", "seizure", "liver", "liver", "other", "other", "pancreatitis",
    "tls_clinical", "neutropenia", "technical",
)  # fmt: skip
GRADES = (1, 2, 3, 3, 3, 3, 4)
ONSET_H = (1, 100, 167.9, 168, 168.01, 200, 335.9, 336, 336.01, 400)
TO_LE_G1_H = (1, 48, 167.9, 168, 168.01, 200, 335.9, 336, 336.01, 400)
AT_LE_G1_H = (0, 71.9, 72, 72.01, 100)
INTERRUPTION_H = (0.5, 5, 167.9, 168, 168.01, 200)
CAN_RESTART_LOW = ("crs", "neuro", "seizure", "liver", "other")
RESTART_H = (0, 100, 167.9, 168, 168.01, 300)
ENZYMES = (0.5, 2, 3.0, 3.1, 4, 5.0, 5.1, 10, 20.0, 20.1)
BILIRUBIN = (0.5, 1.5, 1.6, 3.0, 3.1, 5, 10.0, 10.1)


def _grades(draw: st.DrawFn, given: dict[str, Any], lowest: int) -> None:
    """A reaction as graded: once, or reached and now; a grade now is never above what was reached."""
    form = draw(st.integers(0, 9))
    if form == 0:
        return
    worst = max(lowest, pick(draw, GRADES))
    if form < 4:
        given["grade"] = worst
        return
    given["episode_grade" if form < 9 else "grade"] = worst
    if often(draw, 85):
        given["current_grade"] = pick(draw, tuple(range(worst + 1)))


def _times(draw: st.DrawFn, given: dict[str, Any], *, recovered: bool) -> None:
    """Times that fit each other: those of recovery only where the reaction is <= G1 now."""
    if recovered:
        if often(draw, 80):
            given["hours_to_le_g1"] = pick(draw, TO_LE_G1_H)
        if often(draw, 80):
            given["hours_at_le_g1"] = pick(draw, AT_LE_G1_H)
        if often(draw, 30):
            given["hours_since_onset"] = given.get("hours_to_le_g1", 48) + given.get("hours_at_le_g1", 1)
    elif often(draw, 80):
        given["hours_since_onset"] = pick(draw, ONSET_H)
    if often(draw, 60):
        given["interruption_h"] = pick(draw, INTERRUPTION_H)


def _reaction(draw: st.DrawFn) -> dict[str, Any]:
    kind = pick(draw, REACTIONS)
    given: dict[str, Any] = {"reaction": kind}
    if often(draw, 1):
        del given["reaction"]
    _grades(draw, given, 3 if kind == "seizure" else 0)
    if kind == "liver":
        for name, values in (("alt_x_uln", ENZYMES), ("ast_x_uln", ENZYMES), ("bili_x_uln", BILIRUBIN)):
            if often(draw, 60):
                given[name] = pick(draw, values)
        given.pop("current_grade", None)
    now = liver_grade(given) if kind == "liver" else given.get("current_grade")
    _times(draw, given, recovered=now is not None and now <= 1)
    if often(draw, 60):
        given["onset_dose_level"] = pick(draw, ("full", "full", "low"))
    if kind in CAN_RESTART_LOW and often(draw, 25):
        given["hours_since_restart"] = pick(draw, RESTART_H)
        if often(draw, 60):
            given["recurrence"] = draw(st.booleans())
    _own_fields(draw, given, kind)
    return given


def _own_fields(draw: st.DrawFn, given: dict[str, Any], kind: str) -> None:
    """What only one kind of reaction has."""
    if kind == "crs" and often(draw, 40):
        given["crs_status"] = pick(draw, ("CRS_OPEN", "CRS_RESOLVED"))
    if kind == "seizure" and often(draw, 80):
        given["seizure_count"] = pick(draw, (1, 1, 2, 3))
    if kind == "neutropenia":
        if often(draw, 85):
            given["anc"] = pick(draw, (0.1, 0.4, 0.49, 0.5, 0.51, 1.2))
        if often(draw, 80):
            given["anc_low_days"] = pick(draw, (0, 6, 6.9, 7, 7.1, 14))


@st.composite
def dose_snapshots(draw: st.DrawFn) -> dict[str, Any]:
    """One reaction, or several at once."""
    setting: dict[str, Any] = {"weight_kg": pick(draw, (45, 70)), "age_years": pick(draw, (5, 17.9, 18, 40))}
    if often(draw, 15):
        setting["label_region"] = pick(draw, ("US", "EU"))
    if often(draw, 65):
        return {**setting, **_reaction(draw)}
    return {**setting, "reactions": [_reaction(draw) for _ in range(draw(st.integers(2, 3)))]}

"""Examinations and timelines for ICANS, biased to the boundaries of section C of the rule reference.

Definition: hypothesis strategies for `given` as the case table reads it.
Source: the tables of the second opinion (`icans.py`).
Inputs: none.
Caveats: contradictions that the reference does not settle (a score that is not the sum of its items, a duration
without a seizure, haemorrhage named as a cause without a haemorrhage) are not generated.
"""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.oracle.crs_strategies import often, pick
from tests.oracle.icans import EDEMA, ICE_FULL_MARKS, ICP_SIGN, LOC, MOTOR, SEIZURE

AGES = (None, 0.5, 1, 5, 10, 11.99, 11.999, 12, 12.0, 12.01, 15, 18, 40, 40, 40)
ICE_SCORES = (0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 10)
CAPD_SCORES = (0, 0, 1, 5, 8, 9, 10, 20, 32)
REASONS = ("unarousable", "refused", "asleep", "intubated", "language_barrier", "sedated")
CAPD_ITEM_SETS = (
    (0, 0, 0, 0, 0, 0, 0, 0), (0, 0, 0, 0, None, 0, 0, 0), (1, 0, 0, 0, None, 0, 0, 0), (2, 1, 1, 1, 1, 1, 1, None),
    (2, 2, 1, 1, 1, 1, 1, None), (1, 1, 1, 1, 1, 1, 1, 1), (1, 1, 2, 1, 1, 1, 1, 1), (4, 4, 4, 4, 4, 4, 4, 4),
    (None, None, None, None, None, None, None, None), (1, 1), (3, 3, 3), (0, 0, 0, 0, 0, 0, 0),
)  # fmt: skip
DURATIONS_S = (1, 60, 299, 300, 300.05, 301, 900)
AGED_FIELDS = ("ice_score", "ice_items", "capd_score", "capd_items", "loc")
OBS_AGES_H = (0.0, 3.9, 4.0, 4.01, 11.9, 12.0, 12.01)
CALM = {
    "ice_score": 10, "capd_score": 0, "loc": "alert", "seizure": "none", "motor_weakness": "none",
    "cerebral_edema": "none", "icp_sign": "none",
}  # fmt: skip
"""An examination without any sign, by either tool."""
FLAGS = frozenset({
    "AGE_UNKNOWN", "CAPD_SUBTHRESHOLD", "CONF_SEDATIVE_ICANS", "INCOMPLETE", "NEURO_EMERGENCY", "OBS_OVERDUE",
})  # fmt: skip
"""The flags that the reference defines for ICANS; the service may show others beside them."""


def _ice(draw: st.DrawFn, given: dict[str, Any]) -> None:
    form = draw(st.integers(0, 9))
    if form < 5:
        given["ice_score"] = pick(draw, ICE_SCORES)
    elif form < 8:
        given["ice_items"] = {
            name: pick(draw, (full, full, full, full, max(full - 1, 0), 0, None))
            for name, full in ICE_FULL_MARKS.items()
        }
        if often(draw, 10):
            given["ice_items"].pop(pick(draw, tuple(ICE_FULL_MARKS)))
    elif form == 8:
        given["ice_not_done_reason"] = pick(draw, REASONS)
        if often(draw, 20):
            given["ice_score"] = 0


def _capd(draw: st.DrawFn, given: dict[str, Any]) -> None:
    form = draw(st.integers(0, 9))
    if form < 5:
        given["capd_score"] = pick(draw, CAPD_SCORES)
    elif form < 8:
        given["capd_items"] = list(pick(draw, CAPD_ITEM_SETS))
    elif form == 8:
        given["capd_not_done_reason"] = pick(draw, REASONS)


def _signs(draw: st.DrawFn, given: dict[str, Any], calm: int) -> None:
    """`calm` of a hundred signs are charted as absent, most others as something."""
    for name, table in (
        ("loc", LOC),
        ("seizure", SEIZURE),
        ("motor_weakness", MOTOR),
        ("cerebral_edema", EDEMA),
        ("icp_sign", ICP_SIGN),
    ):
        if often(draw, calm):
            given[name] = next(iter(table))
        elif often(draw, 60):
            given[name] = pick(draw, tuple(table))
    if given.get("seizure", "none") != "none" and often(draw, 60):
        given["seizure_duration_s"] = pick(draw, DURATIONS_S)


def _setting(draw: st.DrawFn, given: dict[str, Any]) -> None:
    if often(draw, 12):
        given["sedated"] = pick(draw, (True, True, False))
    if often(draw, 12):
        given["intracranial_hemorrhage"] = pick(draw, (True, True, False))
        if given["intracranial_hemorrhage"] and often(draw, 50):
            given["due_to_hemorrhage"] = draw(
                st.lists(st.sampled_from(("cognition", "loc", "seizure", "motor")), max_size=2, unique=True)
            )
    if often(draw, 12):
        charted = [name for name in AGED_FIELDS if name in given]
        if charted:
            given["obs_age_h"] = {name: pick(draw, OBS_AGES_H) for name in charted}


@st.composite
def icans_snapshots(draw: st.DrawFn) -> dict[str, Any]:
    """One examination."""
    age = pick(draw, AGES)
    given: dict[str, Any] = {} if age is None else {"age_years": age}
    if often(draw, 15):
        given["developmental_delay"] = pick(draw, (True, True, False))
    uses_capd = (age is not None and age < 12) or given.get("developmental_delay") is True
    if often(draw, 15 if uses_capd else 90):
        _ice(draw, given)
    if often(draw, 85 if uses_capd else 12):
        _capd(draw, given)
    _signs(draw, given, pick(draw, (95, 85, 50)))
    _setting(draw, given)
    if often(draw, 12):
        given["baseline_ice"] = pick(draw, (6, 7, 9, 10))
    if often(draw, 8):
        given["hours_since_obs"] = pick(draw, (1, 1.4, 1.5, 4, 4.49, 4.5, 5))
        if often(draw, 50):
            given["obs_interval_h"] = pick(draw, (1, 4, 12))
    if often(draw, 4):
        given["death_due_to"] = pick(draw, ("crs", "icans", "other"))
    return given


# ---- timelines --------------------------------------------------------------------------------------------

STEPS_H = tuple(
    Decimal(text) for text in ("0.01", "1", "4", "5.99", "6", "6.01", "8", "11.99", "12", "12", "12", "12.01", "16")
)
ASKED_AFTER_H = tuple(Decimal(text) for text in ("0", "0", "0", "0.5", "5.99", "6", "6.01", "12", "23.99", "24"))
RECOVERIES_H = (
    ("12", "12"), ("12", "11.95"), ("12", "11.99", "0.01"), ("8", "8", "8"), ("12.01", "12", "12"), ("12", "12.01"),
    ("12", "12", "4"),
)  # fmt: skip


@st.composite
def _examined(draw: st.DrawFn) -> dict[str, Any]:
    given = dict(CALM)
    kind = draw(st.integers(0, 11))
    if kind < 4:
        return given
    if kind < 6:
        given |= {"ice_score": pick(draw, ICE_SCORES), "capd_score": pick(draw, CAPD_SCORES)}
    elif kind == 6:
        given["loc"] = pick(draw, tuple(LOC))
    elif kind == 7:
        given["seizure"] = pick(draw, tuple(SEIZURE))
    elif kind == 8:
        for name in draw(st.lists(st.sampled_from(tuple(CALM)), min_size=1, max_size=4, unique=True)):
            given.pop(name)
    elif kind == 9:
        given["sedated"] = True
    elif kind == 10:
        return {"ice_not_done_reason": pick(draw, REASONS), "loc": pick(draw, tuple(LOC))}
    else:
        given = {}
        _ice(draw, given)
        _capd(draw, given)
        _signs(draw, given, 60)
        _setting(draw, given)
    return given


@st.composite
def icans_timelines(draw: st.DrawFn) -> dict[str, Any]:
    """Examinations over hours to days, with a query on, between or after them."""
    age = pick(draw, (None, 5, 11.99, 12, 30, 30, 30))
    given: dict[str, Any] = {} if age is None else {"age_years": age}
    at, events = Decimal(0), []
    for _ in range(draw(st.integers(1, 9))):
        if often(draw, 20):
            for gap in pick(draw, RECOVERIES_H):
                at += Decimal(gap)
                events.append({"t_h": float(at), **CALM})
            continue
        at += pick(draw, STEPS_H)
        events.append({"t_h": float(at), **draw(_examined())})
    if often(draw, 4):
        at += pick(draw, STEPS_H)
        charted = dict(CALM) if often(draw, 50) else {}
        events.append({"t_h": float(at), **charted, "death_due_to": pick(draw, ("crs", "icans", "other"))})
    asked = at
    if often(draw, 25):
        asked = Decimal(str(pick(draw, tuple(event["t_h"] for event in events))))
    given["events"] = events
    given["query_t_h"] = float(asked + pick(draw, ASKED_AFTER_H))
    return given

"""Observations and timelines for CRS, biased to the boundaries of sections 0, B and G of the rule reference.

Definition: hypothesis strategies for `given` as the case table reads it.
Source: the limits are those of the second opinion's own tables (`chart.py`, `crs.py`).
Inputs: none.
Caveats: fields that the reference leaves undefined together (a drug "not given" with the hours since, a confirmed
field that was not charted) are not generated; docs/clinical/open-points.md says what the service does with them.
"""

from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

from hypothesis import strategies as st

from tests.oracle.chart import PLAUSIBLE_SBP
from tests.oracle.crs import sbp_limit
from tests.oracle.exact import exact

AGES = (
    None, 0.0, 0.05, 0.0793, 0.07938, 0.0794, 0.5, 0.95, 1, 1.99, 2, 5.99, 6, 9.95, 10, 10.05, 11.99, 12, 17.99, 18,
    18.05, 40, 40, 75,
)  # fmt: skip
TEMPERATURES_C = (
    36.8, 37.0, 37.4, 37.44, 37.45, 37.5, 37.9, 37.94, 37.949, 37.95, 37.99, 38.0, 38.04, 38.1, 38.5, 39.5,
    29.9, 29.94, 29.95, 30.0, 43.0, 43.04, 43.05, 43.1, 44.0,
)  # fmt: skip
TEMPERATURES_F = (98.6, 99.0, 99.5, 100.0, 100.2, 100.3, 100.31, 100.4, 100.49, 100.6, 101.3, 86.0, 109.4, 109.5, 38.0)
SPO2 = (97, 95, 94, 93.1, 93, 92.9, 91, 90.1, 90, 89.9, 89, 85, 84.9, 50, 49.9, 100, 100.1)
FLOWS = (0, 0.5, 2, 5.9, 6, 6.0, 6.1, 15, 60, 80, 80.1, -0.1)
DEVICES = (
    "room_air", "nasal_cannula", "blow_by", "high_flow_nasal_cannula", "simple_facemask", "non_rebreather", "venturi",
    "cpap", "bipap", "invasive_ventilation",
)  # fmt: skip
NASAL = ("nasal_cannula", "high_flow_nasal_cannula")
AGENTS = (
    "norepinephrine", "Noradrenaline", "epinephrine", "adrenaline", "dopamine", "phenylephrine", "angiotensin_ii",
    "vasopressin", "terlipressin", "dobutamine", "milrinone", "levosimendan", "methylene_blue",
)  # fmt: skip
STOPPED_H = (0.0, 0.5, 0.99, 1.0, 1.01, 3.0)
AGED_FIELDS = ("temperature_c", "temperature_f", "sbp_mmhg", "sbp_kpa", "map_mmhg", "spo2_pct", "o2_device")
OBS_AGES_H = (0.0, 0.25, 0.26, 3.9, 4.0, 4.01, 12.0)
DRUG_TIMES = {
    "antipyretic_given": ("hours_since_antipyretic", (0, 2, 7.9, 8, 8.0, 8.01, 9)),
    "steroid_given": ("hours_since_steroid", (0, 12, 35.9, 36, 36.01, 48)),
    "anakinra_given": ("hours_since_anakinra", (0, 23.9, 24, 24.01)),
    "tocilizumab_given": ("days_since_tocilizumab", (0, 0.5, 20.9, 21, 21.01, 30)),
    "siltuximab_given": ("days_since_siltuximab", (0, 20.9, 21, 21.01, 30)),
}
CALM = {"temperature_c": 36.8, "sbp_mmhg": 115, "spo2_pct": 97, "o2_device": "room_air", "vasopressors": []}
"""An observation without any sign."""
FLAGS = frozenset({
    "AGE_UNKNOWN", "ARTEFACT", "BP_RELATIVE_DROP", "FEVER_CONFIRM", "HFNC_LOW_FLOW_REVIEW", "INCOMPLETE", "INOTROPE",
    "OBS_OVERDUE", "SPO2_LOW", "SPO2_SUSPECT", "TEMP_MISSING_HIGH", "UNIT_CONFLICT",
})  # fmt: skip
"""The flags that the reference defines for CRS; the service may show others beside them."""


_PERCENT = st.integers(0, 99)
_among = cache(st.sampled_from)
"""Strategies are made once: making them takes longer than drawing from them."""


def often(draw: st.DrawFn, percent: int) -> bool:
    """True in about that many of a hundred."""
    return draw(_PERCENT) < percent


def pick(draw: st.DrawFn, choices: tuple[Any, ...]) -> Any:
    """One of them, the first most simply."""
    return draw(_among(choices))


def around(limit: float) -> tuple[float, ...]:
    """A limit from both sides, in steps that a chart can hold."""
    base = Decimal(str(limit))
    return tuple(float(base + Decimal(step)) for step in ("-5", "-1", "-0.1", "0", "0.1", "1", "20"))


def _pressure(draw: st.DrawFn, given: dict[str, Any], age: float | None) -> None:
    limit = float(limit_at(age))
    edges = [float(edge) for _, low, high in PLAUSIBLE_SBP for edge in (low - 1, low, high, high + 1)]
    if often(draw, 20):
        baseline = pick(draw, (limit - 20, limit - 1, limit, limit + 1, 80.0, 100.0, 140.0))
        given["baseline_sbp_mmhg"] = baseline
        choices = (*around(limit), *around(float(Decimal(str(baseline)) * Decimal("0.85"))), round(baseline * 0.7, 4))
    else:
        choices = (*around(limit), 118.0, 118.0, *edges)
    if often(draw, 80):
        given["sbp_mmhg"] = pick(draw, choices)
    if often(draw, 15):
        near = given.get("sbp_mmhg", pick(draw, around(limit)))
        away = pick(draw, (-4, -3, -2, 0, 2, 2.5, 3, 4))
        given["sbp_kpa"] = round((near + away) / 7.50062, pick(draw, (1, 2, 3)))
    if often(draw, 30):
        given["map_mmhg"] = pick(draw, (58, 64, 64.9, 65, 65.1, 70, 90))
        if often(draw, 20):
            given["baseline_map_mmhg"] = pick(draw, (60, 64.9, 65, 70))
    if often(draw, 8):
        given["dbp_mmhg"] = pick(draw, (40, 60, 66, 70, 84, 85, 86, 95, 113, 114))
    if often(draw, 10):
        given["fluid_bolus_for_hypotension"] = pick(draw, (True, True, False))


def _vasopressors(draw: st.DrawFn, given: dict[str, Any]) -> None:
    given["vasopressors"] = draw(st.lists(st.sampled_from(AGENTS), max_size=3)) if often(draw, 40) else []
    if often(draw, 15):
        given["vasopressors_stopped_h"] = draw(
            st.dictionaries(st.sampled_from(AGENTS), st.sampled_from(STOPPED_H), min_size=1, max_size=2)
        )


def _oxygen(draw: st.DrawFn, given: dict[str, Any]) -> None:
    choices: tuple[float, ...] = SPO2
    if often(draw, 20):
        baseline = pick(draw, (85, 88, 92, 92.9, 93, 93.1, 98))
        given["baseline_spo2_pct"] = baseline
        choices = (*SPO2, *around(baseline - 3))
    if often(draw, 80):
        given["spo2_pct"] = pick(draw, choices)
        if often(draw, 8):
            given["perfusion_index"] = pick(draw, (0.0, 0.2, 0.29, 0.3, 1.0))
        if often(draw, 6):
            given["spo2_drop_s"] = pick(draw, (5, 9.9, 10, 30))
        if often(draw, 6):
            given |= {"heart_rate_bpm": 90, "pulse_rate_bpm": pick(draw, (74, 74.9, 75, 90, 105, 105.1, 120))}
    if often(draw, 80):
        given["o2_device"] = "room_air" if often(draw, 40) else pick(draw, DEVICES)
        if given["o2_device"] in NASAL and often(draw, 75):
            given["o2_flow_l_min"] = pick(draw, FLOWS)
        if often(draw, 15):
            given["o2_reason"] = pick(draw, ("comfort", "comfort", "hypoxia"))
        if given["o2_device"] in {"cpap", "bipap", "invasive_ventilation"} and often(draw, 75):
            given["vent_reason"] = pick(draw, ("hypoxia", "airway_protection", "procedure", "home_osa"))
            given.pop("o2_reason", None)
    if often(draw, 4):
        given["fio2"] = pick(draw, (0.2, 0.21, 1.0, 20, 21, 100, 100.1))


def _temperature(draw: st.DrawFn, given: dict[str, Any]) -> None:
    if often(draw, 80):
        given["temperature_c"] = pick(draw, TEMPERATURES_C)
    if often(draw, 15):
        given["temperature_f"] = pick(draw, TEMPERATURES_F)
    if often(draw, 15):
        given["temp_site"] = pick(draw, ("axillary", "skin", "oral", "core"))


def _attribution(draw: st.DrawFn, given: dict[str, Any]) -> None:
    for name, percent in (
        ("fever_attributed_other", 12),
        ("hypotension_attributed_other", 8),
        ("hypoxia_attributed_other", 8),
    ):
        if often(draw, percent):
            given[name] = draw(st.booleans())
    if often(draw, 12):
        given["hours_since_infusion_stop"] = pick(draw, (0, 47.9, 48, 48.01, 60))


def _drugs(draw: st.DrawFn, given: dict[str, Any]) -> None:
    for name, (since, times) in DRUG_TIMES.items():
        if not often(draw, 10):
            continue
        given[name] = pick(draw, (True, True, True, False))
        if given[name] and often(draw, 80):
            given[since] = pick(draw, times)
            if often(draw, 10):
                del given[name]  # only the time is charted


def _age_of_values(draw: st.DrawFn, given: dict[str, Any]) -> None:
    if often(draw, 20):
        charted = [name for name in AGED_FIELDS if name in given]
        if charted:
            given["obs_age_h"] = draw(
                st.dictionaries(st.sampled_from(charted), st.sampled_from(OBS_AGES_H), min_size=1, max_size=3)
            )
    if often(draw, 20):
        given["monitoring"] = pick(draw, ("continuous", "spot"))
    if often(draw, 6):
        charted = [name for name in AGED_FIELDS if name in given]
        if charted:
            given["confirmed_fields"] = draw(st.lists(st.sampled_from(charted), min_size=1, max_size=3, unique=True))


def limit_at(age: float | None) -> Fraction:
    return sbp_limit(None if age is None else exact(age))


@st.composite
def crs_snapshots(draw: st.DrawFn) -> dict[str, Any]:
    """One charted observation."""
    age = pick(draw, AGES)
    given: dict[str, Any] = {} if age is None else {"age_years": age}
    _temperature(draw, given)
    _pressure(draw, given, age)
    if often(draw, 70):
        _vasopressors(draw, given)
    _oxygen(draw, given)
    _attribution(draw, given)
    _drugs(draw, given)
    _age_of_values(draw, given)
    if often(draw, 30):
        given["crs_active"] = pick(draw, (True, True, False))
        if often(draw, 20):
            given["hours_since_last_fever"] = pick(draw, (1, 23, 24, 30))
    if often(draw, 8):
        given["hours_since_obs"] = pick(draw, (0.4, 1.4, 1.5, 4, 4.49, 4.5, 5))
        if often(draw, 50):
            given["obs_interval_h"] = pick(draw, (0.25, 1, 2, 4))
    if often(draw, 3):
        given["death_due_to"] = pick(draw, ("crs", "icans", "other"))
    return given


# ---- timelines --------------------------------------------------------------------------------------------

STEPS_H = tuple(
    Decimal(text)
    for text in (
        "0",
        "0.01",
        "0.25",
        "0.5",
        "1",
        "2",
        "3.99",
        "4",
        "4",
        "4.01",
        "6",
        "6",
        "7.99",
        "8",
        "8",
        "8",
        "8.01",
        "12",
    )
)
RECOVERIES_H = (
    ("8", "8", "8"), ("8", "8", "7.95"), ("8", "8", "8", "0.01"), ("8", "8.01", "8"), ("8", "8.01", "8", "8"),
    ("6", "6", "6", "6"), ("4", "4", "8", "8"), ("8", "8", "8", "8"),
)  # fmt: skip
ANTIPYRETIC_BEFORE_H = tuple(Decimal(text) for text in ("7.95", "8", "8.05"))
ASKED_AFTER_H = tuple(Decimal(text) for text in ("0", "0", "0.5", "2", "5.99", "6", "6.01", "15.99", "16", "20", "24"))


@st.composite
def _charted(draw: st.DrawFn, age: float | None) -> dict[str, Any]:
    """One observation of a timeline: mostly calm, else one thing (or everything) different."""
    kind = draw(st.integers(0, 19))
    if kind < 8:
        return dict(CALM)
    if kind == 19:
        given: dict[str, Any] = {}
        _temperature(draw, given)
        _pressure(draw, given, age)
        _vasopressors(draw, given)
        _oxygen(draw, given)
        _attribution(draw, given)
        _drugs(draw, given)
        for shared in ("baseline_sbp_mmhg", "baseline_map_mmhg", "baseline_spo2_pct"):
            given.pop(shared, None)
        return given
    given = dict(CALM)
    for _ in range(pick(draw, (1, 1, 2))):
        _change(draw, given)
    return given


def _change(draw: st.DrawFn, given: dict[str, Any]) -> None:
    change = draw(st.integers(0, 9))
    if change <= 2:
        given["temperature_c"] = pick(draw, (37.9, 38.0, 38.6, 39.0, 40.1, 43.1, 43.5, 44.0, 29.9))
    elif change == 3:
        given["sbp_mmhg"] = pick(draw, (85, 89, 90, 45, 41, 39, 38, 36, 33, 30, 285, 300))
    elif change == 4:
        given["spo2_pct"] = pick(draw, (93, 90, 89, 84, 53, 51, 49, 47, 46))
    elif change == 5:
        given["vasopressors"] = draw(st.lists(st.sampled_from(AGENTS), min_size=1, max_size=2))
    elif change == 6:
        given |= {"o2_device": pick(draw, DEVICES), "spo2_pct": 95}
        if given["o2_device"] in NASAL:
            given["o2_flow_l_min"] = pick(draw, (2, 6, 6.1))
    elif change == 7:
        for name in draw(st.lists(st.sampled_from(tuple(CALM)), min_size=1, max_size=3)):
            given.pop(name, None)
    elif change == 8:
        _attribution(draw, given)
    else:
        _age_of_values(draw, given)


@st.composite
def _drug_event(draw: st.DrawFn) -> dict[str, Any]:
    name = pick(draw, ("antipyretic_given", "antipyretic_given", *DRUG_TIMES))
    since, times = DRUG_TIMES[name]
    return {name: True, since: pick(draw, times)} if often(draw, 30) else {name: True}


@st.composite
def crs_timelines(draw: st.DrawFn) -> dict[str, Any]:
    """Observations and drug-given events over hours to days, with a query on, between or after them."""
    age = pick(draw, (None, 0.5, 5, 11.9, 17.9, 30, 30, 30, 30))
    given: dict[str, Any] = {} if age is None else {"age_years": age}
    if often(draw, 8):
        given["baseline_sbp_mmhg"] = pick(draw, (80, 100, 140))
    if often(draw, 8):
        given["baseline_spo2_pct"] = pick(draw, (88, 92))
    at, events = Decimal(0), []
    if often(draw, 60):
        events.append({"t_h": 0.0, **CALM, "temperature_c": pick(draw, (38.0, 38.5, 39.0))})
    for _ in range(draw(st.integers(1, 10))):
        if often(draw, 12):
            at = _recovery(draw, events, at)
            continue
        at += pick(draw, STEPS_H)
        is_drug = often(draw, 15)
        events.append({"t_h": float(at), **(draw(_drug_event()) if is_drug else draw(_charted(age)))})
    if often(draw, 4):
        at += pick(draw, STEPS_H)
        events.append({"t_h": float(at), **_death(draw)})
    asked = at
    if often(draw, 25):
        asked = Decimal(str(pick(draw, tuple(event["t_h"] for event in events))))
    if often(draw, 4):
        events[0] |= {"crs_active": True}  # the record begins within an episode
    given["events"] = events
    given["query_t_h"] = float(asked + pick(draw, ASKED_AFTER_H))
    return given


def _recovery(draw: st.DrawFn, events: list[dict[str, Any]], at: Decimal) -> Decimal:
    """About a day without a sign, so that resolution is met from both sides."""
    for gap in pick(draw, RECOVERIES_H):
        at += Decimal(gap)
        events.append({"t_h": float(at), **CALM})
        if often(draw, 8):
            events.append({"t_h": float(at), **draw(_drug_event())})
    if often(draw, 15):
        events.append({"t_h": float(at - pick(draw, ANTIPYRETIC_BEFORE_H)), "antipyretic_given": True})
    return at


def _death(draw: st.DrawFn) -> dict[str, Any]:
    charted = dict(CALM) if often(draw, 50) else {}
    return {**charted, "death_due_to": pick(draw, ("crs", "icans", "other"))}

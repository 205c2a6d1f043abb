"""What the CRS tests share: a healthy adult's observation, short timelines, generated observations."""

from typing import Any, cast

from hypothesis import strategies as st

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.crs_course import (
    EMPTY_COURSE,
    CrsCourse,
    announced,
    current_code,
    episode_max,
    give_masking_drug,
    observe_crs,
    status,
    worst_24h,
)
from blinwatch.core.findings import CrsFindings
from blinwatch.core.grade_crs import CrsGrade
from blinwatch.core.recognise_drug import MaskingDrug

HOUR_MS = 3_600_000
START_MS = 1_772_352_000_000
"""2026-03-01 08:00 UTC."""

WELL: dict[str, Any] = {
    "age_years": 40,
    "temperature_c": 36.8,
    "sbp_mmhg": 118,
    "spo2_pct": 97,
    "o2_device": "room_air",
    "vasopressors": (),
}
FEVERISH: dict[str, Any] = {**WELL, "temperature_c": 38.5}
LOW_BP: dict[str, Any] = {**WELL, "sbp_mmhg": 84}
G2: dict[str, Any] = {**FEVERISH, "sbp_mmhg": 84}
G3: dict[str, Any] = {**FEVERISH, "vasopressors": ("norepinephrine",)}

MASKING_KINDS: dict[str, MaskingDrug] = {
    "antipyretic_given": "antipyretic",
    "steroid_given": "steroid",
    "tocilizumab_given": "tocilizumab",
    "siltuximab_given": "siltuximab",
    "anakinra_given": "anakinra",
}


def _as_edge(value: Any) -> Any:
    """Numbers as the edge hands them over: always floats."""
    return float(value) if type(value) is int else value


def findings(**fields: Any) -> CrsFindings:
    return CrsFindings(**{name: _as_edge(value) for name, value in fields.items()})


def grade(rulebook: Rulebook, base: dict[str, Any] | None = None, **fields: Any) -> CrsGrade:
    """The grade of one charted observation on its own."""
    charted = findings(**{**(FEVERISH if base is None else base), **fields})
    return observe_crs(EMPTY_COURSE, charted, START_MS, rulebook)[1]


def at(hours: float) -> int:
    return START_MS + round(hours * HOUR_MS)


def follow(rulebook: Rulebook, *observations: tuple[float, dict[str, Any]]) -> CrsCourse:
    """The course after observations at their hours; each stands for itself."""
    course = EMPTY_COURSE
    for hours, fields in observations:
        course, _ = observe_crs(course, findings(**fields), at(hours), rulebook)
    return course


def see(course: CrsCourse, hours: float, fields: dict[str, Any], rulebook: Rulebook) -> CrsCourse:
    """The course after one more observation."""
    return observe_crs(course, findings(**fields), at(hours), rulebook)[0]


def quiet_every_4_h(first_h: int, last_h: int) -> list[tuple[float, dict[str, Any]]]:
    """Full observations without a sign."""
    return [(hours, WELL) for hours in range(first_h, last_h + 1, 4)]


def _as_findings(fields: dict[str, Any]) -> CrsFindings:
    values = dict(fields)
    for name in ("vasopressors", "confirmed_fields"):
        if name in values:
            values[name] = tuple(values[name])
    return findings(**values)


def _is_drug_event(fields: dict[str, Any]) -> bool:
    return bool(fields) and all(name in MASKING_KINDS for name in fields)


def judge_case(given: dict[str, Any], rulebook: Rulebook) -> tuple[str, tuple[str, ...]]:
    """A row of the public case table at function level: result and flags."""
    fields = dict(given)
    events = fields.pop("events", None)
    if events is None:
        _, result = observe_crs(EMPTY_COURSE, _as_findings(fields), START_MS, rulebook)
        return result.code, result.flags
    query, query_h = fields.pop("query"), fields.pop("query_t_h")
    course = EMPTY_COURSE
    for event in events:
        own = {name: value for name, value in event.items() if name != "t_h"}
        if event["t_h"] > query_h:
            continue
        if _is_drug_event(own):
            for name in own:
                course = give_masking_drug(course, MASKING_KINDS[name], at(event["t_h"]))
        else:
            course, _ = observe_crs(course, _as_findings({**fields, **own}), at(event["t_h"]), rulebook)
    answers = {
        "current": current_code(course),
        "worst_24h": worst_24h(course, at(query_h)),
        "episode_max": episode_max(course),
        "announced": announced(course, at(query_h)),
        "status": status(course),
    }
    return answers[query], () if course.latest is None else course.latest.flags


def _maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), values)


def _tenths(low: float, high: float) -> st.SearchStrategy[float]:
    return st.integers(round(low * 10), round(high * 10)).map(lambda tenths: tenths / 10)


_HOURS = st.sampled_from([0, 2, 7.9, 8, 8.1, 24, 24.1, 36, 36.1, 48, 48.1, 60])
_DAYS = st.sampled_from([0, 0.5, 20, 21, 21.1, 40])
_AGENTS = st.sampled_from(
    [
        "norepinephrine", "noradrenaline", "epinephrine", "adrenaline", "dopamine", "phenylephrine",
        "angiotensin_ii", "vasopressin", "terlipressin", "dobutamine", "milrinone", "levosimendan",
        "metaraminol",
    ]
)  # fmt: skip
_SOMETIMES: dict[str, st.SearchStrategy[Any]] = {
    "age_years": st.sampled_from(
        [0.0, 0.05, 0.0794, 0.08, 0.5, 1, 1.5, 5.99, 6, 9.9, 10, 11.9, 12, 17.9, 18, 40]
    ),
    "temperature_c": st.one_of(
        _tenths(36, 40), st.sampled_from([0, 29.9, 30, 37.94, 37.95, 38.04, 38.05, 43, 43.1])
    ),
    "temperature_f": st.one_of(_tenths(97, 104), st.sampled_from([0, 100.3, 100.31, 100.4, 110])),
    "temp_site": st.sampled_from(["oral", "axillary", "tympanic", "rectal", "core", "skin"]),
    "fever_attributed_other": st.booleans(),
    "crs_active": st.booleans(),
    "antipyretic_given": st.booleans(),
    "hours_since_antipyretic": _HOURS,
    "steroid_given": st.booleans(),
    "hours_since_steroid": _HOURS,
    "tocilizumab_given": st.booleans(),
    "days_since_tocilizumab": _DAYS,
    "siltuximab_given": st.booleans(),
    "days_since_siltuximab": _DAYS,
    "anakinra_given": st.booleans(),
    "hours_since_anakinra": _HOURS,
    "sbp_mmhg": st.one_of(st.integers(55, 140), st.sampled_from([0, 29, 30, 39, 40, 49, 50, 280, 281, 89.9])),
    "sbp_kpa": _tenths(7, 19),
    "dbp_mmhg": st.one_of(st.integers(30, 90), st.sampled_from([0, 84, 85])),
    "map_mmhg": st.one_of(st.integers(45, 110), st.sampled_from([0, 64.9, 65])),
    "baseline_sbp_mmhg": st.integers(70, 160),
    "baseline_map_mmhg": st.sampled_from([55, 64, 65, 70]),
    "fluid_bolus_for_hypotension": st.booleans(),
    "hypotension_attributed_other": st.booleans(),
    "vasopressors": st.lists(_AGENTS, max_size=4).map(tuple),
    "vasopressors_stopped_h": st.dictionaries(_AGENTS, st.sampled_from([0, 0.5, 1.0, 1.1, 3]), max_size=2),
    "spo2_pct": st.one_of(st.integers(80, 100), st.sampled_from([0, 49, 50, 89.9, 101, 127])),
    "perfusion_index": st.sampled_from([0.2, 0.29, 0.3, 1.5]),
    "baseline_spo2_pct": st.integers(85, 99),
    "o2_device": st.sampled_from(
        [
            "room_air", "nasal_cannula", "blow_by", "high_flow_nasal_cannula", "simple_facemask",
            "non_rebreather", "venturi", "cpap", "bipap", "invasive_ventilation",
        ]
    ),
    "o2_flow_l_min": st.sampled_from([0, 2, 5.9, 6, 6.1, 15, 40, 80, 81, -1]),
    "o2_reason": st.sampled_from(["comfort", "hypoxia"]),
    "vent_reason": st.sampled_from(["hypoxia", "airway_protection", "procedure", "home_osa"]),
    "hypoxia_attributed_other": st.booleans(),
    "hours_since_infusion_stop": _HOURS,
    "hours_since_last_fever": _HOURS,
    "death_due_to": st.sampled_from(["crs", "icans", "other"]),
    "monitoring": st.sampled_from(["continuous", "spot"]),
    "hours_since_obs": st.sampled_from([0, 1.5, 4, 4.49, 4.5, 5]),
    "obs_interval_h": st.sampled_from([1, 2, 4]),
    "obs_age_h": st.dictionaries(
        st.sampled_from(["temperature_c", "sbp_mmhg", "map_mmhg", "spo2_pct", "o2_device", "o2_flow_l_min"]),
        st.sampled_from([0, 0.25, 0.26, 3.9, 4.0, 4.1, 12]),
        max_size=2,
    ),
    "confirmed_fields": st.lists(
        st.sampled_from(["sbp_mmhg", "map_mmhg", "spo2_pct", "temperature_c"]), max_size=2, unique=True
    ).map(tuple),
}  # fmt: skip
_RARELY = frozenset(
    {
        "temperature_f", "sbp_kpa", "dbp_mmhg", "hypotension_attributed_other", "hypoxia_attributed_other",
        "death_due_to", "obs_age_h", "confirmed_fields", "perfusion_index", "fever_attributed_other",
        "hours_since_infusion_stop", "vasopressors_stopped_h", "baseline_sbp_mmhg", "baseline_spo2_pct",
        "steroid_given", "siltuximab_given", "anakinra_given", "hours_since_steroid", "hours_since_anakinra",
        "days_since_siltuximab", "days_since_tocilizumab", "hours_since_antipyretic", "monitoring",
    }
)  # fmt: skip


@st.composite
def charted_observations(draw: st.DrawFn) -> dict[str, Any]:
    """Any observation a chart may hold; the decisive fields often, the odd ones now and then."""
    given: dict[str, Any] = {}
    for name, values in _SOMETIMES.items():
        chance = draw(st.integers(0, 9))
        if chance < (2 if name in _RARELY else 6):
            given[name] = draw(values)
    return given


def severities() -> st.SearchStrategy[dict[str, Any]]:
    """Observations over the signs that grade, all known, for comparing one with a worse one."""
    return cast(
        "st.SearchStrategy[dict[str, Any]]",
        st.fixed_dictionaries(
            {
                "age_years": st.sampled_from([0.5, 4, 12, 40]),
                "temperature_c": _tenths(38, 41),
                "sbp_mmhg": st.integers(60, 140),
                "spo2_pct": st.integers(75, 100),
                "o2_device": st.sampled_from(["room_air", "nasal_cannula", "simple_facemask", "bipap"]),
                "o2_flow_l_min": _maybe(_tenths(0, 15)),
                "vasopressors": st.lists(_AGENTS, max_size=3).map(tuple),
            }
        ),
    )

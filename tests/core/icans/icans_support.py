"""What the ICANS tests share: full examinations, short timelines, generated examinations."""

from typing import Any

from hypothesis import strategies as st

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.findings import NeuroDomain, NeuroFindings
from blinwatch.core.icans.course import EMPTY_ICANS_COURSE, IcansCourse, observe_icans
from blinwatch.core.icans.domain_grade import DomainGrade
from blinwatch.core.icans.grade import IcansContext, IcansGrade, grade_icans

HOUR_MS = 3_600_000
START_MS = 1_772_352_000_000
"""2026-03-01 08:00 UTC."""

WELL: dict[str, Any] = {
    "age_years": 40.0,
    "ice_score": 10,
    "loc": "alert",
    "seizure": "none",
    "motor_weakness": "none",
    "cerebral_edema": "none",
    "icp_sign": "none",
}
CHILD: dict[str, Any] = {**WELL, "age_years": 5.0, "ice_score": None, "capd_score": 0}
G1: dict[str, Any] = {**WELL, "ice_score": 8}
G2: dict[str, Any] = {**WELL, "ice_score": 5}
G3: dict[str, Any] = {**WELL, "seizure": "brief_resolved"}
ASLEEP: dict[str, Any] = {**WELL, "ice_score": None, "ice_not_done_reason": "asleep"}
"""Cannot be graded: cognition is missing and nothing else grades."""


def examine(
    rulebook: Rulebook,
    base: dict[str, Any] | None = None,
    *,
    attributed: tuple[NeuroDomain, ...] = (),
    sedatives: tuple[str, ...] = (),
    last_grade: int | None = None,
    **fields: Any,
) -> IcansGrade:
    """The grade of one charted examination on its own."""
    findings = NeuroFindings(**{**(WELL if base is None else base), **fields})
    context = IcansContext(last_grade=last_grade, attributed=attributed, sedatives_on_board=sedatives)
    return grade_icans(findings, context, rulebook)


def domain(grade: IcansGrade, name: str) -> DomainGrade:
    return next(one for one in grade.domains if one.domain == name)


def at(hours: float) -> int:
    return START_MS + round(hours * HOUR_MS)


def see(
    course: IcansCourse,
    hours: float,
    fields: dict[str, Any],
    rulebook: Rulebook,
    attributed: tuple[NeuroDomain, ...] = (),
) -> IcansCourse:
    """The course after one more examination."""
    context = IcansContext(attributed=attributed)
    return observe_icans(course, NeuroFindings(**fields), context, at(hours), rulebook, f"e{hours:g}")[0]


def follow(rulebook: Rulebook, *examinations: tuple[float, dict[str, Any]]) -> IcansCourse:
    """The course after examinations at their hours; each stands for itself."""
    course = EMPTY_ICANS_COURSE
    for hours, fields in examinations:
        course = see(course, hours, fields, rulebook)
    return course


LOC_FROM_BEST = (
    "alert", "drowsy_awakens_spontaneously", "awakens_voice", "awakens_tactile", "vigorous_tactile", "unarousable",
    "stupor_coma",
)  # fmt: skip
SEIZURES_FROM_BEST = (
    "none", "brief_resolved", "nonconvulsive_eeg_resolved", "prolonged", "repetitive_no_baseline",
)  # fmt: skip
_REASONS = ("unarousable", "refused", "asleep", "intubated", "language_barrier", "sedated")
_HOURS = st.sampled_from([0.0, 3.9, 4.0, 4.1, 11.9, 12.0, 12.1, 30.0])
_POINTS = st.one_of(st.none(), st.integers(0, 4))
_USUAL: dict[str, st.SearchStrategy[Any]] = {
    "age_years": st.sampled_from([0.0, 1.0, 5.0, 11.99, 12.0, 15.0, 40.0]),
    "ice_score": st.integers(0, 10),
    "capd_score": st.integers(0, 32),
    "loc": st.sampled_from(LOC_FROM_BEST),
    "seizure": st.sampled_from(SEIZURES_FROM_BEST),
    "motor_weakness": st.sampled_from(["none", "tremor", "myoclonus", "mild", "deep_focal"]),
    "cerebral_edema": st.sampled_from(["none", "focal", "diffuse"]),
    "icp_sign": st.sampled_from(["none", "posturing", "cn6_palsy", "papilledema", "cushing_triad"]),
}
_RARE: dict[str, st.SearchStrategy[Any]] = {
    "ice_items": st.dictionaries(
        st.sampled_from(["orientation", "naming", "command", "writing", "attention"]), _POINTS, max_size=5
    ),
    "ice_not_done_reason": st.sampled_from(_REASONS),
    "capd_items": st.lists(_POINTS, max_size=8).map(tuple),
    "capd_not_done_reason": st.sampled_from(_REASONS),
    "developmental_delay": st.booleans(),
    "baseline_ice": st.integers(0, 10),
    "sedated": st.booleans(),
    "seizure_duration_s": st.sampled_from([0.0, 20.0, 299.9, 300.0, 300.1, 900.0]),
    "intracranial_hemorrhage": st.booleans(),
    "due_to_hemorrhage": st.lists(
        st.sampled_from(["cognition", "loc", "seizure", "motor"]), max_size=4, unique=True
    ).map(tuple),
    "death_due_to": st.sampled_from(["crs", "icans", "other"]),
    "obs_age_h": st.dictionaries(
        st.sampled_from(["ice_score", "ice_items", "capd_score", "capd_items", "loc", "seizure"]), _HOURS, max_size=3
    ),
    "hours_since_obs": _HOURS,
    "obs_interval_h": st.sampled_from([4.0, 12.0]),
}


@st.composite
def examinations(draw: st.DrawFn) -> dict[str, Any]:
    """Any examination a chart may hold; the decisive fields often, the odd ones now and then."""
    fields: dict[str, Any] = {}
    for often, values in ((7, _USUAL), (2, _RARE)):
        for name, strategy in values.items():
            if draw(st.integers(0, 9)) < often:
                fields[name] = draw(strategy)
    return fields


@st.composite
def contexts(draw: st.DrawFn) -> IcansContext:
    """Anything that may be known beside an examination."""
    signs = st.lists(st.sampled_from(["cognition", "loc", "seizure", "motor"]), max_size=2, unique=True)
    return IcansContext(
        last_grade=draw(st.one_of(st.none(), st.integers(0, 5))),
        attributed=tuple(draw(signs)),
        sedatives_on_board=draw(st.sampled_from([(), ("lorazepam",), ("morphine", "midazolam")])),
    )

"""What one charted value more, less or otherwise may do to the judgement, through `step`.

Goal: a sign that worsens never lowers a grade, a value that is missing never becomes a normal one, and the unit in
which a value is charted means nothing. Method: a chart, the same chart with one thing changed, and both judged.
"""

from dataclasses import replace
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.events import (
    CrsAssessed,
    LabResulted,
    NeuroAssessed,
    PatientEvent,
    TherapyOrdered,
    VitalsObserved,
)
from blinwatch.core.findings import CrsFindings, NeuroFindings
from blinwatch.core.grade_crs import CrsGrade
from blinwatch.core.icans.grade import IcansGrade
from blinwatch.core.labs.convert_unit import analyte_of
from blinwatch.core.patient_state import Judgement
from blinwatch.core.step import present
from tests.core.icans.icans_support import LOC_FROM_BEST, SEIZURES_FROM_BEST, examinations
from tests.core.mixed_events import HOUR_S, examples, mixed_logs, with_ticks
from tests.core.stories import header, order, run
from tests.core.test_properties import summary


def judged(rulebook: Rulebook, *events: PatientEvent) -> Judgement:
    return present(run([order(age_years=None), *events], rulebook)[0], rulebook)


def graded(rulebook: Rulebook, fields: dict[str, Any]) -> CrsGrade:
    """The grade of one charted observation, through the whole judgement."""
    grade = judged(rulebook, CrsAssessed(**header(1, 10), findings=CrsFindings(**fields))).grade
    assert grade is not None
    return grade


def examined(rulebook: Rulebook, fields: dict[str, Any]) -> IcansGrade:
    grade = judged(rulebook, NeuroAssessed(**header(1, 10), findings=NeuroFindings(**fields))).neuro.latest
    assert grade is not None
    return grade


# --- (d) a sign that worsens never lowers the grade --------------------------------------------------------------

_FROM_BEST: dict[str, tuple[Any, ...]] = {
    "temperature_c": (36.0, 36.8, 37.4, 37.5, 37.9, 37.94, 37.95, 38.0, 38.5, 39.9, 42.9),
    "sbp_mmhg": (140.0, 118.0, 101.0, 91.0, 90.0, 89.9, 89.0, 80.0, 75.0, 70.0, 69.9, 60.0, 50.0),
    "map_mmhg": (90.0, 70.0, 65.0, 64.9, 55.0, 45.0),
    "spo2_pct": (100.0, 97.0, 94.0, 93.0, 92.9, 91.0, 90.0, 89.9, 85.0, 60.0),
    "o2_device": ("room_air", "nasal_cannula", "simple_facemask", "bipap"),
    "o2_flow_l_min": (0.5, 2.0, 6.0, 6.1, 15.0),
    "vasopressors": (
        (),
        ("vasopressin",),
        ("vasopressin", "norepinephrine"),
        ("vasopressin", "norepinephrine", "epinephrine"),
    ),
}
_BESIDE: dict[str, st.SearchStrategy[Any]] = {
    "age_years": st.sampled_from([0.5, 5.0, 11.99, 12.0, 40.0]),
    "fever_attributed_other": st.booleans(),
    "hypotension_attributed_other": st.booleans(),
    "hypoxia_attributed_other": st.booleans(),
    "crs_active": st.booleans(),
    "antipyretic_given": st.just(value=True),
    "baseline_sbp_mmhg": st.sampled_from([80.0, 110.0, 160.0]),
    "baseline_spo2_pct": st.sampled_from([88.0, 98.0]),
    "fluid_bolus_for_hypotension": st.booleans(),
    "temp_site": st.sampled_from(["axillary", "core"]),
    "heart_rate_bpm": st.sampled_from([70.0, 130.0]),
}


@st.composite
def observations(draw: st.DrawFn) -> dict[str, Any]:
    """A charted observation with most of what CRS asks for."""
    fields: dict[str, Any] = {}
    for name, values in _FROM_BEST.items():
        if draw(st.integers(0, 9)) < 8:
            fields[name] = draw(st.sampled_from(values))
    if fields.get("o2_device") in (None, "room_air", "bipap"):
        fields.pop("o2_flow_l_min", None)
    for name, strategy in _BESIDE.items():
        if draw(st.integers(0, 3)) == 0:
            fields[name] = draw(strategy)
    return fields


@examples(250)
@given(fields=observations(), draw=st.data())
def test_the_crs_grade_never_falls_when_one_sign_worsens(
    fields: dict[str, Any], draw: st.DataObject, rulebook: Rulebook
) -> None:
    name = draw.draw(st.sampled_from(sorted(_FROM_BEST.keys() & fields.keys()) or ["none"]))
    assume(name != "none")
    ladder = _FROM_BEST[name]
    worse = draw.draw(st.sampled_from(ladder[ladder.index(fields[name]) :]))
    before, after = graded(rulebook, fields), graded(rulebook, {**fields, name: worse})
    if before.grade is not None:
        suspected = after.would_be_grade if after.code == "CRS_SUSPECT_MASKED" else None
        known = after.grade if after.grade is not None else suspected
        assert known is not None
        assert known >= before.grade


_NEURO_FROM_BEST: dict[str, tuple[Any, ...]] = {
    "ice_score": tuple(range(10, -1, -1)),
    "capd_score": tuple(range(33)),
    "loc": LOC_FROM_BEST,
    "seizure": SEIZURES_FROM_BEST,
    "motor_weakness": ("none", "deep_focal"),
    "cerebral_edema": ("none", "focal", "diffuse"),
    "icp_sign": ("none", "posturing"),
}


@examples(120)
@given(fields=examinations(), draw=st.data())
def test_the_icans_grade_never_falls_when_one_domain_worsens(
    fields: dict[str, Any], draw: st.DataObject, rulebook: Rulebook
) -> None:
    charted = [name for name, ladder in _NEURO_FROM_BEST.items() if fields.get(name) in ladder]
    assume(charted)
    name = draw.draw(st.sampled_from(charted))
    ladder = _NEURO_FROM_BEST[name]
    worse = draw.draw(st.sampled_from(ladder[ladder.index(fields[name]) :]))
    before, after = examined(rulebook, fields), examined(rulebook, {**fields, name: worse})
    assert before.grade is None or (after.grade is not None and after.grade >= before.grade)


# --- (g) missing is never normal ---------------------------------------------------------------------------------

_CRS_SIGNS = ("temperature_c", "sbp_mmhg", "spo2_pct", "o2_device", "vasopressors")


@examples(200)
@given(fields=observations(), name=st.sampled_from(_CRS_SIGNS))
def test_a_sign_left_out_never_makes_a_complete_crs_grade_0(
    fields: dict[str, Any], name: str, rulebook: Rulebook
) -> None:
    assume(name in fields)
    before = graded(rulebook, fields)
    after = graded(rulebook, {key: value for key, value in fields.items() if key != name})
    if before.code != "CRS_G0" or "INCOMPLETE" in before.flags:
        assert after.code != "CRS_G0" or "INCOMPLETE" in after.flags
    assert name == "vasopressors" or after.code != "CRS_G0" or "INCOMPLETE" in after.flags or "map_mmhg" in fields


_NEURO_ANSWERS = ("ice_score", "capd_score", "loc", "seizure", "motor_weakness")


@examples(120)
@given(fields=examinations(), name=st.sampled_from(_NEURO_ANSWERS))
def test_an_answer_left_out_never_makes_a_complete_icans_grade_0(
    fields: dict[str, Any], name: str, rulebook: Rulebook
) -> None:
    assume(name in fields and not fields.get("ice_items") and not fields.get("capd_items"))
    before = examined(rulebook, fields)
    after = examined(rulebook, {key: value for key, value in fields.items() if key != name})
    if before.code != "ICANS_G0" or "INCOMPLETE" in before.flags:
        assert after.code != "ICANS_G0" or "INCOMPLETE" in after.flags


@given(fields=st.fixed_dictionaries({}, optional={"antipyretic_given": st.booleans()}))
def test_nothing_charted_is_no_grade_at_all(fields: dict[str, Any], rulebook: Rulebook) -> None:
    assert graded(rulebook, fields).code == "CRS_NOT_EVALUABLE"
    assert examined(rulebook, {"age_years": 40.0}).code == "ICANS_NOT_EVALUABLE"


# --- (e) units ---------------------------------------------------------------------------------------------------

_MMHG_PER_KPA = 7.50062
_KG_PER_LB = 0.45359237


def _one_unit(event: PatientEvent) -> PatientEvent:
    """The event with each value in one unit only, whole mmHg and tenths of a degree."""
    if isinstance(event, VitalsObserved):
        return replace(event, temperature_f=None, sbp_kpa=None, temperature_c=_tenth(event.temperature_c))
    if isinstance(event, CrsAssessed):
        known = event.findings
        return replace(
            event,
            findings=replace(known, temperature_f=None, sbp_kpa=None, temperature_c=_tenth(known.temperature_c)),
        )
    return event


def _tenth(temperature_c: float | None) -> float | None:
    return None if temperature_c is None else round(temperature_c, 1)


def _fahrenheit(temperature_c: float | None) -> float | None:
    return None if temperature_c is None else round(temperature_c * 9 / 5 + 32, 2)


def _kpa(mmhg: float | None) -> float | None:
    return None if mmhg is None else mmhg / _MMHG_PER_KPA


def in_other_units(event: PatientEvent, draw: st.DataObject, rulebook: Rulebook) -> PatientEvent:
    """The same event as a ward across the ocean would chart it."""
    if isinstance(event, VitalsObserved):
        return replace(
            event,
            temperature_c=None,
            temperature_f=_fahrenheit(event.temperature_c),
            sbp_mmhg=None,
            sbp_kpa=_kpa(event.sbp_mmhg),
            dbp_mmhg=None,
            dbp_kpa=_kpa(event.dbp_mmhg),
            map_mmhg=None,
            map_kpa=_kpa(event.map_mmhg),
        )
    if isinstance(event, CrsAssessed):
        known = event.findings
        moved = replace(
            known,
            temperature_c=None,
            temperature_f=_fahrenheit(known.temperature_c),
            sbp_mmhg=None,
            sbp_kpa=_kpa(known.sbp_mmhg),
        )
        return replace(event, findings=moved)
    if isinstance(event, TherapyOrdered) and event.weight_kg is not None:
        return replace(event, weight_kg=None, weight_lb=event.weight_kg / _KG_PER_LB)
    if isinstance(event, LabResulted):
        return _lab_in_another_unit(event, draw, rulebook)
    return event


def _lab_in_another_unit(event: LabResulted, draw: st.DataObject, rulebook: Rulebook) -> LabResulted:
    name = analyte_of(event.loinc, rulebook.labs)
    if name is None or event.unit not in rulebook.labs.analytes[name].units:
        return event
    units = rulebook.labs.analytes[name].units
    unit = draw.draw(st.sampled_from(sorted(units)))
    return replace(event, unit=unit, value=event.value * units[event.unit] / units[unit])


@examples(40)
@given(log=mixed_logs(), draw=st.data())
def test_the_unit_in_which_a_value_comes_changes_no_grade_and_no_finding(
    log: list[PatientEvent], draw: st.DataObject, rulebook: Rulebook
) -> None:
    here = [_one_unit(event) for event in log]
    there = [in_other_units(event, draw, rulebook) for event in here]
    one, _ = run(with_ticks(here, HOUR_S), rulebook)
    other, _ = run(with_ticks(there, HOUR_S), rulebook)
    assert summary(other, rulebook) == summary(one, rulebook)

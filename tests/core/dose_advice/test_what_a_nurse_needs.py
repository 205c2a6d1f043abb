"""The dose, the rate, the premedication and the moments that go with an advice."""

from dataclasses import replace
from typing import Any

import pytest

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.dose_advice.advice import DoseAdvice
from blinwatch.core.dose_advice.advise import advise
from blinwatch.core.dose_advice.facts import DoseFacts
from blinwatch.core.findings import ReactionFindings

NOW = 1_772_323_200_000
HOUR_MS = 3_600_000
ADULT = DoseFacts(
    age_years=40.0, weight_kg=70.0, phase="rr", cycle=2, bag_type_h=24.0, dose_level_now="full", at_ms=NOW
)
CHILD = replace(ADULT, age_years=8.0, weight_kg=25.0, bsa_m2=0.95)
RESOLVED = {"reaction": "crs", "episode_grade": 3, "current_grade": 0, "interruption_h": 40.0}
STEP = {"reaction": "crs", "episode_grade": 3, "hours_since_restart": 168.0}
NEURO_DOWN = {
    "reaction": "neuro",
    "episode_grade": 3,
    "current_grade": 1,
    "onset_dose_level": "full",
    "hours_to_le_g1": 10.0,
    "hours_at_le_g1": 72.0,
    "interruption_h": 90.0,
}


def judged(rulebook: Rulebook, facts: DoseFacts, **values: Any) -> DoseAdvice:
    return advise([ReactionFindings(**values)], facts, rulebook)


@pytest.mark.parametrize(
    "weight_kg,bsa_m2,low,full",
    [
        (45.0, None, 9.0, 28.0),
        (44.9, 1.4, 7.0, 21.0),
        (44.9, 2.0, 9.0, 28.0),
        (10.0, 0.5, 2.5, 7.5),
        (44.9, None, None, None),
        (None, 1.0, None, None),
    ],
)
def test_the_dose_is_the_patients_own(
    rulebook: Rulebook, weight_kg: float | None, bsa_m2: float | None, low: float | None, full: float | None
) -> None:
    facts = replace(ADULT, weight_kg=weight_kg, bsa_m2=bsa_m2)
    assert judged(rulebook, facts, **RESOLVED).dose_mcg_day == low
    up = judged(rulebook, facts, reaction="crs", episode_grade=3, hours_since_restart=168)
    assert up.dose_mcg_day == full
    if low is None:
        assert any("missing" in sentence for sentence in up.because)


@pytest.mark.parametrize(
    "facts,rate_ml_h",
    [
        ({"bag_type_h": 24.0}, 10.0),
        ({"bag_type_h": 72.0}, 1.8),
        ({"bag_type_h": 72.0, "label_region": "EU"}, 3.3),
        ({"bag_type_h": 96.0, "label_region": "EU"}, 2.5),
        ({"bag_type_h": 168.0}, 0.6),
        ({"bag_type_h": 168.0, "label_region": "EU"}, None),
        ({"bag_type_h": 72.0, "bag_label_rate_ml_h": 2.2}, 2.2),
        ({"bag_type_h": None}, None),
    ],
)
def test_the_rate_is_that_of_the_bag_in_use(rulebook: Rulebook, facts: dict[str, Any], rate_ml_h: float | None) -> None:
    advice = judged(rulebook, replace(ADULT, **facts), **RESOLVED)
    assert advice.rate_ml_h == rate_ml_h


def test_a_technical_stop_resumes_the_dose_that_ran(rulebook: Rulebook) -> None:
    stop = {"reaction": "technical", "interruption_h": 5.0}
    assert judged(rulebook, ADULT, **stop).dose_mcg_day == 28.0
    assert judged(rulebook, replace(ADULT, dose_level_now="low"), **stop).dose_mcg_day == 9.0
    assert judged(rulebook, replace(ADULT, dose_level_now=None), **stop).dose_mcg_day is None


def test_a_new_cycle_begins_at_the_dose_of_its_first_day(rulebook: Rulebook) -> None:
    stop = {"reaction": "technical", "interruption_h": 200.0}
    assert judged(rulebook, ADULT, **stop).dose_mcg_day == 28.0
    assert judged(rulebook, replace(ADULT, cycle=1), **stop).dose_mcg_day == 9.0
    assert judged(rulebook, replace(ADULT, cycle=None), **stop).dose_mcg_day is None
    held = ReactionFindings(reaction="crs", episode_grade=3, hours_since_restart=20)
    both = advise([ReactionFindings(**stop), held], ADULT, rulebook)
    assert (both.code, both.dose_mcg_day) == ("DM_NEW_CYCLE", 9.0)


def test_the_eu_label_has_no_mrd_dose_below_45_kg(rulebook: Rulebook) -> None:
    facts = replace(CHILD, phase="mrd", label_region="EU")
    advice = judged(rulebook, facts, **RESOLVED)
    assert advice.dose_mcg_day is None
    assert "NOT_IN_REGION" in advice.flags
    for labelled in (replace(facts, weight_kg=45.0), replace(facts, label_region="US"), replace(facts, phase="rr")):
        assert "NOT_IN_REGION" not in judged(rulebook, labelled, **RESOLVED).flags


def premedication(advice: DoseAdvice) -> list[tuple[str, float, float, float]]:
    return [(one.drug, one.dose_mg, one.from_min, one.to_min) for one in advice.premedication]


PREMEDICATION = [
    ("adult R/R", {}, RESOLVED, [("dexamethasone", 20.0, 30, 180)]),
    ("adult consolidation", {"phase": "consolidation"}, RESOLVED, [("dexamethasone", 20.0, 0, 60)]),
    ("adult MRD+", {"phase": "mrd"}, RESOLVED, [("prednisone", 100.0, 30, 180)]),
    ("EU adult MRD+", {"phase": "mrd", "label_region": "EU"}, RESOLVED, [("prednisone", 100.0, 30, 180)]),
    ("a stop below 4 h", {}, {**RESOLVED, "interruption_h": 3.99}, []),
    ("a stop of 4 h", {}, {**RESOLVED, "interruption_h": 4.0}, [("dexamethasone", 20.0, 30, 180)]),
    ("a stop of unknown length", {}, {**RESOLVED, "interruption_h": None}, [("dexamethasone", 20.0, 30, 180)]),
    ("EU neuro", {"label_region": "EU"}, NEURO_DOWN, [("dexamethasone", 24.0, 30, 180)]),
    ("EU neuro MRD+", {"phase": "mrd", "label_region": "EU"}, NEURO_DOWN, [("dexamethasone", 24.0, 30, 180)]),
    ("US neuro", {}, NEURO_DOWN, [("dexamethasone", 20.0, 30, 180)]),
    ("nothing may flow", {}, {"reaction": "crs", "grade": 3}, []),
    ("holding low", {}, {"reaction": "crs", "episode_grade": 3, "hours_since_restart": 5}, []),
    ("the step", {}, STEP, [("dexamethasone", 20.0, 30, 180)]),
]  # fmt: skip


@pytest.mark.parametrize(
    "facts,values,expected", [case[1:] for case in PREMEDICATION], ids=[case[0] for case in PREMEDICATION]
)
def test_premedication_of_an_adult(
    rulebook: Rulebook, facts: dict[str, Any], values: dict[str, Any], expected: list[Any]
) -> None:
    assert premedication(judged(rulebook, replace(ADULT, **facts), **values)) == expected


def test_an_adult_in_mrd_may_have_any_of_five_steroids(rulebook: Rulebook) -> None:
    advice = judged(rulebook, replace(ADULT, phase="mrd"), **RESOLVED)
    (due,) = advice.premedication
    assert {one.drug: one.dose_mg for one in due.instead} == {
        "prednisolone": 100.0,
        "dexamethasone": 16.0,
        "methylprednisolone": 80.0,
        "hydrocortisone": 400.0,
    }
    assert any("prednisone 100 mg or prednisolone 100 mg" in sentence for sentence in advice.supportive)


def test_premedication_of_a_child_goes_by_body_surface_and_cycle(rulebook: Rulebook) -> None:
    first = replace(CHILD, cycle=1)
    assert premedication(judged(rulebook, first, **RESOLVED)) == [("dexamethasone", 4.75, 0, 180)]
    assert judged(rulebook, CHILD, **RESOLVED).premedication == (), "on restart in cycle 1 only (A4)"
    step = {"reaction": "crs", "episode_grade": 3, "hours_since_restart": 168}
    assert premedication(judged(rulebook, CHILD, **step)) == [("dexamethasone", 4.75, 0, 180)]
    unknown = judged(rulebook, replace(first, bsa_m2=None), **RESOLVED)
    assert premedication(unknown) == [("dexamethasone", 20.0, 0, 180)]
    assert unknown.premedication[0].assumed == ("body surface unknown: the highest dose",)


def test_an_eu_child_that_begins_a_new_cycle_1_is_premedicated_twice(rulebook: Rulebook) -> None:
    facts = replace(CHILD, cycle=1, label_region="EU")
    advice = judged(rulebook, facts, **{**RESOLVED, "interruption_h": 169.0})
    assert premedication(advice) == [("dexamethasone", 4.75, 0, 30), ("dexamethasone", 9.5, 360, 720)]


def test_an_eu_child_after_a_neurological_grade_3_keeps_its_dose_and_is_told_the_sentence(rulebook: Rulebook) -> None:
    advice = judged(rulebook, replace(CHILD, cycle=1, label_region="EU"), **NEURO_DOWN)
    assert premedication(advice) == [("dexamethasone", 4.75, 0, 180)]
    assert any("ask the physician for the child's dose" in sentence for sentence in advice.supportive)


def test_what_premedication_assumes_is_told(rulebook: Rulebook) -> None:
    advice = judged(rulebook, DoseFacts(weight_kg=70.0), **RESOLVED)
    assert advice.premedication[0].assumed == (
        "age unknown: adult",
        "phase unknown: R/R",
        "cycle unknown: cycle 1",
    )
    assert "AGE_UNKNOWN" in advice.flags


@pytest.mark.parametrize(
    "facts,words",
    [
        ({}, "dexamethasone 8 mg every 8 h for up to 3 days, then taper over 4 days (DM-2)"),
        ({"age_years": 18.0}, "dexamethasone 8 mg every 8 h"),
        ({"age_years": 17.99, "bsa_m2": 1.5}, "dexamethasone 7.5 mg (5 mg/m², at most 8 mg)"),
        ({"age_years": 17.99, "bsa_m2": 1.9}, "dexamethasone 8 mg (5 mg/m², at most 8 mg)"),
        ({"age_years": 5.0}, "5 mg/m², at most 8 mg (body surface is not known)"),
        ({"age_years": None}, "dexamethasone 8 mg every 8 h"),
    ],
)
def test_severe_crs_is_treated_with_the_patients_dose_of_dexamethasone(
    rulebook: Rulebook, facts: dict[str, Any], words: str
) -> None:
    for grade in (3, 4):
        advice = judged(rulebook, replace(ADULT, **facts), reaction="crs", grade=grade)
        assert any(words in sentence for sentence in advice.supportive)
        assert ("AGE_UNKNOWN" in advice.flags) == ("age_years" in facts and facts["age_years"] is None)


def test_no_steroid_for_crs_that_is_mild_or_resolved(rulebook: Rulebook) -> None:
    for values in ({"reaction": "crs", "grade": 2}, {**RESOLVED, "crs_status": "CRS_OPEN"}):
        assert not any("every 8 h" in sentence for sentence in judged(rulebook, ADULT, **values).supportive)


def test_a_restart_after_4_hours_is_supervised(rulebook: Rulebook) -> None:
    def supervised(**values: Any) -> bool:
        return any("supervision" in sentence for sentence in judged(rulebook, ADULT, **values).supportive)

    assert supervised(**RESOLVED)
    assert supervised(reaction="technical", interruption_h=4.0)
    assert not supervised(reaction="technical", interruption_h=3.9)
    assert not supervised(reaction="crs", grade=3)


def test_moments_are_told_only_when_it_is_known_what_time_it_is(rulebook: Rulebook) -> None:
    waiting = {**NEURO_DOWN, "hours_at_le_g1": 70.0}
    advice = judged(rulebook, ADULT, **waiting)
    assert advice.restart_earliest_ms == NOW + 2 * HOUR_MS
    assert advice.decide_by_ms == NOW + (168 - 90) * HOUR_MS
    snapshot = judged(rulebook, replace(ADULT, at_ms=None), **waiting)
    assert (snapshot.restart_earliest_ms, snapshot.decide_by_ms) == (None, None)


@pytest.mark.parametrize(
    "values,hours",
    [
        ({"reaction": "neuro", "grade": 3, "hours_since_onset": 100.0}, 68),
        ({"reaction": "other", "grade": 3, "hours_since_onset": 100.0}, 236),
        (RESOLVED, 128),
        ({"reaction": "technical", "interruption_h": 168.0}, 0),
        ({"reaction": "technical", "interruption_h": 169.0}, None),
        ({"reaction": "crs", "grade": 4}, None),
        ({"reaction": "crs", "grade": 1}, None),
    ],
)
def test_the_moment_after_which_the_advice_gets_stricter(
    rulebook: Rulebook, values: dict[str, Any], hours: int | None
) -> None:
    expected = None if hours is None else NOW + hours * HOUR_MS
    assert judged(rulebook, ADULT, **values).decide_by_ms == expected


def test_the_last_of_two_reactions_that_wait_decides_the_restart(rulebook: Rulebook) -> None:
    first = ReactionFindings(**{**NEURO_DOWN, "hours_at_le_g1": 70.0})
    second = ReactionFindings(**{**NEURO_DOWN, "reaction": "seizure", "hours_at_le_g1": 60.0})
    assert advise([first, second], ADULT, rulebook).restart_earliest_ms == NOW + 12 * HOUR_MS
    unknown = replace(second, hours_at_le_g1=None)
    assert advise([first, unknown], ADULT, rulebook).restart_earliest_ms is None


def test_the_label_in_force_goes_with_the_advice(rulebook: Rulebook) -> None:
    us = judged(rulebook, ADULT, **RESOLVED)
    assert (us.label_region, us.label_version) == ("US", rulebook.dose.label_version["US"])
    eu = judged(rulebook, ADULT, label_region="EU", **RESOLVED)
    assert eu.label_region == "EU"
    named = judged(rulebook, replace(ADULT, label_version="USPI 2026-06"), **RESOLVED)
    assert named.label_version == "USPI 2026-06"


def test_charts_that_name_two_regions_are_judged_by_the_default(rulebook: Rulebook) -> None:
    charts = [ReactionFindings(reaction="crs", grade=1, label_region=region) for region in ("EU", "US")]
    assert advise(charts, DoseFacts(), rulebook).label_region == "US"
    assert advise(charts[:1], DoseFacts(), rulebook).label_region == "EU"

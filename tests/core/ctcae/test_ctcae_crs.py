"""CTCAE v5 of cytokine release beside ASTCT: every number on both sides, and what the chart cannot tell."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.crs_course import EMPTY_COURSE
from blinwatch.core.ctcae.cytokine_release import ctcae_crs
from blinwatch.core.ctcae.scale_grade import ScaleGrade
from blinwatch.core.grade_crs import CrsGrade, EpisodeContext, grade_crs
from blinwatch.core.plausibility import screen
from tests.core.crs_support import FEVERISH, START_MS, WELL, charted_observations, findings, severities

LOW_BP: dict[str, Any] = {**FEVERISH, "sbp_mmhg": 84}


def both(rulebook: Rulebook, fields: dict[str, Any], *, last_grade: int | None = None) -> tuple[CrsGrade, ScaleGrade]:
    """The ASTCT grade of an observation and the CTCAE grade beside it."""
    screened = screen(findings(**fields), EMPTY_COURSE.memory, START_MS, rulebook.vitals)
    context = EpisodeContext(open=fields.get("crs_active") is True, last_grade=last_grade)
    crs = grade_crs(screened.findings, context, rulebook, screened.flags)
    return crs, ctcae_crs(screened.findings, crs, rulebook)


def ctcae(rulebook: Rulebook, base: dict[str, Any], **fields: Any) -> ScaleGrade:
    return both(rulebook, {**base, **fields})[1]


# --- whether there is one at all --------------------------------------------------------------------------


def test_without_cytokine_release_by_astct_there_is_no_ctcae_grade(rulebook: Rulebook) -> None:
    result = ctcae(rulebook, WELL)
    assert (result.code, result.grade, result.flags) == ("CTCAE_CRS_G0", 0, ())
    assert result.because == ("no cytokine release syndrome now, so no CTCAE grade",)
    assert (result.scale, result.term) == ("CTCAE", "Cytokine release syndrome")
    assert ctcae(rulebook, FEVERISH, fever_attributed_other=True).grade == 0


def test_what_astct_cannot_grade_is_not_graded_here(rulebook: Rulebook) -> None:
    unknown = ctcae(rulebook, WELL, temperature_c=None, sbp_mmhg=84)
    assert (unknown.code, unknown.grade) == ("CTCAE_CRS_NOT_EVALUABLE", None)
    words = "CTCAE grades a cytokine release syndrome, and it is not known to be one"
    assert unknown.because == (f"{words}; by ASTCT the signs would be worth grade 2",)
    assert ctcae(rulebook, {"age_years": 40}).because == (words,)


def test_fever_alone_is_grade_1(rulebook: Rulebook) -> None:
    result = ctcae(rulebook, FEVERISH)
    assert (result.code, result.because, result.flags) == ("CTCAE_CRS_G1", ("fever: grade 1 (CTCAE v5)",), ())


def test_death_due_to_crs_is_grade_5(rulebook: Rulebook) -> None:
    result = ctcae(rulebook, WELL, death_due_to="crs")
    assert (result.code, result.grade) == ("CTCAE_CRS_G5", 5)
    assert result.because == ("death due to cytokine release syndrome (CTCAE v5)",)
    assert ctcae(rulebook, FEVERISH, death_due_to="other").grade == 1


def test_an_earlier_grade_that_stands_after_another_death_is_not_made_milder_here(rulebook: Rulebook) -> None:
    crs, result = both(rulebook, {"age_years": 40, "death_due_to": "other"}, last_grade=3)
    assert crs.code == "CRS_G3"
    assert (result.code, result.grade) == ("CTCAE_CRS_NOT_EVALUABLE", None)
    assert result.because == ("nothing was observed now that CTCAE could grade; the ASTCT grade is an earlier one",)


# --- pressure ---------------------------------------------------------------------------------------------


def test_hypotension_without_a_pressor_is_grade_2_and_says_what_it_cannot_tell(rulebook: Rulebook) -> None:
    result = ctcae(rulebook, LOW_BP)
    assert result.code == "CTCAE_CRS_G2"
    assert result.because[-1] == (
        "hypotension without a pressor, whether it answered to fluids is not charted: grade 2 (CTCAE v5)"
    )
    assert ctcae(rulebook, FEVERISH, fluid_bolus_for_hypotension=True).grade == 2


@pytest.mark.parametrize(
    "pressors, stopped_h, grade",
    [
        (("norepinephrine",), None, 3),
        (("vasopressin",), None, 3),
        (("norepinephrine", "noradrenaline"), None, 3),
        (("norepinephrine", "dopamine"), None, 4),
        (("norepinephrine", "vasopressin"), None, 4),
        (("norepinephrine",), {"dopamine": 1.0}, 4),
        (("norepinephrine",), {"dopamine": 1.1}, 3),
        (("norepinephrine", "dobutamine"), None, 3),
    ],
)
def test_one_pressor_is_grade_3_and_more_are_grade_4(
    rulebook: Rulebook, pressors: tuple[str, ...], stopped_h: dict[str, float] | None, grade: int
) -> None:
    result = ctcae(rulebook, FEVERISH, vasopressors=pressors, vasopressors_stopped_h=stopped_h)
    assert result.code == f"CTCAE_CRS_G{grade}"


def test_the_pressors_are_named(rulebook: Rulebook) -> None:
    one = ctcae(rulebook, FEVERISH, vasopressors=("noradrenaline",))
    assert one.because[-1] == "hypotension managed with one pressor (norepinephrine): grade 3 (CTCAE v5)"
    two = ctcae(rulebook, FEVERISH, vasopressors=("noradrenaline", "vasopressin"))
    assert two.because[-1] == "2 pressors (norepinephrine, vasopressin), life-threatening: grade 4 (CTCAE v5)"


def test_hypotension_attributed_elsewhere_does_not_count(rulebook: Rulebook) -> None:
    result = ctcae(rulebook, FEVERISH, vasopressors=("norepinephrine", "dopamine"), hypotension_attributed_other=True)
    assert result.grade == 1


# --- oxygen -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fio2, grade", [(0.28, 2), (0.39, 2), (0.40, 3), (0.6, 3), (39.9, 2), (40, 3)])
def test_40_percent_oxygen_is_the_limit(rulebook: Rulebook, fio2: float, grade: int) -> None:
    result = ctcae(rulebook, FEVERISH, o2_device="venturi", fio2=fio2)
    assert (result.code, result.flags) == (f"CTCAE_CRS_G{grade}", ())


def test_the_charted_fraction_is_shown_in_percent(rulebook: Rulebook) -> None:
    low = ctcae(rulebook, FEVERISH, o2_device="venturi", fio2=0.28)
    assert low.because[-1] == "oxygen 28 %, less than 40 %: grade 2 (CTCAE v5)"
    high = ctcae(rulebook, FEVERISH, o2_device="venturi", fio2=0.5)
    assert high.because[-1] == "oxygen 50 %, 40 % or more: grade 3 (CTCAE v5)"


@pytest.mark.parametrize("flow, grade", [(1, 2), (4.9, 2), (5, 3), (6, 3)])
def test_without_a_fraction_a_cannula_is_estimated_by_its_flow(rulebook: Rulebook, flow: float, grade: int) -> None:
    result = ctcae(rulebook, FEVERISH, o2_device="nasal_cannula", o2_flow_l_min=flow)
    assert (result.code, result.flags) == (f"CTCAE_CRS_G{grade}", ("FIO2_ESTIMATED",))


def test_an_estimate_says_that_it_is_one(rulebook: Rulebook) -> None:
    result = ctcae(rulebook, FEVERISH, o2_device="nasal_cannula", o2_flow_l_min=2)
    assert result.because[-1] == (
        "nasal cannula at 2 L/min, oxygen fraction not charted, estimated at 28 %, less than 40 %: grade 2 (CTCAE v5)"
    )
    charted = ctcae(rulebook, FEVERISH, o2_device="nasal_cannula", o2_flow_l_min=6, fio2=0.3)
    assert (charted.grade, charted.flags) == (2, ())


@pytest.mark.parametrize(
    "device, flow, grade",
    [
        ("nasal_cannula", None, 2),
        ("blow_by", 3, 2),
        ("high_flow_nasal_cannula", 4, 3),
        ("high_flow_nasal_cannula", None, 3),
        ("simple_facemask", 5, 3),
        ("venturi", None, 3),
        ("non_rebreather", 15, 3),
    ],
)
def test_other_devices_without_a_fraction_are_read_as_what_they_can_give(
    rulebook: Rulebook, device: str, flow: float | None, grade: int
) -> None:
    result = ctcae(rulebook, FEVERISH, o2_device=device, o2_flow_l_min=flow)
    assert result.code == f"CTCAE_CRS_G{grade}"
    assert set(result.flags) >= {"FIO2_ESTIMATED", "INCOMPLETE"}
    read_as = "less than 40 %" if grade == 2 else "40 % or more, which it can give"
    name = device.replace("_", " ")
    assert result.because[-1] == f"{name}, oxygen fraction not charted, read as {read_as}: grade {grade} (CTCAE v5)"


@pytest.mark.parametrize("device", ["cpap", "bipap", "invasive_ventilation"])
def test_positive_pressure_for_hypoxia_is_grade_4_whatever_the_fraction(rulebook: Rulebook, device: str) -> None:
    result = ctcae(rulebook, FEVERISH, o2_device=device, fio2=0.3)
    assert (result.code, result.flags) == ("CTCAE_CRS_G4", ())
    assert result.because[-1] == "positive pressure for hypoxia, urgent intervention: grade 4 (CTCAE v5)"
    airway = ctcae(rulebook, FEVERISH, o2_device=device, vent_reason="airway_protection", fio2=0.3)
    assert airway.grade == 1


@pytest.mark.parametrize("device", ["room_air", None])
def test_low_saturation_without_oxygen_does_not_tell_how_much_it_takes(rulebook: Rulebook, device: str | None) -> None:
    result = ctcae(rulebook, FEVERISH, spo2_pct=88, o2_device=device)
    assert (result.code, result.flags) == ("CTCAE_CRS_G2", ("INCOMPLETE",))
    assert result.because[-1] == (
        "low oxygen saturation; how much oxygen it takes is not charted, read as less than 40 %: grade 2 (CTCAE v5)"
    )


def test_oxygen_that_astct_does_not_count_is_not_counted(rulebook: Rulebook) -> None:
    comfort: dict[str, Any] = {"o2_device": "venturi", "fio2": 0.5, "o2_reason": "comfort"}
    assert ctcae(rulebook, FEVERISH, **comfort).grade == 1
    assert ctcae(rulebook, FEVERISH, **comfort, spo2_pct=85).grade == 3
    other: dict[str, Any] = {"o2_device": "venturi", "fio2": 0.5, "hypoxia_attributed_other": True}
    assert ctcae(rulebook, FEVERISH, **other).grade == 1
    assert ctcae(rulebook, FEVERISH, fio2=0.21).grade == 1


def test_an_oxygen_fraction_without_a_device_is_oxygen(rulebook: Rulebook) -> None:
    bare = {**FEVERISH, "o2_device": None}
    assert ctcae(rulebook, bare, fio2=0.5).grade == 3
    assert ctcae(rulebook, bare, fio2=0.3).grade == 2
    assert ctcae(rulebook, bare, fio2=0.21).grade == 1
    assert ctcae(rulebook, bare, fio2=0.5, hypoxia_attributed_other=True).grade == 1


# --- together ---------------------------------------------------------------------------------------------


def test_the_worst_sign_is_the_grade_and_every_sign_is_told(rulebook: Rulebook) -> None:
    result = ctcae(rulebook, LOW_BP, o2_device="venturi", fio2=0.5)
    assert (result.grade, len(result.because)) == (3, 3)


def test_in_an_open_episode_a_sign_without_fever_is_graded(rulebook: Rulebook) -> None:
    result = ctcae(rulebook, {**WELL, "crs_active": True}, sbp_mmhg=84)
    assert (result.code, len(result.because)) == ("CTCAE_CRS_G2", 1)


def test_an_incomplete_observation_is_incomplete_here_too(rulebook: Rulebook) -> None:
    assert ctcae(rulebook, FEVERISH, sbp_mmhg=None).flags == ("INCOMPLETE",)
    estimated = ctcae(rulebook, FEVERISH, sbp_mmhg=None, o2_device="blow_by")
    assert estimated.flags == ("FIO2_ESTIMATED", "INCOMPLETE")


# --- what must hold for any observation -------------------------------------------------------------------


@given(given_fields=charted_observations())
def test_any_observation_gets_an_answer_that_fits_astct(rulebook: Rulebook, given_fields: dict[str, Any]) -> None:
    crs, result = both(rulebook, given_fields)
    assert result.because
    assert result.code == ("CTCAE_CRS_NOT_EVALUABLE" if result.grade is None else f"CTCAE_CRS_G{result.grade}")
    if crs.grade == 0:
        assert result.grade == 0
    elif crs.grade == 5:
        assert result.grade == 5
    elif crs.grade is not None and crs.sign_present:
        assert result.grade is not None
        assert result.grade >= 1
        assert crs.hypotension.grade < 3 or result.grade >= 3


@given(fields=severities(), worse=st.data())
def test_a_worse_sign_never_lowers_the_grade(rulebook: Rulebook, fields: dict[str, Any], worse: st.DataObject) -> None:
    before = both(rulebook, fields)[1].grade
    changes: dict[str, Any] = {
        "sbp_mmhg": worse.draw(st.integers(50, fields["sbp_mmhg"])),
        "spo2_pct": worse.draw(st.integers(60, fields["spo2_pct"])),
        "vasopressors": (*fields["vasopressors"], "norepinephrine"),
        "fio2": 1.0,
        "o2_device": "bipap",
    }
    name = worse.draw(st.sampled_from(sorted(changes)))
    after = both(rulebook, {**fields, name: changes[name]})[1].grade
    assert before is not None
    assert after is not None
    assert after >= before

"""One examination: consciousness, seizures, motor, pressure, what is left out, and what is missing (section C)."""

from typing import Any

import pytest

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.findings import NeuroFindings
from blinwatch.core.icans.grade import NO_CONTEXT, grade_icans
from tests.core.icans.icans_support import ASLEEP, CHILD, G1, WELL, domain, examine

ORDER = ("cognition", "loc", "seizure", "motor", "icp_oedema")


# --- consciousness ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "loc, grade, words",
    [
        ("alert", 0, "awake and alert (ICA-4)"),
        ("drowsy_awakens_spontaneously", 1, "drowsy, awakens spontaneously: grade 1 (ICA-4)"),
        ("awakens_voice", 2, "awakens to voice: grade 2 (ICA-1)"),
        ("awakens_tactile", 3, "awakens only to touch: grade 3 (ICA-1)"),
        ("vigorous_tactile", 4, "roused only by vigorous or repeated touch: grade 4 (ICA-1)"),
        ("unarousable", 4, "unarousable: grade 4 (ICA-1)"),
        ("stupor_coma", 4, "stupor or coma: grade 4 (ICA-1)"),
    ],
)
def test_consciousness_grades_by_how_the_patient_wakes(rulebook: Rulebook, loc: str, grade: int, words: str) -> None:
    result = examine(rulebook, loc=loc)
    assert result.code == f"ICANS_G{grade}"
    assert domain(result, "loc").because == words
    assert result.rule_id == ("ICA-4" if grade == 1 else "ICA-1")


def test_consciousness_is_missing_after_4_hours(rulebook: Rulebook) -> None:
    assert examine(rulebook, loc="awakens_voice", obs_age_h={"loc": 4.0}).code == "ICANS_G2"
    old = examine(rulebook, loc="awakens_voice", obs_age_h={"loc": 4.1})
    assert (old.code, old.flags) == ("ICANS_G0", ("INCOMPLETE",))
    assert old.because == ("level of consciousness is too old to be used (ICA-9)",)


# --- seizures ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields, grade, words",
    [
        ({"seizure": "none"}, 0, "no seizure (ICA-5)"),
        ({"seizure": "brief_resolved"}, 3, "brief seizure, resolved: grade 3 (ICA-5)"),
        ({"seizure": "nonconvulsive_eeg_resolved"}, 3, "non-convulsive seizure on EEG, resolved: grade 3 (ICA-5)"),
        ({"seizure": "prolonged"}, 4, "prolonged seizure: grade 4 (ICA-5)"),
        (
            {"seizure": "repetitive_no_baseline"},
            4,
            "repeated seizures without return to the usual state: grade 4 (ICA-5)",
        ),
        (
            {"seizure": "brief_resolved", "seizure_duration_s": 300.0},
            3,
            "brief seizure, resolved of 300 s: grade 3 (ICA-5)",
        ),
        (
            {"seizure": "brief_resolved", "seizure_duration_s": 300.1},
            4,
            "brief seizure, resolved of 300.1 s: grade 4 (ICA-5)",
        ),
        (
            {"seizure": "nonconvulsive_eeg_resolved", "seizure_duration_s": 301.0},
            4,
            "non-convulsive seizure on EEG, resolved of 301 s: grade 4 (ICA-5)",
        ),
        ({"seizure": "prolonged", "seizure_duration_s": 120.0}, 4, "prolonged seizure of 120 s: grade 4 (ICA-5)"),
        ({"seizure": None, "seizure_duration_s": 120.0}, 3, "seizure of 120 s: grade 3 (ICA-5)"),
        ({"seizure": None, "seizure_duration_s": 301.0}, 4, "seizure of 301 s: grade 4 (ICA-5)"),
        ({"seizure": "brief_resolved", "seizure_duration_s": 0.0}, 3, "brief seizure, resolved: grade 3 (ICA-5)"),
    ],
)
def test_seizures_grade_by_kind_and_duration(
    rulebook: Rulebook, fields: dict[str, Any], grade: int, words: str
) -> None:
    result = examine(rulebook, **fields)
    assert result.code == f"ICANS_G{grade}"
    assert domain(result, "seizure").because == words
    assert result.flags == ()
    assert result.rule_id == ("ICA-5" if grade else "ICA-1")


def test_a_duration_beside_no_seizure_is_a_contradiction_and_counts(rulebook: Rulebook) -> None:
    result = examine(rulebook, seizure="none", seizure_duration_s=60.0)
    assert (result.code, result.flags) == ("ICANS_G3", ("CHART_CONFLICT",))
    assert result.because == ('seizure of 60 s (charted beside "none": the worse is used): grade 3 (ICA-5)',)
    assert examine(rulebook, seizure="none", seizure_duration_s=0.0) == examine(rulebook)


def test_a_duration_of_0_alone_says_nothing(rulebook: Rulebook) -> None:
    result = examine(rulebook, seizure=None, seizure_duration_s=0.0)
    assert (result.code, result.flags) == ("ICANS_G0", ("INCOMPLETE",))
    assert result.because == ("seizures were not charted (ICA-9)",)


def test_the_charted_seizure_is_handed_on_whatever_it_is_attributed_to(rulebook: Rulebook) -> None:
    result = examine(rulebook, seizure="brief_resolved", seizure_duration_s=30.0, attributed=("seizure",))
    assert result.code == "ICANS_G0"
    assert result.seizure is not None
    assert (result.seizure.kind, result.seizure.duration_s, result.seizure.grade) == ("brief_resolved", 30.0, 3)
    assert examine(rulebook).seizure is None


# --- motor, pressure, oedema ------------------------------------------------------------------------------


@pytest.mark.parametrize("sign, words", [("tremor", "tremor"), ("myoclonus", "myoclonus"), ("mild", "mild weakness")])
def test_tremor_myoclonus_and_mild_weakness_are_left_to_ctcae(rulebook: Rulebook, sign: str, words: str) -> None:
    result = examine(rulebook, motor_weakness=sign)
    assert (result.code, result.flags) == ("ICANS_G0", ())
    assert result.because == (f"{words}: no grade in ASTCT, see CTCAE (ICA-6)",)
    assert domain(result, "motor").rule_id == "ICA-6"


def test_deep_focal_weakness_is_grade_4(rulebook: Rulebook) -> None:
    result = examine(rulebook, motor_weakness="deep_focal")
    assert (result.code, result.rule_id) == ("ICANS_G4", "ICA-1")
    assert result.because == ("deep focal weakness: grade 4 (ICA-1)",)
    assert domain(examine(rulebook), "motor").because == "no motor weakness (ICA-1)"
    assert domain(examine(rulebook, motor_weakness=None), "motor").because == "motor strength was not charted (ICA-9)"


@pytest.mark.parametrize(
    "fields, grade, words",
    [
        ({"cerebral_edema": "focal"}, 3, "focal cerebral oedema on imaging: grade 3 (ICA-1)"),
        ({"cerebral_edema": "diffuse"}, 4, "diffuse cerebral oedema on imaging: grade 4 (ICA-1)"),
        ({"icp_sign": "posturing"}, 4, "posturing: grade 4 (ICA-1)"),
        ({"icp_sign": "cn6_palsy"}, 4, "palsy of cranial nerve VI: grade 4 (ICA-1)"),
        ({"icp_sign": "papilledema"}, 4, "papilloedema: grade 4 (ICA-1)"),
        ({"icp_sign": "cushing_triad"}, 4, "Cushing's triad: grade 4 (ICA-1)"),
        (
            {"cerebral_edema": "focal", "icp_sign": "papilledema"},
            4,
            "focal cerebral oedema on imaging and papilloedema: grade 4 (ICA-1)",
        ),
        ({}, 0, "no cerebral oedema and no sign of raised intracranial pressure (ICA-1)"),
        ({"cerebral_edema": None}, 0, "no sign of raised intracranial pressure (ICA-1)"),
        ({"icp_sign": None}, 0, "no cerebral oedema (ICA-1)"),
    ],
)
def test_oedema_and_signs_of_pressure(rulebook: Rulebook, fields: dict[str, Any], grade: int, words: str) -> None:
    result = examine(rulebook, **fields)
    assert (result.code, result.flags) == (f"ICANS_G{grade}", ())
    assert domain(result, "icp_oedema").because == words


def test_pressure_is_missing_only_when_neither_field_is_charted(rulebook: Rulebook) -> None:
    result = examine(rulebook, cerebral_edema=None, icp_sign=None)
    assert (result.code, result.flags) == ("ICANS_G0", ("INCOMPLETE",))
    assert result.because == ("cerebral oedema and signs of raised pressure were not charted (ICA-9)",)


# --- the worst domain, and every domain's contribution ----------------------------------------------------


def test_every_domain_shows_what_it_adds(rulebook: Rulebook) -> None:
    result = examine(rulebook, ice_score=5, loc="drowsy_awakens_spontaneously", seizure="brief_resolved", icp_sign=None)
    assert tuple(one.domain for one in result.domains) == ORDER
    assert tuple(one.grade for one in result.domains) == (2, 1, 3, 0, 0)
    assert all(one.known for one in result.domains)
    assert (result.grade, result.rule_id) == (3, "ICA-5")
    assert result.because == (
        "ICE 5 of 10 points: grade 2 (ICA-1)",
        "drowsy, awakens spontaneously: grade 1 (ICA-4)",
        "brief seizure, resolved: grade 3 (ICA-5)",
    )


def test_of_two_domains_of_one_grade_the_first_names_the_rule(rulebook: Rulebook) -> None:
    assert examine(rulebook, ice_score=2, seizure="brief_resolved").rule_id == "ICA-1"
    assert examine(rulebook, seizure="brief_resolved", cerebral_edema="focal").rule_id == "ICA-5"


def test_the_values_behind_the_grade_are_listed_with_their_units(rulebook: Rulebook) -> None:
    result = examine(rulebook, seizure="prolonged", seizure_duration_s=400.0)
    assert [(reading.name, reading.value, reading.unit) for reading in result.readings] == [
        ("ice_score", 10, "{score}"),
        ("loc", "alert", None),
        ("seizure", "prolonged", None),
        ("seizure_duration_s", 400.0, "s"),
        ("motor_weakness", "none", None),
        ("cerebral_edema", "none", None),
        ("icp_sign", "none", None),
    ]
    assert examine(rulebook, CHILD, capd_score=3).readings[0].name == "capd_score"
    unarousable = examine(rulebook, ASLEEP, ice_not_done_reason="unarousable")
    assert (unarousable.readings[0].name, unarousable.readings[0].value) == ("ice_not_done_reason", "unarousable")
    assert [reading.name for reading in examine(rulebook, WELL, loc=None, seizure=None).readings] == [
        "ice_score", "motor_weakness", "cerebral_edema", "icp_sign",
    ]  # fmt: skip


# --- missing is never normal ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["loc", "seizure", "motor_weakness"])
def test_one_missing_domain_makes_a_grade_incomplete(rulebook: Rulebook, name: str) -> None:
    assert (examine(rulebook, **{name: None}).code, examine(rulebook, **{name: None}).flags) == (
        "ICANS_G0",
        ("INCOMPLETE",),
    )
    graded = examine(rulebook, G1, **{name: None})
    assert (graded.code, graded.complete) == ("ICANS_G1", False)


def test_a_good_ice_alone_is_grade_0_incomplete(rulebook: Rulebook) -> None:
    result = examine(rulebook, {"age_years": 40.0, "ice_score": 10})
    assert (result.code, result.flags) == ("ICANS_G0", ("INCOMPLETE",))
    assert len(result.because) == 4


def test_without_cognition_another_domain_still_grades(rulebook: Rulebook) -> None:
    result = examine(rulebook, ASLEEP, loc="awakens_voice")
    assert (result.code, result.flags) == ("ICANS_G2", ("INCOMPLETE",))


def test_without_cognition_and_without_any_grade_the_examination_must_be_repeated(rulebook: Rulebook) -> None:
    result = examine(rulebook, ASLEEP)
    assert (result.code, result.grade) == ("ICANS_NOT_EVALUABLE", None)
    assert result.notes == (
        "cognition is missing and nothing else grades, so ICANS cannot be graded: examine again now (ICA-9)",
    )
    assert result.because[-1] == result.notes[0]


def test_an_empty_chart_is_not_evaluable(rulebook: Rulebook) -> None:
    result = grade_icans(NeuroFindings(), NO_CONTEXT, rulebook)
    assert (result.code, result.rule_id) == ("ICANS_NOT_EVALUABLE", "ICA-9")
    assert result.flags == ("INCOMPLETE", "AGE_UNKNOWN")
    assert result.readings == ()


@pytest.mark.parametrize(
    "since_h, interval_h, late", [(4.4, None, False), (4.5, None, True), (12.4, 12.0, False), (12.5, 12.0, True)]
)
def test_an_examination_half_an_hour_late_is_overdue(
    rulebook: Rulebook, since_h: float, interval_h: float | None, *, late: bool
) -> None:
    result = examine(rulebook, hours_since_obs=since_h, obs_interval_h=interval_h)
    assert ("OBS_OVERDUE" in result.flags) is late


# --- baseline and death -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "usual, points, change, words",
    [
        (7, 7, 0, "ICE is the patient's usual 7 points; the grade stays as it is (ICA-10)"),
        (10, 7, -3, "ICE is 3 below the patient's usual 10 points; the grade stays as it is (ICA-10)"),
        (6, 8, 2, "ICE is 2 above the patient's usual 6 points; the grade stays as it is (ICA-10)"),
    ],
)
def test_the_change_from_the_usual_ice_is_shown_beside_the_literal_grade(
    rulebook: Rulebook, usual: int, points: int, change: int, words: str
) -> None:
    result = examine(rulebook, ice_score=points, baseline_ice=usual)
    assert (result.code, result.change_from_baseline) == ("ICANS_G1", change)
    assert result.because[-1] == words


@pytest.mark.parametrize(
    "base, fields",
    [
        (WELL, {}),
        (WELL, {"baseline_ice": 8, "sedated": True}),
        (WELL, {"baseline_ice": 8, "ice_score": None}),
        (ASLEEP, {"baseline_ice": 8, "ice_score": 5}),
        (CHILD, {"baseline_ice": 8}),
        (WELL, {"baseline_ice": 8, "ice_score": None, "ice_items": {"naming": 3}}),
        (WELL, {"baseline_ice": 8, "ice_score": None, "ice_items": {"orientation": 0}}),
    ],
)
def test_without_an_ice_that_counts_there_is_no_change_from_baseline(
    rulebook: Rulebook, base: dict[str, Any], fields: dict[str, Any]
) -> None:
    result = examine(rulebook, base, **fields)
    assert result.change_from_baseline is None
    assert not any("ICA-10" in note for note in result.notes)


def test_death_due_to_icans_is_grade_5(rulebook: Rulebook) -> None:
    result = examine(rulebook, death_due_to="icans", sedated=True)
    assert (result.code, result.grade, result.rule_id) == ("ICANS_G5", 5, "ICA-1")
    assert "death due to ICANS (ICA-1)" in result.because


@pytest.mark.parametrize("cause", ["crs", "other"])
def test_after_another_death_the_last_grade_stands(rulebook: Rulebook, cause: str) -> None:
    stands = examine(rulebook, {"death_due_to": cause}, last_grade=2)
    assert (stands.code, stands.rule_id) == ("ICANS_G2", "ICA-1")
    assert "death with another principal cause: the last ICANS grade stands (ICA-1)" in stands.because
    assert examine(rulebook, G1, death_due_to=cause, last_grade=3).code == "ICANS_G1"
    assert examine(rulebook, {"death_due_to": cause}).code == "ICANS_NOT_EVALUABLE"

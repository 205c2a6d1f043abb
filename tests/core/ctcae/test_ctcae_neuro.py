"""CTCAE v5 of the neurological event beside ICANS: each term, and staff's own grade."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.ctcae.nervous_system import ctcae_neuro
from blinwatch.core.ctcae.scale_grade import ScaleGrade
from blinwatch.core.findings import NeuroDomain, NeuroFindings
from blinwatch.core.icans.grade import IcansContext, grade_icans
from tests.core.icans.icans_support import ASLEEP, CHILD, WELL, contexts, examinations


def ctcae(
    rulebook: Rulebook,
    base: dict[str, Any],
    *,
    charted: int | None = None,
    attributed: tuple[NeuroDomain, ...] = (),
    **fields: Any,
) -> ScaleGrade:
    findings = NeuroFindings(**{**base, **fields})
    icans = grade_icans(findings, IcansContext(attributed=attributed), rulebook)
    return ctcae_neuro(findings, icans, rulebook, charted)


def test_a_good_examination_has_no_ctcae_grade(rulebook: Rulebook) -> None:
    result = ctcae(rulebook, WELL)
    assert (result.code, result.grade, result.flags) == ("CTCAE_NEURO_G0", 0, ())
    assert (result.scale, result.term) == ("CTCAE", "Nervous system disorder")
    assert result.because == ("no neurological finding that CTCAE grades",)


@pytest.mark.parametrize(
    "fields, grade, term, words",
    [
        (
            {"loc": "drowsy_awakens_spontaneously"},
            1,
            "Depressed level of consciousness",
            "drowsy, awakens spontaneously",
        ),
        ({"loc": "awakens_voice"}, 2, "Depressed level of consciousness", "awakens to voice"),
        ({"loc": "awakens_tactile"}, 3, "Depressed level of consciousness", "awakens only to touch"),
        (
            {"loc": "vigorous_tactile"},
            3,
            "Depressed level of consciousness",
            "roused only by vigorous or repeated touch",
        ),
        ({"loc": "unarousable"}, 4, "Depressed level of consciousness", "unarousable"),
        ({"loc": "stupor_coma"}, 4, "Depressed level of consciousness", "stupor or coma"),
        ({"seizure": "brief_resolved"}, 3, "Seizure", "seizure, read as a new onset"),
        ({"seizure": "nonconvulsive_eeg_resolved"}, 3, "Seizure", "seizure, read as a new onset"),
        ({"seizure": "prolonged"}, 4, "Seizure", "prolonged or repeated seizure"),
        ({"seizure": "repetitive_no_baseline"}, 4, "Seizure", "prolonged or repeated seizure"),
        (
            {"seizure": "brief_resolved", "seizure_duration_s": 300.0},
            3,
            "Seizure",
            "seizure, read as a new onset",
        ),
        (
            {"seizure": "brief_resolved", "seizure_duration_s": 300.1},
            4,
            "Seizure",
            "prolonged or repeated seizure",
        ),
        ({"motor_weakness": "mild"}, 2, "Muscle weakness", "mild weakness, seen on examination"),
        ({"motor_weakness": "deep_focal"}, 3, "Muscle weakness", "deep focal weakness, seen on examination"),
        ({"cerebral_edema": "focal"}, 3, "Edema cerebral", "focal cerebral oedema on imaging"),
        ({"cerebral_edema": "diffuse"}, 4, "Edema cerebral", "diffuse cerebral oedema on imaging"),
        (
            {"icp_sign": "cn6_palsy"},
            4,
            "Raised intracranial pressure",
            "palsy of cranial nerve VI, sign of raised pressure, urgent intervention",
        ),
    ],
)
def test_each_finding_by_its_own_term(
    rulebook: Rulebook, fields: dict[str, Any], grade: int, term: str, words: str
) -> None:
    result = ctcae(rulebook, WELL, **fields)
    assert (result.code, result.grade, result.term) == (f"CTCAE_NEURO_G{grade}", grade, term)
    assert result.because == (f"{words}: grade {grade} (CTCAE v5)",)
    assert result.flags == ()


@pytest.mark.parametrize("points, grade", [(9, 1), (7, 1), (6, 2), (3, 2), (2, 3), (0, 3)])
def test_encephalopathy_takes_its_severity_from_ice(rulebook: Rulebook, points: int, grade: int) -> None:
    result = ctcae(rulebook, WELL, ice_score=points)
    assert (result.grade, result.term) == (grade, "Encephalopathy")
    words = f"ICE grade {grade}, read as its severity because limits in daily life are not charted"
    assert result.because == (f"{words}: grade {grade} (CTCAE v5)",)


def test_encephalopathy_of_a_child_takes_its_severity_from_capd(rulebook: Rulebook) -> None:
    assert ctcae(rulebook, CHILD, capd_score=9).grade == 3
    assert ctcae(rulebook, CHILD, capd_score=8).because[0].startswith("CAPD grade 1,")
    assert ctcae(rulebook, ASLEEP, ice_not_done_reason="unarousable").grade == 4


@pytest.mark.parametrize("sign", ["tremor", "myoclonus"])
def test_tremor_and_myoclonus_are_at_least_grade_1(rulebook: Rulebook, sign: str) -> None:
    result = ctcae(rulebook, WELL, motor_weakness=sign)
    assert (result.code, result.term, result.flags) == ("CTCAE_NEURO_G1", sign.capitalize(), ("INCOMPLETE",))
    assert result.because == (
        f"{sign}: at least grade 1, more if it limits daily life, which is not charted (CTCAE v5)",
    )


def test_the_worst_finding_leads_and_every_finding_is_told(rulebook: Rulebook) -> None:
    result = ctcae(rulebook, WELL, ice_score=8, seizure="brief_resolved", motor_weakness="mild")
    assert (result.grade, result.term, len(result.because)) == (3, "Seizure", 3)
    first = ctcae(rulebook, WELL, ice_score=2, seizure="brief_resolved")
    assert first.term == "Encephalopathy"
    both_signs = ctcae(rulebook, WELL, cerebral_edema="focal", icp_sign="posturing")
    assert (both_signs.grade, len(both_signs.because)) == (4, 2)


# --- what is not known ------------------------------------------------------------------------------------


def test_without_cognition_and_without_a_finding_there_is_no_answer(rulebook: Rulebook) -> None:
    result = ctcae(rulebook, ASLEEP)
    assert (result.code, result.grade, result.flags) == ("CTCAE_NEURO_NOT_EVALUABLE", None, ("INCOMPLETE",))
    assert result.because == ("the examination leaves out too much for a CTCAE grade",)
    tremor = ctcae(rulebook, ASLEEP, motor_weakness="tremor")
    assert (tremor.grade, tremor.flags) == (1, ("INCOMPLETE",))


def test_an_incomplete_examination_is_incomplete_here_too(rulebook: Rulebook) -> None:
    assert ctcae(rulebook, WELL, seizure=None).flags == ("INCOMPLETE",)
    assert ctcae(rulebook, WELL, cerebral_edema=None).flags == ()
    assert ctcae(rulebook, WELL, cerebral_edema=None, icp_sign="posturing").grade == 4
    assert ctcae(rulebook, WELL, cerebral_edema="focal", icp_sign=None).grade == 3


@pytest.mark.parametrize(
    "sign, fields",
    [
        ("loc", {"loc": "awakens_voice"}),
        ("seizure", {"seizure": "prolonged"}),
        ("motor", {"motor_weakness": "mild"}),
        ("cognition", {"ice_score": 4, "loc": "drowsy_awakens_spontaneously"}),
    ],
)
def test_what_icans_does_not_count_is_not_counted(
    rulebook: Rulebook, sign: NeuroDomain, fields: dict[str, Any]
) -> None:
    assert ctcae(rulebook, WELL, **fields, attributed=(sign,)).grade == (1 if sign == "cognition" else 0)


def test_a_sedated_patient_is_graded_by_neither_encephalopathy_nor_consciousness(rulebook: Rulebook) -> None:
    sedated: dict[str, Any] = {**WELL, "ice_score": 2, "loc": "unarousable", "sedated": True}
    assert ctcae(rulebook, sedated).grade is None
    assert ctcae(rulebook, sedated, seizure="brief_resolved").grade == 3


def test_a_haemorrhage_takes_oedema_and_pressure_out(rulebook: Rulebook) -> None:
    bleeding: dict[str, Any] = {**WELL, "intracranial_hemorrhage": True}
    assert ctcae(rulebook, bleeding, cerebral_edema="diffuse", icp_sign="posturing").grade == 0


def test_after_a_death_of_another_cause_an_earlier_grade_is_not_made_milder(rulebook: Rulebook) -> None:
    findings = NeuroFindings(age_years=40.0, death_due_to="other")
    icans = grade_icans(findings, IcansContext(last_grade=3), rulebook)
    assert icans.grade == 3
    assert ctcae_neuro(findings, icans, rulebook, None).grade is None


def test_death_due_to_icans_is_grade_5(rulebook: Rulebook) -> None:
    result = ctcae(rulebook, WELL, death_due_to="icans", charted=3)
    assert (result.code, result.grade) == ("CTCAE_NEURO_G5", 5)
    assert result.because == ("death due to the neurological event (CTCAE v5)",)


# --- staff's own grade ------------------------------------------------------------------------------------


def test_staffs_grade_leads_where_it_is_higher(rulebook: Rulebook) -> None:
    result = ctcae(rulebook, WELL, motor_weakness="tremor", charted=3)
    assert (result.code, result.grade, result.term) == ("CTCAE_NEURO_G3", 3, "Nervous system disorder")
    assert result.because[0] == (
        "staff charted CTCAE grade 3 of the neurological event; the findings alone are worth grade 1"
    )
    assert result.because[1].startswith("tremor: at least grade 1")
    assert result.flags == ("INCOMPLETE",)


def test_the_findings_lead_where_staffs_grade_is_lower_and_both_are_told(rulebook: Rulebook) -> None:
    result = ctcae(rulebook, WELL, seizure="brief_resolved", charted=2)
    assert (result.grade, result.term) == (3, "Seizure")
    assert result.because[-1] == "staff charted CTCAE grade 2; the findings are worth more and lead"
    same = ctcae(rulebook, WELL, seizure="brief_resolved", charted=3)
    assert same == ctcae(rulebook, WELL, seizure="brief_resolved")


def test_staffs_grade_answers_where_the_findings_do_not(rulebook: Rulebook) -> None:
    result = ctcae(rulebook, ASLEEP, charted=2)
    assert (result.code, result.grade) == ("CTCAE_NEURO_G2", 2)
    assert result.because[0].endswith("; the findings do not tell a grade")
    assert ctcae(rulebook, ASLEEP, charted=0).grade is None
    assert ctcae(rulebook, WELL, charted=0).because == ("no neurological finding that CTCAE grades",)


# --- what must hold for any examination -------------------------------------------------------------------


@given(fields=examinations(), context=contexts(), charted=st.one_of(st.none(), st.integers(0, 5)))
def test_any_examination_gets_an_answer(
    rulebook: Rulebook, fields: dict[str, Any], context: IcansContext, charted: int | None
) -> None:
    findings = NeuroFindings(**fields)
    icans = grade_icans(findings, context, rulebook)
    alone = ctcae_neuro(findings, icans, rulebook, None)
    result = ctcae_neuro(findings, icans, rulebook, charted)
    assert result.because
    assert result.code == ("CTCAE_NEURO_NOT_EVALUABLE" if result.grade is None else f"CTCAE_NEURO_G{result.grade}")
    assert (result.grade or 0) == max(alone.grade or 0, 0 if icans.grade == 5 else charted or 0)
    if icans.grade and any(one.grade for one in icans.domains):
        assert alone.grade

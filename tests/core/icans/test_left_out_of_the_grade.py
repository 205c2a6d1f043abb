"""What is left out of an ICANS grade: what a sedative, a haemorrhage or staff's word explains (ICA-1, ICA-6, ICA-7)."""

from typing import Any

import pytest

from blinwatch.clinical.rulebook import Rulebook
from tests.core.icans.icans_support import domain, examine

# --- sedation ---------------------------------------------------------------------------------------------


def test_a_sedated_patient_is_graded_by_neither_ice_nor_consciousness(rulebook: Rulebook) -> None:
    result = examine(rulebook, ice_score=2, loc="awakens_voice", sedated=True)
    assert (result.code, result.rule_id) == ("ICANS_NOT_EVALUABLE", "ICA-7")
    assert set(result.flags) == {"INCOMPLETE", "CONF_SEDATIVE_ICANS"}
    assert result.because == (
        "ICE 2 of 10 points: grade 3 (ICA-1); not counted: the patient is charted as sedated (ICA-7)",
        "awakens to voice: grade 2 (ICA-1); not counted: the patient is charted as sedated (ICA-7)",
        "ICANS cannot be graded under sedation: examine again when it has worn off (ICA-7)",
    )
    assert domain(result, "loc").set_aside == domain(result, "cognition").set_aside == "sedated"


@pytest.mark.parametrize(
    "fields, code",
    [
        ({"seizure": "brief_resolved"}, "ICANS_G3"),
        ({"motor_weakness": "deep_focal"}, "ICANS_G4"),
        ({"cerebral_edema": "focal"}, "ICANS_G3"),
        ({"icp_sign": "papilledema"}, "ICANS_G4"),
        ({"ice_score": None, "ice_not_done_reason": "unarousable"}, "ICANS_NOT_EVALUABLE"),
        ({"motor_weakness": "tremor"}, "ICANS_NOT_EVALUABLE"),
    ],
)
def test_what_a_sedative_cannot_explain_still_counts(rulebook: Rulebook, fields: dict[str, Any], code: str) -> None:
    assert examine(rulebook, sedated=True, **fields).code == code


def test_a_sedative_on_board_is_asked_about_and_changes_no_grade(rulebook: Rulebook) -> None:
    result = examine(rulebook, loc="awakens_voice", sedatives=("lorazepam", "morphine"))
    assert (result.code, result.flags) == ("ICANS_G2", ("CONF_SEDATIVE_ICANS",))
    assert result.because[-1] == (
        "sedatives on board: lorazepam, morphine; if they explain the findings, chart the patient as sedated (DDI-12)"
    )


@pytest.mark.parametrize("sedated, flagged, asked", [(None, True, True), (False, False, False), (True, True, False)])
def test_nobody_is_asked_twice_whether_the_patient_is_sedated(
    rulebook: Rulebook, sedated: bool | None, *, flagged: bool, asked: bool
) -> None:
    result = examine(rulebook, sedated=sedated, sedatives=("lorazepam",))
    assert ("CONF_SEDATIVE_ICANS" in result.flags) is flagged
    assert any("DDI-12" in note for note in result.notes) is asked


# --- haemorrhage ------------------------------------------------------------------------------------------


def test_a_haemorrhage_is_an_emergency_and_takes_oedema_and_pressure_out(rulebook: Rulebook) -> None:
    result = examine(rulebook, cerebral_edema="diffuse", icp_sign="posturing", intracranial_hemorrhage=True)
    assert result.code == "ICANS_G0"
    assert set(result.flags) == {"NEURO_EMERGENCY", "INCOMPLETE"}
    assert result.because[0] == (
        "diffuse cerebral oedema on imaging and posturing: grade 4 (ICA-1);"
        " not counted: excluded by the intracranial haemorrhage (ICA-6)"
    )
    assert result.because[1:] == (
        "intracranial haemorrhage: neurological emergency, no ICANS grade of its own (ICA-6)",
    )
    assert domain(result, "icp_oedema").set_aside == "haemorrhage"


@pytest.mark.parametrize(
    "sign, fields",
    [
        ("cognition", {"ice_score": 4}),
        ("loc", {"loc": "awakens_voice"}),
        ("seizure", {"seizure": "prolonged"}),
        ("motor", {"motor_weakness": "deep_focal"}),
    ],
)
def test_beside_a_haemorrhage_the_rest_counts_unless_marked_as_due_to_it(
    rulebook: Rulebook, sign: str, fields: dict[str, Any]
) -> None:
    bleeding = {"intracranial_hemorrhage": True, **fields}
    counted = examine(rulebook, **bleeding)
    assert counted.grade is not None
    assert counted.grade >= 2
    assert "NEURO_EMERGENCY" in counted.flags
    marked = examine(rulebook, **bleeding, due_to_hemorrhage=(sign,))
    assert marked.grade == (None if sign == "cognition" else 0)
    put_aside = domain(marked, sign)
    assert (put_aside.known, put_aside.grade, put_aside.set_aside) == (False, None, "haemorrhage")
    assert put_aside.because.endswith("; not counted: marked as due to the intracranial haemorrhage (ICA-6)")


def test_marks_of_a_haemorrhage_that_nobody_charted_exclude_nothing(rulebook: Rulebook) -> None:
    unsaid = examine(rulebook, motor_weakness="deep_focal", due_to_hemorrhage=("motor", "loc"))
    assert (unsaid.code, set(unsaid.flags)) == ("ICANS_G4", {"CHART_CONFLICT", "NEURO_EMERGENCY"})
    assert unsaid.notes == (
        "marked as due to a haemorrhage, but none is charted, so it counts: motor, loc; check (ICA-6)",
    )
    denied = examine(rulebook, motor_weakness="deep_focal", intracranial_hemorrhage=False, due_to_hemorrhage=("motor",))
    assert (denied.code, denied.flags) == ("ICANS_G4", ("CHART_CONFLICT",))
    assert examine(rulebook, intracranial_hemorrhage=False).flags == ()


def test_ice_0_beside_an_unarousable_due_to_haemorrhage_reads_consciousness_as_unknown(rulebook: Rulebook) -> None:
    result = examine(rulebook, ice_score=0, loc="unarousable", intracranial_hemorrhage=True, due_to_hemorrhage=("loc",))
    assert result.code == "ICANS_G3"
    assert "level of consciousness not known" in result.because[0]


# --- attribution by staff ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sign, fields, code",
    [
        ("cognition", {"ice_score": 4}, "ICANS_NOT_EVALUABLE"),
        ("loc", {"loc": "awakens_voice"}, "ICANS_G0"),
        ("seizure", {"seizure": "prolonged"}, "ICANS_G0"),
        ("motor", {"motor_weakness": "deep_focal"}, "ICANS_G0"),
    ],
)
def test_a_sign_that_staff_attribute_elsewhere_is_missing_and_says_so(
    rulebook: Rulebook, sign: Any, fields: dict[str, Any], code: str
) -> None:
    result = examine(rulebook, attributed=(sign,), **fields)
    assert result.code == code
    assert "INCOMPLETE" in result.flags
    assert domain(result, sign).set_aside == "attributed"
    assert result.because[0].endswith("; not counted: staff attribute it to another cause (ICA-1)")
    other = examine(rulebook, attributed=(sign,), seizure="brief_resolved") if sign != "seizure" else None
    assert other is None or other.code == "ICANS_G3"


def test_an_attributed_sign_that_nobody_examined_is_just_missing(rulebook: Rulebook) -> None:
    result = examine(rulebook, loc=None, attributed=("loc",))
    assert result.because == ("level of consciousness was not charted (ICA-9)",)


def test_a_haemorrhage_leads_over_the_word_of_staff_and_sedation_over_both(rulebook: Rulebook) -> None:
    bleeding: dict[str, Any] = {"intracranial_hemorrhage": True, "due_to_hemorrhage": ("loc",)}
    assert domain(examine(rulebook, **bleeding, attributed=("loc",)), "loc").set_aside == "haemorrhage"
    assert domain(examine(rulebook, **bleeding, attributed=("loc",), sedated=True), "loc").set_aside == "sedated"
    seizure = examine(rulebook, intracranial_hemorrhage=True, due_to_hemorrhage=("seizure",), sedated=True)
    assert domain(seizure, "seizure").set_aside == "haemorrhage"

"""Which alerts of CRS hold, how urgent they are, and which milder ones they hide."""

from typing import Any

import pytest

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.alert_lifecycle import Moment
from blinwatch.core.crs_conditions import crs_conditions, priority_of
from blinwatch.core.evidence import Condition
from blinwatch.core.patient_state import Judgement
from blinwatch.core.step import present
from tests.core.stories import PATIENT, order, run, tick, vitals

WELL: dict[str, Any] = {
    "heart_rate_bpm": 74.0,
    "spo2_pct": 97.0,
    "sbp_mmhg": 118.0,
    "temperature_c": 36.8,
    "o2_device": "room_air",
}
FEVER = {**WELL, "temperature_c": 38.6}


def told(rulebook: Rulebook, *reports: dict[str, Any]) -> dict[str, Condition]:
    """The conditions after reports one minute apart, by key."""
    log = [vitals(number, number, **fields) for number, fields in enumerate(reports, start=1)]
    j = present(run([order(), *log, tick(99, len(reports) + 1)], rulebook)[0], rulebook)
    return {one.key: one for one in crs_conditions(j, Moment(PATIENT, None, j.clock_ms, None, rulebook))}


def test_a_patient_without_an_observation_has_no_condition(rulebook: Rulebook) -> None:
    assert crs_conditions(Judgement(patient_id=PATIENT), Moment(PATIENT, None, 0, None, rulebook)) == ()
    assert told(rulebook, WELL) == {}


@pytest.mark.parametrize(
    "sign,key,rule_id,words",
    [
        ({"sbp_mmhg": 84.0}, "HYPOTENSION", "CRS-6", "Hypotension without CRS"),
        (
            {"spo2_pct": 85.0, "o2_device": "nasal_cannula", "o2_flow_l_min": 3.0},
            "HYPOXIA",
            "CRS-9",
            "Hypoxia without CRS",
        ),
    ],
)
def test_a_sign_without_fever_is_told_as_what_it_is_and_as_urgent_as_it_would_be_in_crs(
    rulebook: Rulebook, sign: dict[str, Any], key: str, rule_id: str, words: str
) -> None:
    found = told(rulebook, {**WELL, **sign})
    assert set(found) >= {key}
    one = found[key]
    assert (one.code, one.rule_id, one.level) == (key, rule_id, 2)
    assert one.priority == priority_of("CRS_G2", rulebook)
    assert one.summary.startswith(words)
    assert one.hides == ()


def test_in_crs_the_same_sign_is_part_of_the_grade_and_no_condition_of_its_own(rulebook: Rulebook) -> None:
    found = told(rulebook, FEVER, {**FEVER, "sbp_mmhg": 84.0})
    assert "HYPOTENSION" not in found
    assert (found["CRS"].code, found["CRS"].level) == ("CRS_G2", 2)


def test_the_worse_the_grade_the_more_milder_notes_it_hides(rulebook: Rulebook) -> None:
    mild = told(rulebook, FEVER)["CRS"]
    assert set(mild.hides) == {"TEMP_MISSING_HIGH", "CRS_SUSPECT_MASKED"}
    worse = told(rulebook, FEVER, {**FEVER, "sbp_mmhg": 84.0})["CRS"]
    assert set(worse.hides) >= {"SPO2_LOW", "BP_RELATIVE_DROP", "FEVER_CONFIRM"}
    assert set(mild.hides) < set(worse.hides)


def test_the_alert_carries_the_values_it_rests_on_with_their_time_and_event(rulebook: Rulebook) -> None:
    evidence = {one.name: one for one in told(rulebook, FEVER)["CRS"].evidence}
    assert evidence["temperature_c"].value == 38.6
    assert evidence["temperature_c"].event_id == "e00001"
    assert evidence["temperature_c"].observed_at is not None


def test_a_grade_that_falls_stays_announced_and_says_so(rulebook: Rulebook) -> None:
    one = told(rulebook, FEVER, {**FEVER, "sbp_mmhg": 84.0}, FEVER)["CRS"]
    assert one.code == "CRS_G2"
    assert "still announced: the latest grade 1" in one.summary

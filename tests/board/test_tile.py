"""What a tile says of a patient, and whose tile stands first."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from blinwatch.board.tile import grade_word, need, tile
from tests.board.examples import STATUS, standing, well

PRIORITIES = st.sampled_from(["high", "medium", "low"])
STATES = st.sampled_from(["active", "acknowledged", "shelved"])
ALERTS = st.lists(st.builds(standing, PRIORITIES, STATES, inhibited_by=st.sampled_from([None, "another"])), max_size=4)
GRADES = st.sampled_from(["G0", "G1", "G2", "G3", "G4", "G5", "NOT_EVALUABLE", "SUSPECT_MASKED"])


def test_an_unseen_high_alert_stands_before_everything_else() -> None:
    wanted = well(alerts=(standing("high"),))
    others = [
        well(silent=("feed:vitals",)),
        well(alerts=(standing("medium"),)),
        well(alerts=(standing("high", "acknowledged"),), crs=replace(STATUS.crs, current="CRS_G4")),
        well(),
    ]
    assert all(need(wanted) < need(other) for other in others)


def test_whom_nobody_watches_stands_before_unseen_alerts_of_lower_priority() -> None:
    for silent in ("feed:vitals", "pump"):
        assert need(well(silent=(silent,))) < need(well(alerts=(standing("medium"),)))


def test_a_single_quiet_sensor_is_not_a_blind_patient() -> None:
    assert need(well(silent=("sensor:spo2",))) == need(well())


def test_among_equals_the_graver_grade_stands_first_and_a_seen_alert_before_none() -> None:
    grave = well(icans=replace(STATUS.icans, current="ICANS_G3"))
    mild = well(crs=replace(STATUS.crs, current="CRS_G1"))
    seen = well(alerts=(standing("high", "acknowledged"),))
    assert need(grave) < need(mild) < need(seen) < need(well())


@given(alerts=ALERTS, crs=GRADES, icans=GRADES)
def test_one_more_unseen_alert_never_moves_a_patient_back(alerts: list[object], crs: str, icans: str) -> None:
    before = well(
        alerts=tuple(alerts),
        crs=replace(STATUS.crs, current=f"CRS_{crs}"),
        icans=replace(STATUS.icans, current=f"ICANS_{icans}"),
    )
    for priority in ("high", "medium", "low"):
        assert need(replace(before, alerts=(*before.alerts, standing(priority)))) <= need(before)


@given(alerts=ALERTS)
def test_a_tile_leaves_no_alert_out_and_calls_for_the_gravest_unseen_one(alerts: list[object]) -> None:
    drawn = tile(well(alerts=tuple(alerts)))
    assert len(drawn["alerts"]) == len(alerts)
    unseen = [one["priority"] for one in drawn["alerts"] if one["state"] == "active" and not one["hidden"]]
    gravest = next((priority for priority in ("high", "medium", "low") if priority in unseen), None)
    assert drawn["calls"] == gravest


def test_what_is_not_graded_is_never_a_number() -> None:
    assert grade_word("CRS_G3") == "3"
    assert grade_word("CRS_NOT_EVALUABLE") == "?"
    assert grade_word("CRS_SUSPECT_MASKED") == "masked?"
    drawn = tile(well(crs=replace(STATUS.crs, current="CRS_NOT_EVALUABLE")))
    assert (drawn["crs"]["now"], drawn["crs"]["graded"]) == ("?", False)


def test_the_tile_holds_what_the_status_said() -> None:
    drawn = tile(STATUS)
    assert drawn["id"] == STATUS.patient_id
    assert drawn["as_of"] == round(STATUS.as_of.timestamp() * 1000)
    assert drawn["infusion"]["state"] == STATUS.infusion.state
    assert set(drawn["signals"]) == set(STATUS.signals_last_at)
    assert drawn["drugs"]["unknown"] == list(STATUS.interactions.unknown_drugs)

"""The census counts patients where they stand now, however often they move."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import get_args, get_type_hints

from hypothesis import given
from hypothesis import strategies as st

from blinwatch.core.decisions import (
    AlertState,
    CrsStatus,
    InfusionStatus,
    PatientStatus,
    StandingAlert,
)
from blinwatch.core.evidence import Priority
from blinwatch.observe.ward_census import CRS_CODES, INFUSION_STATES, SILENT_KINDS, WardCensus
from tests.support.statuses import NO_ICANS, NO_INTERACTIONS

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def an_alert(code: str, priority: Priority, state: AlertState = "active") -> StandingAlert:
    return StandingAlert(
        alert_id="a1", code=code, rule_id="CRS-1", priority=priority, state=state, since=NOON, summary="…"
    )


def a_status(
    patient_id: str = "p1",
    *,
    ward: str | None = "north",
    grade: str = "CRS_G0",
    infusion: str = "running",
    alerts: tuple[StandingAlert, ...] = (),
    silent: tuple[str, ...] = (),
    observed: datetime | None = None,
) -> PatientStatus:
    crs = CrsStatus(
        current=grade,
        worst_24h=grade,
        episode_max=grade,
        announced=grade,
        status="CRS_NONE",
        flags=(),
        because=(),
        hypotension_grade=None,
        hypoxia_grade=None,
        would_be_grade=None,
        observed_at=observed,
    )
    return PatientStatus(
        decision_id="d1",
        patient_id=patient_id,
        ward=ward,
        as_of=NOON,
        phase="rr",
        cycle=1,
        cycle_day=2,
        cycle_hour=30.0,
        crs=crs,
        icans=NO_ICANS,
        dose=None,
        interactions=NO_INTERACTIONS,
        attributions=(),
        infusion=InfusionStatus(state=infusion, headline="", codes=(), flags=(), because=()),  # type: ignore[arg-type]
        alerts=alerts,
        signals_last_at={} if observed is None else {"heart_rate": observed},
        silent=silent,
        rulebook_version="1.1.0",
        rulebook_digest="abc",
        caused_by=None,
    )


def test_a_patient_who_gets_worse_moves_from_one_grade_to_the_next() -> None:
    census = WardCensus(("north",))
    census.record(0, a_status(grade="CRS_G1"))
    census.record(0, a_status(grade="CRS_G2"))
    assert census.count("patients", "north", "CRS_G1") == 0
    assert census.count("patients", "north", "CRS_G2") == 1
    assert census.patient_count == 1


def test_wards_outside_the_closed_list_are_counted_together() -> None:
    census = WardCensus(("north",))
    census.record(0, a_status("p1", ward="nroth"))
    census.record(0, a_status("p2", ward="attic"))
    census.record(0, a_status("p3", ward=None))
    assert census.count("infusions", "other", "running") == 2
    assert census.count("infusions", "unknown", "running") == 1
    assert census.shown_wards() == ("north", "other", "unknown")


def test_a_ward_called_other_or_unknown_makes_no_second_meaning() -> None:
    census = WardCensus()
    census.record(0, a_status("p1", ward="unknown"))
    assert census.count("infusions", "other", "running") == 1


def test_alerts_are_counted_by_code_priority_and_state_and_leave_when_they_end() -> None:
    census = WardCensus(("north",))
    high = an_alert("INF_INTERRUPT_4H", "high")
    census.record(0, a_status("p1", alerts=(high, an_alert("SENSOR_OFF", "low", "acknowledged"))))
    census.record(1, a_status("p2", alerts=(high,)))
    assert census.alerts() == {
        ("north", "CRS-1", "INF_INTERRUPT_4H", "high", "active"): 2,
        ("north", "CRS-1", "SENSOR_OFF", "low", "acknowledged"): 1,
    }
    census.record(0, a_status("p1"))
    census.record(1, a_status("p2"))
    assert census.alerts() == {}


def test_two_sensors_off_are_one_silent_patient() -> None:
    census = WardCensus(("north",))
    census.record(0, a_status(silent=("pump", "sensor:heart_rate", "sensor:spo2")))
    assert census.count("silent", "north", "sensor") == 1
    assert census.count("silent", "north", "pump") == 1
    assert census.count("silent", "north", "feed") == 0
    assert census.count("silent", "north", "any") == 1


def test_patients_of_a_revoked_partition_are_no_longer_counted_here() -> None:
    census = WardCensus(("north",))
    census.record(0, a_status("p1", grade="CRS_G3"))
    census.record(5, a_status("p2", grade="CRS_G3"))
    census.forget_partitions([5, 6])
    assert census.count("patients", "north", "CRS_G3") == 1
    assert census.patient_count == 1


def test_the_newest_observation_of_a_ward_never_goes_back() -> None:
    census = WardCensus(("north",))
    census.record(0, a_status("p1", observed=NOON))
    census.record(0, a_status("p2", observed=NOON - timedelta(minutes=5)))
    assert census.newest_observations() == {"north": NOON}


def test_a_ward_whose_patients_have_left_is_not_late() -> None:
    census = WardCensus(("north",))
    census.record(0, a_status("p1", ward=None, observed=NOON))
    census.record(0, a_status("p1", ward="north", observed=NOON))
    assert census.newest_observations() == {"north": NOON}


def test_every_state_of_the_output_contract_has_its_series() -> None:
    assert set(get_args(get_type_hints(InfusionStatus)["state"])) == set(INFUSION_STATES)


PATIENTS = [f"p{number}" for number in range(6)]
STATUSES = st.builds(
    a_status,
    st.sampled_from(PATIENTS),
    ward=st.sampled_from(["north", "south", "elsewhere", None]),
    grade=st.sampled_from([*CRS_CODES, "CRS_G9"]),
    infusion=st.sampled_from(INFUSION_STATES),
    alerts=st.lists(st.sampled_from([an_alert("FEED_SILENT", "medium"), an_alert("CRS_G3", "high")])).map(tuple),
    silent=st.lists(st.sampled_from(["pump", "feed:vitals", "sensor:spo2"]), unique=True).map(tuple),
)
STEPS = st.lists(st.one_of(STATUSES, st.integers(min_value=0, max_value=2)), max_size=40)


def counted(census: WardCensus) -> Counter[tuple[str, ...]]:
    """All that a census shows."""
    cells = Counter[tuple[str, ...]]()
    for ward in census.shown_wards():
        for kind, values in (
            ("patients", CRS_CODES),
            ("infusions", INFUSION_STATES),
            ("silent", SILENT_KINDS),
        ):
            cells.update({(kind, ward, value): census.count(kind, ward, value) for value in values})
    cells.update({("alerts", *cell): number for cell, number in census.alerts().items()})
    return +cells


@given(STEPS)
def test_counting_step_by_step_equals_counting_the_last_statuses_afresh(
    steps: list[PatientStatus | int],
) -> None:
    """A number in the list is a partition that is revoked; each patient lives in one of three partitions."""
    running, last = WardCensus(("north", "south")), dict[str, PatientStatus]()
    for item in steps:
        if isinstance(item, int):
            running.forget_partitions([item])
            last = {key: status for key, status in last.items() if PATIENTS.index(key) % 3 != item}
        else:
            running.record(PATIENTS.index(item.patient_id) % 3, item)
            last[item.patient_id] = item
    afresh = WardCensus(("north", "south"))
    for status in last.values():
        afresh.record(0, status)
    assert counted(running) == counted(afresh)
    assert running.patient_count == len(last)

"""Simulated vital signs: ordinary values, artefacts as on a ward, charting at the cadence asked for."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.events import VitalsObserved
from blinwatch.simulate.curve import Curve, diurnal
from blinwatch.simulate.patient import VirtualPatient, adult, child
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.vitals import Course, Oxygen, Rounds, tell_vitals

SETTING = StorySetting(
    seed=3,
    patient_id="vitals",
    start=datetime(2026, 3, 1, 8, tzinfo=UTC),
    rulebook=load_rulebook(),
    duration_h=48,
)
CALM = Course(artefacts=False)


def observed(course: Course, patient: VirtualPatient | None = None) -> list[tuple[float, VitalsObserved]]:
    """Hour and observation."""
    told = tell_vitals(patient or adult(3, "vitals", "ward"), course, SETTING)
    return [(offset_s / 3600, event) for offset_s, event in told if isinstance(event, VitalsObserved)]


@pytest.mark.parametrize("make", [adult, child])
@pytest.mark.parametrize("seed", range(6))
def test_a_well_patient_never_leaves_what_section_g_calls_plausible_nor_gets_a_fever(
    make: Callable[[int, str, str], VirtualPatient], seed: int
) -> None:
    patient = make(seed, "vitals", "ward")
    for _, event in observed(CALM, patient):
        if event.temperature_c is not None:
            assert 36.0 <= event.temperature_c <= 37.4
        if event.spo2_pct is not None:
            assert 94 <= event.spo2_pct <= 100
        if event.sbp_mmhg is not None and event.dbp_mmhg is not None and event.map_mmhg is not None:
            assert event.sbp_mmhg >= (90 if patient.age_years >= 10 else 70 + 2 * patient.age_years)
            assert event.sbp_mmhg - event.dbp_mmhg >= 5
            assert event.dbp_mmhg < event.map_mmhg < event.sbp_mmhg


def test_the_monitor_reports_each_minute_and_says_that_it_is_continuous() -> None:
    reports = [(hour, event) for hour, event in observed(CALM) if event.monitoring == "continuous"]
    assert len(reports) == 48 * 60 - 1  # the first minute belongs to the order
    assert all(event.heart_rate_bpm and event.spo2_pct and event.respiratory_rate_per_min for _, event in reports)


def test_rounds_are_at_most_four_hours_apart_as_section_g_asks() -> None:
    hours = [hour for hour, event in observed(CALM) if event.temperature_c is not None]
    assert len(hours) == 13
    assert all(later - earlier <= 4.0 for earlier, later in pairwise(hours))


def test_rounds_become_denser_when_the_story_says_so() -> None:
    course = Course(artefacts=False, rounds=(Rounds(0, 230), Rounds(10, 15), Rounds(12, 230)))
    hours = [hour for hour, event in observed(course) if event.temperature_c is not None]
    assert len([hour for hour in hours if 10 <= hour < 12]) == 8
    assert hours == sorted(hours)


def test_fever_raises_the_heart_rate_and_falling_pressure_too() -> None:
    calm = {hour: event.heart_rate_bpm or 0 for hour, event in observed(CALM) if event.heart_rate_bpm}
    hot = {
        hour: event.heart_rate_bpm or 0
        for hour, event in observed(Course(artefacts=False, temperature_c=Curve(((0, 2.0),))))
        if event.heart_rate_bpm
    }
    shock = {
        hour: event.heart_rate_bpm or 0
        for hour, event in observed(Course(artefacts=False, sbp_mmhg=Curve(((0, -40.0),))))
        if event.heart_rate_bpm
    }
    assert all(hot[hour] > calm[hour] + 10 for hour in calm)
    assert all(shock[hour] > calm[hour] + 10 for hour in calm)


def test_a_probe_that_is_off_reads_zero_while_the_heart_is_still_measured() -> None:
    off = [event for hour, event in observed(Course(artefacts=False, sensor_off_h=((3, 5),))) if 3 <= hour < 5]
    off = [event for event in off if event.monitoring == "continuous"]
    assert len(off) == 120
    assert all(event.spo2_pct == event.pulse_rate_bpm == event.perfusion_index == 0 for event in off)
    assert all(event.heart_rate_bpm and event.heart_rate_bpm > 40 for event in off)


def test_a_silent_monitor_sends_nothing_and_the_nurse_still_comes() -> None:
    silent = [event for hour, event in observed(Course(monitor_off_h=((3, 9),))) if 3 <= hour < 9]
    assert silent
    assert {event.source for event in silent} == {"simulated-chart"}


def test_artefacts_are_there_and_none_is_believable() -> None:
    reports = [event for _, event in observed(Course()) if event.monitoring == "continuous"]
    spikes = [event for event in reports if (event.heart_rate_bpm or 0) > 200]
    probe_off = [event for event in reports if event.spo2_pct == 0]
    assert spikes
    assert probe_off
    # Section G: above 250/min at 12 years and over, and SpO2 on a perfusion index below 0.3, are rejected.
    assert all((event.heart_rate_bpm or 0) > 250 and (event.perfusion_index or 0) < 0.3 for event in spikes)


def test_oxygen_is_charted_from_the_round_after_it_was_given() -> None:
    course = Course(oxygen=(Oxygen(0, "room_air"), Oxygen(6, "nasal_cannula", 2.0)))
    charted = [(hour, event.o2_device, event.o2_flow_l_min) for hour, event in observed(course) if event.o2_device]
    assert {(device, flow) for hour, device, flow in charted if hour < 6} == {("room_air", None)}
    assert {(device, flow) for hour, device, flow in charted if hour >= 6} == {("nasal_cannula", 2.0)}


@pytest.mark.parametrize(
    "hour,value", [(-1, 1.0), (0, 1.0), (1, 1.0), (2, 2.0), (3, 3.0), (4, 3.0), (5, 0.0), (99, 0.0)]
)
def test_a_curve_is_straight_between_its_points_and_flat_outside(hour: float, value: float) -> None:
    assert Curve(((1, 1.0), (3, 3.0), (4, 3.0), (5, 0.0))).at(hour) == pytest.approx(value)


def test_the_body_is_coldest_at_four_in_the_morning() -> None:
    assert diurnal(4) == pytest.approx(-1)
    assert diurnal(16) == pytest.approx(1)

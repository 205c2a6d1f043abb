"""The plausibility gate: an artefact is named and never graded; a sensor that is off is no patient in shock."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.plausibility import (
    NOTHING_SEEN,
    Screened,
    SignalMemory,
    observation_interval_h,
    observation_overdue,
    screen,
)
from tests.core.crs_support import at, charted_observations, findings

RANGES = [
    # age, heart rate, respiratory rate, systolic: lowest and highest plausible
    (0.5, (40, 280), (5, 120), (30, 160)),
    (0.999, (40, 280), (5, 120), (30, 160)),
    (1, (40, 250), (5, 100), (40, 180)),
    (5.99, (40, 250), (5, 100), (40, 180)),
    (6, (30, 240), (4, 80), (50, 200)),
    (11.99, (30, 240), (4, 80), (50, 200)),
    (12, (20, 250), (3, 70), (40, 280)),
    (None, (20, 250), (3, 70), (40, 280)),
]


def look(rulebook: Rulebook, memory: SignalMemory = NOTHING_SEEN, hours: float = 0, **fields: Any) -> Screened:
    return screen(findings(**fields), memory, at(hours), rulebook.vitals)


def seen(rulebook: Rulebook, *readings: tuple[float, dict[str, Any]]) -> Screened:
    """The last of several observations, each screened with the memory of those before."""
    memory, last = NOTHING_SEEN, look(rulebook)
    for hours, fields in readings:
        last = look(rulebook, memory, hours, **fields)
        memory = last.memory
    return last


@pytest.mark.parametrize("age_years, heart, breaths, systolic", RANGES)
def test_the_limits_of_each_age_are_plausible_and_one_beyond_is_an_artefact(
    rulebook: Rulebook,
    age_years: float | None,
    heart: tuple[int, int],
    breaths: tuple[int, int],
    systolic: tuple[int, int],
) -> None:
    for name, (low, high) in (
        ("heart_rate_bpm", heart),
        ("pulse_rate_bpm", heart),
        ("respiratory_rate_per_min", breaths),
        ("sbp_mmhg", systolic),
    ):
        for value in (low, high):
            screened = look(rulebook, age_years=age_years, **{name: value})
            assert getattr(screened.findings, name) == value
            assert screened.flags == ()
        for value in (low - 1, high + 1):
            screened = look(rulebook, age_years=age_years, **{name: value})
            assert getattr(screened.findings, name) is None
            assert screened.artefacts == (name,)
            assert screened.flags == ("ARTEFACT",)


@pytest.mark.parametrize(
    "temperature_c, believed", [(30.0, True), (29.9, False), (43.0, True), (43.04, True), (43.05, False)]
)
def test_temperature_range(rulebook: Rulebook, temperature_c: float, believed: bool) -> None:
    screened = look(rulebook, temperature_c=temperature_c)
    assert (screened.findings.temperature_c is not None) is believed


@pytest.mark.parametrize(
    "name",
    [
        "temperature_c", "temperature_f", "heart_rate_bpm", "pulse_rate_bpm", "respiratory_rate_per_min",
        "sbp_mmhg", "sbp_kpa", "dbp_mmhg", "map_mmhg", "spo2_pct",
    ],
)  # fmt: skip
@pytest.mark.parametrize("code", [0, -1])
def test_zero_is_no_sensor_and_repetition_does_not_make_it_a_value(rulebook: Rulebook, name: str, code: float) -> None:
    screened = seen(rulebook, (0, {name: code}), (0.01, {name: code}), (0.02, {name: code}))
    assert getattr(screened.findings, name) is None
    assert screened.artefacts == (name,)
    assert screened.memory == NOTHING_SEEN


@pytest.mark.parametrize("name", ["heart_rate_bpm", "sbp_mmhg", "map_mmhg", "spo2_pct"])
def test_no_second_sensor_confirms_a_zero(rulebook: Rulebook, name: str) -> None:
    screened = look(rulebook, confirmed_fields=(name,), **{name: 0})
    assert getattr(screened.findings, name) is None


def test_apnoea_is_believed_only_when_another_sensor_confirms_it(rulebook: Rulebook) -> None:
    name = "respiratory_rate_per_min"
    assert look(rulebook, confirmed_fields=(name,), **{name: 0}).findings.respiratory_rate_per_min == 0
    assert seen(rulebook, (0, {name: 0}), (0.1, {name: 0})).findings.respiratory_rate_per_min is None


def test_impossible_saturation_stays_impossible(rulebook: Rulebook) -> None:
    screened = seen(rulebook, (0, {"spo2_pct": 127}), (0.01, {"spo2_pct": 127}))
    assert screened.findings.spo2_pct is None


def test_a_sensor_that_is_off_does_not_contradict_the_other_unit(rulebook: Rulebook) -> None:
    screened = look(rulebook, sbp_mmhg=0, sbp_kpa=15.7)
    assert screened.findings.sbp_mmhg == 118
    assert screened.findings.sbp_kpa is None
    assert screened.flags == ("ARTEFACT",)


@pytest.mark.parametrize(
    "name, other_unit, absurd", [("temperature_c", "temperature_f", 120.0), ("sbp_mmhg", "sbp_kpa", 50.0)]
)
def test_a_sign_that_is_off_in_one_unit_and_absurd_in_the_other_is_named_once(
    rulebook: Rulebook, name: str, other_unit: str, absurd: float
) -> None:
    screened = look(rulebook, **{name: 0.0, other_unit: absurd})
    assert screened.artefacts == (name,)


def test_units_become_one_and_a_contradiction_is_flagged(rulebook: Rulebook) -> None:
    screened = look(rulebook, temperature_f=100.4, sbp_mmhg=100, sbp_kpa=12.0, fio2=40)
    assert screened.findings.temperature_c == 38.0
    assert screened.findings.temperature_f is None
    assert screened.findings.sbp_mmhg == 90
    assert screened.findings.fio2 == 0.4
    assert screened.flags == ("UNIT_CONFLICT",)


def test_an_untouched_observation_is_passed_on_as_it_is(rulebook: Rulebook) -> None:
    charted = findings(age_years=40, temperature_c=38.5, sbp_mmhg=118, spo2_pct=97)
    assert screen(charted, NOTHING_SEEN, 0, rulebook.vitals).findings is charted


@pytest.mark.parametrize("second, believed", [(48, True), (28, True), (49, False), (27, False)])
def test_the_second_of_two_concordant_pressures_is_believed(rulebook: Rulebook, second: float, believed: bool) -> None:
    first = {"age_years": 10, "sbp_mmhg": 38}
    screened = seen(rulebook, (0, first), (1, {"age_years": 10, "sbp_mmhg": second}))
    assert (screened.findings.sbp_mmhg == second) is believed
    assert look(rulebook, **first).findings.sbp_mmhg is None, "the first stays rejected"


def test_ten_percent_counts_where_it_is_more_than_ten_units(rulebook: Rulebook) -> None:
    high = {"heart_rate_bpm": 260}
    assert seen(rulebook, (0, high), (0.1, {"heart_rate_bpm": 286})).findings.heart_rate_bpm == 286
    assert seen(rulebook, (0, high), (0.1, {"heart_rate_bpm": 287})).findings.heart_rate_bpm is None


def test_a_plausible_reading_may_be_the_first_of_the_two(rulebook: Rulebook) -> None:
    assert seen(rulebook, (0, {"sbp_mmhg": 42}), (0.5, {"sbp_mmhg": 38})).findings.sbp_mmhg == 38


def test_concordance_ends_with_the_staleness_limit(rulebook: Rulebook) -> None:
    low = {"sbp_mmhg": 38}
    assert seen(rulebook, (0, low), (4.0, low)).findings.sbp_mmhg == 38
    assert seen(rulebook, (0, low), (4.001, low)).findings.sbp_mmhg is None
    saturation = {"spo2_pct": 48, "monitoring": "continuous"}
    assert seen(rulebook, (0, saturation), (0.25, saturation)).findings.spo2_pct == 48
    assert seen(rulebook, (0, saturation), (0.26, saturation)).findings.spo2_pct is None
    spot = {"spo2_pct": 48}
    assert seen(rulebook, (0, spot), (4, spot)).findings.spo2_pct == 48


@pytest.mark.parametrize("second, believed", [(46, True), (45, False)])
def test_saturations_are_concordant_within_three_points(rulebook: Rulebook, second: float, believed: bool) -> None:
    screened = seen(rulebook, (0, {"spo2_pct": 49}), (0.1, {"spo2_pct": second}))
    assert (screened.findings.spo2_pct is not None) is believed


@pytest.mark.parametrize("second, believed", [(44.5, True), (44.6, False)])
def test_temperatures_are_concordant_within_half_a_degree(rulebook: Rulebook, second: float, believed: bool) -> None:
    screened = seen(rulebook, (0, {"temperature_c": 44.0}), (1, {"temperature_c": second}))
    assert (screened.findings.temperature_c is not None) is believed


def test_the_same_measurement_shown_twice_is_no_second_reading(rulebook: Rulebook) -> None:
    low = {"sbp_mmhg": 38}
    carried = {"sbp_mmhg": 38, "obs_age_h": {"sbp_mmhg": 1}}
    assert seen(rulebook, (0, low), (1, carried)).findings.sbp_mmhg is None


def test_a_reading_once_believed_stays_believed_while_it_is_carried(rulebook: Rulebook) -> None:
    low = {"sbp_mmhg": 38}
    carried = {"sbp_mmhg": 38, "obs_age_h": {"sbp_mmhg": 1}}
    assert seen(rulebook, (0, low), (1, low), (2, carried)).findings.sbp_mmhg == 38


def test_another_sensor_confirms_a_value_under_either_unit(rulebook: Rulebook) -> None:
    assert look(rulebook, sbp_mmhg=38, confirmed_fields=("sbp_mmhg",)).findings.sbp_mmhg == 38
    assert look(rulebook, sbp_kpa=5.0, confirmed_fields=("sbp_kpa",)).findings.sbp_mmhg == 38
    assert look(rulebook, temperature_f=111.2, confirmed_fields=("temperature_f",)).findings.temperature_c == 44


def test_a_jump_of_more_than_half_a_degree_in_a_minute_is_the_probe(rulebook: Rulebook) -> None:
    minute = 1 / 60
    before = (0, {"temperature_c": 37.0})
    assert seen(rulebook, before, (minute, {"temperature_c": 37.5})).findings.temperature_c == 37.5
    jumped = seen(rulebook, before, (minute, {"temperature_c": 37.6}))
    assert jumped.findings.temperature_c is None
    assert jumped.flags == ("ARTEFACT",)
    assert seen(rulebook, before, (1.02 * minute, {"temperature_c": 39.0})).findings.temperature_c == 39.0


def test_after_a_jump_the_old_level_is_believed_and_so_is_a_repeated_new_one(rulebook: Rulebook) -> None:
    second = 1 / 3600
    start, jump = (0, {"temperature_c": 37.0}), (10 * second, {"temperature_c": 39.0})
    assert seen(rulebook, start, jump, (20 * second, {"temperature_c": 37.0})).findings.temperature_c == 37.0
    assert seen(rulebook, start, jump, (20 * second, {"temperature_c": 39.1})).findings.temperature_c == 39.1


def test_a_confirming_temperature_at_another_site_is_no_jump(rulebook: Rulebook) -> None:
    screened = seen(
        rulebook,
        (0, {"temperature_c": 37.6, "temp_site": "axillary"}),
        (0.005, {"temperature_c": 38.4, "temp_site": "tympanic"}),
    )
    assert screened.findings.temperature_c == 38.4


def test_pulse_pressure_of_five_is_the_least(rulebook: Rulebook) -> None:
    assert look(rulebook, sbp_mmhg=90, dbp_mmhg=85).flags == ()
    screened = look(rulebook, sbp_mmhg=90, dbp_mmhg=86)
    assert screened.findings.sbp_mmhg is None
    assert screened.findings.dbp_mmhg is None
    assert set(screened.artefacts) == {"sbp_mmhg", "dbp_mmhg"}


def test_a_damped_line_keeps_its_mean_pressure(rulebook: Rulebook) -> None:
    screened = look(rulebook, sbp_mmhg=62, dbp_mmhg=60, map_mmhg=61)
    assert screened.findings.map_mmhg == 61


@pytest.mark.parametrize("mean, believed", [(70, True), (69, False), (118, True), (119, False)])
def test_the_mean_lies_between_diastolic_and_systolic(rulebook: Rulebook, mean: float, believed: bool) -> None:
    screened = look(rulebook, sbp_mmhg=118, dbp_mmhg=70, map_mmhg=mean)
    assert (screened.findings.map_mmhg is not None) is believed
    assert screened.findings.sbp_mmhg == 118


@pytest.mark.parametrize("perfusion_index, believed", [(0.3, True), (0.29, False)])
def test_saturation_needs_perfusion(rulebook: Rulebook, perfusion_index: float, believed: bool) -> None:
    screened = look(rulebook, spo2_pct=85, perfusion_index=perfusion_index)
    assert (screened.findings.spo2_pct is not None) is believed
    assert ("ARTEFACT" in screened.flags) is not believed


@pytest.mark.parametrize(
    "fields, suspect",
    [
        ({"spo2_drop_s": 9.9}, True),
        ({"spo2_drop_s": 10}, False),
        ({"heart_rate_bpm": 90, "pulse_rate_bpm": 106}, True),
        ({"heart_rate_bpm": 90, "pulse_rate_bpm": 105}, False),
        ({"heart_rate_bpm": 90, "pulse_rate_bpm": 0}, False),
        ({"heart_rate_bpm": 0, "pulse_rate_bpm": 90}, False),
    ],
)
def test_a_doubtful_saturation_is_flagged_and_kept(rulebook: Rulebook, fields: dict[str, Any], suspect: bool) -> None:
    screened = look(rulebook, spo2_pct=85, **fields)
    assert screened.findings.spo2_pct == 85
    assert ("SPO2_SUSPECT" in screened.flags) is suspect


@pytest.mark.parametrize("flow, believed", [(0, True), (80, True), (80.1, False), (-1, False)])
def test_oxygen_flow_range(rulebook: Rulebook, flow: float, believed: bool) -> None:
    screened = look(rulebook, o2_flow_l_min=flow)
    assert (screened.findings.o2_flow_l_min is not None) is believed


@pytest.mark.parametrize(
    "charted, fraction", [(0.21, 0.21), (0.2, None), (1, 1), (21, 0.21), (20, None), (100, 1), (101, None)]
)
def test_inspired_oxygen_range(rulebook: Rulebook, charted: float, fraction: float | None) -> None:
    assert look(rulebook, fio2=charted).findings.fio2 == fraction


@pytest.mark.parametrize(
    "fields, name",
    [
        ({"baseline_sbp_mmhg": 0}, "baseline_sbp_mmhg"),
        ({"baseline_map_mmhg": 0}, "baseline_map_mmhg"),
        ({"baseline_spo2_pct": 20}, "baseline_spo2_pct"),
    ],
)
def test_an_impossible_baseline_is_not_used(rulebook: Rulebook, fields: dict[str, Any], name: str) -> None:
    screened = look(rulebook, **fields)
    assert getattr(screened.findings, name) is None
    assert screened.artefacts == (name,)


STALE_LIMITS = [
    ("temperature_c", 38.5, 4.0),
    ("sbp_mmhg", 118, 4.0),
    ("map_mmhg", 80, 4.0),
    ("respiratory_rate_per_min", 16, 4.0),
    ("o2_device", "venturi", 4.0),
    ("o2_flow_l_min", 5, 4.0),
    ("spo2_pct", 97, 4.0),
    ("heart_rate_bpm", 80, 4.0),
]


@pytest.mark.parametrize("name, value, limit_h", STALE_LIMITS)
def test_at_the_limit_fresh_and_beyond_it_missing(
    rulebook: Rulebook, name: str, value: float | str, limit_h: float
) -> None:
    fresh = look(rulebook, obs_age_h={name: limit_h}, **{name: value})
    assert getattr(fresh.findings, name) == value
    stale = look(rulebook, obs_age_h={name: limit_h + 0.01}, **{name: value})
    assert getattr(stale.findings, name) is None
    assert stale.flags == (), "stale is missing, not an artefact"


@pytest.mark.parametrize("name, value", [("spo2_pct", 97), ("heart_rate_bpm", 80), ("pulse_rate_bpm", 80)])
def test_on_continuous_monitoring_fifteen_minutes_are_the_limit(rulebook: Rulebook, name: str, value: float) -> None:
    for age_h, expected in ((0.25, value), (0.26, None)):
        screened = look(rulebook, monitoring="continuous", obs_age_h={name: age_h}, **{name: value})
        assert getattr(screened.findings, name) == expected


def test_continuous_monitoring_does_not_shorten_the_other_limits(rulebook: Rulebook) -> None:
    screened = look(rulebook, monitoring="continuous", temperature_c=38.5, obs_age_h={"temperature_c": 4})
    assert screened.findings.temperature_c == 38.5


def test_drugs_boluses_and_reasons_never_go_stale(rulebook: Rulebook) -> None:
    ages_h = dict.fromkeys(["vasopressors", "fluid_bolus_for_hypotension", "o2_reason", "vent_reason"], 50.0)
    charted = findings(
        vasopressors=("dopamine",),
        fluid_bolus_for_hypotension=True,
        o2_reason="comfort",
        vent_reason="procedure",
        obs_age_h=ages_h,
    )
    assert screen(charted, NOTHING_SEEN, 0, rulebook.vitals).findings is charted


def test_a_stale_unit_leaves_the_fresh_one(rulebook: Rulebook) -> None:
    screened = look(rulebook, temperature_c=39.0, temperature_f=98.6, obs_age_h={"temperature_c": 5})
    assert screened.findings.temperature_c == 37.0
    assert screened.flags == ()


def test_an_age_charted_for_the_other_unit_counts(rulebook: Rulebook) -> None:
    assert look(rulebook, temperature_f=101, obs_age_h={"temperature_c": 5}).findings.temperature_c is None


@pytest.mark.parametrize(
    "hours, interval_h, overdue",
    [(4.49, None, False), (4.5, None, True), (1.49, 1, False), (1.5, 1, True), (0.75, 0.25, True), (None, 1, False)],
)
def test_an_observation_is_overdue_half_an_hour_after_its_interval(
    rulebook: Rulebook, hours: float | None, interval_h: float | None, overdue: bool
) -> None:
    assert observation_overdue(hours, interval_h, rulebook.vitals) is overdue


@pytest.mark.parametrize("crs_grade, interval_h", [(None, 4), (0, 4), (1, 2), (2, 1), (3, 0.25), (4, 0.25), (5, 0.25)])
def test_the_worse_the_grade_the_closer_the_watch(rulebook: Rulebook, crs_grade: int | None, interval_h: float) -> None:
    assert observation_interval_h(crs_grade, rulebook.vitals) == interval_h


@given(given_fields=charted_observations(), hours=st.integers(-100_000, 100_000))
def test_the_gate_is_blind_to_the_calendar(rulebook: Rulebook, given_fields: dict[str, Any], hours: int) -> None:
    here, there = look(rulebook, **given_fields), look(rulebook, hours=hours, **given_fields)
    assert (here.findings, here.artefacts, here.flags) == (there.findings, there.artefacts, there.flags)


@given(charted_observations())
def test_screening_what_is_screened_changes_nothing_more(rulebook: Rulebook, given_fields: dict[str, Any]) -> None:
    once = look(rulebook, **given_fields)
    twice = screen(once.findings, NOTHING_SEEN, at(0), rulebook.vitals)
    assert twice.findings == once.findings
    assert "ARTEFACT" not in twice.flags

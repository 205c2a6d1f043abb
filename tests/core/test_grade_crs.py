"""One CRS observation, sentence by sentence of section B, on both sides of every boundary."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.findings import CrsFindings
from tests.core.crs_support import FEVERISH, WELL, charted_observations, grade, severities
from tests.core.table_crs import table_grade

OPEN: dict[str, Any] = {**WELL, "crs_active": True}


def codes(rulebook: Rulebook, base: dict[str, Any] | None = None, **fields: Any) -> str:
    return grade(rulebook, base, **fields).code


# --- CRS-1, CRS-2: fever ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields, code",
    [
        ({"temperature_c": 37.9}, "CRS_G0"),
        ({"temperature_c": 37.94}, "CRS_G0"),
        ({"temperature_c": 37.95}, "CRS_G1"),
        ({"temperature_c": 38.0}, "CRS_G1"),
        ({"temperature_c": None, "temperature_f": 100.3}, "CRS_G0"),
        ({"temperature_c": None, "temperature_f": 100.4}, "CRS_G1"),
        ({"temperature_c": 37.0, "temperature_f": 101.0}, "CRS_G1"),
    ],
)
def test_fever_begins_at_38_degrees(rulebook: Rulebook, fields: dict[str, Any], code: str) -> None:
    assert codes(rulebook, **fields) == code


@pytest.mark.parametrize("site", ["oral", "axillary", "tympanic", "rectal", "core", "skin"])
def test_no_site_shifts_the_fever_limit(rulebook: Rulebook, site: str) -> None:
    assert codes(rulebook, temperature_c=38.0, temp_site=site) == "CRS_G1"
    assert codes(rulebook, temperature_c=37.9, temp_site=site) == "CRS_G0"


@pytest.mark.parametrize(
    "site, temperature_c, asked",
    [
        ("axillary", 37.4, False),
        ("axillary", 37.5, True),
        ("skin", 37.9, True),
        ("skin", 38.0, False),
        ("oral", 37.9, False),
    ],
)
def test_a_skin_or_armpit_value_just_below_fever_asks_for_confirmation(
    rulebook: Rulebook, site: str, temperature_c: float, asked: bool
) -> None:
    result = grade(rulebook, temperature_c=temperature_c, temp_site=site)
    assert ("FEVER_CONFIRM" in result.flags) is asked


# --- CRS-3: attribution -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields, code",
    [
        ({"fever_attributed_other": True}, "CRS_G0"),
        ({"fever_attributed_other": True, "crs_active": True}, "CRS_G1"),
        ({"hours_since_infusion_stop": 48}, "CRS_G1"),
        ({"hours_since_infusion_stop": 48.1}, "CRS_G0"),
        ({"hours_since_infusion_stop": 60, "fever_attributed_other": False}, "CRS_G1"),
        ({"hours_since_infusion_stop": 60, "crs_active": True}, "CRS_G1"),
        ({"fever_attributed_other": True, "sbp_mmhg": 80}, "CRS_G0"),
        ({"fever_attributed_other": True, "sbp_mmhg": 80, "antipyretic_given": True}, "CRS_G0"),
    ],
)
def test_whose_fever_it_is(rulebook: Rulebook, fields: dict[str, Any], code: str) -> None:
    assert codes(rulebook, **fields) == code


# --- CRS-4: an open episode -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields, code",
    [
        ({}, "CRS_G0"),
        ({"sbp_mmhg": 84}, "CRS_G2"),
        ({"sbp_mmhg": 84, "hours_since_last_fever": 200}, "CRS_G2"),
        ({"sbp_mmhg": 84, "antipyretic_given": True, "hours_since_antipyretic": 20}, "CRS_G2"),
        ({"o2_device": "nasal_cannula", "o2_flow_l_min": 2, "tocilizumab_given": True}, "CRS_G2"),
        ({"spo2_pct": 85}, "CRS_G2"),
        ({"vasopressors": ("norepinephrine",)}, "CRS_G3"),
    ],
)
def test_in_an_open_episode_fever_is_no_longer_needed(rulebook: Rulebook, fields: dict[str, Any], code: str) -> None:
    assert codes(rulebook, OPEN, **fields) == code


# --- CRS-5: masked first fever ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "drug, suspect",
    [
        ({"antipyretic_given": True, "hours_since_antipyretic": 8}, True),
        ({"antipyretic_given": True, "hours_since_antipyretic": 8.1}, False),
        ({"antipyretic_given": True}, True),
        ({"antipyretic_given": False}, False),
        ({"hours_since_antipyretic": 3}, True),
        ({"steroid_given": True, "hours_since_steroid": 36}, True),
        ({"steroid_given": True, "hours_since_steroid": 36.1}, False),
        ({"anakinra_given": True, "hours_since_anakinra": 24}, True),
        ({"anakinra_given": True, "hours_since_anakinra": 24.1}, False),
        ({"tocilizumab_given": True, "days_since_tocilizumab": 21}, True),
        ({"tocilizumab_given": True, "days_since_tocilizumab": 21.1}, False),
        ({"siltuximab_given": True, "days_since_siltuximab": 21}, True),
        ({"siltuximab_given": True, "days_since_siltuximab": 22}, False),
        ({"siltuximab_given": True}, True),
        ({}, False),
    ],
)
def test_a_drug_on_board_makes_afebrile_hypotension_a_suspicion(
    rulebook: Rulebook, drug: dict[str, Any], suspect: bool
) -> None:
    result = grade(rulebook, WELL, sbp_mmhg=84, **drug)
    assert result.code == ("CRS_SUSPECT_MASKED" if suspect else "CRS_G0")
    assert result.would_be_grade == 2
    assert result.grade == (None if suspect else 0)
    assert result.hypotension.grade == 2


def test_a_drug_on_board_without_a_sign_is_no_suspicion(rulebook: Rulebook) -> None:
    assert codes(rulebook, WELL, antipyretic_given=True) == "CRS_G0"
    assert codes(rulebook, WELL, antipyretic_given=True, spo2_pct=92) == "CRS_G0"


def test_the_suspicion_shows_the_would_be_grade(rulebook: Rulebook) -> None:
    result = grade(rulebook, WELL, steroid_given=True, o2_device="bipap")
    assert (result.code, result.would_be_grade) == ("CRS_SUSPECT_MASKED", 4)


# --- CRS-11: missing is never normal ----------------------------------------------------------------------

GONE = {"sbp_mmhg": None, "spo2_pct": None, "o2_device": None}


@pytest.mark.parametrize(
    "base, fields, code, flags",
    [
        (FEVERISH, GONE, "CRS_G1", {"INCOMPLETE"}),
        (FEVERISH, {"sbp_mmhg": None, "o2_device": "venturi"}, "CRS_G3", {"INCOMPLETE"}),
        (FEVERISH, {"spo2_pct": None, "sbp_mmhg": 80}, "CRS_G2", {"INCOMPLETE"}),
        (FEVERISH, {"spo2_pct": None, "o2_device": "venturi"}, "CRS_G3", set[str]()),
        (OPEN, {"temperature_c": None}, "CRS_NOT_EVALUABLE", {"INCOMPLETE"}),
        (OPEN, {"sbp_mmhg": None}, "CRS_NOT_EVALUABLE", {"INCOMPLETE"}),
        (OPEN, {"spo2_pct": None}, "CRS_NOT_EVALUABLE", {"INCOMPLETE"}),
        (OPEN, GONE, "CRS_NOT_EVALUABLE", {"INCOMPLETE"}),
        (OPEN, {"temperature_c": None, "sbp_mmhg": 80}, "CRS_G2", {"INCOMPLETE"}),
        (OPEN, {"sbp_mmhg": None, "spo2_pct": 85}, "CRS_G2", {"INCOMPLETE"}),
        (OPEN, {**GONE, "temperature_c": 38.2}, "CRS_G1", {"INCOMPLETE"}),
        (WELL, {"temperature_c": None}, "CRS_NOT_EVALUABLE", {"INCOMPLETE"}),
        (WELL, {"temperature_c": None, "sbp_mmhg": 84}, "CRS_NOT_EVALUABLE", {"INCOMPLETE", "TEMP_MISSING_HIGH"}),
        (WELL, {"temperature_c": None, "o2_device": "venturi"}, "CRS_NOT_EVALUABLE", {"TEMP_MISSING_HIGH"}),
        (WELL, {"sbp_mmhg": None}, "CRS_G0", {"INCOMPLETE"}),
        (WELL, {"spo2_pct": None}, "CRS_G0", {"INCOMPLETE"}),
        (WELL, {"spo2_pct": 0, "sbp_mmhg": 0}, "CRS_G0", {"INCOMPLETE", "ARTEFACT"}),
        (WELL, {**GONE, "hypotension_attributed_other": True, "hypoxia_attributed_other": True}, "CRS_G0", set[str]()),
    ],
)
def test_what_is_missing(
    rulebook: Rulebook, base: dict[str, Any], fields: dict[str, Any], code: str, flags: set[str]
) -> None:
    result = grade(rulebook, base, **fields)
    assert result.code == code
    assert flags <= set(result.flags)
    assert flags or "INCOMPLETE" not in result.flags


def test_a_missing_temperature_with_a_sign_shows_the_would_be_grade(rulebook: Rulebook) -> None:
    result = grade(rulebook, WELL, temperature_c=None, vasopressors=("dopamine",))
    assert (result.grade, result.would_be_grade) == (None, 3)


def test_a_missing_temperature_beats_the_masked_suspicion(rulebook: Rulebook) -> None:
    assert codes(rulebook, WELL, temperature_c=None, sbp_mmhg=84, antipyretic_given=True) == "CRS_NOT_EVALUABLE"


def test_stale_values_are_missing(rulebook: Rulebook) -> None:
    assert codes(rulebook, obs_age_h={"temperature_c": 4.0}) == "CRS_G1"
    assert codes(rulebook, obs_age_h={"temperature_c": 4.1}) == "CRS_NOT_EVALUABLE"
    assert "INCOMPLETE" in grade(rulebook, obs_age_h={"sbp_mmhg": 4.1}).flags
    stale = grade(rulebook, obs_age_h={"spo2_pct": 0.26}, monitoring="continuous")
    assert "INCOMPLETE" in stale.flags


def test_artefacts_are_missing(rulebook: Rulebook) -> None:
    result = grade(rulebook, temperature_c=44.0)
    assert result.code == "CRS_NOT_EVALUABLE"
    assert {"ARTEFACT", "INCOMPLETE"} <= set(result.flags)
    assert codes(rulebook, sbp_mmhg=38, confirmed_fields=("sbp_mmhg",)) == "CRS_G2"


def test_a_monitor_with_nothing_connected_is_no_shock(rulebook: Rulebook) -> None:
    off = {"heart_rate_bpm": 0, "pulse_rate_bpm": 0, "sbp_mmhg": 0, "dbp_mmhg": 0, "map_mmhg": 0, "spo2_pct": 0}
    result = grade(rulebook, {"age_years": 60}, **off)
    assert result.code == "CRS_NOT_EVALUABLE"
    assert result.hypotension.grade == result.hypoxia.grade == 0
    assert result.would_be_grade is None


def test_an_unknown_age_reads_as_adult_and_says_so(rulebook: Rulebook) -> None:
    assert "AGE_UNKNOWN" in grade(rulebook, age_years=None).flags
    assert codes(rulebook, age_years=None, sbp_mmhg=89) == "CRS_G2"


@pytest.mark.parametrize(
    "hours, interval_h, overdue", [(4.49, None, False), (4.5, None, True), (1.5, 1, True), (2.4, 2, False)]
)
def test_an_overdue_observation_is_flagged_and_graded(
    rulebook: Rulebook, hours: float, interval_h: float | None, overdue: bool
) -> None:
    result = grade(rulebook, hours_since_obs=hours, obs_interval_h=interval_h)
    assert ("OBS_OVERDUE" in result.flags) is overdue
    assert result.code == "CRS_G1"


# --- CRS-12: death ----------------------------------------------------------------------------------------


def test_death(rulebook: Rulebook) -> None:
    assert codes(rulebook, death_due_to="crs") == "CRS_G5"
    assert codes(rulebook, {}, death_due_to="crs") == "CRS_G5"
    assert codes(rulebook, death_due_to="icans", vasopressors=("norepinephrine",)) == "CRS_G3"
    assert codes(rulebook, death_due_to="other") == "CRS_G1"


# --- what a nurse reads -----------------------------------------------------------------------------------


def test_the_grade_says_why_in_plain_sentences(rulebook: Rulebook) -> None:
    result = grade(rulebook, sbp_mmhg=84, o2_device="nasal_cannula", o2_flow_l_min=2)
    assert result.because == (
        "temperature 38.5 °C is at or above 38 °C (CRS-2)",
        "systolic 84 mmHg is below 90 mmHg (CRS-6)",
        "nasal cannula at 2 L/min, up to 6 L/min (CRS-8)",
    )
    assert [reading.name for reading in result.readings] == [
        "temperature_c", "sbp_mmhg", "spo2_pct", "o2_device", "o2_flow_l_min",
    ]  # fmt: skip
    assert result.rule_id == "CRS-6"


def test_what_is_missing_is_named(rulebook: Rulebook) -> None:
    assert grade(rulebook, {"age_years": 40}).because == (
        "without a temperature CRS cannot be graded (CRS-11)",
        "temperature is missing, stale or an artefact (CRS-11)",
        "blood pressure is missing, stale or an artefact (CRS-11)",
        "oxygen saturation is missing, stale or an artefact (CRS-11)",
    )


@given(charted_observations())
def test_every_grade_cites_a_rule_of_the_rulebook_and_gives_a_reason(
    rulebook: Rulebook, given_fields: dict[str, Any]
) -> None:
    result = grade(rulebook, {}, **given_fields)
    assert rulebook.cite(result.rule_id)
    assert result.because or result.code == "CRS_G0"


# --- properties -------------------------------------------------------------------------------------------


@settings(max_examples=600)
@given(charted_observations())
def test_a_second_grading_written_from_the_tables_agrees(rulebook: Rulebook, given_fields: dict[str, Any]) -> None:
    code, flags = table_grade(given_fields)
    result = grade(rulebook, {}, **given_fields)
    assert result.code == code
    assert flags <= set(result.flags)
    assert set(result.flags) - flags <= {"BP_CONFIRM", "SPO2_SUSPECT", "INCOMPLETE"}


@given(fields=severities(), worse=st.data())
def test_a_worse_sign_never_lowers_the_grade(rulebook: Rulebook, fields: dict[str, Any], worse: st.DataObject) -> None:
    before = grade(rulebook, {}, **fields).grade
    changes: dict[str, Any] = {
        "sbp_mmhg": worse.draw(st.integers(50, fields["sbp_mmhg"])),
        "spo2_pct": worse.draw(st.integers(60, fields["spo2_pct"])),
        "vasopressors": (*fields["vasopressors"], worse.draw(st.sampled_from(["norepinephrine", "dopamine"]))),
        "fluid_bolus_for_hypotension": True,
    }
    name = worse.draw(st.sampled_from(sorted(changes)))
    after = grade(rulebook, {}, **{**fields, name: changes[name]}).grade
    assert before is not None
    assert after is not None
    assert after >= before


@given(tenths_f=st.integers(950, 1080), fields=severities())
def test_fahrenheit_and_celsius_grade_alike(rulebook: Rulebook, tenths_f: int, fields: dict[str, Any]) -> None:
    temperature_f = tenths_f / 10
    temperature_c = (temperature_f - 32) * 5 / 9
    base = {**fields, "temperature_c": None}
    in_f = grade(rulebook, base, temperature_f=temperature_f)
    in_c = grade(rulebook, base, temperature_c=temperature_c)
    assert in_f == in_c


@given(charted_observations())
def test_the_order_in_which_agents_are_listed_changes_nothing(rulebook: Rulebook, given_fields: dict[str, Any]) -> None:
    agents = given_fields.get("vasopressors") or ()
    turned = {**given_fields, "vasopressors": tuple(reversed(agents))}
    assert grade(rulebook, {}, **given_fields) == grade(rulebook, {}, **turned)


@given(fields=severities())
def test_fever_with_hypotension_or_hypoxia_is_always_graded(rulebook: Rulebook, fields: dict[str, Any]) -> None:
    result = grade(rulebook, {}, **fields)
    assert result.grade is not None
    assert result.grade >= 1


@given(given_fields=charted_observations())
def test_forgetting_a_value_never_makes_a_complete_g0(rulebook: Rulebook, given_fields: dict[str, Any]) -> None:
    for name in ("temperature_c", "temperature_f", "sbp_mmhg", "sbp_kpa", "spo2_pct"):
        result = grade(rulebook, {}, **{**given_fields, name: None})
        if result.code == "CRS_G0" and not result.complete:
            assert "INCOMPLETE" in result.flags


def test_the_record_of_what_is_known_defaults_to_unknown() -> None:
    assert CrsFindings().temperature_c is None

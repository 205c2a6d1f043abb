"""Bytes become an event, or a reason that names the field and repeats nothing of the record."""

import json
from typing import Any

import pytest

from blinwatch.core.events import Tick, VitalsObserved
from blinwatch.core.pump_events import RateChanged
from blinwatch.receive.decode import VALUE_BYTES_MOST, decode_event, decode_record
from blinwatch.receive.rejection import Rejected

VITALS = "vitals.observed.v1"
PUMP = "pump.events.v1"
ORDERS = "therapy.orders.v1"
PATIENT = "pt-4f9c21"
HEADER = {
    "event_id": "e-1",
    "patient_id": PATIENT,
    "occurred_at": "2026-03-01T08:00:00+01:00",
    "source": "monitor/1",
}


def vitals(**fields: Any) -> bytes:
    return json.dumps({"type": "vitals_observed", **HEADER, **fields}).encode()


def refusal(topic: str, value: bytes | None, key: bytes | None = PATIENT.encode()) -> Rejected:
    rejected = decode_record(topic, key, value)
    assert isinstance(rejected, Rejected), rejected
    return rejected


def test_a_monitors_record_becomes_an_event() -> None:
    event = decode_record(VITALS, PATIENT.encode(), vitals(heart_rate_bpm=88, monitoring="continuous"))
    assert isinstance(event, VitalsObserved)
    assert (event.heart_rate_bpm, event.monitoring, event.temperature_c) == (88.0, "continuous", None)
    assert event.occurred_at.isoformat() == "2026-03-01T08:00:00+01:00"


def test_celsius_and_fahrenheit_are_two_fields_and_both_are_taken_unconverted() -> None:
    event = decode_record(VITALS, PATIENT.encode(), vitals(temperature_c=38.6, temperature_f=101.5))
    assert isinstance(event, VitalsObserved)
    assert (event.temperature_c, event.temperature_f) == (38.6, 101.5)


def test_mmhg_and_kilopascal_are_two_fields_and_both_are_taken_unconverted() -> None:
    event = decode_record(VITALS, PATIENT.encode(), vitals(sbp_mmhg=98, sbp_kpa=13.1, dbp_kpa=7.3, map_kpa=9))
    assert isinstance(event, VitalsObserved)
    assert (event.sbp_mmhg, event.sbp_kpa, event.dbp_kpa, event.map_kpa) == (98.0, 13.1, 7.3, 9.0)


def test_a_pump_event_is_told_by_its_type() -> None:
    value = json.dumps({"type": "rate_changed", **HEADER, "rate_ml_h": 5}).encode()
    event = decode_record(PUMP, PATIENT.encode(), value)
    assert isinstance(event, RateChanged)
    assert event.rate_ml_h == 5.0


def test_a_tick_is_keyed_by_its_partition() -> None:
    tick = {"type": "tick", "event_id": "t-1", "occurred_at": "2026-03-01T07:00:00Z", "partition": 3}
    value = json.dumps({**tick, "source": "worker"}).encode()
    assert isinstance(decode_record("clock.ticks.v1", b"3", value), Tick)
    assert refusal("clock.ticks.v1", value, b"4").reason == "key_mismatch"


@pytest.mark.parametrize("value", [None, b""])
def test_an_empty_record_is_refused_because_events_are_never_deleted(value: bytes | None) -> None:
    assert refusal(VITALS, value).reason == "empty"


def test_a_record_above_the_limit_is_refused_before_it_is_read() -> None:
    filled = vitals() + b" " * (VALUE_BYTES_MOST - len(vitals()))
    assert isinstance(decode_record(VITALS, PATIENT.encode(), filled), VitalsObserved)
    rejected = refusal(VITALS, filled + b" ")
    assert rejected.reason == "too_large"
    assert str(VALUE_BYTES_MOST) in rejected.detail


@pytest.mark.parametrize("key", [None, b""])
def test_a_record_without_a_key_is_refused(key: bytes | None) -> None:
    assert refusal(VITALS, vitals(), key) == Rejected(
        reason="key_missing",
        field="key",
        rule="key_missing",
        detail="key: the record has no key; it must be the event's patient_id",
    )


def test_a_record_under_another_patients_key_is_refused() -> None:
    assert refusal(VITALS, vitals(), b"pt-000000").reason == "key_mismatch"


def test_a_key_that_is_no_text_is_refused_like_any_other() -> None:
    assert refusal(VITALS, vitals(), b"\xff\xfe").reason == "key_mismatch"


def test_an_event_outside_kafka_needs_no_key() -> None:
    assert isinstance(decode_event(VITALS, vitals()), VitalsObserved)


def test_a_known_type_on_the_wrong_topic_is_sent_to_the_right_one() -> None:
    rejected = refusal(PUMP, vitals())
    assert (rejected.reason, rejected.field) == ("unknown_type", "type")
    assert "'vitals_observed' belongs on vitals.observed.v1" in rejected.detail


def test_an_unknown_type_is_not_repeated() -> None:
    value = json.dumps({**HEADER, "type": "Jane Doe"}).encode()
    assert "Jane" not in refusal(VITALS, value).detail


def test_the_type_is_required_even_where_a_topic_has_only_one() -> None:
    rejected = refusal(VITALS, json.dumps(HEADER).encode())
    assert (rejected.reason, rejected.field) == ("unknown_type", "type")
    assert "is missing" in rejected.detail


def test_a_number_out_of_range_is_repeated_so_that_the_fault_can_be_found() -> None:
    rejected = refusal(VITALS, vitals(temperature_c=386))
    assert (rejected.reason, rejected.field, rejected.rule) == (
        "wrong_value",
        "temperature_c",
        "less_than_equal",
    )
    assert rejected.detail == "temperature_c: must be less than or equal to 250 (got 386)"


def test_the_first_problem_is_named_and_the_others_are_counted() -> None:
    rejected = refusal(VITALS, vitals(temperature_c=386, heart_rate_bpm="fast", spo2_pct=-1))
    assert rejected.field == "temperature_c"
    assert rejected.detail.endswith("; 2 further problems")


@pytest.mark.parametrize(
    "moment",
    ["2026-03-01T08:00:00", "2026-03-01", "1772352000", 1772352000, "yesterday", "2026-02-30T08:00:00Z", None],
)
def test_a_time_that_leaves_a_doubt_is_refused_with_an_example_of_a_good_one(moment: object) -> None:
    rejected = refusal(VITALS, vitals(occurred_at=moment))
    assert (rejected.reason, rejected.field) == ("wrong_value", "occurred_at")
    assert "2026-03-01T08:00:00+01:00" in rejected.detail


@pytest.mark.parametrize("year", ["0001", "1970", "1999", "2101", "9999"])
def test_a_year_outside_this_century_is_a_broken_clock(year: str) -> None:
    rejected = refusal(VITALS, vitals(occurred_at=f"{year}-06-01T08:00:00Z"))
    assert (rejected.reason, rejected.field) == ("implausible_time", "occurred_at")


@pytest.mark.parametrize("year", ["2000", "2100"])
def test_the_first_and_the_last_year_still_count(year: str) -> None:
    value = vitals(occurred_at=f"{year}-06-01T08:00:00Z")
    assert isinstance(decode_record(VITALS, PATIENT.encode(), value), VitalsObserved)


def test_every_other_time_in_an_event_has_a_plausible_year_too() -> None:
    order = {"type": "therapy_ordered", **HEADER, "previous_cycle_ended_at": "9999-12-31T23:59:59Z"}
    rejected = refusal(ORDERS, json.dumps(order).encode())
    assert (rejected.reason, rejected.field) == ("implausible_time", "previous_cycle_ended_at")


def test_a_birth_date_may_be_old_but_not_older_than_anybody() -> None:
    order = {"type": "therapy_ordered", **HEADER}
    aged = json.dumps({**order, "birth_date": "1935-11-02"}).encode()
    assert not isinstance(decode_record(ORDERS, PATIENT.encode(), aged), Rejected)
    rejected = refusal(ORDERS, json.dumps({**order, "birth_date": "1091-11-02"}).encode())
    assert (rejected.reason, rejected.field) == ("implausible_time", "birth_date")
    assert "1091" not in rejected.detail


def test_a_mistyped_field_is_named_and_never_dropped() -> None:
    rejected = refusal(VITALS, vitals(temperatur_c=38.6))
    assert (rejected.reason, rejected.field) == ("unknown_field", "temperatur_c")


@pytest.mark.parametrize("name", ["Jane Doe", "MRN12345678", "a" * 200, "", "naïve"])
def test_a_field_name_that_could_be_somebodys_is_not_repeated(name: str) -> None:
    rejected = refusal(VITALS, vitals(**{name: 1}))
    assert rejected.reason == "unknown_field"
    assert rejected.field == "(name not shown)"
    assert not name or name not in rejected.detail


def test_a_text_that_is_not_on_the_list_is_not_repeated() -> None:
    rejected = refusal(VITALS, vitals(monitoring="Jane Doe"))
    assert (rejected.reason, rejected.field) == ("wrong_value", "monitoring")
    assert "Jane" not in rejected.detail
    assert "'continuous' or 'spot'" in rejected.detail


def test_a_path_leads_into_lists_and_mappings() -> None:
    findings = {"capd_items": [0, 1, 9]}
    value = json.dumps({"type": "neuro_assessed", **HEADER, "findings": findings}).encode()
    assert refusal("assessments.recorded.v1", value).field == "findings.capd_items[2]"
    ages = {"obs_age_h": {"Jane Doe 1971": -1}}
    value = json.dumps({"type": "crs_assessed", **HEADER, "findings": ages}).encode()
    assert refusal("assessments.recorded.v1", value).field == "findings.obs_age_h.(name not shown)"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_is_none_is_refused(number: str) -> None:
    value = vitals(heart_rate_bpm="X").replace(b'"X"', number.encode())
    assert refusal(VITALS, value).reason in ("wrong_value", "not_json")


def test_json_nested_without_end_is_refused_and_does_no_harm() -> None:
    assert refusal(VITALS, b"[" * 60_000).reason == "not_json"


def test_another_topic_is_a_fault_of_the_caller() -> None:
    with pytest.raises(ValueError, match="is no input topic"):
        decode_record("alerts.active.v1", b"x", vitals())

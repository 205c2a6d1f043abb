"""Monitors: what PCD-01 says becomes a vital sign with its own unit, time and sensor, or a reason."""

from dataclasses import asdict
from typing import Any

import pytest

from tests.receive.hl7.told import BPM, CELSIUS, MMHG, PERCENT, PID, events, obx, read, reasons, utc

HEART = obx("147842^MDC_ECG_HEART_RATE^MDC", "88", BPM)
OBR = "OBR|1|||x|||20260301080000+0100"


def vitals(*segments: str, **how: Any) -> dict[str, Any]:
    (event,) = events(PID, OBR, *segments, **how)
    unsaid = ("type", "event_id", "patient_id", "occurred_at", "source", "monitoring")
    return {name: value for name, value in asdict(event).items() if value not in (None, ()) and name not in unsaid}


def test_a_monitors_snapshot_is_one_event() -> None:
    told = vitals(
        "OBX|1||69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|1.0.0.0|||||||X||||||||MON-7^^0011^EUI-64",
        HEART,
        obx("150456^MDC_PULS_OXIM_SAT_O2^MDC", "97", PERCENT, "1.2.1.1"),
        obx("149530^MDC_PULS_OXIM_PULS_RATE^MDC", "87", BPM, "1.2.1.2"),
        obx("150364^MDC_TEMP_BODY^MDC", "38.4", CELSIUS, "1.3.1.1"),
        obx("151562^MDC_RESP_RATE^MDC", "18", "264928^MDC_DIM_RESP_PER_MIN^MDC", "1.4.1.1"),
        obx("150037^MDC_PRESS_BLD_ART_ABP_SYS^MDC", "101", MMHG, "1.5.1.1"),
        obx("150038^MDC_PRESS_BLD_ART_ABP_DIA^MDC", "55", MMHG, "1.5.1.2"),
    )
    assert told == {
        "heart_rate_bpm": 88, "spo2_pct": 97, "pulse_rate_bpm": 87, "temperature_c": 38.4,
        "respiratory_rate_per_min": 18, "sbp_mmhg": 101, "dbp_mmhg": 55,
    }  # fmt: skip


@pytest.mark.parametrize(
    "code",
    [
        "147842^MDC_ECG_HEART_RATE^MDC",
        "1^MDC_ECG_HEART_RATE^MDC",  # the reference id decides, whatever number stands beside it
        "147842^MDC_ECG_VENDOR_RATE^MDC",
        "147842^^MDC",
        "16770^^MDC",  # the low 16 bits
        "HR^Heart rate^99X^147842^MDC_ECG_HEART_RATE^MDC",
        "8867-4^Heart rate^LN",
    ],
)
def test_a_heart_rate_is_recognised_by_reference_id_first_and_number_second(code: str) -> None:
    assert vitals(obx(code, "88", BPM)) == {"heart_rate_bpm": 88}


@pytest.mark.parametrize("unit", ["mmHg", "", "264864^MDC_DIM_BEAT_PER_MIN^MDC", "kPa^kPa^UCUM"])
def test_a_pressure_without_its_unit_or_in_a_foreign_one_is_no_pressure(unit: str) -> None:
    told = read(PID, OBR, obx("150037^MDC_PRESS_BLD_ART_ABP_SYS^MDC", "12", unit))
    if unit.startswith("kPa"):
        assert told.groups[0].drafts[0].fields["sbp_kpa"] == 12
    else:
        assert reasons(told) == ["unknown_unit"]
        assert not told.groups[0].drafts


@pytest.mark.parametrize(
    "line,reason",
    [
        (obx("147842^MDC_ECG_HEART_RATE^MDC", "", BPM, status="X"), "no_value"),
        (obx("147842^MDC_ECG_HEART_RATE^MDC", "8388607", BPM), "no_value"),
        (obx("147842^MDC_ECG_HEART_RATE^MDC", "88", BPM, flags="L~INV"), "invalid_value"),
        (obx("147842^MDC_ECG_HEART_RATE^MDC", "88", BPM, flags="TEST"), "invalid_value"),
        (obx("147842^MDC_ECG_HEART_RATE^MDC", "88", BPM, status="W"), "withdrawn"),
        (obx("147842^MDC_ECG_HEART_RATE^MDC", "8_8", BPM), "wrong_value"),
        (obx("147842^MDC_ECG_HEART_RATE^MDC", "nan", BPM), "wrong_value"),
        (obx("147842^MDC_ECG_HEART_RATE^MDC", "1e999", BPM), "wrong_value"),
        (obx("147842^MDC_ECG_HEART_RATE^MDC", "88", BPM, at="yesterday"), "wrong_value"),
        (obx("150999^MDC_NOBODY_KNOWS^MDC", "5", BPM), "unknown_code"),
    ],
)
def test_what_is_no_measurement_has_a_reason_and_is_kept(line: str, reason: str) -> None:
    told = read(PID, OBR, line, obx("150456^MDC_PULS_OXIM_SAT_O2^MDC", "97", PERCENT))
    assert reasons(told) == [reason]
    assert told.groups[0].unread[0].part == line
    assert [draft.fields["spo2_pct"] for draft in told.groups[0].drafts] == [97]


def test_a_cuff_keeps_the_time_at_which_it_measured() -> None:
    cuff = obx("150301^MDC_PRESS_CUFF_SYS^MDC", "93", MMHG, at="20260301074500+0100")
    heart, pressure = events(PID, OBR, HEART, cuff)
    assert (heart.occurred_at, pressure.occurred_at) == (utc(7), utc(6, 45))


def test_of_an_arterial_line_and_a_cuff_at_one_moment_the_line_is_taken() -> None:
    cuff, line = (
        obx("150021^MDC_PRESS_BLD_NONINV_SYS^MDC", "120", MMHG),
        obx("150037^MDC_PRESS_BLD_ART_ABP_SYS^MDC", "95", MMHG),
    )
    for order in ((cuff, line), (line, cuff)):
        told = read(PID, OBR, *order)
        assert told.groups[0].drafts[0].fields["sbp_mmhg"] == 95
        assert reasons(told) == ["second_sensor"]


def test_a_line_that_reads_zero_does_not_hide_the_cuff() -> None:
    told = read(
        PID, OBR,
        obx("150037^MDC_PRESS_BLD_ART_ABP_SYS^MDC", "0", MMHG),
        obx("150021^MDC_PRESS_BLD_NONINV_SYS^MDC", "120", MMHG),
    )  # fmt: skip
    assert told.groups[0].drafts[0].fields["sbp_mmhg"] == 120


def test_of_two_temperatures_the_nearer_to_the_core_is_taken_and_of_two_alike_the_higher() -> None:
    skin = obx("150388^MDC_TEMP_SKIN^MDC", "34.0", CELSIUS, "1.1.2.1")
    core = obx("150368^MDC_TEMP_CORE^MDC", "39.1", CELSIUS)
    assert vitals(skin, core) == {"temperature_c": 39.1, "temp_site": "core"}
    one, other = (obx("150344^MDC_TEMP^MDC", value, CELSIUS) for value in ("18.3", "36.4"))
    assert vitals(one, other) == vitals(other, one) == {"temperature_c": 36.4}


def test_two_patients_in_one_message_stay_apart() -> None:
    told = read(PID, OBR, HEART, "PID|||pt-2^^^HOSP^MR", OBR, obx("147842^MDC_ECG_HEART_RATE^MDC", "140", BPM))
    assert [(group.patient, group.drafts[0].fields["heart_rate_bpm"]) for group in told.groups] == [
        ("pt-1", 88), ("pt-2", 140),
    ]  # fmt: skip


def test_devices_are_named_from_the_channel_outwards() -> None:
    told = read(
        PID, OBR,
        "OBX|1||69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|1.0.0.0|||||||X|||||||MON-7^^0011^EUI-64",
        "OBX|2||70686^MDC_DEV_PRESS_BLD_VMD^MDC|1.1.0.0|||||||X|||||||MOD-3",
        HEART,
    )  # fmt: skip
    assert told.groups[0].drafts[0].devices == ("MOD-3", "MON-7@0011", "GATE@EUI-64")


@pytest.mark.parametrize(
    "pid,expected",
    [
        ("PID|||9^^^HOSP^PI~pt-1^^^HOSP^MR", ("pt-1", "HOSP")),
        ("PID|||pt-1", ("pt-1", "")),
        ("PID|||", ("", "")),
        ('PID|||""', ("", "")),
        ("PID|||^^^HOSP^MR||^^^^^^U", ("", "")),
    ],
)
def test_the_patient_is_the_record_number_of_pid_3(pid: str, expected: tuple[str, str]) -> None:
    (group,) = read(pid, OBR, HEART).groups
    assert (group.patient, group.authority) == expected


def test_a_message_that_names_two_patients_is_nobodys_unless_the_authority_is_chosen() -> None:
    pid = "PID|||1^^^A^MR~2^^^B^MR"
    assert reasons(read(pid, OBR, HEART)) == ["ambiguous_patient"]
    assert read(pid, OBR, HEART, authority="B").groups[0].patient == "2"


@pytest.mark.parametrize(
    "msh,reason",
    [
        ({"kind": "ORU^W01"}, "unsupported_message"),
        ({"kind": "SIU^S12"}, "unsupported_message"),
        ({"version": "3.0"}, "unsupported_version"),
        ({"processing": "T"}, "unsupported_message"),
        ({"control": ""}, "missing_field"),
    ],
)
def test_messages_that_are_not_for_us_are_refused_with_a_reason(msh: dict[str, str], reason: str) -> None:
    assert reasons(read(PID, OBR, HEART, **msh)) == [reason]

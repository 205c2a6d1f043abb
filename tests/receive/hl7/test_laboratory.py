"""Laboratory results: code, value, unit, limits, status and the specimen's time; anything less has a reason."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.receive.hl7.told import PID, events, obx, read, reasons, utc

OBR = "OBR|1|||CHEM|||20260301063000+0100"
ALT = "1742-6^ALT^LN"


def result(*args: str, **more: str) -> dict[str, Any]:
    (event,) = events(PID, OBR, obx(*args, **more))
    told = asdict(event)
    return {name: told[name] for name in ("loinc", "value", "unit", "comparator", "status")}


def test_a_result_is_told_with_its_specimens_time() -> None:
    assert result(ALT, "245", "U/L", status="F") == {
        "loinc": "1742-6", "value": 245, "unit": "U/L", "comparator": None, "status": "final",
    }  # fmt: skip
    (by_obr,) = events(PID, OBR, obx(ALT, "245", "U/L", status="F"))
    (by_spm,) = events(PID, OBR, obx(ALT, "245", "U/L", status="F"), "SPM|1|||BLD|||||||||||||20260301060000+0100")
    assert (by_obr.occurred_at, by_spm.occurred_at) == (utc(5, 30), utc(5))


@pytest.mark.parametrize(
    "value,type_,expected",
    [
        ("<0.5", "ST", ("<", 0.5)),
        ("<^0.5", "SN", ("<", 0.5)),
        (">=^500", "SN", (">=", 500)),
        ("=^7", "SN", (None, 7)),
        ("^7", "SN", (None, 7)),
        ("> 500", "NM", (">", 500)),
    ],
)
def test_a_comparator_is_kept(value: str, type_: str, expected: tuple[str | None, float]) -> None:
    told = result(ALT, value, "U/L", type_=type_, status="F")
    assert (told["comparator"], told["value"]) == expected


@pytest.mark.parametrize(
    "status,expected",
    [
        ("P", "preliminary"),
        ("F", "final"),
        ("C", "corrected"),
        ("W", "cancelled"),
    ],
)
def test_the_status_is_the_laboratorys(status: str, expected: str) -> None:
    assert result(ALT, "245", "U/L", status=status)["status"] == expected


@pytest.mark.parametrize(
    "limits,expected",
    [
        ("10-40", (10, 40)),
        ("10.5 - 40", (10.5, 40)),
        ("<41", (None, 41)),
        (">60", (60, None)),
        ("negative", (None, None)),
    ],
)
def test_a_plain_reference_range_is_taken_and_any_other_left_out(limits: str, expected: tuple[Any, Any]) -> None:
    line = obx(ALT, "245", "U/L", status="F").replace("|U/L|", f"|U/L|{limits}")
    (event,) = events(PID, OBR, line)
    told = asdict(event)
    assert (told["reference_low"], told["reference_high"]) == expected


@pytest.mark.parametrize(
    "line,reason",
    [
        (obx(ALT, "3,5", "U/L", status="F"), "wrong_value"),
        (obx(ALT, "^1^:^128", "U/L", type_="SN", status="F"), "wrong_value"),
        (obx(ALT, "245", "", status="F"), "unknown_unit"),
        (obx(ALT, "", "U/L", status="F"), "no_value"),
        (obx(ALT, "", "U/L", status="I"), "no_value"),
        (obx(ALT, "", "U/L", status="W"), "missing_field"),
        (obx("ALAT^Local name^99LAB", "245", "U/L", status="F"), "unknown_code"),
    ],
)
def test_what_is_no_result_has_a_reason(line: str, reason: str) -> None:
    assert reasons(read(PID, OBR, line)) == [reason]


def test_a_result_without_its_specimens_time_is_refused() -> None:
    assert reasons(read(PID, "OBR|1|||CHEM", obx(ALT, "245", "U/L", status="F"))) == ["missing_field"]


def test_a_local_code_with_loinc_beside_it_is_understood() -> None:
    assert result("ALAT^x^99LAB^1742-6^ALT^LN", "245", "U/L", status="F")["loinc"] == "1742-6"


def test_a_result_of_a_specimen_taken_months_ago_stays_months_old() -> None:
    """Only a device's clock can be one that was never set; an old result must not pass for today's."""
    (event,) = events(PID, OBR.replace("20260301", "20251101"), obx(ALT, "245", "U/L", status="C"))
    assert event.occurred_at == datetime(2025, 11, 1, 5, 30, tzinfo=UTC)

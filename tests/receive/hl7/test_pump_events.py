"""Pumps: only the blinatumomab channel counts, and what happened is told as what it is."""

from dataclasses import asdict
from typing import Any

import pytest

from tests.receive.hl7.told import ML, ML_H, PID, event_of, obx, read, reasons

OBR = "OBR|1|||x|||20260301080000+0100"
MDS = "OBX|1||69985^MDC_DEV_PUMP_INFUS_MDS^MDC|1.0.0.0|||||||X|||||||PUMP-9^^0011^EUI-64"
UG_H = "^MDC_DIM_MICRO_G_PER_HR^MDC^ug/h^ug/h^UCUM"


def drug(name: str, place: str = "1.1.2.1") -> str:
    return obx("184330^MDC_DRUG_NAME_TYPE^MDC", name, place=place, type_="ST")


def word(code: str, value: str, place: str = "1.1.1.5") -> str:
    return obx(code, value, place=place, type_="CWE")


def event(name: str, place: str = "1.1.0.9") -> str:
    return word("68487^MDC_ATTR_EVT_COND^MDC", name, place)


def flow(value: str, place: str = "1.1.1.1") -> str:
    return obx("157784^MDC_FLOW_FLUID_PUMP^MDC", value, ML_H, place)


OURS = drug("Blinatumomab 24 h bag")
INFUSES = word("184508^MDC_PUMP_STAT^MDC", "^pump-status-infusing")


def told(*lines: str, kind: str = "ORU^R42^ORU_R01") -> dict[str, Any]:
    (group,) = read(PID, OBR, MDS, *lines, kind=kind).groups
    assert not group.unread, group.unread
    (draft,) = group.drafts
    unsaid = ("event_id", "patient_id", "occurred_at", "source", "device_id")
    return {name: value for name, value in asdict(event_of(draft)).items() if value is not None and name not in unsaid}


def test_a_periodic_report_tells_rate_volumes_and_dose() -> None:
    assert told(
        OURS, INFUSES, flow("10"),
        obx("157993^MDC_VOL_FLUID_DELIV_TOTAL^MDC", "120.5", ML, "1.1.1.2"),
        obx("157872^MDC_VOL_FLUID_TBI_REMAIN^MDC", "119.5", ML, "1.1.1.3"),
        obx("157924^MDC_RATE_DOSE^MDC", "1.166", UG_H, "1.1.2.2"),
        kind="ORU^R01^ORU_R01",
    ) == {
        "type": "status_reported", "rate_ml_h": 10, "delivering": True, "volume_delivered_total_ml": 120.5,
        "volume_remaining_ml": 119.5, "programmed_dose_mcg_day": pytest.approx(27.984),
    }  # fmt: skip


def test_a_programmed_rate_does_not_run_while_the_pump_stands() -> None:
    standby = word("184508^MDC_PUMP_STAT^MDC", "^pump-status-standby")
    assert told(OURS, standby, flow("10")) == {"type": "status_reported", "delivering": False}
    resting = word("158005^MDC_DEV_PUMP_CURRENT_DELIVERY_STATUS^MDC", "^pump-delivery-status-not-delivering")
    assert told(OURS, resting, flow("10")) == {"type": "status_reported", "delivering": False}


@pytest.mark.parametrize(
    "lines,expected",
    [
        ((event("197288^MDC_EVT_PUMP_DELIV_START^MDC"), flow("10")), {"type": "delivery_started", "rate_ml_h": 10}),
        ((event("197288"), flow("10")), {"type": "delivery_started", "rate_ml_h": 10}),
        ((event("^MDC_EVT_PUMP_DELIV_STOP^MDC"),), {"type": "delivery_stopped"}),
        ((event("197292^MDC_EVT_PUMP_DELIV_COMP^MDC"),), {"type": "delivery_stopped"}),
        (
            (event("^MDC_EVT_PUMP_DELIV_COMP^MDC"), INFUSES, flow("10")),
            {"type": "status_reported", "delivering": True, "rate_ml_h": 10},
        ),
        (
            (event("^MDC_EVT_PUMP_DELIV_START^MDC"), word("184504^MDC_PUMP_MODE^MDC", "^pump-mode-flush")),
            {"type": "line_flushed"},
        ),
        (
            (
                event("^MDC_EVT_PUMP_DELIV_START^MDC"),
                word("184504^MDC_PUMP_MODE^MDC", "^pump-mode-bolus"),
                obx("157864^MDC_VOL_FLUID_DELIV^MDC", "0.4", ML),
            ),
            {"type": "bolus_given", "kind": "bolus", "volume_ml": 0.4},
        ),
        ((event("196940^MDC_EVT_FLUID_LINE_OCCL^MDC"),), {"type": "alarm", "alarm": "occlusion", "stage": "started"}),
        ((event("^MDC_EVT_FLUID_LINE_AIR^MDC"),), {"type": "alarm", "alarm": "air_in_line", "stage": "started"}),
        (
            (event("^MDC_EVT_FLUID_LINE_OCCL^MDC"), word("68481^MDC_ATTR_EVENT_PHASE^MDC", "end")),
            {"type": "alarm", "alarm": "occlusion", "stage": "ended"},
        ),
        (
            (event("^MDC_EVT_COMM_STATUS_CHANGE^MDC"), word("^MDC_COMM_STATUS^MDC", "^comm-status-offline")),
            {"type": "communication_lost"},
        ),
        (
            (event("^MDC_EVT_COMM_STATUS_CHANGE^MDC"), word("^MDC_COMM_STATUS^MDC", "^comm-status-online")),
            {"type": "communication_restored"},
        ),
    ],
)
def test_an_event_of_the_pump_is_told_as_what_it_is(lines: tuple[str, ...], expected: dict[str, Any]) -> None:
    assert told(OURS, *lines) == expected


def test_an_event_that_nobody_knows_is_kept() -> None:
    translation = read(PID, OBR, OURS, event("^MDC_EVT_VENDOR_SONG^MDC"), kind="ORU^R42")
    assert reasons(translation) == ["unknown_code"]
    assert not translation.groups[0].drafts


def test_another_drugs_pump_is_counted_and_nothing_more() -> None:
    translation = read(PID, OBR, drug("Noradrenaline"), INFUSES, flow("2"))
    assert reasons(translation) == ["other_infusion"]
    assert not translation.groups[0].drafts


def test_of_a_tower_of_pumps_only_the_module_with_blinatumomab_counts() -> None:
    translation = read(
        PID, OBR, MDS,
        drug("Blincyto", "1.1.2.1"), flow("10", "1.1.1.1"),
        drug("Heparin", "1.2.2.1"), flow("99", "1.2.1.1"),
    )  # fmt: skip
    assert [draft.fields["rate_ml_h"] for draft in translation.groups[0].drafts] == [10]
    assert reasons(translation) == ["other_infusion"]


def test_of_two_channels_in_one_module_each_takes_its_own_drug() -> None:
    translation = read(
        PID, OBR,
        drug("Blincyto", "1.1.1.9"), flow("10", "1.1.1.1"),
        drug("Heparin", "1.1.2.9"), flow("99", "1.1.2.1"),
    )  # fmt: skip
    assert [draft.fields["rate_ml_h"] for draft in translation.groups[0].drafts] == [10]


def test_a_rate_that_may_be_either_drugs_counts_as_neither() -> None:
    translation = read(PID, OBR, drug("Blincyto", "1.1.2.9"), drug("Heparin", "1.1.3.9"), flow("99", "1.1.1.1"))
    assert "channel_ambiguous" in reasons(translation)
    assert all("rate_ml_h" not in draft.fields for draft in translation.groups[0].drafts)


def test_a_pump_that_does_not_name_its_drug_counts_for_nobody_and_is_kept() -> None:
    translation = read(PID, OBR, flow("10"))
    assert reasons(translation) == ["drug_unknown"]
    assert translation.groups[0].unread[0].part == flow("10")


def test_a_drug_that_merely_contains_the_name_is_another_drug() -> None:
    assert reasons(read(PID, OBR, drug("pseudoblinatumomabium"), flow("10"))) == ["other_infusion"]


def test_a_code_names_the_drug_where_the_text_does_not() -> None:
    coded = obx("184330^MDC_DRUG_NAME_TYPE^MDC", "1597258^Study drug 7^RXNORM", place="1.1.2.1", type_="CWE")
    assert told(coded, INFUSES, flow("10"))["rate_ml_h"] == 10

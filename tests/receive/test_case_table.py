"""A case table read as events, and every fault of a table told with row, column and reason."""

from pathlib import Path

import pytest

from blinwatch.core.events import CrsAssessed, InfusionAssessed, MedicationAdministered, TherapyOrdered, Tick
from blinwatch.core.pump_events import BagChanged, DeliveryStarted, LineFlushed
from blinwatch.receive.case_table import START, Case, CaseTableError, UnreadableRow, read_cases

HEADER = "id,domain,given,expected,rule,boundary,flags\n"


def table(tmp_path: Path, *rows: str, header: str = HEADER) -> Path:
    path = tmp_path / "cases.csv"
    path.write_text(header + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def row(domain: str, given: str, expected: str = "CRS_G0", flags: str = "") -> str:
    quoted = given.replace('"', '""')
    return f'X1,{domain},"{quoted}",{expected},R-1,y,{flags}'


def test_a_snapshot_becomes_one_charted_observation(tmp_path: Path) -> None:
    (case,) = read_cases(table(tmp_path, row("CRS", '{"temperature_c": 38.0, "vasopressors": ["adrenaline"]}')))
    (event,) = case.events
    assert isinstance(event, CrsAssessed)
    assert event.findings.temperature_c == 38.0
    assert event.findings.vasopressors == ("adrenaline",)


def test_a_timeline_becomes_observations_drugs_and_the_question(tmp_path: Path) -> None:
    given = (
        '{"age_years": 30, "query": "status", "query_t_h": 5, "events": [{"t_h": 6, "temperature_c": 40},'
        '{"t_h": 2, "antipyretic_given": true}, {"t_h": -1.5, "temperature_c": 38.6}]}'
    )
    (case,) = read_cases(table(tmp_path, row("CRS", given)))
    fever, drug, question = case.events
    assert isinstance(fever, CrsAssessed)
    assert fever.findings.age_years == 30
    assert isinstance(drug, MedicationAdministered)
    assert isinstance(question, Tick)
    assert (question.occurred_at - START).total_seconds() == 5 * 3600
    assert (fever.occurred_at - START).total_seconds() == -1.5 * 3600
    assert case.query == "status"


def test_an_infusion_timeline_becomes_an_order_and_pump_events(tmp_path: Path) -> None:
    given = (
        '{"weight_kg": 70, "phase": "rr", "cycle": 2, "rate_ml_h": 10, "query_t_h": 30, "events": ['
        '{"t_h": 0, "type": "start", "dose_mcg_day": 28}, {"t_h": 24, "type": "bag_change_start"},'
        '{"t_h": 24, "type": "flush", "drug_aspirated": true},'
        '{"t_h": 25, "type": "premed", "drug": "dexamethasone", "dose_mg": 20}]}'
    )
    (case,) = read_cases(table(tmp_path, row("INFUSION", given, "INF_OK")))
    order, start, bag, flush, premed, charted, question = case.events
    assert isinstance(order, TherapyOrdered)
    assert (order.weight_kg, order.cycle) == (70, 2)
    assert isinstance(charted, InfusionAssessed)
    assert charted.findings.rate_ml_h == 10
    assert isinstance(start, DeliveryStarted)
    assert start.programmed_dose_mcg_day == 28
    assert isinstance(bag, BagChanged)
    assert isinstance(flush, LineFlushed)
    assert flush.drug_aspirated is True
    assert isinstance(premed, MedicationAdministered)
    assert isinstance(question, Tick)


def test_flags_are_read_as_a_list(tmp_path: Path) -> None:
    (case,) = read_cases(table(tmp_path, row("CRS", "{}", flags="ARTEFACT;INCOMPLETE")))
    assert case.flags == ("ARTEFACT", "INCOMPLETE")


@pytest.mark.parametrize(
    "text,words",
    [
        (row("CRS", '{"temperatur_c": 38}'), ("row 2", "'given'", "temperatur_c")),
        (row("CRS", '{"temperature_c": "warm"}'), ("row 2", "'given'", "temperature_c")),
        (row("CRS", "{not json}"), ("row 2", "'given'", "not valid JSON")),
        (row("CRS", "[]"), ("row 2", "'given'", "JSON object")),
        (row("HEART", "{}"), ("row 2", "'domain'", "HEART")),
        (row("CRS", "{}", expected=""), ("row 2", "'expected'", "empty")),
        (row("CRS", '{"query": "tomorrow"}'), ("row 2", "tomorrow")),
        (row("CRS", '{"events": [{"temperature_c": 38}]}'), ("row 2", "t_h")),
        (row("INFUSION", '{"events": [{"t_h": 1, "type": "explode"}]}'), ("row 2", "explode")),
        (row("INFUSION", '{"premed": {"dose_mg": 20}}'), ("row 2", "premed")),
        ("X1,CRS,{},CRS_G0,R,y,,surplus", ("row 2", "more cells")),
    ],
)
def test_a_fault_is_told_with_row_column_and_reason(tmp_path: Path, text: str, words: tuple[str, ...]) -> None:
    (unreadable,) = read_cases(table(tmp_path, text))
    assert isinstance(unreadable, UnreadableRow)
    for word in words:
        assert word in unreadable.reason


def test_one_unreadable_row_does_not_hide_the_others(tmp_path: Path) -> None:
    broken, sound = read_cases(table(tmp_path, row("CRS", "{not json}"), row("CRS", '{"temperature_c": 38.0}')))
    assert isinstance(broken, UnreadableRow)
    assert isinstance(sound, Case)


def test_a_wrong_pump_payload_names_the_event_s_own_field(tmp_path: Path) -> None:
    given = '{"events": [{"t_h": 0, "type": "stop", "gap_reason": "lunch"}]}'
    (unreadable,) = read_cases(table(tmp_path, row("INFUSION", given)))
    assert isinstance(unreadable, UnreadableRow)
    assert "'gap_reason'" in unreadable.reason


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(CaseTableError, match="'expected'"):
        list(read_cases(table(tmp_path, "X1,CRS,{}", header="id,domain,given\n")))


def test_two_drugs_in_one_event_are_two_doses_each_at_its_own_time(tmp_path: Path) -> None:
    given = (
        '{"events": [{"t_h": 30, "antipyretic_given": true, "tocilizumab_given": true, "days_since_tocilizumab": 1}]}'
    )
    (case,) = read_cases(table(tmp_path, row("CRS", given)))
    first, second, _ = case.events
    assert isinstance(first, MedicationAdministered)
    assert isinstance(second, MedicationAdministered)
    assert (first.drug, second.drug) == ("tocilizumab", "paracetamol")
    assert first.event_id != second.event_id
    assert (first.occurred_at - START).total_seconds() == 6 * 3600

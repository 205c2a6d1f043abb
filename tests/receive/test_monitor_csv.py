"""A bedside monitor's table becomes vitals events: nothing is guessed, nothing is hidden."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from blinwatch.core.events import VitalsObserved
from blinwatch.receive.monitor_columns import ColumnError, read_columns
from blinwatch.receive.monitor_csv import MonitorTableError, read_monitor_csv

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
HEADER = (
    "minute,HR_bpm,ABPSys_mmHg,ABPDias_mmHg,ABPMean_mmHg,PULSE_bpm,RESP_per_min,SpO2_pct,"
    "NBPSys_mmHg,NBPDias_mmHg,NBPMean_mmHg"
)


def table(folder: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path = folder / "monitor.csv"
    path.write_bytes("\n".join(lines).encode(encoding))
    return path


def events_of(path: Path, patient_id: str = "pt-1") -> list[VitalsObserved]:
    return list(read_monitor_csv(path, patient_id=patient_id, start=START))


def fault_in(path: Path, patient_id: str = "pt-1") -> str:
    with pytest.raises(MonitorTableError) as caught:
        events_of(path, patient_id)
    return str(caught.value)


def pressure(event: VitalsObserved) -> tuple[float | None, float | None, float | None]:
    return (event.sbp_mmhg, event.dbp_mmhg, event.map_mmhg)


def test_a_row_becomes_one_continuous_event_at_its_minute(tmp_path: Path) -> None:
    (event,) = events_of(table(tmp_path, HEADER, "90,62.8,,,,61,12.7,97,120,72,89"))
    assert event == VitalsObserved(
        event_id=event.event_id,
        patient_id="pt-1",
        occurred_at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
        source="monitor-csv",
        monitoring="continuous",
        heart_rate_bpm=62.8,
        pulse_rate_bpm=61,
        respiratory_rate_per_min=12.7,
        spo2_pct=97,
        sbp_mmhg=120,
        dbp_mmhg=72,
        map_mmhg=89,
    )


def test_an_empty_cell_is_no_value_and_an_empty_row_no_event(tmp_path: Path) -> None:
    (event,) = events_of(table(tmp_path, "minute,HR_bpm,SpO2_pct", "0,,", "1,60,", "", ",,"))
    assert (event.heart_rate_bpm, event.spo2_pct) == (60, None)


def test_a_zero_stays_a_zero_so_that_the_judgement_can_say_sensor_off(tmp_path: Path) -> None:
    (event,) = events_of(table(tmp_path, "minute,HR_bpm,SpO2_pct", "0,0,0"))
    assert (event.heart_rate_bpm, event.spo2_pct) == (0, 0)


def test_a_connected_arterial_line_comes_before_the_cuff_and_is_never_mixed_with_it(tmp_path: Path) -> None:
    (event,) = events_of(table(tmp_path, HEADER, "0,60,129,59,,60,12,97,118,70,86"))
    assert pressure(event) == (129, 59, None)


def test_the_cuff_speaks_while_the_arterial_line_reads_zero(tmp_path: Path) -> None:
    (event,) = events_of(table(tmp_path, HEADER, "0,60,0,0,0,60,12,97,118,70,86"))
    assert pressure(event) == (118, 70, 86)


def test_a_line_that_is_only_half_connected_does_not_count(tmp_path: Path) -> None:
    (event,) = events_of(table(tmp_path, HEADER, "0,60,0,0,25.3,60,12,97,118,70,86"))
    assert pressure(event) == (118, 70, 86)


def test_zeros_of_a_line_that_was_never_connected_do_not_hide_the_last_cuff_value(tmp_path: Path) -> None:
    first, second = events_of(table(tmp_path, HEADER, "0,60,0,0,0,60,12,97,118,70,86", "1,60,0,0,0,60,12,97,,,"))
    assert pressure(first) == (118, 70, 86)
    assert pressure(second) == (None, None, None)


def test_zeros_of_a_line_that_has_come_off_are_told(tmp_path: Path) -> None:
    *_, last = events_of(table(tmp_path, HEADER, "0,60,129,59,80,60,12,97,,,", "1,60,0,0,0,60,12,97,,,"))
    assert pressure(last) == (0, 0, 0)


def test_once_a_cuff_has_taken_over_the_line_is_silent(tmp_path: Path) -> None:
    rows = ("0,60,129,59,80,,,,,,", "1,60,0,0,0,,,,,,", "2,60,0,0,0,,,,118,70,86", "3,60,0,0,0,,,,,,")
    assert [pressure(event)[0] for event in events_of(table(tmp_path, HEADER, *rows))] == [129, 0, 118, None]


def test_zeros_of_the_only_pressure_sensor_are_told(tmp_path: Path) -> None:
    (event,) = events_of(table(tmp_path, "minute,ABPSys_mmHg,ABPDias_mmHg", "0,0,0"))
    assert pressure(event) == (0, 0, None)


def test_a_minute_that_holds_only_zeros_of_an_unused_line_is_no_event(tmp_path: Path) -> None:
    assert events_of(table(tmp_path, "minute,ABPSys_mmHg,NBPSys_mmHg", "0,0,")) == []


def test_the_same_table_gives_the_same_ids_and_every_row_its_own(tmp_path: Path) -> None:
    path = table(tmp_path, "minute,HR_bpm", "0,60", "1,60", "2,60")
    ids = [event.event_id for event in events_of(path)]
    assert ids == [event.event_id for event in events_of(path)]
    assert len(set(ids)) == 3
    assert not set(ids) & {event.event_id for event in events_of(path, patient_id="pt-2")}


def test_fahrenheit_kilopascal_and_other_spellings_are_read_from_the_names(tmp_path: Path) -> None:
    header = "hour,Temp_F,NIBP-Sys_kPa,NIBP-Dia_kPa,Heart Rate_bpm,FiO2_pct,O2Flow_L_per_min,PI_pct"
    (event,) = events_of(table(tmp_path, header, "0.5,101.5,13.1,7.3,88,40,2,1.8"))
    assert event.occurred_at == datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
    assert (event.temperature_f, event.sbp_kpa, event.dbp_kpa, event.heart_rate_bpm) == (101.5, 13.1, 7.3, 88)
    assert (event.fio2, event.o2_flow_l_min, event.perfusion_index) == (40, 2, 1.8)


def test_a_table_from_a_spreadsheet_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = table(tmp_path, "second,HR_bpm", "30,60", encoding="utf-8-sig")
    assert events_of(path)[0].occurred_at == datetime(2026, 3, 1, 8, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "name, reason",
    [
        ("Lactate_mmol_l", "the name must end with its unit"),
        ("HR", "the name must end with its unit"),
        ("Foo_bpm", "is no signal known here"),
        ("HR_mmHg", "this signal has no unit _mmhg; it takes _bpm, _per_min"),
        ("ABPSys_bpm", "a pressure is in mmHg or kPa"),
    ],
)
def test_a_column_that_cannot_be_read_is_named_and_never_guessed(name: str, reason: str) -> None:
    with pytest.raises(ColumnError) as caught:
        read_columns(["minute", "SpO2_pct", name])
    assert f"column 3, '{name}': {reason}" in str(caught.value)


@pytest.mark.parametrize("header", [["HR_bpm"], ["minute", "second", "HR_bpm"], []])
def test_exactly_one_column_must_be_the_time(header: list[str]) -> None:
    with pytest.raises(ColumnError, match="exactly one column must be the time"):
        read_columns(header)


@pytest.mark.parametrize("second", ["HR_bpm", "ECG HR_bpm", "HR_per_min"])
def test_two_columns_of_one_signal_are_refused(second: str) -> None:
    with pytest.raises(ColumnError, match="hold the same signal"):
        read_columns(["minute", "HR_bpm", second])


@pytest.mark.parametrize("cell", ["n/a", "nan", "inf", "1_000", "6O", "1,5"])
def test_a_cell_that_is_no_number_is_named_by_row_and_column(tmp_path: Path, cell: str) -> None:
    fault = fault_in(table(tmp_path, "minute,HR_bpm", "0,60", f'1,"{cell}"'))
    assert fault.endswith("row 3, column 'HR_bpm': must be a number, or empty where there is no value")


def test_a_number_the_field_cannot_hold_is_named_by_row_and_column(tmp_path: Path) -> None:
    fault = fault_in(table(tmp_path, "minute,HR_bpm", "0,60", "1,60000"))
    assert "row 3, column 'HR_bpm': heart_rate_bpm: must be less than or equal to 2000 (got 60000" in fault


@pytest.mark.parametrize(
    "rows, reason",
    [
        (("0,60", "0,61"), "row 3, column 'minute': time must rise from row to row"),
        (("5,60", "4,61"), "row 3, column 'minute': time must rise from row to row"),
        (("0,60", ",61"), "row 3, column 'minute': is empty; every row needs its time"),
        (("0,60", "1,61,62"), "row 3: has 3 cells, the header has 2"),
        (("0,60", "1e300,61"), "row 3: lies too far from the start to be a date"),
        (("0,60", "60000000,61"), "row 3: occurred_at: the year must be from 2000 to 2100"),
    ],
)
def test_a_row_out_of_place_is_named(tmp_path: Path, rows: tuple[str, ...], reason: str) -> None:
    assert reason in fault_in(table(tmp_path, "minute,HR_bpm", *rows))


def test_a_start_without_an_offset_is_refused(tmp_path: Path) -> None:
    path = table(tmp_path, "minute,HR_bpm", "0,60")
    naive = START.replace(tzinfo=None)
    with pytest.raises(MonitorTableError, match="must have an offset"):
        list(read_monitor_csv(path, patient_id="pt-1", start=naive))


def test_a_name_is_no_pseudonym_and_is_not_repeated(tmp_path: Path) -> None:
    fault = fault_in(table(tmp_path, "minute,HR_bpm", "0,60"), patient_id="Jane Doe")
    assert "patient_id: must match pattern" in fault
    assert "Jane" not in fault


def test_what_is_no_table_is_said_so(tmp_path: Path) -> None:
    assert "cannot be read: No such file" in fault_in(tmp_path / "missing.csv")
    assert "row 1: exactly one column must be the time" in fault_in(table(tmp_path, ""))
    latin = tmp_path / "latin.csv"
    latin.write_bytes(b"minute,HR_bpm\n0,\xb0\n")
    assert "is not UTF-8 text at byte 16" in fault_in(latin)

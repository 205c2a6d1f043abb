"""A study's tables into events, as somebody types it: every row is an event, or refused by number with a reason."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from blinwatch.cli import build_app
from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.commands.replay import replay_decisions
from blinwatch.core.decisions import GradeAssigned
from blinwatch.gateway.pseudonym import Pseudonyms
from blinwatch.receive.event_log import encode_event, read_events
from tests.support.embedded import PlainReader, catalogue_broker

LABS: dict[str, Any] = {
    "table": "labs.csv",
    "source": "study-1",
    "delimiter": ";",
    "decimal": ",",
    "missing": ["NA"],
    "patient": {"column": "subject"},
    "time": {"column": ["day", "hour"], "format": "%d.%m.%Y %H:%M", "zone": "Europe/Berlin"},
    "events": [
        {
            "type": "lab_resulted",
            "fields": {
                "loinc": {"column": "test", "values": {"PLT": "777-3", "CREA": "2160-0"}},
                "value": {"column": "result"},
                "unit": {"column": "unit"},
            },
        }
    ],
}
LAB_ROWS = "subject;day;hour;test;result;unit;remark\npt-1;01.03.2026;08:00;PLT;88,5;10*3/uL;x\n"


def write(folder: Path, mapping: dict[str, Any], rows: str, name: str = "labs") -> Path:
    (folder / f"{name}.csv").write_text(rows, encoding="utf-8")
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(mapping), encoding="utf-8")
    return path


def run(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(build_app(), ["import", "csv", *map(str, words)])
    return done.exit_code, done.output + str(done.exception or "")


def events(log: Path) -> list[Any]:
    return list(read_events(log))


def test_a_row_becomes_an_event_with_its_time_number_and_code(tmp_path: Path) -> None:
    mapping, out = write(tmp_path, LABS, LAB_ROWS), tmp_path / "log.jsonl"
    status, told = run(mapping, "--out", out)
    assert (status, "1 events of 1 patients, 0 repeated, 0 refused" in told) == (0, True)
    (event,) = events(out)
    assert (event.patient_id, event.loinc, event.value, event.source) == ("pt-1", "777-3", 88.5, "study-1")
    assert event.occurred_at == datetime(2026, 3, 1, 7, 0, tzinfo=UTC)


def test_without_a_place_to_go_it_only_tells(tmp_path: Path) -> None:
    mapping = write(tmp_path, LABS, LAB_ROWS)
    status, told = run(mapping)
    assert status == 0
    assert "labs.resulted.v1: 1" in told
    assert "from 2026-03-01 08:00:00+01:00" in told
    assert sorted(path.name for path in tmp_path.iterdir()) == ["labs.csv", "labs.yaml"]
    assert "pt-1" not in told


BAD: list[tuple[str, str]] = [
    ("pt-1;01.03.2026;08:00;PLT;many;10*3/uL;", "wrong_value: column 'result': must be a number"),
    ("pt-1;01.03.2026;08:00;PLT;1.5;10*3/uL;", "wrong_value: column 'result': must be a number"),
    ("pt-1;01.03.2026;08:00;PLT;nan;10*3/uL;", "wrong_value: column 'result': must be a number"),
    ("pt-1;01.03.2026;08:00;WBC;1;10*3/uL;", "no_such_value: column 'test'"),
    ("pt-1;01.03.2026;;PLT;1;10*3/uL;", "missing_field: column day, hour: is empty"),
    ("pt-1;2026-03-01;08:00;PLT;1;10*3/uL;", "wrong_value: column day, hour: is no time of the format"),
    ("pt-1;01.03.1990;08:00;PLT;1;10*3/uL;", "implausible_time: lab_resulted: occurred_at"),
    ("pt-1;29.03.2026;02:30;PLT;1;10*3/uL;", "does not exist in Europe/Berlin"),
    ("pt-1;25.10.2026;02:30;PLT;1;10*3/uL;", "hour_ambiguous: column day, hour: comes twice"),
    (";01.03.2026;08:00;PLT;1;10*3/uL;", "missing_field: column 'subject' is empty"),
    ("Amy Shaw;01.03.2026;08:00;PLT;1;10*3/uL;", "wrong_value: column 'subject': must be a pseudonym"),
    ("pt-1;01.03.2026;08:00;PLT;NA;10*3/uL;", "missing_field: lab_resulted: value: is missing"),
    ("pt-1;01.03.2026;08:00", "row_length: has 3 cells, the header has 7"),
]


@pytest.mark.parametrize("row, said", BAD)
def test_a_row_that_cannot_be_used_is_named_and_stops_the_import(tmp_path: Path, row: str, said: str) -> None:
    mapping, out = write(tmp_path, LABS, f"{LAB_ROWS}\n{row}\n"), tmp_path / "log.jsonl"
    status, told = run(mapping, "--out", out)
    assert status == 1
    assert said in told
    assert "(row 4)" in told
    assert "Amy" not in told
    assert not out.exists()
    assert run(mapping, "--out", out, "--leave-out-refused")[0] == 0
    assert len(events(out)) == 1


@pytest.mark.parametrize("which, hour", [("first", 0), ("second", 1)])
def test_the_hour_that_comes_twice_may_be_decided_by_the_mapping(tmp_path: Path, which: str, hour: int) -> None:
    mapping = {**LABS, "time": {**LABS["time"], "ambiguous": which}}
    path = write(tmp_path, mapping, f"{LAB_ROWS}pt-1;25.10.2026;02:30;PLT;1;10*3/uL;\n")
    assert run(path, "--out", tmp_path / "log")[0] == 0
    assert events(tmp_path / "log")[-1].occurred_at == datetime(2026, 10, 25, hour, 30, tzinfo=UTC)


def test_the_same_row_twice_is_one_event_and_importing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    mapping = write(tmp_path, LABS, LAB_ROWS + LAB_ROWS.splitlines()[1] + "\n")
    first, second = tmp_path / "first", tmp_path / "second"
    assert "1 events of 1 patients, 1 repeated" in run(mapping, "--out", first)[1]
    run(mapping, "--out", second)
    assert first.read_bytes() == second.read_bytes() != b""


def changed(**parts: Any) -> dict[str, Any]:
    return {**LABS, **parts}


def of(event_type: str, **fields: Any) -> dict[str, Any]:
    return changed(events=[{"type": event_type, "fields": fields}])


@pytest.mark.parametrize(
    "mapping, said",
    [
        (of("lab_result", value={"column": "result"}), "'lab_result' is no event that can be imported"),
        (of("acknowledge", reason={"column": "test"}), "'acknowledge' is no event that can be imported"),
        (of("lab_resulted", vale={"column": "result"}), "has no field 'vale' that a cell can fill; it has"),
        (of("lab_resulted", event_id={"column": "result"}), "has no field 'event_id'"),
        (of("vitals_observed", temperature_c={"column": "result"}), "say the column's unit (unit: Cel)"),
        (of("vitals_observed", temperature_c={"column": "result", "unit": "[degF]"}), "the column is in [degF]"),
        (of("vitals_observed", confirmed_fields={"column": "test"}), "has no field 'confirmed_fields'"),
        (of("lab_resulted", value={}), "needs either a column or a value"),
        (of("lab_resulted", value={"column": "no such"}), "the header, row 1, has 7 columns and no no such"),
        (changed(time={"column": "day", "format": "%d.%m.%Y"}), "the format has no hour"),
        (changed(time={"column": "day", "zone": "Mars/Base"}), "is no time zone"),
        (changed(table="absent.csv"), "absent.csv: cannot be read"),
        (changed(encoding="klingon"), "is no table in this encoding"),
        (changed(colour="red"), "colour: Extra inputs"),
        (of("lab_resulted", loinc={"column": "test", "values": {True: "777-3"}}), "loinc.values"),
    ],
)
def test_a_mapping_that_does_not_fit_says_what_to_mend(tmp_path: Path, mapping: dict[str, Any], said: str) -> None:
    status, told = run(write(tmp_path, mapping, LAB_ROWS))
    assert status == 1
    assert said in told


@pytest.mark.parametrize("text", ["- [", "&a [*a]", "", "42", "\x00"])
def test_what_is_no_mapping_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(text)
    assert run(path)[0] == 1


def test_several_tables_are_one_log_in_the_order_of_time_and_it_can_be_replayed(tmp_path: Path) -> None:
    """Vital signs in two units, doses of drugs and an order beside each other, 300 rows made up here."""
    start = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
    with (tmp_path / "vitals.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["mrn", "at", "temp_f", "sys_kpa", "spo2", "iv_drug", "dose_g"])
        for minute in range(300):
            fever = 102.9 if minute > 150 else 98.2
            dose = ["paracetamol", 1] if minute == 200 else ["", ""]
            at = (start + timedelta(minutes=minute)).isoformat()
            table.writerow(["4711", at, fever + minute % 7 / 50, 16.2, 96 + minute % 2, *dose])
    fields = {
        "temperature_f": {"column": "temp_f", "unit": "[degF]"},
        "sbp_mmhg": {"column": "sys_kpa", "unit": "kPa", "multiply": 7.50062},
        "spo2_pct": {"column": "spo2", "unit": "%"},
        "monitoring": {"value": "continuous"},
    }
    drug = {"drug": {"column": "iv_drug"}, "dose_mg": {"column": "dose_g", "unit": "g", "multiply": 1000}}
    who, when = {"column": "mrn", "authority": "HOSP"}, {"column": "at"}
    plans = [
        {"type": "vitals_observed", "fields": fields},
        {"type": "medication_administered", "fields": {**drug, "action": {"value": "given"}}},
    ]
    vitals = {"table": "vitals.csv", "source": "study", "patient": who, "time": when, "events": plans}
    (tmp_path / "vitals.yaml").write_text(yaml.safe_dump(vitals))
    order = {
        "table": "orders.csv", "source": "study", "patient": who, "time": when,
        "events": [{"type": "therapy_ordered", "fields": {
            "phase": {"column": "phase"}, "cycle": {"column": "cycle"}, "weight_kg": {"column": "kg", "unit": "kg"},
            "birth_date": {"column": "born"}, "preservative": {"column": "preservative"}}}],
    }  # fmt: skip
    rows = "mrn,at,phase,cycle,kg,born,preservative\n4711,2026-03-01T07:00:00Z,rr,1,70,1980-05-01,no\n"
    second = write(tmp_path, order, rows, "orders")
    key, out = tmp_path / "key", tmp_path / "log.jsonl"
    key.write_text("0123456789abcdef")
    status, told = run(tmp_path / "vitals.yaml", second, "--out", out, "--pseudonym-key", key)
    assert status == 0, told
    imported = events(out)
    assert [one.occurred_at for one in imported] == sorted(one.occurred_at for one in imported)
    assert {one.patient_id for one in imported} == {Pseudonyms(b"0123456789abcdef").of("4711", "HOSP")}
    assert imported[0].weight_kg == 70
    assert imported[0].preservative is False
    assert imported[1].sbp_mmhg == pytest.approx(121.51, abs=0.01)
    (given,) = [one for one in imported if one.type == "medication_administered"]
    assert (given.drug, given.dose_mg) == ("paracetamol", 1000)
    grades = [one for one in replay_decisions(imported, load_rulebook()) if isinstance(one, GradeAssigned)]
    assert grades


@pytest.mark.kafka
def test_what_is_sent_lies_on_its_topic(tmp_path: Path) -> None:
    mapping, out = write(tmp_path, LABS, LAB_ROWS), tmp_path / "log.jsonl"
    run(mapping, "--out", out)
    with catalogue_broker() as broker:
        assert run(mapping, "--send", broker.bootstrap)[0] == 0
        reader = PlainReader(broker.bootstrap, "labs.resulted.v1")
        try:
            values = [record.value() for record in reader.read_to_end()]
        finally:
            reader.close()
    assert values == [encode_event(one) for one in events(out)]


@pytest.mark.parametrize("cell", ["9" * 25, "1e308"])
def test_a_number_beyond_all_numbers_refuses_its_row(tmp_path: Path, cell: str) -> None:
    mapping = of("therapy_ordered", cycle={"column": "result", "multiply": 1e10})
    status, told = run(write(tmp_path, mapping, LAB_ROWS.replace("88,5", cell)))
    assert status == 1
    assert "wrong_value: " in told
    assert "(row 2)" in told

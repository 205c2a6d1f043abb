"""`blinwatch cases`: a table judged through the same door as a live patient."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from blinwatch.cli import build_app

ROOT = Path(__file__).parents[2]
PUBLIC = Path(os.environ.get("CLINICAL_CASES", ROOT.parent / "shared" / "clinical" / "cases_public.csv"))
TABLE = (
    "id,domain,given,expected,rule,boundary,flags\n"
    'A1,CRS,"{""age_years"": 40, ""temperature_c"": 38.0, ""sbp_mmhg"": 118, ""spo2_pct"": 97}",CRS_G1,CRS-2,y,\n'
    'A2,INFUSION,"{""gap_min"": 240}",INF_INTERRUPT_4H,INF-7,y,\n'
)
WRONG = 'A3,CRS,"{""age_years"": 40, ""temperature_c"": 37.0}",CRS_G4,CRS-2,y,NEVER_SEEN\n'

runner = CliRunner()


def write(tmp_path: Path, text: str) -> str:
    path = tmp_path / "cases.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_table_that_passes_exits_0_and_counts_per_domain(tmp_path: Path) -> None:
    result = runner.invoke(build_app(), ["cases", write(tmp_path, TABLE)])
    assert result.exit_code == 0
    assert "CRS" in result.output
    assert "INFUSION" in result.output


def test_a_mismatch_is_explained_and_exits_1(tmp_path: Path) -> None:
    result = runner.invoke(build_app(), ["cases", write(tmp_path, TABLE + WRONG)])
    assert result.exit_code == 1
    assert "A3" in result.output
    assert "expected CRS_G4, got CRS_G0" in result.output
    assert "NEVER_SEEN" in result.output
    assert "because" in result.output


def test_machines_get_json(tmp_path: Path) -> None:
    result = runner.invoke(build_app(), ["cases", "--json", write(tmp_path, TABLE + WRONG)])
    document = json.loads(result.output)
    assert (document["passed"], document["failed"]) == (2, 1)
    assert [case["passed"] for case in document["cases"]] == [True, True, False]


def test_every_public_crs_and_infusion_row_passes() -> None:
    if not PUBLIC.exists():
        pytest.skip(f"the public case table is not here; set CLINICAL_CASES to it (looked at {PUBLIC.name})")
    result = runner.invoke(build_app(), ["cases", "--json", "--domain", "CRS", "--domain", "INFUSION", str(PUBLIC)])
    document = json.loads(result.output)
    assert [case["id"] for case in document["cases"] if not case["passed"]] == []
    assert document["passed"] > 100


def test_an_unreadable_row_fails_by_row_and_column_and_the_rest_is_judged(tmp_path: Path) -> None:
    result = runner.invoke(build_app(), ["cases", write(tmp_path, TABLE + "A4,CRS,{oops,CRS_G0,CRS-1,n,\n")])
    assert result.exit_code == 1
    assert "row 4 (case A4), column 'given': not valid JSON" in " ".join(result.output.split())


def test_a_file_that_is_no_case_table_is_refused_with_the_columns_it_needs(tmp_path: Path) -> None:
    result = runner.invoke(build_app(), ["cases", write(tmp_path, "a,b\n1,2\n")])
    assert result.exit_code != 0
    assert "columns" in str(result.exception)

"""`blinwatch rulebook`: the clinical data for a pharmacist to read, and for a machine to take."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from blinwatch.cli import build_app
from blinwatch.clinical.load_rulebook import SECTIONS, load_rulebook, read_clinical_files
from blinwatch.commands.failure import CommandError

BASE = load_rulebook()
EXAMPLE = Path(__file__).resolve().parents[2] / "deploy" / "site-protocol.example.yaml"


def run(*words: str, **environment: str) -> Result:
    return CliRunner().invoke(build_app(), ["rulebook", *words], env={"COLUMNS": "160", **environment})


def shown(*words: str, **environment: str) -> str:
    """What is printed, with table borders and line breaks of cells taken out."""
    result = run(*words, **environment)
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.replace("│", " ").split())


def document(*words: str) -> Any:
    return json.loads(run(*words, "--json").stdout)


def refused(*words: str) -> str:
    result = run(*words)
    assert result.exit_code == 1
    assert isinstance(result.exception, CommandError)
    return str(result.exception)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in read_clinical_files().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


# --- show --------------------------------------------------------------------------------------------------


def test_without_a_name_every_chapter_and_every_row_is_shown() -> None:
    everything = shown("show")
    for file, _ in SECTIONS.values():
        assert file in everything
    assert set(document("show")["rows"]) == set(BASE.rows)


def test_a_rule_is_shown_with_its_words_source_alerts_and_values() -> None:
    text = shown("show", "CRS-9")
    for part in (
        "CRS-9 Oxygen saturation",
        BASE.cite("CRS-9"),
        "SPO2_LOW (SpO2 low though not below the grading limit): low priority",
        "Hypoxia: SpO2 below",
        "90 %",
        "[S28]",
    ):
        assert part in text
    assert "temperature" not in text


def test_a_rule_without_values_of_its_own_says_so() -> None:
    bare = next(rule for rule in BASE.citations if not any(rule in row.rules for row in BASE.rows.values()))
    assert "It has no value of its own." in shown("show", bare)
    assert shown("show", bare.lower()) == shown("show", bare), "case does not matter"


def test_a_row_is_shown_with_everything_that_is_known_of_it() -> None:
    text = shown("show", "crs.resolve_after_h")
    for part in ("24 h", "CRS-10", "[C]", "Avoids flapping", "from 12 to 96", "crs_astct_2019.yaml"):
        assert part in text


def test_a_row_is_found_without_its_chapter_where_only_one_has_it() -> None:
    assert shown("show", "fever_from_c") == shown("show", "crs.fever_from_c")


def test_a_row_that_is_a_table_is_printed_as_one() -> None:
    text = shown("show", "infusion.bags")
    for part in ("bag type (h)", "rate (mL/h)", "EU", "3.3", "[S2][S5][S8][S21][K]"):
        assert part in text


def test_a_chapter_is_found_by_its_name_or_its_file() -> None:
    assert shown("show", "crs") == shown("show", "crs_astct_2019") == shown("show", "crs_astct_2019.yaml")
    assert set(document("show", "crs")["rows"]) == {name for name in BASE.rows if name.startswith("crs.")}


def test_a_name_in_several_chapters_must_be_told_apart() -> None:
    assert "crs.days_per_year, infusion.days_per_year" in refused("show", "days_per_year")


@pytest.mark.parametrize(
    "mistyped, meant",
    [("crs.fevr_from_c", "crs.fever_from_c"), ("CRS-99", "CRS-9"), ("fever_form_c", "crs.fever_from_c")],
)
def test_what_is_not_there_is_answered_with_the_nearest(mistyped: str, meant: str) -> None:
    assert meant in refused("show", mistyped)


def test_for_machines_a_row_comes_with_value_unit_rules_mark_and_range() -> None:
    rows = document("show", "CRS-5")["rows"]
    row = rows["crs.masking_max_h"]
    assert (row["value"]["steroid"], row["unit"], row["rules"], row["mark"]) == (36, "h", ["CRS-5"], "[C]")
    assert row["range"]["steroid"] == [12, 168]
    assert document("show", "CRS-5")["rulebook_digest"] == BASE.digest


def test_a_site_protocol_is_shown_over_the_rulebook_also_when_the_environment_names_it() -> None:
    for text in (
        shown("show", "crs.spo2_limit_pct", "--site-protocol", str(EXAMPLE)),
        shown("show", "crs.spo2_limit_pct", BLINWATCH_SITE_PROTOCOL=str(EXAMPLE)),
    ):
        assert "92 %" in text
        assert "Rulebook's own 90" in text
        assert f"{BASE.version}+site" in text
        assert "approved by Drug and Therapeutics Committee" in text


# --- cite --------------------------------------------------------------------------------------------------


def test_cite_prints_the_line_that_decisions_carry() -> None:
    assert run("cite", "CRS-7").stdout == BASE.cite("CRS-7") + "\n"
    assert document("cite", "crs-7")["citation"] == BASE.cite("CRS-7")
    assert "site protocol" in run("cite", "CRS-9", "--site-protocol", str(EXAMPLE)).stdout


def test_only_a_rule_has_a_citation() -> None:
    assert "is no rule" in refused("cite", "crs.fever_from_c")


# --- check -------------------------------------------------------------------------------------------------


def test_a_good_site_protocol_passes_the_check_and_its_departures_are_named() -> None:
    text = shown("check", str(EXAMPLE))
    assert "can be used" in text
    assert "3 rows" in text
    assert "crs.spo2_limit_pct" in text
    answer = document("check", str(EXAMPLE))
    assert (answer["usable"], answer["rows"], answer["rulebook_version"]) == (True, 3, f"{BASE.version}+site")


def test_a_faulty_site_protocol_fails_the_check_with_every_fault(tmp_path: Path) -> None:
    bad = tmp_path / "site.yaml"
    bad.write_text("site: x\noverrides:\n  crs.resolve_after_h: {value: 1}\n", encoding="utf-8")
    result = run("check", str(bad))
    assert result.exit_code == 1
    assert str(result.exception).startswith(f"{bad}: 3 faults")
    answer = run("check", str(bad), "--json")
    assert answer.exit_code == 1
    assert len(json.loads(answer.stdout)["faults"]) == 3


# --- diff --------------------------------------------------------------------------------------------------


def test_a_site_protocol_is_compared_value_by_value() -> None:
    text = shown("diff", str(EXAMPLE))
    assert "crs.masking_max_h steroid" in text
    for part in ("36", "48", "departs", "22", "30", "90", "92"):
        assert part in text
    changes = document("diff", str(EXAMPLE))["changes"]
    assert [(one["row"], one["entry"], one["before"], one["after"]) for one in changes] == [
        ("crs.masking_max_h", "steroid", 36, 48),
        ("crs.spo2_limit_pct", "", 90, 92),
        ("infusion.benzyl_min_weight_kg", "", 22, 30),
    ]


def test_two_folders_of_clinical_files_are_compared_also_where_a_row_came_or_a_word_changed(folder: Path) -> None:
    newer = folder / "newer"
    newer.mkdir()
    for name, text in read_clinical_files().items():
        (newer / name).write_text(text, encoding="utf-8")
    path = newer / "crs_astct_2019.yaml"
    text = path.read_text(encoding="utf-8").replace("value: 38.0", "value: 38.2")
    text = text.replace("\n  death_grade:\n", "\n  death_level:\n").replace('mark: "[S28]"', 'mark: "[K]"')
    path.write_text(text, encoding="utf-8")
    answer = document("diff", str(folder), str(newer))
    told = {one["row"]: (one["before"], one["after"]) for one in answer["changes"]}
    assert told == {
        "crs.fever_from_c": (38.0, 38.2),
        "crs.death_grade": (5, None),
        "crs.death_level": (None, 5),
    }
    assert answer["words"] == ["crs.spo2_limit_pct: mark was [S28], is [K]"]
    text = shown("diff", str(folder), str(newer))
    assert "gone" in text
    assert "not there" in text


def test_the_exit_status_says_on_request_whether_anything_differs(folder: Path) -> None:
    assert run("diff", str(folder), str(folder), "--exit-code").exit_code == 0
    assert "Nothing differs." in shown("diff", str(folder), str(folder))
    assert run("diff", str(EXAMPLE)).exit_code == 0
    assert run("diff", str(EXAMPLE), "--exit-code").exit_code == 1


def test_what_cannot_be_compared_is_said(folder: Path) -> None:
    assert "give a second folder" in refused("diff", str(folder))
    assert "is no folder" in refused("diff", str(folder), str(EXAMPLE))

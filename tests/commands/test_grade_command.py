"""`blinwatch grade`: a quick question at the terminal is judged by the same door as a live patient."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from blinwatch.cli import build_app
from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.commands.failure import CommandError

BASE = load_rulebook()
SHOCK = (
    "--age",
    "40",
    "--temp",
    "38.4",
    "--sbp",
    "82",
    "--spo2",
    "94",
    "--o2-device",
    "nasal_cannula",
    "--o2-flow",
    "3",
)
SITE = """
site: Example
approved_by: Committee
approved_on: 2026-11-02
overrides:
  crs.spo2_limit_pct: {value: 92, i_depart_from_source: true, reason: ward practice}
"""


def run(*words: str) -> Result:
    return CliRunner().invoke(build_app(), ["grade", *words], env={"COLUMNS": "160"})


def text(*words: str) -> str:
    result = run(*words)
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.replace("│", " ").split())


def answer(*words: str) -> Any:
    result = run(*words, "--output", "json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refusal(*words: str) -> str:
    result = run(*words)
    assert result.exit_code == 1
    assert isinstance(result.exception, CommandError)
    return str(result.exception)


def test_a_fever_with_low_pressure_on_nasal_oxygen_is_crs_grade_2_and_every_part_is_shown() -> None:
    told = text("crs", *SHOCK)
    for part in (
        "CRS grade 2 (CRS_G2, ASTCT)",
        "temperature 38.4 °C is at or above 38 °C (CRS-2)",
        "systolic 82 mmHg is below 90 mmHg (CRS-6)",
        "nasal cannula at 3 L/min, up to 6 L/min (CRS-8)",
        "BP_CONFIRM: confirm the low pressure by a second reading",
        f"Rule CRS-6: {BASE.cite('CRS-6')}",
        f"Rulebook {BASE.version}, digest {BASE.digest}",
        "never an order",
    ):
        assert part in told


def test_the_alerts_it_would_raise_are_told_with_their_priority() -> None:
    assert "MEDIUM CRS grade 2 (CRS_G2), rule CRS-6" in text("crs", *SHOCK)
    told = text("crs", "--age", "40", "--temp", "37.0", "--sbp", "80", "--spo2", "97", "--steroid-h", "4")
    assert "CRS_SUSPECT_MASKED" in told
    assert "The signs would be worth grade 2." in told
    assert "HIGH CRS suspected while a drug may hide the fever" in told


@pytest.mark.parametrize(
    "words, code",
    [
        (("--temp", "38.0"), "CRS_G1"),
        (("--temp", "37.9", "--sbp", "110", "--spo2", "97"), "CRS_G0"),
        (("--temp-f", "100.4"), "CRS_G1"),
        (("--sbp", "82"), "CRS_NOT_EVALUABLE"),
        ((*SHOCK, "--vasopressor", "norepinephrine"), "CRS_G3"),
        ((*SHOCK, "--vasopressor", "norepinephrine", "--vasopressor", "noradrenaline"), "CRS_G3"),
        ((*SHOCK, "--vasopressor", "norepinephrine", "--vasopressor", "dopamine"), "CRS_G4"),
        (("--temp", "38.4", "--o2-device", "cpap"), "CRS_G4"),
        (("--temp", "38.4", "--fever-other-cause", "--sbp", "120", "--spo2", "97"), "CRS_G0"),
        (("--temp", "36.5", "--sbp", "80", "--spo2", "97", "--open-episode"), "CRS_G2"),
        (("--death-due-to", "crs"), "CRS_G5"),
    ],
)
def test_each_option_is_the_finding_it_says(words: tuple[str, ...], code: str) -> None:
    assert answer("crs", "--age", "40", *words)["grade"]["code"] == code


def test_findings_may_come_as_json_and_options_win() -> None:
    findings = {"age_years": 40, "temperature_c": 38.4, "sbp_mmhg": 110, "spo2_pct": 97, "o2_device": "room_air"}
    assert answer("crs", "--json", json.dumps(findings))["grade"]["code"] == "CRS_G1"
    assert answer("crs", "--json", json.dumps(findings), "--sbp", "82")["grade"]["code"] == "CRS_G2"


@pytest.mark.parametrize(
    "words, code",
    [
        (("--ice", "10", "--loc", "alert", "--seizure", "none", "--motor", "none", "--icp-sign", "none"), "ICANS_G0"),
        (("--ice", "7"), "ICANS_G1"),
        (("--ice", "6"), "ICANS_G2"),
        (("--ice", "2"), "ICANS_G3"),
        (("--ice-not-done", "unarousable"), "ICANS_G4"),
        (("--ice", "10", "--seizure", "brief_resolved", "--seizure-s", "301"), "ICANS_G4"),
        (("--ice-not-done", "refused"), "ICANS_NOT_EVALUABLE"),
        (("--ice", "10", "--oedema", "focal"), "ICANS_G3"),
    ],
)
def test_an_examination_is_graded_for_icans(words: tuple[str, ...], code: str) -> None:
    assert answer("icans", "--age", "40", *words)["grade"]["code"] == code


def test_a_child_is_graded_by_capd_and_every_part_is_shown() -> None:
    told = text("icans", "--age", "6", "--capd", "9", "--loc", "alert")
    assert "ICANS grade 3 (ICANS_G3, ASTCT)" in told
    assert "not known" in told
    assert "INCOMPLETE: something was not measured" in told


def test_a_hospitals_own_value_is_followed_and_cited(tmp_path: Any) -> None:
    protocol = tmp_path / "site.yaml"
    protocol.write_text(SITE, encoding="utf-8")
    words = ("crs", "--age", "40", "--temp", "38.4", "--sbp", "120", "--spo2", "91")
    assert answer(*words)["grade"]["code"] == "CRS_G1"
    grade = answer(*words, "--site-protocol", str(protocol))["grade"]
    assert grade["code"] == "CRS_G2"
    assert "site protocol" in grade["citation"]
    assert grade["rulebook_version"].endswith("+site")


@pytest.mark.parametrize(
    "words, told",
    [
        ((), "nothing to grade"),
        (("--json", "{"), "--json is not JSON"),
        (("--json", "[]"), "must be one object"),
        (("--json", '{"temp": 38}'), "temp: is not a field here"),
        (("--json", '{"temperature_c": "38"}'), "temperature_c: must be a valid number"),
        (("--temp", "3840"), "temperature_c"),
    ],
)
def test_what_cannot_be_graded_is_said_by_the_findings_name(words: tuple[str, ...], told: str) -> None:
    said = refusal("crs", *words)
    assert told in said
    assert "findings." not in said


def test_a_word_that_is_not_in_the_vocabulary_is_a_wrong_usage() -> None:
    assert run("crs", "--o2-device", "snorkel").exit_code == 2

"""The file of the targets: what cannot be meant is said before anything runs, and no secret is ever shown."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from blinwatch.cli import build_app
from blinwatch.commands.failure import CommandError
from blinwatch.forward.targets_file import TargetsFileError, read_targets, secrets_of

PAGER: dict[str, Any] = {"name": "pager", "kind": "webhook", "url": "https://p.example/", "secret_files": ["/run/s"]}
FHIR: dict[str, Any] = {"name": "records", "kind": "fhir", "url": "https://f.example/r4"}
MANAGER: dict[str, Any] = {"name": "manager", "kind": "alarm_manager", "host": "am.example", "port": 6661}


def written(folder: Path, *targets: dict[str, Any]) -> Path:
    path = folder / "targets.yaml"
    path.write_text(yaml.safe_dump({"targets": list(targets)}), encoding="utf-8")
    return path


def test_every_kind_of_target_stands_in_one_file(tmp_path: Path) -> None:
    on_call = {
        "name": "on-call",
        "kind": "alertmanager",
        "url": "https://a.example",
        "when_not_acknowledged_after_s": 120,
    }
    found = read_targets(written(tmp_path, PAGER, FHIR, MANAGER, on_call, {"name": "topic", "kind": "fhir_topic"}))
    assert [one.kind for one in found.targets] == ["webhook", "fhir", "alarm_manager", "alertmanager", "fhir_topic"]


@pytest.mark.parametrize(
    "targets, words",
    [
        ([], "targets"),
        ([PAGER, PAGER], "twice"),
        ([{**PAGER, "url": "http://p.example"}], "https://"),
        ([{**PAGER, "name": "Pager One"}], "name"),
        ([{**PAGER, "secret": "in the open"}], "secret"),
        ([{**PAGER, "kind": "carrier pigeon"}], "kind"),
        ([{**PAGER, "fallback": {"to": "nobody"}}], "another target"),
        ([{**PAGER, "fallback": {"to": "pager"}}], "another target"),
        ([{**PAGER, "fallback": {"to": "records"}}, FHIR], "no fallback"),
        ([{**FHIR, "when_not_acknowledged_after_s": 60}], "calls nobody"),
        ([{**FHIR, "only": {"codes": ["CRS_G3"]}}], "every resource"),
        ([{**PAGER, "only": {"priorities": ["urgent"]}}], "priorities"),
        ([{**PAGER, "when_not_acknowledged_after_s": 4000}], "when_not_acknowledged_after_s"),
        ([{**MANAGER, "tls": False}], "this machine only"),
        ([{**MANAGER, "status_reports": {"host": "10.0.0.1", "port": 1}}], "certificate"),
    ],
)
def test_what_cannot_be_meant_is_named(tmp_path: Path, targets: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(TargetsFileError, match=words) as told:
        read_targets(written(tmp_path, *targets))
    assert "in the open" not in str(told.value)


def test_a_secret_that_is_not_there_is_named_by_its_file_alone(tmp_path: Path) -> None:
    (target,) = read_targets(written(tmp_path, PAGER)).targets
    with pytest.raises(TargetsFileError, match="file s cannot be read"):
        secrets_of(target)


def test_check_says_what_each_target_gets(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x", encoding="utf-8")
    pager = {**PAGER, "secret_files": [str(secret)], "only": {"priorities": ["high"], "calls_only": True}}
    pager["fallback"] = {"to": "manager", "after_s": 45}
    path = written(tmp_path, pager, {**MANAGER, "when_not_acknowledged_after_s": 120})
    said = CliRunner().invoke(build_app(), ["forward", "check", "--targets", str(path)])
    assert said.exit_code == 0
    assert said.output.splitlines() == [
        "pager (webhook): high, calls only; after 45 s also manager",
        "manager (alarm_manager): high, medium, low, when nobody has answered for 120 s",
    ]


@pytest.mark.parametrize("words", [["forward"], ["forward", "check", "--targets", "/nowhere.yaml"]])
def test_without_a_file_it_says_so(words: list[str]) -> None:
    said = CliRunner().invoke(build_app(), words)
    assert isinstance(said.exception, CommandError)
    assert "file" in str(said.exception)

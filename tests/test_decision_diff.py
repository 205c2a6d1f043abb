"""tools/decision_diff.py shows what another version decides otherwise, and nothing else."""

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
HISTORY = ROOT / "tests" / "golden" / "child-with-fever-on-nasal-oxygen" / "events.jsonl"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("decision_diff", ROOT / "tools" / "decision_diff.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A copy of this version, to be changed."""
    shutil.copytree(ROOT / "service", tmp_path / "service", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "schemas", tmp_path / "schemas")
    return tmp_path


def test_a_version_decides_like_itself(tool: ModuleType, older: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tool.compare(older, [HISTORY]) == 0
    assert capsys.readouterr().out == ""


def test_another_threshold_shows_as_what_the_ward_would_notice(
    tool: ModuleType, older: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (changed,) = [
        path
        for path in (older / "service" / "blinwatch" / "clinical").rglob("*.yaml")
        if "fever_from_c" in path.read_text(encoding="utf-8") and "crs" in path.name
    ]
    text = changed.read_text(encoding="utf-8")
    assert text.count("value: 38.0") == 1
    changed.write_text(text.replace("value: 38.0", "value: 38.5"), encoding="utf-8")
    assert tool.compare(older, [HISTORY]) == 1
    told = capsys.readouterr().out
    assert "+ " in told, "grades that the old version did not give"
    assert "CRS_G" in told


def test_a_version_that_cannot_replay_says_so(tool: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "service" / "blinwatch").mkdir(parents=True)
    (tmp_path / "service" / "blinwatch" / "__init__.py").touch()
    (tmp_path / "service" / "blinwatch" / "cli.py").write_text("raise SystemExit('broken')", encoding="utf-8")
    with pytest.raises(tool.CannotReplayError, match="broken"):
        tool.replayed(tmp_path, HISTORY)

"""What is installed where: the wheel's contents, the extras, the locks, and the setting-up script.

Method: `pyproject.toml`, `uv.lock` and `requirements/` are read and compared as data; the slow tests build
the wheel as a release would and look inside.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email.parser import Parser
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parent.parent
LISTS = ("production", "demo", "test", "lint", "build")
TEST_AND_DEMO_PARTS = {
    "confluent-kafka",
    "hypothesis",
    "jsonschema",
    "pytest",
    "pyright",
    "ruff",
    "import-linter",
}


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / name).read_text(encoding="utf-8"))


def _project() -> dict[str, Any]:
    return _toml("pyproject.toml")["project"]


def _locked() -> dict[str, dict[str, Any]]:
    return {package["name"]: package for package in _toml("uv.lock")["package"]}


def _listed(name: str) -> dict[str, tuple[str, set[str]]]:
    """Package to version and hashes, as one of pip's lists has it."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    listed: dict[str, tuple[str, set[str]]] = {}
    for line in text.replace("\\\n", " ").splitlines():
        if line and not line.startswith("#"):
            pinned = re.match(r"([a-z0-9.-]+)(?:\[[^]]*\])?==(\S+)", line)
            assert pinned, f"requirements/{name}.txt has an unpinned line: {line}"
            listed[pinned[1]] = (pinned[2], set(re.findall(r"--hash=(\S+)", line)))
    return listed


def _names(requirements: list[str]) -> set[str]:
    """Packages of others; an extra of our own that another one takes in is listed there."""
    return {Requirement(requirement).name.lower() for requirement in requirements} - {"blinwatch"}


def test_python_3_11_to_3_13_are_allowed_and_no_other() -> None:
    allowed = SpecifierSet(_project()["requires-python"])
    assert [minor for minor in range(8, 17) if allowed.contains(f"3.{minor}.1")] == [11, 12, 13]


def test_a_production_install_carries_no_test_or_demo_parts() -> None:
    assert not _names(_project()["dependencies"]) & TEST_AND_DEMO_PARTS
    assert not set(_listed("production")) & TEST_AND_DEMO_PARTS


def test_the_demo_list_adds_the_embedded_broker_and_nothing_else() -> None:
    assert set(_listed("demo")) - set(_listed("production")) == {"confluent-kafka"}


@pytest.mark.parametrize("name", LISTS)
def test_pip_installs_exactly_what_uv_locks(name: str) -> None:
    locked = _locked()
    for package, (version, hashes) in _listed(name).items():
        files = [*locked[package].get("wheels", []), *filter(None, [locked[package].get("sdist")])]
        assert version == locked[package]["version"], f"{package}: run make requirements"
        assert hashes, f"{package} has no hash"
        assert hashes == {file["hash"] for file in files}, f"{package}: run make requirements"


def test_the_lock_knows_every_dependency_as_the_project_states_it() -> None:
    project = _project()
    asked = {(requirement, "") for requirement in project["dependencies"]}
    for extra, requirements in project["optional-dependencies"].items():
        asked |= {(requirement, extra) for requirement in requirements}
    wanted = {(Requirement(text).name.lower(), extra, str(Requirement(text).specifier)) for text, extra in asked}
    stated = set[tuple[str, str, str]]()
    for entry in _locked()["blinwatch"]["metadata"]["requires-dist"]:
        extra = re.search(r"extra == '([^']+)'", entry.get("marker", ""))
        specifier = str(SpecifierSet(entry.get("specifier", "")))
        stated.add((entry["name"], extra[1] if extra else "", specifier))
    assert stated == wanted, "run uv lock, then make requirements"


def test_the_lists_hold_every_package_that_is_asked_for() -> None:
    extras = _project()["optional-dependencies"]
    base = _names(_project()["dependencies"])
    assert base | _names(extras["board"]) <= set(_listed("production")), "the image serves the board as well"
    assert base | _names(extras["demo"]) | _names(extras["test"]) <= set(_listed("test"))
    assert base | _names(extras["test"]) | _names(extras["lint"]) <= set(_listed("lint"))


def test_the_lists_are_what_uv_exports_today(tmp_path: Path) -> None:
    uv = shutil.which(os.environ.get("UV", "uv"))
    if uv is None:
        pytest.skip("uv is not installed here; the comparison with uv.lock above still holds")
    subprocess.run(["tools/export-requirements.sh", str(tmp_path)], cwd=ROOT, env={**os.environ, "UV": uv}, check=True)
    for name in LISTS:
        exported = (tmp_path / f"{name}.txt").read_text(encoding="utf-8")
        assert exported == (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8"), "run make requirements"


def _index_hosts() -> set[str]:
    """The hosts that uv.lock names, and has to; asking it keeps this file from naming them."""
    lock = (ROOT / "uv.lock").read_text(encoding="utf-8")
    return set(re.findall(r"https://([a-z0-9.-]+)/", lock))


def test_only_the_lock_says_where_packages_come_from() -> None:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout, so the project's own files cannot be told from others")
    listing = [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    hosts = {host.encode() for host in _index_hosts()}
    assert hosts
    naming = [
        name
        for name in files
        if name and name != "uv.lock" and (ROOT / name).is_file()
        if any(host in (ROOT / name).read_bytes() for host in hosts)
    ]
    assert not naming


def test_setting_up_refuses_an_unsuitable_python_in_words(tmp_path: Path) -> None:
    """Where the only python3 is too old, the script says which versions serve and how to name one."""
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 && exit 0\nexit 1\n', encoding="utf-8")
    old.chmod(0o755)
    tree = tmp_path / "tree"
    (tree / "tools").mkdir(parents=True)
    shutil.copy(ROOT / "tools" / "setup.sh", tree / "tools")
    for tool in ("dirname", "env"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or tool)
    done = subprocess.run(
        ["/bin/sh", str(tree / "tools" / "setup.sh")],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "needs Python 3.11, 3.12 or 3.13; found: Python 3.9.2" in done.stderr
    assert "make setup PYTHON=" in done.stderr
    assert not (tree / ".venv").exists()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel as a release builds it, made with the locked build backend and without the network."""
    pytest.importorskip("hatchling", reason="the build backend is not installed; make setup installs it")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


@pytest.mark.slow
def test_the_wheel_carries_the_clinical_data_the_catalogue_and_the_schemas(wheel: zipfile.ZipFile) -> None:
    inside = set(wheel.namelist())
    clinical = {f"blinwatch/clinical/{file.name}" for file in (ROOT / "service/blinwatch/clinical").glob("*.yaml")}
    schemas = {
        f"blinwatch/schemas/{file.relative_to(ROOT / 'schemas').as_posix()}"
        for file in (ROOT / "schemas").rglob("*")
        if file.is_file()
    }
    assert len(clinical) >= 5
    assert "blinwatch/schemas/topics.yaml" in schemas
    assert clinical | schemas <= inside


@pytest.mark.slow
def test_the_wheel_carries_the_board_s_pages(wheel: zipfile.ZipFile) -> None:
    pages = {f"blinwatch/board/static/{file.name}" for file in (ROOT / "service/blinwatch/board/static").iterdir()}
    assert "blinwatch/board/static/board.html" in pages
    assert pages <= set(wheel.namelist())


@pytest.mark.slow
def test_the_wheel_carries_code_and_licence_but_no_tests(wheel: zipfile.ZipFile) -> None:
    inside = wheel.namelist()
    code = {
        f"blinwatch/{file.relative_to(ROOT / 'service/blinwatch').as_posix()}"
        for file in (ROOT / "service/blinwatch").rglob("*.py")
    }
    assert code <= set(inside)
    assert any(name.endswith("licenses/LICENSE") for name in inside)
    assert {name.split("/")[0] for name in inside} == {
        "blinwatch",
        f"blinwatch-{_project()['version']}.dist-info",
    }
    assert not [name for name in inside if "test" in name.rsplit("/", 1)[-1].split("_")]


@pytest.mark.slow
def test_the_wheel_says_what_it_needs_and_how_it_is_started(wheel: zipfile.ZipFile) -> None:
    info = f"blinwatch-{_project()['version']}.dist-info"
    metadata = Parser(policy=default).parsestr(wheel.read(f"{info}/METADATA").decode())
    needed = [Requirement(text) for text in metadata.get_all("Requires-Dist", [])]
    always = {need.name for need in needed if need.marker is None or need.marker.evaluate({"extra": ""})}
    assert not always & TEST_AND_DEMO_PARTS
    assert set(metadata.get_all("Provides-Extra", [])) == {
        "audit",
        "board",
        "forward",
        "demo",
        "postgres",
        "test",
        "lint",
    }
    assert metadata["License-Expression"] == "Apache-2.0"
    assert "blinwatch = blinwatch.cli:main" in wheel.read(f"{info}/entry_points.txt").decode()


@pytest.mark.slow
def test_the_catalogue_and_rulebook_load_from_the_wheel_alone(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    """Unpacked somewhere else, with nothing of the source tree beside it, the wheel finds all its data."""
    wheel.extractall(tmp_path)
    program = (
        "import json, blinwatch; from blinwatch.catalogue import load_catalogue; "
        "from blinwatch.clinical.load_rulebook import load_rulebook; "
        "print(json.dumps([blinwatch.__file__, len(load_catalogue().topics), load_rulebook().version]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    place, topics, version = json.loads(done.stdout)
    assert place.startswith(str(tmp_path))
    assert topics >= 12
    assert version

"""The rooms of docs/architecture.md: what may import what.

import-linter (in pyproject.toml) follows whole chains of imports; it cannot say "the standard library only",
so that part is read from the source here, and these tests run wherever pytest does.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "service" / "blinwatch"
RULEBOOK_TYPES = {"rows", "rulebook"}
OUTWARD = {
    "asyncio", "getpass", "glob", "http", "importlib", "io", "locale", "logging", "multiprocessing", "os",
    "pathlib", "pickle", "platform", "random", "secrets", "select", "shelve", "shutil", "signal", "socket",
    "sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid", "warnings",
}  # fmt: skip
"""Parts of the standard library that look at the clock, the machine, the disk, the network or at chance."""

INDEPENDENT = ("receive", "deliver", "observe")


def _imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative imports hide which room is entered"
            yield node.module or ""


def _allowed_in_core(module: str) -> bool:
    parts = module.split(".")
    if parts[:2] == ["blinwatch", "core"]:
        return True
    if parts[:2] == ["blinwatch", "clinical"] and len(parts) == 3:
        return parts[2] in RULEBOOK_TYPES or parts[2].endswith("_rules")
    return parts[0] in sys.stdlib_module_names and parts[0] not in OUTWARD


def test_core_imports_only_the_inward_standard_library_and_the_rulebook_types() -> None:
    offences = [
        f"{file.relative_to(ROOT)} imports {module}"
        for file in sorted((PACKAGE / "core").rglob("*.py"))
        for module in _imports(file)
        if not _allowed_in_core(module)
    ]
    assert not offences, "\n".join(offences)


@pytest.mark.parametrize(
    "module,allowed",
    [
        ("dataclasses", True),
        ("datetime", True),
        ("blinwatch.core.events", True),
        ("blinwatch.clinical.crs_rules", True),
        ("blinwatch.clinical.load_rulebook", False),
        ("blinwatch.settings", False),
        ("logging", False),
        ("random", False),
        ("time", False),
        ("os.path", False),
        ("pydantic", False),
    ],
)
def test_the_check_on_core_knows_inside_from_outside(module: str, allowed: bool) -> None:
    assert _allowed_in_core(module) is allowed


@pytest.mark.parametrize("room", INDEPENDENT)
def test_receive_deliver_and_observe_do_not_know_each_other(room: str) -> None:
    others = tuple(f"blinwatch.{other}" for other in INDEPENDENT if other != room)
    offences = [
        f"{file.relative_to(ROOT)} imports {module}"
        for file in sorted((PACKAGE / room).rglob("*.py"))
        for module in _imports(file)
        if module.startswith(others)
    ]
    assert not offences, "\n".join(offences)


def test_judging_needs_no_third_party_package_at_all() -> None:
    """A fresh interpreter that imports the core has loaded nothing but Python itself and blinwatch."""
    modules = ",".join(
        "blinwatch.core." + ".".join(file.relative_to(PACKAGE / "core").with_suffix("").parts)
        for file in sorted((PACKAGE / "core").rglob("*.py"))
        if file.name != "__init__.py"
    )
    program = (
        f"import sys; sys.path[:0] = [{str(PACKAGE.parent)!r}]; import {modules}; "
        "print(*sorted({name.split('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)))"
    )
    # -S keeps site-packages away: whatever is not the standard library cannot even be found.
    done = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) - {"__main__"} == {"blinwatch"}

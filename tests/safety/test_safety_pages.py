"""The evidence for the quality manager holds: every row is complete, and every test that it names is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs/safety").glob("*.md"))
HAZARDS, THREATS = ROOT / "docs/safety/hazards.md", ROOT / "docs/safety/threats.md"
ELSEWHERE = {"H-28"}
"""Rows whose controls and proofs are another page."""


def rows(page: Path, beginning: str) -> dict[str, list[str]]:
    """Id to the cells of its row."""
    found: dict[str, list[str]] = {}
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith(f"| {beginning}-"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            assert cells[0] not in found, f"{cells[0]} stands twice"
            found[cells[0]] = cells
    return found


def named_tests(text: str) -> list[str]:
    return re.findall(r"`(tests/[^`]+)`", text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_that_a_page_names_is_there(page: Path) -> None:
    for named in named_tests(page.read_text(encoding="utf-8")):
        file, _, test = named.partition("::")
        assert (ROOT / file).is_file(), named
        if test:
            assert re.search(rf"def {test}\(", (ROOT / file).read_text(encoding="utf-8")), named


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_every_hazard_has_a_cause_a_control_and_a_test_that_proves_it() -> None:
    hazards = rows(HAZARDS, "H")
    assert len(hazards) >= 25
    for name, cells in hazards.items():
        assert len(cells) == 7, name
        assert all(cells), f"{name} has an empty cell"
        assert re.match(r"S[1-4]", cells[3]), f"{name} states no severity"
        if name not in ELSEWHERE:
            assert re.search(r"`[DPI]` ", cells[5]), f"{name} says no kind of control"
            assert named_tests(cells[6]), f"{name} names no test"


def test_every_kind_of_threat_is_there_with_a_control_and_a_test() -> None:
    threats = rows(THREATS, "T")
    assert {cells[1] for cells in threats.values()} == {
        "Spoofing",
        "Tampering",
        "Repudiation",
        "Disclosure",
        "Denial",
        "Elevation",
    }
    for name, cells in threats.items():
        assert len(cells) == 6, name
        assert all(cells[:5]), f"{name} has an empty cell"
        assert named_tests(cells[4]), f"{name} names no test"


def test_the_quality_manager_finds_every_page_from_the_first_one() -> None:
    first = (ROOT / "docs/safety/README.md").read_text(encoding="utf-8")
    for page in PAGES:
        assert page.name == "README.md" or f"({page.name})" in first, page.name

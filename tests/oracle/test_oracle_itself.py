"""The second opinion agrees with every written case: where both it and the service are wrong, a case can tell."""

import ast
import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.crs_course import judge_crs
from tests.oracle.dose_advice import advise
from tests.oracle.icans_course import judge_icans

DOMAINS = ("CRS", "ICANS", "DOSE_MOD")
TABLES = [Path(__file__).parents[1] / "cases" / f"{name}_cases.csv" for name in ("crs", "icans", "dose_mod")]


def opinion(domain: str, given: dict[str, Any]) -> tuple[set[str], set[str]]:
    """The codes that the second opinion admits, and its flags."""
    if domain == "DOSE_MOD":
        advice = advise(given)
        return set(advice.codes), {"INCOMPLETE"} if advice.incomplete is not False else set()
    course = judge_crs(given) if domain == "CRS" else judge_icans(given)[0]
    return {getattr(course, given.get("query", "current"))}, set(course.flags | course.left_open)


def differs(row: dict[str, str]) -> str | None:
    codes, flags = opinion(row["domain"], json.loads(row["given"]))
    missing = {flag for flag in row["flags"].split(";") if flag} - flags
    if row["expected"] in codes and not missing:
        return None
    return f"{row['id']}: written {row['expected']}, oracle {sorted(codes)}, flags missing {sorted(missing)}"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.stem)
def test_the_second_opinion_agrees_with_every_written_case(table: Path) -> None:
    with table.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["domain"] in DOMAINS]
    wrong = [text for row in rows if (text := differs(row))]
    assert rows
    assert not wrong, f"{len(wrong)} of {len(rows)} cases:\n" + "\n".join(wrong)


OPINION = ("exact", "chart", "course", "crs", "crs_course", "icans", "icans_course", "dose_advice")


@pytest.mark.parametrize("name", OPINION)
def test_the_second_opinion_imports_nothing_of_the_service(name: str) -> None:
    tree = ast.parse((Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported
    assert not {module for module in imported if module.partition(".")[0] == "blinwatch"}

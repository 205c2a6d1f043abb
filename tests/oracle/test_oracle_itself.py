"""The second opinion agrees with every written case: where both it and the service are wrong, a case can tell."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.crs_course import judge_crs
from tests.oracle.dose_advice import advise
from tests.oracle.icans_course import judge_icans

TABLES = sorted((Path(__file__).parents[1] / "cases").glob("*.csv"))


def written_cases() -> Iterator[Any]:
    for table in TABLES:
        with table.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                if row["domain"] in {"CRS", "ICANS", "DOSE_MOD"}:
                    yield pytest.param(row, id=row["id"])


def opinion(domain: str, given: dict[str, Any]) -> tuple[set[str], set[str]]:
    """The codes that the second opinion admits, and its flags."""
    if domain == "DOSE_MOD":
        advice = advise(given)
        return set(advice.codes), {"INCOMPLETE"} if advice.incomplete is not False else set()
    course = judge_crs(given) if domain == "CRS" else judge_icans(given)[0]
    return {getattr(course, given.get("query", "current"))}, set(course.flags | course.left_open)


@pytest.mark.parametrize("row", list(written_cases()))
def test_a_written_case_comes_out_as_written(row: dict[str, str]) -> None:
    codes, flags = opinion(row["domain"], json.loads(row["given"]))
    assert row["expected"] in codes
    assert {flag for flag in row["flags"].split(";") if flag} <= flags

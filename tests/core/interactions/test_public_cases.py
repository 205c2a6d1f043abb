"""The public case table, judged by the check itself; CLINICAL_CASES names the file."""

import csv
import json
import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.findings import InteractionFindings
from blinwatch.core.interactions.check import check_interactions

FILE = Path(os.environ.get("CLINICAL_CASES", "no case table is named"))
FINDINGS = TypeAdapter(InteractionFindings)


def interaction_rows() -> list[dict[str, str]]:
    if not FILE.exists():
        return []
    with FILE.open(encoding="utf-8", newline="") as lines:
        return [row for row in csv.DictReader(lines) if row["domain"] == "DDI"]


def as_findings(given: dict[str, Any]) -> InteractionFindings:
    """`running` names one or several drugs; of a drug that is said to run or not, it says yes or no."""
    running = given.get("running")
    if isinstance(running, bool):
        given["running"] = [given["drug"]] if running else []
    elif isinstance(running, str):
        given["running"] = [running]
    return FINDINGS.validate_json(json.dumps(given))


@pytest.mark.skipif(not FILE.exists(), reason="NO CASE TABLE: set CLINICAL_CASES to run the public cases")
def test_there_are_interaction_cases() -> None:
    assert len(interaction_rows()) > 30


@pytest.mark.parametrize("row", interaction_rows(), ids=lambda row: row["id"])
def test_each_public_case(row: dict[str, str], rulebook: Rulebook) -> None:
    verdict = check_interactions(as_findings(json.loads(row["given"])), rulebook)
    assert verdict.headline == row["expected"], verdict.findings
    assert set(filter(None, row["flags"].split(";"))) <= set(verdict.flags)

"""The public case table, judged by `advise` itself."""

import csv
import json
import os
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.dose_advice.advise import advise
from blinwatch.core.dose_advice.facts import NO_FACTS
from blinwatch.core.findings import ReactionFindings

ROOT = Path(__file__).resolve().parents[3]
FILE = Path(os.environ.get("CLINICAL_CASES", str(ROOT.parent / "shared/clinical/cases_public.csv")))
FINDINGS = TypeAdapter(ReactionFindings)


def dose_rows() -> list[dict[str, str]]:
    if not FILE.exists():
        return []
    with FILE.open(encoding="utf-8", newline="") as lines:
        return [row for row in csv.DictReader(lines) if row["domain"] == "DOSE_MOD"]


@pytest.mark.skipif(not FILE.exists(), reason=f"NO CASE TABLE at {FILE}: set CLINICAL_CASES to run the public cases")
def test_there_are_dose_cases() -> None:
    assert len(dose_rows()) > 30


@pytest.mark.parametrize("row", dose_rows(), ids=lambda row: row["id"])
def test_each_public_case(row: dict[str, str], rulebook: Rulebook) -> None:
    given = json.loads(row["given"])
    shared = {name: value for name, value in given.items() if name != "reactions"}
    entries = given.get("reactions", [{}])
    reactions = [FINDINGS.validate_json(json.dumps({**shared, **entry})) for entry in entries]
    advice = advise(reactions, NO_FACTS, rulebook)
    assert advice.code == row["expected"], advice.because
    assert set(filter(None, row["flags"].split(";"))) <= set(advice.flags)

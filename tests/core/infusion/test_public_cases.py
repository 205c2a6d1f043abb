"""The public case table, judged by the functions themselves: both the snapshot form and the `events` form."""

import csv
import json
import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.core.findings import InfusionFindings
from blinwatch.core.infusion.judge import judge_infusion
from blinwatch.core.infusion.premedication import PremedDose
from blinwatch.core.infusion.timeline import judge_timeline
from blinwatch.core.infusion.verdict import InfusionVerdict
from tests.core.infusion.story import Told, ledger_of, ms, ordered, pump_events

ROOT = Path(__file__).resolve().parents[3]
FILE = Path(os.environ.get("CLINICAL_CASES", str(ROOT.parent / "shared/clinical/cases_public.csv")))
FINDINGS = TypeAdapter(InfusionFindings)
ORDER_FIELDS = {
    *("age_years", "phase", "cycle", "weight_kg", "bsa_m2", "bag_type_h", "bag_label_rate_ml_h", "preservative"),
    *("benzyl_min_weight_kg", "label_region", "restart_low", "filter_present", "location"),
}


def infusion_rows() -> list[dict[str, str]]:
    if not FILE.exists():
        return []
    with FILE.open(encoding="utf-8", newline="") as lines:
        return [row for row in csv.DictReader(lines) if row["domain"] == "INFUSION"]


def as_findings(given: dict[str, Any]) -> InfusionFindings:
    if isinstance(given.get("premed"), dict):
        given["premed"] = [given["premed"]]
    return FINDINGS.validate_json(json.dumps(given))


def judge_case(given: dict[str, Any], rules: InfusionRules) -> InfusionVerdict:
    if "events" not in given:
        return judge_infusion(as_findings(given), rules)
    query_h = given["query_t_h"]
    story: list[Told] = []
    premeds: list[PremedDose] = []
    for number, event in enumerate(sorted(given["events"], key=lambda event: event["t_h"])):
        said = {name: value for name, value in event.items() if name not in ("t_h", "type", "dose_mcg_day")}
        if event["type"] == "premed":
            premeds.append(PremedDose(at_ms=ms(event["t_h"]), event_id=f"premed-{number}", **said))
            continue
        if "dose_mcg_day" in event:
            said["programmed_dose_mcg_day"] = float(event["dose_mcg_day"])
        story.append((event["t_h"], event["type"], said))
    plain = {name: value for name, value in given.items() if name not in ("events", "query_t_h")}
    order = ordered(**{name: plain.get(name) for name in ORDER_FIELDS})
    charted = {name: value for name, value in plain.items() if name not in ORDER_FIELDS}
    ledger = ledger_of(pump_events(story), rules, order)
    return judge_timeline(
        ledger, order, tuple(premeds), ms(query_h), rules, as_findings(charted) if charted else None
    ).verdict


@pytest.mark.skipif(not FILE.exists(), reason=f"NO CASE TABLE at {FILE}: set CLINICAL_CASES to run the public cases")
def test_there_are_infusion_cases() -> None:
    assert len(infusion_rows()) > 50


@pytest.mark.parametrize("row", infusion_rows(), ids=lambda row: row["id"])
def test_each_public_case(row: dict[str, str], rules: InfusionRules) -> None:
    verdict = judge_case(json.loads(row["given"]), rules)
    assert verdict.headline == row["expected"], verdict.findings
    assert set(filter(None, row["flags"].split(";"))) <= set(verdict.flags)

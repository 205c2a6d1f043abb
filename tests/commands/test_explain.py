"""`blinwatch explain`: what led to an alert, in the order of time, down to the citation."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from blinwatch.cli import build_app
from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.clinical.site_protocol import parse_site_protocol, put_in_force
from blinwatch.commands.failure import CommandError
from blinwatch.commands.replay import replay_decisions
from blinwatch.core.decisions import AlertTransition
from blinwatch.core.events import AlertAcknowledged, AnyEvent, MedicationAdministered, SignAttributed
from blinwatch.core.pump_events import DeliveryStarted, DeliveryStopped
from blinwatch.deliver.publish_decisions import DecisionPublisher
from blinwatch.deliver.rulebook_change import audit_record, find_change, in_force
from blinwatch.receive.event_log import write_events
from tests.core.stories import START, header, order, tick, vitals
from tests.support.embedded import PlainWriter, catalogue_broker

BASE = load_rulebook()
GOOD = {"sbp_mmhg": 118.0, "spo2_pct": 97.0, "o2_device": "room_air"}


def alert_of(events: list[AnyEvent], key: str) -> str:
    return next(
        one.alert_id
        for one in replay_decisions(events, BASE)
        if isinstance(one, AlertTransition) and one.alert.key == key
    )


def told() -> list[AnyEvent]:
    """A fever, low pressure, somebody who sees it; the pump stops beside it; a value a minute that says nothing."""
    events: list[AnyEvent] = [order(), DeliveryStarted(**header(1, 1))]
    events += [vitals(100 + minute, minute, heart_rate_bpm=80.0, spo2_pct=97.0) for minute in range(2, 60)]
    events += [
        vitals(2, 10.5, temperature_c=36.8, **GOOD),
        MedicationAdministered(**header(3, 20.5), drug="paracetamol", dose_mg=1000),
        vitals(4, 30.5, temperature_c=38.6, **GOOD),
        vitals(5, 40.5, temperature_c=38.7, **{**GOOD, "sbp_mmhg": 84.0}),
        DeliveryStopped(**header(6, 45.5)),
    ]
    events.sort(key=lambda event: (event.occurred_at, event.event_id))
    seen = AlertAcknowledged(**header(7, 50.5), by="nurse-4", reason="doctor called", alert_id=alert_of(events, "CRS"))
    events = [*events, seen, tick(1, 300)]
    return sorted(events, key=lambda event: (event.occurred_at, event.event_id))


EVENTS = told()
CRS_ALERT, GAP_ALERT = alert_of(EVENTS, "CRS"), alert_of(EVENTS, "INF_INTERRUPT")


@pytest.fixture
def log(tmp_path: Path) -> str:
    path = tmp_path / "log.jsonl"
    with path.open("wb") as file:
        write_events(file, EVENTS)
    return str(path)


def run(*words: str) -> Result:
    return CliRunner().invoke(build_app(), ["explain", *words], env={"COLUMNS": "200"})


def text(*words: str) -> str:
    result = run(*words)
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


def story(*words: str) -> Any:
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refusal(*words: str) -> str:
    result = run(*words)
    assert result.exit_code == 1
    assert isinstance(result.exception, CommandError)
    return str(result.exception)


def test_an_alert_can_be_followed_from_the_observation_to_the_citation(log: str) -> None:
    said = text(CRS_ALERT, "--events", log)
    in_this_order = (
        "CRS grade 2 (CRS_G2)",
        "Rule CRS-6, hypotension:",
        f"Judged by rulebook {BASE.version}, digest {BASE.digest}",
        "vital signs: monitoring continuous; temperature 36.8 °C",
        "medication: action given; drug paracetamol; dose 1000 mg",
        "vital signs: monitoring continuous; temperature 38.6 °C",
        "RAISED CRS_G1, low priority",
        "rests on temperature 38.6 °C",
        "systolic pressure 84 mmHg",
        "ESCALATED CRS_G2, medium priority",
        f"rule CRS-6: {BASE.cite('CRS-6')}",
        "alert acknowledged",
        "ACKNOWLEDGED CRS_G2 nurse-4: doctor called",
    )
    position = -1
    for part in in_this_order:
        assert part in said[position + 1 :], part
        position = said.index(part, position + 1)


def test_values_that_changed_nothing_are_counted_and_not_listed(log: str) -> None:
    document = story(CRS_ALERT, "--events", log)
    events = [entry for entry in document["story"] if entry["kind"] == "event"]
    assert document["values_passed_over"] > 40
    assert len(events) + document["values_passed_over"] <= len(EVENTS)
    assert len([one for one in events if "heart rate 80" in one["text"]]) < 10
    assert not any("pump stopped" in one["text"] for one in events), "the pump is another subject"


def test_an_interruption_is_told_by_what_the_pump_said_and_by_the_time_that_passed(log: str) -> None:
    said = text(GAP_ALERT, "--events", log)
    for part in (
        "pump runs",
        "pump stopped",
        "RAISED INF_INTERRUPT_SHORT",
        "limit: > 5 min",
        "ESCALATED INF_INTERRUPT_4H",
    ):
        assert part in said
    assert "temperature 38.6" not in said


def test_an_attribution_of_staff_is_part_of_the_story(tmp_path: Path) -> None:
    attributed = SignAttributed(
        **header(8, 48.5), by="dr-2", reason="line sepsis", sign="fever", cause="sepsis", until=None
    )
    path = tmp_path / "log.jsonl"
    events = sorted([*EVENTS, attributed], key=lambda event: (event.occurred_at, event.event_id))
    with path.open("wb") as file:
        write_events(file, events)
    assert "sign attributed to another cause: by dr-2" in text(CRS_ALERT, "--events", str(path))


def test_the_beginning_of_an_id_is_enough_where_it_is_the_only_one(log: str) -> None:
    assert story(CRS_ALERT[:6], "--events", log)["alert"]["alert_id"] == CRS_ALERT
    assert f"{CRS_ALERT} (CRS_G2)" in refusal("", "--events", log), "everything begins with nothing"
    assert "several alerts begin with ''" in refusal("", "--events", log)


def test_an_unknown_id_is_answered_with_those_there_are(log: str, tmp_path: Path) -> None:
    said = refusal("zzz", "--events", log)
    assert "no alert begins with 'zzz'" in said
    assert CRS_ALERT in said
    quiet = tmp_path / "quiet.jsonl"
    with quiet.open("wb") as file:
        write_events(file, [vitals(1, 1, heart_rate_bpm=80)])
    assert "there is no alert at all" in refusal("zzz", "--events", str(quiet))


def test_steps_and_grades_come_in_the_order_of_time_and_are_those_of_the_replay(log: str) -> None:
    document = story(CRS_ALERT, "--events", log)
    moments = [entry["at"] for entry in document["story"]]
    assert moments == sorted(moments)
    replayed = [
        one.decision_id
        for one in replay_decisions(EVENTS, BASE)
        if isinstance(one, AlertTransition) and one.alert_id == CRS_ALERT
    ]
    assert [one["decision_id"] for one in document["steps"]] == replayed


def test_a_hospitals_own_value_is_cited_in_the_story(log: str, tmp_path: Path) -> None:
    protocol = tmp_path / "site.yaml"
    protocol.write_text(
        "site: Example\napproved_by: Committee\napproved_on: 2026-11-02\n"
        "overrides:\n  crs.map_limit_adult_mmhg: {value: 60}\n",
        encoding="utf-8",
    )
    said = text(CRS_ALERT, "--events", log, "--site-protocol", str(protocol))
    assert "60 instead of 65 mmHg, approved by Committee on 2026-11-02" in said
    assert f"{BASE.version}+site" in said


@pytest.mark.kafka
def test_from_a_broker_the_same_story_is_told_by_the_decisions_own_values() -> None:
    publisher = DecisionPublisher(rulebook_version=BASE.version, rulebook_digest=BASE.digest)
    site = put_in_force(
        BASE,
        parse_site_protocol(
            "site.yaml",
            "site: Example\napproved_by: Committee\napproved_on: 2026-11-02\noverrides:\n"
            "  crs.resolve_after_h: {value: 36}\n",
            BASE,
        ),
    )
    change = find_change("group", in_force(BASE, 0), site, START)
    assert change is not None
    with catalogue_broker() as broker:
        writer = PlainWriter(broker.bootstrap)
        records = [one for decision in replay_decisions(EVENTS, BASE) for one in publisher.records_of(decision)]
        for record in [audit_record(change), audit_record(change), *records]:
            writer.write(record.topic, record.key, record.value, headers=record.headers)
        writer.flush()
        words = [sys.executable, "-m", "blinwatch.cli", "explain", CRS_ALERT[:8], "--bootstrap", broker.bootstrap]
        shown = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        assert shown.returncode == 0, shown.stderr
        said = " ".join(shown.stdout.split())
        for part in (
            "From the alert and audit topics",
            "RAISED CRS_G1, low priority",
            "rests on temperature 38.6 °C",
            "graded CRS_G2",
            "ACKNOWLEDGED CRS_G2 nurse-4: doctor called",
            "approved by Committee",
        ):
            assert part in said, part
        assert said.count("other clinical data in force") == 1, "a record written twice is told once"
        assert "INF_INTERRUPT" not in said
        unknown = subprocess.run(
            [*words[:4], "zzz", *words[5:]], capture_output=True, text=True, check=False, timeout=60
        )
        assert unknown.returncode == 1
        assert "no alert begins with 'zzz'" in unknown.stderr

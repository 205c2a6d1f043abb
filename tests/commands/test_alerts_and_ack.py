"""`blinwatch alerts` and `blinwatch ack` against a broker: what any subscriber reads, and how staff answer."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest

from blinwatch.core.decisions import Alert, AlertTransition, InputNote
from blinwatch.deliver.publish_decisions import ACTIVE_TOPIC, DecisionPublisher
from blinwatch.receive.decode import decode_record
from tests.commands.test_alert_text import ALERT, AT
from tests.support.brokers import Broker
from tests.support.embedded import PlainReader, PlainWriter, catalogue_broker, empty_broker

pytestmark = pytest.mark.kafka
PUBLISHER = DecisionPublisher(rulebook_version="1.1.0", rulebook_digest="0" * 16)
LOW = replace(
    ALERT,
    alert_id="low1",
    patient_id="p-18",
    key="SPO2_LOW",
    code="SPO2_LOW",
    rule_id="CRS-9",
    priority="low",
    level=0,
    summary="SpO2 is low.",
    since=AT - timedelta(hours=3),
)
GONE = replace(ALERT, alert_id="gone1", patient_id="p-19", code="INF_FLUSH", rule_id="INF-10")


def step(alert: Alert, kind: Any, caused_by: str = "e1", by: str | None = None) -> AlertTransition:
    return AlertTransition(
        decision_id=f"{alert.alert_id}-{kind}",
        alert_id=alert.alert_id,
        patient_id=alert.patient_id,
        transition=kind,
        occurred_at=AT,
        late=False,
        caused_by=caused_by,
        by=by,
        alert=alert,
    )


def publish(writer: PlainWriter, decision: AlertTransition | InputNote) -> None:
    """Exactly the records a worker writes for it."""
    for record in PUBLISHER.records_of(decision):
        writer.write(record.topic, record.key, record.value, headers=record.headers)
    writer.flush()


@pytest.fixture
def broker() -> Iterator[Broker]:
    """Two alerts stand, a third was raised and resolved."""
    with catalogue_broker() as broker:
        writer = PlainWriter(broker.bootstrap)
        for alert in (LOW, ALERT, GONE):
            publish(writer, step(alert, "raised"))
        publish(writer, step(replace(GONE, state="resolved"), "resolved"))
        yield broker


def run(broker: Broker, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "blinwatch.cli", *words, "--bootstrap", broker.bootstrap],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_standing_alerts_are_told_most_urgent_first_and_resolved_ones_not(broker: Broker) -> None:
    shown = run(broker, "alerts")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.index("CRS_G3") < shown.stdout.index("SPO2_LOW")
    assert "INF_FLUSH" not in shown.stdout
    for part in ("sbp_mmhg 82", "CRS-7 (ASTCT): Lee et al.", "since 2026-03-01 09:10:05 UTC", "abc123"):
        assert part in shown.stdout


def test_only_one_priority_can_be_asked_for(broker: Broker) -> None:
    assert "SPO2_LOW" not in run(broker, "alerts", "--priority", "high").stdout
    assert run(broker, "alerts", "--priority", "medium").stdout.strip() == "No medium alert stands."
    assert run(broker, "alerts", "--priority", "purple").returncode == 2


def test_for_machines_the_records_come_as_they_are_on_the_topic(broker: Broker) -> None:
    lines = run(broker, "alerts", "--json").stdout.splitlines()
    assert [orjson.loads(line)["alert_id"] for line in lines] == ["abc123", "low1"]
    records = PlainReader(broker.bootstrap, ACTIVE_TOPIC).read_to_end()
    assert {line.encode() for line in lines} < {record.value() for record in records}


def test_following_tells_what_stands_and_then_what_happens(broker: Broker) -> None:
    follower = subprocess.Popen(
        [sys.executable, "-m", "blinwatch.cli", "alerts", "--follow", "--bootstrap", broker.bootstrap],
        stdout=subprocess.PIPE,
        text=True,
        env=None,
    )
    assert follower.stdout is not None
    try:
        said = ""
        while "SPO2_LOW" not in said:
            said += follower.stdout.readline()
        publish(PlainWriter(broker.bootstrap), step(replace(GONE, alert_id="new1", code="INF_AIR"), "raised"))
        while "INF_AIR" not in said:
            said += follower.stdout.readline()
        assert "RAISED 2026-03-01 09:10:05 UTC" in said
        assert "INF_FLUSH" not in said
    finally:
        follower.terminate()
        follower.wait()
        follower.stdout.close()


def answer(broker: Broker, say: Any) -> threading.Thread:
    """Stand in for a worker: answer the next command with what `say` makes of it."""

    def work() -> None:
        reader = PlainReader(broker.bootstrap, "alerts.commands.v1")
        record = reader.read_until(lambda records: len(records) >= 1)[0]
        command = decode_record("alerts.commands.v1", record.key(), record.value())
        publish(PlainWriter(broker.bootstrap), say(command))

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_an_acknowledgement_reaches_the_worker_under_the_alerts_patient_and_its_answer_is_said(
    broker: Broker,
) -> None:
    commands: list[Any] = []

    def say(command: Any) -> AlertTransition:
        commands.append(command)
        seen = replace(ALERT, state="acknowledged", acknowledged_by=command.by, acknowledged_reason=command.reason)
        return step(seen, "acknowledged", caused_by=command.event_id, by=command.by)

    worker = answer(broker, say)
    done = run(broker, "ack", "abc123", "--by", "nurse-4", "--reason", "doctor called")
    worker.join()
    assert done.returncode == 0, done.stderr
    assert "Acknowledged CRS_G3 (high) of p-17 by nurse-4" in done.stdout
    (command,) = commands
    assert (command.patient_id, command.alert_id, command.by, command.reason) == (
        "p-17", "abc123", "nurse-4", "doctor called",
    )  # fmt: skip
    assert command.occurred_at >= ALERT.updated_at


def test_a_refusal_is_a_failure_with_the_workers_own_reason(broker: Broker) -> None:
    def say(command: Any) -> InputNote:
        return InputNote(
            decision_id="n1",
            patient_id=command.patient_id,
            note="command_refused",
            detail="the alert is acknowledged already",
            occurred_at=AT,
            caused_by=command.event_id,
        )

    worker = answer(broker, say)
    done = run(broker, "ack", "abc123", "--by", "nurse-4", "--reason", "x")
    worker.join()
    assert done.returncode == 1
    assert "not acknowledged: the alert is acknowledged already" in done.stderr


@pytest.mark.parametrize("alert_id", ["nonsense", "gone1"])
def test_an_unknown_or_resolved_alert_is_refused_without_writing_anything(broker: Broker, alert_id: str) -> None:
    done = run(broker, "ack", alert_id, "--by", "nurse-4", "--reason", "x")
    assert done.returncode == 1
    assert f"no standing alert has the id {alert_id}" in done.stderr
    assert not PlainReader(broker.bootstrap, "alerts.commands.v1").read_to_end()


def test_who_and_why_must_be_sayable(broker: Broker) -> None:
    done = run(broker, "ack", "abc123", "--by", "", "--reason", "x")
    assert done.returncode == 1
    assert "--by" in done.stderr


def test_a_broker_without_blinwatchs_topics_is_told_apart_from_no_broker() -> None:
    with empty_broker() as bare:
        done = run(bare, "alerts")
    assert done.returncode == 1
    assert "has no topic alerts.active.v1. Create blinwatch's topics: blinwatch topics apply" in done.stderr

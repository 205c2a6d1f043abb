"""`blinwatch doctor` against a real worker: the alert comes and ends, and nobody but the doctor ever hears of it."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from blinwatch.catalogue import load_catalogue
from blinwatch.core.doctor_patient import MARK
from tests.support.brokers import Broker
from tests.support.embedded import PARTITIONS, PlainReader, PlainWriter, catalogue_broker
from tests.support.worker_process import REAL_WITH_CLOCK, WorkerProcess, free_port

pytestmark = pytest.mark.kafka
CATALOGUE = load_catalogue(PARTITIONS)
TOLD_ELSEWHERE = [topic.name for topic in CATALOGUE.topics if topic.direction in ("out", "dlq")]


@pytest.fixture
def broker() -> Iterator[Broker]:
    with catalogue_broker() as broker:
        yield broker


def doctor(broker: Broker, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "blinwatch.cli", "doctor", "--bootstrap", broker.bootstrap, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        env={**os.environ, "BLINWATCH_PARTITIONS": str(PARTITIONS), **settings},
    )


def findings(shown: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    return {one["check"]: one for one in json.loads(shown.stdout)["findings"]}


def test_a_well_installation_is_well_and_nobody_but_the_doctor_hears_of_its_patient(
    broker: Broker, tmp_path: Path
) -> None:
    with WorkerProcess(broker.bootstrap, tmp_path, REAL_WITH_CLOCK, tick_interval_s=1) as worker:
        worker.until_ready(partitions=PARTITIONS)
        address = f"127.0.0.1:{worker.port}"
        for _ in range(2):
            shown = doctor(broker, "--worker", address, "--within", "10s", "--json")
            assert shown.returncode == 0, shown.stdout + shown.stderr
            found = findings(shown)
            assert {name: one["verdict"] for name, one in found.items()} == dict.fromkeys(
                ("broker", "topics", "workers", "test_patient"), "well"
            )
            assert len(found["test_patient"]["alert_s"]) == PARTITIONS
            assert max(found["test_patient"]["alert_s"]) < 10
        write_air_in_line_of_a_person(broker)
        reader = PlainReader(broker.bootstrap, *TOLD_ELSEWHERE)
        told = reader.read_until(lambda seen: any(one.topic() == "patients.status.v1" for one in seen))
        told = reader.read_for(2.0)  # ticks pass: nothing is told of the doctor's patient then either
        reader.close()
        metrics = worker.get("/metrics")[1].decode()
    assert {"alerts.lifecycle.v1", "audit.decisions.v1", "patients.status.v1"} <= {str(one.topic()) for one in told}
    assert not [one.topic() for one in told if MARK.encode() in (one.key() or b"") + (one.value() or b"")]
    assert total(metrics, "blinwatch_state_patients") == 1
    assert total(metrics, "blinwatch_patients{") == 1
    assert total(metrics, "blinwatch_alerts_raised_total{") == 1
    assert total(metrics, "blinwatch_event_to_alert_seconds_count") == 1


def write_air_in_line_of_a_person(broker: Broker) -> None:
    """The same alarm that the doctor makes up, of somebody who is there."""
    event = {
        "type": "infusion_assessed",
        "event_id": "e1",
        "patient_id": "anna",
        "occurred_at": datetime.now(UTC).isoformat(),
        "source": "test",
        "findings": {"pump_event": "air", "rate_ml_h": 10},
    }
    writer = PlainWriter(broker.bootstrap)
    writer.write("assessments.recorded.v1", b"anna", json.dumps(event).encode())
    writer.flush()


def total(metrics: str, beginning: str) -> float:
    return sum(float(line.rpartition(" ")[2]) for line in metrics.splitlines() if line.startswith(beginning))


def test_a_partition_that_nobody_judges_is_found_in_time(broker: Broker) -> None:
    began_s = time.monotonic()
    shown = doctor(broker, "--within", "2s")
    assert shown.returncode == 1
    assert time.monotonic() - began_s < 40
    assert "no alert within 2 s in 4 of 4 partitions (partition 0, 1, 2, 3)" in shown.stdout
    assert "watch monitors and pumps themselves" in shown.stdout
    assert "workers       not asked" in shown.stdout


def test_without_a_broker_it_says_so_and_makes_up_no_patient() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "blinwatch.cli", "doctor", "--bootstrap", f"127.0.0.1:{free_port()}", "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert shown.returncode == 1
    assert {name: one["verdict"] for name, one in findings(shown).items()} == {
        "broker": "failed",
        "topics": "not_asked",
        "workers": "not_asked",
        "test_patient": "not_asked",
    }


def test_topics_that_are_not_as_the_catalogue_wants_are_told_and_no_patient_is_made_up(broker: Broker) -> None:
    shown = doctor(broker, "--json", BLINWATCH_PARTITIONS="8")
    found = findings(shown)
    assert (shown.returncode, found["topics"]["verdict"], found["test_patient"]["verdict"]) == (
        1,
        "failed",
        "not_asked",
    )
    assert "has 4 partitions" in found["topics"]["said"]


def test_the_permanent_self_test_serves_its_metrics(broker: Broker, tmp_path: Path) -> None:
    port = free_port()
    with WorkerProcess(broker.bootstrap, tmp_path, REAL_WITH_CLOCK) as worker:
        worker.until_ready(partitions=PARTITIONS)
        words = ("--every", "10s", "--metrics-port", str(port), "--worker", f"127.0.0.1:{worker.port}")
        with subprocess.Popen(
            [sys.executable, "-m", "blinwatch.cli", "doctor", "--bootstrap", broker.bootstrap, *words],
            env={**os.environ, "BLINWATCH_PARTITIONS": str(PARTITIONS)},
            stderr=subprocess.PIPE,
        ) as running:
            try:
                metrics = until_metric(port, "blinwatch_doctor_examinations_total 1.0")
            finally:
                running.terminate()
                assert running.wait(20) == 0
    assert f"blinwatch_doctor_alert_seconds_count {PARTITIONS}.0" in metrics
    success = next(one for one in metrics.splitlines() if one.startswith("blinwatch_doctor_last_success"))
    assert abs(float(success.split()[1]) - time.time()) < 60
    assert 'blinwatch_doctor_failures_total{check="test_patient"} 0.0' in metrics


def until_metric(port: int, line: str) -> str:
    end_s = time.monotonic() + 60
    text = ""
    while time.monotonic() < end_s:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=2) as answer:
                text = answer.read().decode()
        except OSError:
            text = ""
        if line in text:
            return text
        time.sleep(0.2)
    raise AssertionError(f"{line!r} did not come; last seen:\n{text}")

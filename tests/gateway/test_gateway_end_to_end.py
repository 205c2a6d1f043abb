"""MLLP in, alerts out: a simulated ward speaks HL7 to the gateway's own process, and the worker raises what it must."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from confluent_kafka import Message

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.commands.replay import replay_decisions
from blinwatch.core.decisions import AlertTransition
from blinwatch.receive.event_log import read_events
from tests.gateway.hands import admit, heart
from tests.support.embedded import PlainReader, catalogue_broker
from tests.support.gateway_process import environment, gateway, say
from tests.support.worker_process import REAL, ROOT, WorkerProcess

pytestmark = [pytest.mark.kafka]


def blinwatch(bootstrap: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "blinwatch.cli", *words],
        cwd=ROOT, env=environment(bootstrap), capture_output=True, text=True, check=False, timeout=90,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


WARD = (
    "--story", "occlusion-becomes-a-four-hour-interruption", "--patients", "2", "--duration-h", "8", "--seed", "5",
    "--start", "2026-03-01T08:00:00Z", "--monitor-interval-s", "300", "--pump-interval-s", "120",
)  # fmt: skip


def alerts_without_hl7(folder: Path) -> set[tuple[str, str]]:
    """Patient and code of every alert that the same ward raises when its events are judged as they are."""
    log = folder / "ward.jsonl"
    blinwatch("", "simulate", *WARD, "--out", str(log))
    told = replay_decisions(read_events(log), load_rulebook())
    return {(one.patient_id, one.alert.code) for one in told if isinstance(one, AlertTransition)}


@pytest.mark.slow
def test_a_ward_that_speaks_hl7_raises_the_alerts_of_its_story(tmp_path: Path) -> None:
    expected = alerts_without_hl7(tmp_path)
    assert ("sim-5-01", "INF_OCCLUSION") in expected
    with (
        catalogue_broker() as broker,
        gateway(broker.bootstrap, "--simulated") as port,
        WorkerProcess(broker.bootstrap, tmp_path, REAL) as worker,
    ):
        worker.until_ready()
        blinwatch(broker.bootstrap, "simulate", *WARD, "--hl7", f"127.0.0.1:{port}", "--speed", "10000")
        alerts = PlainReader(broker.bootstrap, "alerts.lifecycle.v1")
        inputs = PlainReader(broker.bootstrap, "pump.events.v1", "vitals.observed.v1", "gateway.unread.v1")
        try:

            def raised(records: list[Message]) -> set[tuple[str, str]]:
                told = [json.loads(one.value() or b"{}") for one in records]
                return {(one["patient_id"], one["alert"]["code"]) for one in told}

            alerts.read_until(lambda records: expected <= raised(records))
            records = inputs.read_to_end()
            assert [one.value() for one in records if one.topic() == "gateway.unread.v1"] == []
            spoken = [json.loads(one.value() or b"{}") for one in records]
            by_hl7 = {one["type"] for one in spoken if one["source"] == "hl7/SIMULATED_WARD"}
            assert by_hl7 >= {"vitals_observed", "status_reported", "alarm", "delivery_stopped", "delivery_started"}
        finally:
            alerts.close()
            inputs.close()


def test_a_command_puts_a_device_to_a_patient_and_a_restart_remembers_it() -> None:
    nobody = heart(88, pid="PID|||", device="MON-1")
    with catalogue_broker() as broker:
        with gateway(broker.bootstrap, "--simulated") as port:
            assert say(port, nobody, control="c-1").startswith("MSA|AA|c-1|taken; 1 part(s) kept unread: unassociated")
        blinwatch(broker.bootstrap, "gateway", "attach", "--device", "MON-1", "--patient", "pt-9")
        assert "device:MON-1\tpt-9" in blinwatch(broker.bootstrap, "gateway", "associations")
        with gateway(broker.bootstrap) as port:
            again = heart(90, pid="PID|||", device="MON-1", at="")
            assert say(port, again, control="c-2", sent="") == "MSA|AA|c-2"
            assert say(port, heart(91, pid="PID|||", device="MON-2"), control="c-3", sent="") != "MSA|AA|c-3"
        reader = PlainReader(broker.bootstrap, "vitals.observed.v1")
        try:
            (record,) = reader.read_to_end()
            value = record.value()
            assert value is not None
            assert (record.key(), json.loads(value)["heart_rate_bpm"]) == (b"pt-9", 90)
        finally:
            reader.close()
        blinwatch(broker.bootstrap, "gateway", "detach", "--device", "MON-1")
        assert "MON-1" not in blinwatch(broker.bootstrap, "gateway", "associations")


def test_what_waits_for_a_patient_is_not_forgotten_when_the_gateway_is_restarted() -> None:
    now = datetime.now(UTC)
    with catalogue_broker() as broker:
        with gateway(broker.bootstrap) as port:
            waits = heart(88, pid="PID|||", bed="HEMA^12^A")
            assert "unassociated" in say(port, waits, control="c-1", sent="")
        with gateway(broker.bootstrap) as port:
            came = f"{now - timedelta(minutes=30):%Y%m%d%H%M%S%z}"
            assert say(port, admit("pt-7", "HEMA^12^A", came), kind="ADT^A01", control="c-2", sent="") == "MSA|AA|c-2"
        reader = PlainReader(broker.bootstrap, "vitals.observed.v1")
        try:
            (record,) = reader.read_to_end()
            assert record.key() == b"pt-7"
        finally:
            reader.close()


@pytest.mark.slow
def test_while_no_broker_answers_the_sender_hears_ar_and_nothing_is_lost_or_doubled() -> None:
    with catalogue_broker() as broker, gateway(broker.bootstrap) as port:
        assert say(port, heart(88), control="c-1", sent="") == "MSA|AA|c-1"
        broker.set_down()
        assert say(port, heart(89), control="c-2", sent="").startswith("MSA|AR|c-2|not taken")
        broker.set_up()
        answers = [say(port, heart(89), control="c-2", sent="") for _ in range(2)]
        assert answers[-1] == "MSA|AA|c-2"
        reader = PlainReader(broker.bootstrap, "vitals.observed.v1")
        try:
            values = [json.loads(record.value() or b"{}") for record in reader.read_to_end()]
        finally:
            reader.close()
        assert {one["heart_rate_bpm"] for one in values} == {88, 89}
        assert len({one["event_id"] for one in values}) == 2

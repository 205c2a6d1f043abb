"""`blinwatch gateway --http` as a process: HTTPS in, events and metrics out, the board's own Kafka behind it."""

import json
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
import trustme

from tests.gateway.http_hands import lab
from tests.receive.fhir.examples import HEART_RATE, at
from tests.support.embedded import PlainReader, catalogue_broker
from tests.support.free_ports import free_ports
from tests.support.gateway_process import environment
from tests.support.worker_process import ROOT

pytestmark = [pytest.mark.kafka]


@contextmanager
def http_gateway(bootstrap: str, *options: str) -> Generator[str]:
    """The address of the HTTP side of a gateway in a process of its own, ended with SIGTERM."""
    words = [sys.executable, "-m", "blinwatch.cli", "gateway", "--port", "0", "--http", "127.0.0.1:0", *options]
    process = subprocess.Popen(words, cwd=ROOT, env=environment(bootstrap), stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        said: list[str] = []
        for line in process.stderr:
            said.append(line)
            if found := re.search(r"HTTP gateway: (https?://127\.0\.0\.1:\d+)/", line):
                break
        else:
            raise AssertionError("the gateway has not started:\n" + "".join(said))
        yield found[1]
        assert process.poll() is None, "the gateway ended by itself"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0, process.stderr.read()
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(20)
        process.stderr.close()


def test_events_by_https_are_on_kafka_under_their_patient_and_are_counted(tmp_path: Path) -> None:
    authority, (metrics_port,) = trustme.CA(), free_ports(1)
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(tmp_path / "gateway.key")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "gateway.pem")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    made = subprocess.run(
        [sys.executable, "-m", "blinwatch.cli", "gateway", "caller", "add", str(tmp_path / "callers"), "lab-bridge"],
        cwd=ROOT, env=environment(""), capture_output=True, text=True, check=True,
    )  # fmt: skip
    options = (
        "--http-callers", str(tmp_path / "callers"), "--metrics-port", str(metrics_port),
        "--tls-certificate", str(tmp_path / "gateway.pem"), "--tls-key", str(tmp_path / "gateway.key"),
    )  # fmt: skip
    with catalogue_broker() as broker:
        with (
            http_gateway(broker.bootstrap, *options) as address,
            httpx2.Client(base_url=address, verify=ssl.create_default_context(cafile=tmp_path / "ca.pem")) as client,
        ):
            assert client.post("/v1/events", json=lab()).status_code == 401
            client.headers["Authorization"] = f"Bearer {made.stdout.strip()}"
            assert [client.post("/v1/events", json=lab()).status_code for _ in range(2)] == [202, 200]
            body = b"\n".join(json.dumps(lab(f"b-{number}")).encode() for number in range(200))
            batch = client.post("/v1/events:batch", content=body, headers={"Content-Type": "application/x-ndjson"})
            assert (batch.status_code, batch.json()["taken"]) == (200, 200)
            shown = httpx2.get(f"http://127.0.0.1:{metrics_port}/metrics").text
        reader = PlainReader(broker.bootstrap, "labs.resulted.v1")
        try:
            records = reader.read_to_end()
        finally:
            reader.close()
    assert len(records) == 201
    assert {one.key() for one in records} == {b"pt-1"}
    assert {json.loads(one.value() or b"{}")["source"] for one in records} == {"rest/lab-bridge/analyser-3"}
    assert 'blinwatch_gateway_http_requests_total{http_outcome="taken",route="events"} 2.0' in shown
    assert 'blinwatch_gateway_http_refused_total{reason="unknown_caller",route="events"} 1.0' in shown
    assert 'blinwatch_gateway_events_total{topic="labs.resulted.v1"} 201.0' in shown


def test_a_fhir_resource_goes_under_the_pseudonym_that_the_command_prints(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("0123456789abcdef")
    words = ("gateway", "pseudonym", "4711", "--authority", "HOSP", "--pseudonym-key", str(key))
    shown = subprocess.run(
        [sys.executable, "-m", "blinwatch.cli", *words],
        cwd=ROOT, env=environment(""), capture_output=True, text=True, check=True,
    )  # fmt: skip
    options = ("--pseudonym-key", str(key), "--fhir-system", "Patient=HOSP")
    heart = at(HEART_RATE, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", subject={"reference": "Patient/4711"})
    with catalogue_broker() as broker:
        with http_gateway(broker.bootstrap, *options) as address:
            answer = httpx2.post(f"{address}/fhir/Observation", json=heart)
            assert (answer.status_code, answer.json()["resourceType"]) == (202, "OperationOutcome")
            rebound = httpx2.post(f"{address}/fhir/Observation", json=heart, headers={"Host": "evil.example"})
            assert rebound.status_code == 400
        reader = PlainReader(broker.bootstrap, "vitals.observed.v1")
        try:
            (record,) = reader.read_to_end()
        finally:
            reader.close()
    assert (record.key() or b"").decode() == shown.stdout.strip()
    assert json.loads(record.value() or b"{}")["heart_rate_bpm"] == 44


@pytest.mark.slow
def test_while_no_broker_answers_the_caller_hears_503_and_nothing_is_lost_or_doubled() -> None:
    with catalogue_broker() as broker, http_gateway(broker.bootstrap) as address:
        with httpx2.Client(base_url=address, timeout=60) as client:
            assert client.post("/v1/events", json=lab("a")).status_code == 202
            broker.set_down()
            assert client.post("/v1/events", json=lab("b")).status_code == 503
            broker.set_up()
            answers = [client.post("/v1/events", json=lab("b")).status_code for _ in range(3)]
            assert answers[-1] == 200
        reader = PlainReader(broker.bootstrap, "labs.resulted.v1")
        try:
            said = [json.loads(one.value() or b"{}")["event_id"] for one in reader.read_to_end()]
        finally:
            reader.close()
        assert set(said) == {"a", "b"}

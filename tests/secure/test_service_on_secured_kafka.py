"""Worker, gateway and board do their work on a broker that asks who comes, each with no more than its own role."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from blinwatch.settings import variable_of
from tests.secure.secured_kafka import SecuredKafka, secured_kafka
from tests.support.embedded import PARTITIONS
from tests.support.records import VITALS, vitals
from tests.support.worker_process import REAL_WITH_CLOCK, ROOT, WorkerProcess, free_port

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.slow,
    pytest.mark.apache("the mock cluster lets everybody in"),
    pytest.mark.timeout(300),
]
PATIENT = "pt-0001"
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafka]:
    with secured_kafka(tmp_path_factory.mktemp("certificates")) as kafka:
        yield kafka


@contextmanager
def process(role: str, secured: SecuredKafka, *words: str, until: str) -> Iterator[None]:
    """A blinwatch process with the role's certificate; it has said `until` when this goes on."""
    told = {variable_of(name): str(value) for name, value in secured.settings(role).items()}
    environment = {
        **os.environ,
        **told,
        "BLINWATCH_KAFKA_BOOTSTRAP": secured.by_certificate,
        "BLINWATCH_PARTITIONS": str(PARTITIONS),
        "BLINWATCH_GROUP_ID": "blinwatch.worker.v1",
        "PYTHONPATH": f"{ROOT / 'service'}{os.pathsep}{ROOT}",
    }
    running = subprocess.Popen(
        [sys.executable, "-m", "blinwatch.cli", *words], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    )
    assert running.stderr is not None
    try:
        said: list[str] = []
        for line in running.stderr:
            said.append(line)
            if re.search(until, line):
                break
        else:
            raise AssertionError(f"{words[0]} has not started:\n" + "".join(said))
        yield
        assert running.poll() is None, f"{words[0]} ended by itself"
        running.send_signal(signal.SIGTERM)
        running.wait(20)
    finally:
        if running.poll() is None:
            running.kill()
        running.wait(20)
        running.stderr.close()


def fever_of(patient: str, secured: SecuredKafka) -> None:
    producer = Producer({**secured.client("gateway"), "partitioner": "murmur2_random"})
    value = vitals(patient, 1, 0, temperature_c=39.4, sbp_mmhg=72, dbp_mmhg=40, spo2_pct=82, monitoring="continuous")
    producer.produce(VITALS, value, patient)
    assert producer.flush(PATIENCE_S) == 0


def until_told(patient: str, secured: SecuredKafka) -> set[str]:
    """The codes of the patient's alerts, as a subscriber hears of them."""
    consumer = Consumer({**secured.client("subscriber"), "group.id": "subscriber.test", "enable.auto.commit": False})
    consumer.assign([TopicPartition("alerts.lifecycle.v1", number, 0) for number in range(PARTITIONS)])
    codes: set[str] = set()
    try:
        end_s = time.monotonic() + PATIENCE_S
        while not codes and time.monotonic() < end_s:
            message = consumer.poll(0.5)
            if message is not None and message.error() is None and message.key() == patient.encode():
                codes.add(json.loads(message.value() or b"{}")["alert"]["code"])
    finally:
        consumer.close()
    return codes


@pytest.mark.parametrize("way", ["certificate", "name and password"])
def test_a_worker_with_only_its_role_judges_and_a_subscriber_hears_of_it(
    secured: SecuredKafka, tmp_path: Path, way: str
) -> None:
    patient = f"pt-{way[:4]}"
    by_name = way != "certificate"
    bootstrap = secured.by_name if by_name else secured.by_certificate
    settings = secured.settings_by_name("worker") if by_name else secured.settings("worker")
    group = "blinwatch.worker.v1"
    with WorkerProcess(bootstrap, tmp_path, REAL_WITH_CLOCK, group_id=group, **settings) as worker:
        worker.until_ready(partitions=PARTITIONS)
        fever_of(patient, secured)
        assert until_told(patient, secured), worker.log()
        assert worker.stop() == 0, worker.log()
    assert "authorization" not in worker.log().lower()


def test_the_gateway_does_its_work_with_its_role(secured: SecuredKafka) -> None:
    with process("gateway", secured, "gateway", "--port", "0", until=r"HL7 gateway: 127\.0\.0\.1:\d+"):
        time.sleep(0.5)  # it reads its associations meanwhile, and would end where it may not


def test_the_board_does_its_work_with_its_role(secured: SecuredKafka, tmp_path: Path) -> None:
    port = free_port()
    group = "blinwatch.worker.v1"
    with (
        WorkerProcess(
            secured.by_certificate, tmp_path, REAL_WITH_CLOCK, group_id=group, **secured.settings("worker")
        ) as worker,
        process("board", secured, "board", "--port", str(port), until=f":{port}"),
    ):
        worker.until_ready(partitions=PARTITIONS)
        fever_of("pt-board", secured)
        assert "pt-board" in shown_at(f"http://127.0.0.1:{port}/api/patients/pt-board")


def shown_at(url: str) -> str:
    """What the board says of a patient, once it knows of one."""
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        try:
            with urllib.request.urlopen(url, timeout=10) as page:  # noqa: S310 - our own loopback page
                return str(page.read().decode())
        except urllib.error.HTTPError:
            time.sleep(0.2)
    raise AssertionError("the board knows nothing of the patient")


def test_the_doctor_finds_all_well_with_its_role(secured: SecuredKafka, tmp_path: Path) -> None:
    group = "blinwatch.worker.v1"
    with WorkerProcess(
        secured.by_certificate, tmp_path, REAL_WITH_CLOCK, group_id=group, **secured.settings("worker")
    ) as worker:
        worker.until_ready(partitions=PARTITIONS)
        told = {variable_of(name): str(value) for name, value in secured.settings("doctor").items()}
        asked = subprocess.run(
            [sys.executable, "-m", "blinwatch.cli", "doctor", "--worker", f"127.0.0.1:{worker.port}"],
            cwd=ROOT,
            env={
                **os.environ,
                **told,
                "BLINWATCH_KAFKA_BOOTSTRAP": secured.by_certificate,
                "BLINWATCH_PARTITIONS": str(PARTITIONS),
                "PYTHONPATH": f"{ROOT / 'service'}{os.pathsep}{ROOT}",
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )
        assert asked.returncode == 0, asked.stdout + asked.stderr
        assert "not asked" not in asked.stdout

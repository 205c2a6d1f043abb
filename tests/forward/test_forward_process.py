"""A real forwarder, a broker, and hospital systems that come and go: every alert arrives, and its receipt says so."""

import hashlib
import hmac
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from confluent_kafka import Message

from blinwatch.deliver.publish_decisions import LIFECYCLE_TOPIC
from blinwatch.forward.webhook import signature
from blinwatch.receive.hl7.framing import frame
from tests.forward.letters import headers, told
from tests.support.brokers import Broker
from tests.support.embedded import PlainReader, PlainWriter, catalogue_broker
from tests.support.forward_process import ForwardProcess
from tests.support.receivers import Got, alarm_manager, http_receiver
from tests.support.worker_process import free_port

pytestmark = [pytest.mark.slow, pytest.mark.kafka, pytest.mark.timeout(240)]
SECRET = "a secret that both know"  # noqa: S105 - of a receiver that lives for one test
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "webhook_receiver.py"
RECEIPTS, UNDELIVERED = "forward.receipts.v1", "forward.undelivered.v1"


class Ward:
    """A broker and whoever writes alerts to it."""

    def __init__(self, broker: Broker, folder: Path) -> None:
        self.bootstrap, self.folder = broker.bootstrap, folder
        self._writer = PlainWriter(broker.bootstrap)
        self.secret = folder / "secret"
        self.secret.write_text(SECRET, encoding="utf-8")

    def tell(self, step: str = "raised", number: int = 1, **alert: Any) -> None:
        """One step of an alert's life."""
        self._writer.write(
            LIFECYCLE_TOPIC, b"pt-4f7a", orjson.dumps(told(step, number, **alert)), headers=headers(step, number)
        )
        self._writer.flush()

    def forward(self, *targets: dict[str, Any], **more: Any) -> ForwardProcess:
        return ForwardProcess(self.bootstrap, self.folder, *targets, **more)

    def webhook(self, url: str, **more: Any) -> dict[str, Any]:
        return {"name": "pager", "kind": "webhook", "url": url, "secret_files": [str(self.secret)], **more}

    def read(self, topic: str, enough: Callable[[list[Message]], Any]) -> list[Message]:
        reader = PlainReader(self.bootstrap, topic)
        try:
            return reader.read_until(enough)
        finally:
            reader.close()

    def receipts(self, count: int) -> list[dict[str, Any]]:
        messages = self.read(RECEIPTS, lambda found: len(found) >= count)
        return [orjson.loads(one.value() or b"") for one in messages]


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    with catalogue_broker() as broker:
        yield Ward(broker, tmp_path)


def ids(got: list[Got]) -> list[str]:
    return [one.headers["ce-id"] for one in got]


def test_a_pager_gets_each_step_signed_once_and_in_order(ward: Ward) -> None:
    with http_receiver() as pager, ward.forward(ward.webhook(pager.url)) as forward:
        forward.until_ready()
        for step in ("raised", "acknowledged", "resolved"):
            ward.tell(step)
        got = pager.until(lambda found: len(found) == 3)
        assert ids(got) == ["decision-1-raised.page", "decision-1-acknowledged", "decision-1-resolved"]
        first = got[0]
        assert orjson.loads(first.body)["alert"]["code"] == "CRS_G3"
        assert first.headers["ce-specversion"] == "1.0"
        assert first.headers["blinwatch-page"] == "yes"
        assert first.headers["traceparent"].startswith("00-0af7651916cd43dd8448eb211c80319c")
        at, proof = (part.split("=")[1] for part in first.headers["blinwatch-signature"].split(","))
        assert abs(int(at) - time.time()) < 60
        assert proof == hmac.new(SECRET.encode(), f"{at}.".encode() + first.body, hashlib.sha256).hexdigest()
        receipts = ward.receipts(3)
        assert [(one["target"], one["outcome"], one["transition"]) for one in receipts] == [
            ("pager", "delivered", step) for step in ("raised", "acknowledged", "resolved")
        ]
        assert forward.stop() == 0
        assert "pt-4f7a" not in forward.log(), "no patient in what it says"


def test_what_came_while_nobody_ran_is_delivered_afterwards_and_a_kill_loses_nothing(ward: Ward) -> None:
    port = free_port()
    target = ward.webhook(f"http://127.0.0.1:{port}")
    with ward.forward(target) as forward:
        forward.until_ready()
        ward.tell(number=1)  # nobody listens at the pager's port yet
        time.sleep(1.0)
        forward.kill()
    ward.tell(number=2)
    with http_receiver(port) as pager, ward.forward(target):
        got = pager.until(lambda found: len(set(ids(found))) == 2)
        assert set(ids(got)) == {"decision-1-raised.page", "decision-2-raised.page"}


def test_a_new_target_is_not_called_for_the_past_and_misses_nothing_from_then_on(ward: Ward) -> None:
    ward.tell(number=1)
    port = free_port()
    target = ward.webhook(f"http://127.0.0.1:{port}")
    with ward.forward(target) as forward:
        forward.until_ready()
        forward.kill()  # before it had anything to commit
    ward.tell(number=2)
    with http_receiver(port) as pager, ward.forward(target):
        assert ids(pager.until(len)) == ["decision-2-raised.page"]


def test_one_target_that_is_down_delays_no_other(ward: Ward) -> None:
    down = {**ward.webhook(f"http://127.0.0.1:{free_port()}"), "name": "down"}
    with http_receiver() as pager, ward.forward(down, ward.webhook(pager.url)) as forward:
        forward.until_ready()
        for number in range(20):
            ward.tell(number=number)
        pager.until(lambda found: len(found) == 20, 20)


def test_what_a_target_never_takes_lies_among_the_undelivered_as_it_was(ward: Ward) -> None:
    with http_receiver(answer=lambda _: 422) as pager, ward.forward(ward.webhook(pager.url)) as forward:
        forward.until_ready()
        ward.tell()
        (kept,) = ward.read(UNDELIVERED, len)
        assert orjson.loads(kept.value() or b"") == told()
        said = dict(kept.headers() or ())
        assert (said["target"], said["reason"], said["tries"]) == (b"pager", b"it answers 422", b"1")
        assert ward.receipts(1)[0]["outcome"] == "undelivered"


def test_a_call_that_nobody_acknowledges_reaches_the_next_one_also_over_a_restart(ward: Ward) -> None:
    with http_receiver() as first, http_receiver() as second:
        targets = (
            ward.webhook(first.url),
            {**ward.webhook(second.url), "name": "on-call", "when_not_acknowledged_after_s": 6},
        )
        with ward.forward(*targets) as forward:
            forward.until_ready()
            ward.tell(number=1)
            ward.tell(number=2)
            first.until(lambda found: len(found) == 2)
            ward.tell("acknowledged", number=2)
            told_s = time.time()
            time.sleep(1.5)
            assert not second.got
            forward.kill()
        with ward.forward(*targets):
            assert ids(second.until(len)) == ["decision-1-raised.page"]
            assert time.time() - told_s > 3
            time.sleep(2)
            assert ids(second.got) == ["decision-1-raised.page"], "the one that was acknowledged reaches nobody"


def test_when_a_pager_does_not_take_a_call_another_one_gets_it(ward: Ward) -> None:
    with http_receiver() as second:
        pager = {**ward.webhook(f"http://127.0.0.1:{free_port()}"), "fallback": {"to": "second", "after_s": 1}}
        with ward.forward(
            pager, {**ward.webhook(second.url), "name": "second", "only": {"codes": ["NONE"]}}
        ) as forward:
            forward.until_ready()
            ward.tell()
            assert ids(second.until(len)) == ["decision-1-raised.page"]


def test_a_fhir_server_gets_each_resource_under_our_id_and_so_does_the_topic(ward: Ward) -> None:
    with http_receiver(answer=lambda _: 201) as server:
        targets = (
            {"name": "records", "kind": "fhir", "url": f"{server.url}/r4"},
            {"name": "topic", "kind": "fhir_topic"},
        )
        with ward.forward(*targets) as forward:
            forward.until_ready()
            ward.tell(domain="crs")
            put = server.until(lambda found: len(found) == 2)
            assert {one.path for one in put} == {
                "/r4/Flag/flag-alert-1",
                "/r4/Communication/communication-decision-1-raised",
            }
            assert all(one.method == "PUT" and one.headers["content-type"] == "application/fhir+json" for one in put)
            records = ward.read("fhir.resources.v1", lambda found: len(found) == 2)
            assert {orjson.loads(one.value() or b"")["resourceType"] for one in records} == {"Flag", "Communication"}


def test_an_alarm_manager_s_acceptance_is_an_acknowledgement(ward: Ward) -> None:
    reports = free_port()
    with alarm_manager() as manager:
        target = {
            "name": "manager",
            "kind": "alarm_manager",
            "host": "127.0.0.1",
            "port": manager.port,
            "tls": False,
            "status_reports": {"port": reports},
        }
        with ward.forward(target) as forward:
            forward.until_ready()
            ward.tell()
            (message,) = manager.until(len)
            assert "ORU^R40^ORU_R40" in message
            about = next(line for line in message.split("\r") if line.startswith("OBR")).split("|")[3]
            report = (
                "MSH|^~\\&|AM||blinwatch||20260301||ORA^R41^ORA_R41|77|P|2.6\r"
                f"OBR|1||{about}\rPRT|1||Accepted||n.meier^Meier^Nora\r"
            )
            assert ask(reports, report).split("\r")[1] == "MSA|AA|77"
            (command,) = ward.read("alerts.commands.v1", len)
            said = orjson.loads(command.value() or b"")
            assert (said["type"], said["alert_id"], said["by"]) == ("acknowledge", "alert-1", "n.meier")
            assert said["patient_id"] == "pt-4f7a"
            unknown = report.replace("decision-1-raised", "decision-9")
            assert ask(reports, unknown).split("\r")[1].startswith("MSA|AR|77|this is about no alert")
            assert ask(reports, report.replace("Accepted", "Pondered")).split("\r")[1].startswith("MSA|AE|77|no status")


def ask(port: int, text: str) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as peer:
        peer.sendall(frame(text.encode()))
        answer = b""
        while not answer.endswith(b"\x1c\r"):
            piece = peer.recv(65536)
            assert piece, "closed without an answer"
            answer += piece
    return answer.decode().strip("\x0b\x1c\r")


def test_the_receiver_of_the_docs_believes_what_is_signed_and_nothing_else(ward: Ward) -> None:
    port = free_port()
    words = [sys.executable, str(EXAMPLE), str(port), str(ward.secret)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as receiver:
        try:
            with ward.forward(ward.webhook(f"http://127.0.0.1:{port}")) as forward:
                forward.until_ready()
                ward.tell()
                assert receiver.stdout is not None
                page, identity, body = receiver.stdout.readline().split(" ", 2)
                assert (page, identity) == ("yes", "decision-1-raised.page")
                assert orjson.loads(body) == told()
            for at, proof in ((int(time.time()), "0" * 64), (1, signature([SECRET], 1, b"{}").rpartition("=")[2])):
                forged = {"blinwatch-signature": f"t={at},v1={proof}", "ce-id": "1", "blinwatch-page": "yes"}
                assert httpx2.post(f"http://127.0.0.1:{port}", content=b"{}", headers=forged).status_code == 401
        finally:
            receiver.kill()

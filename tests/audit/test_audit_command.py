"""`blinwatch audit` against a broker: sealing goes on where it stopped, and what somebody does to the log is found."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from confluent_kafka import Message
from typer.testing import CliRunner, Result

from blinwatch.audit.keys import new_key, read_private
from blinwatch.audit.read_log import AUDIT_TOPIC, SEALS_TOPIC
from blinwatch.audit.sealer import RemovedError, Sealer
from blinwatch.cli import build_app
from blinwatch.observe.sealer_metrics import SealerMetrics
from tests.support.brokers import Broker
from tests.support.embedded import PlainReader, PlainWriter, catalogue_broker

pytestmark = [pytest.mark.slow, pytest.mark.kafka, pytest.mark.timeout(180)]


def decide(broker: Broker, first: int, count: int) -> None:
    """Decisions of three patients."""
    writer = PlainWriter(broker.bootstrap)
    for number in range(first, first + count):
        patient = f"pt-{number % 3}"
        decision = {"patient_id": patient, "occurred_at": f"2026-03-{1 + number % 9:02d}T08:00:00Z", "number": number}
        writer.write(AUDIT_TOPIC, patient, orjson.dumps({"decision": decision}), headers=[("n", b"%d" % number)])
    writer.flush()


def audit(broker: Broker, *words: str) -> Result:
    return CliRunner().invoke(build_app(), ["audit", *words, "--bootstrap", broker.bootstrap])


def everything(broker: Broker) -> list[Message]:
    reader = PlainReader(broker.bootstrap, AUDIT_TOPIC, SEALS_TOPIC)
    try:
        return reader.read_to_end()
    finally:
        reader.close()


def copied(source: Broker, target: Broker, change: Callable[[Message], bytes | None]) -> None:
    """What somebody has who can write to the brokers' disks: the same log with something else in it."""
    writer = PlainWriter(target.bootstrap)
    for one in everything(source):
        value = change(one)
        if value is not None:
            topic, headers = one.topic() or "", list(one.headers() or ())
            writer.write(topic, one.key(), value, partition=one.partition(), headers=headers)
    writer.flush()


@pytest.fixture
def key(tmp_path: Path) -> Path:
    new_key(tmp_path / "seal.key")
    return tmp_path / "seal.key"


def test_sealing_goes_on_where_it_stopped_and_the_audit_is_sound(key: Path, tmp_path: Path) -> None:
    with catalogue_broker() as broker:
        decide(broker, 0, 40)
        assert "sealed 40 records" in audit(broker, "seal", "--key", str(key), "--once").output
        decide(broker, 40, 5)
        said = audit(broker, "verify", "--public-key", f"{key}.pub")
        assert said.exit_code == 2
        assert "SOUND; 40 records are as they were sealed" in said.output
        assert "5 are not sealed yet" in said.output
        assert "sealed 5 records" in audit(broker, "seal", "--key", str(key), "--once").output
        said = audit(broker, "verify", "--public-key", f"{key}.pub")
        assert (said.exit_code, said.output.startswith("SOUND; 45 records")) == (0, True)

        out = tmp_path / "review.jsonl"
        words = ["--public-key", f"{key}.pub", "--out", str(out), "--patient", "pt-1", "--since", "2026-03-02"]
        assert audit(broker, "export", *words).exit_code == 0
        *lines, last = map(orjson.loads, out.read_bytes().splitlines())
        expected = {n for n in range(45) if n % 3 == 1 and 1 + n % 9 >= 2}
        assert {line["decision"]["number"] for line in lines} == expected
        assert (last["exported"], last["faults"], last["checked"]) == (len(expected), 0, 45)


def test_one_record_that_was_changed_and_one_that_is_gone_are_named(key: Path) -> None:
    with catalogue_broker() as broker, catalogue_broker() as tampered:
        decide(broker, 0, 30)
        assert audit(broker, "seal", "--key", str(key), "--once").exit_code == 0

        def change(one: Message) -> bytes | None:
            value = one.value() or b""
            return value.replace(b'"number":17', b'"number":18') if one.topic() == AUDIT_TOPIC else value

        copied(broker, tampered, change)
        said = audit(tampered, "verify", "--public-key", f"{key}.pub")
        place = next(one for one in everything(broker) if b'"number":17' in (one.value() or b""))
        assert said.exit_code == 1
        assert f"partition {place.partition()} offset {place.offset()}: changed" in said.output
        assert "NOT SOUND: 1 faults; 29 records" in said.output

    with catalogue_broker() as broker, catalogue_broker() as tampered:
        decide(broker, 0, 30)
        assert audit(broker, "seal", "--key", str(key), "--once").exit_code == 0
        last = max((one for one in everything(broker) if one.topic() == AUDIT_TOPIC), key=lambda one: one.offset() or 0)
        copied(broker, tampered, lambda one: None if one.value() == last.value() else one.value())
        said = audit(tampered, "verify", "--public-key", f"{key}.pub")
        assert said.exit_code == 1
        assert f"partition {last.partition()} offset {last.offset()}: removed" in said.output
        sealer = Sealer(tampered.bootstrap, read_private(key), metrics=SealerMetrics())
        with pytest.raises(RemovedError, match="sealed records are gone"):
            asyncio.run(sealer.seal_once())


def test_two_sealers_at_once_make_one_chain(key: Path) -> None:
    with catalogue_broker() as broker:
        sealers = [Sealer(broker.bootstrap, read_private(key), metrics=SealerMetrics()) for _ in range(2)]

        async def both() -> None:
            for round_ in range(3):
                decide(broker, 100 * round_, 60)
                await asyncio.gather(*(one.seal_once() for one in sealers))

        asyncio.run(both())
        said = audit(broker, "verify", "--public-key", f"{key}.pub")
        assert (said.exit_code, said.output.startswith("SOUND; 180 records")) == (0, True), said.output


def test_a_key_that_is_not_the_sealer_s_finds_no_seal_good(key: Path, tmp_path: Path) -> None:
    other = new_key(tmp_path / "other.key")
    with catalogue_broker() as broker:
        decide(broker, 0, 3)
        assert audit(broker, "seal", "--key", str(key), "--once").exit_code == 0
        said = audit(broker, "verify", "--public-key", str(other))
        assert said.exit_code == 1
        assert "not signed with this key" in said.output

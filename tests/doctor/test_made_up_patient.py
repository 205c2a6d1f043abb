"""The doctor's patient is nobody: no other record may speak of him, and nobody but a worker reads his."""

from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from blinwatch.catalogue import load_catalogue
from blinwatch.core.decisions import AlertTransition
from blinwatch.core.doctor_patient import MARK, is_self_test
from blinwatch.core.events import InfusionAssessed
from blinwatch.deliver.publish_decisions import DecisionPublisher
from blinwatch.doctor.made_up_patient import patient_in
from blinwatch.receive.decode import decode_record
from blinwatch.receive.doctor_record import TOPIC, SelfTestRecord, decode_for_worker
from blinwatch.receive.rejection import Rejected
from blinwatch.roles import load_roles
from blinwatch.wiring import home_partition
from tests.commands.test_alert_text import ALERT

ROOT = Path(__file__).resolve().parents[2]
HIM = f"{MARK}once.p0.1"
RECORD = SelfTestRecord(event_id="e1", patient_id=HIM, occurred_at=datetime(2026, 3, 1, tzinfo=UTC), alarm=True)
EXAMPLES = [
    path
    for topic in load_catalogue().inputs
    for path in sorted((ROOT / "schemas/examples" / topic.name).glob("*.json"))
    if "tick" not in path.name
]


def test_a_worker_reads_his_record_as_air_in_the_line() -> None:
    event = decode_for_worker(TOPIC, HIM.encode(), RECORD.model_dump_json().encode())
    assert isinstance(event, InfusionAssessed)
    assert (event.patient_id, event.findings.pump_event) == (HIM, "air")


def test_his_record_is_refused_by_everybody_but_a_worker_and_on_every_other_topic() -> None:
    value = RECORD.model_dump_json().encode()
    assert isinstance(decode_record(TOPIC, HIM.encode(), value), Rejected)
    for topic in load_catalogue().inputs:
        if topic.name != TOPIC:
            assert isinstance(decode_for_worker(topic.name, HIM.encode(), value), Rejected), topic.name


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_no_event_of_a_sender_can_be_about_him(example: Path) -> None:
    event = orjson.loads(example.read_bytes())
    person = decode_for_worker(example.parent.name, event["patient_id"].encode(), orjson.dumps(event))
    assert not isinstance(person, Rejected)
    event["patient_id"] = HIM
    assert isinstance(decode_for_worker(example.parent.name, HIM.encode(), orjson.dumps(event)), Rejected)


@pytest.mark.parametrize(
    "key, changes",
    [
        (b"~doctor.once.p1.1", {}),
        (HIM.encode(), {"patient_id": "anna"}),
        (HIM.encode(), {"occurred_at": "2026-03-01T00:00:00"}),
        (HIM.encode(), {"type": "infusion_assessed"}),
        (HIM.encode(), {"findings": {}}),
    ],
    ids=["another key", "a person", "no offset", "another type", "another field"],
)
def test_what_is_not_quite_a_self_test_is_refused(key: bytes, changes: dict[str, object]) -> None:
    value = orjson.dumps({**RECORD.model_dump(mode="json"), **changes})
    assert isinstance(decode_for_worker(TOPIC, key, value), Rejected)


def test_an_empty_record_about_him_is_refused() -> None:
    assert isinstance(decode_for_worker(TOPIC, HIM.encode(), None), Rejected)


def test_his_alert_is_told_on_one_topic_and_a_persons_on_three() -> None:
    publisher = DecisionPublisher(rulebook_version="1", rulebook_digest="0")
    step = {"decision_id": "d", "alert_id": "a", "transition": "raised", "late": False, "caused_by": "e1"}
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    his = AlertTransition(**step, patient_id=HIM, occurred_at=moment, alert=ALERT)  # type: ignore[arg-type]
    hers = AlertTransition(**step, patient_id="anna", occurred_at=moment, alert=ALERT)  # type: ignore[arg-type]
    assert [one.topic for one in publisher.records_of(his)] == ["doctor.answers.v1"]
    assert len(publisher.records_of(hers)) == 3


def test_there_is_one_of_him_in_each_partition_and_always_the_same() -> None:
    partition_of = home_partition(8)
    for number in range(8):
        patient_id = patient_in(number, "watch", partition_of)
        assert partition_of(patient_id.encode()) == number
        assert patient_id == patient_in(number, "watch", partition_of)
        assert is_self_test(patient_id)


def test_the_doctors_role_reads_about_nobody_and_decides_nothing() -> None:
    catalogue = load_catalogue()
    roles = load_roles(catalogue)
    doctor = roles["doctor"]
    assert [topic for topic in catalogue.names if doctor.may("read", topic)] == ["doctor.answers.v1"]
    assert [topic for topic in catalogue.names if doctor.may("write", topic)] == ["assessments.recorded.v1"]
    assert {name for name, role in roles.items() if role.may("read", "doctor.answers.v1")} == {"doctor"}
    assert {name for name, role in roles.items() if role.may("write", "doctor.answers.v1")} == {"worker"}

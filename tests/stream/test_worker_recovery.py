"""After a recovery: who fell silent is noticed on time, and a time in which blinwatch was blind is said."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Message

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.events import TherapyOrdered, Tick, VitalsObserved
from blinwatch.receive.event_log import encode_event, encode_key, topic_of
from blinwatch.simulate.embedded_broker import EmbeddedBroker
from tests.support.embedded import PARTITIONS, PlainReader, PlainWriter, header
from tests.support.records import TICKS, patients_of
from tests.support.worker_process import REAL_WITH_CLOCK, WorkerProcess

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(240)]

ANNA = patients_of(1, 1, PARTITIONS)[0]
FEED_SILENT_AFTER = timedelta(minutes=load_rulebook().alerts.feed_silent_after_min)
OFTEN: dict[str, object] = {"tick_interval_s": 0.5}


def write(writer: PlainWriter, *events: TherapyOrdered | VitalsObserved | Tick) -> None:
    for event in events:
        partition = event.partition if isinstance(event, Tick) else None
        writer.write(topic_of(event), encode_key(event), encode_event(event), partition=partition)
    writer.flush()


def order(at: datetime) -> TherapyOrdered:
    return TherapyOrdered(
        event_id="order",
        patient_id=ANNA,
        occurred_at=at,
        source="test",
        phase="rr",
        cycle=2,
        weight_kg=70,
        age_years=40,
    )


def vitals(at: datetime) -> VitalsObserved:
    return VitalsObserved(
        event_id=f"v-{at:%H%M%S}",
        patient_id=ANNA,
        occurred_at=at,
        source="test",
        monitoring="continuous",
        heart_rate_bpm=80,
        spo2_pct=97,
        temperature_c=36.8,
        sbp_mmhg=120,
        respiratory_rate_per_min=15,
    )


def transitions(messages: list[Message], code: str) -> list[tuple[Message, dict[str, Any]]]:
    told = [(message, json.loads(message.value())) for message in messages if message.topic() == "alerts.lifecycle.v1"]
    return [(message, value) for message, value in told if value["alert"]["code"] == code]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_patient_who_falls_silent_while_the_worker_is_killed_and_started_is_noticed_with_the_true_time(
    broker: EmbeddedBroker, tmp_path: Path
) -> None:
    writer = PlainWriter(broker.bootstrap)
    reader = PlainReader(broker.bootstrap, "alerts.lifecycle.v1", "blinwatch.state.v1", TICKS)
    now = datetime.now(UTC).replace(microsecond=0)
    last = now - FEED_SILENT_AFTER + timedelta(seconds=20)
    write(writer, order(now - timedelta(hours=1)), vitals(last))
    with WorkerProcess(broker.bootstrap, tmp_path, REAL_WITH_CLOCK, **OFTEN) as killed:
        reader.read_until(lambda messages: any(message.topic() == "blinwatch.state.v1" for message in messages))
        reader.read_until(lambda messages: any(message.topic() == TICKS for message in messages))
        killed.kill()
    with WorkerProcess(broker.bootstrap, tmp_path, REAL_WITH_CLOCK, **OFTEN) as worker:
        messages = reader.read_until(lambda messages: transitions(messages, "FEED_SILENT"), timeout_s=90)
        assert worker.stop() == 0, worker.log()
    ((message, silent),) = transitions(messages, "FEED_SILENT")
    assert moment(silent["occurred_at"]) == last + FEED_SILENT_AFTER, "told with the time at which it was due"
    assert header(message, "page") == "yes"
    assert transitions(messages, "BLIND") == [], "a restart is no blind time"
    reader.close()


def test_after_an_outage_every_patient_under_therapy_hears_from_when_to_when_nobody_judged(
    broker: EmbeddedBroker, tmp_path: Path
) -> None:
    writer = PlainWriter(broker.bootstrap)
    reader = PlainReader(broker.bootstrap, "alerts.lifecycle.v1", "patients.status.v1", TICKS)
    now = datetime.now(UTC).replace(microsecond=0)
    last_tick = now - timedelta(minutes=40)
    write(
        writer,
        order(now - timedelta(hours=1)),
        Tick(event_id="before-the-outage", occurred_at=last_tick, partition=1, source="test"),
        *(vitals(now - timedelta(minutes=minutes)) for minutes in (39, 30, 2)),
    )
    with WorkerProcess(broker.bootstrap, tmp_path, REAL_WITH_CLOCK, **OFTEN) as worker:
        messages = reader.read_until(lambda messages: transitions(messages, "BLIND"), timeout_s=90)
        assert worker.stop() == 0, worker.log()
    ((message, blind),) = transitions(messages, "BLIND")
    assert moment(blind["alert"]["since"]) == last_tick
    assert f"blind from {last_tick:%Y-%m-%d %H:%M:%S} to" in blind["alert"]["summary"]
    assert header(message, "page") == "yes"
    was_silent = transitions(messages, "FEED_SILENT")
    assert [told["transition"] for _, told in was_silent] == ["raised", "resolved"]
    for record, told in was_silent:
        assert header(record, "page") == "no", "it was over when anybody could have been called"
        assert header(record, "delivery") == "late"
        assert int(header(record, "delay-s")) >= 60
        assert moment(told["occurred_at"]) < now
    assert moment(was_silent[0][1]["occurred_at"]) == now - timedelta(minutes=30) + FEED_SILENT_AFTER
    status = [json.loads(record.value()) for record in reader.read_to_end() if record.topic() == "patients.status.v1"]
    assert "BLIND" in [alert["code"] for alert in status[-1]["alerts"]], "the board shows it"
    told_blind = [
        json.loads(record.value())
        for record in reader.records
        if record.topic() == TICKS and json.loads(record.value()).get("blind_from")
    ]
    assert [tick["partition"] for tick in told_blind] == [1], "only the partition that somebody had watched before"
    reader.close()

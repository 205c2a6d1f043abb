"""A sender's trace goes through the judgement to whatever its record brought about, and to nothing else."""

import pytest

from blinwatch.stream.engine import Batch, Engine
from tests.stream.test_engine import ANNA, BERT, HERE, judge_all, new_engine
from tests.support.records import TICKS, VITALS, Record, tick, vitals
from tests.support.toy_judge import ToyState

PARENT = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
TRACE = (("traceparent", PARENT), ("tracestate", b"congo=t61rcWkgMzE"))


def fever(patient: str, offset: int, headers: tuple[tuple[str, bytes], ...] = ()) -> Record:
    value = vitals(patient, offset, offset, temperature_c=38.5)
    return Record(VITALS, HERE, offset, patient.encode(), value, headers)


def judged(*records: Record) -> Batch:
    engine: Engine[ToyState] = new_engine()
    engine.read(VITALS, HERE, records)
    return judge_all(engine)


def traces(batch: Batch, key: str) -> list[dict[str, bytes]]:
    told = [dict(record.headers) for record, _ in batch.outputs if dict(record.headers)["ce_subject"] == key.encode()]
    return [{name: headers[name] for name in ("traceparent", "tracestate") if name in headers} for headers in told]


def test_every_record_of_the_decision_carries_the_trace_of_the_event_that_led_to_it() -> None:
    batch = judged(fever(ANNA, 0, (("trace", b"x"), *TRACE)), fever(BERT, 1))
    assert traces(batch, ANNA) == [dict(TRACE)] * 3
    assert traces(batch, BERT) == [{}] * 3, "no trace is made up"
    assert not batch.traces_dropped


def test_a_trace_that_cannot_be_read_is_dropped_and_counted_once_a_record() -> None:
    batch = judged(fever(ANNA, 0, (("traceparent", b"nonsense"), ("tracestate", b"congo=1"))))
    assert traces(batch, ANNA) == [{}] * 3
    assert batch.traces_dropped == {VITALS: 1}


def test_the_alert_that_calls_somebody_keeps_its_trace() -> None:
    calling = [record for record, _ in judged(fever(ANNA, 0, TRACE)).outputs if record.topic == "alerts.lifecycle.v1"]
    assert dict(calling[0].headers)["page"] in {b"yes", b"no"}
    assert dict(calling[0].headers)["traceparent"] == PARENT


@pytest.mark.parametrize("value,reason", [(b"{not json", b"not_json"), (None, b"empty")])
def test_a_dead_letter_keeps_the_senders_trace_and_takes_no_envelope_of_ours(value: bytes, reason: bytes) -> None:
    refused = Record(VITALS, HERE, 0, ANNA.encode(), value, (*TRACE, ("ce_id", b"theirs")))
    headers = judged(refused).outputs[0][0].headers
    assert headers[:3] == (*TRACE, ("ce_id", b"theirs"))
    assert [name for name, _ in headers if name.startswith("ce_")] == ["ce_id"]
    assert dict(headers)["reason"] == reason


def test_what_a_tick_brings_about_belongs_to_no_senders_trace() -> None:
    engine = new_engine()
    engine.read(VITALS, HERE, [fever(ANNA, 0, TRACE)])
    judge_all(engine)
    engine.read(TICKS, HERE, [Record(TICKS, HERE, 0, str(HERE).encode(), tick(HERE, 600), TRACE)])
    batch = judge_all(engine)
    assert batch.outputs, "the toy says that a patient has gone silent"
    assert all("traceparent" not in dict(record.headers) for record, _ in batch.outputs)

"""Native events by REST: a yes only for what is on Kafka, a reason for every no, and each event once."""

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest

from blinwatch.gateway.desk import Headers
from blinwatch.gateway.http.callers import Caller, hash_token, write_callers
from blinwatch.gateway.http.intake import UNDER_WAY_MOST, Offered
from blinwatch.gateway.http.limits import BATCH_BYTES_MOST, BATCH_LINES_MOST
from blinwatch.receive.decode import VALUE_BYTES_MOST, decode_event
from blinwatch.receive.native import decode_native
from blinwatch.receive.rejection import Rejected
from tests.gateway.http_hands import CALLER, NDJSON, TOKEN, Site, lab


def test_an_event_is_answered_202_when_kafka_has_it_and_its_source_names_the_caller(tmp_path: Path) -> None:
    site = Site(tmp_path)
    status, told = site.send(lab())
    assert (status, told) == (202, {"event_id": "e-1", "topic": "labs.resulted.v1", "became": "taken"})
    ((topic, key, value, _),) = site.kafka.records
    assert (topic, key) == ("labs.resulted.v1", b"pt-1")
    event = decode_event(topic, value)
    assert not isinstance(event, Rejected)
    assert event.source == "rest/lab-bridge/analyser-3"
    assert site.ears.counts["labs.resulted.v1"] == 1
    assert site.ears.asked_for == {("events", "taken"): 1}


def test_the_same_event_twice_is_one_and_another_content_under_its_id_is_409() -> None:
    site = Site()
    assert site.send(lab())[0] == 202
    spaced = orjson.dumps(lab(value=88.0), option=orjson.OPT_INDENT_2)  # the same, written in another way
    again = site.client.post("/v1/events", content=spaced, headers={"Content-Type": "application/json"})
    assert (again.status_code, again.json()["became"]) == (200, "repeated")
    status, told = site.send(lab(value=12))
    assert (status, told["reason"], told["field"]) == (409, "id_taken", "event_id")
    assert len(site.kafka.records) == 1
    assert site.ears.counts["repeated"] == 1


def test_an_event_is_the_same_whichever_of_two_callers_tells_of_it(tmp_path: Path) -> None:
    site = Site(tmp_path)
    write_callers(site.file, [Caller(name=one, token=hash_token(one)) for one in ("first", "second")])
    answers = [
        site.client.post("/v1/events", json=lab(), headers={"Authorization": f"Bearer {one}"}).status_code
        for one in ("first", "second")
    ]
    assert answers == [202, 200]


REFUSED: list[tuple[Any, int, str, str | None]] = [
    (lab(value="high"), 422, "wrong_value", "value"),
    (lab(colour="red"), 422, "unknown_field", "colour"),
    ({"type": "lab_resulted"}, 422, "missing_field", "event_id"),
    (lab(occurred_at="1850-01-01T00:00:00Z"), 422, "implausible_time", "occurred_at"),
    (lab(occurred_at="2026-03-01T08:00:00"), 422, "wrong_value", "occurred_at"),
    (lab(type="no_such_event"), 422, "unknown_type", "type"),
    (lab(type=["lab_resulted"]), 422, "unknown_type", "type"),
    ({"event_id": "e-1"}, 422, "unknown_type", "type"),
    (lab(type="acknowledge"), 422, "unknown_type", "type"),
    (lab(type="tick"), 422, "unknown_type", "type"),
    ([1, 2], 400, "not_an_object", None),
    (b"{", 400, "not_json", None),
    (b"\xff\xfe", 400, "not_utf8", None),
    (b"[" * 5000, 400, "not_json", None),
    (b"", 400, "empty", None),
    (b'"' + b"x" * VALUE_BYTES_MOST + b'"', 413, "too_large", None),
]


@pytest.mark.parametrize("content, status, reason, field", REFUSED)
def test_a_refusal_is_a_problem_with_the_reason_of_a_dead_letter(
    content: Any, status: int, reason: str, field: str | None
) -> None:
    site = Site()
    body = content if isinstance(content, bytes) else orjson.dumps(content)
    answer = site.client.post("/v1/events", content=body, headers={"Content-Type": "application/json"})
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert (answer.status_code, told["status"], told["reason"], told.get("field")) == (status, status, reason, field)
    assert told["type"] == f"urn:blinwatch:problem:{reason}"
    assert "pt-1" not in answer.text
    assert site.kafka.records == []
    assert site.ears.reasons == {reason: 1}
    assert site.ears.asked_for == {("events", "refused"): 1}


LABS = [one[0] for one in REFUSED if isinstance(one[0], dict) and one[0].get("type") == "lab_resulted"]


@pytest.mark.parametrize("content", LABS)
def test_the_reason_and_sentence_are_those_of_the_topic_itself(content: dict[str, Any]) -> None:
    assert decode_native(orjson.dumps(content)) == decode_event("labs.resulted.v1", orjson.dumps(content))


def test_each_line_of_a_batch_has_its_own_verdict() -> None:
    site = Site()
    site.send(lab("known"))
    status, told = site.lines(lab("a"), lab("b", value="?"), b"", lab("known"), lab("a"), lab("a", value=1), b"{")
    assert status == 207
    assert {name: told[name] for name in ("taken", "repeated", "refused", "not_taken")} == {
        "taken": 1, "repeated": 2, "refused": 3, "not_taken": 0,
    }  # fmt: skip
    said = [(one["line"], one["status"], one["became"], one.get("reason")) for one in told["events"]]
    assert said == [
        (1, 202, "taken", None),
        (2, 422, "refused", "wrong_value"),
        (4, 200, "repeated", None),
        (5, 200, "repeated", None),
        (6, 409, "refused", "id_taken"),
        (7, 400, "refused", "not_json"),
    ]
    assert [one["event_id"] for one in site.kafka.events()] == ["known", "a"]
    assert site.ears.asked_for["events:batch", "partly"] == 1


@pytest.mark.parametrize("path", ["/v1/events", "/v1/events:batch"])
def test_a_batch_that_is_all_taken_is_200_at_either_address(path: str) -> None:
    site = Site()
    assert site.lines(lab("a"), lab("b"), path=path)[0] == 200
    assert len(site.kafka.records) == 2


def test_a_batch_may_be_a_json_list() -> None:
    site = Site()
    status, told = site.send([lab("a"), {"type": "?"}], "/v1/events:batch")
    assert (status, told["taken"], told["events"][1]["reason"]) == (207, 1, "unknown_type")
    assert site.send({"a": 1}, "/v1/events:batch")[1]["reason"] == "not_an_object"
    assert site.send([], "/v1/events:batch")[1]["reason"] == "empty"


def test_too_many_lines_or_bytes_are_refused_as_a_whole() -> None:
    site = Site()
    status, told = site.lines(*[b"{}"] * (BATCH_LINES_MOST + 1))
    assert (status, told["reason"]) == (413, "too_many_lines")
    status, told = site.lines(b" " * (BATCH_BYTES_MOST + 1))
    assert (status, told["reason"]) == (413, "too_large")
    pieces = (b" " * 65536 for _ in range(BATCH_BYTES_MOST // 65536 + 1))  # without a declared length
    streamed = site.client.post("/v1/events:batch", content=pieces, headers=NDJSON)
    assert streamed.json()["reason"] == "too_large"


def test_a_caller_is_known_by_his_token_alone_and_out_when_he_is_taken_off(tmp_path: Path) -> None:
    site = Site(tmp_path)
    for header in ("", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x"):
        answer = site.client.post("/v1/events", json=lab(), headers={"Authorization": header})
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert answer.json()["reason"] == "unknown_caller"
    assert site.send(lab())[0] == 202
    write_callers(site.file, [])
    assert site.send(lab())[0] == 401
    assert site.client.get("/healthz", headers={"Authorization": ""}).json() == {"status": "alive"}


def test_who_sends_too_much_is_told_when_to_go_on(tmp_path: Path) -> None:
    site = Site(tmp_path, burst=3)
    assert [site.send(lab(f"e-{number}"))[0] for number in range(4)] == [202, 202, 202, 429]
    answer = site.client.post("/v1/events", json=lab("e-3"))
    assert (answer.json()["reason"], answer.headers["retry-after"]) == ("too_many_events", "1")
    site.clock_s += 0.1
    assert site.send(lab("e-3"))[0] == 202
    # A batch larger than the allowance passes when nothing else was sent for a while.
    five = [lab(f"f-{number}") for number in range(5)]
    assert site.lines(*five)[0] == 429
    site.clock_s += 10
    assert site.lines(*five)[0] == 200


def test_while_kafka_does_not_answer_the_caller_hears_503_and_may_send_only_the_same_again() -> None:
    site = Site(within_s=0.05)
    site.kafka.down = True
    answer = site.client.post("/v1/events", json=lab())
    assert (answer.status_code, answer.json()["reason"], answer.headers["retry-after"]) == (503, "not_taken", "5")
    status, told = site.lines(lab("a"), b"{")
    assert (status, told["not_taken"], told["refused"]) == (503, 1, 1)
    site.kafka.down, site.kafka.lost = False, True
    assert site.send(lab())[0] == 503
    site.kafka.lost = False
    site.kafka.gate.clear()
    assert site.send(lab())[0] == 503  # it never comes back
    site.kafka.gate.set()
    # The first may be on its way still, so another content under its id would be two events.
    assert site.send(lab(value=1))[0] == 409
    assert site.send(lab())[0] == 202


async def test_two_requests_with_one_event_at_the_same_moment_write_it_once() -> None:
    site = Site()
    site.kafka.gate.clear()
    transport = httpx2.ASGITransport(app=site.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://gateway", headers=CALLER) as client:
        both = [asyncio.create_task(client.post("/v1/events", json=lab())) for _ in range(2)]
        await asyncio.sleep(0.05)
        assert not any(one.done() for one in both)  # nobody is told yes before Kafka has it
        site.kafka.gate.set()
        answers = await asyncio.gather(*both)
    assert sorted(one.status_code for one in answers) == [200, 202]
    assert len(site.kafka.records) == 1


async def test_beyond_what_may_be_under_way_callers_wait_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    assert UNDER_WAY_MOST == 20_000
    monkeypatch.setattr("blinwatch.gateway.http.intake.UNDER_WAY_MOST", 1)
    site = Site()
    site.kafka.gate.clear()
    first = asyncio.create_task(site.intake.take([offered("a")]))
    await asyncio.sleep(0.01)
    assert await site.intake.take([offered("b")]) == ["not_taken"]
    site.kafka.gate.set()
    assert await first == ["taken"]
    assert await site.intake.take([offered("b")]) == ["taken"]


def offered(event_id: str) -> Offered:
    event = decode_native(orjson.dumps(lab(event_id)))
    assert not isinstance(event, Rejected)
    return Offered(event=event, digest=event_id.encode())


def test_a_merged_patients_events_go_where_his_others_go() -> None:
    site = Site()
    site.merged["pt-1"] = "pt-9"
    site.send(lab())
    ((_, key, value, _),) = site.kafka.records
    assert (key, orjson.loads(value or b"")["patient_id"]) == (b"pt-9", "pt-9")


@pytest.mark.parametrize(
    "headers", [{"Content-Type": "text/plain"}, {}, {"Content-Type": "application/json", "Content-Encoding": "gzip"}]
)
def test_only_plain_json_is_taken(headers: dict[str, str]) -> None:
    answer = Site().client.post("/v1/events", content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (415, "media_type")


def test_other_addresses_and_methods_are_problems_too() -> None:
    site = Site()
    answer = site.client.get("/v1/events")
    assert (answer.status_code, answer.json()["reason"], answer.headers["allow"]) == (405, "wrong_method", "POST")
    assert (site.client.get("/v2").status_code, site.client.get("/v2").json()["reason"]) == (404, "no_such_page")


def test_an_error_of_ours_is_a_500_that_says_nothing_of_the_event(monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site()

    async def breaks(topic: str, key: bytes, value: bytes | None, headers: Headers) -> Awaitable[object]:
        raise RuntimeError(f"{topic} {key!r} {value!r} {headers!r}")

    monkeypatch.setattr(site.kafka, "send", breaks)
    answer = site.client.post("/v1/events", json=lab())
    assert (answer.status_code, answer.json()["reason"]) == (500, "failed")
    assert "pt-1" not in answer.text
    assert site.ears.asked_for == {("events", "failed"): 1}

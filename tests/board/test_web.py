"""The board's pages: everything from here, acts from the board's own pages only, no name of a patient elsewhere."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from aiokafka.errors import KafkaError
from starlette.testclient import TestClient

from blinwatch.board.choices import stale_after_ms
from blinwatch.board.hub import HEARTBEAT_S, Hub
from blinwatch.board.monitor_sight import MonitorSight
from blinwatch.board.ward_now import ACTIVE_TOPIC, STATUS_TOPIC, WardNow, Written
from blinwatch.board.web import ACT_BYTES_MOST, STATIC, build_app
from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.events import AnyEvent
from tests.board.examples import ALERT, ALERT_BYTES, STATUS, STATUS_BYTES, changed

HOST = "board.test"
HERE = {"origin": f"http://{HOST}"}
ACT = {
    "kind": "acknowledge",
    "patient_id": ALERT.patient_id,
    "alert_id": ALERT.alert_id,
    "by": "nurse-7",
    "reason": "seen at the bedside",
}


class Mouth:
    """Remembers what was written; fails while the broker is away."""

    def __init__(self) -> None:
        self.said: list[AnyEvent] = []
        self.is_away = False

    async def say(self, event: AnyEvent) -> Written:
        if self.is_away:
            raise KafkaError
        self.said.append(event)
        return Written("alerts.commands.v1", 0, len(self.said))


def new_hub() -> Hub:
    rulebook = load_rulebook()
    ward = WardNow()
    ward.take(STATUS_TOPIC, STATUS.patient_id.encode(), changed(STATUS_BYTES, patient_id=ALERT.patient_id))
    ward.take(ACTIVE_TOPIC, ALERT.alert_id.encode(), ALERT_BYTES)
    sight = MonitorSight(tick_interval_s=5, started_s=0)
    return Hub(ward, sight, simulated=False, stale_after_ms=stale_after_ms(rulebook.vitals))


@pytest.fixture
def mouth() -> Mouth:
    return Mouth()


@pytest.fixture
def board(mouth: Mouth) -> Iterator[TestClient]:
    app = build_app(new_hub(), mouth.say, load_rulebook().icans, [HOST])
    with TestClient(app, base_url=f"http://{HOST}") as client:
        yield client


def act(board: TestClient, headers: dict[str, str] = HERE, **fields: Any) -> tuple[int, Any]:
    answer = board.post("/api/acts", json={**ACT, **fields}, headers=headers)
    return answer.status_code, answer.json()


def test_an_acknowledgement_is_written_and_the_page_is_told_its_number(board: TestClient, mouth: Mouth) -> None:
    status, answer = act(board)
    assert status == 202
    assert [event.event_id for event in mouth.said] == [answer["event_id"]]


@pytest.mark.parametrize("origin", [None, "http://elsewhere.test", "null"])
def test_no_other_page_can_act_in_a_nurse_s_name(board: TestClient, mouth: Mouth, origin: str | None) -> None:
    status, answer = act(board, headers={} if origin is None else {"origin": origin})
    assert (status, mouth.said) == (403, [])
    assert "own pages" in answer["error"]


def test_under_a_foreign_name_the_board_does_not_answer(board: TestClient) -> None:
    assert board.get("/", headers={"host": "rebound.test"}).status_code == 400


def test_a_broker_that_is_away_is_told_as_not_written(board: TestClient, mouth: Mouth) -> None:
    mouth.is_away = True
    status, answer = act(board)
    assert status == 503
    assert answer["error"].startswith("not written")


def test_a_form_that_says_too_little_is_told_what_is_missing(board: TestClient, mouth: Mouth) -> None:
    status, answer = act(board, by="")
    assert (status, mouth.said) == (422, [])
    assert "who" in answer["error"]


def test_patients_who_are_not_on_the_board_are_not_acted_on(board: TestClient, mouth: Mouth) -> None:
    status, answer = act(board, patient_id="pt-nobody")
    assert (status, mouth.said) == (404, [])
    assert "pt-nobody" not in answer["error"]
    assert board.get("/api/patients/pt-nobody").status_code == 404


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"x" * (ACT_BYTES_MOST + 1)])
def test_what_is_no_form_is_refused(board: TestClient, mouth: Mouth, body: bytes) -> None:
    assert board.post("/api/acts", content=body, headers=HERE).status_code == 400
    assert mouth.said == []


def test_a_patient_is_told_with_the_reason_of_each_alert(board: TestClient) -> None:
    told = board.get(f"/api/patients/{ALERT.patient_id}").json()
    assert told["tile"]["id"] == ALERT.patient_id
    assert [one["citation"] for one in told["alerts"]] == [ALERT.citation]


@pytest.mark.parametrize("path", ["/", "/patient?id=x", "/api/choices", "/healthz", "/static/board.js", "/nowhere"])
def test_every_answer_forbids_foreign_script_storage_and_referrers(board: TestClient, path: str) -> None:
    headers = board.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'self'")
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"


def test_the_pages_need_nothing_from_elsewhere_and_hold_no_script_of_their_own() -> None:
    for page in STATIC.iterdir():
        text = page.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "://" not in text, page.name
        assert "innerHTML" not in text, page.name
        assert " onclick=" not in text.replace('" onclick', ""), page.name


async def test_a_browser_gets_the_whole_ward_and_then_what_changes() -> None:
    hub = new_hub()
    hub.ward.take_changed()
    told = hub.messages()
    assert (await anext(told))[0] == "pulse"
    name, tiles = await anext(told)
    assert (name, [one["id"] for one in tiles]) == ("ward", [ALERT.patient_id])
    hub.ward.take(ACTIVE_TOPIC, ALERT.alert_id.encode(), None)
    hub.news()
    assert (await anext(told))[0] == "pulse"
    name, changes = await anext(told)
    assert (name, [patient for patient, _ in changes]) == ("tiles", [ALERT.patient_id])
    await told.aclose()


async def test_a_browser_that_sleeps_gets_the_newest_state_once() -> None:
    hub = new_hub()
    told = hub.messages()
    await anext(told)
    await anext(told)
    for minute in range(50):
        later = changed(STATUS_BYTES, patient_id=ALERT.patient_id, as_of=f"2026-03-02T08:{minute:02}:00Z")
        hub.ward.take(STATUS_TOPIC, ALERT.patient_id.encode(), later)
        hub.news()
    await anext(told)
    _, changes = await anext(told)
    assert len(changes) == 1
    assert json.dumps(changes).count("as_of") == 1
    await told.aclose()


async def test_a_quiet_ward_still_has_a_heartbeat() -> None:
    hub = new_hub()
    hub.ward.take_changed()
    told = hub.messages()
    await anext(told)
    await anext(told)
    async with asyncio.timeout(3 * HEARTBEAT_S):
        assert (await anext(told))[0] == "pulse"
    await told.aclose()

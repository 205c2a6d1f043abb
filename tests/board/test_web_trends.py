"""The board's answers that rest on the trend store: a patient's course and the alarm load, as JSON and as CSV."""

import csv
import io
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.testclient import TestClient

from blinwatch.board.choices import stale_after_ms
from blinwatch.board.courses import HOUR_MS, SPANS_H
from blinwatch.board.feed_trends import TrendFeed
from blinwatch.board.hub import Hub
from blinwatch.board.load_page import LOAD_DAYS
from blinwatch.board.monitor_sight import MonitorSight
from blinwatch.board.tile import ms
from blinwatch.board.trends.sqlite_store import open_sqlite
from blinwatch.board.trends.trend_store import TrendStore, TrendStoreError
from blinwatch.board.ward_now import STATUS_TOPIC, WardNow, Written
from blinwatch.board.web import build_app
from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.events import AnyEvent
from tests.board.examples import STATUS, STATUS_BYTES
from tests.board.trends.rows import DAY_MS, START_MS, batch, mark, reading, transition, watch

HOST = "board.test"
AS_OF_MS = ms(STATUS.as_of) or 0
COURSE = f"/api/patients/{STATUS.patient_id}/course"
RULEBOOK = load_rulebook()


class Gone:
    """A store whose database is away."""

    def __getattr__(self, name: str) -> Any:
        def refuses(*_: object) -> Any:
            raise TrendStoreError("the trend store /data/trends.db cannot be read: is the disk there?")

        return refuses


async def no_mouth(_: AnyEvent) -> Written:
    raise AssertionError("nothing is to be written here")


def asked_with(store: Any, *, simulated: bool = True) -> TestClient:
    """A board on this store (None: none could be opened); a simulated ward's now is the status's."""
    ward = WardNow()
    ward.take(STATUS_TOPIC, STATUS.patient_id.encode(), STATUS_BYTES)
    sight = MonitorSight(tick_interval_s=5, started_s=0)
    hub = Hub(ward, sight, simulated=simulated, stale_after_ms=stale_after_ms(RULEBOOK.vitals))
    trends = cast("TrendFeed", SimpleNamespace(store=store))
    return TestClient(build_app(hub, no_mouth, RULEBOOK.icans, [HOST], trends=trends), base_url=f"http://{HOST}")


@pytest.fixture
def store() -> Iterator[TrendStore]:
    opened = open_sqlite(None)
    yield opened
    opened.close()


def ago(past_ms: int) -> int:
    """So long before the patient's newest status, as rows are told."""
    return AS_OF_MS - past_ms - START_MS


def alerts(ward: str, alert_id: str, reason: str = "seen") -> list[Any]:
    """An alert raised an hour ago and acknowledged after a minute and a half."""
    told = {"alert_id": alert_id, "ward": ward}
    return [
        transition(f"{alert_id}-1", ago(HOUR_MS), **told),
        transition(f"{alert_id}-2", ago(HOUR_MS - 90_000), "acknowledged", **told, reason=reason),
    ]


def watched(ward: str, patient_id: str) -> list[Any]:
    """A patient who was looked at all day."""
    return [watch(ago(minutes * 60_000), patient_id=patient_id, ward=ward) for minutes in range(0, 24 * 60, 5)]


@pytest.mark.parametrize("hours", SPANS_H)
def test_a_course_ends_now_and_is_as_long_as_was_asked_for(store: TrendStore, hours: int) -> None:
    whose = {"patient_id": STATUS.patient_id}
    store.write(batch(readings=[reading(ago(60_000), 38.5, **whose)], marks=[mark("g1", ago(60_000), **whose)]))
    answer = asked_with(store).get(COURSE, params={"hours": hours})
    told = answer.json()
    assert (told["since"], told["until"]) == (AS_OF_MS - hours * HOUR_MS, AS_OF_MS)
    assert [point[3] for point in told["signals"]["temperature_c"]["points"]] == [38.5]
    assert [one["code"] for one in told["marks"]] == ["CRS_G1"]


def test_the_course_of_a_real_ward_ends_at_the_clock_s_now(store: TrendStore) -> None:
    before_ms = round(time.time() * 1000)
    until_ms = asked_with(store, simulated=False).get(COURSE, params={"hours": 6}).json()["until"]
    assert before_ms <= until_ms <= round(time.time() * 1000)


@pytest.mark.parametrize("hours", ["", "0", "-6", "5", "6.0", "all", "6 OR 1=1"])
def test_a_span_that_the_page_does_not_offer_is_refused(store: TrendStore, hours: str) -> None:
    answer = asked_with(store).get(COURSE, params={"hours": hours})
    assert answer.status_code == 422
    assert "6, 24, 72, 168, 672" in answer.json()["error"]


def test_a_patient_who_is_not_on_the_board_has_no_course_and_is_not_named_again(store: TrendStore) -> None:
    answer = asked_with(store).get("/api/patients/pt-nobody/course", params={"hours": 6})
    assert answer.status_code == 404
    assert "pt-nobody" not in answer.text


@pytest.mark.parametrize(
    "path,asked",
    [(COURSE, {"hours": 24}), ("/api/alarm-load", {"days": 7}), ("/alarm-load.csv", {"days": 7})],
)
@pytest.mark.parametrize("gone,words", [(None, "BLINWATCH_TREND_STORE"), (Gone(), "cannot be read")])
def test_a_store_that_is_away_is_said_as_such_never_as_no_alerts(
    path: str, asked: dict[str, int], gone: Any, words: str
) -> None:
    answer = asked_with(gone).get(path, params=asked)
    assert answer.status_code == 503
    assert words in answer.json()["error"]


@pytest.mark.parametrize("days", LOAD_DAYS)
def test_the_alarm_load_counts_the_days_that_were_asked_for(store: TrendStore, days: int) -> None:
    rows = [
        transition("in", ago(days * DAY_MS - 1), alert_id="in"),
        transition("out", ago(days * DAY_MS + 1), alert_id="out"),
    ]
    store.write(batch(transitions=rows))
    told = asked_with(store).get("/api/alarm-load", params={"days": days}).json()
    assert told["until"] - told["since"] == days * DAY_MS
    assert told["total"]["raised"] == 1


def test_the_alarm_load_of_one_ward_is_that_ward_s_alone(store: TrendStore) -> None:
    rows = [*alerts("north", "a1"), *alerts("south", "a2"), *alerts("south", "a3")]
    watches = [*watched("north", "pt-n"), *watched("south", "pt-s")]
    store.write(batch(transitions=rows, watches=watches))
    board = asked_with(store)
    raised = {
        ward: board.get("/api/alarm-load", params={"days": 1, "ward": ward}).json()["total"]["raised"]
        for ward in ("north", "south", "")
    }
    assert raised == {"north": 1, "south": 2, "": 3}


@pytest.mark.parametrize("path", ["/api/alarm-load", "/alarm-load.csv"])
@pytest.mark.parametrize("days", ["", "0", "2", "1e9", "seven"])
def test_days_that_the_page_does_not_offer_are_refused(store: TrendStore, path: str, days: str) -> None:
    answer = asked_with(store).get(path, params={"days": days})
    assert answer.status_code == 422
    assert "1, 7, 28" in answer.json()["error"]


def test_the_csv_is_a_file_for_a_spreadsheet_with_the_figures_of_the_page(store: TrendStore) -> None:
    store.write(batch(transitions=alerts("north", "a1"), watches=watched("north", "pt-n")))
    board = asked_with(store)
    answer = board.get("/alarm-load.csv", params={"days": 7, "ward": "north"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["cache-control"] == "no-store"
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    page = board.get("/api/alarm-load", params={"days": 7, "ward": "north"}).json()
    (total,) = [one for one in lines if one["scope"] == "all"]
    assert (total["ward"], int(total["raised"])) == ("north", page["total"]["raised"])
    assert float(total["acknowledge_median_s"]) == page["total"]["acknowledge_median_s"] == 90


def test_a_reason_somebody_wrote_is_no_formula_in_the_spreadsheet(store: TrendStore) -> None:
    store.write(batch(transitions=alerts("north", "a1", reason='=HYPERLINK("http://elsewhere")')))
    text = asked_with(store).get("/alarm-load.csv", params={"days": 7}).text
    cells = [cell for line in csv.reader(io.StringIO(text)) for cell in line]
    assert any("HYPERLINK" in cell for cell in cells)
    assert not any(cell.startswith("=") for cell in cells)

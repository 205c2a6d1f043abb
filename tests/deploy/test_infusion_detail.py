"""`Infusion detail`: every query is answered by a real PostgreSQL that holds a simulated patient's course.

Goal: no query comes back in error or empty. Method: a simulated CRS up to grade 3, with readings that no patient can
have, goes through the judgement into the trend store; then each query as Grafana sends it, with its variables filled
in.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
import yaml
from psycopg import sql as compose

from blinwatch.board.trends.buckets import LAYERS
from blinwatch.board.trends.postgres_store import open_postgres
from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.events import PatientEvent, VitalsObserved
from blinwatch.core.evidence import to_ms
from blinwatch.simulate.stories.crs_grade_3_masked import STORY
from deploy.grafana.source import look
from deploy.grafana.source.__main__ import TREND_PAGES
from deploy.grafana.source.frame import render
from tests.deploy.dashboards import FOLDER, GRAFANA, Json, colours, panels
from tests.support.postgres_server import postgres_server
from tests.support.trend_story import START, fill, story_events

HOURS = 30
PATIENT = "pt-o'hara"
"""A quote in a name must not end the query."""
FROM, TO = START + timedelta(hours=2), START + timedelta(hours=HOURS)
PAGE: Json = json.loads((FOLDER / "infusion-detail.json").read_text(encoding="utf-8"))


def _every_query() -> Iterator[tuple[str, str]]:
    for panel in panels(PAGE):
        for target in panel["targets"]:
            yield f"panel {panel['title']}, {target['refId']}", target["rawSql"]
    for annotation in PAGE["annotations"]["list"]:
        yield f"annotation {annotation['name']}", annotation["target"]["rawSql"]
    for variable in PAGE["templating"]["list"]:
        if variable["type"] == "query":
            yield f"variable {variable['name']}", variable["query"]


QUERIES = dict(_every_query())


@dataclass(frozen=True, slots=True)
class Answer:
    columns: list[str]
    rows: list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def database() -> Iterator["psycopg.Connection[Any]"]:
    """The simulated patient's course in PostgreSQL."""
    rulebook = load_rulebook()
    with postgres_server() as server:
        address = server.new_database()
        store = open_postgres(address)
        events: list[PatientEvent] = story_events(STORY, "pt-ohara", HOURS, rulebook)
        fill(store, [*events, *_artefacts_and_oxygen()], rulebook)
        # Twelve hours after its end the first half has been folded: every query must find both kinds of bucket.
        store.fold(to_ms(START) + (HOURS + 6) * 3_600_000)
        store.close()
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("UPDATE patients SET patient_id = %s", (PATIENT,))
            yield connection


def _artefacts_and_oxygen() -> list[PatientEvent]:
    told: list[tuple[float, dict[str, Any]]] = [
        (11.51, {"o2_device": "nasal_cannula", "o2_flow_l_min": 2.0}),
        (
            12.51,
            {
                "temperature_c": 12.0,
                "heart_rate_bpm": 0,
                "sbp_mmhg": 0,
                "spo2_pct": 0,
                "respiratory_rate_per_min": 0,
                "o2_flow_l_min": -1,
            },
        ),
    ]
    return [
        VitalsObserved(
            event_id=f"made-{hour}",
            patient_id="pt-ohara",
            occurred_at=START + timedelta(hours=hour),
            source="test",
            **signals,
        )
        for hour, signals in told
    ]


def _filled_in(query: str) -> str:
    """A query as Grafana sends it for a day on a screen 1,400 pixels wide."""
    query = query.replace("${patient:sqlstring}", compose.Literal(PATIENT).as_string(None))
    for name, value in (("$__from", to_ms(FROM)), ("$__to", to_ms(TO)), ("$__interval_ms", 60_000)):
        query = query.replace(name, str(value))
    assert "$" not in query, query
    return query


def _asked(database: "psycopg.Connection[Any]", where: str) -> Answer:
    cursor = database.execute(_filled_in(QUERIES[where]).replace("%", "%%").encode(), ())
    return Answer([column.name for column in cursor.description or ()], cursor.fetchall())


@pytest.mark.parametrize("where", QUERIES)
def test_every_query_is_answered_with_something(database: "psycopg.Connection[Any]", where: str) -> None:
    answer = _asked(database, where)
    assert answer.rows, where
    assert len(set(answer.columns)) == len(answer.columns)
    if where.startswith("variable"):
        assert answer.rows == [(PATIENT,)]
        return
    assert answer.columns[0] == "time"
    assert all(isinstance(row[0], datetime) for row in answer.rows)


GRAPHS = [
    f"panel {panel['title']}, {target['refId']}"
    for panel in panels(PAGE)
    if panel["type"] == "timeseries"
    for target in panel["targets"]
]


@pytest.mark.parametrize("where", GRAPHS)
def test_a_line_of_a_graph_lies_in_the_span_and_goes_forward_in_time(
    database: "psycopg.Connection[Any]", where: str
) -> None:
    times = [row[0] for row in _asked(database, where).rows]
    assert times == sorted(times)
    assert FROM <= times[0] <= times[-1] <= TO
    values = [value for row in _asked(database, where).rows for value in row[1:] if value is not None]
    assert values
    assert all(isinstance(value, float) for value in values)


def test_the_crs_line_rises_to_three_and_holds_to_the_end_of_the_graph(database: "psycopg.Connection[Any]") -> None:
    rows = _asked(database, "panel Grades, A").rows
    assert max(value for _, value in rows if value is not None) == 3
    assert rows[-1][0] == TO


def test_readings_that_no_patient_can_have_are_dots_and_never_part_of_a_line(
    database: "psycopg.Connection[Any]",
) -> None:
    assert [value for _, value in _asked(database, "panel Temperature, B").rows] == [12.0]
    lows = [low for _, low, _, _ in _asked(database, "panel Temperature, A").rows]
    assert min(lows) > 30


def test_the_alert_table_has_the_grade_with_its_rule_and_sentence(database: "psycopg.Connection[Any]") -> None:
    answer = _asked(database, "panel Alerts, A")
    found = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    (crs,) = [row for row in found if row["alert"].startswith("CRS_G")]
    assert (crs["priority"], crs["rule"]) == ("▲ high", "CRS-7")
    assert "vasopressor" in crs["what was told"]


def test_an_alert_is_marked_from_its_beginning_to_its_end(database: "psycopg.Connection[Any]") -> None:
    answer = _asked(database, "annotation Other alerts")
    assert answer.columns == ["time", "timeend", "text", "tags"]
    ended = [row for row in answer.rows if row[1] is not None]
    assert ended
    assert all(row[0] <= row[1] for row in ended)


def test_all_widths_of_buckets_are_asked_for() -> None:
    widths = ", ".join(str(layer.bucket_ms // 1000) for layer in LAYERS)
    asked = [query for query in QUERIES.values() if "FROM readings" in query]
    assert len(asked) > 10
    assert all(f"r.bucket_s IN ({widths})" in query for query in asked)


def test_the_committed_dashboard_is_what_the_code_makes() -> None:
    for page in TREND_PAGES:
        written = (FOLDER / f"{page.name}.json").read_text(encoding="utf-8")
        assert written == render(page), f"{page.name}.json is not what the code makes: run `make dashboards`"


def test_every_query_goes_to_the_provisioned_data_source_and_its_password_stands_in_no_file() -> None:
    text = (GRAFANA / "provisioning/datasources/trends.yml").read_text(encoding="utf-8")
    (provisioned,) = yaml.safe_load(text)["datasources"]
    assert provisioned["editable"] is False
    assert provisioned["secureJsonData"] == {"password": "$TRENDS_PG_PASSWORD"}
    asked = [target["datasource"] for panel in panels(PAGE) for target in panel["targets"]]
    asked += [annotation["datasource"] for annotation in PAGE["annotations"]["list"]]
    assert {(one["type"], one["uid"]) for one in asked} == {(provisioned["type"], provisioned["uid"])}


@pytest.mark.parametrize("panel", [pytest.param(panel, id=panel["title"]) for panel in panels(PAGE)])
def test_a_panel_says_what_it_shows(panel: Json) -> None:
    assert len(panel["description"]) > 20
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["noValue"] == "nothing kept"


def test_all_is_grey_but_what_wants_attention() -> None:
    found = {colour for colour in colours(PAGE) if not colour[1:3] == colour[3:5] == colour[5:7]}
    assert found <= {look.HIGH, look.MEDIUM, look.LOW}


def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in PAGE["panels"]:
        at = panel["gridPos"]
        place = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not place & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= place

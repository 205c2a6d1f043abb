"""Every query of every dashboard is answered by a real Prometheus that scraped a worker judging a simulated ward.

Goal: no panel comes back in error or empty. Method: the embedded broker, a real worker, twelve simulated patients, a
refused record and acknowledgements; then each query as Grafana would send it, with its variables filled in.
"""

import math
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from blinwatch.cli import build_app
from blinwatch.core.events import AlertAcknowledged
from blinwatch.receive.event_log import encode_event, topic_of
from tests.deploy.dashboards import Json, panels, prometheus_dashboards, queries
from tests.gateway.hands import heart
from tests.support import monitoring
from tests.support.embedded import PlainReader, PlainWriter, catalogue_broker
from tests.support.free_ports import free_ports
from tests.support.gateway_process import gateway, say
from tests.support.monitoring import MonitoringStack
from tests.support.records import VITALS
from tests.support.worker_process import REAL, WorkerProcess

pytestmark = [
    pytest.mark.slow,
    pytest.mark.kafka,
    pytest.mark.mock("the dashboards ask the worker, whatever its broker"),
]
DASHBOARDS = prometheus_dashboards()
WARDS = ("haematology", "paediatrics")
FILLED_IN = {"$ward": "|".join(WARDS), "$__rate_interval": "1m", "$__interval": "15s", "$__range": "1h"}
GRADED = "sum(blinwatch_grade_changes_total)"


def filled_in(query: str) -> str:
    """A query as Grafana sends it."""
    for name, value in FILLED_IN.items():
        query = query.replace(name, value)
    assert "$" not in query, query
    return query


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MonitoringStack]:
    """Prometheus after eight hours of a simulated ward."""
    missing = monitoring.missing_programs()
    if missing:
        pytest.skip(f"NOT RUN: no {', '.join(missing)} here; install Debian's prometheus and prometheus-alertmanager")
    folder = tmp_path_factory.mktemp("dashboards")
    with catalogue_broker() as broker:
        worker = WorkerProcess(broker.bootstrap, folder, REAL, wards=",".join(WARDS))
        (metrics_port,) = free_ports(1)
        with (
            worker,
            gateway(broker.bootstrap, "--metrics-port", str(metrics_port)) as port,
            MonitoringStack(folder / "monitoring", [worker.port], gateway_ports=[metrics_port]) as stack,
        ):
            worker.until_ready()
            # A monitor of whose patient nobody has said anything: its value is taken, and waits.
            assert say(port, heart(88, pid="PID|||")).startswith("MSA|AA")
            stack.until(lambda: number(stack, "blinwatch_gateway_held") == 1, "the gateway holds a value")
            assert say(port, heart(92, pid="PID|||"), control="c-2").startswith("MSA|AA")
            stack.until(lambda: bool(stack.query("blinwatch_partitions_assigned")), "the worker is scraped")
            play_the_ward(broker.bootstrap)
            stack.until(lambda: number(stack, GRADED) > 0, "grades have changed", 100)
            acknowledge_one_of_each_priority(broker.bootstrap)
            acknowledged = 'blinwatch_alert_transitions_total{transition="acknowledged"}'
            stack.until(lambda: number(stack, f"sum({acknowledged})") >= 2, "they are acknowledged", 60)
            stack.until(lambda: number(stack, "sum(blinwatch_dead_letters_total)") == 1, "a record was refused", 60)
            # The rules and rates look back over two scrapes at least.
            stack.until(lambda: bool(stack.query("blinwatch:event_to_alert_seconds:p99_5m")), "rules are evaluated")
            yield stack


def play_the_ward(bootstrap: str) -> None:
    """Eight hours of twelve patients in a few seconds, and a record that nobody can read."""
    words = ["--patients", "12", "--duration-h", "8", "--speed", "10000", "--seed", "7"]
    CliRunner().invoke(build_app(), ["simulate", "--bootstrap", bootstrap, *words], catch_exceptions=False)
    writer = PlainWriter(bootstrap)
    writer.write(VITALS, b"patient-9", b"{ not JSON")
    writer.flush()


def acknowledge_one_of_each_priority(bootstrap: str) -> None:
    """As a nurse would, half a minute after each alert of two priorities at least."""
    reader = PlainReader(bootstrap, "alerts.active.v1")
    records = reader.read_until(lambda found: len({alert["priority"] for alert in standing(found)}) >= 2)
    reader.close()
    by_priority = {alert["priority"]: alert for alert in standing(records)}
    writer = PlainWriter(bootstrap)
    for priority, alert in by_priority.items():
        event = AlertAcknowledged(
            event_id=f"acknowledged-{priority}",
            patient_id=alert["patient_id"],
            occurred_at=datetime.fromisoformat(alert["updated_at"]) + timedelta(seconds=30),
            source="test",
            by="nurse-7",
            reason="at the bedside",
            alert_id=alert["alert_id"],
        )
        writer.write(topic_of(event), alert["patient_id"], encode_event(event))
    writer.flush()


def standing(records: list[Any]) -> list[Json]:
    """The newest alert of each key that was not deleted."""
    newest = {record.key(): record.value() for record in records}
    return [orjson.loads(value) for value in newest.values() if value]


def number(stack: MonitoringStack, query: str) -> float:
    """The one number a query answers with; 0 while it answers nothing."""
    found = stack.query(query)
    return float(found[0]["value"][1]) if found else 0.0


@pytest.mark.parametrize("name", DASHBOARDS)
def test_no_panel_comes_back_empty_or_in_error(stack: MonitoringStack, name: str) -> None:
    empty: list[str] = []
    for panel in panels(DASHBOARDS[name]):
        numbers: list[float] = []
        for target in panel["targets"]:
            found = stack.query(filled_in(target["expr"]))
            if not found:
                empty.append(f"{panel['title']}: {target['expr']}")
            numbers += [float(one["value"][1]) for one in found]
        if numbers and all(math.isnan(value) for value in numbers):
            empty.append(f"{panel['title']}: nothing but NaN")
    assert not empty, "\n".join(empty)


@pytest.mark.parametrize("name", DASHBOARDS)
def test_variables_and_annotations_are_answered(stack: MonitoringStack, name: str) -> None:
    for where, query in queries(DASHBOARDS[name]):
        if where.startswith("variable"):
            (metric, label) = re.fullmatch(r"label_values\((\w+), (\w+)\)", query).groups()  # type: ignore[union-attr]
            assert {one["metric"][label] for one in stack.query(metric)} >= set(WARDS)
        elif where.startswith("annotation"):
            stack.query(filled_in(query))  # raises when Prometheus refuses it; there need not be any


def test_a_grade_that_changed_is_marked(stack: MonitoringStack) -> None:
    marks = {one["name"]: one["expr"] for one in DASHBOARDS["ward"]["annotations"]["list"]}
    wider = filled_in(marks["Grade changed"]).replace("[1m]", "[10m]")
    assert {one["metric"]["grade"] for one in stack.query(wider)} >= {"CRS_G1"}


def test_the_ward_shows_the_patients_of_the_simulation(stack: MonitoringStack) -> None:
    tiles = {panel["title"]: panel["targets"][0]["expr"] for panel in panels(DASHBOARDS["ward"])}
    assert sum(float(one["value"][1]) for one in stack.query(filled_in(tiles["Infusions"]))) == 12
    assert sum(float(one["value"][1]) for one in stack.query(filled_in(tiles["CRS (ASTCT 2019)"]))) == 12
    assert number(stack, filled_in(tiles["The monitor: workers"])) == 1
    assert number(stack, filled_in(tiles["Alerts a patient-day, last day"])) > 0


def test_the_monitor_says_what_was_refused_and_that_the_alarm_path_works(stack: MonitoringStack) -> None:
    tiles = {panel["title"]: panel["targets"][0]["expr"] for panel in panels(DASHBOARDS["safety"])}
    assert number(stack, filled_in(tiles["◆ Dead letters, last day"])) == 1
    assert number(stack, filled_in(tiles["Alarm path"])) == 1
    assert number(stack, filled_in(tiles["▲ Partitions without a worker"])) == 0


def test_a_panels_link_opens_the_runbook(stack: MonitoringStack) -> None:
    for panel in panels(DASHBOARDS["safety"]):
        for link in panel.get("links", []):
            page = link["url"].removeprefix("${runbooks}/")
            assert stack.runbook(page).startswith(f"# {page.removesuffix('.md')}\n")
    assert stack.runbook("README.md").startswith("# Runbooks")

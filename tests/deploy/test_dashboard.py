"""The ward dashboard asks only for metrics and labels that exist, and shows numbers quietly."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from blinwatch.observe.metric_table import METRICS, series_names

ROOT = Path(__file__).resolve().parents[2]
GRAFANA = ROOT / "deploy/grafana"
DASHBOARD = GRAFANA / "dashboards/ward.json"
SERIES = {name: set(spec.labels) for spec in METRICS for name in series_names(spec)}
TARGET_LABELS = {"job", "instance", "le"}
"""What Prometheus adds to every series, and the bucket bound of a histogram."""
ALARM_COLOURS = {"#c4162a": "high", "#e0b400": "medium", "#3aa6b9": "low"}


def read_dashboard() -> dict[str, Any]:
    return json.loads(DASHBOARD.read_text(encoding="utf-8"))


def queries(dashboard: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every query with where it stands."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]
    for variable in dashboard["templating"]["list"]:
        yield f"variable {variable['name']}", variable["query"]["query"]


def unknown_names(query: str) -> set[str]:
    """Names of blinwatch metrics in a query that no worker serves."""
    return set(re.findall(r"\bblinwatch_\w+", query)) - set(SERIES)


def unknown_labels(query: str) -> set[str]:
    """Labels a query selects or groups by, which none of its metrics has."""
    names = re.findall(r"\b(?:blinwatch_\w+|up)\b", query)
    had = TARGET_LABELS.union(*(SERIES.get(name, set[str]()) for name in names))
    used = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"", query))
    for group in re.findall(r"\bby\s*\(([^)]*)\)", query):
        used.update(label.strip() for label in group.split(","))
    return used - had


def test_every_query_asks_for_metrics_and_labels_that_exist() -> None:
    asked = list(queries(read_dashboard()))
    assert len(asked) > 15
    for title, query in asked:
        assert not unknown_names(query), title
        assert not unknown_labels(query), title


def test_the_check_itself_finds_a_misspelt_metric_and_label() -> None:
    assert unknown_names("sum(blinwatch_pateints)") == {"blinwatch_pateints"}
    assert unknown_labels('sum by (grade, wrad) (blinwatch_patients{stat="x"})') == {"wrad", "stat"}


@pytest.mark.parametrize(
    "metric",
    [
        "blinwatch_patients",
        "blinwatch_infusions",
        "blinwatch_alerts_active",
        "blinwatch_newest_observation_timestamp_seconds",
        "blinwatch_consumer_lag_records",
        "blinwatch_events_total",
        "blinwatch_event_to_alert_seconds_bucket",
    ],
)
def test_the_dashboard_shows_what_a_ward_dashboard_is_for(metric: str) -> None:
    assert any(metric in query for _, query in queries(read_dashboard()))


def test_no_query_could_show_a_patient() -> None:
    text = DASHBOARD.read_text(encoding="utf-8")
    assert "patient_id" not in text
    assert "alert_id" not in text


def test_the_dashboard_is_kept_here_and_not_in_the_browser() -> None:
    dashboard = read_dashboard()
    assert dashboard["editable"] is False
    assert dashboard["uid"] == "blinwatch-ward"


def colours(node: Any) -> Iterator[str]:
    """Every colour that a part of the dashboard names."""
    if isinstance(node, dict):
        for key, value in cast("dict[str, Any]", node).items():
            if key in ("color", "fixedColor") and isinstance(value, str):
                yield value
            else:
                yield from colours(value)
    elif isinstance(node, list):
        for value in cast("list[Any]", node):
            yield from colours(value)


def is_grey(colour: str) -> bool:
    return colour[1:3] == colour[3:5] == colour[5:7]


def test_all_is_grey_but_what_wants_attention() -> None:
    found = set(colours(read_dashboard()))
    assert found
    assert {colour for colour in found if not is_grey(colour)} <= set(ALARM_COLOURS)


@pytest.mark.parametrize("colour, priority", ALARM_COLOURS.items())
def test_an_alarm_colour_never_speaks_alone(colour: str, priority: str) -> None:
    counters = [
        panel
        for panel in read_dashboard()["panels"]
        if panel["type"] == "stat" and panel["title"].startswith("Alerts ") and colour in set(colours(panel))
    ]
    (panel,) = counters
    assert panel["title"] == f"Alerts {priority.upper()}"
    assert f'priority="{priority}"' in panel["targets"][0]["expr"]


def test_panels_do_not_overlap() -> None:
    taken: dict[tuple[int, int], str] = {}
    for panel in read_dashboard()["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24, panel["title"]
        for x in range(at["x"], at["x"] + at["w"]):
            for y in range(at["y"], at["y"] + at["h"]):
                assert (x, y) not in taken, f"{panel['title']} lies on {taken[x, y]}"
                taken[x, y] = panel["title"]


def test_every_query_goes_to_the_provisioned_data_source() -> None:
    source = yaml.safe_load((GRAFANA / "provisioning/datasources/prometheus.yml").read_text(encoding="utf-8"))
    (provisioned,) = source["datasources"]
    assert provisioned["editable"] is False
    for panel in read_dashboard()["panels"]:
        for target in panel.get("targets", []):
            assert target["datasource"]["uid"] == provisioned["uid"], panel["title"]


def test_grafana_looks_for_dashboards_where_compose_puts_them() -> None:
    provider = yaml.safe_load((GRAFANA / "provisioning/dashboards/files.yml").read_text(encoding="utf-8"))
    folder = provider["providers"][0]["options"]["path"]
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    grafana = compose["services"]["grafana"]
    assert f"./deploy/grafana/dashboards:{folder}:ro" in grafana["volumes"]
    assert grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"] == f"{folder}/{DASHBOARD.name}"

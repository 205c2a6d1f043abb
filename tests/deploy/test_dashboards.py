"""The dashboards ask for what exists, explain themselves, and keep quiet until somebody is wanted.

Method: the committed files as Grafana provisions them, the code that makes them, and arithmetic on colours.
"""

import re
from itertools import combinations
from typing import Any

import pytest
import yaml

from blinwatch.observe.metric_table import series_names
from blinwatch.observe.metrics_page import ALL_METRICS
from deploy.grafana.source import look
from deploy.grafana.source.__main__ import PAGES
from deploy.grafana.source.frame import RUNBOOKS as SERVED_AT
from deploy.grafana.source.frame import render
from tests.deploy.dashboards import (
    FOLDER,
    GRAFANA,
    ROOT,
    RUNBOOKS,
    Json,
    colours,
    panels,
    prometheus_dashboards,
    queries,
    recorded,
)

DASHBOARDS = prometheus_dashboards()
EVERY_PANEL = [
    pytest.param(panel, id=f"{name}: {panel['title']}") for name, page in DASHBOARDS.items() for panel in panels(page)
]
SERIES = {name: set(spec.labels) for spec in ALL_METRICS for name in series_names(spec)}
OTHERS = {"up", "ALERTS", "scrape_duration_seconds", "process_cpu_seconds_total", "process_open_fds"} | {
    "process_resident_memory_bytes"
}
"""What Prometheus and its client add."""
TARGET_LABELS = {"job", "instance", "le", "alertname", "alertstate", "severity"}
ALARM_COLOURS = {look.HIGH, look.MEDIUM, look.LOW}
MEASURES = {"s", "bytes", "percentunit", "short"}
SEVERAL_SHAPES = re.compile("[▲◆●✖]")

every_dashboard = pytest.mark.parametrize("name", DASHBOARDS)
every_panel = pytest.mark.parametrize("panel", EVERY_PANEL)


def test_the_committed_dashboards_are_what_the_code_makes() -> None:
    for page in PAGES:
        written = (FOLDER / f"{page.name}.json").read_text(encoding="utf-8")
        assert written == render(page), f"{page.name}.json is not what the code makes: run `make dashboards`"
    assert set(DASHBOARDS) >= {page.name for page in PAGES}


def unknown_names(query: str) -> set[str]:
    """Names of metrics in a query that no worker serves and no rule records."""
    words = set(re.findall(r"\b(?:blinwatch[_:][\w:]*|process_\w+|scrape_\w+|up|ALERTS)\b", query))
    return words - set(SERIES) - OTHERS - recorded()


def unknown_labels(query: str) -> set[str]:
    """Labels a query selects or groups by, which none of its metrics has."""
    had = TARGET_LABELS.union(*(SERIES.get(name, set[str]()) for name in re.findall(r"\bblinwatch_\w+\b", query)))
    had |= {"ward", "topic"} if "ALERTS" in query else set()
    had |= {"ward"} if re.search(r"\bblinwatch:\w+:ward", query) else set()
    used = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"", query))
    for group in re.findall(r"\bby\s*\(([^)]*)\)", query):
        used.update(label.strip() for label in group.split(","))
    return used - had


@every_dashboard
def test_every_query_asks_for_metrics_and_labels_that_exist(name: str) -> None:
    asked = list(queries(DASHBOARDS[name]))
    assert len(asked) > 12
    for where, query in asked:
        assert not unknown_names(query), where
        assert not unknown_labels(query), where


def test_the_check_itself_finds_a_misspelt_metric_and_label() -> None:
    assert unknown_names("sum(blinwatch_pateints)") == {"blinwatch_pateints"}
    assert unknown_names("blinwatch:nothing:records") == {"blinwatch:nothing:records"}
    assert unknown_labels('sum by (grade, wrad) (blinwatch_patients{stat="x"})') == {"wrad", "stat"}


@every_panel
def test_a_panel_says_what_it_shows_in_which_unit_and_from_where_on_somebody_should_act(panel: Json) -> None:
    assert len(panel["description"]) > 10
    assert panel["description"].endswith(".")
    defaults = panel["fieldConfig"]["defaults"]
    assert defaults["unit"] in MEASURES or defaults["unit"].startswith("prefix:")
    assert defaults["noValue"] == "no data"
    first, *steps = defaults["thresholds"]["steps"]
    assert first["value"] is None
    values = [step["value"] for step in steps]
    assert values == sorted(set(values)), "thresholds rise"


@every_panel
def test_a_panel_that_may_turn_coloured_says_it_without_colour_too(panel: Json) -> None:
    """A shape in its number, a word in place of it, or a measure whose number speaks by itself."""
    found = set(colours(panel)) & ALARM_COLOURS
    defaults = panel["fieldConfig"]["defaults"]
    spoken = f"{defaults['unit']} {panel['title']} {defaults.get('mappings', '')} {panel['fieldConfig']['overrides']}"
    measured = defaults["unit"] in {"s", "bytes", "percentunit"} or "a patient-day" in panel["title"]
    named = panel["type"] == "bargauge"  # each bar carries its name
    counted = panel["type"] == "timeseries"  # the dashed threshold line is drawn
    assert not found or SEVERAL_SHAPES.search(spoken) or measured or named or counted


@every_panel
def test_a_link_leads_to_a_runbook_that_is_there(panel: Json) -> None:
    for link in panel.get("links", []):
        folder, _, page = link["url"].rpartition("/")
        assert folder == "${runbooks}"
        assert (RUNBOOKS / page).exists(), link["url"]


@every_dashboard
def test_a_dashboard_leads_to_the_others_and_to_the_runbooks(name: str) -> None:
    page = DASHBOARDS[name]
    kinds = {link["type"]: link for link in page["links"]}
    assert kinds["dashboards"]["tags"] == ["blinwatch"]
    assert page["tags"] == ["blinwatch"]
    assert kinds["link"]["url"] == "${runbooks}/README.md"
    assert any(panel.get("links") for panel in panels(page))
    assert {"Release"} <= {annotation["name"] for annotation in page["annotations"]["list"]}


def test_prometheus_serves_the_runbooks_where_the_links_lead() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    prometheus = compose["services"]["prometheus"]
    (folder,) = [word.partition("=")[2] for word in prometheus["command"] if word.startswith("--web.user-assets=")]
    assert f"./docs/operating/runbooks:{folder}:ro" in prometheus["volumes"]
    (published,) = prometheus["ports"]
    address, _, _ = published.rpartition(":")
    assert f"http://{address}/user" == SERVED_AT
    for page in DASHBOARDS.values():
        (variable,) = [one for one in page["templating"]["list"] if one["name"] == "runbooks"]
        assert variable["query"] == SERVED_AT


def test_the_list_of_runbooks_names_every_one() -> None:
    listed = re.findall(r"\]\((\w+\.md)\)", (RUNBOOKS / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(path.name for path in RUNBOOKS.glob("Blinwatch*.md"))


@every_dashboard
def test_no_query_could_show_a_patient(name: str) -> None:
    text = (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    assert "patient_id" not in text
    assert "alert_id" not in text


@every_dashboard
def test_a_dashboard_is_kept_here_and_not_in_the_browser(name: str) -> None:
    assert DASHBOARDS[name]["editable"] is False
    assert DASHBOARDS[name]["uid"] == f"blinwatch-{name}"


def test_wards_can_be_chosen_where_patients_are_counted() -> None:
    for name, page in DASHBOARDS.items():
        asks_by_ward = any("$ward" in query for _, query in queries(page))
        chosen = [variable["name"] for variable in page["templating"]["list"]]
        assert ("ward" in chosen) == asks_by_ward, name


@pytest.mark.parametrize("name", ["ward", "safety"])
def test_the_age_of_the_data_is_always_in_sight(name: str) -> None:
    (tile,) = [
        panel for panel in panels(DASHBOARDS[name]) if panel["type"] == "stat" and panel["title"].startswith("Age of")
    ]
    first_lines = 12  # of Grafana's grid: what a screen of 1080 lines shows without scrolling is about 24
    assert tile["gridPos"]["y"] < first_lines
    assert "newest_observation_timestamp" in tile["targets"][0]["expr"]


@every_dashboard
def test_letters_of_a_tile_can_be_read_at_three_metres(name: str) -> None:
    for panel in panels(DASHBOARDS[name]):
        if panel["type"] == "stat":
            assert panel["options"]["text"]["valueSize"] >= 54, panel["title"]


def is_grey(colour: str) -> bool:
    return colour[1:3] == colour[3:5] == colour[5:7]


@every_dashboard
def test_all_is_grey_but_what_wants_attention(name: str) -> None:
    found = set(colours(DASHBOARDS[name]))
    assert found
    assert {colour for colour in found if not is_grey(colour)} <= ALARM_COLOURS


@every_dashboard
def test_panels_do_not_overlap(name: str) -> None:
    taken: dict[tuple[int, int], str] = {}
    for panel in DASHBOARDS[name]["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24, panel["title"]
        for x in range(at["x"], at["x"] + at["w"]):
            for y in range(at["y"], at["y"] + at["h"]):
                assert (x, y) not in taken, f"{panel['title']} lies on {taken[x, y]}"
                taken[x, y] = panel["title"]


@every_panel
def test_every_query_goes_to_the_provisioned_data_source(panel: Json) -> None:
    source = yaml.safe_load((GRAFANA / "provisioning/datasources/prometheus.yml").read_text(encoding="utf-8"))
    (provisioned,) = source["datasources"]
    assert provisioned["editable"] is False
    for target in panel["targets"]:
        assert target["datasource"]["uid"] == provisioned["uid"]


def test_grafana_looks_for_dashboards_where_compose_puts_them() -> None:
    provider = yaml.safe_load((GRAFANA / "provisioning/dashboards/files.yml").read_text(encoding="utf-8"))
    folder = provider["providers"][0]["options"]["path"]
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    grafana = compose["services"]["grafana"]
    assert f"./deploy/grafana/dashboards:{folder}:ro" in grafana["volumes"]
    home = grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == f"{folder}/ward.json"


# --- colours ---------------------------------------------------------------------------------------------------------

Triple = tuple[float, float, float]
SEES: dict[str, tuple[Triple, Triple, Triple]] = {
    "all colours": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    # Full protanopia, deuteranopia and tritanopia on linear RGB (Machado, Oliveira, Fernandes 2009).
    "no red": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "no green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "no blue": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
APART_LEAST = 20.0
"""CIELAB distance. Around 2 can just be told from each other side by side; ten times that across a room."""


def linear(colour: str) -> Triple:
    """Linear RGB of `#rrggbb` (IEC 61966-2-1)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return red, green, blue


def seen(colour: str, by: str) -> Triple:
    rows, light = SEES[by], linear(colour)
    red, green, blue = (min(1.0, max(0.0, sum(a * b for a, b in zip(row, light, strict=True)))) for row in rows)
    return red, green, blue


def lab(light: Triple) -> Triple:
    """CIELAB under D65."""
    rows = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    white = (0.9505, 1.0, 1.089)
    xyz = [sum(a * b for a, b in zip(row, light, strict=True)) / full for row, full in zip(rows, white, strict=True)]
    f = [value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116 for value in xyz]
    return 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])


def distance(one: str, other: str, by: str) -> float:
    pairs = zip(lab(seen(one, by)), lab(seen(other, by)), strict=True)
    return sum((a - b) ** 2 for a, b in pairs) ** 0.5


@pytest.mark.parametrize("by", SEES)
def test_alarm_colours_and_the_ground_stay_apart_for_every_eye(by: str) -> None:
    for one, other in combinations((look.HIGH, look.MEDIUM, look.LOW, look.GROUND), 2):
        assert distance(one, other, by) > APART_LEAST, (one, other)


def test_the_check_itself_knows_a_pair_that_eyes_without_green_confuse() -> None:
    green, brown = "#5a9e3c", "#b08a2e"
    assert distance(green, brown, "all colours") > 2 * distance(green, brown, "no red")


def contrast(one: str, other: str) -> float:
    """WCAG's contrast of two colours."""
    weights = (0.2126, 0.7152, 0.0722)
    bright, dark = sorted(
        (sum(a * b for a, b in zip(weights, linear(colour), strict=True)) + 0.05 for colour in (one, other)),
        reverse=True,
    )
    return bright / dark


@pytest.mark.parametrize("colour", [look.HIGH, look.MEDIUM, look.LOW, look.GROUND])
def test_letters_on_a_tile_have_enough_contrast(colour: str) -> None:
    """Grafana writes white or near black on a tile, whichever is better; 4.5 is WCAG AA."""
    assert max(contrast(colour, "#ffffff"), contrast(colour, "#202226")) >= 4.5


def test_lines_can_be_read_on_dark_and_on_light_ground() -> None:
    dark, light = "#181b1f", "#ffffff"  # Grafana's panels
    assert min(contrast(look.INK, ground) for ground in (dark, light)) >= 3  # WCAG for graphics


def overridden(panel: Json) -> dict[str, Any]:
    return {override["matcher"]["options"]: override["properties"] for override in panel["fieldConfig"]["overrides"]}


def test_lines_of_priorities_differ_by_their_dashes_too() -> None:
    (graph,) = [panel for panel in panels(DASHBOARDS["ward"]) if panel["title"] == "Standing alerts"]
    styles = [
        str([one["value"] for one in properties if one["id"] == "custom.lineStyle"])
        for properties in overridden(graph).values()
    ]
    assert len(set(styles)) == len(styles) == 3

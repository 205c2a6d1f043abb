"""The page around the panels: ward, annotations, links to the other dashboards, and where everything stands."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as model

from deploy.grafana.source import look
from deploy.grafana.source.panels import SOURCE, AnyPanel
from deploy.grafana.source.sql_panels import SqlGraph, SqlTable

TAG = "blinwatch"
RUNBOOKS = "http://127.0.0.1:9090/user"
"""Where Prometheus serves docs/operating/runbooks in docker-compose.yml (`--web.user-assets`)."""
COLUMNS = 24
FIRST_ROW = 0

ROSE = 'sum by (ward, grade) (increase(blinwatch_grade_changes_total{{ward=~"$ward",grade=~"{grades}"}}[1m])) > 0.5'
"""Half: `increase` extrapolates, and one change between two scrapes may come out as a little less than one."""


@dataclass(frozen=True, slots=True)
class Row:
    """A heading and the panels below it, from left to right and on to the next line."""

    title: str
    panels: Sequence[AnyPanel | SqlGraph | SqlTable]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One dashboard."""

    name: str
    """Its file, and with `blinwatch-` before it its address."""
    title: str
    about: str
    rows: Sequence[Row]
    by_ward: bool = True
    variables: Sequence[build.QueryVariable] = ()
    """Further choices at the top of the page."""
    annotations: Sequence[dict[str, object]] | None = None
    """Its own, where it does not ask Prometheus; None: MARKS."""
    time_from: str = "now-6h"


@dataclass(frozen=True, slots=True)
class Mark:
    """An annotation: a thin line where something happened."""

    name: str
    query: str
    title: str
    text: str
    colour: str
    shown: bool = True


MARKS = (
    Mark("Grade rose to 3 or more", ROSE.format(grades=".+_G[345]"), "▲ {{grade}}", "ward {{ward}}", look.HIGH),
    Mark("Grade changed", ROSE.format(grades=".+"), "{{grade}}", "ward {{ward}}", look.INK, shown=False),
    Mark(
        "HIGH alert raised",
        'sum by (ward) (increase(blinwatch_ward_alerts_raised_total{ward=~"$ward",priority="high"}[1m])) > 0.5',
        "▲ alert HIGH",
        "ward {{ward}}",
        look.HIGH,
        shown=False,
    ),
    Mark(
        "Release",
        "count by (version, rulebook_version) (blinwatch_build_info)"
        " unless count by (version, rulebook_version) (blinwatch_build_info offset 1m)",
        "blinwatch {{version}}",
        "rulebook {{rulebook_version}}",
        look.INK,
    ),
)


def render(page: Page) -> str:
    """The JSON that Grafana provisions."""
    builder = (
        build.Dashboard(page.title)
        .uid(f"blinwatch-{page.name}")
        .description(page.about)
        .tags([TAG])
        .readonly()
        .refresh("5s")
        .time(page.time_from, "now")
        .timezone("browser")
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .variables([*page.variables, *([_ward()] if page.by_ward else []), _runbooks()])
        .links([_other_pages(), _all_runbooks()])
    )
    number, y = 1, FIRST_ROW
    for row in page.rows:
        builder = builder.with_row(build.Row(row.title).id(number).grid_pos(model.GridPos(h=1, w=COLUMNS, x=0, y=y)))
        number, y = number + 1, y + 1
        for panel, at in _placed(row.panels, y):
            builder = builder.with_panel(panel.build().id(number).grid_pos(at))
            number += 1
            bottom = at.y + at.h
        y = bottom
    plain: dict[str, Any] = json.loads(json.dumps(builder.build(), cls=JSONEncoder))
    _as_grafana_12(plain)
    plain["annotations"] = {"list": _annotations(page)}
    return json.dumps(plain, indent=2, ensure_ascii=False) + "\n"


def _as_grafana_12(page: dict[str, Any]) -> None:
    """Leave out what the library, made for Grafana 11.6, writes and 12's schema does not know any more."""
    for variable in page["templating"]["list"]:
        for name in ("auto", "auto_min", "auto_count"):
            del variable[name]
    for panel in page["panels"]:
        if panel["type"] == "table":
            del panel["options"]["footer"]


def _placed(
    panels: Sequence[AnyPanel | SqlGraph | SqlTable], top: int
) -> Sequence[tuple[AnyPanel | SqlGraph | SqlTable, model.GridPos]]:
    """Each panel with its place: side by side while there is room."""
    placed: list[tuple[AnyPanel | SqlGraph | SqlTable, model.GridPos]] = []
    x, y, tallest = 0, top, 0
    for panel in panels:
        if x + panel.size.width > COLUMNS:
            x, y, tallest = 0, y + tallest, 0
        placed.append((panel, model.GridPos(h=panel.size.height, w=panel.size.width, x=x, y=y)))
        x, tallest = x + panel.size.width, max(tallest, panel.size.height)
    return placed


def _ward() -> build.QueryVariable:
    query = "label_values(blinwatch_patients, ward)"
    return (
        build.QueryVariable("ward")
        .label("Ward")
        .datasource(SOURCE)
        .query({"query": query, "refId": "ward"})
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.ALPHABETICAL_ASC)
        .include_all(True)
        .all_value(".*")
        .multi(True)
        .current(model.VariableOption(selected=True, text=["All"], value=["$__all"]))
    )


def _runbooks() -> build.ConstantVariable:
    """One place to change where a hospital keeps its runbooks."""
    return build.ConstantVariable("runbooks").label("Runbooks").value(RUNBOOKS)


def _other_pages() -> build.DashboardLink:
    return (
        build.DashboardLink("blinwatch")
        .type(model.DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(False)
        .include_vars(True)
        .keep_time(True)
    )


def _all_runbooks() -> build.DashboardLink:
    return (
        build.DashboardLink("What to do")
        .type(model.DashboardLinkType.LINK)
        .url("${runbooks}/README.md")
        .tooltip("The runbooks: a page for each alarm of the service")
        .icon("doc")
        .target_blank(True)
    )


def _annotations(page: Page) -> list[dict[str, object]]:
    if page.annotations is not None:
        return list(page.annotations)
    return [_annotation(mark) for mark in MARKS if page.by_ward or "$ward" not in mark.query]


def _annotation(mark: Mark) -> dict[str, object]:
    """By hand: the library does not know the fields of Prometheus' annotations."""
    return {
        "name": mark.name,
        "datasource": {"type": SOURCE.type_val, "uid": SOURCE.uid},
        "enable": mark.shown,
        "hide": False,
        "iconColor": mark.colour,
        "expr": mark.query,
        # As wide as the ranges of the queries: every change falls into one step.
        "step": "60s",
        "titleFormat": mark.title,
        "textFormat": mark.text,
    }

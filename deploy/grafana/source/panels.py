"""The kinds of panels there are. Each says what it shows, in which unit, from where on it wants somebody, and who."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from grafana_foundation_sdk.builders import bargauge, prometheus, stat, table, timeseries
from grafana_foundation_sdk.builders import common as build_common
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import common as model_common
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import prometheus as model_prometheus

from deploy.grafana.source import look

SOURCE = model.DataSourceRef(type_val="prometheus", uid="blinwatch-prometheus")
"""As in provisioning/datasources/prometheus.yml."""
RUNBOOK = "${runbooks}/%s.md"


@dataclass(frozen=True, slots=True)
class Size:
    """In Grafana's grid of 24 columns; a row is 38 px high."""

    width: int
    height: int


TILE, BARS, GRAPH = Size(4, 5), Size(8, 9), Size(8, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """What every panel says."""

    title: str
    about: str
    """What it shows and from where on somebody should act; shown at the panel's (i)."""
    unit: str
    """Grafana's id of a unit: `short`, `s`, `percentunit`."""
    steps: Sequence[look.Step] = ()
    runbook: str | None = None
    """The alert whose runbook tells what to do."""
    size: Size
    decimals: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile(Panel):
    """One number. Grey while all is well; from a step on the whole tile has the step's colour and the shape."""

    query: str
    size: Size = TILE
    words: Mapping[float, str] = field(default_factory=dict[float, str])
    """What is said in place of a value."""

    def build(self) -> stat.Panel:
        """As Grafana takes it."""
        panel = (
            stat.Panel()
            .with_target(_query(self.query, instant=True))
            .reduce_options(look.newest_value())
            .color_mode(model_common.BigValueColorMode.BACKGROUND_SOLID)
            .graph_mode(model_common.BigValueGraphMode.NONE)
            .text(build_common.VizTextDisplayOptions().value_size(look.TILE_LETTERS).title_size(look.NAME_LETTERS))
            .color_scheme(look.by_thresholds())
            .thresholds(look.thresholds(self.steps, look.GROUND))
            .min(0)
        )
        if self.words:
            panel = panel.mappings([look.says(dict(self.words))])
        return _common(panel, self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars(Panel):
    """A number for each name, as bars that can be compared at a glance."""

    query: str
    names: str
    """`{{label}}` of the bar."""
    coloured: Sequence[tuple[str, str]] = ()
    """Names (as regular expressions) that have a colour."""
    size: Size = BARS

    def build(self) -> bargauge.Panel:
        """As Grafana takes it."""
        panel = (
            bargauge.Panel()
            .with_target(_query(self.query, instant=True, names=self.names))
            .reduce_options(look.newest_value())
            .display_mode(model_common.BarGaugeDisplayMode.BASIC)
            .orientation(model_common.VizOrientation.HORIZONTAL)
            .show_unfilled(False)
            .value_mode(model_common.BarGaugeValueMode.TEXT)
            .text(build_common.VizTextDisplayOptions().value_size(look.BAR_LETTERS).title_size(look.NAME_LETTERS))
            .color_scheme(look.by_thresholds())
            .thresholds(look.thresholds(self.steps, look.INK))
            .min(0)
        )
        for pattern, colour in self.coloured:
            step = model.DynamicConfigValue(
                id_val="thresholds",
                value={
                    "mode": "absolute",
                    "steps": [{"color": look.INK, "value": None}, {"color": colour, "value": 1}],
                },
            )
            panel = panel.override_by_regexp(f"/^({pattern})$/", [step])
        return _common(panel, self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph(Panel):
    """Lines over time; a dashed line shows where somebody should act."""

    queries: Mapping[str, str]
    """What a line is called (`{{label}}` where there are several) to its query."""
    coloured: Sequence[tuple[str, list[model.DynamicConfigValue]]] = ()
    size: Size = GRAPH

    def build(self) -> timeseries.Panel:
        """As Grafana takes it."""
        style = "dashed" if self.steps else "off"
        panel = (
            timeseries.Panel()
            .line_width(2)
            .fill_opacity(0)
            .show_points(model_common.VisibilityMode.NEVER)
            .line_interpolation(model_common.LineInterpolation.STEP_AFTER)
            .axis_soft_min(0)
            .color_scheme(look.shades())
            .thresholds(look.thresholds(self.steps, look.INK))
            .thresholds_style(
                build_common.GraphThresholdsStyleConfig().mode(model_common.GraphThresholdsStyleMode(style))
            )
            .legend(
                build_common.VizLegendOptions()
                .show_legend(True)
                .display_mode(model_common.LegendDisplayMode.LIST)
                .placement(model_common.LegendPlacement.BOTTOM)
                .calcs(["lastNotNull"])
            )
            .tooltip(build_common.VizTooltipOptions().mode(model_common.TooltipDisplayMode.MULTI))
        )
        for number, (name, expression) in enumerate(self.queries.items()):
            panel = panel.with_target(_query(expression, names=name, ref=chr(ord("A") + number)))
        for name, properties in self.coloured:
            panel = panel.override_by_name(name, properties)
        return _common(panel, self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Panel):
    """What labels say, one row a series."""

    query: str
    columns: Mapping[str, str]
    """Label to heading, in the order of the columns; `Value` is the number."""
    size: Size = GRAPH

    def build(self) -> table.Panel:
        """As Grafana takes it."""
        hidden = {"Time": True, **({} if "Value" in self.columns else {"Value": True})}
        organise = model.DataTransformerConfig(
            id_val="organize",
            options={
                "excludeByName": hidden,
                "indexByName": {name: at for at, name in enumerate(self.columns)},
                "renameByName": dict(self.columns),
            },
        )
        panel = (
            table.Panel()
            .with_target(_query(self.query, instant=True).format(model_prometheus.PromQueryFormat.TABLE))
            .with_transformation(organise)
            .show_header(True)
            .cell_height(model_common.TableCellHeight.MD)
            .color_scheme(look.by_thresholds())
            .thresholds(look.thresholds(self.steps, look.INK))
        )
        return _common(panel, self)


AnyPanel = Tile | Bars | Graph | Table
Builder = TypeVar("Builder", stat.Panel, bargauge.Panel, timeseries.Panel, table.Panel)


def _query(expression: str, *, names: str = "__auto", ref: str = "A", instant: bool = False) -> prometheus.Dataquery:
    query = prometheus.Dataquery().expr(expression).ref_id(ref).legend_format(names).datasource(SOURCE)
    return query.instant() if instant else query.range()


def _common(panel: Builder, said: Panel) -> Builder:
    built = (
        panel.title(said.title)
        .description(said.about)
        .datasource(SOURCE)
        .unit(said.unit)
        .no_value("no data")
        .span(said.size.width)
        .height(said.size.height)
    )
    if said.decimals is not None:
        built = built.decimals(said.decimals)
    if said.runbook is not None:
        link = build.DashboardLink(f"What to do: {said.runbook}").url(RUNBOOK % said.runbook).target_blank(True)
        built = built.links([link])
    return built

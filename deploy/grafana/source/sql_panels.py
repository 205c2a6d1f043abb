"""Panels that ask the trend store in PostgreSQL instead of Prometheus.

`$__from`, `$__to` and `$__interval_ms` are Grafana's own; `${patient:sqlstring}` is the chosen patient as SQL text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import common as build_common
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders import table, timeseries
from grafana_foundation_sdk.models import common as model_common
from grafana_foundation_sdk.models import dashboard as model

from deploy.grafana.source import look
from deploy.grafana.source.panels import Panel, Size

SOURCE = model.DataSourceRef(type_val="grafana-postgresql-datasource", uid="blinwatch-trends")
"""As in provisioning/datasources/trends.yml."""
PATIENT = "${patient:sqlstring}"
WIDE, HALF = Size(24, 8), Size(12, 8)


class SqlQuery:
    """A query as Grafana's PostgreSQL plugin takes it; the library has no builder for one."""

    def __init__(self, sql: str, *, ref: str = "A", form: str = "table") -> None:
        self._told = {
            "datasource": {"type": SOURCE.type_val, "uid": SOURCE.uid},
            "editorMode": "code",
            "format": form,
            "rawQuery": True,
            "rawSql": sql,
            "refId": ref,
        }

    def build(self) -> "SqlQuery":
        """Itself: it is built already."""
        return self

    def to_json(self) -> dict[str, object]:
        """As it stands in the dashboard."""
        return dict(self._told)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlGraph(Panel):
    """Courses over time; the columns of a query are its lines."""

    queries: Sequence[str]
    coloured: Sequence[tuple[str, list[model.DynamicConfigValue]]] = ()
    stepped: bool = False
    size: Size = HALF
    highest: float | None = None

    def build(self) -> timeseries.Panel:
        """As Grafana takes it."""
        step, line = model_common.LineInterpolation.STEP_AFTER, model_common.LineInterpolation.LINEAR
        panel = (
            timeseries.Panel()
            .line_width(2)
            .fill_opacity(0)
            .show_points(model_common.VisibilityMode.AUTO)
            .line_interpolation(step if self.stepped else line)
            .span_nulls(False)
            .color_scheme(look.shades())
            .thresholds(look.thresholds(self.steps, look.INK))
            .legend(
                build_common.VizLegendOptions()
                .show_legend(True)
                .display_mode(model_common.LegendDisplayMode.LIST)
                .placement(model_common.LegendPlacement.BOTTOM)
                .calcs(["lastNotNull"])
            )
            .tooltip(build_common.VizTooltipOptions().mode(model_common.TooltipDisplayMode.MULTI))
        )
        if self.highest is not None:
            panel = panel.min(0).max(self.highest)
        for number, sql in enumerate(self.queries):
            panel = panel.with_target(SqlQuery(sql, ref=chr(ord("A") + number), form="time_series"))
        for name, properties in self.coloured:
            panel = panel.override_by_name(name, properties)
        return _common(panel, self)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlTable(Panel):
    """What happened, one row each, the newest first."""

    query: str
    widths: Mapping[str, int]
    """Column to pixels; the others share what is left."""
    size: Size = WIDE

    def build(self) -> table.Panel:
        """As Grafana takes it."""
        panel = (
            table.Panel()
            .with_target(SqlQuery(self.query))
            .show_header(True)
            .cell_height(model_common.TableCellHeight.SM)
            .color_scheme(look.by_thresholds())
            .thresholds(look.thresholds(self.steps, look.INK))
        )
        for name, width in self.widths.items():
            panel = panel.override_by_name(name, [model.DynamicConfigValue(id_val="custom.width", value=width)])
        return _common(panel, self)


def _common(panel: "timeseries.Panel | table.Panel", said: Panel) -> "timeseries.Panel | table.Panel":
    built = (
        panel.title(said.title)
        .description(said.about)
        .datasource(SOURCE)
        .unit(said.unit)
        .no_value("nothing kept")
        .span(said.size.width)
        .height(said.size.height)
    )
    return built if said.decimals is None else built.decimals(said.decimals)


def dots(name: str) -> tuple[str, list[model.DynamicConfigValue]]:
    """Single crosses without a line between them, for readings that were not believed."""
    return name, [
        model.DynamicConfigValue(id_val="custom.drawStyle", value="points"),
        model.DynamicConfigValue(id_val="custom.pointSize", value=8),
        model.DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": look.MEDIUM}),
    ]


def patient_variable() -> build.QueryVariable:
    """Whom to look at: everybody of whom the store holds anything, who was heard last first."""
    sql = "SELECT patient_id FROM patients ORDER BY last_ms DESC"
    return (
        build.QueryVariable("patient")
        .label("Patient")
        .datasource(SOURCE)
        .query(sql)
        .refresh(model.VariableRefresh.ON_DASHBOARD_LOAD)
        .sort(model.VariableSort.DISABLED)
        .include_all(False)
        .multi(False)
    )


def annotation(name: str, sql: str, colour: str, *, shown: bool = True) -> dict[str, object]:
    """Marks across all graphs: the columns time, timeend, text and tags."""
    return {
        "name": name,
        "datasource": {"type": SOURCE.type_val, "uid": SOURCE.uid},
        "enable": shown,
        "hide": False,
        "iconColor": colour,
        "target": SqlQuery(sql, ref="Anno").to_json(),
    }

"""The committed dashboards as tests read them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import yaml

ROOT = Path(__file__).resolve().parents[2]
GRAFANA = ROOT / "deploy/grafana"
FOLDER = GRAFANA / "dashboards"
RUNBOOKS = ROOT / "docs/operating/runbooks"
DATA_PANELS = ("stat", "bargauge", "timeseries", "table")

Json = dict[str, Any]


def prometheus_dashboards() -> dict[str, Json]:
    """Name to dashboard, of those that ask Prometheus (the trend store's are tested where it is)."""
    read = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}
    return {name: page for name, page in read.items() if "prometheus" in json.dumps(page)}


def panels(page: Json) -> list[Json]:
    """All panels that show data."""
    return [panel for panel in page["panels"] if panel["type"] in DATA_PANELS]


def queries(page: Json) -> Iterator[tuple[str, str]]:
    """Every query of panels, variables and annotations, with where it stands."""
    for panel in panels(page):
        for target in panel["targets"]:
            yield f"panel {panel['title']}, {target['refId']}", target["expr"]
    for variable in page["templating"]["list"]:
        if variable["type"] == "query":
            yield f"variable {variable['name']}", variable["query"]["query"]
    for annotation in page["annotations"]["list"]:
        yield f"annotation {annotation['name']}", annotation["expr"]


def colours(node: Any) -> Iterator[str]:
    """Every colour that a part of a dashboard names."""
    if isinstance(node, dict):
        for key, value in cast("Json", node).items():
            if key in ("color", "fixedColor", "iconColor") and isinstance(value, str):
                yield value
            else:
                yield from colours(value)
    elif isinstance(node, list):
        for value in cast("list[Any]", node):
            yield from colours(value)


def recorded() -> set[str]:
    """Names that recording rules write."""
    files = [
        yaml.safe_load(path.read_text(encoding="utf-8")) for path in (ROOT / "deploy/prometheus/rules").glob("*.yml")
    ]
    rules = [rule for file in files for group in file["groups"] for rule in group["rules"]]
    return {rule["record"] for rule in rules if "record" in rule}

"""The dashboards are what Grafana itself understands: checked against its own schema by its own types.

Goal: no misspelt option, no option of another version. Method: npm's `@grafana/schema` holds the types that Grafana's
front end is compiled with, generated from its schema; the version is the one that docker-compose.yml runs. Each
dashboard is written down as a value of these types, and TypeScript says what does not fit. Needs npm, once with a
registry; kept in .cache/.
"""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.dashboards import FOLDER, ROOT, Json, panels
from tests.support.kafka_jars import CACHE
from tests.support.npm_tools import MINUTES, installed

WANTED = Path(__file__).parent / "grafana_schema"
PLACE = CACHE / "grafana-schema"
TYPES = "./node_modules/@grafana/schema/dist/types"
PANEL_TYPES = {"stat": "Stat", "bargauge": "BarGauge", "timeseries": "TimeSeries", "table": "Table", "text": "Text"}
ANNOTATION_OF_A_PLUGIN = ("expr", "step", "titleFormat", "textFormat", "target")
"""What the data source's own plugin reads; the schema says of an annotation's query that it is not its matter yet."""
PLAIN = """
type Plain<T> = unknown extends T ? T
  : T extends string ? `${T}`
  : T extends Array<infer Part> ? Array<Plain<Part>>
  : T extends object ? { [Name in keyof T]: Plain<T[Name]> }
  : T;
"""
"""An enumeration of strings is written as its strings in JSON."""


@pytest.fixture(scope="module")
def tsc() -> Path:
    """The compiler beside Grafana's types."""
    place = installed(WANTED, PLACE, "dashboards checked against Grafana's schema")
    return place / "node_modules/.bin/tsc"


def complaints(tsc: Path, name: str, page: Json) -> list[str]:
    """What does not fit."""
    lines = [f"import type {{ Dashboard, Panel }} from '{TYPES}/raw/dashboard/x/dashboard_types.gen';"]
    for kind, title in PANEL_TYPES.items():
        file = f"{TYPES}/raw/composable/{kind}/panelcfg/x/{title}PanelCfg_types.gen"
        lines.append(f"import type {{ Options as {title} }} from '{file}';")
    lines.append(
        f"import type {{ FieldConfig as TimeSeriesField }} from '{TYPES}/raw/composable/timeseries/panelcfg/x/"
    )
    lines[-1] += "TimeSeriesPanelCfg_types.gen';"
    lines += [PLAIN, f"const page: Plain<Dashboard> = {json.dumps(without_the_plugins_own(page))};"]
    for panel in panels(page):
        lines.append(f"const panel{panel['id']}: Plain<Panel> = {json.dumps(panel)};")
        options = json.dumps(panel["options"])
        lines.append(f"const options{panel['id']}: Plain<{PANEL_TYPES[panel['type']]}> = {options};")
        if panel["type"] == "timeseries":
            field = json.dumps(panel["fieldConfig"]["defaults"]["custom"])
            lines.append(f"const field{panel['id']}: Plain<TimeSeriesField> = {field};")
    source = PLACE / f"{name}.ts"
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    flags = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "esnext"]
    words = [str(tsc), *flags, "--moduleResolution", "bundler", source.name]
    done = subprocess.run(words, cwd=PLACE, capture_output=True, text=True, check=False, timeout=MINUTES)
    return done.stdout.splitlines()


def without_the_plugins_own(page: Json) -> Json:
    copy: Any = json.loads(json.dumps(page))
    for annotation in copy["annotations"]["list"]:
        for name in ANNOTATION_OF_A_PLUGIN:
            annotation.pop(name, None)
    return copy


def read(name: str) -> Json:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def test_the_schema_is_of_the_version_that_compose_runs() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    version = compose["services"]["grafana"]["image"].partition(":")[2]
    asked = json.loads((WANTED / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert asked["@grafana/schema"] == version
    locked = (WANTED / "package-lock.json").read_text(encoding="utf-8")
    assert re.search(rf'"node_modules/@grafana/schema": {{\s+"version": "{re.escape(version)}"', locked)
    assert "://" not in re.sub(r'"funding".*?}', "", locked, flags=re.DOTALL), "the lock names no registry"


@pytest.mark.slow
@pytest.mark.timeout(2 * MINUTES)
@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.json")))
def test_a_dashboard_fits_grafanas_own_schema(tsc: Path, name: str) -> None:
    assert not complaints(tsc, name, read(name))


@pytest.mark.slow
@pytest.mark.timeout(2 * MINUTES)
def test_the_check_itself_finds_a_wrong_word_an_unknown_option_and_a_wrong_type(tsc: Path) -> None:
    page = read("ward")
    tile = panels(page)[0]
    tile["options"]["colorMode"] = "glowing"
    tile["options"]["text"]["sizeOfValue"] = 3
    tile["fieldConfig"]["defaults"]["min"] = "nought"
    found = "\n".join(complaints(tsc, "wrong", page))
    assert '"glowing"' in found
    assert "sizeOfValue" in found
    assert "Type 'string' is not assignable to type 'number'" in found

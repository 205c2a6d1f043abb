"""What may be seen: grey ground, colour and shape only for what wants somebody, letters for three metres.

Colours are those of IEC 60601-1-8 (red, yellow, cyan) in tones that stay apart for the three kinds of colour-blindness
(tests/deploy/test_dashboards.py computes it), and none of them speaks alone: a shape or a word says the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import common as build_common
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import dashboard as model

HIGH, MEDIUM, LOW = "#c4162a", "#e0b400", "#3aa6b9"
GROUND = "#3d3d3d"
"""Of a tile that asks for nothing; white letters on it have a contrast of 10.8 : 1."""
INK = "#8e8e8e"
"""Of lines and bars that ask for nothing; it can be read on Grafana's dark and on its light ground."""
SHAPES = {HIGH: "▲", MEDIUM: "◆", LOW: "●"}
"""A triangle, a diamond and a disc are told apart where colours are not."""

TILE_LETTERS = 60
"""Pixels. At three metres a figure should be 15 mm tall (1/200 of the distance), 54 px on a 24-inch screen."""
NAME_LETTERS = 22
BAR_LETTERS = 28


@dataclass(frozen=True, slots=True)
class Step:
    """From this value on, this colour."""

    at: float
    colour: str


def thresholds(steps: Sequence[Step], ground: str) -> build.ThresholdsConfig:
    """Grey, and then the steps."""
    first = model.Threshold(value=None, color=ground)
    return (
        build.ThresholdsConfig()
        .mode(model.ThresholdsMode.ABSOLUTE)
        .steps([first, *(model.Threshold(value=step.at, color=step.colour) for step in steps)])
    )


def by_thresholds() -> build.FieldColor:
    """The colour follows the thresholds."""
    return build.FieldColor().mode(model.FieldColorModeId.THRESHOLDS)


def shades() -> build.FieldColor:
    """Several lines in one panel: shades of grey."""
    return build.FieldColor().mode(model.FieldColorModeId.SHADES).fixed_color(INK)


def newest_value() -> build_common.ReduceDataOptions:
    """A tile shows the newest value, not one of the past."""
    return build_common.ReduceDataOptions().calcs(["lastNotNull"]).values(False)


def says(words: dict[float, str]) -> model.ValueMap:
    """Words in place of single values: `{0: "✖ nobody"}`."""
    texts = {
        f"{value:g}": model.ValueMappingResult(text=text, index=at) for at, (value, text) in enumerate(words.items())
    }
    return model.ValueMap(options=texts)


def in_colour(name: str, colour: str, dash: Sequence[float] = ()) -> tuple[str, list[model.DynamicConfigValue]]:
    """A line or bar that has a colour of its own, and a dash of its own beside it."""
    fixed = {"mode": "fixed", "fixedColor": colour}
    style: dict[str, object] = {"fill": "dash", "dash": list(dash)} if dash else {"fill": "solid"}
    return name, [
        model.DynamicConfigValue(id_val="color", value=fixed),
        model.DynamicConfigValue(id_val="custom.lineStyle", value=style),
    ]


PRIORITIES = (in_colour("▲ high", HIGH), in_colour("◆ medium", MEDIUM, (14, 6)), in_colour("● low", LOW, (3, 6)))
"""Lines of alerts by priority; a query names its line so."""

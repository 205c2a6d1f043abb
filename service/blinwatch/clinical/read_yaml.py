"""Reads clinical YAML: quickly, and with an eye on keys given twice, of which YAML would silently keep the last."""

from collections.abc import Iterator
from typing import Any, cast

import yaml

LOADER: Any = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
"""libyaml's own reader is some six times faster; both know plain data only, no objects."""


def parse_yaml(text: str) -> Any:
    """Plain data of a YAML text; None for an empty one. Raises `yaml.YAMLError`."""
    return yaml.load(text, Loader=LOADER)  # noqa: S506 - LOADER is one of the two safe ones


def find_repeated_keys(text: str) -> list[tuple[str, int]]:
    """Each repeated key of any mapping with the line (from 1) where it comes again. Raises `yaml.YAMLError`."""
    root: Any = yaml.compose(text, Loader=LOADER)
    return [] if root is None else list(_repeated(root))


def _repeated(node: Any) -> Iterator[tuple[str, int]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in cast("list[tuple[Any, Any]]", node.value):
            name = str(key.value)
            if name in seen:
                yield name, int(key.start_mark.line) + 1
            seen.add(name)
            yield from _repeated(value)
    elif isinstance(node, yaml.SequenceNode):
        for one in cast("list[Any]", node.value):
            yield from _repeated(one)

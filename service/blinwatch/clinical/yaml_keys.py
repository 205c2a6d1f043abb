"""Finds keys that a YAML file gives twice: YAML itself would silently keep the last one."""

from collections.abc import Iterator
from typing import Any, cast

import yaml


def find_repeated_keys(text: str) -> list[tuple[str, int]]:
    """Each repeated key of any mapping with the line (from 1) where it comes again. Raises `yaml.YAMLError`."""
    root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
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

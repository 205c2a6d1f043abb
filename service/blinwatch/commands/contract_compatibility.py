"""Whether the contracts of a checkout still hold what the last release promised: topics, headers, records.

The promise is a copy of the contracts as released (`schemas/released/`); docs/reference/compatibility.md has the rule.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import orjson
import yaml

from blinwatch.commands.asyncapi_document import FILE_NAME, headers_of, messages_of
from blinwatch.commands.schema_compatibility import Direction, breaking_changes

Part = dict[str, Any]

RELEASED = Path("schemas/released")
SUFFIX = ".schema.json"


class ContractError(Exception):
    """The contracts cannot be read; the message says which file and what to do."""


@dataclass(frozen=True, slots=True)
class Contract:
    """The contracts of one version."""

    document: Part
    """The AsyncAPI document."""
    schemas: Mapping[str, Part]
    """Topic to JSON Schema."""


def parse_contract(files: Mapping[str, bytes]) -> Contract:
    """A contract from its files by name. Raises `ContractError`."""
    try:
        schemas = {name.removesuffix(SUFFIX): orjson.loads(text) for name, text in files.items() if SUFFIX in name}
        document = cast("Part", yaml.safe_load(files[FILE_NAME]))
    except (KeyError, orjson.JSONDecodeError, yaml.YAMLError) as error:
        raise ContractError(f"the contracts need {FILE_NAME} and whole *{SUFFIX} files: {error!r}") from error
    return Contract(document, schemas)


def read_contract(folder: Path) -> Contract:
    """The contract in a folder. Raises `ContractError`."""
    files = {path.name: path.read_bytes() for path in (*folder.glob(f"*{SUFFIX}"), *folder.glob(FILE_NAME))}
    if not files:
        raise ContractError(f"{folder} holds no contracts; `blinwatch schemas release` writes those of this checkout")
    return parse_contract(files)


def broken_promises(released: Contract, now: Contract) -> list[str]:
    """What a sender or reader who relies on the released contract would stumble over, a sentence each."""
    found: list[str] = []
    for name, channel in released.document["channels"].items():
        if name not in now.document["channels"]:
            found.append(f"{name}: the topic is gone")
            continue
        found += _channel(name, channel, now.document["channels"][name])
        found += _messages(name, released, now)
    for topic, schema in released.schemas.items():
        direction: Direction = "in" if f"receive.{topic}" in released.document["operations"] else "out"
        if topic in now.schemas:
            found += [f"{topic}: {one}" for one in breaking_changes(schema, now.schemas[topic], direction)]
    return found


def _channel(name: str, old: Part, new: Part) -> Iterator[str]:
    if old["address"] != new["address"]:
        yield f"{name}: is called {new['address']} now"
    before, after = old["bindings"]["kafka"], new["bindings"]["kafka"]
    if before["partitions"] != after["partitions"]:
        yield f"{name}: {after['partitions']} partitions in place of {before['partitions']}: patients would move"
    configured, asked = before["topicConfiguration"], after["topicConfiguration"]
    if configured["cleanup.policy"] != asked["cleanup.policy"]:
        yield f"{name}: cleanup policy {asked['cleanup.policy']} in place of {configured['cleanup.policy']}"
    elif asked.get("retention.ms", 0) < configured.get("retention.ms", 0):
        yield f"{name}: records are kept for a shorter time"


def _messages(name: str, released: Contract, now: Contract) -> Iterator[str]:
    after = messages_of(now.document, name)
    for title, message in messages_of(released.document, name).items():
        if title not in after:
            yield f"{name}: the message {title} is gone"
            continue
        if _key(message) != _key(after[title]):
            yield f"{name}: {title}: the key is {_key(after[title])} in place of {_key(message)}"
        sides = headers_of(released.document, message), headers_of(now.document, after[title])
        direction: Direction = "in" if f"receive.{name}" in released.document["operations"] else "out"
        yield from (f"{name}: {title}: header {one}" for one in breaking_changes(*sides, direction))


def _key(message: Part) -> str | None:
    return message.get("bindings", {}).get("kafka", {}).get("key", {}).get("title")

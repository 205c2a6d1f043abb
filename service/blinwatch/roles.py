"""The roles on the brokers, read from `schemas/roles.yaml` and checked against the catalogue of topics."""

from dataclasses import dataclass
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from blinwatch.catalogue import Catalogue, find_schemas

FILE_NAME = "roles.yaml"
DIRECTION = "direction:"
CLUSTER = "kafka-cluster"
"""The one name that Kafka knows a cluster by in its grants."""
Kind = Literal["topic", "group", "cluster"]
Operation = Literal["read", "write", "create", "describe", "describe_configs", "alter", "alter_configs"]
_STRICT = ConfigDict(extra="forbid", strict=True)
_Prefix = Annotated[str, Field(pattern=r"^[a-z]+\.$")]


class RolesError(Exception):
    """roles.yaml cannot be used; the message names the role and the entry."""


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One thing that is allowed."""

    kind: Kind
    name: str
    operation: Operation
    is_prefix: bool = False
    """Whether `name` is the beginning of the names meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """Who it is, and everything it may do."""

    name: str
    who: str
    grants: tuple[Grant, ...]

    def may(self, operation: Operation, topic: str) -> bool:
        """Whether it may do this to a topic. Whoever may read or write may describe, as the brokers see it."""
        allowed = {grant.operation for grant in self.grants if (grant.kind, grant.name) == ("topic", topic)}
        return operation in allowed or (operation == "describe" and bool(allowed & {"read", "write"}))


class _RoleEntry(BaseModel):
    model_config = _STRICT
    who: Annotated[str, Field(min_length=1)]
    reads: list[str] = []
    writes: list[str] = []
    looks_at: list[str] = []
    joins: _Prefix | None = None
    sees: _Prefix | None = None
    checks: bool = False
    manages: bool = False


class _RolesFile(BaseModel):
    model_config = _STRICT
    version: Literal[1]
    roles: Annotated[dict[str, _RoleEntry], Field(min_length=1)]


def load_roles(catalogue: Catalogue) -> dict[str, Role]:
    """Every role by its name. Raises `RolesError`."""
    return parse_roles(find_schemas().joinpath(FILE_NAME).read_text(encoding="utf-8"), catalogue)


def parse_roles(text: str, catalogue: Catalogue) -> dict[str, Role]:
    """The same of a text."""
    try:
        file = _RolesFile.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise RolesError(f"{FILE_NAME} is not YAML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise RolesError(f"{FILE_NAME}: {where}: {first['msg']}") from error
    return {name: _role(name, entry, catalogue) for name, entry in file.roles.items()}


def _role(name: str, entry: _RoleEntry, catalogue: Catalogue) -> Role:
    wanted: tuple[tuple[Operation, list[str]], ...] = (
        ("read", entry.reads),
        ("write", entry.writes),
        ("describe", entry.looks_at),
    )
    grants = [
        Grant("topic", topic, operation)
        for operation, named in wanted
        for topic in dict.fromkeys(one for said in named for one in _topics(name, said, catalogue))
    ]
    if entry.joins is not None:
        grants.append(Grant("group", entry.joins, "read", is_prefix=True))
    if entry.sees is not None:
        grants.append(Grant("group", entry.sees, "describe", is_prefix=True))
    if entry.checks:
        grants += [Grant("topic", topic, one) for topic in catalogue.names for one in ("describe", "describe_configs")]
    if entry.manages:
        grants += [Grant("cluster", CLUSTER, one) for one in ("create", "describe", "alter")]
    return Role(name=name, who=entry.who, grants=tuple(dict.fromkeys(grants)))


def _topics(role: str, said: str, catalogue: Catalogue) -> list[str]:
    if said.startswith(DIRECTION):
        found = [topic.name for topic in catalogue.topics if topic.direction == said.removeprefix(DIRECTION)]
        if not found:
            raise RolesError(
                f"{FILE_NAME}: {role}: '{said}' is no direction; write direction:in, :out, :dlq, :internal"
            )
        return found
    if said not in catalogue.names:
        raise RolesError(f"{FILE_NAME}: {role}: the catalogue has no topic '{said}'")
    return [said]

"""The one catalogue of topics, read from `schemas/topics.yaml` and checked.

Everybody who needs a topic's name, key, partitions or retention asks here, so a topic is described once.
"""

from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

Direction = Literal["in", "out", "dlq", "internal"]
"""in: others write; out: blinwatch writes; dlq: refused records; internal: blinwatch's own memory."""
Key = Literal["patient_id", "alert_id", "partition", "group_id", "message", "place", "original"]
CleanupPolicy = Literal["delete", "compact"]

PARTITIONS_VARIABLE = "BLINWATCH_PARTITIONS"
FILE_NAME = "topics.yaml"
PARTITIONS_MOST = 1024
"""More would mean more partitions than any hospital has workers, and slow every broker's fail-over."""
MS_PER_DAY = 24 * 60 * 60 * 1000

_STRICT = ConfigDict(extra="forbid", strict=True)
_Partitions = Annotated[int, Field(ge=1, le=PARTITIONS_MOST)]
_Days = Annotated[int, Field(ge=1)]
_Text = Annotated[str, Field(min_length=1)]
_TopicName = Annotated[str, Field(pattern=r"^[a-z]+(\.[a-z]+)+\.v[0-9]+$", max_length=249)]
"""`<domain>.<entity>.v<number>`; 249 is Kafka's own longest topic name."""


class CatalogueError(Exception):
    """topics.yaml cannot be used; the message names the topic, the entry and what to mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic as the catalogue describes it."""

    name: str
    direction: Direction
    key: Key
    event_types: tuple[str, ...]
    """The `type` of every record it may carry; empty where the form is no contract."""
    partitions: int
    cleanup_policy: CleanupPolicy
    retention_days: int | None
    """None: kept for as long as the key has a newest value."""
    owner: str
    meaning: str

    @property
    def retention_ms(self) -> int | None:
        """Retention in Kafka's unit, milliseconds."""
        return None if self.retention_days is None else self.retention_days * MS_PER_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All topics of a cluster; each has the same number of partitions."""

    partitions: int
    dead_letter_prefix: str
    topics: tuple[Topic, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The name of every topic, dead letters included."""
        return tuple(topic.name for topic in self.topics)

    @property
    def inputs(self) -> tuple[Topic, ...]:
        """The topics blinwatch reads."""
        return self.with_direction("in")

    def with_direction(self, direction: Direction) -> tuple[Topic, ...]:
        """The topics of one direction, in the catalogue's order."""
        return tuple(topic for topic in self.topics if topic.direction == direction)

    def topic(self, name: str) -> Topic:
        """The topic of that name; `CatalogueError` if the catalogue has none."""
        for topic in self.topics:
            if topic.name == name:
                return topic
        raise CatalogueError(f"the catalogue has no topic '{name}'; it has {', '.join(self.names)}")

    def dead_letter_topic(self, input_name: str) -> str:
        """Where refused records of an input topic go."""
        return f"{self.dead_letter_prefix}{input_name}"


class _TopicEntry(BaseModel):
    """A topic as the file writes it."""

    model_config = _STRICT
    name: _TopicName
    direction: Literal["in", "out", "internal"]
    key: Literal["patient_id", "alert_id", "partition", "group_id", "message", "place", "original"]
    event_types: list[_Text]
    cleanup_policy: CleanupPolicy
    retention_days: _Days | None
    owner: _Text
    meaning: _Text


class _DeadLetterEntry(BaseModel):
    """What all dead-letter topics share."""

    model_config = _STRICT
    prefix: _Text
    cleanup_policy: CleanupPolicy
    retention_days: _Days | None
    owner: _Text
    meaning: _Text


class _CatalogueFile(BaseModel):
    """The file as a whole."""

    model_config = _STRICT
    version: Literal[1]
    partitions: _Partitions
    topics: list[_TopicEntry]
    dead_letters: _DeadLetterEntry


_PARTITIONS_FORM = TypeAdapter(_Partitions)


def parse_catalogue(text: str, partitions: int | None = None) -> Catalogue:
    """Read and check the text of a topics.yaml; `partitions` replaces the file's count for every topic.

    Raises `CatalogueError` with the topic and entry that is wrong.
    """
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise CatalogueError(f"{FILE_NAME} is not YAML: {error}") from error
    try:
        entries = _CatalogueFile.model_validate(document)
    except ValidationError as error:
        raise CatalogueError(_explain(document, error)) from error
    count = entries.partitions if partitions is None else _checked_partitions(partitions)
    topics = [_topic(entry, count) for entry in entries.topics]
    topics += [_dead_letter(topic, entries.dead_letters) for topic in topics if topic.direction == "in"]
    _check_together(topics)
    return Catalogue(partitions=count, dead_letter_prefix=entries.dead_letters.prefix, topics=tuple(topics))


@cache
def load_catalogue(partitions: int | None = None) -> Catalogue:
    """The catalogue of this installation; `partitions` is the cluster's own count (BLINWATCH_PARTITIONS)."""
    return parse_catalogue(find_schemas().joinpath(FILE_NAME).read_text(encoding="utf-8"), partitions)


def find_schemas() -> Traversable:
    """The folder of contracts: `blinwatch/schemas` inside an installed wheel, `schemas/` in a checkout."""
    packaged = resources.files("blinwatch").joinpath("schemas")
    checkout = Path(__file__).resolve().parents[2] / "schemas"
    for folder in (packaged, checkout):
        if folder.joinpath(FILE_NAME).is_file():
            return folder
    raise CatalogueError(f"no {FILE_NAME} in the package nor at {checkout}; install blinwatch again")


def _checked_partitions(partitions: int) -> int:
    try:
        return _PARTITIONS_FORM.validate_python(partitions, strict=True)
    except ValidationError as error:
        message = f"{PARTITIONS_VARIABLE} is {partitions}; give a whole number from 1 to {PARTITIONS_MOST}"
        raise CatalogueError(message) from error


def _topic(entry: _TopicEntry, partitions: int) -> Topic:
    return Topic(
        name=entry.name,
        direction=entry.direction,
        key=entry.key,
        event_types=tuple(entry.event_types),
        partitions=partitions,
        cleanup_policy=entry.cleanup_policy,
        retention_days=entry.retention_days,
        owner=entry.owner,
        meaning=entry.meaning,
    )


def _dead_letter(topic: Topic, entry: _DeadLetterEntry) -> Topic:
    return Topic(
        name=f"{entry.prefix}{topic.name}",
        direction="dlq",
        key="original",
        event_types=(),
        partitions=topic.partitions,
        cleanup_policy=entry.cleanup_policy,
        retention_days=entry.retention_days,
        owner=entry.owner,
        meaning=entry.meaning.replace("{topic}", topic.name),
    )


def _check_together(topics: list[Topic]) -> None:
    """What no single entry can show: names that clash, retention that fights the policy, types read twice."""
    seen: set[str] = set()
    topic_of_input_type: dict[str, str] = {}
    for topic in topics:
        if topic.name in seen:
            raise CatalogueError(f"{FILE_NAME}: topic '{topic.name}' is listed twice")
        seen.add(topic.name)
        if (topic.cleanup_policy == "compact") != (topic.retention_days is None):
            raise CatalogueError(
                f"{FILE_NAME}: topic '{topic.name}' has cleanup_policy {topic.cleanup_policy} and "
                f"retention_days {topic.retention_days}; a compacted topic has null, others days"
            )
        if topic.direction != "in":
            continue
        for event_type in topic.event_types:
            other = topic_of_input_type.setdefault(event_type, topic.name)
            if other != topic.name:
                raise CatalogueError(
                    f"{FILE_NAME}: event type '{event_type}' is listed under '{other}' and '{topic.name}'; "
                    "an input event belongs to one topic"
                )


def _explain(document: Any, error: ValidationError) -> str:
    """The first problem in words, with the topic's name instead of its position."""
    first = error.errors(include_url=False)[0]
    path = first["loc"]
    where = ".".join(str(part) for part in path) or "the document"
    match path:
        case ("topics", int(position), *rest):
            entry = cast("dict[str, Any]", document)["topics"][position]
            name = cast("dict[str, Any]", entry).get("name") if isinstance(entry, dict) else None
            topic = f"topic '{name}'" if name else f"topic number {position + 1}"
            where = ", ".join([topic, *(f"entry '{part}'" for part in rest)])
        case _:
            pass
    return f"{FILE_NAME}: {where}: {first['msg']}"

"""A backup of topics as one file: what is in it, and how it is known to be whole.

What:      gzip of JSON lines. The first says of which topics and when, the last how many records there are and their
           SHA-256; between them a record a line with topic, partition, offset, time, key, value and headers (base64).
Caveats:   records of one partition stand in their order; those of different ones in any.
"""

import base64
import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from blinwatch.commands.failure import CommandError

FORMAT = 1
_LEVEL = 6


@dataclass(frozen=True, slots=True)
class SavedRecord:
    """One record as it lay on its topic."""

    topic: str
    partition: int
    offset: int
    """Where it lay: seals of the audit name it. A restored record lies elsewhere."""
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup says of itself."""

    saved_at: str
    partitions: int
    counts: Mapping[str, int]
    """Topic to its records."""


class BackupWriter:
    """Writes a new file; it is whole only once this was left without an exception."""

    def __init__(self, path: Path, saved_at: str, partitions: int, topics: Iterable[str]) -> None:
        self.counts = dict.fromkeys(topics, 0)
        self._sum = hashlib.sha256()
        # Patients are in it: for its owner alone, from the first byte on.
        path.touch(mode=0o600, exist_ok=False)
        self._file = gzip.open(path, "wb", compresslevel=_LEVEL)  # noqa: SIM115 - closed by __exit__
        self._line({"blinwatch_backup": FORMAT, "saved_at": saved_at, "partitions": partitions})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self._line({"end": True, "counts": self.counts, "sha256": self._sum.hexdigest()})
        self._file.close()

    def add(self, record: SavedRecord) -> None:
        """One record more."""
        self.counts[record.topic] += 1
        line = self._line(
            {
                "topic": record.topic,
                "partition": record.partition,
                "offset": record.offset,
                "timestamp_ms": record.timestamp_ms,
                "key": _text(record.key),
                "value": _text(record.value),
                "headers": [[name, _text(value)] for name, value in record.headers],
            }
        )
        self._sum.update(line)

    def _line(self, content: dict[str, Any]) -> bytes:
        line = json.dumps(content, separators=(",", ":")).encode() + b"\n"
        self._file.write(line)
        return line


def check_backup(path: Path) -> Contents:
    """Read a backup from end to end. Raises `CommandError` where it is none, or is not whole."""
    summed, counts = hashlib.sha256(), dict[str, int]()
    first: dict[str, Any] = {}
    last: dict[str, Any] = {}
    for line, content in _lines(path):
        if not first:
            first = content
        elif content.get("end"):
            last = content
        else:
            summed.update(line)
            counts[content["topic"]] = counts.get(content["topic"], 0) + 1
    if first.get("blinwatch_backup") != FORMAT:
        raise CommandError(f"{path} is no backup that this release can read")
    kept: dict[str, int] = {name: number for name, number in last.get("counts", {}).items() if number}
    if not last or last["sha256"] != summed.hexdigest() or kept != counts:
        raise CommandError(f"{path} is not whole: it was cut off or changed. Take an earlier backup")
    return Contents(saved_at=first["saved_at"], partitions=first["partitions"], counts=last["counts"])


def saved_records(path: Path) -> Iterator[SavedRecord]:
    """The records in the order in which they were saved. `check_backup` comes first."""
    for _, content in _lines(path):
        if "topic" in content:
            yield SavedRecord(
                topic=content["topic"],
                partition=content["partition"],
                offset=content["offset"],
                timestamp_ms=content["timestamp_ms"],
                key=_bytes(content["key"]),
                value=_bytes(content["value"]),
                headers=tuple((name, _bytes(value) or b"") for name, value in content["headers"]),
            )


def _lines(path: Path) -> Iterator[tuple[bytes, dict[str, Any]]]:
    try:
        with gzip.open(path, "rb") as file:
            for line in file:
                yield line, json.loads(line)
    except (gzip.BadGzipFile, EOFError, ValueError) as error:
        raise CommandError(f"{path} is not whole: {type(error).__name__}. Take an earlier backup") from error


def _text(part: bytes | None) -> str | None:
    return None if part is None else base64.b64encode(part).decode("ascii")


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)

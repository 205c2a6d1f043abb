"""`blinwatch import csv MAPPING...`: tables of a retrospective study as events; without --out or --send a dry run."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from blinwatch.commands.event_sink import send_events, write_log
from blinwatch.commands.failure import CommandError
from blinwatch.core.events import AnyEvent, Tick
from blinwatch.core.time_order import place_of
from blinwatch.gateway.pseudonym import KEY_BYTES_LEAST, Pseudonyms
from blinwatch.receive.csv_study.mapping import MappingError, read_mapping
from blinwatch.receive.csv_study.rows import RowRefused, read_table
from blinwatch.receive.event_log import topic_of
from blinwatch.receive.hl7.refusal import Hl7Error

EVENTS_MOST = 2_000_000
"""They are put in the order of time in memory: about 2 GB. A larger study is imported in parts."""
ROWS_NAMED_MOST = 10
"""Rows named for each reason; the first ones show what is wrong with the others."""


@dataclass(slots=True)
class Study:
    """What the tables of a study gave."""

    events: dict[str, AnyEvent] = field(default_factory=dict[str, AnyEvent])
    """By id: a row that stands there twice is one event."""
    repeated: int = 0
    refused: dict[tuple[str, str, str], list[int]] = field(default_factory=dict[tuple[str, str, str], list[int]])
    """Mapping, reason and sentence to the rows."""

    @property
    def refused_count(self) -> int:
        """Rows, or events of rows, that cannot be used."""
        return sum(len(rows) for rows in self.refused.values())


def import_csv(
    mappings: Annotated[
        list[Path], typer.Argument(help="Mapping files (YAML), one a table; see import-csv.md.", exists=True)
    ],
    out: Annotated[Path | None, typer.Option(help="Write an event log (JSON lines) for `blinwatch replay`.")] = None,
    send: Annotated[str | None, typer.Option(help="Send to this broker (host:port) at once.")] = None,
    leave_out: Annotated[
        bool, typer.Option("--leave-out-refused", help="Go on although rows are refused; they are left out.")
    ] = False,
    pseudonym_key: Annotated[
        Path | None, typer.Option("--pseudonym-key", help="The gateway's key file; makes pseudonyms of identifiers.")
    ] = None,
) -> None:
    """Turn a study's tables into events, in the order of time; without --out or --send only tell what would come of it.

    Exit status 1 where a row is refused, unless --leave-out-refused.
    """
    if out is not None and send is not None:
        raise CommandError("--out and --send exclude each other: choose the file or the broker")
    study = read_study(mappings, _pseudonyms(pseudonym_key))
    for line in report(study):
        typer.echo(line, err=True)
    if study.refused and not leave_out:
        raise CommandError("nothing was written: mend the rows, or leave them out on purpose (--leave-out-refused)")
    events = sorted(study.events.values(), key=place_of)
    if send is not None:
        typer.echo(f"{asyncio.run(send_events(send, events))} events sent to {send}", err=True)
    elif out is not None:
        typer.echo(f"{write_log(out, events)} events written to {out}", err=True)


def read_study(mappings: list[Path], pseudonyms: Pseudonyms) -> Study:
    """Every event and refusal of all tables. Raises `CommandError`."""
    study = Study()

    def pseudonym(identifier: str, authority: str) -> str:
        try:
            return pseudonyms.of(identifier, authority)
        except Hl7Error as error:
            raise ValueError(error.detail) from None

    for path in mappings:
        try:
            for one in read_table(read_mapping(path), path.parent, pseudonym):
                _add(study, path.name, one)
        except MappingError as error:
            raise CommandError(str(error)) from None
    return study


def report(study: Study) -> Iterator[str]:
    """What came of the tables, a line each; no patient is named."""
    events = study.events.values()
    topics: dict[str, int] = {}
    for event in events:
        topics[topic_of(event)] = topics.get(topic_of(event), 0) + 1
    patients = {event.patient_id for event in events if not isinstance(event, Tick)}
    yield f"{len(events)} events of {len(patients)} patients, {study.repeated} repeated, {study.refused_count} refused"
    for topic, count in sorted(topics.items()):
        yield f"  {topic}: {count}"
    if events:
        yield f"  from {min(one.occurred_at for one in events)} to {max(one.occurred_at for one in events)}"
    for (mapping, reason, detail), rows in study.refused.items():
        named = ", ".join(map(str, rows[:ROWS_NAMED_MOST])) + (" ..." if len(rows) > ROWS_NAMED_MOST else "")
        yield f"  {mapping}: {reason}: {detail}: {len(rows)} (row {named})"


def _add(study: Study, mapping: str, one: AnyEvent | RowRefused) -> None:
    if isinstance(one, RowRefused):
        study.refused.setdefault((mapping, one.reason, one.detail), []).append(one.row)
        return
    if one.event_id in study.events:
        study.repeated += 1
    elif len(study.events) >= EVENTS_MOST:
        raise CommandError(f"more than {EVENTS_MOST} events at once; import the study in parts")
    study.events[one.event_id] = one


def _pseudonyms(file: Path | None) -> Pseudonyms:
    if file is None:
        return Pseudonyms()
    key = file.read_bytes().strip()
    if len(key) < KEY_BYTES_LEAST:
        raise CommandError(f"{file} must hold a secret of at least {KEY_BYTES_LEAST} bytes")
    return Pseudonyms(key)

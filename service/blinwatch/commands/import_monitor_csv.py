"""`blinwatch import`: the group; and `monitor-csv`, a bedside monitor's table as vitals events, to a log or topic."""

import asyncio
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.commands.event_sink import send_events, write_log
from blinwatch.commands.failure import CommandError
from blinwatch.commands.import_csv import import_csv
from blinwatch.core.events import PatientEvent, Tick
from blinwatch.receive.event_log import write_events
from blinwatch.receive.monitor_csv import read_monitor_csv
from blinwatch.simulate.record_story import record_story
from blinwatch.simulate.setting import StorySetting


def import_monitor_csv(
    file: Annotated[Path, typer.Argument(help="Table with a header line.", exists=True, dir_okay=False)],
    patient: Annotated[str, typer.Option(help="Pseudonym of the patient; becomes the record key.")],
    start: Annotated[str, typer.Option(help="Time of the table's moment 0, as 2026-03-01T08:00:00+01:00.")],
    out: Annotated[Path | None, typer.Option(help="Write an event log (JSON lines) here.")] = None,
    send: Annotated[str | None, typer.Option(help="Send to this broker (host:port) at once.")] = None,
    with_infusion: Annotated[
        bool,
        typer.Option("--with-infusion", help="Add a simulated order and a pump that runs by the label beside it."),
    ] = False,
) -> None:
    """Turn a bedside monitor's table into vitals events; without --out or --send they are printed.

    The first column names tell what is measured and in which unit (HR_bpm, ABPSys_mmHg, SpO2_pct, Temp_C …);
    one column is the time since the start (minute, second or hour). An empty cell is no value.
    """
    if out is not None and send is not None:
        raise CommandError("--out and --send exclude each other: choose the file or the broker")
    begin = _start(start)
    events: Iterable[PatientEvent] = read_monitor_csv(file, patient_id=patient, start=begin)
    if with_infusion:
        events = _beside_an_infusion(file, patient, begin)
    if send is not None:
        count = asyncio.run(send_events(send, events))
        typer.echo(f"{count} events sent to {send}", err=True)
    elif out is not None:
        typer.echo(f"{write_log(out, events)} events written to {out}", err=True)
    else:
        write_events(sys.stdout.buffer, events)
        sys.stdout.buffer.flush()


def register(app: typer.Typer) -> None:
    """Add `blinwatch import`."""
    group = typer.Typer(no_args_is_help=True, help="Turn records of other systems into events.")
    group.callback()(_import)
    group.command("monitor-csv")(import_monitor_csv)
    group.command("csv")(import_csv)
    app.add_typer(group, name="import")


def _import() -> None:
    """Turn records of other systems into events."""


def _beside_an_infusion(file: Path, patient: str, start: datetime) -> Iterator[PatientEvent]:
    """The record as a patient's whose infusion runs without a fault from its start to its end."""
    last = max(event.occurred_at for event in read_monitor_csv(file, patient_id=patient, start=start))
    hours = ((last - start).total_seconds() + 1) / 3600
    setting = StorySetting(seed=0, patient_id=patient, start=start, rulebook=load_rulebook(), duration_h=hours)
    for arrival in record_story(file).tell(setting):
        if not isinstance(arrival.event, Tick):
            yield arrival.event


def _start(text: str) -> datetime:
    try:
        start = datetime.fromisoformat(text)
    except ValueError:
        start = None
    if start is None or start.tzinfo is None:
        raise CommandError("--start must be an RFC 3339 time with an offset, as 2026-03-01T08:00:00+01:00")
    return start

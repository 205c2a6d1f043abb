"""`blinwatch import monitor-csv FILE`: a bedside monitor's table as vitals events, to a log or the topic."""

import asyncio
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.commands.failure import CommandError
from blinwatch.core.events import PatientEvent, Tick
from blinwatch.kafka_identity import kafka_options
from blinwatch.receive.event_log import encode_event, encode_key, topic_of, write_events
from blinwatch.receive.monitor_csv import read_monitor_csv
from blinwatch.simulate.record_story import record_story
from blinwatch.simulate.setting import StorySetting

IN_FLIGHT_MOST = 500
"""Records sent and not yet acknowledged: about 150 KiB, enough to fill a request."""
REQUEST_TIMEOUT_S = 30
"""As Kafka's own clients; after that the broker counts as not answering."""


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
        count = asyncio.run(_send(send, events))
        typer.echo(f"{count} events sent to {send}", err=True)
    elif out is not None:
        typer.echo(f"{_write(out, events)} events written to {out}", err=True)
    else:
        write_events(sys.stdout.buffer, events)
        sys.stdout.buffer.flush()


def register(app: typer.Typer) -> None:
    """Add `blinwatch import`."""
    group = typer.Typer(no_args_is_help=True, help="Turn records of other systems into events.")
    group.callback()(_import)
    group.command("monitor-csv")(import_monitor_csv)
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


def _write(path: Path, events: Iterable[PatientEvent]) -> int:
    """Write the log beside its place and move it there, so that a faulty table leaves no half of one."""
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            count = write_events(file, events)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return count


async def _send(bootstrap: str, events: Iterable[PatientEvent]) -> int:
    """Send the events in order, all acknowledged by every copy when this returns."""
    # Read the whole table first: a fault in its last row must not leave half of it on the topic.
    records = [(topic_of(event), encode_key(event), encode_event(event)) for event in events]
    producer: Any = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        acks="all",
        enable_idempotence=True,
        request_timeout_ms=REQUEST_TIMEOUT_S * 1000,
        **kafka_options(),
    )
    try:
        await producer.start()
        for first in range(0, len(records), IN_FLIGHT_MOST):
            batch = records[first : first + IN_FLIGHT_MOST]
            await asyncio.gather(*[await producer.send(topic, value, key=key) for topic, key, value in batch])
    except (KafkaError, OSError) as error:
        raise CommandError(f"the broker at {bootstrap} did not take the events: {error}") from error
    finally:
        await producer.stop()
    return len(records)

"""`blinwatch simulate`: a seeded ward of virtual patients, sent to a broker at any speed or into a file."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.padding import Padding
from rich.text import Text

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.commands.alert_text import moment_text
from blinwatch.commands.failure import CommandError
from blinwatch.commands.kafka_access import Bootstrap, bootstrap_servers, partition_count, producer_to, run
from blinwatch.receive.event_log import to_line
from blinwatch.simulate.hl7_producer import speaking_hl7
from blinwatch.simulate.send_stream import Producer, Progress, StreamSender
from blinwatch.simulate.stories import STORIES
from blinwatch.simulate.ticks import ticks_behind_s, with_ticks
from blinwatch.simulate.ward import MIXED, PATIENTS_MOST, Bed, Sending, WardPlan, make_ward, tell_ward

TICK_INTERVAL_S = 60
"""Simulated seconds between clock ticks: a deadline is noticed within a minute of the ward's time."""
_PLAIN_PROGRESS_EVERY_S = 10.0
_LIVE_PROGRESS_EVERY_S = 0.25

Hl7Address = Annotated[
    str | None,
    typer.Option(
        "--hl7",
        metavar="HOST:PORT",
        help="Monitors, pumps and admissions speak HL7 to a gateway there (`blinwatch gateway --simulated`).",
    ),
]


def simulate(
    bootstrap: Bootstrap = None,
    patients: Annotated[int, typer.Option("--patients", min=1, max=PATIENTS_MOST, help="Virtual patients.")] = 12,
    story: Annotated[
        str, typer.Option("--story", help="A story's name (see --list), or mixed: all of them in turn.")
    ] = MIXED,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed tells the same ward.")] = 1,
    speed: Annotated[
        float, typer.Option("--speed", min=1, max=10_000, help="Seconds of the ward in one second of yours.")
    ] = 1.0,
    duration_h: Annotated[
        float, typer.Option("--duration-h", min=0.1, max=1000, help="Hours of the ward's own time.")
    ] = 48.0,
    start: Annotated[
        str | None,
        typer.Option("--start", help="First moment of the ward, RFC 3339 with offset; or now."),
    ] = None,
    ticks: Annotated[
        bool | None,
        typer.Option(
            "--ticks/--no-ticks",
            help="Write the ward's own clock ticks; the default at a speed above 1. Start the workers with "
            "`blinwatch worker --no-ticks` then: theirs tell the time of the wall.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write an event log (JSON lines) instead; - is standard output."),
    ] = None,
    monitor_interval_s: Annotated[
        int, typer.Option("--monitor-interval-s", min=1, max=3600, help="Seconds between monitor reports.")
    ] = 60,
    pump_interval_s: Annotated[
        int, typer.Option("--pump-interval-s", min=1, max=3600, help="Seconds between pump reports.")
    ] = 60,
    hl7: Hl7Address = None,
    list_stories: Annotated[bool, typer.Option("--list", help="List the stories and stop.")] = False,
) -> None:
    """Send a simulated ward to a broker; nothing here is about a real patient."""
    if list_stories:
        _list_stories()
        return
    plan = WardPlan(
        patients=patients,
        story=story,
        seed=seed,
        start=_start(start),
        rulebook=load_rulebook(),
        duration_h=duration_h,
        monitor_interval_s=monitor_interval_s,
        pump_interval_s=pump_interval_s,
    )
    beds = make_ward(plan)
    if out is not None:
        _write(beds, out)
    else:
        with_clock = speed > 1 if ticks is None else ticks
        run(_send(bootstrap_servers(bootstrap), plan, beds, speed=speed, ticks=with_clock, hl7=_address(hl7)))


def _list_stories() -> None:
    console = Console(highlight=False)
    for story in STORIES.values():
        console.print(story.name, style="bold")
        console.print(Padding(f"{story.summary}\nblinwatch should say: {story.expects}", (0, 0, 1, 4)))


def _start(given: str | None) -> datetime:
    """The ward's first moment; whole seconds, because event ids carry them."""
    if given is None:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        moment = datetime.fromisoformat(given)
    except ValueError as error:
        raise CommandError(f"--start {given!r} is no time; write for example 2026-03-01T08:00:00+01:00") from error
    if moment.tzinfo is None:
        raise CommandError(f"--start {given!r} has no offset; write for example {given}Z or {given}+01:00")
    return moment.replace(microsecond=0)


def _write(beds: tuple[Bed, ...], out: Path) -> None:
    lines = (to_line(topic, event) for _, topic, event in tell_ward(beds))
    if str(out) == "-":
        sys.stdout.buffer.writelines(lines)
        return
    try:
        with out.open("wb") as file:
            file.writelines(lines)
    except OSError as error:
        raise CommandError(f"{out} cannot be written: {error.strerror}") from error
    typer.echo(f"Wrote {out}: {out.stat().st_size:,} bytes, {len(beds)} patients.", err=True)


def _address(given: str | None) -> tuple[str, int] | None:
    if given is None:
        return None
    host, _, port = given.rpartition(":")
    if not host or not port.isdecimal():
        raise CommandError(f"--hl7 {given!r} is no address; write HOST:PORT, such as 127.0.0.1:2575")
    return host, int(port)


async def _send(
    bootstrap: str, plan: WardPlan, beds: tuple[Bed, ...], *, speed: float, ticks: bool, hl7: tuple[str, int] | None
) -> None:
    async with producer_to(bootstrap) as kafka, _speaker(kafka, beds, hl7) as producer:
        stream: Iterator[Sending] = tell_ward(beds)
        partitions = await partition_count(kafka, "vitals.observed.v1", bootstrap)
        if ticks:
            stream = with_ticks(stream, plan.start, partitions, TICK_INTERVAL_S, ticks_behind_s(speed))
        sender = StreamSender(producer, speed)
        sending = asyncio.create_task(sender.send_all(stream))
        await _show_progress(sending, sender.progress, plan, speed)
        await sending


@asynccontextmanager
async def _speaker(kafka: Producer, beds: tuple[Bed, ...], hl7: tuple[str, int] | None) -> AsyncGenerator[Producer]:
    """Where the ward's records go: to Kafka, or what devices say through a gateway."""
    if hl7 is None:
        yield kafka
        return
    async with AsyncExitStack() as stack:
        try:
            producer = await stack.enter_async_context(speaking_hl7(kafka, beds, *hl7))
        except OSError as error:
            raise CommandError(
                f"no gateway listens at {hl7[0]}:{hl7[1]}; start `blinwatch gateway --simulated`"
            ) from error
        yield producer


async def _show_progress(sending: asyncio.Task[Progress], progress: Progress, plan: WardPlan, speed: float) -> None:
    """One line: rewritten in a terminal, printed now and then elsewhere."""
    console = Console(stderr=True, highlight=False)
    loop = asyncio.get_running_loop()
    started_s = loop.time()

    def line() -> Text:
        elapsed_s = max(loop.time() - started_s, 0.001)
        return _progress_line(progress, plan, speed, elapsed_s)

    if not console.is_terminal:
        while not sending.done():
            await asyncio.wait({sending}, timeout=_PLAIN_PROGRESS_EVERY_S)
            console.print(line())
        return
    with Live(line(), console=console, auto_refresh=False) as live:
        while not sending.done():
            await asyncio.wait({sending}, timeout=_LIVE_PROGRESS_EVERY_S)
            live.update(line(), refresh=True)


def _progress_line(progress: Progress, plan: WardPlan, speed: float, elapsed_s: float) -> Text:
    hours = progress.simulated_s / 3600
    text = Text(f"{plan.patients} patients, {speed:g}x: ")
    text.append(f"{hours:.1f} of {plan.duration_h:g} h sent", style="bold")
    text.append(f", {progress.events:,} events ({progress.events / elapsed_s:,.0f}/s), {progress.ticks:,} ticks")
    if progress.behind_s > speed:
        text.append(f", {progress.behind_s / 60:.0f} min behind: the broker is the limit", style="yellow")
    if progress.finished:
        text.append(f". Done, all acknowledged; on the ward it was {moment_text(plan.start)} at first.")
    return text


def register(app: typer.Typer) -> None:
    """Add `blinwatch simulate`."""
    app.command()(simulate)

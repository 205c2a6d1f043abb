"""`blinwatch demo`: a broker, a worker and a simulated ward on this machine, and a live table of it."""

import io
import os
import re
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer
from rich.console import Console
from rich.live import Live

from blinwatch.commands.duration import duration_s
from blinwatch.commands.failure import CommandError
from blinwatch.commands.until_stopped import until_stopped
from blinwatch.settings import variable_of
from blinwatch.settings_kafka import KafkaSettings

if TYPE_CHECKING:
    from blinwatch.commands.demo_run import DemoPlan, DemoRun

_FONT_FACE = re.compile(r"[ \t]*@font-face \{.*?\}\n", re.DOTALL)
REFRESH_PER_S = 4


def demo(
    patients: Annotated[int, typer.Option("--patients", min=1, max=200, help="Virtual patients.")] = 12,
    story: Annotated[str, typer.Option("--story", help="mixed, or a name from `blinwatch simulate --list`.")] = "mixed",
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed tells the same ward.")] = 1,
    speed: Annotated[
        float, typer.Option("--speed", min=1, max=10_000, help="Seconds of the ward in one second of yours.")
    ] = 600.0,
    record: Annotated[
        Path | None,
        typer.Option(
            "--record",
            exists=True,
            dir_okay=False,
            help="A real monitor's table (CSV): one patient replays it. See `blinwatch import monitor-csv --help`.",
        ),
    ] = None,
    headless: Annotated[
        bool, typer.Option("--headless", help="No screen; a JSON summary at the end. Needs --for.")
    ] = False,
    run_for: Annotated[
        str | None, typer.Option("--for", help="How long to run, such as 60s or 5m. Without it: until Ctrl-C.")
    ] = None,
    web_port: Annotated[
        int, typer.Option("--web-port", min=1, max=65535, help="Metrics; another free port if it is taken.")
    ] = 6066,
    board_port: Annotated[
        int, typer.Option("--board-port", min=1, max=65535, help="The ward board; another free port if it is taken.")
    ] = 8080,
    hl7: Annotated[
        bool, typer.Option("--hl7", help="Monitors, pumps and admissions speak HL7 v2 over MLLP to a gateway.")
    ] = False,
    svg: Annotated[Path | None, typer.Option("--svg", hidden=True, help="Write the last screen here.")] = None,
) -> None:
    """Watch a simulated ward being judged: nothing else is needed, no broker, no Docker, no Java."""
    seconds = None if run_for is None else duration_s(run_for, "--for")
    if headless and seconds is None:
        raise CommandError("--headless needs --for, such as --headless --for 60s: there is no Ctrl-C to end it")
    from blinwatch.commands.kafka_access import run

    # The demo's own broker is plain and asks nobody who comes.
    for name in KafkaSettings.model_fields:
        if name.startswith("kafka_"):
            os.environ.pop(variable_of(name), None)
    try:
        from blinwatch.commands.demo_run import DemoPlan
    except ModuleNotFoundError as error:
        raise CommandError(f"the demo needs the package {error.name}: pip install 'blinwatch[demo]'") from error

    plan = DemoPlan(
        patients=patients,
        story=story,
        seed=seed,
        speed=speed,
        record=record,
        web_port=web_port,
        board_port=board_port,
        hl7=hl7,
    )
    run(until_stopped(_demo(plan, seconds, headless=headless, svg=svg)))


async def _demo(plan: "DemoPlan", seconds: float | None, *, headless: bool, svg: Path | None) -> None:
    from blinwatch.commands.demo_run import running_demo
    from blinwatch.commands.demo_screen import TO_TRY, summary

    console = Console(highlight=False)
    if not headless:
        console.print("Starting a broker in memory, a worker and a simulated ward ...")
    async with running_demo(plan) as (run, next_look):
        if headless:
            # For whoever wants to read along; standard output is the summary's alone.
            bootstrap = run.settings.bootstrap_servers
            typer.echo(f"broker {bootstrap}  metrics {run.metrics_url}  board {run.board_url}", err=True)
            typer.echo(f"try {TO_TRY}: blinwatch alerts --follow --bootstrap {bootstrap}", err=True)
        await _show(run, next_look, seconds, console=None if headless else console)
    if svg is not None:
        _write_svg(run, svg)
    if headless:
        typer.echo(orjson.dumps(summary(run), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))


async def _show(
    run: "DemoRun",
    next_look: Callable[[], Awaitable[None]],
    seconds: float | None,
    console: Console | None,
) -> None:
    from blinwatch.commands.demo_screen import PlainShow, screen

    ends_s = None if seconds is None else time.monotonic() + seconds
    if console is not None and console.is_terminal:
        with Live(screen(run), console=console, screen=True, refresh_per_second=REFRESH_PER_S) as live:
            while ends_s is None or time.monotonic() < ends_s:
                await next_look()
                live.update(screen(run))
        return
    show = None if console is None else PlainShow(console, run)
    while ends_s is None or time.monotonic() < ends_s:
        await next_look()
        if show is not None:
            show.show()


def _write_svg(run: "DemoRun", path: Path) -> None:
    from blinwatch.commands.demo_screen import SVG_WIDTH, screen

    recorder = Console(record=True, width=SVG_WIDTH, file=io.StringIO(), force_terminal=True)
    recorder.print(screen(run))
    # Without the fonts that rich would have the reader's browser fetch from elsewhere.
    picture = _FONT_FACE.sub("", recorder.export_svg(title="blinwatch demo"))
    path.write_text(picture, encoding="utf-8")


def register(app: typer.Typer) -> None:
    """Add `blinwatch demo`."""
    app.command()(demo)

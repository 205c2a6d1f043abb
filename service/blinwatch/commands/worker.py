"""`blinwatch worker`: judges the patients of its share of the partitions until it is stopped."""

from typing import Annotated

import typer

from blinwatch.observe.logs import set_up_logging
from blinwatch.settings import load_settings

Ticks = Annotated[
    bool,
    typer.Option(
        "--ticks/--no-ticks",
        help="Write the wall clock into clock.ticks.v1 for the partitions held. --no-ticks where something else writes "
        "the clock, as a simulation at its own speed does.",
    ),
]


def run(ticks: Ticks = True) -> None:
    """Judge events and publish alerts until SIGTERM or Ctrl-C. Start more of them to share the load.

    Everything else is set by BLINWATCH_* variables (.env.example lists them). Exit status 0 after a clean
    stop, 1 when something failed: nothing after the failure is committed, and a fresh worker goes on from
    there.
    """
    settings = load_settings()
    set_up_logging(settings.log_format, settings.log_level)
    # Imported late: Faust and the clinical data take a second that `blinwatch --help` need not wait for.
    from blinwatch.stream.tick_writer import wall_clock
    from blinwatch.wiring import start_worker

    raise typer.Exit(start_worker(settings, ticks=wall_clock if ticks else None))


def register(app: typer.Typer) -> None:
    """Add `blinwatch worker`."""
    app.command("worker")(run)

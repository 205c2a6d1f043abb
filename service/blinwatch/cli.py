"""The `blinwatch` program: puts the commands together and turns failures into sentences for people."""

import importlib
import importlib.util
import os
import sys
from typing import Annotated, Protocol, cast

import typer

from blinwatch import __version__

COMMAND_MODULES = (
    "worker",
    "gateway",
    "forward",
    "audit",
    "topics",
    "roles",
    "doctor",
    "backup",
    "schemas",
    "alerts",
    "ack",
    "board",
    "people",
    "demo",
    "simulate",
    "import_monitor_csv",
    "cases",
    "replay",
    "explain",
    "grade",
    "rulebook",
    "alarm_load",
)
"""In the order of `blinwatch --help`. Explicit, so that a file left in the folder never becomes a command."""

TRACEBACK_OPTION = "--traceback"
EXIT_FAILURE = 1
EXIT_INTERRUPTED = 130
"""What a shell gives a program ended by Ctrl-C (128 + SIGINT)."""


class CommandModule(Protocol):
    """What every file in blinwatch/commands offers."""

    def register(self, app: typer.Typer) -> None:
        """Add the command to the program."""
        ...


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it with the flag
    if wanted:
        typer.echo(f"blinwatch {__version__}")
        raise typer.Exit


def _program(
    version: Annotated[  # noqa: FBT002 - typer reads a flag from a plain boolean parameter
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and stop."),
    ] = False,
    traceback: Annotated[  # noqa: FBT002 - as above; main() acts on it, as reading the options may fail
        bool, typer.Option(TRACEBACK_OPTION, help="Show the program's own trace when something fails.")
    ] = False,
) -> None:
    """Streaming safety monitor for blinatumomab infusions: CRS grades, infusion integrity, alerts on Kafka.

    It informs qualified staff. It is a secondary alarm and never an order.
    """


def build_app() -> typer.Typer:
    """The program with every command that is installed."""
    app = typer.Typer(
        name="blinwatch",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_program)
    for name in COMMAND_MODULES:
        path = f"blinwatch.commands.{name}"
        if importlib.util.find_spec(path) is not None:
            cast("CommandModule", importlib.import_module(path)).register(app)
    return app


def describe_failure(error: Exception) -> str:
    """One sentence for a person: blinwatch's own errors speak for themselves, others are called a fault."""
    if type(error).__module__.startswith("blinwatch.") or isinstance(error, OSError):
        return f"blinwatch: {error}"
    return (
        f"blinwatch: unexpected {type(error).__name__}: {error}\n"
        "This is a fault of blinwatch, not of your input. `blinwatch --traceback ...` shows the details."
    )


def main() -> None:
    """Entry point of the `blinwatch` program."""
    try:
        build_app()()
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:
        # The reader (`| head`) has gone; keep the interpreter from complaining once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_FAILURE)
    except Exception as error:
        if TRACEBACK_OPTION in sys.argv:
            raise
        typer.echo(describe_failure(error), err=True)
        sys.exit(EXIT_FAILURE)


if __name__ == "__main__":
    main()

"""`blinwatch board`: the ward in a browser."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from blinwatch.commands.failure import CommandError
from blinwatch.commands.kafka_access import Bootstrap, bootstrap_servers
from blinwatch.commands.until_stopped import until_stopped
from blinwatch.settings import load_settings

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


def board(
    bootstrap: Bootstrap = None,
    host: Annotated[str, typer.Option("--host", help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen at.")] = 8080,
    name: Annotated[
        list[str] | None, typer.Option("--name", help="A further name under which browsers may ask; repeatable.")
    ] = None,
    group: Annotated[
        str | None, typer.Option("--group", help="The workers' group.  [default: BLINWATCH_GROUP_ID]")
    ] = None,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="The ward is simulated: ages are told by its own time, and it says so.")
    ] = False,
    tls_certificate: Annotated[
        Path | None, typer.Option("--tls-certificate", help="PEM file: pages come by HTTPS. Needs --tls-key.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option("--tls-key", help="PEM file of the certificate's key.")] = None,
    no_login: Annotated[
        bool,
        typer.Option("--i-know-there-is-no-login", help="Listen beyond this machine although anybody may act."),
    ] = False,
) -> None:
    """Show the ward in a browser, live; acknowledge, put aside, attribute, chart an examination."""
    if host not in LOOPBACK_HOSTS and not no_login:
        raise CommandError(
            f"the board has no login: at {host} anybody who reaches this machine could see patients and acknowledge "
            "alerts. Put it behind a proxy that knows who is asking, or say --i-know-there-is-no-login."
        )
    if (tls_certificate is None) != (tls_key is None):
        raise CommandError("--tls-certificate and --tls-key belong together: name both files, or neither")
    for file in (tls_certificate, tls_key):
        if file is not None and not file.is_file():
            raise CommandError(f"there is no file {file}: --tls-certificate and --tls-key name PEM files")
    try:
        from blinwatch.board.serve import BoardPlan, serve_board
    except ModuleNotFoundError as error:
        raise CommandError(f"the board needs the package {error.name}: pip install 'blinwatch[board]'") from error

    settings = load_settings()
    plan = BoardPlan(
        bootstrap=bootstrap_servers(bootstrap),
        group_id=group or settings.group_id,
        tick_interval_s=settings.tick_interval_s,
        host=host,
        port=port,
        certificate=tls_certificate,
        key=tls_key,
        names=tuple(name or ()),
        simulated=simulated,
        trend_store=settings.trend_store,
        retention_days=settings.trend_retention_days,
    )
    scheme = "http" if tls_certificate is None else "https"
    typer.echo(f"The board: {scheme}://{host}:{port}/   (Ctrl-C ends it)", err=True)
    asyncio.run(until_stopped(serve_board(plan)))


def register(app: typer.Typer) -> None:
    """Add `blinwatch board`."""
    app.command()(board)

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


Certificate = Annotated[
    Path | None, typer.Option("--tls-certificate", help="PEM file: pages come by HTTPS. Needs --tls-key.")
]
Key = Annotated[Path | None, typer.Option("--tls-key", help="PEM file of the certificate's key.")]
PeopleFile = Annotated[
    Path | None, typer.Option("--people", help="File of those who may sign in: see `blinwatch people`.")
]
ProviderPath = Annotated[
    Path | None,
    typer.Option("--hospital-accounts", help="File of the OpenID Connect provider; see docs/operating/board.md."),
]
NoLogin = Annotated[
    bool, typer.Option("--i-know-there-is-no-login", help="Listen beyond this machine although anybody may act.")
]
NotEncrypted = Annotated[
    bool,
    typer.Option("--i-know-it-is-not-encrypted", help="Listen beyond this machine with people and without TLS."),
]


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
    people: PeopleFile = None,
    hospital_accounts: ProviderPath = None,
    tls_certificate: Certificate = None,
    tls_key: Key = None,
    no_login: NoLogin = False,
    not_encrypted: NotEncrypted = False,
) -> None:
    """Show the ward in a browser, live; acknowledge, put aside, attribute, chart an examination."""
    _check_files(tls_certificate, tls_key)
    if host not in LOOPBACK_HOSTS:
        _check_open(host, people or hospital_accounts, tls_certificate, no_login=no_login, not_encrypted=not_encrypted)
    try:
        from blinwatch.board.people.people_file import PeopleBook, PeopleFileError
        from blinwatch.board.people.provider_file import ProviderFileError, read_provider
        from blinwatch.board.serve import BoardPlan, serve_board
    except ModuleNotFoundError as error:
        raise CommandError(f"the board needs the package {error.name}: pip install 'blinwatch[board]'") from error

    try:
        book = None if people is None else PeopleBook(people)
        provider = None if hospital_accounts is None else read_provider(hospital_accounts)
    except (PeopleFileError, ProviderFileError) as error:
        raise CommandError(str(error)) from None
    settings = load_settings()
    plan = BoardPlan(
        bootstrap=bootstrap_servers(bootstrap),
        group_id=group or settings.group_id,
        tick_interval_s=settings.tick_interval_s,
        host=host,
        port=port,
        certificate=tls_certificate,
        key=tls_key,
        people=book,
        provider=provider,
        names=tuple(name or ()),
        simulated=simulated,
        trend_store=settings.trend_store,
        retention_days=settings.trend_retention_days,
    )
    scheme = "http" if tls_certificate is None else "https"
    typer.echo(f"The board: {scheme}://{host}:{port}/   (Ctrl-C ends it)", err=True)
    asyncio.run(until_stopped(serve_board(plan)))


def _check_files(certificate: Path | None, key: Path | None) -> None:
    if (certificate is None) != (key is None):
        raise CommandError("--tls-certificate and --tls-key belong together: name both files, or neither")
    for file in (certificate, key):
        if file is not None and not file.is_file():
            raise CommandError(f"there is no file {file}: --tls-certificate and --tls-key name PEM files")


def _check_open(host: str, who: Path | None, certificate: Path | None, *, no_login: bool, not_encrypted: bool) -> None:
    """Whether the board may be reached from other machines."""
    if who is None and not no_login:
        raise CommandError(
            f"the board has no login: at {host} anybody who reaches this machine could see patients and acknowledge "
            "alerts. Name who may sign in (--people, --hospital-accounts), or put it behind a proxy that knows who is "
            "asking and say --i-know-there-is-no-login."
        )
    if who is not None and certificate is None and not not_encrypted:
        raise CommandError(
            f"at {host} passwords would cross the network for everybody to read. Give the board a certificate "
            "(--tls-certificate, --tls-key), or put a proxy with TLS before it and say --i-know-it-is-not-encrypted."
        )


def register(app: typer.Typer) -> None:
    """Add `blinwatch board`."""
    app.command()(board)

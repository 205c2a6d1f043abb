"""The HTTP door of `blinwatch gateway`, and `blinwatch gateway caller`: which systems may send through it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blinwatch.commands.failure import CommandError
from blinwatch.gateway.http.callers import (
    NAME,
    Caller,
    CallerBook,
    Callers,
    CallersFileError,
    hash_token,
    new_token,
    read_callers,
    write_callers,
)
from blinwatch.gateway.kafka import GatewayError
from blinwatch.gateway.server import Tls

if TYPE_CHECKING:
    from blinwatch.gateway.serve import Shared

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
PORT_MOST = 65535
Http = Annotated[
    str | None, typer.Option("--http", metavar="HOST:PORT", help="Also take events by REST, and FHIR, here.")
]
CallersFile = Annotated[
    Path | None, typer.Option("--http-callers", help="File of those who may send by HTTP: `blinwatch gateway caller`.")
]
EventsPerSecond = Annotated[
    float, typer.Option("--http-events-per-s", min=1, max=100_000, help="What each caller may send by HTTP.")
]
FhirSystem = Annotated[
    list[str] | None,
    typer.Option("--fhir-system", metavar="SYSTEM=AUTHORITY", help="Whose identifiers FHIR names patients by."),
]
NoLogin = Annotated[
    bool, typer.Option("--i-know-there-is-no-login", help="Take HTTP beyond this machine from anybody who reaches it.")
]
File = Annotated[Path, typer.Argument(help="The callers' file (YAML); `add` makes it.")]
Name = Annotated[str, typer.Argument(help="As it will stand in the source of every event it sends.")]

caller_commands = typer.Typer(help="Which systems may send events by HTTP.", no_args_is_help=True)


@dataclass(frozen=True, slots=True)
class HttpDoor:
    """What the options say of the HTTP side."""

    address: str | None
    callers: Path | None
    events_per_s: float
    fhir_systems: Sequence[str]
    not_encrypted: bool
    no_login: bool
    simulated: bool

    def open(self, tls: Tls | None) -> "Callable[[Shared], Awaitable[None]] | None":
        """The door, listening already; None where none was asked for. Raises `CommandError`."""
        if self.address is None:
            if self.callers is not None:
                raise CommandError("--http-callers says who may send by HTTP; say also where it listens (--http)")
            return None
        host, port = _address(self.address)
        self._check(host, tls)
        try:
            from blinwatch.gateway.http.serve import HttpPlan, listen, run_http
        except ModuleNotFoundError as error:
            raise CommandError(f"--http needs the package {error.name}: pip install 'blinwatch[board]'") from error
        try:
            book = None if self.callers is None else CallerBook(self.callers)
            listening = listen(host, port)
        except (CallersFileError, GatewayError) as error:
            raise CommandError(str(error)) from None
        scheme = "http" if tls is None else "https"
        shown = f"[{host}]" if ":" in host else host
        plan = HttpPlan(
            host=host,
            listening=listening,
            book=book,
            tls=tls,
            events_per_s=self.events_per_s,
            fhir_systems=dict(map(_system, self.fhir_systems)),
            simulated=self.simulated,
            ready=lambda port: typer.echo(f"HTTP gateway: {scheme}://{shown}:{port}/", err=True),
        )
        return partial(run_http, plan)

    def _check(self, host: str, tls: Tls | None) -> None:
        """Whether the door may be reached from other machines."""
        if host not in LOOPBACK_HOSTS and tls is None and not self.not_encrypted:
            raise CommandError(
                f"without TLS anybody between the sender and {host} could read patients' data and tokens. Give "
                "--tls-certificate and --tls-key, or say --i-know-it-is-not-encrypted where the network is closed."
            )
        if host not in LOOPBACK_HOSTS and self.callers is None and not self.no_login:
            raise CommandError(
                f"at {host} anybody who reaches this machine could send events of any patient. Name who may "
                "(--http-callers), or say --i-know-there-is-no-login where something before it knows who is asking."
            )


def _system(text: str) -> tuple[str, str]:
    system, equals, authority = text.rpartition("=")
    if not (equals and system):
        raise CommandError(f"--fhir-system must be SYSTEM=AUTHORITY, such as urn:oid:1.2.3=HOSP, not '{text}'")
    return system, authority


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (colon and host and port.isdecimal() and int(port) <= PORT_MOST):
        raise CommandError(f"--http must be HOST:PORT, such as 127.0.0.1:8081, not '{text}'")
    return host, int(port)


@caller_commands.command()
def add(file: File, name: Name) -> None:
    """Let a system send, or give it a new token: printed once, kept only as a hash. In force at once."""
    token = new_token()
    try:
        caller = Caller(name=name, token=hash_token(token))
    except ValueError:
        raise CommandError(f"a name is 1 to 40 letters, digits and . _ - ({NAME})") from None
    others = [one for one in _callers(file).callers if one.name != name]
    write_callers(file, [*others, caller])
    typer.echo(f"{name} may send; its token, shown this once:", err=True)
    typer.echo(token)


@caller_commands.command()
def remove(file: File, name: Name) -> None:
    """Let a system send no longer. In force at once."""
    callers = _callers(file).callers
    if name not in {one.name for one in callers}:
        raise CommandError(f"there is no system of that name in {file}")
    write_callers(file, [one for one in callers if one.name != name])
    typer.echo(f"{name} may no longer send")


@caller_commands.command("list")
def list_callers(file: File) -> None:
    """Names, no tokens."""
    for one in _callers(file).callers:
        typer.echo(one.name)


def _callers(file: Path) -> Callers:
    if not file.exists():
        return Callers(callers=())
    try:
        return read_callers(file)
    except CallersFileError as error:
        raise CommandError(str(error)) from None

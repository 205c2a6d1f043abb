"""`blinwatch gateway`: HL7 v2 (and REST) in, events on Kafka; and who is at which device, by command."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from blinwatch.commands.failure import CommandError
from blinwatch.commands.gateway_http import (
    CallersFile,
    EventsPerSecond,
    FhirSystem,
    Http,
    HttpDoor,
    NoLogin,
    caller_commands,
)
from blinwatch.commands.kafka_access import Bootstrap, bootstrap_servers, run
from blinwatch.gateway.association import Associations, Stay, encode
from blinwatch.gateway.desk import ASSOCIATIONS_TOPIC
from blinwatch.gateway.kafka import AssociationLog, KafkaWriter
from blinwatch.gateway.pseudonym import KEY_BYTES_LEAST, Pseudonyms
from blinwatch.gateway.serve import GatewayPlan, serve_gateway
from blinwatch.gateway.server import Limits, Tls
from blinwatch.observe.logs import set_up_logging
from blinwatch.settings import load_settings

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
MLLP_PORT = 2575
"""The port that IANA keeps for HL7."""
Device = Annotated[str, typer.Option("--device", help="The device's name, as OBX-18 says it (see connect-hl7.md).")]
Patient = Annotated[str, typer.Option("--patient", help="The patient's pseudonym.")]
KeyFile = Annotated[
    Path | None,
    typer.Option("--pseudonym-key", help="File with the secret key that makes pseudonyms of PID-3."),
]

NotEncrypted = Annotated[
    bool, typer.Option("--i-know-it-is-not-encrypted", help="Listen beyond this machine without TLS.")
]


def serve(
    context: typer.Context,
    bootstrap: Bootstrap = None,
    host: Annotated[str, typer.Option("--host", help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port to listen at; 0: any.")] = MLLP_PORT,
    zone: Annotated[
        str, typer.Option("--time-zone", help="Zone of time stamps without an offset, such as Europe/Berlin.")
    ] = "UTC",
    authority: Annotated[
        str, typer.Option("--authority", help="Take only identifiers of this assigning authority (PID-3.4).")
    ] = "",
    pseudonym_key: KeyFile = None,
    beds: Annotated[
        bool, typer.Option("--beds/--no-beds", help="Whether ADT's bed names the patient of a device that does not.")
    ] = True,
    certificate: Annotated[Path | None, typer.Option("--tls-certificate", help="PEM file; turns TLS on.")] = None,
    key: Annotated[Path | None, typer.Option("--tls-key", help="PEM file of the certificate's key.")] = None,
    clients_ca: Annotated[
        Path | None, typer.Option("--tls-clients-ca", help="PEM file: only peers with a certificate of these.")
    ] = None,
    connections: Annotated[int, typer.Option("--connections", min=1, max=10_000, help="Open at once.")] = 256,
    idle_s: Annotated[float, typer.Option("--idle-s", min=1, help="Silence after which a peer is let go.")] = 3600.0,
    metrics_port: Annotated[int | None, typer.Option("--metrics-port", min=1, max=65535)] = None,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="The senders are a simulated ward: the time is what they say.")
    ] = False,
    http: Http = None,
    callers: CallersFile = None,
    events_per_s: EventsPerSecond = 500.0,
    fhir_system: FhirSystem = None,
    not_encrypted: NotEncrypted = False,
    no_login: NoLogin = False,
) -> None:
    """Take HL7 v2 over MLLP, and with --http also native events and FHIR by REST, and write events to Kafka."""
    if context.invoked_subcommand is not None:
        return
    tls = _tls(certificate, key, clients_ca)
    if host not in LOOPBACK_HOSTS and tls is None and not not_encrypted:
        raise CommandError(
            f"without TLS anybody between the sender and {host} could read patients' data. Give --tls-certificate "
            "and --tls-key, or say --i-know-it-is-not-encrypted where the network itself is closed."
        )
    door = HttpDoor(http, callers, events_per_s, fhir_system or [], not_encrypted, no_login, simulated)
    settings = load_settings()
    set_up_logging(settings.log_format, settings.log_level)
    plan = GatewayPlan(
        bootstrap=bootstrap_servers(bootstrap),
        host=host,
        port=port,
        zone=_zone(zone),
        authority=authority,
        pseudonym_key=_key(pseudonym_key),
        beds_count=beds,
        tls=tls,
        limits=Limits(connections_most=connections, idle_s=idle_s),
        metrics_port=metrics_port,
        simulated=simulated,
        beside=door.open(tls),
    )
    asyncio.run(_until_stopped(plan, host))


def attach(device: Device, patient: Patient, bootstrap: Bootstrap = None) -> None:
    """Say that a device is at a patient from now on. Whoever had it before no longer has."""
    now = datetime.now(UTC)
    run(_change(bootstrap_servers(bootstrap), lambda known: known.arrival(f"device:{device}", patient, now, "command")))
    typer.echo(f"From {now.isoformat(timespec='seconds')} on, what {device} sends is {patient}'s.")


def detach(device: Device, bootstrap: Bootstrap = None) -> None:
    """Say that a device is at nobody from now on."""
    now = datetime.now(UTC)
    run(_change(bootstrap_servers(bootstrap), lambda known: known.departure(f"device:{device}", None, now)))
    typer.echo(f"From {now.isoformat(timespec='seconds')} on, {device} is at nobody.")


def associations(bootstrap: Bootstrap = None) -> None:
    """Show who is in which bed and at which device now."""
    known = Associations()
    run(_read(bootstrap_servers(bootstrap), known))
    for stay in sorted(known.standing(), key=lambda one: one.place):
        typer.echo(f"{stay.place}\t{known.current(stay.patient_id)}\tsince {stay.since.isoformat()}\tby {stay.by}")


def pseudonym(
    identifier: Annotated[str, typer.Argument(help="The identifier as PID-3 says it.")],
    key_file: Annotated[Path, typer.Option("--pseudonym-key", help="The gateway's key file.")],
    authority: Annotated[str, typer.Option("--authority", help="Its assigning authority (PID-3.4).")] = "",
) -> None:
    """Print the pseudonym that the gateway makes of an identifier."""
    typer.echo(Pseudonyms(_key(key_file)).of(identifier, authority))


async def _until_stopped(plan: GatewayPlan, host: str) -> None:
    task = asyncio.create_task(
        serve_gateway(plan, lambda port: typer.echo(f"HL7 gateway: {host}:{port}   (Ctrl-C ends it)", err=True))
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        typer.echo("Stopped.", err=True)


async def _read(bootstrap: str, known: Associations) -> None:
    facts = AssociationLog(bootstrap)
    try:
        await facts.start(known.take)
    finally:
        await facts.stop()


async def _change(bootstrap: str, change: Callable[[Associations], Sequence[Stay]]) -> None:
    known = Associations()
    await _read(bootstrap, known)
    writer = KafkaWriter(bootstrap)
    try:
        await writer.start()
        for fact in change(known):
            await (await writer.send(ASSOCIATIONS_TOPIC, fact.key, encode(fact), ()))
    finally:
        await writer.stop()


def _tls(certificate: Path | None, key: Path | None, clients_ca: Path | None) -> Tls | None:
    if certificate is None and key is None and clients_ca is None:
        return None
    if certificate is None or key is None:
        raise CommandError("TLS needs both --tls-certificate and --tls-key")
    for file in (certificate, key, clients_ca):
        if file is not None and not file.is_file():
            raise CommandError(f"{file} is no file")
    return Tls(certificate=str(certificate), key=str(key), clients_ca=str(clients_ca) if clients_ca else None)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise CommandError(f"'{name}' is no time zone; write one such as Europe/Berlin") from error


def _key(file: Path | None) -> bytes:
    if file is None:
        return b""
    key = file.read_bytes().strip()
    if len(key) < KEY_BYTES_LEAST:
        raise CommandError(f"{file} must hold a secret of at least {KEY_BYTES_LEAST} bytes")
    return key


def register(app: typer.Typer) -> None:
    """Add `blinwatch gateway` and its subcommands."""
    group = typer.Typer(help="HL7 v2 or REST in, events on Kafka.")
    group.callback(invoke_without_command=True)(serve)
    group.command("attach")(attach)
    group.command("detach")(detach)
    group.command("associations")(associations)
    group.command("pseudonym")(pseudonym)
    group.add_typer(caller_commands, name="caller")
    app.add_typer(group, name="gateway")

"""`blinwatch audit`: seal the audit, check it, and write what somebody asks to review."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from blinwatch.commands.failure import CommandError
from blinwatch.commands.kafka_access import Bootstrap, bootstrap_servers
from blinwatch.commands.until_stopped import until_stopped
from blinwatch.observe.logs import set_up_logging
from blinwatch.settings import load_settings

if TYPE_CHECKING:
    from blinwatch.audit.review import Review

Public = Annotated[Path, typer.Option("--public-key", help="PEM file that `blinwatch audit key` wrote as .pub.")]
Moment = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d"])]
FAULTS_EXIT, NOT_SEALED_EXIT = 1, 2


def key(
    path: Annotated[Path, typer.Argument(help="Where the private key goes; the public one lies beside it.")],
) -> None:
    """Make the key that seals. Keep the private half with the sealer alone, the public half with whoever checks."""
    from blinwatch.audit.keys import KeyFileError, new_key

    try:
        typer.echo(f"wrote {path} (private) and {new_key(path)} (public)")
    except KeyFileError as error:
        raise CommandError(str(error)) from None


def seal(
    private: Annotated[Path, typer.Option("--key", help="PEM file of the private key.")],
    bootstrap: Bootstrap = None,
    every_s: Annotated[float, typer.Option("--every-s", min=1, help="How often.")] = 60.0,
    once: Annotated[bool, typer.Option("--once", help="Seal what there is, and end.")] = False,
    metrics_host: Annotated[str, typer.Option("--metrics-host")] = "127.0.0.1",
    metrics_port: Annotated[int | None, typer.Option("--metrics-port", min=1, max=65535)] = None,
) -> None:
    """Seal audit.decisions.v1, again and again."""
    from prometheus_client import start_http_server

    from blinwatch.audit.keys import KeyFileError, read_private
    from blinwatch.audit.read_log import AuditReadError
    from blinwatch.audit.sealer import RemovedError, Sealer
    from blinwatch.observe.sealer_metrics import SealerMetrics

    metrics = SealerMetrics()
    try:
        sealer = Sealer(bootstrap_servers(bootstrap), read_private(private), metrics=metrics)
        if once:
            typer.echo(f"sealed {asyncio.run(sealer.seal_once())} records")
            return
        settings = load_settings()
        set_up_logging(settings.log_format, settings.log_level)
        if metrics_port is not None:
            start_http_server(metrics_port, addr=metrics_host, registry=metrics.registry)
        asyncio.run(until_stopped(sealer.run(every_s)))
    except (KeyFileError, AuditReadError, RemovedError) as error:
        raise CommandError(str(error)) from None


def verify(public: Public, bootstrap: Bootstrap = None) -> None:
    """Say which record was changed, removed, moved or added. Exit: 0 sound, 1 not, 2 sound but not all is sealed."""
    found = _reviewed(bootstrap, public)
    for line in told(found):
        typer.echo(line)
    if found.faults:
        raise typer.Exit(FAULTS_EXIT)
    if found.not_sealed:
        raise typer.Exit(NOT_SEALED_EXIT)


def export(
    public: Public,
    out: Annotated[Path, typer.Option("--out", help="JSON lines; the last line is what the check has found.")],
    bootstrap: Bootstrap = None,
    patient: Annotated[str | None, typer.Option("--patient", help="A patient's pseudonym.")] = None,
    since: Moment = None,
    until: Moment = None,
) -> None:
    """Write decisions for a review, and with them whether they are as they were sealed."""
    from blinwatch.audit.review import Asked
    from blinwatch.audit.review import export as write_decisions

    found = _reviewed(bootstrap, public)
    asked = Asked(patient, _aware(since), _aware(until))
    with out.open("wb") as file:
        count = asyncio.run(write_decisions(bootstrap_servers(bootstrap), asked, file))
        end = {"exported": count, "faults": found.faults, "checked": found.checked, "not_sealed": found.not_sealed}
        file.write(orjson.dumps({**end, "said": told(found)}) + b"\n")
    typer.echo(f"wrote {count} decisions to {out}; {told(found)[-1]}")
    if found.faults:
        raise typer.Exit(FAULTS_EXIT)


def told(found: "Review") -> list[str]:
    """The review in words."""
    lines: list[str] = []
    for one in found.partitions:
        for fault in one.listed:
            where = "" if fault.offset is None else f" offset {fault.offset}"
            lines.append(f"partition {fault.partition}{where}: {fault.kind}: {fault.what}")
        if one.faults > len(one.listed):
            lines.append(f"partition {one.partition}: and {one.faults - len(one.listed)} more")
    beyond = sum(one.beyond_retention for one in found.partitions)
    kept = f"; {beyond} sealed ones are older than the topic keeps" if beyond else ""
    word = "SOUND" if not found.faults else f"NOT SOUND: {found.faults} faults"
    seals = f"({sum(one.seals for one in found.partitions)} seals)"
    checked = f"{found.checked} records are as they were sealed {seals}"
    lines.append(f"{word}; {checked}, {found.not_sealed} are not sealed yet{kept}")
    return lines


def _reviewed(bootstrap: str | None, public: Path) -> "Review":
    from blinwatch.audit.keys import KeyFileError, read_public
    from blinwatch.audit.read_log import AuditReadError
    from blinwatch.audit.review import review

    try:
        return asyncio.run(review(bootstrap_servers(bootstrap), read_public(public)))
    except (KeyFileError, AuditReadError) as error:
        raise CommandError(str(error)) from None


def _aware(moment: datetime | None) -> datetime | None:
    """A day without a zone begins at midnight of the machine's own."""
    return None if moment is None else moment.astimezone() if moment.tzinfo is None else moment


def register(app: typer.Typer) -> None:
    """Add `blinwatch audit` and its subcommands."""
    group = typer.Typer(no_args_is_help=True, help="Seal and check the audit.")
    group.command("key")(key)
    group.command("seal")(seal)
    group.command("verify")(verify)
    group.command("export")(export)
    app.add_typer(group, name="audit")

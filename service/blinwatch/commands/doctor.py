"""`blinwatch doctor`: is a running installation well, from the first event to the alert? Once, or for ever."""

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Annotated

import typer

from blinwatch.commands.duration import duration_s
from blinwatch.commands.failure import CommandError
from blinwatch.commands.kafka_access import Bootstrap, bootstrap_servers, quiet_client_library
from blinwatch.commands.until_stopped import until_stopped

if TYPE_CHECKING:
    from blinwatch.doctor.examine import ExaminationPlan
    from blinwatch.doctor.finding import Examination

WITHIN_S = 10.0
"""A ward's alert takes some hundredths of a second; ten are what a busy moment of brokers may take."""
EVERY_LEAST_S, EVERY_MOST_S = 10.0, 120.0
"""More often tells nothing new; more seldom, and the alarm of five minutes without success would come by itself."""
WORDS = {"well": "well", "failed": "FAILED", "not_asked": "not asked"}


def doctor(
    bootstrap: Bootstrap = None,
    worker: Annotated[
        list[str] | None,
        typer.Option("--worker", metavar="HOST:PORT", help="A worker's web pages; may be given more than once."),
    ] = None,
    within: Annotated[str, typer.Option("--within", help="How soon the alert must come.")] = f"{WITHIN_S:g}s",
    every: Annotated[
        str | None, typer.Option("--every", help="Go on for ever, a round every so often, such as 60s.")
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", help="Name of the made-up patients.  [default: once; with --every: watch]"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The findings as one JSON object.")] = False,
    metrics_host: Annotated[str, typer.Option("--metrics-host", help="Address of /metrics.")] = "127.0.0.1",
    metrics_port: Annotated[
        int | None, typer.Option("--metrics-port", min=1, max=65535, help="Port of /metrics; with --every.")
    ] = None,
) -> None:
    """Check broker, topics and workers, and that a made-up patient's alert comes and ends. Exit status 1: it does not.

    The patient is marked: no board, pager, count or audit ever shows it (docs/operating/doctor.md).
    """
    within_s = duration_s(within, "--within")
    every_s = None if every is None else duration_s(every, "--every")
    if every_s is not None and not EVERY_LEAST_S <= every_s <= EVERY_MOST_S:
        raise CommandError(f"--every must be from {EVERY_LEAST_S:g}s to {EVERY_MOST_S:g}s")
    if every_s is None and metrics_port is not None:
        raise CommandError("--metrics-port needs --every: a single round is over before anybody asks")
    plan = _plan(bootstrap, tuple(worker or ()), within_s, name or ("once" if every_s is None else "watch"))
    if every_s is not None:
        asyncio.run(until_stopped(_keep_examining(plan, every_s, metrics_host, metrics_port)))
        return
    from blinwatch.doctor.examine import examine

    quiet_client_library()
    examination = asyncio.run(examine(plan))
    typer.echo(_json(examination) if as_json else _words(examination))
    if not examination.is_well:
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Add `blinwatch doctor`."""
    app.command("doctor")(doctor)


def _plan(bootstrap: str | None, workers: tuple[str, ...], within_s: float, name: str) -> "ExaminationPlan":
    from blinwatch.catalogue import load_catalogue
    from blinwatch.doctor.examine import ExaminationPlan
    from blinwatch.settings import load_settings
    from blinwatch.wiring import home_partition

    if not (name.isascii() and name.isalnum() and name.islower() and len(name) <= 20):  # noqa: PLR2004 - fits an id
        raise CommandError("--name must be 1 to 20 small letters or digits")
    settings = load_settings()
    catalogue = load_catalogue(settings.partitions)
    return ExaminationPlan(
        bootstrap=bootstrap_servers(bootstrap),
        catalogue=catalogue,
        workers=workers,
        within_s=within_s,
        name=name,
        partition_of=home_partition(catalogue.partitions),
    )


async def _keep_examining(plan: "ExaminationPlan", every_s: float, host: str, port: int | None) -> None:
    from prometheus_client import start_http_server

    from blinwatch.doctor.examine import examine
    from blinwatch.doctor.keep_examining import keep_examining
    from blinwatch.doctor.tell_metrics import MetricsTelling
    from blinwatch.observe.logs import set_up_logging
    from blinwatch.settings import load_settings

    settings = load_settings()
    set_up_logging(settings.log_format, settings.log_level)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    telling = MetricsTelling()
    if port is not None:
        start_http_server(port, addr=host, registry=telling.metrics.registry)
    await keep_examining(lambda: examine(plan), telling, every_s)


def _words(examination: "Examination") -> str:
    lines: list[str] = []
    for one in examination.findings:
        lines.append(f"{one.check.replace('_', ' '):<13} {WORDS[one.verdict]:<10} {one.said}")
        if one.remedy:
            lines.append(f"{'':<24} to do: {one.remedy}")
    lines.append("All that was asked is well." if examination.is_well else "Something failed.")
    return "\n".join(lines)


def _json(examination: "Examination") -> str:
    return json.dumps(
        {
            "at": examination.at.isoformat(timespec="milliseconds"),
            "well": examination.is_well,
            "findings": [
                {
                    "check": one.check,
                    "verdict": one.verdict,
                    "said": one.said,
                    "remedy": one.remedy,
                    "alert_s": [round(seconds, 4) for seconds in one.alert_s],
                }
                for one in examination.findings
            ],
        }
    )

"""`blinwatch forward`: alerts to pagers, alarm managers, FHIR servers and on-call systems."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from blinwatch.commands.failure import CommandError
from blinwatch.commands.kafka_access import Bootstrap, bootstrap_servers
from blinwatch.commands.until_stopped import until_stopped
from blinwatch.observe.logs import set_up_logging
from blinwatch.settings import load_settings

TargetsFile = Annotated[Path, typer.Option("--targets", help="File of the targets; see docs/operating/forward.md.")]


def serve(
    context: typer.Context,
    targets: Annotated[
        Path | None, typer.Option("--targets", help="File of the targets; see docs/operating/forward.md.")
    ] = None,
    bootstrap: Bootstrap = None,
    metrics_host: Annotated[str, typer.Option("--metrics-host", help="Address of the metrics.")] = "127.0.0.1",
    metrics_port: Annotated[int | None, typer.Option("--metrics-port", min=1, max=65535)] = None,
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="A target that is new gets all that the topics hold.")
    ] = False,
) -> None:
    """Deliver alerts to the targets of a file, and prove it with receipts."""
    if context.invoked_subcommand is not None:
        return
    if targets is None:
        raise CommandError("name the file of the targets: --targets targets.yaml")
    try:
        from blinwatch.forward.serve import ForwardError, ForwardPlan, serve_forward
        from blinwatch.forward.targets_file import TargetsFileError, read_targets
    except ModuleNotFoundError as error:
        raise CommandError(f"forwarding needs the package {error.name}: pip install 'blinwatch[forward]'") from error

    settings = load_settings()
    set_up_logging(settings.log_format, settings.log_level)
    try:
        plan = ForwardPlan(
            bootstrap=bootstrap_servers(bootstrap),
            targets=read_targets(targets),
            metrics_host=metrics_host,
            metrics_port=metrics_port,
            from_beginning=from_beginning,
        )
        asyncio.run(until_stopped(serve_forward(plan)))
    except (TargetsFileError, ForwardError) as error:
        raise CommandError(str(error)) from None


def check(targets: TargetsFile) -> None:
    """Read the targets' file and its secrets, and say what each target gets. Sends nothing."""
    from blinwatch.forward.targets_file import TargetsFileError, read_targets, secrets_of

    try:
        found = read_targets(targets)
        for target in found.targets:
            secrets_of(target)
    except TargetsFileError as error:
        raise CommandError(str(error)) from None
    for target in found.targets:
        only, held_s = target.only, target.when_not_acknowledged_after_s
        gets = ", ".join(only.priorities) + (", calls only" if only.calls_only else "")
        gets += f", when nobody has answered for {held_s:g} s" if held_s else ""
        other = f"; after {target.fallback.after_s:g} s also {target.fallback.to}" if target.fallback else ""
        typer.echo(f"{target.name} ({target.kind}): {gets}{other}")


def register(app: typer.Typer) -> None:
    """Add `blinwatch forward`."""
    group = typer.Typer(help="Alerts to hospital systems.")
    group.callback(invoke_without_command=True)(serve)
    group.command("check")(check)
    app.add_typer(group, name="forward")

"""`blinwatch topics apply | check`: the catalogue's topics on a broker, made or compared."""

import asyncio
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from blinwatch.catalogue import Catalogue, load_catalogue
from blinwatch.catalogue_check import TopicReport, create_missing_topics, inspect_topics
from blinwatch.settings import load_settings

Bootstrap = Annotated[
    str | None,
    typer.Option(help="Broker as host:port, comma between several.  [default: BLINWATCH_KAFKA_BOOTSTRAP]"),
]
Partitions = Annotated[
    int | None,
    typer.Option(help="Partitions of every topic of this cluster.  [default: BLINWATCH_PARTITIONS]"),
]
ReplicationFactor = Annotated[
    int | None,
    typer.Option(help="Copies of each new topic.  [default: BLINWATCH_REPLICATION_FACTOR]", min=1),
]
MinInsyncReplicas = Annotated[
    int | None,
    typer.Option(
        help="Copies that must hold a record before it counts.  [default: one less than all]",
        min=1,
    ),
]


def apply_topics(
    bootstrap: Bootstrap = None,
    partitions: Partitions = None,
    replication_factor: ReplicationFactor = None,
    min_insync_replicas: MinInsyncReplicas = None,
) -> None:
    """Create the topics that are missing. Deletes and alters nothing; refuses where a topic is wrong."""
    address, catalogue = _chosen(bootstrap, partitions)
    copies = replication_factor or load_settings().replication_factor
    created = asyncio.run(
        create_missing_topics(
            address,
            catalogue,
            replication_factor=copies,
            # One copy may be down without stopping the ward; with a single copy there is none to spare.
            min_insync_replicas=min_insync_replicas or max(1, copies - 1),
        )
    )
    for name in created:
        typer.echo(f"created {name} with {catalogue.partitions} partitions")
    typer.echo(f"{len(created)} created, {len(catalogue.topics) - len(created)} were there")


def check_topics(bootstrap: Bootstrap = None, partitions: Partitions = None) -> None:
    """Compare the broker's topics with the catalogue; exit status 1 if anything differs."""
    address, catalogue = _chosen(bootstrap, partitions)
    report = asyncio.run(inspect_topics(address, catalogue))
    _show(report, catalogue)
    if report.problems:
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Add `blinwatch topics`."""
    group = typer.Typer(no_args_is_help=True, help="Create or check the topics on a broker.")
    group.command("apply")(apply_topics)
    group.command("check")(check_topics)
    app.add_typer(group, name="topics")


def _chosen(bootstrap: str | None, partitions: int | None) -> tuple[str, Catalogue]:
    settings = load_settings()
    return bootstrap or settings.bootstrap_servers, load_catalogue(partitions or settings.partitions)


def _show(report: TopicReport, catalogue: Catalogue) -> None:
    console = Console()
    if not report.configuration_read:
        console.print("This broker does not tell how topics are configured; names and partitions were checked.")
    if not report.problems:
        console.print(f"All {len(catalogue.topics)} topics are as the catalogue says.")
        return
    table = Table()
    for heading in ("topic", "differs", "what to do", "worker starts"):
        # Folded, not cut: what to do is often a command that somebody copies.
        table.add_column(heading, overflow="fold")
    for problem in report.problems:
        table.add_row(problem.topic, problem.what, problem.remedy, "no" if problem.blocking else "yes")
    console.print(table)

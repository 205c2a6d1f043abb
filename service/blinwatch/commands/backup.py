"""`blinwatch backup save | check | restore`: what cannot be made again, in one file, and back into empty topics.

What:      inputs, the gateway's associations, and the audit with its seals and receipts are saved. Restored are inputs
           and associations: workers judge them again from the beginning, and the same events give the same alerts with
           the same ids. The rest stays in the file, as the record of what was told at the time.
Caveats:   states, outputs and trends are not saved: they name a broker's offsets, and they follow from the inputs.
"""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from blinwatch.catalogue import Catalogue, load_catalogue
from blinwatch.catalogue_check import inspect_topics
from blinwatch.commands.backup_file import BackupWriter, SavedRecord, check_backup, saved_records
from blinwatch.commands.failure import CommandError
from blinwatch.commands.kafka_access import (
    Bootstrap,
    bootstrap_servers,
    quiet_client_library,
    topic_reader,
)
from blinwatch.kafka_identity import kafka_options
from blinwatch.settings import load_settings

ONLY_KEPT = ("audit.decisions.v1", "audit.seals.v1", "forward.receipts.v1")
"""The record of what was told at the time, and to whom: saved, and never written again as if it were new."""
ASSOCIATIONS = "gateway.associations.v1"
WAITING_MOST = 5_000
"""Records handed over and not acknowledged: some 10 MB."""
File = Annotated[Path, typer.Argument(help="The backup's file, such as 2026-03-01.backup.gz.")]


def topics_of(catalogue: Catalogue) -> tuple[str, ...]:
    """What a backup holds, in the order of the catalogue."""
    return (*(topic.name for topic in catalogue.inputs), ASSOCIATIONS, *ONLY_KEPT)


def save(file: File, bootstrap: Bootstrap = None) -> None:
    """Save inputs, associations, audit, seals and receipts into a new file. Workers may go on meanwhile."""
    if file.exists():
        raise CommandError(f"{file} is there already; a backup is never written over another")
    address, catalogue = bootstrap_servers(bootstrap), load_catalogue(load_settings().partitions)
    try:
        counts = asyncio.run(_save(address, catalogue, file))
    except KafkaError as error:
        file.unlink(missing_ok=True)
        raise CommandError(f"the broker went away, nothing was saved: {type(error).__name__}") from error
    for topic, number in counts.items():
        typer.echo(f"{number:>9} {topic}")
    typer.echo(f"{sum(counts.values()):>9} records in {file}")


def check(file: File) -> None:
    """Read a backup from end to end and say what is in it."""
    contents = check_backup(file)
    for topic, number in contents.counts.items():
        typer.echo(f"{number:>9} {topic}")
    typer.echo(f"{file} is whole; saved at {contents.saved_at} from {contents.partitions} partitions")


def restore(file: File, bootstrap: Bootstrap = None) -> None:
    """Write a backup into topics that are there and empty; start the workers afterwards."""
    contents = check_backup(file)
    address, catalogue = bootstrap_servers(bootstrap), load_catalogue(load_settings().partitions)
    if contents.partitions != catalogue.partitions:
        raise CommandError(
            f"the backup comes from {contents.partitions} partitions and this cluster has {catalogue.partitions}: its "
            f"patients would lie elsewhere. Make the topics with BLINWATCH_PARTITIONS={contents.partitions}"
        )
    written = asyncio.run(_restore(address, catalogue, file))
    kept = sum(contents.counts.get(topic, 0) for topic in ONLY_KEPT)
    typer.echo(f"{written} records restored; {kept} of audit, seals and receipts stay in the file")
    typer.echo("Now start the workers: they judge everything again, and page only for what still stands.")


def register(app: typer.Typer) -> None:
    """Add `blinwatch backup` and its subcommands."""
    group = typer.Typer(no_args_is_help=True, help="Save what cannot be made again, and restore it.")
    group.command("save")(save)
    group.command("check")(check)
    group.command("restore")(restore)
    app.add_typer(group, name="backup")


async def _save(bootstrap: str, catalogue: Catalogue, file: Path) -> dict[str, int]:
    topics = topics_of(catalogue)
    saved_at = datetime.now(UTC).isoformat(timespec="seconds")
    async with topic_reader(bootstrap, topics) as reader:
        with BackupWriter(file, saved_at, catalogue.partitions, topics) as writer:
            async for record in reader.records_to_end():
                writer.add(
                    SavedRecord(
                        topic=record.topic,
                        partition=record.partition,
                        offset=record.offset,
                        timestamp_ms=record.timestamp,
                        key=record.key,
                        value=record.value,
                        headers=tuple(record.headers),
                    )
                )
    return writer.counts


async def _restore(bootstrap: str, catalogue: Catalogue, file: Path) -> int:
    await _require_empty(bootstrap, catalogue)
    quiet_client_library()
    producer: Any = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, linger_ms=20, **kafka_options()
    )
    waiting: list[Awaitable[Any]] = []
    number = 0
    try:
        await producer.start()
        for record in saved_records(file):
            if record.topic in ONLY_KEPT:
                continue
            number += 1
            waiting.append(
                await producer.send(
                    record.topic,
                    record.value,
                    key=record.key,
                    partition=record.partition,
                    timestamp_ms=record.timestamp_ms,
                    headers=list(record.headers),
                )
            )
            if len(waiting) >= WAITING_MOST:
                await asyncio.gather(*waiting)
                waiting.clear()
        await asyncio.gather(*waiting)
    except KafkaError as error:
        raise CommandError(
            f"the broker stopped taking records ({type(error).__name__}): make the topics anew and restore again"
        ) from error
    finally:
        await producer.stop()
    return number


async def _require_empty(bootstrap: str, catalogue: Catalogue) -> None:
    """A restore beside records that are there would judge some events twice and others in a false order."""
    report = await inspect_topics(bootstrap, catalogue)
    if wrong := [problem for problem in report.problems if problem.blocking]:
        raise CommandError("the topics are not ready: " + wrong[0].sentence)
    async with topic_reader(bootstrap, catalogue.names) as reader:
        held = await reader.topics_with_records()
    if held:
        raise CommandError(
            f"there are records on {', '.join(held)}: a backup is restored into empty topics only. Stop the workers, "
            "then make the topics anew, or restore on another cluster"
        )

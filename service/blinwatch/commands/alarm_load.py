"""`blinwatch alarm-load`: how much the alerts ask of the ward, from the trend store."""

import time
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from blinwatch.board.alarm_load import (
    BRIEF_S,
    CHATTER_WITHIN_MIN,
    PRIORITIES,
    TARGET_HIGH_SHARE,
    TARGET_PER_PATIENT_DAY,
    AlarmLoad,
    Load,
    alarm_load,
)
from blinwatch.board.alarm_load_csv import to_csv
from blinwatch.board.trends.open_store import open_store
from blinwatch.board.trends.trend_store import TrendStoreError
from blinwatch.commands.failure import CommandError
from blinwatch.core.evidence import to_datetime, to_ms

DEFAULT_DAYS = 7
_DAY_MS = 86_400_000


def alarm_load_command(
    store: Annotated[str, typer.Option("--store", metavar="ADDRESS", help="The trend store: sqlite:///FILE.")],
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", help=f"From when, ISO 8601.  [default: {DEFAULT_DAYS} days back]"),
    ] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="TIME", help="Until when.  [default: now]")] = None,
    ward: Annotated[str | None, typer.Option("--ward", help="Of this ward only.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV (RFC 4180) instead of tables.")] = False,
) -> None:
    """Show alerts per patient-day, by rule and priority; chattering, acknowledging, what is put aside."""
    until_ms = round(time.time() * 1000) if until is None else _moment_ms("--until", until)
    since_ms = until_ms - DEFAULT_DAYS * _DAY_MS if since is None else _moment_ms("--since", since)
    if since_ms >= until_ms:
        raise CommandError("--since must lie before --until")
    try:
        trends = open_store(store, must_exist=True)
        try:
            steps = trends.transitions(since_ms, until_ms, ward)
            patient_days = trends.patient_days(since_ms, until_ms, ward)
        finally:
            trends.close()
    except TrendStoreError as error:
        raise CommandError(str(error)) from error
    load = alarm_load(steps, patient_days, since_ms=since_ms, until_ms=until_ms, ward=ward)
    if as_csv:
        typer.echo(to_csv(load), nl=False)
    else:
        _print(load)


def _moment_ms(option: str, text: str) -> int:
    """A date or a date with a time; without an offset it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"{option} {text!r} is no time; write 2026-03-01 or 2026-03-01T08:00+01:00") from error
    return to_ms(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _print(load: AlarmLoad) -> None:
    console = Console(highlight=False)
    span = f"{to_datetime(load.since_ms):%Y-%m-%d %H:%M} to {to_datetime(load.until_ms):%Y-%m-%d %H:%M} UTC"
    console.print(f"[bold]Alarm load[/bold] {span}, {load.ward or 'all wards'}: {load.patient_days:.1f} patient-days")
    if load.total.per_patient_day is None:
        console.print("Nobody was watched in this span.")
    else:
        target = "within the target" if load.within_target else "ABOVE THE TARGET"
        console.print(
            f"{load.total.per_patient_day:.2f} alerts a patient-day (at most {TARGET_PER_PATIENT_DAY:g}), "
            f"{load.by_priority['high'].share:.1%} of them high (at most {TARGET_HIGH_SHARE:.0%}): {target}"
        )
    table = Table(box=None, pad_edge=False)
    for title in (
        "",
        "raised",
        "a day",
        "hidden",
        "again",
        "acknowledged",
        "median",
        "90 %",
        "never",
        "aside",
        "brief",
    ):
        table.add_column(title, justify="left" if not title else "right")
    for priority in PRIORITIES:
        table.add_row(f"all {priority}", *_cells(load.by_priority[priority]))
    for row in load.by_code:
        table.add_row(f"{row.code} ({row.rule_id}, {row.priority})", *_cells(row.load))
    console.print(table)
    console.print(
        f"again: raised within {CHATTER_WITHIN_MIN} min after it was over. never: over, and nobody had acknowledged. "
        f"aside: shelved. brief: over within {BRIEF_S} s. hidden: another alert stood for it.",
        style="dim",
    )


def _cells(load: Load) -> tuple[str, ...]:
    return (
        str(load.raised),
        "-" if load.per_patient_day is None else f"{load.per_patient_day:.2f}",
        str(load.hidden),
        str(load.chattering),
        str(load.acknowledged),
        _wait(load.acknowledge_median_s),
        _wait(load.acknowledge_p90_s),
        str(load.never_acknowledged),
        str(load.shelved),
        str(load.brief),
    )


def _wait(wait_s: float | None) -> str:
    if wait_s is None:
        return "-"
    return f"{wait_s:.0f} s" if wait_s < 120 else f"{wait_s / 60:.0f} min"  # noqa: PLR2004 - easier to read from there


def register(app: typer.Typer) -> None:
    """Add `blinwatch alarm-load`."""
    app.command("alarm-load")(alarm_load_command)

"""`blinwatch alerts`: the alerts as any subscriber can read them, in words."""

import asyncio
from datetime import datetime
from typing import Annotated, Any, Literal

import typer
from pydantic import TypeAdapter
from rich.console import Console
from rich.text import Text

from blinwatch.commands.alert_text import describe_alert, describe_transition
from blinwatch.commands.kafka_access import Bootstrap, bootstrap_servers, run, topic_reader
from blinwatch.core.decisions import Alert, AlertTransition
from blinwatch.core.evidence import PRIORITY_RANK, Priority
from blinwatch.deliver.page_marks import is_repeat

ACTIVE_TOPIC = "alerts.active.v1"
LIFECYCLE_TOPIC = "alerts.lifecycle.v1"
_ALERT = TypeAdapter(Alert)
_TRANSITION = TypeAdapter(AlertTransition)

PriorityChoice = Literal["high", "medium", "low"]


def alerts(
    bootstrap: Bootstrap = None,
    follow: Annotated[
        bool,
        typer.Option("--follow", "-f", help="Go on with everything that happens to alerts, until Ctrl-C."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON record a line, as on the topic, for machines.")
    ] = False,
    priority: Annotated[PriorityChoice | None, typer.Option("--priority", help="Only alerts of this priority.")] = None,
) -> None:
    """Show the alerts that stand now: what, why (values, rule, citation), since when."""
    printer = _Printer(as_json=as_json, priority=priority)
    run(_show(bootstrap_servers(bootstrap), printer, follow=follow))


class _Printer:
    """Prints alerts for a person or a machine, those of the wanted priority."""

    def __init__(self, *, as_json: bool, priority: Priority | None) -> None:
        self._as_json, self._priority = as_json, priority
        self._console = Console(highlight=False, soft_wrap=True)
        self._told: dict[str, datetime] = {}
        """When each alert of the first list was last touched, so that `--follow` does not repeat it."""

    def standing(self, raw: dict[bytes, bytes]) -> None:
        """The alerts that stand, most urgent first."""
        found = [(_ALERT.validate_json(value), value) for value in raw.values()]
        found = [(alert, value) for alert, value in found if self._is_wanted(alert)]
        found.sort(key=lambda pair: (-PRIORITY_RANK[pair[0].priority], pair[0].since, pair[0].alert_id))
        for alert, value in found:
            self._told[alert.alert_id] = alert.updated_at
            self._print(value, describe_alert(alert))
        if not found and not self._as_json:
            kind = f"{self._priority} " if self._priority else ""
            self._console.print(f"No {kind}alert stands.")

    def transition(self, value: bytes) -> None:
        """One step in an alert's life, unless the first list has shown its result."""
        step = _TRANSITION.validate_json(value)
        told = self._told.pop(step.alert_id, None)
        if told is not None and step.alert.updated_at <= told:
            self._told[step.alert_id] = told
            return
        if self._is_wanted(step.alert):
            self._print(value, describe_transition(step))

    def _is_wanted(self, alert: Alert) -> bool:
        return self._priority is None or alert.priority == self._priority

    def _print(self, value: bytes, text: Text) -> None:
        if self._as_json:
            typer.echo(value)
        else:
            self._console.print(text)


async def read_standing(bootstrap: str) -> dict[bytes, bytes]:
    """The newest record of each standing alert, by alert id; an empty value has removed the others."""
    async with topic_reader(bootstrap, [ACTIVE_TOPIC]) as reader:
        return newest_by_key(await reader.read_to_end())


def newest_by_key(records: list[Any]) -> dict[bytes, bytes]:
    """What a compacted topic stands for: the last value of each key, without the removed ones."""
    standing: dict[bytes, bytes] = {}
    for record in records:
        if record.value:
            standing[record.key] = record.value
        else:
            standing.pop(record.key, None)
    return standing


async def _show(bootstrap: str, printer: _Printer, *, follow: bool) -> None:
    if not follow:
        printer.standing(await read_standing(bootstrap))
        return
    # The reader of steps takes its place before the list is read, so that nothing falls between the two.
    async with topic_reader(bootstrap, [LIFECYCLE_TOPIC]) as steps:
        await steps.skip_to_end()
        printer.standing(await read_standing(bootstrap))
        while True:
            for record in await steps.read():
                if not is_repeat(record.headers):
                    printer.transition(record.value)
            await asyncio.sleep(0)


def register(app: typer.Typer) -> None:
    """Add `blinwatch alerts`."""
    app.command()(alerts)

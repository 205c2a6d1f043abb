"""`blinwatch ack`: tell everybody that an alert has been seen, by whom and why."""

import time
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import uuid4

import orjson
import typer
from pydantic import TypeAdapter

from blinwatch.commands.alert_text import moment_text
from blinwatch.commands.alerts import newest_by_key, read_standing
from blinwatch.commands.failure import CommandError
from blinwatch.commands.kafka_access import Bootstrap, bootstrap_servers, producer_to, run, topic_reader
from blinwatch.core.decisions import Alert
from blinwatch.core.events import AlertAcknowledged
from blinwatch.receive.decode import decode_event
from blinwatch.receive.event_log import encode_event, encode_key, topic_of
from blinwatch.receive.rejection import Rejected

AUDIT_TOPIC = "audit.decisions.v1"
"""Every answer comes here, also a refusal."""
STATUS_TOPIC = "patients.status.v1"
ANSWER_WITHIN_S = 15.0
"""A worker answers within a second; one that has just started may still be taking over its partitions."""
_ALERT = TypeAdapter(Alert)


def ack(
    alert_id: Annotated[str, typer.Argument(help="The alert's id, as `blinwatch alerts` shows it.")],
    by: Annotated[str, typer.Option("--by", help="Who has seen it: a staff id or role.")],
    reason: Annotated[str, typer.Option("--reason", help="What is being done about it.")],
    bootstrap: Bootstrap = None,
) -> None:
    """Acknowledge an alert: it stands on, and everybody sees that somebody takes care of it."""
    run(_acknowledge(bootstrap_servers(bootstrap), alert_id, by, reason))


async def _acknowledge(bootstrap: str, alert_id: str, by: str, reason: str) -> None:
    alert = await _find(bootstrap, alert_id)
    command = _command(alert, await _patients_now(bootstrap, alert), by, reason)
    async with topic_reader(bootstrap, [AUDIT_TOPIC]) as audit, producer_to(bootstrap) as producer:
        await audit.skip_to_end()
        await producer.send_and_wait(topic_of(command), encode_event(command), key=encode_key(command))
        deadline_s = time.monotonic() + ANSWER_WITHIN_S
        while time.monotonic() < deadline_s:
            for record in await audit.read():
                decision: dict[str, Any] = orjson.loads(record.value)["decision"]
                if decision["caused_by"] == command.event_id:
                    _report(decision, alert, command)
                    return
    raise CommandError(
        f"the acknowledgement is written, but no worker has answered within {ANSWER_WITHIN_S:g} s. "
        "It will count as soon as one runs; `blinwatch alerts` then shows the alert as acknowledged."
    )


async def _find(bootstrap: str, alert_id: str) -> Alert:
    found = (await read_standing(bootstrap)).get(alert_id.encode())
    if found is None:
        raise CommandError(
            f"no standing alert has the id {alert_id}: it was resolved or mistyped. See `blinwatch alerts`."
        )
    return _ALERT.validate_json(found)


async def _patients_now(bootstrap: str, alert: Alert) -> datetime:
    """What time it is for the alert's patient: now, or later where a simulated ward runs ahead."""
    async with topic_reader(bootstrap, [STATUS_TOPIC]) as reader:
        newest = newest_by_key(await reader.read_to_end()).get(alert.patient_id.encode())
    moments = [datetime.now(UTC), alert.updated_at]
    if newest is not None:
        moments.append(datetime.fromisoformat(orjson.loads(newest)["as_of"]))
    return max(moments)


def _command(alert: Alert, at: datetime, by: str, reason: str) -> AlertAcknowledged:
    """The command as the topic wants it; checked here, so that a mistake is said and not dead-lettered."""
    command = AlertAcknowledged(
        event_id=f"ack-{uuid4().hex}",
        patient_id=alert.patient_id,
        occurred_at=at,
        source="blinwatch-ack",
        by=by,
        reason=reason,
        alert_id=alert.alert_id,
    )
    checked = decode_event(topic_of(command), encode_event(command))
    if isinstance(checked, Rejected):
        raise CommandError(f"the acknowledgement cannot be written: --{checked.field}: {checked.detail}")
    return command


def _report(decision: dict[str, Any], alert: Alert, command: AlertAcknowledged) -> None:
    """Say what the judgement made of the command: a step of the alert's life, or a note why not."""
    if decision["type"] == "input_note":
        raise CommandError(f"not acknowledged: {decision['detail']}")
    typer.echo(
        f"Acknowledged {alert.code} ({alert.priority}) of {alert.patient_id} by {command.by} at "
        f"{moment_text(command.occurred_at)}: {command.reason}. The alert stands until its cause is gone."
    )


def register(app: typer.Typer) -> None:
    """Add `blinwatch ack`."""
    app.command()(ack)

"""`blinwatch explain ALERT_ID`: the timeline of what led to an alert, in words; from an event log or from a broker."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, timedelta
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from pydantic import TypeAdapter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.clinical.site_protocol import load_rulebook_in_force
from blinwatch.commands.alert_story import Entry, Story, tell_story
from blinwatch.commands.alert_text import PRIORITY_STYLE, moment_text
from blinwatch.commands.failure import CommandError
from blinwatch.commands.kafka_access import Bootstrap, bootstrap_servers, run, topic_reader
from blinwatch.commands.replay import replay_decisions
from blinwatch.commands.rulebook import SiteFile, console
from blinwatch.commands.rulebook_words import code_words, rule_words
from blinwatch.core.decisions import AlertTransition, AttributionRecorded, Decision, GradeAssigned
from blinwatch.core.events import AnyEvent
from blinwatch.core.time_order import place_of
from blinwatch.deliver.canonical_json import to_plain
from blinwatch.receive.event_log import read_events

LIFECYCLE_TOPIC, AUDIT_TOPIC = "alerts.lifecycle.v1", "audit.decisions.v1"
IDS_NAMED_MOST = 12
_TRANSITION = TypeAdapter(AlertTransition)
_GRADE = TypeAdapter(GradeAssigned)
_ATTRIBUTION = TypeAdapter(AttributionRecorded)
_HAPPENED = {
    "event": "",
    "grade": "graded",
    "attribution": "attributed",
    "rulebook": "RULEBOOK",
    "uninhibited": "NO LONGER HIDDEN",
    "inhibited": "HIDDEN",
    "unshelved": "BACK FROM SHELF",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What a source has to say: decisions, events where it has them, changes of the rulebook."""

    decisions: tuple[Decision, ...]
    events: Iterable[AnyEvent] | None
    rulebook_changes: tuple[dict[str, Any], ...] = ()


def explain(
    alert_id: Annotated[str, typer.Argument(help="The alert's id, or its beginning if no other begins so.")],
    events: Annotated[
        list[Path] | None,
        typer.Option("--events", help="Replay this event log (JSON lines); several are merged by time.", exists=True),
    ] = None,
    bootstrap: Bootstrap = None,
    site_protocol: SiteFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document for machines.")] = False,
) -> None:
    """Tell what led to an alert and what came of it: events, values, limits, grades, steps, acknowledgement, source.

    With --events the log is judged again, exactly as a worker would; without, the broker's alert and audit topics
    are read and nothing is judged.
    """
    rulebook = load_rulebook_in_force(site_protocol)
    told = _from_log(events, rulebook) if events else run_and_return(bootstrap_servers(bootstrap), alert_id)
    steps = steps_of(alert_id, told.decisions)
    story = tell_story(steps, told.decisions, told.events, told.rulebook_changes)
    if as_json:
        typer.echo(orjson.dumps(_document(story, steps), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode())
    else:
        print_story(story, rulebook, console())


def steps_of(beginning: str, decisions: Iterable[Decision]) -> list[AlertTransition]:
    """The steps of the one alert whose id begins so.

    Raises `CommandError` naming the ids there are where none or several do.
    """
    steps = [one for one in decisions if isinstance(one, AlertTransition)]
    found = {one.alert_id for one in steps if one.alert_id.startswith(beginning)}
    if len(found) == 1:
        return [one for one in steps if one.alert_id in found]
    names = {one.alert_id: f"{one.alert_id} ({one.alert.code})" for one in steps}
    there = sorted(names[one] for one in (found or names))[:IDS_NAMED_MOST]
    if found:
        raise CommandError(f"several alerts begin with '{beginning}': {', '.join(there)}; give more of the id")
    listed = f"; there are {', '.join(there)}" if there else "; there is no alert at all"
    raise CommandError(f"no alert begins with '{beginning}'{listed}")


# --- from a log ------------------------------------------------------------------------------------------


def _from_log(files: list[Path], rulebook: Rulebook) -> Told:
    """Everything judged of a log but the board's status; its events are read a second time when they are needed."""
    decisions = tuple(one for one in replay_decisions(_events(files), rulebook) if one.type != "patient_status")
    return Told(decisions=decisions, events=_events(files))


def _events(files: list[Path]) -> Iterator[AnyEvent]:
    logs = [read_events(file) for file in files]
    return logs[0] if len(logs) == 1 else heapq.merge(*logs, key=place_of)


# --- from a broker ---------------------------------------------------------------------------------------


def run_and_return(bootstrap: str, alert_id: str) -> Told:
    """Read the broker's alert and audit topics. Raises `CommandError` when it does not answer."""
    found: list[Told] = []

    async def read() -> None:
        found.append(await _from_broker(bootstrap, alert_id))

    run(read())
    return found[0]


async def _from_broker(bootstrap: str, alert_id: str) -> Told:
    async with topic_reader(bootstrap, [LIFECYCLE_TOPIC]) as reader:
        steps = [_TRANSITION.validate_json(record.value) for record in await reader.read_to_end()]
    steps.sort(key=lambda step: step.occurred_at)
    patients = {step.patient_id for step in steps if step.alert_id.startswith(alert_id)}
    decisions: list[Decision] = list(_once(steps))
    changes: dict[str, dict[str, Any]] = {}
    async with topic_reader(bootstrap, [AUDIT_TOPIC]) as reader:
        for record in await reader.read_to_end():
            decision: dict[str, Any] = orjson.loads(record.value)["decision"]
            if decision["type"] == "rulebook_changed":
                changes.setdefault(decision["decision_id"], decision)
            elif decision.get("patient_id") in patients:
                decisions += _audited(decision)
    return Told(tuple(decisions), None, tuple(changes.values()))


def _audited(decision: dict[str, Any]) -> list[Decision]:
    """What of the audit the story needs besides the alert's own steps."""
    text = orjson.dumps(decision)
    if decision["type"] == "grade_assigned":
        return [_GRADE.validate_json(text)]
    return [_ATTRIBUTION.validate_json(text)] if decision["type"] == "attribution_recorded" else []


def _once(steps: list[AlertTransition]) -> Iterator[AlertTransition]:
    """Each decision once: after a crash a worker may have written it again."""
    seen: set[str] = set()
    for step in steps:
        if step.decision_id not in seen:
            seen.add(step.decision_id)
            yield step


# --- in words --------------------------------------------------------------------------------------------


def print_story(story: Story, rulebook: Rulebook, out: Console) -> None:
    """The alert, its rule and source, then the story line by line."""
    alert = story.alert
    head = Text()
    head.append(f" {alert.priority.upper()} ", style=PRIORITY_STYLE[alert.priority])
    said = code_words(alert.code, rulebook)
    head.append(f" {said[:1].upper()}{said[1:]} ({alert.code})", style="bold")
    out.print(head.append(f"  {alert.patient_id}{', ' + alert.ward if alert.ward else ''}"))
    words = rule_words(alert.rule_id)
    out.print(Text(f"Rule {alert.rule_id}, {words.heading.lower()}: {words.says}"))
    out.print(Text(f"Source: {alert.citation}"))
    out.print(Text(f"Judged by rulebook {alert.rulebook_version}, digest {alert.rulebook_digest}; scale {alert.scale}"))
    out.print(Text(f"Alert {alert.alert_id}, episode {alert.episode}, {_standing(story)}"))
    if not story.has_events:
        out.print(Text("From the alert and audit topics; with --events FILE the events themselves are told, too."))
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(overflow="fold")
    for entry in story.entries:
        since_raised = entry.at - alert.raised_at
        table.add_row(f"{entry.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}", _signed(since_raised), _entry_text(entry))
    out.print(Text("\nThe story in UTC, and how long before or after the alert was raised"))
    out.print(table)
    if story.passed_over:
        out.print(Text(f"\nLeft out: {story.passed_over} further values of monitor and pump that changed nothing."))


def _standing(story: Story) -> str:
    alert = story.alert
    if alert.resolved_at is None:
        return f"{alert.state} since {moment_text(alert.since)}"
    return f"resolved {moment_text(alert.resolved_at)} after {_duration(alert.resolved_at - alert.raised_at)}"


def _entry_text(entry: Entry) -> Text:
    line = Text()
    happened = _HAPPENED.get(entry.kind, entry.kind.upper())
    if happened:
        line.append(f"{happened} ", style="bold")
    line.append(entry.text)
    for reason in entry.reasons:
        line.append(f"\n  {reason}")
    return line


def _signed(span: timedelta) -> str:
    return f"-{_duration(-span)}" if span < timedelta(0) else f"+{_duration(span)}"


def _duration(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"  # noqa: PLR2004 - minutes


def _document(story: Story, steps: list[AlertTransition]) -> dict[str, Any]:
    return {
        "alert": to_plain(story.alert),
        "steps": [to_plain(step) for step in steps],
        "story": [asdict(entry) for entry in story.entries],
        "values_passed_over": story.passed_over,
        "has_events": story.has_events,
    }


def register(app: typer.Typer) -> None:
    """Add `blinwatch explain`."""
    app.command()(explain)

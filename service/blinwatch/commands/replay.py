"""`blinwatch replay FILE.jsonl`: the decisions of a recorded event log, byte-equal every time, no broker needed."""

import heapq
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.clinical.site_protocol import load_rulebook_in_force
from blinwatch.commands.rulebook import SiteFile
from blinwatch.core.decisions import Decision
from blinwatch.core.events import AnyEvent, Tick
from blinwatch.core.patient_state import PatientState, new_patient
from blinwatch.core.step import concerns, next_deadline_ms, step
from blinwatch.core.time_order import place_of
from blinwatch.deliver.canonical_json import to_bytes, to_plain
from blinwatch.receive.event_log import read_events

STATUS_MARK = b'"type":"patient_status"'
"""Every decision ends with its type: keys are sorted, and no text field can hold an unescaped quote."""


def replay_decisions(events: Iterable[AnyEvent], rulebook: Rulebook) -> Iterator[Decision]:
    """The decisions of a log, in its own order. A tick reaches every patient whom it concerns."""
    states: dict[str, PatientState] = {}
    for event in events:
        if isinstance(event, Tick):
            for patient_id in sorted(states):
                if concerns(event, next_deadline_ms(states[patient_id])):
                    states[patient_id], decisions = step(states[patient_id], event, rulebook)
                    yield from decisions
        else:
            state = states.get(event.patient_id) or new_patient(event.patient_id)
            states[event.patient_id], decisions = step(state, event, rulebook)
            yield from decisions


def replay_lines(events: Iterable[AnyEvent], rulebook: Rulebook) -> Iterator[bytes]:
    """The same as JSON lines with sorted keys, without line ends."""
    for decision in replay_decisions(events, rulebook):
        yield to_bytes(to_plain(decision))


def replay(
    files: Annotated[
        list[Path], typer.Argument(help="Event logs (JSON lines); several are merged by event time.", exists=True)
    ],
    no_status: Annotated[bool, typer.Option("--no-status", help="Leave out the board's status records.")] = False,
    site_protocol: SiteFile = None,
) -> None:
    """Print the decisions of recorded event logs as JSON lines."""
    rulebook = load_rulebook_in_force(site_protocol)
    logs = [read_events(file) for file in files]
    events = logs[0] if len(logs) == 1 else heapq.merge(*logs, key=place_of)
    for line in replay_lines(events, rulebook):
        if no_status and STATUS_MARK in line:
            continue
        sys.stdout.buffer.write(line + b"\n")


def register(app: typer.Typer) -> None:
    """Add `blinwatch replay`."""
    app.command()(replay)

"""One charted observation through `step`, and what came of it in words."""

from dataclasses import dataclass
from typing import Any, Literal

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from blinwatch.clinical.plain_words import words_of
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.commands.alert_text import PRIORITY_STYLE
from blinwatch.commands.failure import CommandError
from blinwatch.commands.rulebook_words import code_words, flag_words
from blinwatch.core.decisions import Alert, AlertTransition, GradeAssigned
from blinwatch.core.patient_state import new_patient
from blinwatch.core.step import step
from blinwatch.receive.decode import decode_event
from blinwatch.receive.rejection import Rejected

ASSESSMENTS = "assessments.recorded.v1"
PATIENT = "asked-at-the-terminal"
MOMENT = "2026-01-01T00:00:00Z"
"""Any moment would do: an observation that stands alone has no earlier or later."""
_EVENT_TYPES = {"crs": "crs_assessed", "icans": "neuro_assessed"}
Toxicity = Literal["crs", "icans"]


@dataclass(frozen=True, slots=True)
class Answer:
    """The grade of one observation and the alerts it would raise."""

    grade: GradeAssigned
    alerts: tuple[Alert, ...]
    rulebook: Rulebook


def ask(toxicity: Toxicity, findings: dict[str, Any], rulebook: Rulebook) -> Answer:
    """Grade findings in the rule reference's vocabulary. Raises `CommandError` for what the edge would refuse."""
    record = {
        "event_id": "question",
        "patient_id": PATIENT,
        "occurred_at": MOMENT,
        "source": "blinwatch-grade",
        "type": _EVENT_TYPES[toxicity],
        "findings": findings,
    }
    event = decode_event(ASSESSMENTS, orjson.dumps(record))
    if isinstance(event, Rejected):
        raise CommandError(event.detail.removeprefix("findings."))
    _, decisions = step(new_patient(PATIENT), event, rulebook)
    grades = [one for one in decisions if isinstance(one, GradeAssigned) and one.toxicity == toxicity]
    if not grades:
        raise CommandError(f"these findings say nothing about {toxicity.upper()}")
    raised = [one.alert for one in decisions if isinstance(one, AlertTransition) and one.transition == "raised"]
    return Answer(grade=grades[-1], alerts=tuple(raised), rulebook=rulebook)


def print_answer(answer: Answer, out: Console) -> None:
    """The grade, each part's share, the reasons, marks, alerts and the source."""
    grade, rulebook = answer.grade, answer.rulebook
    out.print(Text(f"{_capital(code_words(grade.code, rulebook))} ({grade.code}, {grade.scale})", style="bold"))
    if grade.would_be_grade is not None and grade.grade != grade.would_be_grade:
        out.print(Text(f"The signs would be worth grade {grade.would_be_grade}."))
    out.print(_parts(grade))
    shown = " ".join(part.because for part in grade.domains)
    _print_list("Also", [reason for reason in grade.because if reason not in shown], out)
    _print_list("Marks", [f"{flag}: {flag_words(flag)}" if flag_words(flag) else flag for flag in grade.flags], out)
    for other in grade.other_scales:
        told = "not graded" if other.grade is None else f"grade {other.grade}"
        _print_list(f"{other.scale}, {other.term}: {told} ({other.code})", list(other.because), out)
    if grade.change_from_baseline is not None:
        out.print(Text(f"Change from baseline: {grade.change_from_baseline:+d} points"))
    if answer.alerts:
        out.print(Text("It would raise"))
        for alert in answer.alerts:
            line = Text("  ")
            line.append(f" {alert.priority.upper():<6} ", style=PRIORITY_STYLE[alert.priority])
            out.print(
                line.append(f" {_capital(code_words(alert.code, rulebook))} ({alert.code}), rule {alert.rule_id}")
            )
    out.print(Text(f"Rule {grade.rule_id}: {grade.citation}"))
    out.print(
        Text(
            f"Rulebook {grade.rulebook_version}, digest {grade.rulebook_digest}. One observation by itself, without "
            "the patient's history; advice for qualified staff, never an order.",
            style="dim",
        )
    )


def _parts(grade: GradeAssigned) -> Table:
    table = Table()
    for heading in ("Part", "Grade", "What was found"):
        table.add_column(heading, overflow="fold")
    for part in grade.domains:
        told = "not known" if part.grade is None else str(part.grade)
        table.add_row(words_of(part.domain), told, Text(part.because))
    return table


def _print_list(heading: str, lines: list[str], out: Console) -> None:
    if lines:
        out.print(Text(heading))
        for line in lines:
            out.print(Text(f"  - {line}"))


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]

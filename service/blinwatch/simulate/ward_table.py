"""The ward as a table in the terminal. Colour always comes with a word."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from rich.table import Table
from rich.text import Text

from blinwatch.core.decisions import AlertTransition, PatientStatus, StandingAlert

_ALERTS_SHOWN = 3
_PRIORITY_STYLE = {"high": "bold white on red", "medium": "bold black on yellow", "low": "cyan"}
_STATE_STYLE = {"running": "green", "interrupted": "bold red", "bag_change": "yellow", "ended": "dim"}
_GRADE_STYLE = {
    "CRS_G0": "green",
    "CRS_G1": "cyan",
    "CRS_G2": "bold black on yellow",
    "CRS_G3": "bold white on red",
    "CRS_G4": "bold white on red",
    "CRS_G5": "bold white on red",
    "CRS_SUSPECT_MASKED": "bold white on red",
}
_ADVICE_STYLE = {
    "DM_DISCONTINUE": "bold white on red",
    "DM_CONSIDER_DISCONTINUE": "bold white on red",
    "DM_INTERRUPT": "bold white on red",
    "DM_WAIT": "bold black on yellow",
    "DM_NOT_EVALUABLE": "magenta",
}
_MINUTES_AN_HOUR = 60
_IN_HOURS_FROM_MIN = 120
"""From two hours on an age is told in hours."""
_OLD_AFTER = timedelta(minutes=15)
"""Section 0: heart rate and SpO2 on continuous monitoring are stale after 15 minutes."""


def ward_table(statuses: Iterable[PatientStatus], stories: dict[str, str], now: datetime | None) -> Table:
    """One row a patient; `stories` names what is being simulated, `now` is the ward's own time."""
    table = Table(expand=True, header_style="bold", row_styles=["", "on grey7"], padding=(0, 1))
    for heading, width in (("Patient", 8), ("Cycle day", 12), ("Infusion", 24), ("CRS", 14), ("ICANS", 11)):
        table.add_column(heading, min_width=width, no_wrap=True)
    table.add_column("Label advice", min_width=12, no_wrap=True)
    table.add_column("Active alerts", ratio=2, no_wrap=True)
    table.add_column("Data age", justify="right", no_wrap=True)
    table.add_column("What is simulated", ratio=1, no_wrap=True, style="dim")
    for status in sorted(statuses, key=lambda one: one.patient_id):
        table.add_row(
            status.patient_id,
            _cycle(status),
            _infusion(status),
            _crs(status),
            _icans(status),
            _advice(status),
            _alerts(status.alerts),
            _age(status, now),
            stories.get(status.patient_id, "").replace("-", " "),
        )
    return table


def news_text(news: Iterable[AlertTransition]) -> Text:
    """What happened last, newest first."""
    text = Text(no_wrap=True, overflow="ellipsis")
    for step in reversed(list(news)):
        text.append(f"{step.occurred_at:%d %H:%M} ", style="dim")
        text.append(f" {step.alert.priority.upper()} ", style=_PRIORITY_STYLE[step.alert.priority])
        text.append(f" {step.transition} ", style="bold")
        text.append(f"{step.alert.code} {step.patient_id}: {step.alert.summary}\n")
    return text


def _cycle(status: PatientStatus) -> str:
    if status.cycle_day is None:
        return f"{(status.phase or '?').upper()} c{status.cycle or '?'}, before"
    return f"{(status.phase or '?').upper()[:5]} c{status.cycle or '?'} d{status.cycle_day}"


def _infusion(status: PatientStatus) -> Text:
    infusion = status.infusion
    text = Text()
    text.append(infusion.state.replace("_", " "), style=_STATE_STYLE.get(infusion.state, ""))
    if infusion.state == "running" and infusion.dose_mcg_day is not None:
        text.append(f" {infusion.dose_mcg_day:g} mcg/day")
    if infusion.gap_min is not None and infusion.state in ("interrupted", "bag_change"):
        text.append(f" {_duration(infusion.gap_min)}")
    return text


def _duration(minutes: float) -> str:
    if minutes < _IN_HOURS_FROM_MIN:
        return f"{minutes:.0f} min"
    return f"{minutes / _MINUTES_AN_HOUR:.1f} h"


def _crs(status: PatientStatus) -> Text:
    crs = status.crs
    code = crs.current.removeprefix("CRS_").replace("_", " ").lower()
    words = {"not evaluable": "cannot grade", "suspect masked": "suspect masked"}
    text = Text()
    text.append(words.get(code, f"grade {code[1:]}"), style=_GRADE_STYLE.get(crs.current, "magenta"))
    if crs.status == "CRS_OPEN":
        text.append(" open")
    return text


def _icans(status: PatientStatus) -> Text:
    """Grade in words; a patient whom nobody has examined yet is said so."""
    icans = status.icans
    if icans.current == "ICANS_NOT_EVALUABLE":
        return Text("not examined" if icans.examined_at is None else "cannot grade", style="magenta")
    grade = icans.current.removeprefix("ICANS_G")
    return Text(f"grade {grade}", style=_GRADE_STYLE.get(f"CRS_G{grade}", "magenta"))


def _advice(status: PatientStatus) -> Text:
    """The headline of the standing label advice; nothing where none is asked for."""
    if status.dose is None:
        return Text("–", style="dim")
    code = status.dose.code.removeprefix("DM_")
    return Text(code.replace("_", " ").lower(), style=_ADVICE_STYLE.get(status.dose.code, ""))


def _alerts(alerts: tuple[StandingAlert, ...]) -> Text:
    text = Text()
    for alert in alerts[:_ALERTS_SHOWN]:
        text.append(f" {alert.priority.upper()} ", style=_PRIORITY_STYLE[alert.priority])
        seen = " (seen)" if alert.state == "acknowledged" else ""
        text.append(f" {alert.code.removeprefix('INF_')}{seen}  ")
    if len(alerts) > _ALERTS_SHOWN:
        text.append(f"+{len(alerts) - _ALERTS_SHOWN}", style="dim")
    return text


def _age(status: PatientStatus, now: datetime | None) -> Text:
    """How old the newest believed signal is, in the ward's own time."""
    newest = max(status.signals_last_at.values(), default=None)
    if newest is None or now is None:
        return Text("none", style="magenta")
    age = max(timedelta(), now - newest)
    return Text(_duration(age / timedelta(minutes=1)), style="bold yellow" if age > _OLD_AFTER else "")

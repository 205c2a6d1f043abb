"""An alert for a reader in a terminal: what, about whom, since when, why, by which rule."""

from datetime import UTC, datetime

from rich.text import Text

from blinwatch.core.decisions import Alert, AlertTransition
from blinwatch.core.evidence import Evidence, Priority

PRIORITY_STYLE: dict[Priority, str] = {
    "high": "bold white on red",
    "medium": "bold black on yellow",
    "low": "cyan",
}
"""Colour comes beside the word, never instead of it."""
_HAPPENED = {
    "raised": "RAISED",
    "escalated": "ESCALATED",
    "updated": "UPDATED",
    "acknowledged": "ACKNOWLEDGED",
    "shelved": "SHELVED",
    "unshelved": "BACK FROM SHELF",
    "inhibited": "HIDDEN BY ANOTHER",
    "uninhibited": "NO LONGER HIDDEN",
    "resolved": "RESOLVED",
}


def moment_text(moment: datetime) -> str:
    """A moment in UTC to the second, and said to be UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def describe_alert(alert: Alert) -> Text:
    """A standing alert on a few lines."""
    text = _headline(alert, f"{alert.state}, since {moment_text(alert.since)}")
    _append_reasons(text, alert)
    if alert.acknowledged_by is not None:
        _append_line(text, "seen by", f"{alert.acknowledged_by}: {alert.acknowledged_reason}")
    if alert.shelved_until is not None:
        _append_line(text, "shelved", f"until {moment_text(alert.shelved_until)}")
    if alert.inhibited_by is not None:
        _append_line(text, "hidden by", alert.inhibited_by)
    return text


def describe_transition(step: AlertTransition) -> Text:
    """One step in an alert's life: the whole explanation with what needs attention, a line with the rest."""
    late = ", late: the evidence came out of order" if step.late else ""
    happened = f"{_HAPPENED[step.transition]} {moment_text(step.occurred_at)}{late}"
    if step.transition in ("raised", "escalated", "updated"):
        happened += f", since {moment_text(step.alert.since)}"
        text = _headline(step.alert, happened)
        _append_reasons(text, step.alert)
        return text
    text = _headline(step.alert, happened)
    text.append(f"\n  {step.alert.summary}")
    if step.by is not None or step.reason is not None:
        _append_line(text, "by" if step.by else "because", ": ".join(filter(None, (step.by, step.reason))))
    return text


def _headline(alert: Alert, happened: str) -> Text:
    text = Text()
    text.append(f" {alert.priority.upper():<6} ", style=PRIORITY_STYLE[alert.priority])
    text.append(f" {alert.code}", style="bold")
    text.append(f"  {alert.patient_id}{', ' + alert.ward if alert.ward else ''}  ")
    text.append(happened, style="dim")
    return text


def _append_reasons(text: Text, alert: Alert) -> None:
    text.append(f"\n  {alert.summary}")
    if alert.evidence:
        _append_line(text, "because", "; ".join(_evidence(item, alert.updated_at) for item in alert.evidence))
    if alert.threshold is not None:
        _append_line(text, "limit", alert.threshold)
    _append_line(text, "rule", f"{alert.rule_id} ({alert.scale}): {alert.citation}")
    _append_line(text, "alert", alert.alert_id)


def _append_line(text: Text, heading: str, content: str) -> None:
    text.append(f"\n  {heading:<9} ", style="dim")
    text.append(content)


def _evidence(item: Evidence, told_at: datetime) -> str:
    """Such as `sbp_mmhg 82 mmHg at 09:10:05`; with the date where it is not the alert's own."""
    value = f"{item.value:.5g}" if isinstance(item.value, float) else item.value
    parts = [item.name, "" if value is None else str(value), item.unit or ""]
    if item.observed_at is not None:
        observed_at = item.observed_at.astimezone(UTC)
        same_day = observed_at.date() == told_at.astimezone(UTC).date()
        parts.append(f"at {observed_at:%H:%M:%S}" if same_day else f"at {observed_at:%Y-%m-%d %H:%M:%S}")
    return " ".join(part for part in parts if part)

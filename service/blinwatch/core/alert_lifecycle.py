"""The life of an alert: raised, escalated or updated, acknowledged or shelved, resolved.

What:      turns the conditions that hold now into alerts, one a patient, key and episode. Knows no clinical rule.
Sources:   design.md "The alert's life"; IEC 60601-1-8 for the three priorities.
Inputs:    `Condition`s of one domain at one moment; commands of staff; passing time.
Caveats:   - an alert that escalates needs attention again, so its acknowledgement or shelf ends;
           - a condition that comes back while its alert waits out its hysteresis is the same episode;
           - alert ids depend on patient, key and episode number only, so a repeat after a crash is the same alert.
"""

import hashlib
from dataclasses import dataclass, field, replace

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.attributed_sign import AttributedSign
from blinwatch.core.decisions import Alert, AlertTransition, TransitionKind
from blinwatch.core.evidence import PRIORITY_RANK, Condition, Domain, to_datetime, to_ms

_MINUTE_MS = 60_000
_ID_LENGTH = 20
"""80 bits of SHA-256: no collision among all alerts a hospital will ever raise."""
EPISODES_KEPT = 64
"""Keys of alerts that are over. A flush or a bolus has a key of its own, so that the keys would grow with every day; a
busy cycle of 28 days ends about twice as many alerts, most of which never come back."""


@dataclass(frozen=True, slots=True)
class AlertBook:
    """The alerts that stand, and how many episodes each key has had."""

    standing: tuple[Alert, ...] = ()
    episodes: dict[str, int] = field(default_factory=dict[str, int])
    """Every key that stands and the last `EPISODES_KEPT` others, the one raised longest ago first."""
    forgotten_episode: int = 0
    """The highest episode of any key forgotten since: an unknown key counts on from it, so that no id comes twice."""

    def get(self, alert_id: str) -> Alert | None:
        """The standing alert of that id."""
        return next((alert for alert in self.standing if alert.alert_id == alert_id), None)


NO_ALERTS = AlertBook()


@dataclass(frozen=True, slots=True)
class Moment:
    """Where in the story we are: whose alerts, what time, which event led here."""

    patient_id: str
    ward: str | None
    at_ms: int
    caused_by: str | None
    rulebook: Rulebook
    attributions: tuple[AttributedSign, ...] = ()
    """Signs that staff attribute elsewhere at this moment: every decision shows them."""


Outcome = tuple[AlertBook, list[AlertTransition]]


def short_hash(*parts: object) -> str:
    """A stable id from its parts; the unit separator keeps ("a", "bc") and ("ab", "c") apart."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:_ID_LENGTH]


def transition(
    kind: TransitionKind, alert: Alert, moment: Moment, *, by: str | None = None, reason: str | None = None
) -> AlertTransition:
    """One step of an alert's life, stamped with the moment's own time."""
    return AlertTransition(
        decision_id=short_hash(alert.alert_id, kind, moment.at_ms, alert.level, alert.code),
        alert_id=alert.alert_id,
        patient_id=moment.patient_id,
        transition=kind,
        occurred_at=to_datetime(moment.at_ms),
        late=False,
        caused_by=moment.caused_by,
        by=by,
        reason=reason,
        attributions=moment.attributions,
        alert=alert,
    )


def sync(book: AlertBook, domain: Domain, conditions: tuple[Condition, ...], moment: Moment) -> Outcome:
    """Bring the domain's alerts in line with the conditions that hold at `moment.at_ms`."""
    steps: list[AlertTransition] = []
    standing: list[Alert] = []
    by_key = {condition.key: condition for condition in conditions}
    for alert in book.standing:
        if alert.domain != domain:
            standing.append(alert)
        elif condition := by_key.pop(alert.key, None):
            standing.append(_continued(alert, condition, moment, steps))
        elif kept := _absent(alert, moment, steps):
            standing.append(kept)
    episodes = dict(book.episodes) if by_key else book.episodes
    for condition in by_key.values():
        episode = episodes.pop(condition.key, book.forgotten_episode) + 1
        episodes[condition.key] = episode
        alert = _raised(condition, episode, moment)
        steps.append(transition("raised", alert, moment))
        standing.append(alert)
    book = _with_oldest_forgotten(AlertBook(tuple(standing), episodes, book.forgotten_episode))
    return _with_inhibition(book, moment, steps), steps


def _with_oldest_forgotten(book: AlertBook) -> AlertBook:
    """The book without the keys of alerts that ended long ago."""
    if len(book.episodes) <= EPISODES_KEPT:
        return book
    standing = {alert.key for alert in book.standing}
    over = [key for key in book.episodes if key not in standing]
    gone = over[: max(0, len(over) - EPISODES_KEPT)]
    if not gone:
        return book
    kept = {key: episode for key, episode in book.episodes.items() if key not in gone}
    highest = max(book.forgotten_episode, *(book.episodes[key] for key in gone))
    return AlertBook(book.standing, kept, highest)


def _raised(condition: Condition, episode: int, moment: Moment) -> Alert:
    now = to_datetime(moment.at_ms)
    return Alert(
        alert_id=short_hash(moment.patient_id, condition.key, episode),
        patient_id=moment.patient_id,
        ward=moment.ward,
        key=condition.key,
        code=condition.code,
        rule_id=condition.rule_id,
        domain=condition.domain,
        scale=condition.scale,
        priority=condition.priority,
        level=condition.level,
        episode=episode,
        state="active",
        summary=condition.summary,
        threshold=condition.threshold,
        evidence=condition.evidence,
        citation=moment.rulebook.cite(condition.rule_id),
        rulebook_version=moment.rulebook.version,
        rulebook_digest=moment.rulebook.digest,
        since=to_datetime(condition.since_ms),
        raised_at=now,
        updated_at=now,
        hides=condition.hides,
    )


def _continued(alert: Alert, condition: Condition, moment: Moment, steps: list[AlertTransition]) -> Alert:
    """The condition still holds: note a change of severity or code, and end a waiting hysteresis silently."""
    rank_change = PRIORITY_RANK[condition.priority] - PRIORITY_RANK[alert.priority]
    rises = rank_change > 0 or (rank_change == 0 and condition.level > alert.level)
    changed = rank_change != 0 or condition.level != alert.level or condition.code != alert.code
    if not changed:
        return alert if alert.absent_since is None else replace(alert, absent_since=None)
    changes = replace(
        alert,
        code=condition.code,
        rule_id=condition.rule_id,
        scale=condition.scale,
        priority=condition.priority,
        level=condition.level,
        summary=condition.summary,
        threshold=condition.threshold,
        evidence=condition.evidence,
        citation=moment.rulebook.cite(condition.rule_id),
        rulebook_version=moment.rulebook.version,
        rulebook_digest=moment.rulebook.digest,
        updated_at=to_datetime(moment.at_ms),
        hides=condition.hides,
        absent_since=None,
    )
    if rises:
        changes = replace(changes, state="active", acknowledged_by=None, acknowledged_reason=None, shelved_until=None)
    steps.append(transition("escalated" if rises else "updated", changes, moment))
    return changes


def _absent(alert: Alert, moment: Moment, steps: list[AlertTransition]) -> Alert | None:
    """The condition no longer holds: wait out the hysteresis, then resolve."""
    hold_ms = _hold_ms(alert, moment.rulebook)
    if hold_ms == 0:
        steps.append(_resolution(alert, moment, "the condition no longer holds"))
        return None
    if alert.absent_since is None:
        return replace(alert, absent_since=to_datetime(moment.at_ms))
    return alert


def _resolution(alert: Alert, moment: Moment, reason: str) -> AlertTransition:
    now = to_datetime(moment.at_ms)
    resolved = replace(alert, state="resolved", updated_at=now, resolved_at=now, resolved_reason=reason)
    return transition("resolved", resolved, moment, reason=reason)


def _hold_ms(alert: Alert, rulebook: Rulebook) -> int:
    holds = rulebook.alerts.resolve_after_s
    seconds = holds.get(alert.key.partition(":")[0], holds["default"])
    return seconds * 1000


def _with_inhibition(book: AlertBook, moment: Moment, steps: list[AlertTransition]) -> AlertBook:
    """Mark what a standing alert hides; say so once when it begins and once when it ends."""
    hidden_by = {key: alert.key for alert in book.standing for key in alert.hides}
    if not hidden_by and all(alert.inhibited_by is None for alert in book.standing):
        return book
    standing: list[Alert] = []
    for alert in book.standing:
        kind = alert.key.partition(":")[0]
        inhibitor = hidden_by.get(kind)
        if inhibitor == alert.key:
            inhibitor = None
        if inhibitor == alert.inhibited_by:
            standing.append(alert)
            continue
        changed = replace(alert, inhibited_by=inhibitor, updated_at=to_datetime(moment.at_ms))
        steps.append(transition("inhibited" if inhibitor else "uninhibited", changed, moment))
        standing.append(changed)
    return replace(book, standing=tuple(standing))


def pass_time(book: AlertBook, moment: Moment) -> Outcome:
    """Resolve what has waited out its hysteresis and bring back what was shelved, at their own times."""
    steps: list[AlertTransition] = []
    standing: list[Alert] = []
    for alert in book.standing:
        if alert.absent_since is not None:
            due_ms = to_ms(alert.absent_since) + _hold_ms(alert, moment.rulebook)
            if moment.at_ms >= due_ms:
                at_due = replace(moment, at_ms=due_ms)
                steps.append(_resolution(alert, at_due, "the condition has stayed away long enough"))
                continue
        if alert.shelved_until is not None and moment.at_ms >= to_ms(alert.shelved_until):
            at_due = replace(moment, at_ms=to_ms(alert.shelved_until))
            back = replace(alert, state="active", shelved_until=None, updated_at=to_datetime(at_due.at_ms))
            steps.append(transition("unshelved", back, at_due))
            standing.append(back)
            continue
        standing.append(alert)
    if not steps:
        return book, steps
    return _with_inhibition(replace(book, standing=tuple(standing)), moment, steps), steps


def next_deadline_ms(book: AlertBook, rulebook: Rulebook) -> int | None:
    """The earliest moment at which `pass_time` would do something."""
    due = [
        to_ms(alert.absent_since) + _hold_ms(alert, rulebook)
        for alert in book.standing
        if alert.absent_since is not None
    ]
    due += [to_ms(alert.shelved_until) for alert in book.standing if alert.shelved_until is not None]
    return min(due, default=None)


def acknowledge(book: AlertBook, alert_id: str, by: str, reason: str, moment: Moment) -> Outcome | str:
    """Mark an alert as seen; returns a sentence instead when that cannot be done."""
    alert = book.get(alert_id)
    if alert is None:
        return "the alert is not standing: it was resolved, or never raised for this patient"
    if alert.state == "acknowledged":
        return "the alert is acknowledged already"
    seen = replace(
        alert,
        state="acknowledged",
        acknowledged_by=by,
        acknowledged_reason=reason,
        shelved_until=None,
        updated_at=to_datetime(moment.at_ms),
    )
    return _swap(book, alert, seen), [transition("acknowledged", seen, moment, by=by, reason=reason)]


def shelve(book: AlertBook, alert_id: str, by: str, reason: str, minutes: float, moment: Moment) -> Outcome | str:
    """Put an alert aside for a while; returns a sentence instead when that is not allowed."""
    alert = book.get(alert_id)
    if alert is None:
        return "the alert is not standing: it was resolved, or never raised for this patient"
    if alert.priority == "high":
        return "a high-priority alert is never shelved"
    longest = moment.rulebook.alerts.shelve_max_min
    if minutes > longest:
        return f"an alert is shelved for at most {longest} minutes"
    shelved = replace(
        alert,
        state="shelved",
        shelved_until=to_datetime(moment.at_ms + round(minutes * _MINUTE_MS)),
        updated_at=to_datetime(moment.at_ms),
    )
    return _swap(book, alert, shelved), [transition("shelved", shelved, moment, by=by, reason=reason)]


def _swap(book: AlertBook, old: Alert, new: Alert) -> AlertBook:
    return replace(book, standing=tuple(new if alert is old else alert for alert in book.standing))

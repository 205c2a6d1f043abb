"""How much the alerts ask of the ward, and which of them ask for nothing: what a safety committee reads. Pure.

What:      from the steps of alerts and the days for which patients were watched: alerts per patient-day by rule and
           code, shares by priority, chattering, time to acknowledge, what nobody acknowledged, what was put aside.
Source:    target load from the design of blinwatch: at most 10 a patient-day, 5 % of them high.
Inputs:    the transitions of a span, in any order, and its patient-days.
Caveats:   counts alerts that were raised within the span, under the rule, code and priority they were raised with, and
           what became of them until its end. Whoever acknowledges after the end has not acknowledged yet.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil

from blinwatch.board.trends.trend_store import Priority, Transition

TARGET_PER_PATIENT_DAY = 10.0
TARGET_HIGH_SHARE = 0.05
"""Both from the design; more, and people stop looking (docs/operating/trend-store.md)."""
CHATTER_WITHIN_MIN = 30
"""An alert may be put aside for 30 minutes at most: whoever is called again within them, after it was said to be over,
is called twice for one thing."""
BRIEF_S = 60
"""Resolved before anybody can have reached the bed."""
REASONS_MOST = 3
PRIORITIES: tuple[Priority, ...] = ("high", "medium", "low")
_S_MS, _MIN_MS = 1000, 60_000
_STEP_RANK = {"raised": 0, "resolved": 2}
"""Of steps at one moment the raising comes first and the end last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Figures of some alerts."""

    raised: int
    per_patient_day: float | None
    """None: nobody was watched."""
    share: float
    """Of all alerts raised; 0 where none was."""
    hidden: int
    """Inhibited by another alert from their first moment: nobody was called."""
    escalated: int
    """How often they rose after that."""
    chattering: int
    """Raised again for the same patient within 30 minutes after the same alert was resolved."""
    acknowledged: int
    acknowledge_median_s: float | None
    acknowledge_p90_s: float | None
    """None: nobody acknowledged."""
    never_acknowledged: int
    """Resolved, and nobody had acknowledged them."""
    waiting: int
    """Neither acknowledged nor resolved at the end of the span."""
    shelved: int
    brief: int
    """Resolved within a minute."""
    reasons: tuple[tuple[str, int], ...]
    """The most frequent reasons for acknowledging or putting aside, and how often each was given."""

    @property
    def overridden(self) -> int:
        """How many were put aside or gone at once: candidates for a better rule."""
        return self.shelved + self.brief


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeLoad:
    """Figures of the alerts of one rule and code, as they were raised."""

    rule_id: str
    code: str
    priority: Priority
    load: Load


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmLoad:
    """The alarm load of a span."""

    since_ms: int
    until_ms: int
    ward: str | None
    """None: all wards."""
    patient_days: float
    total: Load
    by_priority: dict[Priority, Load]
    by_code: tuple[CodeLoad, ...]
    """The most frequent first."""

    @property
    def within_target(self) -> bool | None:
        """Whether the load is as it was designed; None: nobody was watched."""
        if self.total.per_patient_day is None:
            return None
        few = self.total.per_patient_day <= TARGET_PER_PATIENT_DAY
        return few and self.by_priority["high"].share <= TARGET_HIGH_SHARE


@dataclass(slots=True)
class _Alert:
    """One alert from its raising on."""

    raised: Transition
    hidden: bool = False
    chattering: bool = False
    escalated: int = 0
    acknowledged_ms: int | None = None
    resolved_ms: int | None = None
    shelved: bool = False
    reasons: list[str] = field(default_factory=list[str])


def alarm_load(
    transitions: Iterable[Transition], patient_days: float, *, since_ms: int, until_ms: int, ward: str | None = None
) -> AlarmLoad:
    """The figures of [since_ms, until_ms)."""
    alerts = _followed(transitions)
    everything = _load(alerts, patient_days, len(alerts))
    by_code: dict[tuple[str, str, Priority], list[_Alert]] = {}
    for alert in alerts:
        place = alert.raised.rule_id, alert.raised.code, alert.raised.priority
        by_code.setdefault(place, []).append(alert)
    rows = [
        CodeLoad(rule_id=rule_id, code=code, priority=priority, load=_load(some, patient_days, len(alerts)))
        for (rule_id, code, priority), some in by_code.items()
    ]
    rows.sort(key=lambda row: (-row.load.raised, row.rule_id, row.code, row.priority))
    return AlarmLoad(
        since_ms=since_ms,
        until_ms=until_ms,
        ward=ward,
        patient_days=patient_days,
        total=everything,
        by_priority={
            priority: _load([one for one in alerts if one.raised.priority == priority], patient_days, len(alerts))
            for priority in PRIORITIES
        },
        by_code=tuple(rows),
    )


def most_overridden(load: AlarmLoad, most: int) -> tuple[CodeLoad, ...]:
    """The rules whose alerts are put aside or gone at once most often."""
    found = [row for row in load.by_code if row.load.overridden]
    found.sort(key=lambda row: (-row.load.overridden, row.rule_id, row.code, row.priority))
    return tuple(found[:most])


def _followed(transitions: Iterable[Transition]) -> list[_Alert]:
    """Every alert that was raised, with what became of it."""
    steps = {one.decision_id: one for one in transitions}
    found: dict[str, _Alert] = {}
    over_ms: dict[tuple[str, str], int] = {}
    for step in sorted(steps.values(), key=lambda one: (one.at_ms, _STEP_RANK.get(one.step, 1), one.decision_id)):
        place = step.patient_id, step.key
        if step.step == "raised" and step.alert_id not in found:
            alert = found[step.alert_id] = _Alert(step, hidden=step.inhibited)
            was_over_ms = over_ms.get(place)
            alert.chattering = was_over_ms is not None and step.at_ms - was_over_ms <= CHATTER_WITHIN_MIN * _MIN_MS
        if step.step == "resolved":
            over_ms[place] = step.at_ms
        if step.alert_id in found:
            _follow(found[step.alert_id], step)
    return list(found.values())


def _follow(alert: _Alert, step: Transition) -> None:
    match step.step:
        case "escalated":
            alert.escalated += 1
        case "inhibited":
            alert.hidden = alert.hidden or step.at_ms == alert.raised.at_ms
        case "acknowledged":
            alert.acknowledged_ms = step.at_ms if alert.acknowledged_ms is None else alert.acknowledged_ms
        case "shelved":
            alert.shelved = True
        case "resolved":
            alert.resolved_ms = step.at_ms
        case _:
            pass
    if step.reason:
        alert.reasons.append(step.reason)


def _load(alerts: Sequence[_Alert], patient_days: float, of_all: int) -> Load:
    waits_s = sorted(
        (one.acknowledged_ms - one.raised.at_ms) / _S_MS for one in alerts if one.acknowledged_ms is not None
    )
    reasons = Counter(reason for one in alerts for reason in one.reasons)
    unseen = [one for one in alerts if one.acknowledged_ms is None]
    return Load(
        raised=len(alerts),
        per_patient_day=len(alerts) / patient_days if patient_days > 0 else None,
        share=len(alerts) / of_all if of_all else 0.0,
        hidden=sum(one.hidden for one in alerts),
        escalated=sum(one.escalated for one in alerts),
        chattering=sum(one.chattering for one in alerts),
        acknowledged=len(waits_s),
        acknowledge_median_s=_rank(waits_s, 0.5),
        acknowledge_p90_s=_rank(waits_s, 0.9),
        never_acknowledged=sum(one.resolved_ms is not None for one in unseen),
        waiting=sum(one.resolved_ms is None for one in unseen),
        shelved=sum(one.shelved for one in alerts),
        brief=sum(
            one.resolved_ms is not None and one.resolved_ms - one.raised.at_ms <= BRIEF_S * _S_MS for one in alerts
        ),
        reasons=tuple(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))[:REASONS_MOST]),
    )


def _rank(waits_s: Sequence[float], share: float) -> float | None:
    """The smallest of the sorted values that this share does not exceed (nearest rank): a wait that happened."""
    return waits_s[ceil(share * len(waits_s)) - 1] if waits_s else None

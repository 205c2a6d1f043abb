"""Silence and overdue observations: a sensor, the feed and the pump told apart.

What:      SIL-1 a continuous signal (heart rate, SpO2) that gives nothing believable while others still arrive: the
           sensor is off. SIL-2 a continuous feed from which nothing arrives at all. INF-18 (core/infusion) the pump.
           OBS-1 temperature, blood pressure or respiratory rate later than section G's cadence (`OBS_OVERDUE`).
Sources:   rule reference section 0 (staleness 15 min on continuous monitoring) and section G (cadence).
Inputs:    when each signal was last believed, last heard of at all, the CRS grade in force, the order.
Caveats:   silence is only watched while therapy is on: a discharged patient is quiet for a good reason. A silent feed
           hides its sensors: one cause, one alert.
"""

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.clinical.vital_sign_rules import VitalSignRules
from blinwatch.core.evidence import Condition, Evidence, to_datetime, to_ms
from blinwatch.core.patient_state import Judgement
from blinwatch.core.plausibility import observation_interval_h

_MINUTE_MS = 60_000
_HOUR_MS = 3_600_000
FEED = "feed"
CONTINUOUS_SIGNALS = ("heart_rate", "spo2")
CHARTED_SIGNALS = ("temperature", "blood_pressure", "respiratory_rate")
_PLAIN = {
    "heart_rate": "heart rate",
    "spo2": "SpO2",
    "temperature": "temperature",
    "blood_pressure": "blood pressure",
    "respiratory_rate": "respiratory rate",
}


def watched_since_ms(judgement: Judgement) -> int | None:
    """From when on observations are owed, or None while therapy is not on."""
    if judgement.ended_ms is not None or judgement.death_due_to is not None:
        return None
    view = judgement.infusion
    first_ms = judgement.first_ms or 0
    if view is not None and view.cycle_start_ms is not None:
        # A patient who comes from elsewhere in mid-cycle owes nothing for the days before.
        return None if view.state in ("ended", "not_started") else max(view.cycle_start_ms, first_ms)
    return None if judgement.order is None else to_ms(judgement.order.occurred_at)


def silence_conditions(judgement: Judgement, at_ms: int, rulebook: Rulebook) -> tuple[Condition, ...]:
    """What has gone quiet or is overdue at `at_ms`."""
    since_ms = watched_since_ms(judgement)
    if since_ms is None:
        return ()
    feed = _silent_feed(judgement, at_ms, rulebook)
    quiet = (feed,) if feed else _sensors_off(judgement, at_ms, rulebook)
    overdue = _overdue(judgement, since_ms, at_ms, rulebook)
    return (*quiet, overdue) if overdue else quiet


def silence_deadline_ms(judgement: Judgement, after_ms: int, rulebook: Rulebook) -> int | None:
    """The earliest moment after `after_ms` at which time alone adds a silence or an overdue observation."""
    since_ms = watched_since_ms(judgement)
    if since_ms is None:
        return None
    due = [last_ms + _feed_limit_ms(rulebook) for last_ms in _continuous_feed_last_ms(judgement)]
    due += [last_ms + _sensor_limit_ms(rulebook) for _, last_ms in _continuous_lasts(judgement)]
    due += [_due_ms(judgement, last_ms, rulebook) for _, last_ms in _charted_lasts(judgement, since_ms)]
    return min((moment for moment in due if moment > after_ms), default=None)


def silent_names(conditions: tuple[Condition, ...], judgement: Judgement, rulebook: Rulebook) -> tuple[str, ...]:
    """What the board lists as silent: `feed:vitals`, `sensor:<signal>`, `pump`."""
    names = [str(item.value) for c in conditions if c.code in ("SENSOR_OFF", "FEED_SILENT") for item in c.evidence[:1]]
    if _pressure_sensor_off(judgement, rulebook):
        names.append("sensor:blood_pressure")
    view = judgement.infusion
    if view is not None and any(finding.code == "INF_COMM_LOSS" for finding in view.verdict.findings):
        names.append("pump")
    return tuple(sorted(names))


def _pressure_sensor_off(judgement: Judgement, rulebook: Rulebook) -> bool:
    """Whether a monitor goes on sending pressures of which none has been believable for long (an open line)."""
    said_ms = judgement.raw_last_ms.get("blood_pressure")
    first_ms = judgement.raw_last_ms.get("blood_pressure:first")
    if said_ms is None or first_ms is None:
        return False
    believed = judgement.signals.get("blood_pressure")
    since_ms = first_ms if believed is None else believed.at_ms
    return said_ms - since_ms >= _sensor_limit_ms(rulebook)


def _feed_limit_ms(rulebook: Rulebook) -> int:
    return rulebook.alerts.feed_silent_after_min * _MINUTE_MS


def _sensor_limit_ms(rulebook: Rulebook) -> int:
    return rulebook.alerts.sensor_off_after_min * _MINUTE_MS


def _first_ms(judgement: Judgement, signal: str) -> int:
    return judgement.raw_last_ms[f"{signal}:first"]


def _continuous_lasts(judgement: Judgement) -> list[tuple[str, int]]:
    """Each continuous signal and when it was last believed, or first heard of if it never was."""
    found: list[tuple[str, int]] = []
    for name in CONTINUOUS_SIGNALS:
        signal = judgement.signals.get(name)
        if signal is not None:
            if signal.continuous:
                found.append((name, signal.at_ms))
        elif f"{name}:first" in judgement.raw_last_ms:
            found.append((name, _first_ms(judgement, name)))
    return found


def _continuous_feed_last_ms(judgement: Judgement) -> tuple[int, ...]:
    """When the continuous feed last said anything; empty when no continuous monitoring is known."""
    last_ms = judgement.raw_last_ms.get(FEED)
    return (last_ms,) if last_ms is not None else ()


def _silent_feed(judgement: Judgement, at_ms: int, rulebook: Rulebook) -> Condition | None:
    for last_ms in _continuous_feed_last_ms(judgement):
        if at_ms - last_ms >= _feed_limit_ms(rulebook):
            minutes = rulebook.alerts.feed_silent_after_min
            return Condition(
                key="FEED_SILENT",
                code="FEED_SILENT",
                rule_id="SIL-2",
                domain="monitoring",
                scale="technical",
                priority=rulebook.alerts.priorities["FEED_SILENT"],
                summary=f"Nothing has arrived from the continuous monitor for {minutes} min: no machine is watching.",
                threshold=f">= {minutes} min without any vital sign",
                evidence=(Evidence("silent", "feed:vitals", None, to_datetime(last_ms)),),
                since_ms=last_ms + _feed_limit_ms(rulebook),
                hides=("SENSOR_OFF",),
            )
    return None


def _sensors_off(judgement: Judgement, at_ms: int, rulebook: Rulebook) -> tuple[Condition, ...]:
    limit_ms = _sensor_limit_ms(rulebook)
    minutes = rulebook.alerts.sensor_off_after_min
    return tuple(
        Condition(
            key=f"SENSOR_OFF:{name}",
            code="SENSOR_OFF",
            rule_id="SIL-1",
            domain="monitoring",
            scale="technical",
            priority=rulebook.alerts.priorities["default"],
            summary=f"The {_PLAIN[name]} sensor has given no usable value for {minutes} min; other signals arrive.",
            threshold=f">= {minutes} min without a believable value",
            evidence=(Evidence("silent", f"sensor:{name}", None, to_datetime(last_ms)),),
            since_ms=last_ms + limit_ms,
        )
        for name, last_ms in _continuous_lasts(judgement)
        if at_ms - last_ms >= limit_ms
    )


def _due_ms(judgement: Judgement, last_ms: int, rulebook: Rulebook) -> int:
    """When an observation last charted at `last_ms` counts as overdue.

    A rise of the grade shortens the interval; whoever is late by it alone has the slack from the rise to catch up.
    """
    rules = rulebook.vitals
    grade = None if judgement.grade is None else judgement.grade.grade
    due_ms = last_ms + _limit_ms(_interval_h(judgement, grade, rulebook), rules)
    rose_ms = judgement.rose_ms
    if rose_ms is None or rose_ms < last_ms:
        return due_ms
    return max(due_ms, rose_ms + _limit_ms(0, rules))


def _limit_ms(interval_h: float, rules: VitalSignRules) -> int:
    return round((interval_h + rules.obs_overdue_slack_h) * _HOUR_MS)


def _interval_h(judgement: Judgement, grade: int | None, rulebook: Rulebook) -> float:
    """Section G's cadence at a grade, or the order's own interval where that is shorter."""
    interval_h = observation_interval_h(grade, rulebook.vitals)
    if judgement.order is not None and judgement.order.obs_interval_h is not None:
        interval_h = min(interval_h, judgement.order.obs_interval_h)
    return interval_h


def _charted_lasts(judgement: Judgement, since_ms: int) -> list[tuple[str, int]]:
    lasts: list[tuple[str, int]] = []
    for name in CHARTED_SIGNALS:
        signal = judgement.signals.get(name)
        lasts.append((name, since_ms if signal is None else max(since_ms, signal.at_ms)))
    return lasts


def _overdue(judgement: Judgement, since_ms: int, at_ms: int, rulebook: Rulebook) -> Condition | None:
    lasts = [
        (name, last_ms, _due_ms(judgement, last_ms, rulebook)) for name, last_ms in _charted_lasts(judgement, since_ms)
    ]
    late = [(name, last_ms, due_ms) for name, last_ms, due_ms in lasts if at_ms >= due_ms]
    if not late:
        return None
    names = ", ".join(_PLAIN[name] for name, _, _ in late)
    grade = None if judgement.grade is None else judgement.grade.grade
    hours = _interval_h(judgement, grade, rulebook)
    return Condition(
        key="OBS_OVERDUE",
        code="OBS_OVERDUE",
        rule_id="OBS-1",
        domain="monitoring",
        scale="site",
        priority=rulebook.alerts.priorities["default"],
        summary=f"Observation overdue: {names}; now due every {hours:g} h.",
        threshold=f"every {hours:g} h, late {rulebook.vitals.obs_overdue_slack_h:g} h after",
        evidence=tuple(Evidence(name, None, None, to_datetime(last_ms)) for name, last_ms, _ in late),
        since_ms=min(due_ms for _, _, due_ms in late),
    )

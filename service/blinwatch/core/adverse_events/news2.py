"""AE-NEWS2: the early warning score of adults.

Definition:  respiratory rate, SpO2 (scale 1), oxygen, systolic pressure, heart rate, consciousness and temperature;
             urgent from 5 points or 3 in one part, emergency from 7.
Source:      Royal College of Physicians, NEWS2 [K]; rule reference section F.
Inputs:      live signs; an unknown age reads as an adult's, AGE_UNKNOWN.
Caveats:     - whole numbers are compared: values are rounded half-up to 1 (temperature to 0.1 °C).
             - a missing part makes the score "at least" and INCOMPLETE; the score can then only be told as a finding
               when it already reaches a limit.
             - SpO2 scale 2 (for known CO2 retention) is not used.
"""

from blinwatch.clinical.adverse_event_rules import AdverseEventRules, ScoreBand
from blinwatch.core.adverse_events.facts import EventFacts
from blinwatch.core.adverse_events.score import Tally, band_points
from blinwatch.core.adverse_events.verdict import (
    AGE_UNKNOWN,
    EventVerdict,
    Part,
    flags_of,
    missing_words,
    part_words,
    score_words,
)
from blinwatch.core.units import above, charted_celsius, half_up

RULE_ID = "AE-NEWS2"


def on_oxygen(facts: EventFacts, rules: AdverseEventRules) -> bool | None:
    """Whether any oxygen or breathing support is given; None where nobody says."""
    if facts.invasive_ventilation:
        return True
    if facts.o2_device is not None and facts.o2_device != "room_air":
        return True
    if facts.fio2 is not None and above(facts.fio2, rules.room_air_fio2):
        return True
    if facts.o2_flow_l_min is not None and above(facts.o2_flow_l_min, 0):
        return True
    known = facts.o2_device is not None or facts.fio2 is not None
    return False if known else None


def is_alert(facts: EventFacts, rules: AdverseEventRules) -> bool | None:
    """Alert, or any of confusion, voice, pain, unresponsive; by the coma scale where no level is charted."""
    if facts.consciousness is not None:
        return facts.consciousness == "alert"
    return None if facts.gcs is None else facts.gcs >= rules.news2_alert_gcs


def news2_points(facts: EventFacts, rules: AdverseEventRules) -> tuple[int | None, ...]:
    """The points of each part in the order of the score; None: the part is missing."""
    oxygen, alert = on_oxygen(facts, rules), is_alert(facts, rules)
    temperature_c = facts.temperature_c
    return (
        _banded(facts.respiratory_rate_per_min, rules.news2_respiratory_rate),
        _banded(facts.spo2_pct, rules.news2_spo2_pct),
        None if oxygen is None else rules.news2_oxygen_points * oxygen,
        _banded(facts.sbp_mmhg, rules.news2_sbp_mmhg),
        _banded(facts.heart_rate_bpm, rules.news2_heart_rate),
        None if alert is None else rules.news2_not_alert_points * (not alert),
        None if temperature_c is None else band_points(charted_celsius(temperature_c), rules.news2_temperature_c),
    )


def _banded(value: float | None, bands: tuple[ScoreBand, ...]) -> int | None:
    return None if value is None else band_points(half_up(value), bands)


def judge_news2(facts: EventFacts, rules: AdverseEventRules) -> EventVerdict:
    """NEWS2 of an adult from what is known now."""
    tally = Tally()
    oxygen, alert = on_oxygen(facts, rules), is_alert(facts, rules)
    consciousness = facts.consciousness or ("alert" if alert else "not alert")
    shown: tuple[tuple[str, float | str | None, str | None], ...] = (
        ("respiratory rate", facts.respiratory_rate_per_min, "/min"),
        ("SpO2", facts.spo2_pct, "%"),
        ("oxygen", None if oxygen is None else ("given" if oxygen else "none"), None),
        ("systolic pressure", facts.sbp_mmhg, "mmHg"),
        ("heart rate", facts.heart_rate_bpm, "/min"),
        ("consciousness", None if alert is None else consciousness, None),
        ("temperature", facts.temperature_c, "°C"),
    )
    for (name, value, unit), points in zip(shown, news2_points(facts, rules), strict=True):
        if value is None or points is None:
            tally.lacks(name)
        else:
            tally.add(Part(name=name, value=value, unit=unit, points=points))
    highest = max((part.points or 0 for part in tally.parts), default=0)
    code, level = _code(tally.score, highest, tally.missing, rules)
    scoring = [part_words(part) for part in tally.parts if part.points]
    words = f"NEWS2 is {score_words(tally.score, tally.missing)}"
    because = [f"{words}: {', '.join(scoring)} ({RULE_ID})" if scoring else f"{words} ({RULE_ID})"]
    if tally.missing:
        because.append(missing_words(tally.missing, RULE_ID))
    return EventVerdict(
        code=code,
        rule_id=RULE_ID,
        holds=level > 0,
        level=level,
        score=tally.score,
        parts=tuple(tally.parts),
        flags=flags_of(missing=tally.missing, more=(AGE_UNKNOWN,) if facts.age_years is None else ()),
        because=tuple(because),
        missing=tuple(tally.missing),
        threshold=(
            f"urgent from {rules.news2_urgent_from} or one part of {rules.news2_single_from}, "
            f"emergency from {rules.news2_emergency_from}"
        ),
    )


def _code(score: int, highest: int, missing: list[str], rules: AdverseEventRules) -> tuple[str, int]:
    if score >= rules.news2_emergency_from:
        return "NEWS2_EMERGENCY", 2
    if score >= rules.news2_urgent_from or highest >= rules.news2_single_from:
        return "NEWS2_URGENT", 1
    return ("NEWS2_NOT_EVALUABLE", 0) if missing else ("NEWS2_NONE", 0)

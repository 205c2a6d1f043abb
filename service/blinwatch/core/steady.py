"""The short way for a monitor's values that change nothing.

What:      after a full judgement of a patient without any sign of CRS, a frame says within which values, and until
           when, another report of the monitor cannot change any judgement. Reports inside it are kept, the last of
           each kind, and judged when something else happens, the frame ends, or somebody asks.
Why:       a quiet patient at 1 Hz is judged about once a minute instead of every second; measured in
           docs/decisions/0012.
Inputs:    the judgement after a vitals event, the rulebook.
Caveats:   - a frame is narrower than every rule's own limits: what leaves it takes the long way, nothing else follows
             from leaving it;
           - only a patient without any sign, attribution, vasoactive drug or open episode is steady; one who cannot
             be graded stays so, because a report of what was missing leaves the frame;
           - tests/core/test_steady.py proves both ways alike.
"""

import math
from dataclasses import fields
from operator import attrgetter
from typing import Any

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_events.judge import steady_spans
from blinwatch.core.age import age_years_at
from blinwatch.core.attribution import attribution_holds
from blinwatch.core.detect_hypotension import sbp_limit_mmhg
from blinwatch.core.early_warning.live import bucket_ends_ms
from blinwatch.core.events import VitalsObserved
from blinwatch.core.grade_crs import NOT_EVALUABLE, grade_code
from blinwatch.core.live_facts import event_facts
from blinwatch.core.patient_state import Judgement
from blinwatch.core.plausibility import age_column
from blinwatch.core.steady_frame import Span, SteadyFrame

KEPT_MOST = 4
"""Kinds of report one monitor sends (heart and SpO2, cuff, temperature, all together); more take the long way."""
_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_SECOND_MS = 1000
_TEMPERATURE_STEP_C = 0.25
"""Two values within this of the frame's own are within half a degree of each other: no probe's jump (section G)."""
_MARGIN = 1e-6
"""Keeps the frame strictly inside a limit, so that no comparison at the limit itself is ever skipped."""
_HARMLESS = frozenset(("AGE_UNKNOWN", "INCOMPLETE"))
_NOTHING = (1.0, 0.0)
"""A span that holds no value. Finite, because a state is stored as JSON."""

_read = attrgetter(
    "temperature_c",
    "heart_rate_bpm",
    "respiratory_rate_per_min",
    "spo2_pct",
    "sbp_mmhg",
    "dbp_mmhg",
    "map_mmhg",
    "pulse_rate_bpm",
    "monitoring",
)
_UNUSUAL = tuple(
    name
    for name in (field.name for field in fields(VitalsObserved))
    if name
    not in (
        "event_id", "patient_id", "occurred_at", "source", "type", "perfusion_index", "o2_device",
        "temperature_c", "heart_rate_bpm", "respiratory_rate_per_min", "spo2_pct", "sbp_mmhg", "dbp_mmhg", "map_mmhg",
        "pulse_rate_bpm", "monitoring",
    )
)  # fmt: skip
_read_unusual = attrgetter(*_UNUSUAL)
_USUAL = tuple(() if name == "confirmed_fields" else None for name in _UNUSUAL)


def kept_after(j: Judgement, event: VitalsObserved, own_ms: int) -> tuple[VitalsObserved, ...] | None:
    """The kept reports with this one, or None where it has to be judged."""
    frame = j.steady
    if frame is None or own_ms >= frame.until_ms or own_ms < j.clock_ms or _read_unusual(event) != _USUAL:
        return None
    temperature, heart, breaths, spo2, systolic, diastolic, mean, pulse, monitoring = _read(event)
    if monitoring != frame.monitoring or not (
        _in(heart, frame.heart_rate_bpm)
        and _in(spo2, frame.spo2_pct)
        and _in(breaths, frame.respiratory_rate_per_min)
        and _in(temperature, frame.temperature_c)
        and _in(systolic, frame.sbp_mmhg)
    ):
        return None
    if pulse is not None and (heart is None or abs(heart - pulse) > frame.pulse_differs_bpm):
        return None
    perfusion = event.perfusion_index
    if perfusion is not None and perfusion < frame.perfusion_min:
        return None
    if event.o2_device not in (None, "room_air"):
        return None
    pressures = systolic is not None, diastolic is not None, mean is not None
    if any(pressures) and not _pressures_agree(systolic, diastolic, mean, frame):
        return None
    return _keep(j.kept, event)


def _in(value: float | None, span: Span) -> bool:
    return value is None or span[0] <= value <= span[1]


def _pressures_agree(systolic: float | None, diastolic: float | None, mean: float | None, frame: SteadyFrame) -> bool:
    if systolic is None:
        return False
    if diastolic is not None and (diastolic <= 0 or systolic - diastolic < frame.pulse_pressure_min_mmhg):
        return False
    lowest = frame.map_mmhg[0] if diastolic is None else max(diastolic, frame.map_mmhg[0])
    return mean is None or lowest <= mean <= systolic


def _said(event: VitalsObserved) -> tuple[bool, ...]:
    """Which fields a report speaks of."""
    return (*(value is None for value in _read(event)), event.o2_device is None, event.perfusion_index is None)


def _keep(kept: tuple[VitalsObserved, ...], event: VitalsObserved) -> tuple[VitalsObserved, ...] | None:
    """The last report of each kind, in the order in which they happened."""
    if not kept:
        return (event,)
    said = _said(event)
    others = tuple(one for one in kept if _said(one) != said)
    return (*others, event) if len(others) < KEPT_MOST else None


def frame_of(j: Judgement, event: VitalsObserved, at_ms: int, rulebook: Rulebook) -> SteadyFrame | None:
    """The frame in which the judgement after this report stays as it is for reports of the same kind, or None."""
    if not _is_quiet(j, at_ms, rulebook):
        return None
    age_years = None if j.order is None else age_years_at(j.order, at_ms)
    column = age_column(age_years, rulebook.vitals)
    heard = _known_signals(j, continuous=event.monitoring == "continuous")
    until_ms = _until_ms(j, at_ms, age_years, rulebook)
    if until_ms <= at_ms:
        return None
    value = _believed_values(j)
    bands = steady_spans(event_facts(j, at_ms, rulebook), rulebook)
    temperature = value.get("temperature_c") if "temperature" in heard else None
    systolic_low = max(_systolic_low(j, age_years, rulebook), column.sbp_mmhg[0])
    crs, vitals = rulebook.crs, rulebook.vitals
    return SteadyFrame(
        until_ms=until_ms,
        monitoring=event.monitoring,
        temperature_c=_NOTHING
        if temperature is None
        else _both(
            (
                max(temperature - _TEMPERATURE_STEP_C, vitals.temperature_c[0]),
                min(temperature + _TEMPERATURE_STEP_C, crs.fever_confirm_from_c - 0.1),
            ),
            bands.get("temperature_c"),
        ),
        heart_rate_bpm=_span(heard, "heart_rate", _both(column.heart_rate_bpm, bands.get("heart_rate_bpm"))),
        respiratory_rate_per_min=_span(
            heard,
            "respiratory_rate",
            _both(column.respiratory_rate_per_min, bands.get("respiratory_rate_per_min")),
        ),
        spo2_pct=_span(
            heard,
            "spo2",
            _both((crs.spo2_low_alert_max_pct + _MARGIN, vitals.spo2_pct[1]), bands.get("spo2_pct")),
        ),
        sbp_mmhg=_span(
            heard,
            "blood_pressure",
            _both((systolic_low + _MARGIN, column.sbp_mmhg[1]), bands.get("sbp_mmhg")),
        ),
        map_mmhg=(crs.map_limit_adult_mmhg + _MARGIN, column.sbp_mmhg[1]),
        pulse_pressure_min_mmhg=vitals.pulse_pressure_min_mmhg + _MARGIN,
        pulse_differs_bpm=vitals.pulse_rate_differs_bpm - _MARGIN,
        perfusion_min=vitals.perfusion_index_min + _MARGIN,
    )


def _both(one: Span, other: Span | None) -> Span:
    """What lies in both spans; a sign that no score knows yet has only the one."""
    return one if other is None else (max(one[0], other[0]), min(one[1], other[1]))


def _known_signals(j: Judgement, *, continuous: bool) -> set[str]:
    """Signals that are heard in this way and known to the grade: one that was missing may complete it."""
    heard = {name for name, signal in j.signals.items() if signal.continuous == continuous}
    if j.grade is not None:
        if not j.grade.fever.known:
            heard.discard("temperature")
        if not j.grade.hypotension.known:
            heard.discard("blood_pressure")
        if not j.grade.hypoxia.known:
            heard.discard("spo2")
    return heard


def _span(heard: set[str], signal: str, limits: Span) -> Span:
    """The span of a signal that is being heard; nothing fits one that is not."""
    return limits if signal in heard else _NOTHING


def _believed_values(j: Judgement) -> dict[str, Any]:
    return {part: value for signal in j.signals.values() for part, value in signal.parts.items()}


def _age_turns_ms(age_years: float | None, at_ms: int, rulebook: Rulebook) -> int | None:
    """When a child's limits may next change: at a birthday, or on the 29th day; never again for an adult.

    A second early, because rules compare ages with a tolerance. Ages by birth date also turn at midnight.
    """
    crs = rulebook.crs
    if age_years is None or age_years > crs.adult_from_years:
        return None
    turns = [math.floor(age_years) + 1, crs.neonate_below_days / crs.days_per_year]
    years = min(turn - age_years for turn in turns if turn > age_years)
    return at_ms + math.floor(years * crs.days_per_year * _DAY_MS) - _SECOND_MS


def _is_quiet(j: Judgement, at_ms: int, rulebook: Rulebook) -> bool:
    grade = j.grade
    if grade is None or grade.code not in (grade_code(0), NOT_EVALUABLE) or grade.sign_present:
        return False
    if not _HARMLESS.issuperset(grade.flags) or j.course.episode.open or j.course.times.in_force not in (None, 0):
        return False
    if j.silent or j.death_due_to is not None or any(attribution_holds(one, at_ms) for one in j.attributions):
        return False
    if any(run.stopped_ms is None or at_ms - run.stopped_ms < _DAY_MS for run in j.drug_runs):
        return False
    if j.bolus_ms is not None and at_ms - j.bolus_ms <= rulebook.alerts.fluid_bolus_counts_h * _HOUR_MS:
        return False
    oxygen = j.signals.get("oxygen")
    if oxygen is not None and (oxygen.parts.get("o2_device") != "room_air" or oxygen.parts.get("o2_flow_l_min")):
        return False
    return not any(
        alert.domain == "monitoring" or (alert.domain == "crs" and alert.key != "CRS") for alert in j.alerts.standing
    )


def _until_ms(j: Judgement, at_ms: int, age_years: float | None, rulebook: Rulebook) -> int:
    """The next deadline, the end of a trend's bucket, the next value to go stale, a birthday, or midnight."""
    spot, continuous = rulebook.vitals.stale_after_h, rulebook.vitals.stale_after_continuous_h
    moments = [(at_ms // _DAY_MS + 1) * _DAY_MS]
    turns_ms = _age_turns_ms(age_years, at_ms, rulebook)
    moments += [moment for moment in (j.deadline_ms, turns_ms, bucket_ends_ms(j, rulebook)) if moment is not None]
    for name, leading in _LEADING.items():
        signal = j.signals.get(name)
        if signal is None:
            continue
        limit_h = continuous.get(leading, spot[leading]) if signal.continuous else spot[leading]
        stale_ms = signal.at_ms + round(limit_h * _HOUR_MS)
        if stale_ms > at_ms:
            moments.append(stale_ms)
    return min(moments)


_LEADING = {
    "temperature": "temperature_c",
    "heart_rate": "heart_rate_bpm",
    "respiratory_rate": "respiratory_rate_per_min",
    "spo2": "spo2_pct",
    "blood_pressure": "sbp_mmhg",
    "oxygen": "o2_device",
}


def _systolic_low(j: Judgement, age_years: float | None, rulebook: Rulebook) -> float:
    """No systolic above this is low or far below baseline, by any reading of CRS-6."""
    limit = sbp_limit_mmhg(age_years, rulebook.crs)
    baseline = None if j.order is None else j.order.baseline_sbp_mmhg
    return limit if baseline is None else max(limit, (1 - rulebook.crs.relative_drop_fraction) * baseline)

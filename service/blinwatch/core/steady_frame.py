"""Within which values, and until when, a patient's monitor changes nothing: the frame, and whether a report fits it.

What:      the frame that core/steady.py draws after a full judgement, and the cheap question of the hot path.
Source:    docs/decisions/0012.
Inputs:    a judgement with a frame, one report of the monitor.
Caveats:   a frame is narrower than every rule's own limits: what leaves it takes the long way, nothing else follows
           from leaving it.
"""

from dataclasses import dataclass, fields
from operator import attrgetter, is_

from blinwatch.core.events import VitalsObserved
from blinwatch.core.findings import Monitoring

Span = tuple[float, float]
KEPT_MOST = 4
"""Kinds of report one monitor sends (heart and SpO2, cuff, temperature, all together); more take the long way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SteadyFrame:
    """Spans include their ends; `until_ms` does not belong to the frame. A signal without a span is not expected."""

    until_ms: int
    monitoring: Monitoring | None
    temperature_c: Span
    heart_rate_bpm: Span
    respiratory_rate_per_min: Span
    spo2_pct: Span
    sbp_mmhg: Span
    map_mmhg: Span
    pulse_pressure_min_mmhg: float
    pulse_differs_bpm: float
    perfusion_min: float
    room_air: bool = False
    """Whether a report may say that no oxygen is given. An older release did not store it."""


_READ = (
    "temperature_c",
    "heart_rate_bpm",
    "respiratory_rate_per_min",
    "spo2_pct",
    "sbp_mmhg",
    "dbp_mmhg",
    "map_mmhg",
    "pulse_rate_bpm",
    "perfusion_index",
    "o2_device",
    "monitoring",
)
_read = attrgetter(*_READ)
_NOTHING_SAID = (None,) * len(_READ)
_HEADER = ("event_id", "patient_id", "occurred_at", "source", "type")
_UNUSUAL = tuple(field.name for field in fields(VitalsObserved) if field.name not in (*_HEADER, *_READ))
_read_unusual = attrgetter(*_UNUSUAL)
_USUAL = tuple(() if name == "confirmed_fields" else None for name in _UNUSUAL)


def fits(frame: SteadyFrame, event: VitalsObserved) -> bool:
    """Whether the report lies within the frame's values (its time is asked elsewhere)."""
    temperature, heart, breaths, spo2, systolic, diastolic, mean, pulse, perfusion, device, monitoring = _read(event)
    if monitoring != frame.monitoring or _read_unusual(event) != _USUAL:
        return False
    # Written out, without a call a signal: this is asked of every value of every monitor.
    if heart is not None and not frame.heart_rate_bpm[0] <= heart <= frame.heart_rate_bpm[1]:
        return False
    if pulse is not None and (heart is None or abs(heart - pulse) > frame.pulse_differs_bpm):
        return False
    if spo2 is not None and not frame.spo2_pct[0] <= spo2 <= frame.spo2_pct[1]:
        return False
    if breaths is not None and not frame.respiratory_rate_per_min[0] <= breaths <= frame.respiratory_rate_per_min[1]:
        return False
    if perfusion is not None and perfusion < frame.perfusion_min:
        return False
    if temperature is None and device is None and systolic is None and diastolic is None and mean is None:
        return True
    if temperature is not None and not frame.temperature_c[0] <= temperature <= frame.temperature_c[1]:
        return False
    if device is not None and not (frame.room_air and device == "room_air"):
        return False
    return _pressures_fit(systolic, diastolic, mean, frame)


def _pressures_fit(systolic: float | None, diastolic: float | None, mean: float | None, frame: SteadyFrame) -> bool:
    if systolic is None:
        return diastolic is None and mean is None
    if not frame.sbp_mmhg[0] <= systolic <= frame.sbp_mmhg[1]:
        return False
    if diastolic is not None and (diastolic <= 0 or systolic - diastolic < frame.pulse_pressure_min_mmhg):
        return False
    lowest = frame.map_mmhg[0] if diastolic is None else max(diastolic, frame.map_mmhg[0])
    return mean is None or lowest <= mean <= systolic


def keep(kept: tuple[VitalsObserved, ...], event: VitalsObserved) -> tuple[VitalsObserved, ...] | None:
    """The last report of each kind with this one, in the order in which they happened; None where there are too many.

    Two reports are of one kind when they speak of the same signs.
    """
    if not kept:
        return (event,)
    said = _said(event)
    if len(kept) == 1 and _said(kept[0]) == said:
        return (event,)  # by far the most common case: a monitor that says the same signs every second
    others = tuple(one for one in kept if _said(one) != said)
    return (*others, event) if len(others) < KEPT_MOST else None


def _said(event: VitalsObserved) -> list[bool]:
    return list(map(is_, _read(event), _NOTHING_SAID))

"""Within which values, and until when, a quiet patient's monitor changes nothing (see steady.py)."""

from dataclasses import dataclass

from blinwatch.core.findings import Monitoring

Span = tuple[float, float]


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

"""The last reading of each sign, as the plausibility gate must know it (section G).

Two consecutive concordant readings and a probe's jump can only be judged against the reading before. One
record a patient and kind of source; a dozen numbers.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LastReading:
    """The last reading of one sign as it came in: value, when it was measured, whether it was believed."""

    value: float
    measured_ms: int
    believed: bool


@dataclass(frozen=True, slots=True)
class LastTemperature:
    """The last believed temperature, for the probe jump."""

    temperature_c: float
    measured_ms: int
    site: str | None


@dataclass(frozen=True, slots=True)
class SignalMemory:
    """The last reading of each sign; None = never seen."""

    temperature_c: LastReading | None = None
    heart_rate_bpm: LastReading | None = None
    pulse_rate_bpm: LastReading | None = None
    respiratory_rate_per_min: LastReading | None = None
    sbp_mmhg: LastReading | None = None
    dbp_mmhg: LastReading | None = None
    map_mmhg: LastReading | None = None
    spo2_pct: LastReading | None = None
    o2_flow_l_min: LastReading | None = None
    believed_temperature: LastTemperature | None = None


NOTHING_SEEN = SignalMemory()

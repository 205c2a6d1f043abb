"""What the live state knows of a patient at one moment, beside laboratory results and remembered signs."""

from dataclasses import dataclass
from typing import Literal

from blinwatch.core.findings import O2Device

Consciousness = Literal["alert", "confusion", "voice", "pain", "unresponsive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFacts:
    """Live values that are fresh enough to be used (section 0); None is always "not known", never "normal"."""

    age_years: float | None = None
    temperature_c: float | None = None
    heart_rate_bpm: float | None = None
    respiratory_rate_per_min: float | None = None
    spo2_pct: float | None = None
    fio2: float | None = None
    """As a fraction."""
    o2_device: O2Device | None = None
    o2_flow_l_min: float | None = None
    sbp_mmhg: float | None = None
    map_mmhg: float | None = None
    consciousness: Consciousness | None = None
    gcs: int | None = None
    vasoactive_agents: tuple[str, ...] = ()
    """Vasopressors and inotropes that run, each once, by their canonical names."""
    invasive_ventilation: bool | None = None
    crs_current: int | None = None
    crs_improving: bool | None = None
    """Whether the CRS grade has fallen from its worst and has not risen since."""
    infusion_start_ms: int | None = None
    """First drop of the cycle."""
    hypotension_present: bool | None = None
    """Hypotension by CRS-6, whatever its cause."""
    seizure_24h: bool | None = None
    """A seizure in a neurological examination of the last 24 h; None where none was examined."""
    watched_since_ms: int | None = None
    """Since when observations of this patient are owed here."""
    therapy_ended: bool = False
    """The cycle is over for good: daily liver tests are no longer due."""


def is_child(age_years: float | None, child_below_years: float) -> bool:
    """Whether the rules for children hold; an unknown age reads as an adult's (section 0)."""
    return age_years is not None and age_years < child_below_years - 1e-9

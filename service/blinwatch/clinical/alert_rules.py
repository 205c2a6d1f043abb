"""Types of clinical/alert_priorities.yaml: priorities, the alert's life, silence."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRules:
    """Each field is one row of the file; its unit is in its name."""

    priorities: Mapping[str, Literal["high", "medium", "low"]]
    """Code to priority; `default` for the rest."""
    resolve_after_s: Mapping[str, int]
    """Alert key to hysteresis on the way down; `default` for the rest."""
    shelve_max_min: int
    feed_silent_after_min: int
    sensor_off_after_min: int
    blind_after_s: int
    fluid_bolus_counts_h: float
    status_heartbeat_s: int

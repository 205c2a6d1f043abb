"""Types of clinical/other_adverse_events.yaml: what other adverse events (section F) reads."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AdverseEventRules:
    """Each field is one row of the file; its unit is in its name."""

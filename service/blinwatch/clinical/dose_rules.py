"""Types of clinical/dose_modification.yaml: what dose advice (section D) reads."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseRules:
    """Each field is one row of the file; its unit is in its name."""

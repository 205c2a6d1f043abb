"""Types of clinical/ctcae_v5.yaml: what CTCAE grades shown beside ASTCT reads."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CtcaeRules:
    """Each field is one row of the file; its unit is in its name."""

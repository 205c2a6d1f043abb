"""Types of clinical/drug_interactions.yaml: what the interaction check (section E) reads."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionRules:
    """Each field is one row of the file; its unit is in its name."""

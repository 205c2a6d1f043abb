"""Types of clinical/icans_astct_2019.yaml: what ICANS grading (section C) reads."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class IcansRules:
    """Each field is one row of the file; its unit is in its name."""

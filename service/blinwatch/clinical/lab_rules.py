"""Types of clinical/laboratory.yaml: what laboratory results: LOINC codes and UCUM units (section H) reads."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LabRules:
    """Each field is one row of the file; its unit is in its name."""

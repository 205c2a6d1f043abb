"""Types of clinical/laboratory.yaml: codes, units, history and default limits of laboratory results (section H)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyte:
    """One thing that a laboratory measures, the codes it comes under and the units it may come in."""

    name: str
    """In plain words, for sentences that a nurse reads."""
    loinc: tuple[str, ...]
    unit: str
    """The one unit in which rules compare."""
    units: Mapping[str, float]
    """Accepted UCUM unit to the factor that makes it the analyte's own unit."""
    possible: tuple[float, float]
    """What the analyte can be at all, in its own unit; outside it the unit or the value is wrong."""
    history: Literal["latest", "trend"]
    """Whether rules ask only for the latest result, or for those of the days before as well."""
    older_day_keeps: Literal["first", "lowest"] = "first"
    """Which result stands for a whole day once it is older than the full history."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UlnBand:
    """An upper limit of normal for ages below `below_years`; None: for every age above the bands before."""

    below_years: float | None
    uln: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LabRules:
    """Each field is one row of the file; its unit is in its name."""

    analytes: Mapping[str, Analyte]
    unit_spellings: Mapping[str, str]
    """A spelling that is no UCUM, in lower case without blanks, to the UCUM unit it means."""
    default_uln: Mapping[str, tuple[UlnBand, ...]]
    """For a result that comes without its laboratory's reference range, by age, in the analyte's own unit."""
    uln_adult_age_years: float

    # How much is remembered
    keep_latest_most: int
    keep_recent_h: float
    keep_recent_most: int
    keep_older_days_most: int

"""How the scenarios of section F are written: what was observed, at which hour, and which finding must stand then.

The scenarios are derived from section F of the rule reference alone. They speak of findings by the names below;
`test_section_f.py` is the only place that knows what the product calls them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

FEBRILE_NEUTROPENIA = "febrile neutropenia"
SEPSIS = "sepsis of a child"
SEPTIC_SHOCK = "septic shock of a child"
NEWS2_URGENT = "NEWS2 urgent"
NEWS2_EMERGENCY = "NEWS2 emergency"
PEWS = "PEWS"
TLS_LABORATORY = "laboratory tumour lysis"
TLS_CLINICAL = "clinical tumour lysis"
LIVER = "liver enzymes"
PANCREATITIS_SUSPECTED = "suspected pancreatitis"
PANCREATIC_ENZYME = "pancreatic enzyme alone"
IEC_HS = "IEC-HS screen"
CAPILLARY_LEAK = "capillary leak"
DIC = "DIC"
PROLONGED_NEUTROPENIA = "prolonged neutropenia"

LOINC = {
    "ALT": "1742-6",
    "AST": "1920-8",
    "bilirubin": "1975-2",
    "ferritin": "2276-4",
    "fibrinogen": "3255-7",
    "INR": "6301-6",
    "PT": "5902-2",
    "D-dimer": "48065-7",
    "urate": "3084-1",
    "potassium": "2823-3",
    "phosphate": "2777-1",
    "calcium": "17861-6",
    "creatinine": "2160-0",
    "amylase": "1798-8",
    "lipase": "3040-3",
    "lactate": "2524-7",
    "ANC": "751-8",
    "ANC by count": "26499-4",
    "platelets": "777-3",
    "PaO2": "2703-7",
    "albumin": "1751-7",
}
"""Section H; arterial oxygen pressure is not listed there, its code is LOINC's own."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One observation: its hour after first drop, its kind and what it says."""

    hour: float
    kind: Literal["vitals", "lab", "signs", "drug", "clock"]
    says: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Scenario:
    """One patient's short story. `rule` quotes what decides it; "(choice)" marks where section F leaves it open."""

    name: str
    rule: str
    age_years: float
    facts: tuple[Fact, ...]
    stands: frozenset[str] = frozenset()
    """Findings that must stand when the last fact is in."""
    absent: frozenset[str] = frozenset()
    """Findings that must not."""
    weight_kg: float = 70
    start_hour: float = 0
    """Hour of first drop."""


def vitals(hour: float, **signals: Any) -> Fact:
    return Fact(hour, "vitals", signals)


def lab(hour: float, name: str, value: float, unit: str, high: float | None = None, **more: Any) -> Fact:
    """`high` is the upper limit of normal that the laboratory printed beside the value."""
    return Fact(hour, "lab", {"loinc": LOINC[name], "value": value, "unit": unit, "reference_high": high, **more})


def signs(hour: float, **seen: Any) -> Fact:
    return Fact(hour, "signs", seen)


def infusion_of(hour: float, drug: str) -> Fact:
    return Fact(hour, "drug", {"drug": drug, "action": "started"})


def clock(hour: float) -> Fact:
    """Nothing is observed; time has passed."""
    return Fact(hour, "clock")


def pair(
    holds: tuple[str, Sequence[Fact]], fails: tuple[str, Sequence[Fact]], finding: str, rule: str, age_years: float
) -> list[Scenario]:
    """Both sides of one limit: the first story must show the finding, the second must not."""
    yes = Scenario(holds[0], rule, age_years, tuple(holds[1]), stands=frozenset({finding}))
    no = Scenario(fails[0], rule, age_years, tuple(fails[1]), absent=frozenset({finding}))
    return [yes, no]


def at_weight(scenarios: list[Scenario], weight_kg: float) -> list[Scenario]:
    return [replace(scenario, weight_kg=weight_kg) for scenario in scenarios]

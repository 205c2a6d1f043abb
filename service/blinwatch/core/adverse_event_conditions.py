"""Findings of section F to alert conditions.

What:      one alert a rule; its degrees (urgent and emergency, sepsis and shock) are levels under one key.
Sources:   rule reference sections F and H (priorities).
Inputs:    the verdicts in force.
Caveats:   - nothing here hides another alert, and no CRS grade hides these: febrile neutropenia and sepsis are told
             whatever CRS is graded.
           - a verdict that cannot be evaluated is no alert by itself; fever without a blood count is
             (FN_ANC_MISSING), and liver tests that are due (LIVER_LABS_OVERDUE).
           - the conditions belong to three domains; `sync` takes those of one domain at a time.
"""

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_events.judge import EventView
from blinwatch.core.adverse_events.verdict import EventVerdict, Part
from blinwatch.core.crs_conditions import priority_of
from blinwatch.core.evidence import Condition, Domain, Evidence, to_datetime
from blinwatch.core.patient_state import Judgement

DOMAINS: tuple[Domain, ...] = ("infection", "vitals", "laboratory")
"""Every domain that a condition of section F may belong to."""
_KEYS: dict[str, tuple[str, Domain]] = {
    "FN_ALERT": ("FN", "infection"),
    "FN_ANC_MISSING": ("FN", "infection"),
    "SEPSIS_PHOENIX": ("SEPSIS", "infection"),
    "SEPTIC_SHOCK_PHOENIX": ("SEPSIS", "infection"),
    "NEWS2_URGENT": ("NEWS2", "vitals"),
    "NEWS2_EMERGENCY": ("NEWS2", "vitals"),
    "PEWS_ALERT": ("PEWS", "vitals"),
    "TLS_LABORATORY": ("TLS", "laboratory"),
    "TLS_CLINICAL": ("TLS", "laboratory"),
    "LIVER_G2": ("LIVER", "laboratory"),
    "LIVER_G3": ("LIVER", "laboratory"),
    "LIVER_G4": ("LIVER", "laboratory"),
    "LIVER_LABS_OVERDUE": ("LIVER_LABS_OVERDUE", "laboratory"),
    "NEUTROPENIA_SEVERE": ("NEUTROPENIA", "laboratory"),
    "NEUTROPENIA_PROLONGED": ("NEUTROPENIA", "laboratory"),
    "PANCREATIC_ENZYMES": ("PANCREAS", "laboratory"),
    "PANCREATITIS_SUSPECTED": ("PANCREAS", "laboratory"),
    "IECHS_SCREEN": ("IECHS_SCREEN", "laboratory"),
    "CAPILLARY_LEAK": ("CAPILLARY_LEAK", "laboratory"),
    "DIC_ISTH": ("DIC_ISTH", "laboratory"),
}
"""Code to the alert's key within the patient, and its domain."""


def adverse_event_conditions(judgement: Judgement, at_ms: int, rulebook: Rulebook) -> tuple[Condition, ...]:
    """Every condition of section F that holds at `at_ms`, of all three domains."""
    view = judgement.events
    return () if view is None else conditions_of(view, at_ms, rulebook)


def conditions_of(view: EventView, at_ms: int, rulebook: Rulebook) -> tuple[Condition, ...]:
    """The conditions of one view."""
    return tuple(_condition(verdict, at_ms, rulebook) for verdict in view.holding)


def _condition(verdict: EventVerdict, at_ms: int, rulebook: Rulebook) -> Condition:
    key, domain = _KEYS[verdict.code]
    return Condition(
        key=key,
        code=verdict.code,
        rule_id=verdict.rule_id,
        domain=domain,
        scale="site",
        priority=priority_of(verdict.code, rulebook),
        level=verdict.level,
        summary=" ".join(f"{sentence[0].upper()}{sentence[1:]}." for sentence in verdict.because),
        threshold=verdict.threshold,
        evidence=tuple(_evidence(part) for part in verdict.parts),
        since_ms=at_ms if verdict.since_ms is None else verdict.since_ms,
    )


def _evidence(part: Part) -> Evidence:
    observed_at = None if part.at_ms is None else to_datetime(part.at_ms)
    return Evidence(part.name, part.value, part.unit, observed_at, part.event_id)

"""What of the live values section F can tell apart: the cheap question whether anything has to be judged again.

What:      one tuple that changes exactly when NEWS2 points, the fever of febrile neutropenia or an input of Phoenix
           change; and for each sign the values within which it does not.
Source:    the limits of AE-FN, AE-NEWS2 and AE-PHOENIX; rows of clinical/other_adverse_events.yaml.
Inputs:    `EventFacts` of before and after.
Caveats:   the memory of fever must be told every temperature all the same (core/adverse_events/memory.py).
"""

from collections.abc import Iterable
from math import inf

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_events.facts import EventFacts, is_child
from blinwatch.core.adverse_events.news2 import news2_points, on_oxygen
from blinwatch.core.adverse_events.phoenix import coma_scale, mean_pressure_points, saturation_points
from blinwatch.core.units import below

Span = tuple[float, float]
Signature = tuple[str | int | float | bool | None, ...]
"""Flat, so that it is still equal after it was stored as JSON."""
_HALF = 0.5
_TENTH_HALF = 0.05
_MARGIN = 1e-6
"""Keeps a span strictly inside the limits, so that no comparison at a limit itself is skipped."""
_MONTHS_PER_YEAR = 12


def signature(facts: EventFacts, rulebook: Rulebook) -> Signature:
    """Equal for two sets of facts exactly when no verdict can tell them apart, beside the values shown in words."""
    rules = rulebook.adverse_events
    temperature_c = facts.temperature_c
    fever = (
        None
        if temperature_c is None
        else (not below(temperature_c, rules.fever_sustained_from_c))
        + (not below(temperature_c, rules.fever_once_from_c))
    )
    child = is_child(facts.age_years, rules.child_below_years)
    scale = coma_scale(facts, rules) if child else None
    return (
        *news2_points(facts, rules),
        fever,
        *_age_band(facts.age_years, rulebook),
        saturation_points(facts, rules) if child else None,
        mean_pressure_points(facts, rules) if child else None,
        None if scale is None else scale <= rules.phoenix_gcs_up_to,
        facts.fio2,
        facts.o2_device,
        facts.invasive_ventilation,
        ",".join(facts.vasoactive_agents),
        facts.crs_improving,
        facts.infusion_start_ms,
        facts.hypotension_present,
        facts.seizure_24h,
        facts.therapy_ended,
    )


def _age_band(age_years: float | None, rulebook: Rulebook) -> tuple[int | None, int | None, bool | None]:
    """Which limits by age hold: those of Phoenix for a child, those of the creatinine, or none for unknown."""
    if age_years is None:
        return None, None, None
    months = age_years * _MONTHS_PER_YEAR
    pressure = sum(not below(months, band.below_months) for band in rulebook.adverse_events.phoenix_map_bands)
    limits = rulebook.labs.default_uln.values()
    uln = sum(
        not below(age_years, band.below_years) for bands in limits for band in bands if band.below_years is not None
    )
    return pressure, uln, is_child(age_years, rulebook.adverse_events.child_below_years)


def steady_spans(facts: EventFacts, rulebook: Rulebook) -> dict[str, Span]:
    """For each live sign that is known, the values around it within which `signature` cannot change.

    For a child the mean pressure, and the SpO2 unless room air is breathed and no FiO2 charted, stand for themselves:
    Phoenix reads them by age and oxygen, and an FiO2 of 0.21 is a ratio too.
    """
    rules = rulebook.adverse_events
    child = is_child(facts.age_years, rules.child_below_years)
    spans: dict[str, Span] = {}
    banded = (
        ("respiratory_rate_per_min", facts.respiratory_rate_per_min, rules.news2_respiratory_rate, _HALF),
        ("spo2_pct", facts.spo2_pct, rules.news2_spo2_pct, _HALF),
        ("sbp_mmhg", facts.sbp_mmhg, rules.news2_sbp_mmhg, _HALF),
        ("heart_rate_bpm", facts.heart_rate_bpm, rules.news2_heart_rate, _HALF),
        ("temperature_c", facts.temperature_c, rules.news2_temperature_c, _TENTH_HALF),
    )
    for name, value, bands, rounding in banded:
        if value is not None:
            edges = [band.up_to + rounding for band in bands if band.up_to is not None]
            if name == "temperature_c":
                edges += [rules.fever_sustained_from_c, rules.fever_once_from_c]
            spans[name] = _around(value, edges)
    if facts.map_mmhg is not None:
        spans["map_mmhg"] = (facts.map_mmhg, facts.map_mmhg) if child else (-inf, inf)
    if child and facts.spo2_pct is not None and (facts.fio2 is not None or on_oxygen(facts, rules) is not False):
        spans["spo2_pct"] = (facts.spo2_pct, facts.spo2_pct)
    return spans


def _around(value: float, edges: Iterable[float]) -> Span:
    """The widest span around a value that reaches no edge."""
    low = max((edge for edge in edges if edge <= value), default=-inf)
    high = min((edge for edge in edges if edge > value), default=inf)
    return min(value, low + _MARGIN), max(value, high - _MARGIN)

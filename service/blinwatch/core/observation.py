"""Live signals to one observation: the last believed value of each, while it is fresh enough to be used.

What:      a monitor sends signals one by one; CRS grading reads a full observation. Each signal keeps its last
           believed report (last write by event time and id); parts that belong together (device and flow, systolic
           and mean, temperature and site) are replaced together, so an old flow never rides on a new device.
Source:    rule reference section 0 (staleness limits), section G (plausibility comes first).
Inputs:    screened findings of the new event, the signals kept so far, the order's baselines, running drugs,
           attributions by staff.
Caveats:   a rejected report does not erase the last believed one; that one ages until it is stale.
"""

from operator import attrgetter
from typing import Any

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.age import age_years_at
from blinwatch.core.attribution import attribution_holds
from blinwatch.core.events import VitalsObserved
from blinwatch.core.findings import CrsFindings
from blinwatch.core.patient_state import Judgement, Signal
from blinwatch.core.units import kpa_to_mmhg

HOUR_MS = 3_600_000

SIGNAL_PARTS: dict[str, tuple[str, ...]] = {
    "temperature": ("temperature_c", "temperature_f", "temp_site"),
    "heart_rate": ("heart_rate_bpm",),
    "pulse_rate": ("pulse_rate_bpm",),
    "respiratory_rate": ("respiratory_rate_per_min",),
    "spo2": ("spo2_pct", "perfusion_index", "spo2_drop_s"),
    "blood_pressure": ("sbp_mmhg", "sbp_kpa", "dbp_mmhg", "map_mmhg"),
    "oxygen": ("o2_device", "o2_flow_l_min", "fio2", "o2_reason", "vent_reason"),
}
LEADING_PARTS: dict[str, tuple[str, ...]] = {
    "temperature": ("temperature_c", "temperature_f"),
    "heart_rate": ("heart_rate_bpm",),
    "pulse_rate": ("pulse_rate_bpm",),
    "respiratory_rate": ("respiratory_rate_per_min",),
    "spo2": ("spo2_pct",),
    "blood_pressure": ("sbp_mmhg", "sbp_kpa", "map_mmhg"),
    "oxygen": ("o2_device", "o2_flow_l_min"),
}
"""The parts without which a report of the signal says nothing."""
# One tuple of all leading parts, and each part's signal: read once an event instead of part by part.
_LEADING_OWNER = tuple((name, part) for name, parts in LEADING_PARTS.items() for part in parts)
_read_leading = attrgetter(*(part for _, part in _LEADING_OWNER))
_ATTRIBUTED_FIELD = {
    "fever": "fever_attributed_other",
    "hypotension": "hypotension_attributed_other",
    "hypoxia": "hypoxia_attributed_other",
}
_SAME_NAME = tuple(
    part for parts in SIGNAL_PARTS.values() for part in parts if part in VitalsObserved.__dataclass_fields__
)
_read_same_name = attrgetter(*_SAME_NAME)


def findings_of(event: VitalsObserved, age_years: float | None, rulebook: Rulebook) -> CrsFindings:
    """What one vitals event says by itself, in the vocabulary of section 0."""
    said = zip(_SAME_NAME, _read_same_name(event), strict=True)
    values: dict[str, Any] = {name: value for name, value in said if value is not None}
    per_kpa = rulebook.vitals.mmhg_per_kpa
    if event.dbp_mmhg is None and event.dbp_kpa is not None:
        values["dbp_mmhg"] = kpa_to_mmhg(event.dbp_kpa, per_kpa)
    if event.map_mmhg is None and event.map_kpa is not None:
        values["map_mmhg"] = kpa_to_mmhg(event.map_kpa, per_kpa)
    return CrsFindings(
        age_years=age_years,
        monitoring=event.monitoring,
        confirmed_fields=event.confirmed_fields,
        **values,
    )


def spoken_of(findings: CrsFindings) -> tuple[str, ...]:
    """The signals of which the findings say anything."""
    said = [owner[0] for owner, value in zip(_LEADING_OWNER, _read_leading(findings), strict=True) if value is not None]
    return tuple(dict.fromkeys(said))


def accept(
    signals: dict[str, Signal], believed: CrsFindings, at_ms: int, event_id: str, *, continuous: bool
) -> dict[str, Signal]:
    """The signals after a screened report; an older report than the kept one changes nothing."""
    accepted: dict[str, Signal] = {}
    for name in spoken_of(believed):
        kept = signals.get(name)
        if kept is not None and (kept.at_ms, kept.event_id) > (at_ms, event_id):
            continue
        parts: dict[str, float | int | str] = {}
        for part in SIGNAL_PARTS[name]:
            value = getattr(believed, part)
            if value is not None:
                parts[part] = value
        accepted[name] = Signal(parts, at_ms, event_id, continuous)
    return {**signals, **accepted} if accepted else signals


def fresh_parts(signals: dict[str, Signal], at_ms: int, rulebook: Rulebook) -> dict[str, Any]:
    """The parts of every signal that is fresh enough to be used."""
    values: dict[str, Any] = {}
    spot, continuous = rulebook.vitals.stale_after_h, rulebook.vitals.stale_after_continuous_h
    for name, signal in signals.items():
        leading = LEADING_PARTS[name][0]
        limit_h = continuous.get(leading, spot[leading]) if signal.continuous else spot[leading]
        if at_ms - signal.at_ms <= limit_h * HOUR_MS:
            values.update(signal.parts)
    return values


def assemble(judgement: Judgement, signals: dict[str, Signal], at_ms: int, rulebook: Rulebook) -> CrsFindings:
    """The observation that the live state with these signals amounts to at `at_ms`; what is stale is missing."""
    values = fresh_parts(signals, at_ms, rulebook)
    any_continuous = any(signal.continuous for signal in signals.values())
    if (order := judgement.order) is not None:
        values["age_years"] = age_years_at(order, at_ms)
        values["baseline_sbp_mmhg"] = order.baseline_sbp_mmhg
        values["baseline_map_mmhg"] = order.baseline_map_mmhg
        values["baseline_spo2_pct"] = order.baseline_spo2_pct
    if judgement.drug_runs:
        values.update(_vasoactive(judgement, at_ms))
    if judgement.bolus_ms is not None:
        within_ms = rulebook.alerts.fluid_bolus_counts_h * HOUR_MS
        values["fluid_bolus_for_hypotension"] = at_ms - judgement.bolus_ms <= within_ms or None
    for attribution in judgement.attributions:
        if attribution.sign in _ATTRIBUTED_FIELD and attribution_holds(attribution, at_ms):
            values[_ATTRIBUTED_FIELD[attribution.sign]] = True
    return CrsFindings(
        hours_since_infusion_stop=_hours_since_stop(judgement, at_ms),
        death_due_to=judgement.death_due_to,
        monitoring="continuous" if any_continuous else "spot",
        **values,
    )


def _vasoactive(judgement: Judgement, at_ms: int) -> dict[str, Any]:
    """Agents running, and those stopped with the hours since (CRS-7 counts within one hour)."""
    running = tuple(sorted({run.agent for run in judgement.drug_runs if run.stopped_ms is None}))
    stopped: dict[str, float] = {}
    for run in judgement.drug_runs:
        if run.stopped_ms is not None and run.agent not in running:
            hours = (at_ms - run.stopped_ms) / HOUR_MS
            stopped[run.agent] = min(hours, stopped.get(run.agent, hours))
    return {"vasopressors": running, "vasopressors_stopped_h": stopped or None}


def _hours_since_stop(judgement: Judgement, at_ms: int) -> float | None:
    view = judgement.infusion
    if view is None or view.flow_stopped_ms is None:
        return None
    return max(0, at_ms - view.flow_stopped_ms) / HOUR_MS

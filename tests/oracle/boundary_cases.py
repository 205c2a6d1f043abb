"""Every limit of the rule reference from both sides, one at a time on a calm patient, so that nothing else hides it.

Definition: lists of cases (`given` as the case table reads it), by domain; all of them are compared, none at random.
Source: the limits of sections 0, B, C, D and G of the rule reference.
Inputs: none.
Caveats: only one thing is at its limit in each case; the strategies beside this file mix them.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import product
from typing import Any

from tests.oracle import crs_strategies as crs
from tests.oracle import icans_strategies as icans
from tests.oracle.crs import CONFIRM_SITES

Case = dict[str, Any]
FEVER: Case = {**crs.CALM, "age_years": 40, "temperature_c": 38.5}
NO_FEVER: Case = {**crs.CALM, "age_years": 40}


FIRST_AND_SECOND = (
    ("sbp_mmhg", 39, 38),
    ("sbp_mmhg", 45, 35),
    ("sbp_mmhg", 45, 34.9),
    ("sbp_mmhg", 300, 330),
    ("sbp_mmhg", 300, 330.1),
    ("temperature_c", 43.5, 44.0),
    ("temperature_c", 43.5, 44.1),
    ("spo2_pct", 49, 46),
    ("spo2_pct", 49, 45.9),
)
"""Two consecutive values, concordant or only almost so (section G)."""


def either_side(limit: float, step: str = "0.05") -> tuple[float, ...]:
    """Just below, at and just above."""
    at, away = Decimal(str(limit)), Decimal(step)
    return float(at - away), float(at), float(at + away)


# ---- CRS, one observation ---------------------------------------------------------------------------------


def crs_cases() -> Iterator[Case]:
    """Sections 0, B and G."""
    for value in (37.9, 37.94, 37.949, 37.95, 37.99, 38.0, 29.94, 29.95, 43.04, 43.05):
        yield {**NO_FEVER, "temperature_c": value}
    for fahrenheit, celsius in product((100.0, 100.2, 100.3, 100.31, 100.4, 100.6), (None, 37.7, 37.8, 38.0, 38.2)):
        yield {**NO_FEVER, "temperature_c": celsius, "temperature_f": fahrenheit}
    for site, value in product((*CONFIRM_SITES, "oral"), (37.4, 37.45, 37.5, 37.6, 37.9, 38.0)):
        yield {**NO_FEVER, "temp_site": site, "temperature_c": value}
    for hours in either_side(48):
        yield {**FEVER, "hours_since_infusion_stop": hours}
    yield from _hypotension()
    yield from _oxygen()
    yield from _drugs_and_ages_of_values()


def _hypotension() -> Iterator[Case]:
    for age in crs.AGES:
        for value in crs.around(float(crs.limit_at(age))):
            yield {**FEVER, "age_years": age, "sbp_mmhg": value}
    for low, high, age in (
        (30, 160, 0.99),
        (40, 180, 1),
        (40, 180, 5.99),
        (50, 200, 6),
        (50, 200, 11.99),
        (40, 280, 12),
    ):
        for value in (*either_side(low), *either_side(high)):
            yield {**FEVER, "age_years": age, "sbp_mmhg": value}
    for kpa, mmhg in product((11.86, 11.9, 11.93, 11.94, 12.0), (None, 87.95, 88, 91, 91.05, 92)):
        yield {**FEVER, "sbp_mmhg": mmhg, "sbp_kpa": kpa}
    for baseline, value in product((70, 80, 89.9), ("-0.05", "0", "0.05")):
        limit = Decimal(str(baseline)) * Decimal("0.85")
        yield {**FEVER, "baseline_sbp_mmhg": baseline, "sbp_mmhg": float(limit + Decimal(value))}
    for baseline, value in product((89.9, 90, 150), (77, 85, 89, 90, 104.95, 105, 105.05)):
        yield {**FEVER, "baseline_sbp_mmhg": baseline, "sbp_mmhg": value}
    yield from _mean_pressure_and_vasopressors()


def _mean_pressure_and_vasopressors() -> Iterator[Case]:
    for age, value in product((17.95, 17.99, 18, 18.05, None), (*either_side(65), 65.1)):
        yield {**FEVER, "age_years": age, "map_mmhg": value}
    for own, baseline in product((64.95, 65, 65.05), (80, 100)):
        pressure = {"baseline_sbp_mmhg": baseline, "sbp_mmhg": 95, "map_mmhg": 60, "baseline_map_mmhg": own}
        yield {**FEVER, **pressure}
    for mean, diastolic in product((None, 60, 64, 79, 80, 81), (None, 60, *either_side(75), 80, 90)):
        yield {**FEVER, "sbp_mmhg": 80, "dbp_mmhg": diastolic, "map_mmhg": mean}
    for hours in either_side(1.0):
        yield {**FEVER, "vasopressors": ["norepinephrine"], "vasopressors_stopped_h": {"dopamine": hours}}
    for agents in product(crs.AGENTS, crs.AGENTS):
        yield {**FEVER, "vasopressors": list(agents)}


def _oxygen() -> Iterator[Case]:
    for device, flow in product(crs.NASAL, (None, *either_side(6.0), 6.1, *either_side(80), -0.1, 0)):
        yield {**FEVER, "o2_device": device, "o2_flow_l_min": flow}
    for device, reason, spo2 in product(crs.DEVICES, (None, "comfort"), (None, 89.9, 90, 93, 93.1)):
        yield {**FEVER, "o2_device": device, "o2_reason": reason, "spo2_pct": spo2}
    reasons = ("hypoxia", "airway_protection", "procedure", "home_osa")
    for device, reason, spo2 in product(("cpap", "invasive_ventilation"), reasons, (None, 89.9, 90)):
        yield {**FEVER, "o2_device": device, "vent_reason": reason, "spo2_pct": spo2}
    for baseline in (None, 85, 92.95, 93, 93.05):
        limits = {90.0, 90.0 if baseline is None else baseline - 3}
        for value in sorted({side for limit in limits for side in either_side(round(limit, 2), "0.02")} | {93, 93.05}):
            yield {**FEVER, "baseline_spo2_pct": baseline, "spo2_pct": value}
    for value in (*either_side(50), *either_side(100)):
        yield {**FEVER, "spo2_pct": value}
    for index in either_side(0.3):
        yield {**FEVER, "spo2_pct": 85, "perfusion_index": index}
    for share in (*either_side(0.21, "0.01"), 0.99, 1.0, 1.01, *either_side(21), *either_side(100)):
        yield {**FEVER, "fio2": share}
    for seconds in either_side(10):
        yield {**FEVER, "spo2_drop_s": seconds}
    for pulse in (*either_side(75), *either_side(105)):
        yield {**FEVER, "heart_rate_bpm": 90, "pulse_rate_bpm": pulse}


def _drugs_and_ages_of_values() -> Iterator[Case]:
    for (name, (since, times)), pressure in product(crs.DRUG_TIMES.items(), (80, 115)):
        for when in (None, *times):
            yield {**NO_FEVER, "sbp_mmhg": pressure, name: True, since: when}
    aged = {**FEVER, "temperature_f": 101.3, "sbp_kpa": 15.3, "map_mmhg": 80}
    for name, hours, monitoring in product(crs.AGED_FIELDS, crs.OBS_AGES_H, ("spot", "continuous")):
        yield {**aged, "obs_age_h": {name: hours}, "monitoring": monitoring}
    for interval, late in product((None, 0.25, 1, 2, 4), ("0.45", "0.5", "0.55")):
        yield {
            **FEVER,
            "obs_interval_h": interval,
            "hours_since_obs": float(Decimal(str(interval or 4)) + Decimal(late)),
        }
    known = ("temperature_c", "sbp_mmhg", "spo2_pct", "o2_device")
    for start, active, gone in product((FEVER, NO_FEVER), (False, True), product((False, True), repeat=len(known))):
        missing = {name for name, is_gone in zip(known, gone, strict=True) if is_gone}
        kept = {name: value for name, value in start.items() if name not in missing}
        yield {**kept, "crs_active": active}
        yield {**kept, "crs_active": active, "vasopressors": ["dopamine"]}


# ---- CRS, over time ---------------------------------------------------------------------------------------


def crs_courses() -> Iterator[Case]:
    """CRS-10 and the windows of section 0."""
    for gaps, before in product(crs.RECOVERIES_H, (None, *crs.ANTIPYRETIC_BEFORE_H)):
        at, events = _after({**crs.CALM, "temperature_c": 38.5}, crs.CALM, gaps)
        drug = [] if before is None else [{"t_h": float(at - before), "antipyretic_given": True}]
        yield {"age_years": 30, "events": [*events, *drug], "query_t_h": float(at)}
    for hours in (*either_side(6), *either_side(24), *either_side(10), *either_side(28)):
        events = [{"t_h": 0, **crs.CALM, "temperature_c": 39, "sbp_mmhg": 80}]
        events.append({"t_h": 4, **crs.CALM, "temperature_c": 38.2})
        yield {"age_years": 30, "events": events, "query_t_h": hours}
    for (name, first, second), hours in product(FIRST_AND_SECOND, (0.25, 0.26, *either_side(4))):
        for monitoring in ("spot", "continuous"):
            events = [{"t_h": t_h, **FEVER, name: value} for t_h, value in ((0, first), (hours, second))]
            yield {"age_years": 30, "monitoring": monitoring, "events": events, "query_t_h": hours}
    for change, seconds in product((0.5, 0.6), (59, 60, 61)):
        events = [{"t_h": 0, **crs.CALM, "temperature_c": 37.5}]
        events.append({"t_h": seconds / 3600, **crs.CALM, "temperature_c": 37.5 + change})
        yield {"age_years": 30, "events": events, "query_t_h": seconds / 3600}


def _after(first: Case, then: Case, gaps: Iterable[str]) -> tuple[Decimal, list[Case]]:
    at, events = Decimal(0), [{"t_h": 0.0, **first}]
    for gap in gaps:
        at += Decimal(gap)
        events.append({"t_h": float(at), **then})
    return at, events


# ---- ICANS ------------------------------------------------------------------------------------------------


def icans_cases() -> Iterator[Case]:
    """Section C, one examination."""
    calm: Case = {**icans.CALM, "age_years": 40}
    for age, delay in product(icans.AGES, (None, True)):
        for score in (0, 8, 9, 10):
            yield {**icans.CALM, "age_years": age, "developmental_delay": delay, "capd_score": score, "ice_score": 7}
    yield from _tools(calm)
    for seizure, duration in product(list(icans.SEIZURE)[1:], (None, *icans.DURATIONS_S)):
        yield {**calm, "seizure": seizure, "seizure_duration_s": duration}
    for items in icans.CAPD_ITEM_SETS:
        yield {"age_years": 5, **_without(icans.CALM, "capd_score"), "capd_items": list(items)}
    for name, full in icans.ICE_FULL_MARKS.items():
        for points in (None, *range(full + 1)):
            yield {**_without(calm, "ice_score"), "ice_items": {**icans.ICE_FULL_MARKS, name: points}}
    for name, hours, sign in product(("ice_score", "loc"), icans.OBS_AGES_H, ("awakens_voice", "alert")):
        yield {**calm, "ice_score": 8, "loc": sign, "obs_age_h": {name: hours}}
    for marks, given in product(({}, {"sedated": True}, {"intracranial_hemorrhage": True}), _one_sign()):
        yield {**calm, **marks, **given}
    for interval, late in product((None, 1, 4), ("0.45", "0.5", "0.55")):
        yield {**calm, "obs_interval_h": interval, "hours_since_obs": float(Decimal(interval or 4) + Decimal(late))}


def _tools(calm: Case) -> Iterator[Case]:
    for score, loc in product(range(11), (None, *icans.LOC)):
        yield {**calm, "ice_score": score, "loc": loc}
    for score, loc in product((*range(12), 32), (None, *icans.LOC)):
        yield {**calm, "age_years": 5, "capd_score": score, "loc": loc}
    for tool, reason, loc in product(("ice", "capd"), icans.REASONS, (None, "alert", "unarousable")):
        charted = {name: value for name, value in calm.items() if not name.startswith(tool)}
        yield {**charted, "age_years": 40 if tool == "ice" else 5, f"{tool}_not_done_reason": reason, "loc": loc}


def _one_sign() -> Iterator[Case]:
    for name, table in (("motor_weakness", icans.MOTOR), ("cerebral_edema", icans.EDEMA), ("icp_sign", icans.ICP_SIGN)):
        for value in (None, *table):
            yield {name: value}


def _without(case: Case, *names: str) -> Case:
    return {name: value for name, value in case.items() if name not in names}


def icans_courses() -> Iterator[Case]:
    """ICA-11 and the windows of section 0."""
    for gaps, lacking in product(icans.RECOVERIES_H, (None, "ice_score", "loc")):
        at, events = _after({**icans.CALM, "ice_score": 8}, icans.CALM, gaps)
        events[1] = _without(events[1], lacking or "")
        yield {"age_years": 30, "events": events, "query_t_h": float(at)}
    for hours in (*either_side(6), *either_side(24), *either_side(10), *either_side(28)):
        events = [{"t_h": 0, **icans.CALM, "ice_score": 2}, {"t_h": 4, **icans.CALM, "ice_score": 8}]
        yield {"age_years": 30, "events": events, "query_t_h": hours}


# ---- dose advice ------------------------------------------------------------------------------------------


def dose_cases() -> Iterator[Case]:
    """Section D."""
    patient: Case = {"weight_kg": 70, "age_years": 40}
    for reaction in (*_recovery(), *_low_restart(), *_organs()):
        yield {**patient, **reaction}
    every = [dict(one) for one in _one_of_each()]
    for first, second in product(every, every):
        yield {**patient, "reactions": [first, second]}


def _recovery() -> Iterator[Case]:
    full: Case = {"episode_grade": 3, "onset_dose_level": "full"}
    for kind, now, hours in product(("neuro", "other"), (1, 2, 3), (*either_side(168), *either_side(336))):
        times = {"hours_to_le_g1": hours, "hours_at_le_g1": 80} if now == 1 else {"hours_since_onset": hours}
        yield {**full, **times, "reaction": kind, "current_grade": now}
    for now, held, stopped in product((0, 1), either_side(72), (None, *either_side(168))):
        took = {"hours_to_le_g1": 48, "hours_at_le_g1": held, "interruption_h": stopped}
        yield {**full, **took, "reaction": "neuro", "current_grade": now}
    for kind, stopped in product(("crs", "technical"), (None, *either_side(168))):
        yield {"reaction": kind, "episode_grade": 3, "current_grade": 0, "interruption_h": stopped}
    statuses = (None, "CRS_OPEN", "CRS_RESOLVED")
    for worst, now, status in product((1, 2, 3, 4), (None, 0), statuses):
        yield {"reaction": "crs", "episode_grade": worst, "current_grade": now, "crs_status": status}
    for kind, grade, level in product(("crs", "neuro", "seizure", "other"), (1, 2, 3, 4), (None, "low", "full")):
        if kind != "seizure" or grade >= 3:
            yield {"reaction": kind, "grade": grade, "onset_dose_level": level, "hours_since_onset": 10}
    for count, grade in product((None, 1, 2), (None, 3, 4)):
        yield {"reaction": "seizure", "seizure_count": count, "grade": grade, "onset_dose_level": "full"}


def _low_restart() -> Iterator[Case]:
    for kind, hours, now in product(("crs", "neuro", "other"), either_side(168), (None, 0, 1, 2, 3)):
        restarted = {"reaction": kind, "hours_since_restart": hours, "current_grade": now}
        yield {**restarted, "episode_grade": 3}
        yield {**restarted, "episode_grade": max(2, now or 0), "recurrence": True}


def _organs() -> Iterator[Case]:
    normal: Case = {"reaction": "liver", "alt_x_uln": 0.5, "ast_x_uln": 0.5, "bili_x_uln": 0.5}
    after: Case = {"episode_grade": 3, "hours_to_le_g1": 48, "hours_since_onset": 100, "interruption_h": 100}
    limits = (("alt_x_uln", (3, 5, 20)), ("ast_x_uln", (3, 5, 20)), ("bili_x_uln", (1.5, 3, 10)))
    for name, values in limits:
        for value in (value for limit in values for value in either_side(limit)):
            yield {**normal, name: value}
            yield {**normal, **after, name: value}
    for count, days in product((None, *either_side(0.5)), (None, *either_side(7))):
        yield {"reaction": "neutropenia", "anc": count, "anc_low_days": days}
    for region, grade in product(("US", "EU"), (2, 3, 4)):
        yield {"reaction": "tls_clinical", "grade": grade, "label_region": region}
    yield {"reaction": "pancreatitis"}
    yield {}


def _one_of_each() -> Iterator[Case]:
    """Reactions that lead to every code there is, to be combined by DM-16."""
    full: Case = {"episode_grade": 3, "onset_dose_level": "full", "hours_to_le_g1": 48}
    yield {"reaction": "neuro", "grade": 4}
    yield {"reaction": "other", "grade": 4}
    yield {"reaction": "crs", "grade": 3}
    yield {**full, "reaction": "neuro", "current_grade": 1, "hours_at_le_g1": 10}
    yield {"reaction": "neuro"}
    yield {"reaction": "crs", "episode_grade": 3, "current_grade": 0, "interruption_h": 200}
    yield {"reaction": "technical", "interruption_h": 200}
    yield {"reaction": "crs", "episode_grade": 3, "current_grade": 0, "interruption_h": 100}
    yield {"reaction": "crs", "episode_grade": 3, "hours_since_restart": 100}
    yield {"reaction": "crs", "episode_grade": 3, "hours_since_restart": 200}
    yield {"reaction": "technical", "interruption_h": 5}
    yield {"reaction": "crs", "grade": 1}

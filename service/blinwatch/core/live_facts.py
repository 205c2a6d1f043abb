"""What one domain has to know of the others, gathered from the live judgement at one moment.

What:      the facts records that interactions, other adverse events and dose advice are judged with.
Source:    rule reference sections D, E and F; section 0 (what is stale is missing).
Caveats:   nothing here decides anything: each field is read from the domain that knows it, or None.
"""

from typing import Any

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_events.facts import Consciousness, EventFacts
from blinwatch.core.age import age_years_at
from blinwatch.core.crs_course import announced, status
from blinwatch.core.dose_advice.facts import DoseFacts
from blinwatch.core.findings import LevelOfConsciousness
from blinwatch.core.icans.course import grade_in_force
from blinwatch.core.infusion.milestones import NO_MILESTONES, Milestones
from blinwatch.core.infusion.order_facts import body_surface_of, weight_of
from blinwatch.core.interactions.live import InteractionFacts
from blinwatch.core.labs.lab_book import anc_low_since_ms, latest, uln_multiple
from blinwatch.core.labs.lab_result import nearest_value
from blinwatch.core.observation import fresh_parts
from blinwatch.core.patient_state import Judgement

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS


def milestones(j: Judgement) -> Milestones:
    """The infusion's milestones, or none where nothing is known of it."""
    return NO_MILESTONES if j.infusion is None else j.infusion.milestones


def age_years(j: Judgement, at_ms: int) -> float | None:
    """The age by the order."""
    return None if j.order is None else age_years_at(j.order, at_ms)


def interaction_facts(j: Judgement, at_ms: int, rulebook: Rulebook) -> InteractionFacts:
    """What section E asks besides the drugs."""
    order, view, stones = j.order, j.infusion, milestones(j)
    age = age_years(j, at_ms)
    potassium, magnesium, qtc = (latest(j.labs, name, at_ms, rulebook) for name in ("potassium", "magnesium", "qtc"))
    seen = [ms for ms in j.course.times.seen_ms[1:6] if ms is not None]
    return InteractionFacts(
        cycle=None if order is None else order.cycle,
        cycle_start_ms=None if view is None else view.cycle_start_ms,
        last_step_ms=stones.stepped_ms,
        last_restart_after_4h_ms=stones.restarted_after_long_gap_ms,
        infusing=None if view is None or view.state == "unknown" else view.state not in ("not_started", "ended"),
        therapy_ended_ms=stones.stopped_ms if view is not None and view.state == "ended" else j.ended_ms,
        crs_grade_now=_announced_grade(j, at_ms),
        crs_last_g1_ms=max(seen, default=None),
        crs_episode_grade=j.course.episode.worst_grade,
        icans_grade_now=grade_in_force(j.neuro),
        icans_episode_grade=j.neuro.episode.worst_grade,
        weight_kg=None if order is None else weight_of(order, rulebook.infusion),
        age_years=age,
        bag_type_h=None if order is None else order.bag_type_h,
        preservative=None if order is None else order.preservative,
        label_region=None if order is None else order.label_region,
        benzyl_min_weight_kg=None if order is None else order.benzyl_min_weight_kg,
        cranial_rt_history=None if order is None else order.cranial_rt_history,
        b_cell_recovered=None if order is None else order.b_cell_recovered,
        alt_x_uln=uln_multiple(j.labs, "alt", at_ms, rulebook, age),
        ast_x_uln=uln_multiple(j.labs, "ast", at_ms, rulebook, age),
        potassium_mmol_l=None if potassium is None else potassium.value,
        magnesium_mmol_l=None if magnesium is None else magnesium.value,
        qtc_ms=None if qtc is None else qtc.value,
    )


def _announced_grade(j: Judgement, at_ms: int) -> int | None:
    code = announced(j.course, at_ms)
    return int(code[-1]) if code.startswith("CRS_G") else None


def event_facts(j: Judgement, at_ms: int, rulebook: Rulebook) -> EventFacts:
    """What section F asks besides laboratory results and remembered signs."""
    parts = fresh_parts(j.signals, at_ms, rulebook)
    grade = j.grade
    running = tuple(sorted({run.agent for run in j.drug_runs if run.stopped_ms is None}))
    worst = j.course.episode.worst_grade
    in_force = j.course.times.in_force
    known_grade = in_force if in_force is not None and in_force <= 5 else None  # noqa: PLR2004 - 6 is a suspicion
    device = parts.get("o2_device")
    examined = j.neuro.examined_ms is not None and at_ms - j.neuro.examined_ms <= _DAY_MS
    last_seizure_ms = j.neuro.seizures.last_ms
    return EventFacts(
        age_years=age_years(j, at_ms),
        temperature_c=parts.get("temperature_c"),
        heart_rate_bpm=parts.get("heart_rate_bpm"),
        respiratory_rate_per_min=parts.get("respiratory_rate_per_min"),
        spo2_pct=parts.get("spo2_pct"),
        fio2=parts.get("fio2"),
        o2_device=device,
        o2_flow_l_min=parts.get("o2_flow_l_min"),
        sbp_mmhg=parts.get("sbp_mmhg"),
        map_mmhg=parts.get("map_mmhg"),
        consciousness=_consciousness(j, at_ms, rulebook),
        gcs=_fresh_mental(j, "glasgow_coma_scale", at_ms, rulebook),
        vasoactive_agents=running,
        invasive_ventilation=None if device is None else device == "invasive_ventilation",
        crs_current=known_grade,
        crs_improving=None if worst is None or known_grade is None else known_grade < worst,
        infusion_start_ms=None if j.infusion is None else j.infusion.cycle_start_ms,
        watched_since_ms=j.first_ms,
        therapy_ended=j.ended_ms is not None,
        hypotension_present=None if grade is None or not grade.hypotension.known else grade.hypotension.grade > 0,
        seizure_24h=(last_seizure_ms is not None and at_ms - last_seizure_ms <= _DAY_MS) if examined else None,
    )


def _fresh_mental(j: Judgement, name: str, at_ms: int, rulebook: Rulebook) -> Any:
    """The last charted consciousness or coma scale, while it is fresh (section 0: 4 h)."""
    signal = j.mental.get(name)
    limit_ms = round(rulebook.vitals.stale_after_h["loc"] * _HOUR_MS)
    return None if signal is None or at_ms - signal.at_ms > limit_ms else signal.parts[name]


def _consciousness(j: Judgement, at_ms: int, rulebook: Rulebook) -> Consciousness | None:
    """On NEWS2's scale, from the newest of a charting round and a neurological examination."""
    charted = _fresh_mental(j, "consciousness", at_ms, rulebook)
    examined_ms = j.neuro.examined_ms
    loc = None if j.neuro.findings is None else j.neuro.findings.loc
    if loc is None or examined_ms is None:
        return charted
    if at_ms - examined_ms > round(rulebook.vitals.stale_after_h["loc"] * _HOUR_MS):
        return charted
    if charted is not None and j.mental["consciousness"].at_ms > examined_ms:
        return charted
    return _BY_EXAMINATION[loc]


_BY_EXAMINATION: dict[LevelOfConsciousness, Consciousness] = {
    "alert": "alert",
    "drowsy_awakens_spontaneously": "voice",
    "awakens_voice": "voice",
    "awakens_tactile": "pain",
    "vigorous_tactile": "pain",
    "unarousable": "unresponsive",
    "stupor_coma": "unresponsive",
}
"""A drowsy patient is not Alert: the safer reading of NEWS2's scale."""


def dose_facts(j: Judgement, at_ms: int, rulebook: Rulebook) -> DoseFacts:
    """What section D asks besides the reactions."""
    order, view, stones = j.order, j.infusion, milestones(j)
    age = age_years(j, at_ms)
    neutrophils = latest(j.labs, "anc", at_ms, rulebook)
    state = "unknown" if view is None else view.state
    return DoseFacts(
        age_years=age,
        weight_kg=j.ledger.start_weight_kg,
        bsa_m2=None if order is None else body_surface_of(order, rulebook.infusion),
        phase=None if order is None else order.phase,
        cycle=None if order is None else order.cycle,
        label_region=None if order is None else order.label_region,
        bag_type_h=None if view is None else view.bag_type_h,
        bag_label_rate_ml_h=None if view is None else view.bag_label_rate_ml_h,
        running={"running": True, "interrupted": False, "bag_change": False}.get(state),
        therapy_over=j.ended_ms is not None or state == "ended",
        cycle_start_ms=None if view is None else view.cycle_start_ms,
        interruption_since_ms=stones.gap_since_ms,
        interruption_reason=stones.gap_reason,
        resumed_ms=stones.resumed_ms,
        dose_level_now=stones.dose_level,
        low_restart_since_ms=stones.low_restart_since_ms,
        low_restart_infused_h=stones.low_restart_infused_h,
        crs_status=status(j.course),
        seizure_count=None if j.neuro.latest is None else j.neuro.seizures.count,
        alt_x_uln=uln_multiple(j.labs, "alt", at_ms, rulebook, age),
        alt_ms=_taken_ms(j, "alt", at_ms, rulebook),
        ast_x_uln=uln_multiple(j.labs, "ast", at_ms, rulebook, age),
        ast_ms=_taken_ms(j, "ast", at_ms, rulebook),
        bili_x_uln=uln_multiple(j.labs, "bilirubin", at_ms, rulebook, age),
        bili_ms=_taken_ms(j, "bilirubin", at_ms, rulebook),
        anc=None if neutrophils is None else nearest_value(neutrophils),
        anc_low_since_ms=anc_low_since_ms(j.labs, at_ms, rulebook),
        pancreatitis_suspected=_found(j, "PANCREATITIS_SUSPECTED"),
        tls_clinical=_found(j, "TLS_CLINICAL"),
        at_ms=at_ms,
    )


def _taken_ms(j: Judgement, analyte: str, at_ms: int, rulebook: Rulebook) -> int | None:
    """When the specimen of the latest fresh result was taken."""
    result = latest(j.labs, analyte, at_ms, rulebook)
    return None if result is None else result.at_ms


def _found(j: Judgement, code: str) -> bool:
    """Whether that finding of section F stands."""
    return j.events is not None and code in j.events.codes

"""What one domain learns of the others at a moment: fresh values, what runs, what was seen, or that nobody knows."""

from datetime import timedelta
from typing import Any

import pytest

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_events.facts import EventFacts
from blinwatch.core.decisions import AlertTransition
from blinwatch.core.dose_advice.facts import DoseFacts
from blinwatch.core.events import (
    AnyEvent,
    LabResulted,
    MedicationAdministered,
    NeuroAssessed,
    PatientEvent,
    TherapyEnded,
    VitalsObserved,
)
from blinwatch.core.evidence import to_ms
from blinwatch.core.findings import NeuroFindings
from blinwatch.core.interactions.facts import InteractionFacts
from blinwatch.core.live_facts import dose_facts, event_facts, interaction_facts
from blinwatch.core.patient_state import Judgement
from blinwatch.core.pump_events import DeliveryStarted, DeliveryStopped
from blinwatch.core.step import present
from tests.core.stories import START, header, order, run, tick

DAY_MIN = 24 * 60
WELL: dict[str, Any] = {
    "heart_rate_bpm": 74.0,
    "respiratory_rate_per_min": 14.0,
    "spo2_pct": 97.0,
    "sbp_mmhg": 118.0,
    "map_mmhg": 85.0,
    "temperature_c": 36.8,
    "o2_device": "room_air",
}
FULL: dict[str, Any] = {"rate_ml_h": 10.0, "programmed_dose_mcg_day": 28.0}
ICE_10: dict[str, Any] = {"ice_score": 10, "loc": "alert", "seizure": "none"}


def lived(rulebook: Rulebook, minutes: float, *events: PatientEvent, ordered: bool = True) -> Judgement:
    """The patient so many minutes after the order, after these events."""
    first: list[AnyEvent] = [order()] if ordered else []
    return present(run([*first, *events, tick(99, minutes)], rulebook)[0], rulebook)


def for_events(rulebook: Rulebook, minutes: float, *events: PatientEvent, ordered: bool = True) -> EventFacts:
    j = lived(rulebook, minutes, *events, ordered=ordered)
    return event_facts(j, j.clock_ms, rulebook)


def for_drugs(rulebook: Rulebook, minutes: float, *events: PatientEvent, ordered: bool = True) -> InteractionFacts:
    j = lived(rulebook, minutes, *events, ordered=ordered)
    return interaction_facts(j, j.clock_ms, rulebook)


def for_dose(rulebook: Rulebook, minutes: float, *events: PatientEvent, ordered: bool = True) -> DoseFacts:
    j = lived(rulebook, minutes, *events, ordered=ordered)
    return dose_facts(j, j.clock_ms, rulebook)


def charted(minutes: float, **signs: Any) -> VitalsObserved:
    return VitalsObserved(**header(round(minutes), minutes), **signs)


def examined(minutes: float, **fields: Any) -> NeuroAssessed:
    return NeuroAssessed(**header(round(minutes), minutes), findings=NeuroFindings(**{**ICE_10, **fields}))


def drug(minutes: float, name: str, action: Any) -> MedicationAdministered:
    return MedicationAdministered(**header(round(minutes), minutes), drug=name, action=action)


def at_min(minutes: float) -> int:
    return to_ms(START + timedelta(minutes=minutes))


def start(minutes: float, **said: Any) -> DeliveryStarted:
    return DeliveryStarted(**header(round(minutes), minutes), **{**FULL, **said})


def stop(minutes: float, **said: Any) -> DeliveryStopped:
    return DeliveryStopped(**header(round(minutes), minutes), **said)


def result(rulebook: Rulebook, minutes: float, analyte: str, value: float) -> LabResulted:
    entry = rulebook.labs.analytes[analyte]
    return LabResulted(**header(round(minutes), minutes), loinc=entry.loinc[0], value=value, unit=entry.unit)


# --- for the other adverse events (section F) ----------------------------------------------------------------------


def test_of_a_patient_nobody_has_looked_at_nothing_is_known(rulebook: Rulebook) -> None:
    told = for_events(rulebook, 10)
    assert told == EventFacts(age_years=told.age_years, watched_since_ms=at_min(0))
    assert told.age_years == pytest.approx(40, abs=0.001)


def test_without_an_order_the_age_is_unknown_and_the_watch_begins_with_the_first_report(rulebook: Rulebook) -> None:
    told = for_events(rulebook, 10, charted(5, **WELL), ordered=False)
    assert (told.age_years, told.watched_since_ms) == (None, at_min(5))


def test_fresh_signs_are_passed_on_and_stale_ones_are_not(rulebook: Rulebook) -> None:
    seen = charted(5, **{**WELL, "o2_device": "nasal_cannula", "o2_flow_l_min": 3.0, "fio2": 0.3})
    fresh, stale = for_events(rulebook, 10, seen), for_events(rulebook, 5 * 60, seen)
    assert (fresh.temperature_c, fresh.heart_rate_bpm, fresh.respiratory_rate_per_min) == (36.8, 74, 14)
    assert (fresh.spo2_pct, fresh.fio2, fresh.o2_device, fresh.o2_flow_l_min) == (97, 0.3, "nasal_cannula", 3)
    assert (fresh.sbp_mmhg, fresh.map_mmhg, fresh.hypotension_present) == (118, 85, False)
    assert (stale.temperature_c, stale.heart_rate_bpm, stale.sbp_mmhg, stale.spo2_pct) == (None, None, None, None)


@pytest.mark.parametrize("device,ventilated", [("invasive_ventilation", True), ("bipap", False), (None, None)])
def test_only_a_known_device_tells_whether_the_patient_is_ventilated(
    rulebook: Rulebook, device: Any, *, ventilated: bool | None
) -> None:
    assert (
        for_events(rulebook, 10, charted(5, heart_rate_bpm=80.0, o2_device=device)).invasive_ventilation is ventilated
    )


def test_each_vasoactive_agent_that_runs_is_named_once(rulebook: Rulebook) -> None:
    told = for_events(
        rulebook,
        60,
        drug(1, "norepinephrine", "started"),
        drug(2, "noradrenaline", "started"),
        drug(3, "dobutamine", "started"),
        drug(4, "vasopressin", "started"),
        drug(5, "vasopressin", "stopped"),
    )
    assert told.vasoactive_agents == ("dobutamine", "norepinephrine")


@pytest.mark.parametrize("sbp_mmhg,present_now", [(84.0, True), (118.0, False), (None, None)])
def test_hypotension_is_there_is_not_there_or_is_not_known(
    rulebook: Rulebook, sbp_mmhg: float | None, *, present_now: bool | None
) -> None:
    seen = {**WELL, "temperature_c": 38.6, "sbp_mmhg": sbp_mmhg, "map_mmhg": None}
    assert for_events(rulebook, 10, charted(5, **seen)).hypotension_present is present_now


def test_crs_improves_when_its_grade_is_below_the_worst_of_the_episode(rulebook: Rulebook) -> None:
    feverish = {**WELL, "temperature_c": 38.6}
    worse = charted(10, **{**feverish, "sbp_mmhg": 84.0})
    first = for_events(rulebook, 20, charted(5, **feverish))
    assert (first.crs_current, first.crs_improving) == (1, False)
    worst = for_events(rulebook, 20, charted(5, **feverish), worse)
    assert (worst.crs_current, worst.crs_improving) == (2, False)
    better = for_events(rulebook, 14 * 60, charted(5, **feverish), worse, *_every_2_h(feverish, 13 * 60))
    assert (better.crs_current, better.crs_improving) == (1, True)


def _every_2_h(signs: dict[str, Any], until_min: int) -> list[VitalsObserved]:
    return [charted(minutes, **signs) for minutes in range(60, until_min, 120)]


def test_a_suspicion_of_masked_crs_is_no_grade(rulebook: Rulebook) -> None:
    masked = charted(10, **{**WELL, "sbp_mmhg": 84.0})
    told = for_events(rulebook, 20, drug(5, "paracetamol", "given"), masked)
    assert told.crs_current is None


def test_a_seizure_counts_for_24_hours_and_only_while_somebody_examines(rulebook: Rulebook) -> None:
    seizure = examined(60, seizure="brief_resolved")
    day_later = 60 + DAY_MIN
    assert for_events(rulebook, 30).seizure_24h is None
    assert for_events(rulebook, day_later, seizure).seizure_24h is True
    assert for_events(rulebook, day_later + 1, seizure).seizure_24h is None
    assert for_events(rulebook, day_later, seizure, examined(day_later - 60)).seizure_24h is True
    assert for_events(rulebook, day_later + 1, seizure, examined(day_later - 60)).seizure_24h is False
    assert for_events(rulebook, 90, examined(60)).seizure_24h is False


def test_the_coma_scale_counts_for_4_hours(rulebook: Rulebook) -> None:
    seen = charted(10, glasgow_coma_scale=13)
    assert for_events(rulebook, 10 + 240, seen).gcs == 13
    assert for_events(rulebook, 10 + 241, seen).gcs is None


def test_a_word_charted_at_the_very_moment_of_an_examination_gives_way_to_it(rulebook: Rulebook) -> None:
    word = VitalsObserved(**header(1, 10), consciousness="alert")
    assert for_events(rulebook, 20, word, examined(10, loc="awakens_voice")).consciousness == "voice"


def test_the_first_drop_and_the_end_of_therapy_are_told(rulebook: Rulebook) -> None:
    running = for_events(rulebook, 60, start(10))
    assert (running.infusion_start_ms, running.therapy_ended) == (at_min(10), False)
    over = for_events(rulebook, 60, start(10), TherapyEnded(**header(9, 30), reason="discontinued"))
    assert over.therapy_ended is True


# --- for drug interactions (section E) -----------------------------------------------------------------------------


def test_without_an_order_the_interaction_check_knows_nothing_of_the_patient(rulebook: Rulebook) -> None:
    assert for_drugs(rulebook, 10, charted(5, heart_rate_bpm=80.0), ordered=False) == InteractionFacts()


def test_the_order_s_facts_reach_the_interaction_check(rulebook: Rulebook) -> None:
    said: dict[str, Any] = {
        "cycle": 1,
        "weight_kg": 20.0,
        "bag_type_h": 168,
        "preservative": True,
        "label_region": "EU",
        "benzyl_min_weight_kg": 5.4,
        "cranial_rt_history": True,
        "b_cell_recovered": False,
    }
    j = present(run([order(**said), tick(9, 10)], rulebook)[0], rulebook)
    told = interaction_facts(j, j.clock_ms, rulebook)
    assert {name: getattr(told, name) for name in said} == said


def test_whether_a_bag_runs_is_known_only_once_the_pump_has_spoken(rulebook: Rulebook) -> None:
    over = TherapyEnded(**header(7, 40), reason="discontinued")
    assert for_drugs(rulebook, 20).infusing is None
    assert for_drugs(rulebook, 20, start(10)).infusing is True
    assert for_drugs(rulebook, 30, start(10), stop(20)).infusing is True, "an interruption is no end"
    ended = for_drugs(rulebook, 60, start(10), stop(20), over)
    assert (ended.infusing, ended.therapy_ended_ms) == (False, at_min(20))
    assert for_drugs(rulebook, 20, start(10)).therapy_ended_ms is None


def test_crs_of_now_and_of_the_episode_reaches_the_interaction_check(rulebook: Rulebook) -> None:
    feverish = {**WELL, "temperature_c": 38.6}
    told = for_drugs(rulebook, 20, charted(5, **feverish))
    assert (told.crs_grade_now, told.crs_episode_grade, told.crs_last_g1_ms) == (1, 1, at_min(5))
    well = for_drugs(rulebook, 20, charted(5, **WELL))
    assert (well.crs_grade_now, well.crs_episode_grade, well.crs_last_g1_ms) == (0, None, None)


def test_icans_of_now_and_of_the_episode_reaches_the_interaction_check(rulebook: Rulebook) -> None:
    told = for_drugs(rulebook, 90, examined(10, ice_score=5), examined(60, ice_score=8))
    assert (told.icans_grade_now, told.icans_episode_grade) == (1, 2)


def test_salts_and_liver_values_are_passed_on_while_they_are_fresh(rulebook: Rulebook) -> None:
    values = {"potassium": 3.3, "magnesium": 0.6, "alt": 200.0, "ast": 120.0}
    taken = [result(rulebook, 10 + place, name, value) for place, (name, value) in enumerate(values.items())]
    told = for_drugs(rulebook, 60, *taken)
    assert (told.potassium_mmol_l, told.magnesium_mmol_l) == (3.3, 0.6)
    assert told.alt_x_uln is not None
    assert told.ast_x_uln is not None
    assert told.alt_x_uln > told.ast_x_uln > 1
    late = for_drugs(rulebook, 30 + DAY_MIN, *taken)
    assert (late.potassium_mmol_l, late.magnesium_mmol_l, late.alt_x_uln, late.ast_x_uln) == (None, None, None, None)


def ecg(minutes: float, value: float, unit: str = "ms", loinc: str = "8636-3") -> LabResulted:
    return LabResulted(**header(round(minutes), minutes), loinc=loinc, value=value, unit=unit)


@pytest.mark.parametrize("loinc", ["8636-3", "76634-5", "76635-2"])
@pytest.mark.parametrize("value,unit", [(510, "ms"), (0.51, "s")])
def test_a_qtc_of_an_ecg_is_passed_on_whatever_its_formula_and_unit(
    rulebook: Rulebook, loinc: str, value: float, unit: str
) -> None:
    assert for_drugs(rulebook, 60, ecg(10, value, unit, loinc)).qtc_ms == pytest.approx(510)


def test_the_newest_qtc_counts_and_after_a_day_none(rulebook: Rulebook) -> None:
    taken = (ecg(10, 510), ecg(20, 440, loinc="76634-5"))
    assert for_drugs(rulebook, 60, *taken).qtc_ms == 440
    assert for_drugs(rulebook, 20 + DAY_MIN, *taken).qtc_ms == 440
    assert for_drugs(rulebook, 21 + DAY_MIN, *taken).qtc_ms is None


@pytest.mark.parametrize("given,qtc_ms,told", [(True, 500, True), (True, 499, False), (False, 500, False)])
def test_a_long_qtc_raises_its_alert_beside_a_drug_that_prolongs_qt_and_not_without(
    rulebook: Rulebook, *, given: bool, qtc_ms: float, told: bool
) -> None:
    """DDI-18, in the stream: ondansetron in the morning, the ECG half an hour later."""
    drugs: list[AnyEvent] = [drug(30, "ondansetron", "given")] if given else []
    decisions = run([order(), *drugs, ecg(60, qtc_ms), tick(99, 62)], rulebook)[1]
    raised = [one.alert.code for one in decisions if isinstance(one, AlertTransition) and one.transition == "raised"]
    assert ("DDI_QT" in raised) is told


# --- for dose advice (section D) -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "events,running,over",
    [
        ((), None, False),
        ((start(10),), True, False),
        ((start(10), stop(20)), False, False),
        ((start(10), TherapyEnded(**header(9, 30), reason="completed")), None, True),
    ],
)
def test_dose_advice_knows_whether_drug_flows_stands_or_is_over(
    rulebook: Rulebook, events: tuple[PatientEvent, ...], *, running: bool | None, over: bool
) -> None:
    told = for_dose(rulebook, 60, *events)
    assert (told.running, told.therapy_over) == (running, over)


def test_an_interruption_is_told_with_its_beginning_and_its_reason(rulebook: Rulebook) -> None:
    told = for_dose(rulebook, 60, start(10), stop(20, gap_reason="adverse_reaction"))
    assert (told.interruption_since_ms, told.interruption_reason) == (at_min(20), "adverse_reaction")
    assert (told.cycle_start_ms, told.dose_level_now) == (at_min(10), "full")


def test_the_weight_at_the_first_drop_decides_the_dose_not_a_later_one(rulebook: Rulebook) -> None:
    log: list[AnyEvent] = [order(weight_kg=70), start(10), order(3, 30, weight_kg=44), tick(9, 60)]
    j = present(run(log, rulebook)[0], rulebook)
    assert dose_facts(j, j.clock_ms, rulebook).weight_kg == 70
    log = [order(weight_kg=70), order(3, 30, weight_kg=44), tick(9, 60)]
    j = present(run(log, rulebook)[0], rulebook)
    assert dose_facts(j, j.clock_ms, rulebook).weight_kg == 44


def test_liver_values_and_neutrophils_come_with_the_moment_of_their_specimen(rulebook: Rulebook) -> None:
    names = {"alt": 200.0, "ast": 100.0, "bilirubin": 10.0, "anc": 0.3}
    told = for_dose(
        rulebook, 60, *(result(rulebook, 10 + place, name, value) for place, (name, value) in enumerate(names.items()))
    )
    assert (told.alt_ms, told.ast_ms, told.bili_ms) == (at_min(10), at_min(11), at_min(12))
    assert (told.anc, told.anc_low_since_ms) == (0.3, at_min(13))
    late = for_dose(rulebook, 30 + DAY_MIN, result(rulebook, 10, "alt", 200.0))
    assert (late.alt_x_uln, late.alt_ms) == (None, None)


def test_seizures_are_counted_only_once_somebody_has_examined(rulebook: Rulebook) -> None:
    assert for_dose(rulebook, 60).seizure_count is None
    assert for_dose(rulebook, 60, examined(10)).seizure_count == 0
    assert for_dose(rulebook, 60, examined(10, seizure="brief_resolved")).seizure_count == 1


def test_nothing_is_suspected_before_anything_was_found(rulebook: Rulebook) -> None:
    told = for_dose(rulebook, 60)
    assert (told.pancreatitis_suspected, told.tls_clinical) == (False, False)
    assert told.crs_status == "CRS_NONE"


@pytest.mark.parametrize("said,bsa_m2", [({"bsa_m2": 0.8}, 0.8), ({"height_cm": 120.0}, 0.8165), ({}, None)])
def test_a_small_patient_s_body_surface_is_the_order_s_or_worked_out(
    rulebook: Rulebook, said: dict[str, float], bsa_m2: float | None
) -> None:
    j = present(run([order(weight_kg=20, **said), tick(9, 10)], rulebook)[0], rulebook)
    told = dose_facts(j, j.clock_ms, rulebook).bsa_m2
    assert told == (None if bsa_m2 is None else pytest.approx(bsa_m2, abs=0.001))


def test_without_an_order_dose_advice_knows_nothing_of_the_patient(rulebook: Rulebook) -> None:
    told = for_dose(rulebook, 10, charted(5, heart_rate_bpm=80.0), ordered=False)
    assert (told.age_years, told.weight_kg, told.bsa_m2, told.phase, told.cycle, told.label_region) == (None,) * 6


def test_the_order_s_phase_cycle_and_region_reach_dose_advice(rulebook: Rulebook) -> None:
    j = present(run([order(phase="mrd", cycle=3, label_region="EU"), tick(9, 10)], rulebook)[0], rulebook)
    told = dose_facts(j, j.clock_ms, rulebook)
    assert (told.phase, told.cycle, told.label_region) == ("mrd", 3, "EU")


# --- for CRS itself ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("since_stop_h,code", [(1.0, "CRS_G1"), (48.0, "CRS_G1"), (48.1, "CRS_G0")])
def test_a_fever_counts_until_48_hours_after_the_infusion_has_stopped(
    rulebook: Rulebook, since_stop_h: float, code: str
) -> None:
    fever_min = 60 + since_stop_h * 60
    fever = VitalsObserved(**header(9001, fever_min), **{**WELL, "temperature_c": 38.6})
    grade = lived(rulebook, fever_min + 5, start(10), stop(60), fever).grade
    assert grade is not None
    assert grade.code == code

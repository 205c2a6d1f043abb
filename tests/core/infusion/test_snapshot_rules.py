"""Charted snapshots, rule by rule: both sides of every boundary, in sentences a clinician can check."""

from typing import Any

import pytest

from blinwatch.clinical.infusion_rules import InfusionRules
from tests.core.infusion.story import codes, snapshot

RR1 = {"weight_kg": 70.0, "phase": "rr", "cycle": 1}
RR2 = {"weight_kg": 70.0, "phase": "rr", "cycle": 2}
CHILD = {"weight_kg": 20.0, "bsa_m2": 0.8, "phase": "rr", "cycle": 1}
Row = tuple[str, dict[str, Any], str]

DOSE: list[Row] = [
    ("28 mcg/day in cycle 2 is due", {**RR2, "programmed_dose_mcg_day": 28.0}, "INF_OK"),
    ("26.6 is exactly 5 % below 28", {**RR2, "programmed_dose_mcg_day": 26.6}, "INF_OK"),
    ("26.5 is more than 5 % below 28", {**RR2, "programmed_dose_mcg_day": 26.5}, "INF_DOSE_MISMATCH"),
    ("28.1 is over the cap though within 5 %", {**RR2, "programmed_dose_mcg_day": 28.1}, "INF_DOSE_OVER_CAP"),
    ("the cap needs no weight", {"programmed_dose_mcg_day": 30.0}, "INF_DOSE_OVER_CAP"),
    ("no weight, no judgement", {"phase": "rr", "cycle": 2, "programmed_dose_mcg_day": 28.0}, "INF_NOT_EVALUABLE"),
    ("no phase, no judgement", {"weight_kg": 70.0, "cycle": 2, "programmed_dose_mcg_day": 28.0}, "INF_NOT_EVALUABLE"),
    (
        "no cycle, no judgement",
        {"weight_kg": 70.0, "phase": "mrd", "programmed_dose_mcg_day": 28.0},
        "INF_NOT_EVALUABLE",
    ),
    (
        "44.9 kg needs a body surface",
        {"weight_kg": 44.9, "phase": "mrd", "cycle": 1, "programmed_dose_mcg_day": 21.0},
        "INF_NOT_EVALUABLE",
    ),
    ("0.8 m² in R/R cycle 1 starts at 4", {**CHILD, "programmed_dose_mcg_day": 4.0}, "INF_OK"),
    (
        "a large child is capped at 28",
        {"weight_kg": 44.0, "bsa_m2": 1.95, "phase": "mrd", "cycle": 1, "programmed_dose_mcg_day": 28.0},
        "INF_OK",
    ),
    (
        "a large child starts at 9, not 9.5",
        {"weight_kg": 44.0, "bsa_m2": 1.9, "phase": "rr", "cycle": 1, "programmed_dose_mcg_day": 9.5},
        "INF_DOSE_MISMATCH",
    ),
    ("15 is neither dose of cycle 1", {**RR1, "programmed_dose_mcg_day": 15.0}, "INF_DOSE_MISMATCH"),
    ("the starting dose of cycle 1 needs no hours", {**RR1, "programmed_dose_mcg_day": 9.0}, "INF_OK"),
    ("the full dose of cycle 1 needs hours", {**RR1, "programmed_dose_mcg_day": 28.0}, "INF_NOT_EVALUABLE"),
    (
        "a low-dose restart needs neither phase nor cycle",
        {"weight_kg": 70.0, "restart_low": True, "programmed_dose_mcg_day": 9.0},
        "INF_OK",
    ),
    (
        "a low-dose restart steps up after 168 h",
        {"weight_kg": 70.0, "restart_low": True, "programmed_dose_mcg_day": 9.0, "infused_h_at_start_dose": 168.0},
        "INF_DOSE_STEP_DUE",
    ),
    (
        "a low-dose restart in MRD may not begin at the full dose",
        {**RR2, "phase": "mrd", "restart_low": True, "programmed_dose_mcg_day": 28.0, "infused_h_at_start_dose": 0.0},
        "INF_DOSE_STEP_EARLY",
    ),
    (
        "29.4 is within 5 % of the full dose: early, and over the cap first",
        {**RR1, "programmed_dose_mcg_day": 29.4, "infused_h_at_start_dose": 10.0},
        "INF_DOSE_OVER_CAP",
    ),
    ("hours alone are no dose", {**RR1, "infused_h_at_start_dose": 170.0}, "INF_NOT_EVALUABLE"),
    (
        "R/R cycle 7 asks for 56 drug-free days",
        {"phase": "rr", "cycle": 7, "drug_free_h": 1343.9},
        "INF_INTERVAL_SHORT",
    ),
    ("1344 h are 56 days", {"phase": "rr", "cycle": 7, "drug_free_h": 1344.0}, "INF_OK"),
    ("R/R cycle 6 asks for 14 days", {"phase": "rr", "cycle": 6, "drug_free_h": 336.0}, "INF_OK"),
    ("drug-free hours without a phase ask for 14 days", {"drug_free_h": 335.0}, "INF_INTERVAL_SHORT"),
    ("over 676 h with an open gap is not running", {"infused_h_total": 680.0, "gap_min": 300.0}, "INF_CYCLE_END"),
    ("over 676 h, gap closed: running", {"infused_h_total": 680.0, "gap_min": 3.0, "restarted": True}, "INF_OVER_28D"),
    ("at 671.9 h a stop is a gap", {"infused_h_total": 671.9, "gap_min": 300.0}, "INF_INTERRUPT_4H"),
    (
        "at 672 h a standstill is the end",
        {"infused_h_total": 672.0, "bag_type_h": 24.0, "rate_ml_h": 0.0},
        "INF_CYCLE_END",
    ),
]

BAGS: list[Row] = [
    ("72 h bag, US", {"bag_type_h": 72.0, "rate_ml_h": 1.8}, "INF_OK"),
    ("72 h bag, EU", {"bag_type_h": 72.0, "rate_ml_h": 3.3, "label_region": "EU"}, "INF_OK"),
    ("72 h bag, EU rate in the US", {"bag_type_h": 72.0, "rate_ml_h": 3.3}, "INF_RATE_DEVIATION"),
    ("the bag label wins", {"bag_type_h": 72.0, "bag_label_rate_ml_h": 3.3, "rate_ml_h": 3.3}, "INF_OK"),
    ("the bag label suffices", {"bag_label_rate_ml_h": 3.3, "rate_ml_h": 3.6}, "INF_RATE_DEVIATION"),
    ("a rate needs bag or label", {"rate_ml_h": 10.0}, "INF_NOT_EVALUABLE"),
    ("an unknown bag type is no bag type", {"bag_type_h": 30.0, "rate_ml_h": 10.0}, "INF_NOT_EVALUABLE"),
    ("exactly 10 % of the rate is a deviation", {"bag_type_h": 24.0, "rate_ml_h": 1.0}, "INF_RATE_DEVIATION"),
    ("below 10 %, 5 min", {"bag_type_h": 24.0, "rate_ml_h": 0.9, "deviation_min": 5.0}, "INF_OK"),
    ("below 10 %, 4 h", {"bag_type_h": 24.0, "rate_ml_h": 0.9, "deviation_min": 240.0}, "INF_INTERRUPT_4H"),
    ("below 10 %, unknown time", {"bag_type_h": 24.0, "rate_ml_h": 0.9}, "INF_INTERRUPT_SHORT"),
    ("no flow is a standstill whatever the bag", {"rate_ml_h": 0.0, "deviation_min": 20.0}, "INF_INTERRUPT_SHORT"),
    (
        "no flow during a bag change is that bag change",
        {"bag_type_h": 24.0, "rate_ml_h": 0.0, "gap_min": 20.0, "gap_reason": "bag_change"},
        "INF_OK",
    ),
    ("EU knows no 168 h bag", {"bag_type_h": 168.0, "label_region": "EU", "rate_ml_h": 0.6}, "INF_NOT_EVALUABLE"),
    (
        "EU 168 h bag with a label",
        {"bag_type_h": 168.0, "label_region": "EU", "bag_label_rate_ml_h": 0.6, "rate_ml_h": 0.6},
        "INF_OK",
    ),
    ("EU 168 h bag, storage", {"bag_type_h": 168.0, "label_region": "EU", "room_temp_h": 10.0}, "INF_NOT_EVALUABLE"),
    (
        "EU 168 h bag with a label, storage",
        {"bag_type_h": 168.0, "label_region": "EU", "bag_label_rate_ml_h": 0.6, "room_temp_h": 168.1},
        "INF_BAG_EXPIRED",
    ),
    ("EU 168 h bag, hang time", {"bag_type_h": 168.0, "label_region": "EU", "hang_h": 169.1}, "INF_BAG_OVERRUN"),
    ("hang time needs the bag", {"hang_h": 30.0}, "INF_NOT_EVALUABLE"),
    ("room temperature needs the bag", {"room_temp_h": 30.0}, "INF_NOT_EVALUABLE"),
    ("days in the refrigerator need the bag", {"fridge_d": 3.0}, "INF_NOT_EVALUABLE"),
    ("8 days in the refrigerator", {"bag_type_h": 48.0, "fridge_d": 8.0}, "INF_OK"),
    ("8.1 days in the refrigerator", {"bag_type_h": 48.0, "fridge_d": 8.1}, "INF_BAG_EXPIRED"),
    ("10 days in the EU", {"bag_type_h": 72.0, "label_region": "EU", "fridge_d": 10.0}, "INF_OK"),
    ("14 days for a US 96 h bag", {"bag_type_h": 96.0, "fridge_d": 14.0}, "INF_OK"),
    ("14.1 days for a US 168 h bag", {"bag_type_h": 168.0, "fridge_d": 14.1}, "INF_BAG_EXPIRED"),
    ("refrigerated again needs no bag type", {"rerefrigerated": True}, "INF_BAG_EXPIRED"),
    ("not refrigerated again", {"rerefrigerated": False}, "INF_OK"),
    ("vial 24 h cold", {"recon_h": 24.0, "recon_storage": "fridge"}, "INF_OK"),
    ("vial 24.1 h cold", {"recon_h": 24.1, "recon_storage": "fridge"}, "INF_RECON_EXPIRED"),
    ("vial, place unknown", {"recon_h": 3.0}, "INF_NOT_EVALUABLE"),
    ("US 96 h bag holds benzyl alcohol", {"bag_type_h": 96.0, "weight_kg": 21.9}, "INF_BENZYL_WEIGHT"),
    ("exactly 22 kg is allowed", {"bag_type_h": 96.0, "weight_kg": 22.0}, "INF_OK"),
    ("EU 96 h bag does not", {"bag_type_h": 96.0, "label_region": "EU", "weight_kg": 8.0}, "INF_OK"),
    ("charted as free of it", {"bag_type_h": 96.0, "preservative": False, "weight_kg": 8.0}, "INF_OK"),
    ("the site's own limit", {"preservative": True, "benzyl_min_weight_kg": 5.4, "weight_kg": 5.4}, "INF_OK"),
    ("a newborn of unknown weight", {"preservative": True, "age_years": 27 / 365.25}, "INF_BENZYL_WEIGHT"),
    ("28 days old is no newborn", {"preservative": True, "age_years": 28 / 365.25}, "INF_OK"),
    ("neither weight nor age", {"preservative": True}, "INF_NOT_EVALUABLE"),
]

GAPS: list[Row] = [
    ("an adverse reaction has 5 min", {"gap_min": 5.0, "gap_reason": "adverse_reaction"}, "INF_OK"),
    ("and not 6", {"gap_min": 6.0, "gap_reason": "adverse_reaction"}, "INF_INTERRUPT_SHORT"),
    ("no reason counts as unplanned", {"gap_min": 20.0}, "INF_INTERRUPT_SHORT"),
    ("a bag change of 4 h", {"gap_h": 4.0, "gap_reason": "bag_change"}, "INF_INTERRUPT_4H"),
    ("a closed gap below 4 h is history", {"gap_h": 3.9, "restarted": True}, "INF_OK"),
    ("a closed gap above 7 days is not", {"gap_h": 168.1, "restarted": True}, "INF_INTERRUPT_GT7D"),
    ("exactly 7 days, without premedication", {"gap_h": 168.0, "restarted": True}, "INF_PREMED_MISSING"),
    ("closed and open gaps add up", {"gaps_24h_min": (120.0, 116.0), "gap_min": 4.0}, "INF_CUMULATIVE_GAP"),
    (
        "a bag change counts from its 31st minute",
        {"gaps_24h_min": (120.0, 100.0), "gap_min": 49.0, "gap_reason": "bag_change"},
        "INF_INTERRUPT_SHORT",
    ),
    ("one gap of 4 h is not cumulative", {"gaps_24h_min": (30.0,), "gap_h": 4.0}, "INF_INTERRUPT_4H"),
    ("a listed gap of 4 h asks for premedication", {"gaps_24h_min": (240.0, 10.0)}, "INF_PREMED_MISSING"),
    ("of two units the longer gap counts", {"gap_h": 1.0, "gap_min": 300.0}, "INF_INTERRUPT_4H"),
    ("no gaps", {"gaps_24h_min": ()}, "INF_OK"),
]

LINE: list[Row] = [
    ("a purge", {"pump_event": "purge"}, "INF_BOLUS_SUSPECT"),
    ("no event", {"pump_event": "none"}, "INF_OK"),
    ("flush, aspiration not documented", {"pump_event": "flush", "drug_aspirated": False}, "INF_FLUSH"),
    (
        "volume by the table's rate",
        {"bag_type_h": 24.0, "volume_delivered_ml": 3.34, "window_min": 5.0},
        "INF_BOLUS_SUSPECT",
    ),
    ("volume without a window", {"rate_ml_h": 10.0, "volume_delivered_ml": 9.0}, "INF_NOT_EVALUABLE"),
    ("volume without a rate", {"volume_delivered_ml": 9.0, "window_min": 5.0}, "INF_NOT_EVALUABLE"),
    (
        "exactly 15 minutes' worth above",
        {"bag_label_rate_ml_h": 12.0, "volume_delivered_ml": 15.0, "window_min": 60.0},
        "INF_BOLUS_SUSPECT",
    ),
    ("blood drawn", {"lumen_event": "blood_draw"}, "INF_LUMEN_SHARED"),
    ("filter missing", {"filter_present": False}, "INF_FILTER_MISSING"),
    ("filter there", {"filter_present": True}, "INF_OK"),
    ("occlusion past the grace", {"pump_event": "occlusion", "gap_min": 6.0}, "INF_INTERRUPT_SHORT"),
    ("nothing to judge", {"age_years": 40.0, **RR2}, "INF_NOT_EVALUABLE"),
    ("a gap known only as closed", {"restarted": True}, "INF_NOT_EVALUABLE"),
]

SETTING: list[Row] = [
    ("inpatients need nothing more", {"location": "inpatient"}, "INF_OK"),
    ("home needs phase, cycle, day", {"location": "home"}, "INF_NOT_EVALUABLE"),
    ("R/R cycle 1 day 9, supervised", {**RR1, "cycle_day": 9, "location": "supervised"}, "INF_SETTING_ALERT"),
    ("R/R cycle 2 day 2", {**RR2, "cycle_day": 2, "location": "home"}, "INF_SETTING_ALERT"),
    ("the day before the cycle", {**RR1, "cycle_day": 0, "location": "home"}, "INF_OK"),
    ("R/R cycle 2 day 3", {**RR2, "cycle_day": 3, "location": "home"}, "INF_OK"),
    ("MRD+ cycle 2 day 2", {"phase": "mrd", "cycle": 2, "cycle_day": 2, "location": "supervised"}, "INF_SETTING_ALERT"),
    (
        "consolidation cycle 1 day 4",
        {"phase": "consolidation", "cycle": 1, "cycle_day": 4, "location": "home"},
        "INF_OK",
    ),
    ("MRD+ cycle 3 day 2, US", {"phase": "mrd", "cycle": 3, "cycle_day": 2, "location": "home"}, "INF_OK"),
    (
        "MRD+ cycle 3 day 2, EU",
        {"phase": "mrd", "cycle": 3, "cycle_day": 2, "location": "home", "label_region": "EU"},
        "INF_SETTING_ALERT",
    ),
    (
        "MRD+ cycle 3 day 2, EU, supervised",
        {"phase": "mrd", "cycle": 3, "cycle_day": 2, "location": "supervised", "label_region": "EU"},
        "INF_OK",
    ),
]
RESTART = {"gap_h": 4.0, "restarted": True, "phase": "rr", "cycle": 2, "age_years": 40.0}
DEX = {"premed": [{"drug": "dexamethasone", "dose_mg": 20.0, "min_before": 60.0}]}
SETTING += [
    ("home within 24 h of a restart", {**RESTART, **DEX, "location": "home"}, "INF_SETTING_ALERT"),
    ("exactly 24 h after", {**RESTART, **DEX, "location": "home", "hours_since_restart": 24.0}, "INF_SETTING_ALERT"),
    (
        "24.1 h after, day 10",
        {**RESTART, **DEX, "location": "home", "hours_since_restart": 24.1, "cycle_day": 10},
        "INF_OK",
    ),
    (
        "24.1 h after, day unknown",
        {**RESTART, **DEX, "location": "home", "hours_since_restart": 24.1},
        "INF_NOT_EVALUABLE",
    ),
    ("supervised after a restart, day 10", {**RESTART, **DEX, "location": "supervised", "cycle_day": 10}, "INF_OK"),
    ("a gap below 4 h watches nobody", {**RESTART, "gap_h": 3.9, "location": "home", "cycle_day": 10}, "INF_OK"),
]


@pytest.mark.parametrize("sentence,given,expected", DOSE + BAGS + GAPS + LINE + SETTING)
def test_snapshot(rules: InfusionRules, sentence: str, given: dict[str, Any], expected: str) -> None:
    verdict = snapshot(rules, **given)
    assert verdict.headline == expected, (sentence, verdict.findings)


def test_an_essential_that_is_missing_is_flagged_even_behind_another_code(rules: InfusionRules) -> None:
    verdict = snapshot(rules, programmed_dose_mcg_day=30.0)
    assert codes(verdict) == ["INF_DOSE_OVER_CAP", "INF_NOT_EVALUABLE"]
    assert verdict.flags == ("INCOMPLETE",)
    assert "weight, phase and cycle" in verdict.findings[-1].because


def test_a_bag_outside_its_region_is_flagged(rules: InfusionRules) -> None:
    verdict = snapshot(rules, bag_type_h=168.0, label_region="EU", bag_label_rate_ml_h=0.6, rate_ml_h=0.6)
    assert verdict.flags == ("NOT_IN_REGION",)


@pytest.mark.parametrize("dose,variant", [(26.0, "below"), (9.0, "below")])
def test_a_wrong_dose_says_its_direction(rules: InfusionRules, dose: float, variant: str) -> None:
    assert snapshot(rules, **RR2, programmed_dose_mcg_day=dose).findings[0].variant == variant


def test_a_dose_between_start_and_full_is_above_what_is_due_in_the_first_week(rules: InfusionRules) -> None:
    low = snapshot(rules, **RR1, programmed_dose_mcg_day=15.0, infused_h_at_start_dose=20.0)
    late = snapshot(rules, **RR1, programmed_dose_mcg_day=15.0, infused_h_at_start_dose=180.0)
    assert (low.findings[0].variant, low.dose_due_mcg_day) == ("above", 9)
    assert (late.findings[0].variant, late.dose_due_mcg_day) == ("below", 28)


@pytest.mark.parametrize(
    "given,variant",
    [({}, "stopped"), ({"gap_min": 2.0}, "stopped"), ({"rate_ml_h": 10.0, "bag_type_h": 24.0}, "flowing")],
)
def test_an_occlusion_says_whether_drug_flows(rules: InfusionRules, given: dict[str, Any], variant: str) -> None:
    verdict = snapshot(rules, pump_event="occlusion", **given)
    assert [finding.variant for finding in verdict.findings if finding.code == "INF_OCCLUSION"] == [variant]


def test_all_codes_that_hold_are_reported_and_the_most_urgent_leads(rules: InfusionRules) -> None:
    verdict = snapshot(
        rules,
        **RR2,
        programmed_dose_mcg_day=21.0,
        pump_event="flush",
        bag_type_h=24.0,
        rate_ml_h=12.0,
        filter_present=False,
        minutes_since_message=20.0,
    )
    assert codes(verdict) == [
        "INF_FLUSH",
        "INF_DOSE_MISMATCH",
        "INF_RATE_DEVIATION",
        "INF_COMM_LOSS",
        "INF_FILTER_MISSING",
    ]


def test_every_sentence_speaks_of_values_and_limits(rules: InfusionRules) -> None:
    verdict = snapshot(rules, gap_min=250.0, gap_reason="adverse_reaction")
    finding = verdict.findings[0]
    assert finding.because == (
        "the infusion has been stopped for 4 h 10 min (for an adverse reaction); "
        "premedicate again and restart under supervision or in hospital"
    )
    assert (finding.rule_id, finding.threshold) == ("INF-7", ">= 4 h")


@pytest.mark.parametrize(
    "storage,hours,where", [("room", 4.1, "at room temperature"), ("fridge", 24.1, "refrigerator")]
)
def test_an_expired_vial_is_told_with_the_place_where_it_stood(
    rules: InfusionRules, storage: str, hours: float, where: str
) -> None:
    (expired,) = snapshot(rules, recon_h=hours, recon_storage=storage).findings
    assert where in expired.because
    assert where in (expired.threshold or "")


def test_a_wrong_dose_is_told_with_the_tolerance_in_percent(rules: InfusionRules) -> None:
    wrong = snapshot(rules, phase="rr", cycle=2, weight_kg=70.0, programmed_dose_mcg_day=20.0).findings
    (threshold,) = [one.threshold for one in wrong if one.code == "INF_DOSE_MISMATCH"]
    assert threshold == "more than 5 % from 28 mcg/day"

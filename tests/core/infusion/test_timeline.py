"""The live infusion: short stories of pump events, asked at an hour, as a case table would ask."""

from typing import Any

import pytest

from blinwatch.clinical.infusion_rules import InfusionRules
from tests.core.infusion.story import FULL, LOW, REACTION, Told, codes, ms, ordered, told_at

Row = tuple[str, float, list[Told], dict[str, Any], str]
RATE_24 = {"bag_type_h": 24.0}
BACK = {"volume_shortfall_ml": 50.0}

GAPS: list[Row] = [
    ("5 min are within grace", 24 + 5 / 60, [(0, "start"), (24, "stop")], {}, "INF_OK"),
    ("a bag change has 30 min", 24.5, [(0, "start"), (24, "bag_change_start")], {}, "INF_OK"),
    ("and not 31", 24 + 31 / 60, [(0, "start"), (24, "bag_change_start")], {}, "INF_INTERRUPT_SHORT"),
    ("4 h 00 min", 28, [(0, "start"), (24, "stop")], {}, "INF_INTERRUPT_4H"),
    ("exactly 7 days", 192, [(0, "start"), (24, "stop")], {}, "INF_INTERRUPT_4H"),
    ("more than 7 days", 192.01, [(0, "start"), (24, "stop")], {}, "INF_INTERRUPT_GT7D"),
    ("a closed short gap is history", 30, [(0, "start"), (24, "stop"), (25, "restart")], {}, "INF_OK"),
    ("a dose never restarts flow", 29, [(0, "start"), (24, "stop"), (25, "dose", FULL)], {}, "INF_INTERRUPT_4H"),
    (
        "a rate does not end a declared stop",
        29,
        [(0, "start"), (24, "stop"), (25, "rate", {"rate_ml_h": 10.0})],
        RATE_24,
        "INF_INTERRUPT_4H",
    ),
    ("the end of a bag change closes a stop", 29, [(0, "start"), (24, "stop"), (25, "bag_change_end")], {}, "INF_OK"),
    (
        "a pump that says it delivers does, too",
        29,
        [(0, "start"), (24, "stop"), (25, "status", {"delivering": True}), (28.9, "status", {"delivering": True})],
        {},
        "INF_OK",
    ),
    (
        "a closed gap of more than 7 days stays for the cycle",
        600,
        [(0, "start"), (24, "stop"), (192.1, "restart")],
        {},
        "INF_INTERRUPT_GT7D",
    ),
    ("a stop after 672 infused hours is the end", 700, [(0, "start"), (672, "stop")], {}, "INF_CYCLE_END"),
    ("a stop before is a gap", 700, [(0, "start"), (671.9, "stop")], {}, "INF_INTERRUPT_4H"),
    (
        "gaps do not count towards the 28 days",
        677,
        [(0, "start"), (24, "stop"), (28, "restart")],
        {},
        "INF_CYCLE_END",
    ),
    (
        "more than 676 h infused",
        681,
        [(0, "start"), (24, "stop"), (28, "restart")],
        {},
        "INF_OVER_28D",
    ),
    ("hours infused elsewhere count", 80, [(0, "start")], {"infused_h_before": 600.0}, "INF_OVER_28D"),
    ("events after the question are ignored", 20, [(0, "start"), (20.01, "flush")], {}, "INF_OK"),
    ("a stop tells that drug was flowing", 5, [(0, "stop")], {}, "INF_INTERRUPT_4H"),
]

SUMS: list[Row] = [
    (
        "two gaps of 2 h within 24 h",
        40,
        [(0, "start"), (20, "stop"), (22, "restart"), (25, "stop"), (27, "restart")],
        {},
        "INF_CUMULATIVE_GAP",
    ),
    (
        "the first leaves the window bit by bit",
        44.01,
        [(0, "start"), (20, "stop"), (22, "restart"), (25, "stop"), (27, "restart")],
        {},
        "INF_OK",
    ),
    (
        "an open gap counts up to now",
        27,
        [(0, "start"), (20, "stop"), (22, "restart"), (25, "stop")],
        {},
        "INF_INTERRUPT_SHORT",
    ),
    (
        "one gap of 4 h touching the window is not cumulative",
        40,
        [(0, "start"), (12, "stop"), (16.5, "restart"), (20, "stop"), (23.9, "restart")],
        {},
        "INF_PREMED_MISSING",
    ),
    (
        "bag changes count from their 31st minute",
        40,
        [
            *[(0, "start"), (20, "bag_change_start"), (22.2, "bag_change_end")],
            *[(25, "bag_change_start"), (27.2, "bag_change_end")],
        ],
        {},
        "INF_OK",
    ),
    (
        "4 h after them it is",
        40,
        [
            *[(0, "start"), (20, "bag_change_start"), (22.5, "bag_change_end")],
            *[(25, "bag_change_start"), (27.5, "bag_change_end")],
        ],
        {},
        "INF_CUMULATIVE_GAP",
    ),
]

PAST: list[Row] = [
    ("a flush for 24 h", 48, [(0, "start"), (24, "flush")], {}, "INF_FLUSH"),
    ("and no longer", 48.001, [(0, "start"), (24, "flush")], {}, "INF_OK"),
    ("a flush after aspiration", 25, [(0, "start"), (24, "flush", {"drug_aspirated": True})], {}, "INF_OK"),
    ("air", 48, [(0, "start"), (24, "air")], {}, "INF_AIR"),
    ("the lumen", 48, [(0, "start"), (24, "lumen", {"lumen_event": "y_site"})], {}, "INF_LUMEN_SHARED"),
    ("a purge", 30, [(0, "start"), (24, "bolus", {"kind": "purge"})], {}, "INF_BOLUS_SUSPECT"),
    ("an alarm that ended is still current", 30, [(0, "start"), (24, "occlusion")], {}, "INF_OCCLUSION"),
    ("a flat battery is no infusion code", 30, [(0, "start"), (24, "battery")], {}, "INF_OK"),
    (
        "too much volume after an occlusion",
        24.2,
        [(0, "start", {"rate_ml_h": 10.0}), (24.1, "volume", {"volume_delivered_ml": 3.34, "window_min": 5.0})],
        {"bag_type_h": 24.0},
        "INF_BOLUS_SUSPECT",
    ),
]

RATES: list[Row] = [
    ("6 % for 9 min", 12.15, [(0, "start"), (12, "rate", {"rate_ml_h": 10.6})], RATE_24, "INF_OK"),
    ("6 % for 10 min", 12 + 10 / 60, [(0, "start"), (12, "rate", {"rate_ml_h": 10.6})], RATE_24, "INF_RATE_DEVIATION"),
    (
        "another wrong rate does not start the clock again",
        12.2,
        [(0, "start"), (12, "rate", {"rate_ml_h": 10.6}), (12.1, "rate", {"rate_ml_h": 9.0})],
        RATE_24,
        "INF_RATE_DEVIATION",
    ),
    (
        "a corrected rate is no deviation",
        13,
        [(0, "start"), (12, "rate", {"rate_ml_h": 10.6}), (12.1, "rate", {"rate_ml_h": 10.0})],
        RATE_24,
        "INF_OK",
    ),
    ("below 10 % is a stop", 12.2, [(0, "start"), (12, "rate", {"rate_ml_h": 0.9})], RATE_24, "INF_INTERRUPT_SHORT"),
    ("4 h of it", 16, [(0, "start"), (12, "rate", {"rate_ml_h": 0.9})], RATE_24, "INF_INTERRUPT_4H"),
    (
        "the next rate is its restart",
        13,
        [(0, "start"), (12, "rate", {"rate_ml_h": 0.9}), (12.5, "rate", {"rate_ml_h": 10.0})],
        RATE_24,
        "INF_OK",
    ),
    (
        "a restart after 4 h of it wants premedication",
        17,
        [(0, "start"), (12, "rate", {"rate_ml_h": 0.0}), (16, "rate", {"rate_ml_h": 10.0})],
        RATE_24,
        "INF_PREMED_MISSING",
    ),
    (
        "a rate without a bag cannot be judged",
        12,
        [(0, "start"), (1, "rate", {"rate_ml_h": 10.0})],
        {},
        "INF_NOT_EVALUABLE",
    ),
    (
        "the wrong rate after a change to a 96 h bag",
        25,
        [
            *[(0, "start", {"rate_ml_h": 10.0}), (24, "bag_change_start")],
            (24.2, "bag_change_end", {"bag_type_h": 96.0, "rate_ml_h": 10.0}),
        ],
        RATE_24,
        "INF_RATE_DEVIATION",
    ),
    (
        "the right one",
        25,
        [
            *[(0, "start", {"rate_ml_h": 10.0}), (24, "bag_change_start")],
            (24.2, "bag_change_end", {"bag_type_h": 96.0, "rate_ml_h": 1.8}),
        ],
        RATE_24,
        "INF_OK",
    ),
]

DOSES: list[Row] = [
    ("no dose told, none judged", 30, [(0, "start")], {}, "INF_OK"),
    ("the wrong dose lasts", 300, [(0, "start", {"programmed_dose_mcg_day": 21.0})], {}, "INF_DOSE_MISMATCH"),
    (
        "until it is corrected",
        300,
        [(0, "start", {"programmed_dose_mcg_day": 21.0}), (299, "dose", FULL)],
        {},
        "INF_OK",
    ),
    ("the step is due at 168 h", 168, [(0, "start", LOW)], {"cycle": 1}, "INF_DOSE_STEP_DUE"),
    ("a gap defers it", 168, [(0, "start", LOW), (5, "stop"), (6, "restart")], {"cycle": 1}, "INF_OK"),
    ("and it is overdue after 172", 172.01, [(0, "start", LOW)], {"cycle": 1}, "INF_DOSE_STEP_OVERDUE"),
    ("an early step", 163, [(0, "start", LOW), (150, "dose", FULL)], {"cycle": 1}, "INF_DOSE_STEP_EARLY"),
    ("for 24 h", 174, [(0, "start", LOW), (150, "dose", FULL)], {"cycle": 1}, "INF_DOSE_STEP_EARLY"),
    ("and no longer", 174.01, [(0, "start", LOW), (150, "dose", FULL)], {"cycle": 1}, "INF_OK"),
    ("164 h are enough", 164.1, [(0, "start", LOW), (164, "dose", FULL)], {"cycle": 1}, "INF_PREMED_MISSING"),
    ("no step in MRD+", 170, [(0, "start", FULL)], {"cycle": 1, "phase": "mrd"}, "INF_OK"),
    (
        "the full dose programmed in a pause is told before it flows",
        101,
        [(0, "start", LOW), (100, "stop"), (100.5, "dose", FULL)],
        {"cycle": 1},
        "INF_DOSE_STEP_EARLY",
    ),
]
DOSES += [
    (
        "a low-dose restart counts from the restart",
        470,
        [(0, "start", FULL), (200, "stop", REACTION), (300, "restart", LOW)],
        {"restart_low": True, "phase": "mrd"},
        "INF_DOSE_STEP_DUE",
    ),
    (
        "its step too early",
        400,
        [(0, "start", FULL), (200, "stop", REACTION), (300, "restart", LOW), (399, "dose", FULL)],
        {"restart_low": True, "phase": "mrd"},
        "INF_DOSE_STEP_EARLY",
    ),
    (
        "restarted at the full dose instead",
        301,
        [(0, "start", FULL), (200, "stop", REACTION), (300, "restart")],
        {"restart_low": True, "phase": "mrd"},
        "INF_DOSE_STEP_EARLY",
    ),
    (
        "the story alone shows a low-dose restart",
        330,
        [(0, "start", FULL), (200, "stop", REACTION), (300, "restart", LOW)],
        {},
        "INF_OK",
    ),
    (
        "unless the order says that there is none",
        330,
        [(0, "start", FULL), (200, "stop", REACTION), (300, "restart", LOW)],
        {"restart_low": False},
        "INF_DOSE_MISMATCH",
    ),
    (
        "a low dose after a technical stop is a mistake",
        330,
        [(0, "start", FULL), (200, "stop"), (300, "restart", LOW)],
        {},
        "INF_DOSE_MISMATCH",
    ),
]

MESSAGES: list[Row] = [
    ("15 min after the gateway lost the pump", 30.25, [(0, "start"), (30, "comm_lost")], {}, "INF_OK"),
    ("16 min after", 30.27, [(0, "start"), (30, "comm_lost")], {}, "INF_COMM_LOSS"),
    ("back", 32, [(0, "start"), (30, "comm_lost"), (31, "comm_back")], {}, "INF_OK"),
    ("a pump that never reported is not silent", 50, [(0, "start")], {}, "INF_OK"),
    ("one that reported is", 50, [(0, "start"), (49, "status", {"delivering": True})], {}, "INF_COMM_LOSS"),
    ("no silence after the end", 700, [(0, "start"), (49, "status"), (672, "stop")], {}, "INF_CYCLE_END"),
    (
        "a shortfall of 4 min is ignored",
        676,
        [(0, "start"), (30, "comm_lost"), (31, "comm_back", {"volume_shortfall_ml": 0.7})],
        RATE_24,
        "INF_CYCLE_END",
    ),
    (
        "one of 1 h is time not infused",
        672.9,
        [(0, "start"), (30, "comm_lost"), (31, "comm_back", {"volume_shortfall_ml": 10.0})],
        RATE_24,
        "INF_OK",
    ),
    (
        "5 h missing: a restart that wants premedication",
        41,
        [(0, "start"), (30, "comm_lost"), (40, "comm_back", BACK)],
        RATE_24,
        "INF_PREMED_MISSING",
    ),
    (
        "a shortfall without any rate",
        41,
        [(0, "start"), (30, "comm_lost"), (40, "comm_back", BACK)],
        {},
        "INF_NOT_EVALUABLE",
    ),
]

SETTING: list[Row] = [
    ("day 9 of R/R cycle 1 at home", 215, [(0, "start")], {"cycle": 1, "location": "home"}, "INF_SETTING_ALERT"),
    ("day 10", 216, [(0, "start")], {"cycle": 1, "location": "home"}, "INF_OK"),
    ("no location, not judged", 10, [(0, "start")], {"cycle": 1}, "INF_OK"),
    (
        "days count from first drop elsewhere",
        10,
        [(0, "start")],
        {"cycle": 1, "location": "home", "infused_h_before": 210.0},
        "INF_OK",
    ),
]


@pytest.mark.parametrize("sentence,hour,story,order,expected", GAPS + SUMS + PAST + RATES + DOSES + MESSAGES + SETTING)
def test_story(
    rules: InfusionRules, sentence: str, hour: float, story: list[Told], order: dict[str, Any], expected: str
) -> None:
    view = told_at(hour, story, rules, ordered(**order))
    assert view.verdict.headline == expected, (sentence, view.verdict.findings)


def test_an_alarm_that_repeats_is_one_finding_and_hides_no_other(rules: InfusionRules) -> None:
    story: list[Told] = [(0, "start"), (1, "flush"), (2, "air"), (3, "occlusion"), (4, "occlusion")]
    view = told_at(5, story, rules)
    found = {finding.code: finding.since_ms for finding in view.verdict.findings}
    assert sorted(finding.code for finding in view.verdict.findings) == ["INF_AIR", "INF_FLUSH", "INF_OCCLUSION"]
    assert found["INF_OCCLUSION"] == ms(4)


def test_a_pump_that_is_started_at_a_standstill_goes_on_standing(rules: InfusionRules) -> None:
    """The 4 hours of the interruption count from the stop, not from the start that moved nothing."""
    story: list[Told] = [(0, "start"), (24, "stop"), (25, "start", {"rate_ml_h": 0.0})]
    order = ordered(bag_type_h=24.0)
    assert "INF_INTERRUPT_4H" not in codes(told_at(27.99, story, rules, order).verdict)
    assert "INF_INTERRUPT_4H" in codes(told_at(28, story, rules, order).verdict)


@pytest.mark.parametrize(
    "story", [[(5, "rate", {"rate_ml_h": 10.0})], [(1, "start", {"rate_ml_h": 0.0}), (5, "rate", {"rate_ml_h": 10.0})]]
)
def test_a_first_rate_that_moves_drug_is_the_first_drop(rules: InfusionRules, story: list[Told]) -> None:
    view = told_at(26, story, rules, ordered(bag_type_h=24.0))
    assert (view.state, view.cycle_start_ms, view.infused_h_total) == ("running", ms(5), 21)

"""The live infusion: short stories of pump events, asked at an hour, as a case table would ask."""

from typing import Any

import pytest

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.core.decisions import to_datetime
from blinwatch.core.findings import InfusionFindings
from tests.core.infusion.story import (
    Told,
    codes,
    ms,
    ordered,
    premed,
    told_at,
)

Row = tuple[str, float, list[Told], dict[str, Any], str]
LOW, FULL = {"programmed_dose_mcg_day": 9.0}, {"programmed_dose_mcg_day": 28.0}
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
REACTION = {"gap_reason": "adverse_reaction"}
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


# --- Premedication of steps and restarts ------------------------------------------------------------------------

STEP: list[Told] = [(0, "start", LOW), (168, "dose", FULL)]
RESTART: list[Told] = [(0, "start"), (24, "stop"), (28, "restart")]


@pytest.mark.parametrize(
    "story,given_h,asked_h,expected",
    [
        (STEP, 167, 169, "INF_OK"),
        (STEP, 167.9, 169, "INF_PREMED_MISSING"),
        (STEP, None, 192, "INF_PREMED_MISSING"),
        (STEP, None, 192.01, "INF_OK"),
        (RESTART, 27, 29, "INF_OK"),
        (RESTART, 28.5, 29, "INF_PREMED_MISSING"),
        (RESTART, None, 52, "INF_PREMED_MISSING"),
        (RESTART, None, 52.01, "INF_OK"),
    ],
)
def test_steps_and_restarts_want_premedication_for_a_day(
    rules: InfusionRules, story: list[Told], given_h: float | None, asked_h: float, expected: str
) -> None:
    premeds = () if given_h is None else (premed(given_h),)
    assert told_at(asked_h, story, rules, ordered(cycle=1), premeds).verdict.headline == expected


def test_the_start_of_a_cycle_wants_premedication_unless_it_is_documented_elsewhere(rules: InfusionRules) -> None:
    asked = ordered(cycle_start_premed_documented=None)
    assert told_at(1, [(0, "start")], rules, asked).verdict.headline == "INF_PREMED_MISSING"
    assert told_at(1, [(0, "start")], rules, asked, (premed(-1),)).verdict.headline == "INF_OK"
    assert told_at(24.1, [(0, "start")], rules, asked).verdict.headline == "INF_OK"
    moved = ordered(cycle_start_premed_documented=None, infused_h_before=10.0)
    assert told_at(1, [(0, "start")], rules, moved).verdict.headline == "INF_OK"


def test_a_child_is_judged_by_the_age_at_the_restart(rules: InfusionRules) -> None:
    """Born on 2008-03-03: a child at the restart on 2 March, an adult the day after."""
    order = ordered(cycle=2, birth_date="2008-03-03", age_years=None, bsa_m2=1.5)
    story: list[Told] = [(0, "start"), (20, "stop"), (30, "restart"), (36, "stop"), (42, "restart")]
    assert told_at(35, story, rules, order).verdict.headline == "INF_OK"
    assert told_at(43, story, rules, order).verdict.headline == "INF_PREMED_MISSING"


def test_a_restart_at_home_is_a_setting_alert_for_a_day(rules: InfusionRules) -> None:
    story: list[Told] = [(0, "start"), (100, "stop"), (104, "restart")]
    order, given = ordered(location="home"), (premed(103),)
    assert told_at(128, story, rules, order, given).verdict.headline == "INF_SETTING_ALERT"
    assert told_at(128.01, story, rules, order, given).verdict.headline == "INF_OK"


# --- Bags of a live pump -------------------------------------------------------------------------------------------


def alive(to_h: float) -> list[Told]:
    """Status reports every 10 min."""
    return [(number / 6, "status", {"rate_ml_h": 10.0, "delivering": True}) for number in range(round(to_h * 6) + 1)]


@pytest.mark.parametrize("hour,expected", [(25, "INF_OK"), (25.1, "INF_BAG_OVERRUN"), (48.1, "INF_BAG_EXPIRED")])
def test_a_reporting_pump_without_a_bag_change_overruns_its_bag(
    rules: InfusionRules, hour: float, expected: str
) -> None:
    assert told_at(hour, alive(hour), rules, ordered(bag_type_h=24.0)).verdict.headline == expected


def test_a_bag_brings_its_own_history(rules: InfusionRules) -> None:
    said = {"bag_type_h": 24.0, "room_temp_h_before": 40.0}
    story: list[Told] = [(0, "start"), (24, "bag_change_start"), (24.2, "bag_change_end", said)]
    assert told_at(32.2, story, rules).verdict.headline == "INF_OK"
    assert told_at(32.3, story, rules).verdict.headline == "INF_BAG_EXPIRED"


def test_a_small_child_gets_a_preserved_bag(rules: InfusionRules) -> None:
    story: list[Told] = [(0, "start"), (24, "bag_change_start"), (24.2, "bag_change_end", {"bag_type_h": 96.0})]
    order = ordered(weight_kg=12.0, bsa_m2=0.5, bag_type_h=24.0)
    assert told_at(24, story, rules, order).verdict.headline == "INF_OK"
    assert told_at(25, story, rules, order).verdict.headline == "INF_BENZYL_WEIGHT"


# --- The totaliser ------------------------------------------------------------------------------------------------


def test_the_totaliser_tells_what_flowed_while_nobody_listened(rules: InfusionRules) -> None:
    """Two hours of silence at 10 mL/h, of which the totaliser shows 5 mL: an hour and a half was lost."""
    story: list[Told] = [
        (0, "status", {"rate_ml_h": 10.0, "delivering": True, "volume_delivered_total_ml": 0.0}),
        (0.2, "status", {"rate_ml_h": 10.0, "delivering": True, "volume_delivered_total_ml": 2.0}),
        (2.2, "status", {"rate_ml_h": 10.0, "delivering": True, "volume_delivered_total_ml": 7.0}),
    ]
    view = told_at(2.3, story, rules, ordered(bag_type_h=24.0))
    assert view.infused_h_total == pytest.approx(0.8)
    assert view.verdict.headline == "INF_OK"


def test_a_totaliser_that_was_reset_tells_nothing(rules: InfusionRules) -> None:
    story: list[Told] = [
        (0, "status", {"rate_ml_h": 10.0, "delivering": True, "volume_delivered_total_ml": 200.0}),
        (2, "status", {"rate_ml_h": 10.0, "delivering": True, "volume_delivered_total_ml": 7.0}),
    ]
    assert told_at(2.1, story, rules, ordered(bag_type_h=24.0)).infused_h_total == pytest.approx(2.1)


# --- What a board shows ----------------------------------------------------------------------------------------------


def test_the_view_of_a_running_infusion(rules: InfusionRules) -> None:
    story: list[Told] = [(0, "start", {**LOW, "rate_ml_h": 10.0}), (24, "bag_change_start")]
    story.append((24.25, "bag_change_end", {"bag_type_h": 48.0, "rate_ml_h": 5.0}))
    view = told_at(30, story, rules, ordered(cycle=1))
    assert (view.state, view.rate_ml_h, view.dose_mcg_day) == ("running", 5.0, 9.0)
    assert view.verdict.dose_due_mcg_day == 9
    assert view.infused_h_total == 29.75
    assert view.cycle_start_ms == ms(0)
    assert view.bag_due_at_ms == ms(72.25)
    assert view.step_due_at_ms == ms(168.25)
    assert view.end_due_at_ms == ms(672.25)
    assert view.flow_stopped_ms is None


def test_the_view_of_a_gap(rules: InfusionRules) -> None:
    view = told_at(25, [(0, "start"), (24.5, "stop")], rules)
    assert (view.state, view.gap_min, view.flow_stopped_ms, view.rate_ml_h) == ("interrupted", 30, ms(24.5), None)
    assert told_at(25, [(0, "start"), (24.5, "bag_change_start")], rules).state == "bag_change"


def test_before_the_first_pump_event_nothing_can_be_judged(rules: InfusionRules) -> None:
    view = told_at(0, [], rules)
    assert (view.state, view.verdict.headline, view.verdict.flags) == ("unknown", "INF_NOT_EVALUABLE", ("INCOMPLETE",))


def test_a_pump_that_stands_before_first_drop_has_not_started(rules: InfusionRules) -> None:
    view = told_at(1, [(0, "status", {"delivering": False})], rules)
    assert (view.state, view.verdict.headline) == ("not_started", "INF_OK")


def test_a_finding_carries_its_event_and_its_own_time(rules: InfusionRules) -> None:
    story: list[Told] = [(0, "start"), (24, "flush"), (25, "flush"), (26, "stop")]
    findings = told_at(31, story, rules).verdict.findings
    flushes = [(one.event_id, one.since_ms) for one in findings if one.code == "INF_FLUSH"]
    assert flushes == [("e0001", ms(24)), ("e0002", ms(25))]
    gap = next(one for one in findings if one.code == "INF_INTERRUPT_4H")
    assert (gap.event_id, gap.since_ms) == (None, ms(30))
    assert {item.event_id for item in gap.evidence} == {"e0003"}


def test_the_occlusion_of_a_standing_infusion_is_the_graver_one(rules: InfusionRules) -> None:
    stopped = told_at(24.05, [(0, "start"), (24, "occlusion"), (24, "stop")], rules).verdict.findings[0]
    flowing = told_at(24.05, [(0, "start"), (24, "occlusion")], rules).verdict.findings[0]
    assert (stopped.code, stopped.variant) == ("INF_OCCLUSION", "stopped")
    assert (flowing.code, flowing.variant) == ("INF_OCCLUSION", "flowing")


def test_a_cycle_begun_too_early_by_the_order(rules: InfusionRules) -> None:
    early = told_at(1, [(0, "start")], rules, ordered(previous_cycle_ended_at=to_datetime(ms(-335.9))))
    late = told_at(1, [(0, "start")], rules, ordered(previous_cycle_ended_at=to_datetime(ms(-336))))
    assert (early.verdict.headline, late.verdict.headline) == ("INF_INTERVAL_SHORT", "INF_OK")


def test_a_charted_rate_turns_a_shortfall_into_time(rules: InfusionRules) -> None:
    story: list[Told] = [(0, "start"), (30, "comm_lost"), (31, "comm_back", {"volume_shortfall_ml": 10.0})]
    view = told_at(40, story, rules, charted=InfusionFindings(rate_ml_h=10.0))
    assert (view.verdict.headline, view.infused_h_total) == ("INF_OK", 39)


@pytest.mark.parametrize("more", [[], [(31, "comm_back")]], ids=["while the pump is lost", "back, nothing missing"])
def test_a_charted_rate_beside_a_lost_connection_needs_no_bag(rules: InfusionRules, more: list[Told]) -> None:
    story: list[Told] = [(0, "start"), (30.9, "comm_lost"), *more]
    view = told_at(31, story, rules, charted=InfusionFindings(rate_ml_h=10.0))
    assert (view.verdict.headline, view.verdict.flags) == ("INF_OK", ())


def test_a_charted_rate_of_0_is_a_standstill_even_beside_a_lost_connection(rules: InfusionRules) -> None:
    story: list[Told] = [(0, "start"), (30, "comm_lost"), (31, "comm_back")]
    view = told_at(31, story, rules, charted=InfusionFindings(rate_ml_h=0.0, deviation_min=20.0))
    assert view.verdict.headline == "INF_INTERRUPT_SHORT"


def test_a_charted_rate_without_bag_or_lost_connection_cannot_be_judged(rules: InfusionRules) -> None:
    view = told_at(31, [(0, "start")], rules, charted=InfusionFindings(rate_ml_h=10.0))
    assert view.verdict.headline == "INF_NOT_EVALUABLE"


def test_pounds_and_height_stand_in_for_weight_and_body_surface(rules: InfusionRules) -> None:
    """66 lb are 29.9 kg; with 130 cm that is 1.04 m², so 15.6 mcg/day are due in MRD+."""
    order = ordered(weight_kg=None, weight_lb=66.0, height_cm=130.0, phase="mrd")
    view = told_at(1, [(0, "start", {"programmed_dose_mcg_day": 15.6})], rules, order)
    assert view.verdict.headline == "INF_OK"
    assert view.verdict.dose_due_mcg_day == pytest.approx(15.6, abs=0.05)


def test_what_nobody_documented_within_the_grace_is_unplanned(rules: InfusionRules) -> None:
    """The pump stands; the bag change is charted 3 or 10 minutes later."""
    soon: list[Told] = [(0, "start"), (24, "status", {"delivering": False}), (24.05, "bag_change_start")]
    late: list[Told] = [(0, "start"), (24, "status", {"delivering": False}), (24.2, "bag_change_start")]
    assert told_at(24.25, soon, rules).state == "bag_change"
    assert told_at(24.25, late, rules).verdict.headline == "INF_INTERRUPT_SHORT"


def test_a_pump_stopped_for_a_documented_bag_change_stays_one(rules: InfusionRules) -> None:
    story: list[Told] = [(0, "start"), (24, "bag_change_start"), (24.01, "stop")]
    assert told_at(24.4, story, rules).verdict.headline == "INF_OK"
    story[-1] = (24.01, "stop", {"gap_reason": "unplanned"})
    assert told_at(24.4, story, rules).verdict.headline == "INF_INTERRUPT_SHORT"


def test_codes_in_words_for_a_nurse(rules: InfusionRules) -> None:
    verdict = told_at(25, [(0, "start"), (24.5, "stop", REACTION)], rules).verdict
    assert codes(verdict) == ["INF_INTERRUPT_SHORT"]
    assert verdict.findings[0].because.startswith("the infusion has been stopped for 30 min (for an adverse reaction)")


def test_after_a_step_within_tolerance_the_full_dose_is_due(rules: InfusionRules) -> None:
    view = told_at(166, [(0, "start", LOW), (165, "dose", FULL)], rules, ordered(cycle=1), (premed(164),))
    assert (view.verdict.headline, view.verdict.dose_due_mcg_day) == ("INF_OK", 28)


def test_the_target_of_the_next_premedication_is_shown(rules: InfusionRules) -> None:
    assert told_at(30, [(0, "start"), (24, "stop")], rules).verdict.premed_target_mg == 20
    child = ordered(age_years=8.0, weight_kg=20.0, bsa_m2=0.8, cycle=1)
    assert told_at(30, [(0, "start", {"programmed_dose_mcg_day": 4.0})], rules, child).verdict.premed_target_mg == 4
    assert told_at(30, [(0, "start")], rules).verdict.premed_target_mg is None


def test_hours_infused_elsewhere_say_nothing_of_a_low_dose_restart(rules: InfusionRules) -> None:
    order = ordered(restart_low=True, infused_h_before=300.0)
    assert told_at(10, [(0, "start", LOW), (9, "dose", FULL)], rules, order).verdict.headline == "INF_DOSE_STEP_EARLY"

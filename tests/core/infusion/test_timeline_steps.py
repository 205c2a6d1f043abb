"""The live infusion: premedication of steps and restarts, low-dose restarts, gaps told late."""

import pytest

from blinwatch.clinical.infusion_rules import InfusionRules
from tests.core.infusion.story import FULL, LOW, REACTION, Told, codes, ms, ordered, premed, told_at

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


def test_a_shortfall_of_exactly_5_min_counts(rules: InfusionRules) -> None:
    """1 mL at 12 mL/h are 5 minutes; a little less is ignored."""
    order = ordered(bag_label_rate_ml_h=12.0)

    def infused_h(shortfall_ml: float) -> float | None:
        back = {"volume_shortfall_ml": shortfall_ml}
        return told_at(32, [(0, "start"), (30, "comm_lost"), (31, "comm_back", back)], rules, order).infused_h_total

    assert infused_h(1.0) == pytest.approx(32 - 5 / 60)
    assert infused_h(0.99) == 32


def test_a_closed_gap_of_exactly_7_days_is_no_new_cycle(rules: InfusionRules) -> None:
    assert codes(told_at(193, [(0, "start"), (24, "stop"), (192, "restart")], rules).verdict) == ["INF_PREMED_MISSING"]


@pytest.mark.parametrize("second_h,expected", [(1.4, []), (1.5, ["INF_CUMULATIVE_GAP"])])
def test_gaps_that_overlap_count_once(rules: InfusionRules, second_h: float, expected: list[str]) -> None:
    """Stopped from hour 20 to 22; at 22.5 the totaliser tells that 2 h are missing: 2.5 h in all."""
    story: list[Told] = [
        (0, "start"),
        (20, "stop"),
        (22, "restart"),
        (22.5, "comm_back", {"volume_shortfall_ml": 20.0}),
    ]
    story += [(30, "stop"), (30 + second_h, "restart")]
    assert codes(told_at(35, story, rules, ordered(bag_type_h=24.0)).verdict) == expected


def test_a_long_gap_that_has_left_the_window_no_longer_speaks_for_the_short_ones(rules: InfusionRules) -> None:
    story: list[Told] = [(0, "start"), (10, "stop"), (15, "restart")]
    story += [(20, "stop"), (22, "restart"), (25, "stop"), (27, "restart")]
    assert "INF_CUMULATIVE_GAP" not in codes(told_at(38.99, story, rules).verdict)
    assert "INF_CUMULATIVE_GAP" in codes(told_at(39, story, rules).verdict)


def test_the_full_dose_from_first_drop_is_early_but_no_step_to_premedicate(rules: InfusionRules) -> None:
    assert codes(told_at(1, [(0, "start", FULL)], rules, ordered(cycle=1)).verdict) == ["INF_DOSE_STEP_EARLY"]


def test_a_low_dose_restart_in_the_first_week_counts_anew(rules: InfusionRules) -> None:
    story: list[Told] = [(0, "start", LOW), (100, "stop", REACTION), (105, "restart")]
    order = ordered(cycle=1, restart_low=True)
    assert told_at(272.9, story, rules, order).verdict.headline == "INF_OK"
    assert told_at(273, story, rules, order).verdict.headline == "INF_DOSE_STEP_DUE"


def test_a_technical_stop_during_a_low_dose_restart_counts_on(rules: InfusionRules) -> None:
    story: list[Told] = [(0, "start", LOW), (50, "stop"), (51, "restart")]
    assert told_at(169, story, rules, ordered(restart_low=True)).verdict.headline == "INF_DOSE_STEP_DUE"


def test_hours_infused_elsewhere_count_towards_the_step_of_cycle_1(rules: InfusionRules) -> None:
    order = ordered(cycle=1, infused_h_before=150.0)
    assert told_at(18, [(0, "start", LOW)], rules, order).verdict.headline == "INF_DOSE_STEP_DUE"


def test_label_and_preservative_of_the_order_are_not_those_of_another_bag(rules: InfusionRules) -> None:
    order = ordered(weight_kg=12.0, bsa_m2=0.5, bag_type_h=24.0, bag_label_rate_ml_h=10.0, preservative=False)
    told = {"bag_type_h": 96.0, "rate_ml_h": 1.8}
    story: list[Told] = [(0, "start"), (24, "bag_change_start"), (24.2, "bag_change_end", told)]
    assert codes(told_at(25, story, rules, order).verdict) == ["INF_BENZYL_WEIGHT"]


def test_a_restart_at_home_decides_without_phase_and_day(rules: InfusionRules) -> None:
    story: list[Told] = [(0, "start"), (100, "stop"), (104, "restart")]
    verdict = told_at(105, story, rules, ordered(phase=None, location="home"), (premed(103),)).verdict
    assert codes(verdict) == ["INF_SETTING_ALERT"]


@pytest.mark.parametrize(
    "hour,code,since_h,past_ms", [(172.5, "INF_DOSE_STEP_DUE", 168, 0), (175, "INF_DOSE_STEP_OVERDUE", 173, 1)]
)
def test_the_time_of_a_step_is_found_across_gaps(
    rules: InfusionRules, hour: float, code: str, since_h: float, past_ms: int
) -> None:
    story: list[Told] = [(0, "start", LOW), (170, "stop"), (171, "restart")]
    finding = told_at(hour, story, rules, ordered(cycle=1)).verdict.findings[0]
    assert (finding.code, finding.since_ms) == (code, ms(since_h) + past_ms)

"""The live infusion: bags of a reporting pump, the totaliser, what a board shows, what a finding carries."""

import pytest

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.core.evidence import to_datetime
from blinwatch.core.findings import InfusionFindings
from blinwatch.core.infusion.order_facts import read_order
from blinwatch.core.infusion.timeline import beside_chart
from tests.core.infusion.story import LOW, REACTION, Told, codes, ms, ordered, told_at

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
    view = told_at(1, [(0, "status", {"delivering": False})], rules, ordered(location="home"))
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


def test_the_end_of_the_cycle_is_shown_to_its_last_millisecond(rules: InfusionRules) -> None:
    last_h = 672 - 1 / 3_600_000
    assert told_at(last_h, [(0, "start")], rules).end_due_at_ms == ms(672)
    assert told_at(672, [(0, "start")], rules).end_due_at_ms is None


@pytest.mark.parametrize("silent_min,doubted", [(15.0, False), (15.01, True)])
def test_the_totaliser_is_asked_only_after_more_than_15_silent_minutes(
    rules: InfusionRules, silent_min: float, *, doubted: bool
) -> None:
    """The pump ran at 60 mL/h, and its totaliser grew by 2 mL only: 13 minutes are missing."""
    first: Told = (1, "status", {"rate_ml_h": 60.0, "delivering": True, "volume_delivered_total_ml": 10.0})
    again: Told = (
        1 + silent_min / 60,
        "status",
        {"rate_ml_h": 59.0, "delivering": True, "volume_delivered_total_ml": 12.0},
    )
    view = told_at(1.5, [(0, "start", {"rate_ml_h": 60.0}), first, again], rules)
    assert view.infused_h_total == pytest.approx(1.5 - (13 / 60 if doubted else 0), abs=0.001)


# --- What stands beside a chart --------------------------------------------------------------------------------------

PUMP_TELLS = InfusionFindings(
    age_years=40.0,
    cycle_day=3,
    location="home",
    restart_low=True,
    infused_h_total=60.0,
    programmed_dose_mcg_day=9.0,
    infused_h_at_start_dose=60.0,
    rate_ml_h=10.0,
    gap_min=30.0,
    bag_type_h=48.0,
)


@pytest.mark.parametrize(
    "charted,dose_mcg_day,at_start_dose_h,rate_ml_h",
    [
        (InfusionFindings(gap_h=2.0), None, None, None),
        (InfusionFindings(programmed_dose_mcg_day=28.0), 28.0, 60.0, None),
        (InfusionFindings(infused_h_at_start_dose=12.0), 9.0, 12.0, None),
        (InfusionFindings(programmed_dose_mcg_day=28.0, infused_h_at_start_dose=12.0), 28.0, 12.0, None),
        (InfusionFindings(volume_delivered_ml=100.0), None, None, 10.0),
    ],
)
def test_a_chart_takes_from_the_pump_only_what_completes_it(
    rules: InfusionRules,
    charted: InfusionFindings,
    dose_mcg_day: float | None,
    at_start_dose_h: float | None,
    rate_ml_h: float | None,
) -> None:
    facts = read_order(ordered(), None, None, rules)
    beside = beside_chart(PUMP_TELLS, facts, charted)
    assert (beside.programmed_dose_mcg_day, beside.infused_h_at_start_dose) == (dose_mcg_day, at_start_dose_h)
    assert beside.rate_ml_h == rate_ml_h
    assert (beside.age_years, beside.cycle_day, beside.location) == (40.0, 3, "home")
    assert (beside.restart_low, beside.infused_h_total) == (True, 60.0)
    assert (beside.gap_min, beside.bag_type_h) == (None, None)


# --- The totaliser after missing messages --------------------------------------------------------------------------


@pytest.mark.parametrize("total_ml,infused_h", [(19.0, 1.95), (20.0, 2.05), (21.0, 2.05)])
def test_a_totaliser_that_tells_what_the_rate_explains_takes_nothing_back(
    rules: InfusionRules, total_ml: float, infused_h: float
) -> None:
    """Two hours at 10 mL/h, most of them in silence: 20 mL explain all of it, 19 mL lack six minutes."""
    story: list[Told] = [
        (0, "status", {"rate_ml_h": 10.0, "delivering": True, "volume_delivered_total_ml": 0.0}),
        (2, "status", {"rate_ml_h": 10.0, "delivering": True, "volume_delivered_total_ml": total_ml}),
    ]
    assert told_at(2.05, story, rules).infused_h_total == pytest.approx(infused_h)

"""EW-1: the notice as staff see it: when it begins, what it says, what hides it, when it ends and may come again."""

from functools import cache

import pytest

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.clinical.put_in_force import put_in_force
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.clinical.site_protocol import SiteProtocolError, parse_site_protocol
from blinwatch.core.alert_lifecycle import Moment
from blinwatch.core.decisions import AlertTransition, Decision
from blinwatch.core.early_warning.judge_rise import Move, Verdict
from blinwatch.core.early_warning.trends import HOUR_MS, NO_TRENDS, last_bucket
from blinwatch.core.early_warning_conditions import early_warning_conditions
from blinwatch.core.events import AnyEvent, MedicationAdministered, SignAttributed, TherapyEnded, VitalsObserved
from blinwatch.core.patient_state import Judgement
from blinwatch.core.step import present
from tests.core.early_warning.support import (
    CALM,
    Told,
    after,
    bedside,
    gathered,
    hours_after,
    in_order,
    infusion,
    steps,
    switched_on,
)
from tests.core.stories import header, run, tick

ON = switched_on()
RISING: Told = {**CALM, "heart_rate": after(8, 100, 80), "respiratory_rate": after(8, 22, 16)}


def given(drug: str, hour: float, number: int = 500) -> AnyEvent:
    return MedicationAdministered(**header(number, 60 * hour), drug=drug, dose_mg=500)


def decisions_of(*parts: list[AnyEvent], rulebook: Rulebook = ON) -> list[Decision]:
    return run(in_order(*parts), rulebook)[1]


@cache
def rising_and_calm_again() -> tuple[AlertTransition, ...]:
    told: Told = {**RISING, "heart_rate": lambda hour: 100.0 if 8 <= hour < 12 else 80.0}
    return tuple(steps(decisions_of(infusion(), list(bedside(told, 0, 16)))))


def test_the_notice_comes_when_most_of_an_hour_has_risen_and_says_why() -> None:
    raised = rising_and_calm_again()[0]
    assert (raised.transition, raised.alert.priority, raised.alert.rule_id) == ("raised", "low", "EW-1")
    assert raised.occurred_at.hour == 16
    assert 8.4 < hours_after(infusion()[0], raised) < 9
    for said in (
        "Rising risk of CRS, before any grade",
        "Heart rate 100/min, +20/min (+25 %) against the patient's own 80/min (median of 7 earlier hours)",
        "counts from 20 %",
        "Respiratory rate 22/min, +6/min (+38 %) against the patient's own 16/min",
    ):
        assert said in raised.alert.summary
    assert {part.name: part.value for part in raised.alert.evidence} == {
        "heart_rate_bpm": 100,
        "baseline_heart_rate_bpm": 80,
        "respiratory_rate_per_min": 22,
        "baseline_respiratory_rate_per_min": 16,
    }


def test_the_notice_ends_an_hour_after_the_signs_have_come_back() -> None:
    raised, resolved = rising_and_calm_again()
    assert resolved.transition == "resolved"
    # Half of the last hour must be calm, then the hysteresis of an hour.
    assert 13.4 < hours_after(infusion()[0], resolved) < 13.8
    assert raised.alert.alert_id == resolved.alert.alert_id


def test_switched_off_nothing_is_followed_and_nothing_is_told() -> None:
    off = load_rulebook()
    assert off.early_warning.on is False
    state, decisions = run(in_order(infusion(), list(bedside(RISING, 0, 10))), off)
    assert steps(decisions) == []
    assert present(state, off).trends == NO_TRENDS


@pytest.mark.parametrize(
    "cycle,last_day,asked", [(1, 9, True), (1, 10, False), (2, 2, True), (2, 3, False), (3, 1, False)]
)
def test_it_is_asked_to_day_9_of_cycle_1_and_day_2_of_cycle_2(cycle: int, last_day: int, asked: bool) -> None:
    """The rise begins so late that the notice falls into that day's last or first hour."""
    notice_h = 24 * (last_day - 1) + 1.5 if not asked else 24 * last_day - 0.5
    told: Told = {**RISING, "heart_rate": after(notice_h - 1, 100, 80), "respiratory_rate": after(notice_h - 1, 22, 16)}
    found = steps(decisions_of(infusion(cycle), list(bedside(told, max(0, notice_h - 12), notice_h + 1))))
    raised = [step_ for step_ in found if step_.transition == "raised"]
    assert bool(raised) is asked


def test_a_standing_notice_ends_with_the_window_whether_or_not_anything_arrives() -> None:
    window_h = 48.5
    told: Told = {**CALM, "heart_rate": after(46, 100, 80), "respiratory_rate": after(46, 22, 16)}
    events = in_order(infusion(2), list(bedside(told, 36, 47.5)), [tick(1, 60 * (window_h + 2))])
    raised, resolved = steps(decisions_of(events))
    assert (raised.transition, resolved.transition) == ("raised", "resolved")
    assert window_h + 1 <= hours_after(events[0], resolved) <= window_h + 1.5


def test_a_silent_monitor_neither_begins_nor_ends_a_notice() -> None:
    events = in_order(infusion(), list(bedside(RISING, 0, 9.5)), [tick(1, 60 * 14)])
    state, decisions = run(events, ON)
    assert [step_.transition for step_ in steps(decisions)] == ["raised"]
    assert present(state, ON).trends.signs == ("heart_rate", "respiratory_rate")


def test_therapy_that_has_ended_ends_the_notice() -> None:
    ended = TherapyEnded(**header(900, 60 * 10), reason="discontinued")
    told = steps(decisions_of(infusion(), list(bedside(RISING, 0, 13)), [ended]))
    assert [step_.transition for step_ in told] == ["raised", "resolved"]


def test_crs_grade_1_hides_the_notice_and_ends_it() -> None:
    told: Told = {**RISING, "temperature": after(10, 38.2, 36.6)}
    found = steps(decisions_of(infusion(), list(bedside(told, 0, 13))))
    assert [step_.transition for step_ in found] == ["raised", "inhibited", "resolved"]
    assert found[1].alert.inhibited_by == "CRS"


def test_a_fever_that_is_attributed_elsewhere_is_no_early_warning() -> None:
    infection = SignAttributed(
        **header(901, 60), sign="fever", cause="infection", by="dr-1", reason="blood culture positive"
    )
    told: Told = {**RISING, "temperature": after(8, 38.2, 36.6)}
    assert steps(decisions_of(infusion(), list(bedside(told, 0, 10)), [infection])) == []


def test_an_armpit_temperature_to_be_confirmed_hides_the_notice() -> None:
    borderline = VitalsObserved(**header(902, 60 * 9.7), temperature_c=37.7, temp_site="axillary")
    found = steps(decisions_of(infusion(), list(bedside(RISING, 0, 9.8)), [borderline]))
    assert [step_.transition for step_ in found] == ["raised", "inhibited"]


@pytest.mark.parametrize("second_rise_h,again", [(18.0, False), (21.5, True)])
def test_it_is_raised_again_only_after_its_rest(second_rise_h: float, again: bool) -> None:
    def episodes(hour: float) -> bool:
        return 8 <= hour < 10 or hour >= second_rise_h

    told: Told = {
        **CALM,
        "heart_rate": lambda hour: 100.0 if episodes(hour) else 80.0,
        "respiratory_rate": lambda hour: 22.0 if episodes(hour) else 16.0,
    }
    found = steps(decisions_of(infusion(), list(bedside(told, 0, second_rise_h + 1.5))))
    assert [step_.transition for step_ in found if step_.transition == "raised"] == ["raised"] * (2 if again else 1)


def test_a_drug_that_may_hide_the_fever_or_slows_the_heart_is_named() -> None:
    doses = [given("paracetamol", 7, 501), given("metoprolol", 7, 502)]
    (raised,) = steps(decisions_of(infusion(), list(bedside(RISING, 0, 9.5)), doses))
    assert "A drug on board may hide a fever (antipyretic)." in raised.alert.summary
    assert (
        "A drug that slows the heart is on board (metoprolol): a rise of 20 % counts (DDI-10)." in raised.alert.summary
    )


def test_a_heart_rate_that_falls_under_metoprolol_does_not_end_the_notice() -> None:
    told: Told = {**RISING, "heart_rate": lambda hour: 100.0 if 8 <= hour < 10 else 80.0}
    plain = steps(decisions_of(infusion(), list(bedside(told, 0, 13))))
    slowed = steps(decisions_of(infusion(), list(bedside(told, 0, 13)), [given("metoprolol", 9.5)]))
    assert [step_.transition for step_ in plain] == ["raised", "resolved"]
    assert [step_.transition for step_ in slowed] == ["raised"]


def test_a_temperature_in_fahrenheit_is_followed_like_one_in_celsius() -> None:
    events = [
        VitalsObserved(**header(2000 + hour, 60 * hour + 2.0), temperature_f=97.9 if hour < 8 else 99.5)
        for hour in range(10)
    ]
    heart_only: Told = {**CALM, "heart_rate": after(8, 100, 80), "temperature": lambda _: None}
    (raised,) = steps(decisions_of(infusion(), list(bedside(heart_only, 0, 10)), list(events)))
    assert "Temperature 37.5 °C, +0.9 °C against the patient's own 36.6 °C" in raised.alert.summary
    assert "°C per hour; counts from 0.5 °C and 0.1 °C/h" in raised.alert.summary


def test_a_tick_begins_no_notice_that_no_event_has_begun() -> None:
    """A tick before the deadline changes nothing: workers tick when they like."""
    plain = run(in_order(infusion(), list(bedside(RISING, 0, 9.5))), ON)
    ticks = [tick(number, 3.7 * number) for number in range(1, 150)]
    ticked = run(in_order(infusion(), list(bedside(RISING, 0, 9.5)), list(ticks)), ON)
    assert [step_.occurred_at for step_ in steps(ticked[1])] == [step_.occurred_at for step_ in steps(plain[1])]
    assert present(ticked[0], ON).trends == present(plain[0], ON).trends


def test_a_site_switches_it_on_by_its_protocol_and_the_citation_says_so() -> None:
    text = (
        "site: A\napproved_by: B\napproved_on: 2026-02-20\n"
        "overrides:\n  early_warning.on: {value: true, reason: four-hourly rounds}\n"
    )
    published = load_rulebook()
    site = put_in_force(published, parse_site_protocol("site.yaml", text, published))
    assert (published.early_warning.on, site.early_warning.on) == (False, True)
    (raised,) = steps(decisions_of(infusion(), list(bedside(RISING, 0, 9.5)), rulebook=site))
    assert "site protocol: The early warning is given: yes instead of no" in raised.alert.citation


@pytest.mark.parametrize(
    "override,fault",
    [
        ("early_warning.signs_from: {value: 0}", "0"),
        ("early_warning.heart_rate_rise_fraction: {value: 0.15}", "heart_rate_rise_masked_fraction"),
        ("early_warning.window_days: {value: {1: 9, 2: 9}}", "i_depart_from_source"),
    ],
)
def test_a_site_may_not_choose_what_makes_no_sense(override: str, fault: str) -> None:
    text = f"site: A\napproved_by: B\napproved_on: 2026-02-20\noverrides:\n  {override}\n"
    with pytest.raises(SiteProtocolError) as caught:
        parse_site_protocol("site.yaml", text, load_rulebook())
    assert fault in str(caught.value)


def test_a_patient_whose_temperature_nobody_measured_is_warned_of_all_the_same() -> None:
    told: Told = {**RISING, "temperature": lambda _: None}
    found = steps(decisions_of(infusion(), list(bedside(told, 0, 10))))
    assert [step_.transition for step_ in found] == ["raised"]
    assert "Heart rate 100/min" in found[0].alert.summary


@pytest.mark.parametrize("buckets_ago,said", [(0, False), (5, False), (6, True), (7, True)])
def test_a_value_of_an_hour_ago_says_so_and_a_younger_one_does_not(buckets_ago: int, said: bool) -> None:
    trends = gathered(10, CALM, by=ON.early_warning)
    seen_bucket = last_bucket(trends, ON.early_warning) - buckets_ago
    move = Move(
        sign="heart_rate",
        now=100,
        baseline=80,
        slope_per_h=None,
        baseline_hours=7,
        seen_bucket=seen_bucket,
        limit="20 %",
        risen=True,
    )
    verdict = Verdict(risk="rising", moves=(move,))
    moment = Moment("pt-1", None, 10 * HOUR_MS, None, ON)
    summary = early_warning_conditions(Judgement(patient_id="pt-1", trends=trends), verdict, moment)[0].summary
    assert ("measured" in summary.split("Heart rate")[1]) is said
    assert (f"measured {buckets_ago / 6:.1f} h ago" in summary) is said

"""blinwatch says of itself when it was blind: once to each patient under therapy, until the patient is seen again."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.decisions import AlertTransition, Decision, PatientStatus
from blinwatch.core.events import AnyEvent, CrsAssessed, TherapyEnded, Tick
from blinwatch.core.findings import CrsFindings
from blinwatch.core.patient_state import new_patient
from blinwatch.core.step import concerns, step
from tests.core.stories import PATIENT, START, header, order, run, tick, vitals

CALM = {"heart_rate_bpm": 80.0, "spo2_pct": 97.0}


def blind_tick(number: int, since_min: float, minutes: float) -> Tick:
    return replace(tick(number, minutes), blind_from=START + timedelta(minutes=since_min))


def told(decisions: list[Decision], code: str = "BLIND") -> list[tuple[str, float]]:
    """Transitions of a code, with minutes after the start."""
    return [
        (one.transition, (one.occurred_at - START).total_seconds() / 60)
        for one in decisions
        if isinstance(one, AlertTransition) and one.alert.code == code
    ]


def test_after_a_blind_time_the_patient_is_to_be_looked_at_and_the_alert_says_from_when_to_when(
    rulebook: Rulebook,
) -> None:
    _, decisions = run([order(), vitals(1, 1, **CALM), blind_tick(2, 2, 9)], rulebook)
    (raised,) = [one for one in decisions if isinstance(one, AlertTransition) and one.alert.code == "BLIND"]
    assert raised.transition == "raised"
    assert "from 2026-03-01 08:02:00 to 2026-03-01 08:09:00 UTC" in raised.alert.summary
    assert (raised.alert.rule_id, raised.alert.scale, raised.alert.priority) == ("SIL-3", "technical", "medium")
    assert raised.alert.since == START + timedelta(minutes=2)
    (status,) = [one for one in decisions[-1:] if isinstance(one, PatientStatus)]
    assert [one.code for one in status.alerts] == ["BLIND"], "the board shows it while it stands"


def test_it_ends_by_itself_some_minutes_after_the_monitor_is_heard_again(rulebook: Rulebook) -> None:
    hold_min = rulebook.alerts.resolve_after_s["BLIND"] / 60
    heard = [vitals(number, 9 + number / 10, **CALM) for number in range(1, 140)]
    _, decisions = run([order(), vitals(0, 1, **CALM), blind_tick(2, 2, 9), *heard], rulebook)
    assert told(decisions) == [("raised", 9.0), ("resolved", 9.1 + hold_min)]


def test_a_charted_observation_is_a_look_at_the_patient_as_well(rulebook: Rulebook) -> None:
    seen = CrsAssessed(**header(3, 30), findings=CrsFindings(temperature_c=36.8, sbp_mmhg=120, spo2_pct=97))
    hold_min = rulebook.alerts.resolve_after_s["BLIND"] / 60
    _, decisions = run([order(), blind_tick(2, 2, 9), seen, tick(4, 60)], rulebook)
    assert told(decisions) == [("raised", 9.0), ("resolved", 30 + hold_min)]


def test_it_stands_for_as_long_as_nobody_looks(rulebook: Rulebook) -> None:
    _, decisions = run([order(), vitals(1, 1, **CALM), blind_tick(2, 2, 9), tick(3, 240)], rulebook)
    assert told(decisions) == [("raised", 9.0)]


def test_what_fell_due_while_blind_is_told_with_its_own_time(rulebook: Rulebook) -> None:
    _, decisions = run([order(), vitals(1, 1, **CALM), blind_tick(2, 2, 40)], rulebook)
    assert told(decisions, "FEED_SILENT") == [("raised", 1.0 + rulebook.alerts.feed_silent_after_min)]
    assert told(decisions) == [("raised", 40.0)]


def test_whoever_is_not_under_therapy_hears_nothing(rulebook: Rulebook) -> None:
    ended = TherapyEnded(**header(1, 1), reason="completed")
    _, decisions = run([order(), ended, blind_tick(2, 2, 9)], rulebook)
    assert told(decisions) == []
    _, decisions = run([vitals(1, 1, **CALM), blind_tick(2, 2, 9)], rulebook)
    assert told(decisions) == []


def test_a_second_blind_time_is_another_alert(rulebook: Rulebook) -> None:
    events: list[AnyEvent] = [order(), vitals(1, 1, **CALM), blind_tick(2, 2, 9), blind_tick(3, 20, 29)]
    _, decisions = run(events, rulebook)
    raised = [one.alert_id for one in decisions if isinstance(one, AlertTransition) and one.alert.code == "BLIND"]
    assert len(set(raised)) == 2


def test_a_tick_that_is_read_twice_says_nothing_twice(rulebook: Rulebook) -> None:
    again = blind_tick(2, 2, 9)
    state, decisions = run([order(), vitals(1, 1, **CALM), again], rulebook)
    assert len(told(decisions)) == 1
    assert step(state, again, rulebook)[1] == ()


@pytest.mark.parametrize("arrival", [places for places in permutations(range(4)) if places.index(0) < places.index(2)])
def test_the_order_of_arrival_does_not_matter(arrival: tuple[int, ...], rulebook: Rulebook) -> None:
    """From the order on: of whom nothing is known, a tick does not reach."""
    events: list[AnyEvent] = [order(), vitals(1, 1, **CALM), blind_tick(2, 2, 9), vitals(3, 9.5, **CALM)]
    in_order, _ = run(events, rulebook)
    state, decisions = new_patient(PATIENT), list[Decision]()
    for place in arrival:
        if place != 2 or concerns(blind_tick(2, 2, 9), state.head.deadline_ms):
            state, more = step(state, events[place], rulebook)
            decisions += more
    standing = [one.alert_id for one in in_order.head.alerts.standing if one.code == "BLIND"]
    assert [one.alert_id for one in state.head.alerts.standing if one.code == "BLIND"] == standing
    assert len(standing) == 1
    raised = {one.alert_id for one in decisions if isinstance(one, AlertTransition) and one.alert.code == "BLIND"}
    assert raised == set(standing)


def test_a_tick_concerns_those_whose_time_is_up_and_after_a_blind_time_all_who_are_watched() -> None:
    minute_ms = 60_000
    now_ms = round(START.timestamp() * 1000)
    assert concerns(tick(1, 5), now_ms + 5 * minute_ms)
    assert not concerns(tick(1, 5), now_ms + 6 * minute_ms)
    assert concerns(blind_tick(1, 2, 5), now_ms + 6 * minute_ms)
    assert not concerns(blind_tick(1, 2, 5), None)

"""What the board hears of a patient, and when: at once when something changed, else once a minute."""

import pytest

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.decisions import Decision, PatientStatus
from blinwatch.core.events import AnyEvent
from blinwatch.core.pump_events import DeliveryStarted
from tests.core.stories import header, order, run, vitals


def statuses(decisions: list[Decision]) -> list[PatientStatus]:
    return [one for one in decisions if isinstance(one, PatientStatus)]


def told_by_the_last(events: list[AnyEvent], rulebook: Rulebook) -> list[PatientStatus]:
    """The statuses that the last event brings about."""
    return statuses(run(events, rulebook)[1])[len(statuses(run(events[:-1], rulebook)[1])) :]


def test_a_new_order_is_on_the_board_at_once_though_nothing_else_changes(rulebook: Rulebook) -> None:
    before: list[AnyEvent] = [order(0, 0), vitals(1, 0.1, heart_rate_bpm=80)]
    assert told_by_the_last([*before, vitals(2, 0.2, heart_rate_bpm=80)], rulebook) == [], "a reading alone waits"
    (status,) = told_by_the_last([*before, order(2, 0.2, cycle=3)], rulebook)
    assert status.cycle == 3


@pytest.mark.parametrize("hours, day", [(0.1, 1), (23.9, 1), (24.1, 2), (47.9, 2), (48.1, 3), (26 * 24.0, 27)])
def test_the_cycle_day_counts_whole_days_from_the_first_drop_and_begins_with_one(
    hours: float, day: int, rulebook: Rulebook
) -> None:
    started = DeliveryStarted(**header(1, 0), rate_ml_h=10.0)
    told = statuses(run([order(0, 0), started, vitals(2, hours * 60, heart_rate_bpm=80)], rulebook)[1])
    assert told[-1].cycle_day == day
    assert told[-1].cycle_hour == pytest.approx(hours)

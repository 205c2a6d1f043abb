"""An alert whose end was told and which stands all the same, once late evidence is in its place, is told again."""

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.decisions import Alert, AlertTransition
from blinwatch.core.events import AnyEvent
from blinwatch.core.pump_events import BagChanged, DeliveryStarted
from tests.core.stories import header, order, run

LATE = 18 * 60 + 15
"""Minutes: before the order, and told after it."""


def story() -> list[AnyEvent]:
    return [
        BagChanged(**header(1, 0), stage="started"),
        order(2, 37 * 60 + 52, cycle=24),
        DeliveryStarted(**header(3, LATE)),
    ]


def test_observations_that_are_overdue_after_all_are_told_once_more(rulebook: Rulebook) -> None:
    before = [one for one in run(story()[:2], rulebook)[1] if isinstance(one, AlertTransition)]
    ended = {one.alert_id for one in before if one.transition == "resolved" and one.alert.code == "OBS_OVERDUE"}
    after = [one for one in run(story(), rulebook)[1] if isinstance(one, AlertTransition)][len(before) :]
    again = [one for one in after if one.alert_id in ended]
    assert [(one.transition, one.alert.state, one.late) for one in again] == [("raised", "active", True)]
    assert again[0].reason == "late evidence shows that the condition still holds"
    assert again[0].decision_id not in {one.decision_id for one in before}


def test_who_hears_every_step_ends_with_the_alerts_that_stand(rulebook: Rulebook) -> None:
    state, decisions = run(story(), rulebook)
    heard: dict[str, Alert] = {one.alert_id: one.alert for one in decisions if isinstance(one, AlertTransition)}
    assert {key for key, alert in heard.items() if alert.state != "resolved"} == {
        alert.alert_id for alert in state.head.alerts.standing
    }

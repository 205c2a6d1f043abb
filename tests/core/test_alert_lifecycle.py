"""The life of an alert, told as stories: raised, escalated, acknowledged, shelved, inhibited, resolved."""

from dataclasses import replace

import pytest

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core import alert_lifecycle
from blinwatch.core.alert_lifecycle import EPISODES_KEPT, AlertBook, Moment, acknowledge, pass_time, shelve, sync
from blinwatch.core.decisions import Alert, AlertTransition
from blinwatch.core.evidence import Condition, Priority

MINUTE_MS = 60_000


def at(minutes: float, rulebook: Rulebook) -> Moment:
    return Moment("p-1", "4 West", round(minutes * MINUTE_MS), "event-1", rulebook)


def condition(key: str = "SPO2_LOW", level: int = 0, priority: Priority = "low", code: str | None = None) -> Condition:
    return Condition(
        key=key,
        code=code or key,
        rule_id="CRS-9",
        domain="crs",
        scale="ASTCT",
        priority=priority,
        level=level,
        summary="SpO2 is low.",
        since_ms=0,
    )


def kinds(steps: list[AlertTransition]) -> list[str]:
    return [step.transition for step in steps]


def only(book: AlertBook) -> Alert:
    (alert,) = book.standing
    return alert


def test_a_condition_that_holds_raises_one_alert_and_stays_one(rulebook: Rulebook) -> None:
    book, first = sync(AlertBook(), "crs", (condition(),), at(0, rulebook))
    same, second = sync(book, "crs", (condition(),), at(1, rulebook))
    assert kinds(first) == ["raised"]
    assert second == []
    assert only(same).alert_id == only(book).alert_id


def test_the_alert_id_depends_on_patient_key_and_episode_only(rulebook: Rulebook) -> None:
    early, _ = sync(AlertBook(), "crs", (condition(),), at(0, rulebook))
    later, _ = sync(AlertBook(), "crs", (replace(condition(), summary="other words"),), at(500, rulebook))
    other_patient = replace(at(0, rulebook), patient_id="p-2")
    other, _ = sync(AlertBook(), "crs", (condition(),), other_patient)
    assert only(early).alert_id == only(later).alert_id
    assert only(early).alert_id != only(other).alert_id


def test_a_value_swinging_about_its_limit_is_one_alert(rulebook: Rulebook) -> None:
    book = AlertBook()
    steps: list[AlertTransition] = []
    for minute in range(8):
        held = (condition(),) if minute % 2 == 0 else ()
        book, more = sync(book, "crs", held, at(minute, rulebook))
        steps += more
        book, more = pass_time(book, at(minute, rulebook))
        steps += more
    assert kinds(steps) == ["raised"]


def test_an_alert_is_resolved_when_its_hysteresis_has_passed_at_its_own_time(rulebook: Rulebook) -> None:
    hold_s = rulebook.alerts.resolve_after_s["SPO2_LOW"]
    book, _ = sync(AlertBook(), "crs", (condition(),), at(0, rulebook))
    book, absent = sync(book, "crs", (), at(1, rulebook))
    early, too_early = pass_time(book, at(1 + hold_s / 60 - 0.001, rulebook))
    gone, resolved = pass_time(book, at(90, rulebook))
    assert absent == []
    assert too_early == []
    assert early.standing
    assert gone.standing == ()
    assert kinds(resolved) == ["resolved"]
    assert resolved[0].occurred_at.timestamp() == pytest.approx(60 + hold_s)
    assert alert_lifecycle.next_deadline_ms(book, rulebook) == round((60 + hold_s) * 1000)


def test_the_next_episode_is_a_new_alert(rulebook: Rulebook) -> None:
    code = "INF_FLUSH"
    book, _ = sync(AlertBook(), "crs", (condition(code),), at(0, rulebook))
    first = only(book).alert_id
    book, gone = sync(book, "crs", (), at(1, rulebook))
    book, again = sync(book, "crs", (condition(code),), at(2, rulebook))
    assert kinds(gone) == ["resolved"]
    assert kinds(again) == ["raised"]
    assert only(book).episode == 2
    assert only(book).alert_id != first


def test_a_rise_escalates_and_asks_for_attention_again(rulebook: Rulebook) -> None:
    book, _ = sync(AlertBook(), "crs", (condition("CRS", 2, "medium", "CRS_G2"),), at(0, rulebook))
    outcome = acknowledge(book, only(book).alert_id, "nurse-7", "fluids running", at(1, rulebook))
    assert not isinstance(outcome, str)
    book, seen = outcome
    assert kinds(seen) == ["acknowledged"]
    assert only(book).acknowledged_by == "nurse-7"
    book, steps = sync(book, "crs", (condition("CRS", 3, "high", "CRS_G3"),), at(2, rulebook))
    assert kinds(steps) == ["escalated"]
    assert only(book).state == "active"
    assert only(book).acknowledged_by is None


def test_a_fall_is_an_update_and_keeps_the_acknowledgement(rulebook: Rulebook) -> None:
    book, _ = sync(AlertBook(), "crs", (condition("CRS", 3, "high", "CRS_G3"),), at(0, rulebook))
    outcome = acknowledge(book, only(book).alert_id, "nurse-7", "seen", at(1, rulebook))
    assert not isinstance(outcome, str)
    book, _ = outcome
    book, steps = sync(book, "crs", (condition("CRS", 2, "medium", "CRS_G2"),), at(2, rulebook))
    assert kinds(steps) == ["updated"]
    assert only(book).state == "acknowledged"


def test_a_high_priority_alert_is_never_shelved(rulebook: Rulebook) -> None:
    book, _ = sync(AlertBook(), "crs", (condition("CRS", 3, "high", "CRS_G3"),), at(0, rulebook))
    assert shelve(book, only(book).alert_id, "nurse-7", "noise", 10, at(1, rulebook)) == (
        "a high-priority alert is never shelved"
    )


def test_a_shelved_alert_comes_back_by_itself(rulebook: Rulebook) -> None:
    book, _ = sync(AlertBook(), "crs", (condition(),), at(0, rulebook))
    outcome = shelve(book, only(book).alert_id, "nurse-7", "turning the patient", 30, at(1, rulebook))
    assert not isinstance(outcome, str)
    book, steps = outcome
    assert kinds(steps) == ["shelved"]
    assert alert_lifecycle.next_deadline_ms(book, rulebook) == 31 * MINUTE_MS
    book, steps = pass_time(book, at(31, rulebook))
    assert kinds(steps) == ["unshelved"]
    assert only(book).state == "active"


def test_nobody_shelves_for_longer_than_the_rulebook_allows(rulebook: Rulebook) -> None:
    book, _ = sync(AlertBook(), "crs", (condition(),), at(0, rulebook))
    answer = shelve(book, only(book).alert_id, "nurse-7", "busy", 31, at(1, rulebook))
    assert answer == f"an alert is shelved for at most {rulebook.alerts.shelve_max_min} minutes"


def test_an_act_on_an_unknown_alert_is_refused_with_a_reason(rulebook: Rulebook) -> None:
    answer = acknowledge(AlertBook(), "nothing", "nurse-7", "seen", at(0, rulebook))
    assert isinstance(answer, str)
    assert "not standing" in answer


def test_an_interruption_hides_its_occlusion_until_it_ends(rulebook: Rulebook) -> None:
    occlusion = condition("INF_OCCLUSION:pump-3", 0, "medium", "INF_OCCLUSION")
    gap = replace(condition("INF_INTERRUPT", 1, "medium", "INF_INTERRUPT_SHORT"), hides=("INF_OCCLUSION",))
    book, _ = sync(AlertBook(), "crs", (occlusion,), at(0, rulebook))
    book, steps = sync(book, "crs", (occlusion, gap), at(6, rulebook))
    assert kinds(steps) == ["raised", "inhibited"]
    hidden = next(alert for alert in book.standing if alert.code == "INF_OCCLUSION")
    assert hidden.inhibited_by == "INF_INTERRUPT"
    book, steps = sync(book, "crs", (occlusion,), at(20, rulebook))
    assert sorted(kinds(steps)) == ["resolved", "uninhibited"]
    assert only(book).inhibited_by is None


def test_conditions_of_one_domain_leave_other_domains_alone(rulebook: Rulebook) -> None:
    book, _ = sync(AlertBook(), "crs", (condition("CRS", 2, "medium", "CRS_G2"),), at(0, rulebook))
    kept, steps = sync(book, "monitoring", (), at(1, rulebook))
    assert steps == []
    assert kept.standing == book.standing


def test_keys_of_alerts_that_ended_long_ago_are_forgotten_and_no_id_ever_comes_twice(rulebook: Rulebook) -> None:
    """Each flush has a key of its own; one sign comes back again and again, another stands all the while."""
    book, ids, minute = AlertBook(), list[str](), 0
    for number in range(3 * EPISODES_KEPT):
        keys = ["STANDS", f"INF_FLUSH:e{number}", *(["COMES_BACK"] if number % EPISODES_KEPT == 0 else [])]
        for holding in (keys, ["STANDS"]):
            minute += 60
            book, steps = sync(book, "crs", tuple(condition(key) for key in holding), at(minute, rulebook))
            book, more = pass_time(book, at(minute + 59, rulebook))
            ids += [step.alert_id for step in (*steps, *more) if step.transition == "raised"]
    assert len(ids) == len(set(ids)) == 1 + 3 * EPISODES_KEPT + 3
    assert len(book.episodes) <= EPISODES_KEPT + len(book.standing)
    assert book.episodes["STANDS"] == only(book).episode == 1
    assert book.forgotten_episode >= 2

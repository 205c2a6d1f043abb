"""Which alerts the course of ICANS calls for, and in which words."""

from dataclasses import replace
from typing import Any

import pytest

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.alert_lifecycle import Moment
from blinwatch.core.events import TherapyOrdered
from blinwatch.core.evidence import Condition, to_datetime
from blinwatch.core.icans.course import EMPTY_ICANS_COURSE, IcansCourse
from blinwatch.core.icans_conditions import (
    close_watch,
    icans_conditions,
    icans_deadline_ms,
    icans_evidence,
    next_neuro_check_ms,
)
from blinwatch.core.infusion.milestones import Milestones
from blinwatch.core.infusion.timeline import TimelineView
from blinwatch.core.infusion.verdict import InfusionVerdict
from blinwatch.core.patient_state import Judgement
from tests.core.icans.icans_support import ASLEEP, G1, G2, G3, WELL, at, follow

SEDATED: dict[str, Any] = {**WELL, "loc": "awakens_voice", "sedated": True}
BLEEDING: dict[str, Any] = {**WELL, "intracranial_hemorrhage": True}


def running(milestones: Milestones | None = None) -> TimelineView:
    """An infusion that began at hour 0."""
    verdict = InfusionVerdict(headline="INF_OK", findings=(), flags=())
    return TimelineView(verdict=verdict, state="running", cycle_start_ms=at(0), milestones=milestones or Milestones())


def order(cycle: int | None = 1) -> TherapyOrdered:
    return TherapyOrdered(event_id="o1", patient_id="p", occurred_at=to_datetime(at(-2)), source="test", cycle=cycle)


def judged(course: IcansCourse, *, infusing: bool = False, cycle: int | None = 1) -> Judgement:
    judgement = Judgement(patient_id="p", neuro=course, first_ms=at(-2))
    return replace(judgement, infusion=running(), order=order(cycle)) if infusing else judgement


def alerts(judgement: Judgement, hours: float, rulebook: Rulebook) -> dict[str, Condition]:
    moment = Moment(patient_id="p", ward=None, at_ms=at(hours), caused_by=None, rulebook=rulebook)
    found = icans_conditions(judgement, moment)
    assert len({condition.key for condition in found}) == len(found)
    assert all(condition.domain == "icans" for condition in found)
    assert all(condition.rule_id in rulebook.citations for condition in found)
    return {condition.key: condition for condition in found}


def test_without_an_examination_there_is_no_alert(rulebook: Rulebook) -> None:
    assert alerts(judged(EMPTY_ICANS_COURSE), 0, rulebook) == {}
    assert alerts(judged(follow(rulebook, (0, WELL))), 1, rulebook) == {}
    assert icans_evidence(EMPTY_ICANS_COURSE) == ()


# --- the grade --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields, level, priority",
    [(G1, 1, "low"), (G2, 2, "medium"), (G3, 3, "high"), ({**WELL, "loc": "unarousable"}, 4, "high")],
)
def test_a_grade_alerts_with_its_level_and_priority(
    rulebook: Rulebook, fields: dict[str, Any], level: int, priority: str
) -> None:
    alert = alerts(judged(follow(rulebook, (0, fields))), 0, rulebook)["ICANS"]
    assert (alert.code, alert.level, alert.priority, alert.scale) == (f"ICANS_G{level}", level, priority, "ASTCT")
    assert alert.since_ms == at(0)


def test_the_alert_says_why_and_shows_the_values_with_time_and_event(rulebook: Rulebook) -> None:
    alert = alerts(judged(follow(rulebook, (0, {**G2, "motor_weakness": None}))), 0, rulebook)["ICANS"]
    assert alert.summary == (
        "ICANS grade 2 (ASTCT). ICE 5 of 10 points: grade 2 (ICA-1). Motor strength was not charted (ICA-9)."
    )
    first = alert.evidence[0]
    assert (first.name, first.value, first.unit, first.event_id) == ("ice_score", 5, "{score}", "e0")
    assert first.observed_at == to_datetime(at(0))


def test_the_alert_names_the_rule_that_decided(rulebook: Rulebook) -> None:
    assert alerts(judged(follow(rulebook, (0, G3))), 0, rulebook)["ICANS"].rule_id == "ICA-5"


def test_a_fallen_grade_stays_announced_for_6_hours_and_says_so(rulebook: Rulebook) -> None:
    judgement = judged(follow(rulebook, (0, G3), (4, G1)))
    still = alerts(judgement, 9.999, rulebook)["ICANS"]
    assert (still.code, still.level) == ("ICANS_G3", 3)
    assert still.summary.startswith(
        "ICANS grade 3 (ASTCT) still announced: the latest grade 1 has not held long enough."
    )
    assert alerts(judgement, 10, rulebook)["ICANS"].code == "ICANS_G1"
    gone = judged(follow(rulebook, (0, G3), (4, WELL)))
    assert "ICANS" in alerts(gone, 9.999, rulebook)
    assert "ICANS" not in alerts(gone, 10, rulebook)


def test_death_due_to_icans_is_the_highest_grade(rulebook: Rulebook) -> None:
    judgement = judged(follow(rulebook, (0, {"age_years": 40.0, "death_due_to": "icans"})))
    alert = alerts(judgement, 0, rulebook)["ICANS"]
    assert (alert.code, alert.priority) == ("ICANS_G5", "high")


# --- what cannot be graded --------------------------------------------------------------------------------


def test_an_examination_without_cognition_asks_to_be_repeated_now(rulebook: Rulebook) -> None:
    alert = alerts(judged(follow(rulebook, (0, ASLEEP))), 1, rulebook)["ICANS_NOT_EVALUABLE"]
    assert (alert.code, alert.rule_id, alert.priority, alert.level) == ("ICANS_NOT_EVALUABLE", "ICA-9", "low", 0)
    assert alert.since_ms == at(0)
    assert alert.summary.startswith("The last neurological examination cannot be graded. ICE not done because")
    assert "examine again now (ICA-9)." in alert.summary


def test_under_sedation_the_examination_is_repeated_when_it_has_worn_off(rulebook: Rulebook) -> None:
    alert = alerts(judged(follow(rulebook, (0, SEDATED))), 0, rulebook)["ICANS_NOT_EVALUABLE"]
    assert "examine again when it has worn off (ICA-7)." in alert.summary


def test_an_earlier_grade_stays_announced_beside_the_call_to_examine_again(rulebook: Rulebook) -> None:
    found = alerts(judged(follow(rulebook, (0, G2), (4, ASLEEP))), 30, rulebook)
    assert set(found) == {"ICANS", "ICANS_NOT_EVALUABLE"}
    assert found["ICANS"].summary.startswith(
        "ICANS grade 2 (ASTCT) still announced: the latest examination cannot be graded."
    )


def test_nobody_is_asked_to_examine_the_dead_again(rulebook: Rulebook) -> None:
    judgement = replace(judged(follow(rulebook, (0, ASLEEP)), infusing=True), death_due_to="other")
    assert alerts(judgement, 20, rulebook) == {}


# --- haemorrhage ------------------------------------------------------------------------------------------


def test_a_haemorrhage_is_a_high_alert_of_its_own(rulebook: Rulebook) -> None:
    judgement = judged(follow(rulebook, (0, {**BLEEDING, "ice_score": 5})))
    found = alerts(judgement, 1, rulebook)
    assert set(found) == {"ICANS", "NEURO_EMERGENCY"}
    alert = found["NEURO_EMERGENCY"]
    assert (alert.priority, alert.rule_id, alert.since_ms) == ("high", "ICA-6", at(0))
    assert alert.summary.startswith("Intracranial haemorrhage charted: neurological emergency, call a doctor now.")
    assert [(one.name, one.value) for one in alert.evidence] == [("intracranial_hemorrhage", True)]


def test_a_haemorrhage_stands_until_an_examination_denies_it(rulebook: Rulebook) -> None:
    silent = judged(follow(rulebook, (0, BLEEDING), (4, WELL)))
    assert alerts(silent, 5, rulebook)["NEURO_EMERGENCY"].since_ms == at(0)
    denied = judged(follow(rulebook, (0, BLEEDING), (4, {**WELL, "intracranial_hemorrhage": False})))
    assert "NEURO_EMERGENCY" not in alerts(denied, 5, rulebook)


# --- overdue ----------------------------------------------------------------------------------------------


def test_a_neurological_check_is_overdue_half_an_hour_after_it_was_due(rulebook: Rulebook) -> None:
    judgement = judged(EMPTY_ICANS_COURSE, infusing=True)
    assert alerts(judgement, 12.499, rulebook) == {}
    alert = alerts(judgement, 12.5, rulebook)["OBS_OVERDUE:neuro"]
    assert (alert.code, alert.rule_id, alert.priority, alert.scale) == ("OBS_OVERDUE", "OBS-1", "low", "site")
    assert alert.since_ms == at(12.5)
    assert alert.summary == "Neurological check (ICE or CAPD) overdue: now due every 12 h."
    assert alert.threshold == "every 12 h, late 0.5 h after"
    assert alert.evidence == ()


def test_the_cadence_tightens_with_the_grade(rulebook: Rulebook) -> None:
    judgement = judged(follow(rulebook, (0, G2)), infusing=True)
    assert "OBS_OVERDUE:neuro" not in alerts(judgement, 4.499, rulebook)
    alert = alerts(judgement, 4.5, rulebook)["OBS_OVERDUE:neuro"]
    assert alert.summary == "Neurological check (ICE or CAPD) overdue: now due every 4 h while ICANS is grade 2."
    assert [(one.name, one.observed_at) for one in alert.evidence] == [("examination", to_datetime(at(0)))]


def test_before_and_after_therapy_no_check_is_owed(rulebook: Rulebook) -> None:
    over = replace(judged(EMPTY_ICANS_COURSE, infusing=True), ended_ms=at(5))
    assert alerts(over, 30, rulebook) == {}
    assert next_neuro_check_ms(over, rulebook) is None
    assert next_neuro_check_ms(judged(EMPTY_ICANS_COURSE), rulebook) is None


def test_a_third_cycle_owes_no_check_without_a_step_or_restart(rulebook: Rulebook) -> None:
    judgement = judged(EMPTY_ICANS_COURSE, infusing=True, cycle=3)
    assert next_neuro_check_ms(judgement, rulebook) is None
    assert next_neuro_check_ms(judged(EMPTY_ICANS_COURSE, infusing=True), rulebook) == at(12)


def test_the_milestones_of_the_infusion_open_the_close_watching(rulebook: Rulebook) -> None:
    milestones = Milestones(stepped_ms=at(168), restarted_after_long_gap_ms=at(200), low_restart_since_ms=at(190))
    judgement = replace(judged(EMPTY_ICANS_COURSE, infusing=True, cycle=3), infusion=running(milestones))
    watch = close_watch(judgement)
    assert (watch.cycle, watch.cycle_start_ms, watch.stepped_ms, watch.restarted_ms) == (3, at(0), at(168), at(200))
    assert next_neuro_check_ms(judgement, rulebook) == at(180)
    unknown = close_watch(judged(EMPTY_ICANS_COURSE))
    assert (unknown.watched_since_ms, unknown.cycle, unknown.restarted_ms) == (None, None, None)


# --- deadlines --------------------------------------------------------------------------------------------


def test_the_next_deadline_is_the_late_check_the_fall_or_the_end_of_24_hours(rulebook: Rulebook) -> None:
    judgement = judged(follow(rulebook, (0, G3), (1, G1)), infusing=True)
    assert icans_deadline_ms(judgement, at(1), rulebook) == at(5.5)
    assert icans_deadline_ms(judgement, at(5.5), rulebook) == at(7)
    assert icans_deadline_ms(judgement, at(7), rulebook) == at(24)
    assert icans_deadline_ms(judgement, at(25), rulebook) is None
    assert icans_deadline_ms(judged(EMPTY_ICANS_COURSE), at(0), rulebook) is None

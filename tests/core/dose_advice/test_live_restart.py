"""What the infusion does after a reaction: restarts as advised, too early, at the wrong dose, or not at all."""

import pytest

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.findings import ReactionFindings
from tests.core.dose_advice.course import ADULT, Course, ms


@pytest.fixture
def course(rulebook: Rulebook) -> Course:
    return Course(rulebook)


@pytest.fixture
def on_low(course: Course) -> Course:
    """CRS grade 3, resolved, restarted low at hour 60."""
    course.grade(24, "crs", 3).stop(25).grade(30, "crs", 0)
    assert course.code(54, crs_status="CRS_RESOLVED") == "DM_RESTART_LOW_SAME_CYCLE"
    assert course.resume(60, "low").code(60) == "DM_HOLD_LOW"
    return course


def test_a_mild_recurrence_holds_the_low_dose_until_it_is_gone(on_low: Course) -> None:
    on_low.grade(100, "crs", 2)
    assert on_low.code(60 + 170) == "DM_HOLD_LOW"
    assert on_low.at(60 + 170).restart_earliest_ms is None
    on_low.grade(60 + 180, "crs", 1)
    assert on_low.code(60 + 180) == "DM_HOLD_LOW"
    on_low.grade(60 + 190, "crs", 0)
    assert on_low.code(60 + 190) == "DM_ESCALATE"


def test_an_open_crs_episode_holds_the_low_dose(on_low: Course) -> None:
    assert on_low.code(60 + 168, crs_status="CRS_OPEN") == "DM_HOLD_LOW"
    assert on_low.code(60 + 170, crs_status="CRS_RESOLVED") == "DM_ESCALATE"


def test_a_severe_recurrence_of_crs_is_interrupted_and_restarted_low_once_more(on_low: Course) -> None:
    assert on_low.grade(100, "crs", 3).code(100, crs_status="CRS_OPEN") == "DM_INTERRUPT"
    on_low.stop(101).grade(110, "crs", 0)
    assert on_low.code(134, crs_status="CRS_RESOLVED", low_restart_since_ms=None) == "DM_RESTART_LOW_SAME_CYCLE"
    hold = on_low.resume(140, "low", low_restart_told=False).at(140)
    assert hold is not None
    assert (hold.code, hold.restart_earliest_ms) == ("DM_HOLD_LOW", ms(140 + 168))


def test_a_neurological_grade_3_on_the_low_restart_is_for_good(on_low: Course) -> None:
    assert on_low.grade(100, "neuro", 2).code(100) == "DM_HOLD_LOW"
    assert on_low.grade(110, "neuro", 3).code(110) == "DM_DISCONTINUE"


def test_a_mild_neurological_reaction_keeps_the_low_dose_from_going_up(on_low: Course) -> None:
    on_low.grade(100, "neuro", 2)
    assert on_low.code(60 + 168) == "DM_HOLD_LOW"
    assert on_low.grade(60 + 170, "neuro", 0).code(60 + 170) == "DM_ESCALATE"


def test_hours_without_flow_do_not_count_towards_the_full_dose(on_low: Course) -> None:
    assert on_low.code(60 + 170, low_restart_infused_h=167.9) == "DM_HOLD_LOW"
    assert on_low.code(60 + 171, low_restart_infused_h=168.0) == "DM_ESCALATE"


def test_a_low_restart_that_the_pump_did_not_tell_is_known_by_the_dose_that_runs(course: Course) -> None:
    course.grade(24, "crs", 3).stop(25).grade(30, "crs", 0).at(54, crs_status="CRS_RESOLVED")
    hold = course.resume(60, "low", low_restart_told=False).at(61)
    assert hold is not None
    assert (hold.code, hold.restart_earliest_ms) == ("DM_HOLD_LOW", ms(60 + 168))


def test_a_low_restart_of_unknown_cause_is_held_like_any_other(rulebook: Rulebook) -> None:
    course = Course(rulebook).resume(10, "low")
    hold = course.at(11)
    assert hold is not None
    assert (hold.code, hold.rule_id, hold.dose_mcg_day) == ("DM_HOLD_LOW", "DM-5", 9.0)


def test_a_restart_during_the_72_hours_is_still_told_to_stop(course: Course) -> None:
    course.grade(50, "neuro", 3).stop(51).examined(60, 90, 1)
    course.resume(92, "low")
    assert course.code(92) == "DM_WAIT"
    course.examined(98, 132, 1)
    hold = course.at(132)
    assert hold is not None
    assert hold.code == "DM_HOLD_LOW", "from now on it is the low restart that was advised"
    assert hold.restart_earliest_ms == ms(92 + 168)


def test_a_restart_while_the_reaction_stands_changes_nothing(course: Course) -> None:
    course.grade(24, "crs", 3).stop(25).at(25, crs_status="CRS_OPEN")
    assert course.resume(30, "low").code(30) == "DM_INTERRUPT"


def test_a_restart_at_the_full_dose_is_told_for_a_week_and_then_lapses(course: Course) -> None:
    course.grade(24, "crs", 3).stop(25).grade(30, "crs", 0).at(54, crs_status="CRS_RESOLVED")
    advice = course.resume(60, "full").at(60)
    assert advice is not None
    assert (advice.code, advice.dose_mcg_day) == ("DM_RESTART_LOW_SAME_CYCLE", 9.0)
    assert course.code_ms(ms(60 + 168) - 1) == "DM_RESTART_LOW_SAME_CYCLE"
    assert course.code_ms(ms(60 + 168)) is None


def test_a_reaction_at_the_low_dose_that_was_never_stopped_is_held_low_from_its_recovery(rulebook: Rulebook) -> None:
    course = Course(rulebook)
    course.at(0, dose_level_now="low", cycle=1)
    course.grade(24, "crs", 3).at(24, crs_status="CRS_OPEN")
    course.grade(30, "crs", 0)
    hold = course.at(54, crs_status="CRS_RESOLVED")
    assert hold is not None
    assert (hold.code, hold.restart_earliest_ms) == ("DM_HOLD_LOW", ms(54 + 168))


def test_after_another_grade_4_a_low_restart_is_the_decision_that_was_asked_for(course: Course) -> None:
    course.grade(24, "other", 4).stop(25)
    assert course.code(26) == "DM_CONSIDER_DISCONTINUE"
    assert course.resume(40, "low").code(40) == "DM_CONSIDER_DISCONTINUE", "not yet at grade 1"
    assert course.grade(50, "other", 1).code(50) == "DM_HOLD_LOW"


def test_nothing_is_told_while_therapy_is_over_and_a_severe_reaction_is_told_in_the_next_cycle(course: Course) -> None:
    course.grade(600, "crs", 3).grade(605, "neuro", 2).at(606, crs_status="CRS_OPEN")
    assert course.code(680, therapy_over=True, running=None) is None
    course.grade(690, "crs", 0)
    facts = {"therapy_over": False, "running": True, "cycle": 3, "cycle_start_ms": ms(1100), "dose_level_now": "full"}
    advice = course.at(1100, crs_status="CRS_RESOLVED", **facts)
    assert advice is not None
    assert [one.reaction for one in advice.by_reaction] == ["crs"]
    assert advice.code == "DM_RESTART_LOW_SAME_CYCLE"
    assert course.code(1100 + 168) is None


def test_two_reactions_that_allow_the_restart_are_held_low_together(course: Course) -> None:
    course.grade(24, "crs", 3).grade(24, "other", 3).stop(25).grade(30, "crs", 0).grade(30, "other", 1)
    assert course.code(54, crs_status="CRS_RESOLVED") == "DM_RESTART_LOW_SAME_CYCLE"
    hold = course.resume(60, "low").at(61)
    assert hold is not None
    assert [(one.code, one.grade) for one in hold.by_reaction] == [("DM_HOLD_LOW", 1), ("DM_HOLD_LOW", 3)]
    assert course.code(60 + 168) == "DM_ESCALATE"


def test_a_low_restart_made_for_one_reaction_while_another_waits_is_too_early(course: Course) -> None:
    course.grade(24, "crs", 3).grade(24, "neuro", 3).stop(25).grade(30, "crs", 0).examined(50, 58, 1)
    course.at(54, crs_status="CRS_RESOLVED")
    assert course.resume(60, "low").code(60) == "DM_WAIT"


def test_charted_reactions_go_on_ageing_while_therapy_is_over(course: Course) -> None:
    course.chart(600, ReactionFindings(reaction="other", grade=3))
    assert course.code(700, therapy_over=True, running=None) is None
    assert course.next_ms(700) == ms(600 + 336) + 1
    assert course.code(700, therapy_over=False, running=True) == "DM_INTERRUPT"
    course.at(600 + 337, therapy_over=True, running=None)
    assert course.book.charted == ()
    assert course.next_ms(600 + 337) is None


def test_a_new_cycle_at_the_low_dose_is_the_low_restart(course: Course) -> None:
    course.grade(24, "crs", 3).stop(25).grade(30, "crs", 0)
    assert course.code(200, crs_status="CRS_RESOLVED") == "DM_RESTART_LOW_NEW_CYCLE"
    course.resume(210, "low", low_restart_told=False)
    hold = course.at(210, cycle_start_ms=ms(210), resumed_ms=None, cycle=3)
    assert hold is not None
    assert (hold.code, hold.restart_earliest_ms) == ("DM_HOLD_LOW", ms(210 + 168))


def test_discontinuing_is_told_again_in_a_new_cycle(course: Course) -> None:
    course.grade(24, "neuro", 4).stop(24)
    assert course.code(25) == "DM_DISCONTINUE"
    assert course.code(700, therapy_over=True, running=None) is None
    assert course.code(1100, therapy_over=False, running=True, cycle_start_ms=ms(1100)) == "DM_DISCONTINUE"


def test_the_worse_of_two_scales_leads_and_the_other_is_shown(course: Course) -> None:
    course.grade(24, "crs", 2, "ASTCT").grade(24, "crs", 3, "CTCAE")
    advice = course.at(24, crs_status="CRS_OPEN")
    assert advice is not None
    assert (advice.code, advice.scale, advice.grade) == ("DM_INTERRUPT", "CTCAE", 3)
    assert advice.alternative is not None
    assert (advice.alternative.code, advice.alternative.scale, advice.alternative.grade) == ("DM_CONTINUE", "ASTCT", 2)


def test_a_scale_that_shows_nothing_is_shown_beside_the_one_that_leads(course: Course) -> None:
    course.grade(24, "neuro", 0, "ASTCT").grade(24, "neuro", 3, "CTCAE")
    advice = course.at(24)
    assert advice is not None
    assert (advice.code, advice.scale) == ("DM_INTERRUPT", "CTCAE")
    assert advice.alternative is not None
    assert (advice.alternative.code, advice.alternative.scale, advice.alternative.grade) == ("DM_CONTINUE", "ASTCT", 0)


def test_two_scales_that_agree_show_no_alternative(course: Course) -> None:
    course.grade(24, "neuro", 3, "ASTCT").grade(24, "neuro", 3, "CTCAE")
    advice = course.at(24)
    assert advice is not None
    assert advice.scale == "ASTCT"
    assert advice.alternative is None


def test_both_scales_must_be_down_before_the_72_hours_begin(course: Course) -> None:
    course.grade(24, "neuro", 3, "ASTCT").grade(24, "neuro", 3, "CTCAE").stop(25)
    course.grade(30, "neuro", 0, "ASTCT").grade(30, "neuro", 2, "CTCAE")
    assert course.code(30) == "DM_INTERRUPT"
    course.grade(36, "neuro", 0, "ASTCT").grade(36, "neuro", 1, "CTCAE")
    waiting = course.at(36)
    assert waiting is not None
    assert (waiting.code, waiting.restart_earliest_ms) == ("DM_WAIT", ms(36 + 72))
    assert waiting.alternative is None


def test_a_child_gets_its_own_dose_and_rate(rulebook: Rulebook) -> None:
    course = Course(rulebook, ADULT)
    course.at(0, age_years=8.0, weight_kg=25.0, bsa_m2=0.95, bag_type_h=48.0)
    course.grade(24, "crs", 3).stop(25)
    stopped = course.at(25, crs_status="CRS_OPEN")
    assert stopped is not None
    assert any("dexamethasone 4.75 mg" in sentence for sentence in stopped.supportive)
    course.grade(30, "crs", 0)
    restart = course.at(54, crs_status="CRS_RESOLVED")
    assert restart is not None
    assert (restart.dose_mcg_day, restart.rate_ml_h) == (4.75, 5.0)

"""A reaction from its first grade to the full dose again, as the live memory knows it."""

import pytest

from blinwatch.clinical.rulebook import Rulebook
from tests.core.dose_advice.course import Course, ms


@pytest.fixture
def course(rulebook: Rulebook) -> Course:
    return Course(rulebook)


def test_a_patient_without_any_reaction_has_no_advice(course: Course) -> None:
    assert course.at(10) is None
    assert course.grade(11, "crs", 0).at(11) is None
    assert course.grade(12, "crs", None).at(12) is None


def test_crs_of_grade_1_and_2_is_supportive_care_and_then_nothing(course: Course) -> None:
    assert course.grade(20, "crs", 1).code(20) == "DM_CONTINUE"
    assert course.grade(21, "crs", 2).code(21) == "DM_CONTINUE"
    assert course.grade(22, "crs", 1).code(22) == "DM_CONTINUE"
    assert course.grade(23, "crs", 0).code(23) is None


def test_severe_crs_goes_from_interrupting_to_the_full_dose_again(course: Course) -> None:
    course.grade(24, "crs", 3)
    advice = course.at(24, crs_status="CRS_OPEN")
    assert advice is not None
    assert (advice.code, advice.rule_id, advice.scale, advice.grade) == ("DM_INTERRUPT", "DM-2", "ASTCT", 3)
    course.stop(25).grade(40, "crs", 0)
    assert course.code(40) == "DM_INTERRUPT", "grade 0 while the episode is open"
    restart = course.at(64, crs_status="CRS_RESOLVED")
    assert restart is not None
    assert restart.code == "DM_RESTART_LOW_SAME_CYCLE"
    assert (restart.dose_mcg_day, restart.rate_ml_h) == (9.0, 10.0)
    assert restart.decide_by_ms == ms(25 + 168)
    hold = course.resume(70, "low").at(70)
    assert hold is not None
    assert hold.code == "DM_HOLD_LOW"
    assert hold.restart_earliest_ms == ms(70 + 168)
    assert course.code_ms(ms(70 + 168) - 1) == "DM_HOLD_LOW"
    up = course.at_ms(ms(70 + 168))
    assert up is not None
    assert (up.code, up.dose_mcg_day) == ("DM_ESCALATE", 28.0)
    assert course.full_dose().code(70 + 169) is None


def test_a_restart_exactly_7_days_after_the_stop_is_the_same_cycle_and_a_moment_later_a_new_one(course: Course) -> None:
    course.grade(24, "crs", 3).stop(25).grade(30, "crs", 0).at(30, crs_status="CRS_RESOLVED")
    assert course.code_ms(ms(25 + 168)) == "DM_RESTART_LOW_SAME_CYCLE"
    assert course.code_ms(ms(25 + 168) + 1) == "DM_RESTART_LOW_NEW_CYCLE"


def test_a_neurological_grade_3_may_take_exactly_7_days_to_come_down(course: Course) -> None:
    course.grade(50, "neuro", 3).stop(51)
    advice = course.at(51)
    assert advice is not None
    assert (advice.code, advice.rule_id, advice.decide_by_ms) == ("DM_INTERRUPT", "DM-6", ms(50 + 168))
    course.grade(60, "neuro", 2)
    assert course.code_ms(ms(50 + 168)) == "DM_INTERRUPT"
    assert course.code_ms(ms(50 + 168) + 1) == "DM_DISCONTINUE"


def test_a_neurological_grade_3_waits_72_hours_at_grade_1_before_the_restart(course: Course) -> None:
    course.grade(50, "neuro", 3).stop(51).examined(60, 132, 1, every_h=6)
    waiting = course.at(131)
    assert waiting is not None
    assert (waiting.code, waiting.restart_earliest_ms) == ("DM_WAIT", ms(60 + 72))
    assert course.code_ms(ms(132) - 1) == "DM_WAIT"
    assert course.code_ms(ms(132)) == "DM_RESTART_LOW_SAME_CYCLE"


def test_rising_again_starts_the_72_hours_anew(course: Course) -> None:
    course.grade(50, "neuro", 3).stop(51).examined(60, 100, 1).grade(101, "neuro", 2)
    assert course.code(101) == "DM_INTERRUPT"
    course.examined(110, 182, 0)
    assert course.code(181) == "DM_WAIT"
    assert course.code(182) == "DM_RESTART_LOW_SAME_CYCLE"


def test_silence_is_no_recovery(course: Course) -> None:
    course.grade(50, "neuro", 3).stop(51).examined(60, 116, 1)
    assert course.code(128) == "DM_WAIT"
    assert course.code(140) == "DM_WAIT", "the last examination, at 116 h, is 24 h old: time since does not count"
    assert course.grade(141, "neuro", 1).code(141) == "DM_RESTART_LOW_SAME_CYCLE"


def test_a_last_examination_of_exactly_12_hours_still_counts(course: Course) -> None:
    course.grade(50, "neuro", 3).stop(51).examined(60, 120, 1, every_h=12)
    assert course.code(132) == "DM_RESTART_LOW_SAME_CYCLE"


def test_a_neurological_grade_3_that_began_at_the_low_dose_is_for_good(course: Course) -> None:
    course.at(49, dose_level_now="low")
    assert course.grade(50, "neuro", 3).code(50) == "DM_DISCONTINUE"
    assert course.stop(51).examined(60, 140, 0).code(140) == "DM_DISCONTINUE"


def test_the_onset_of_a_neurological_event_is_its_first_grade_above_1(course: Course) -> None:
    course.grade(10, "neuro", 1).grade(40, "neuro", 2).grade(50, "neuro", 3).stop(51)
    advice = course.at(51)
    assert advice is not None
    assert advice.decide_by_ms == ms(40 + 168)


def test_a_milder_event_is_forgotten_when_it_is_back_at_grade_1(course: Course) -> None:
    course.grade(10, "neuro", 2).grade(20, "neuro", 1).grade(100, "neuro", 3).stop(101)
    advice = course.at(101)
    assert advice is not None
    assert advice.decide_by_ms == ms(100 + 168)


def test_grade_4_stays_for_good_whatever_follows(course: Course) -> None:
    course.grade(24, "crs", 4).stop(24).grade(40, "crs", 0)
    assert course.code(100, crs_status="CRS_RESOLVED") == "DM_DISCONTINUE"
    assert course.resume(120, "low").code(121) == "DM_DISCONTINUE"


def test_another_grade_3_restarts_as_soon_as_it_is_down(course: Course) -> None:
    course.grade(24, "other", 3).stop(25)
    assert course.code(24 + 336) == "DM_INTERRUPT"
    assert course.code_ms(ms(24 + 336) + 1) == "DM_DISCONTINUE"
    quick = Course(course.rulebook).grade(24, "other", 3).stop(25).grade(50, "other", 1)
    assert quick.code(50) == "DM_RESTART_LOW_SAME_CYCLE"


def test_the_worst_grade_stands_although_the_latest_cannot_be_graded(course: Course) -> None:
    course.grade(24, "crs", 3).grade(25, "crs", None)
    assert course.code(25, crs_status="CRS_OPEN") == "DM_INTERRUPT"


def test_the_advice_tells_since_when_it_has_stood(course: Course) -> None:
    first = course.grade(24, "crs", 3).at(24, crs_status="CRS_OPEN")
    later = course.at(30)
    assert first is not None
    assert later is not None
    assert first.since_ms == later.since_ms == ms(24)

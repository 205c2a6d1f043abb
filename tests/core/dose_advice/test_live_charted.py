"""Reactions that staff charted, and what other domains know, in the live judgement."""

import json

import pytest
from pydantic import TypeAdapter

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.dose_advice.advise import advise
from blinwatch.core.dose_advice.episode import ReactionBook
from blinwatch.core.dose_advice.facts import NO_FACTS, DoseFacts
from blinwatch.core.findings import ReactionFindings
from tests.core.dose_advice.course import ADULT, Course, ms

FINDINGS = TypeAdapter(ReactionFindings)


@pytest.fixture
def course(rulebook: Rulebook) -> Course:
    return Course(rulebook)


def reaction(kind: str, **values: object) -> ReactionFindings:
    return FINDINGS.validate_json(json.dumps({"reaction": kind, **values}))


def test_a_charted_reaction_is_judged_as_it_was_charted(rulebook: Rulebook) -> None:
    charted = reaction("neuro", episode_grade=3, current_grade=1, hours_to_le_g1=48, hours_at_le_g1=71)
    course = Course(rulebook, DoseFacts()).chart(0, charted)
    advice = course.at(0)
    assert advice is not None
    assert advice.code == advise([charted], NO_FACTS, rulebook).code == "DM_WAIT"


def test_waiting_turns_into_restarting_when_the_time_has_passed(course: Course) -> None:
    course.stop(0)
    course.chart(0, reaction("neuro", episode_grade=3, current_grade=1, hours_to_le_g1=48, hours_at_le_g1=71))
    waiting = course.at(0)
    assert waiting is not None
    assert waiting.restart_earliest_ms == ms(1)
    assert course.code_ms(ms(1) - 1) == "DM_WAIT"
    assert course.code_ms(ms(1)) == "DM_RESTART_LOW_SAME_CYCLE"


def test_a_charted_examination_shows_recovery_for_12_hours_only(course: Course) -> None:
    course.stop(0)
    course.chart(0, reaction("neuro", episode_grade=3, current_grade=1, hours_to_le_g1=8, hours_at_le_g1=59.9))
    assert course.code(100) == "DM_WAIT"


def test_interrupting_turns_into_discontinuing_when_the_time_has_passed(course: Course) -> None:
    course.chart(0, reaction("neuro", grade=3, onset_dose_level="full", hours_since_onset=100))
    assert course.code_ms(ms(68)) == "DM_INTERRUPT"
    assert course.code_ms(ms(68) + 1) == "DM_DISCONTINUE"


def test_charting_anew_replaces_the_same_kind_only(course: Course) -> None:
    course.chart(0, reaction("other", grade=3), reaction("crs", grade=3))
    course.chart(1, reaction("other", grade=1))
    advice = course.at(1)
    assert advice is not None
    assert {one.reaction: one.grade for one in advice.by_reaction} == {"crs": 3, "other": 1}


def test_a_chart_that_is_learned_late_does_not_replace_a_newer_one(course: Course) -> None:
    course.chart(5, reaction("other", grade=1)).chart(2, reaction("other", grade=4))
    assert course.code(6) == "DM_CONTINUE"


def test_charts_of_one_moment_come_out_the_same_in_either_order(rulebook: Rulebook) -> None:
    first, second = reaction("other", grade=3), reaction("other", grade=4)
    one = Course(rulebook).chart(5, first, event_id="a").chart(5, second, event_id="b")
    other = Course(rulebook).chart(5, second, event_id="b").chart(5, first, event_id="a")
    assert one.book == other.book
    assert one.code(5) == "DM_CONSIDER_DISCONTINUE"


def test_a_charted_reaction_stands_for_14_days(course: Course) -> None:
    course.chart(0, reaction("crs", grade=3))
    assert course.code_ms(ms(336)) == "DM_INTERRUPT"
    assert course.code_ms(ms(336) + 1) is None


def test_a_charted_and_a_live_reaction_stand_beside_each_other_and_the_worse_leads(course: Course) -> None:
    course.grade(10, "crs", 2).chart(10, reaction("crs", grade=3))
    advice = course.at(10)
    assert advice is not None
    assert [(one.code, one.grade) for one in advice.by_reaction] == [("DM_INTERRUPT", 3), ("DM_CONTINUE", 2)]


def test_a_charted_reaction_that_has_been_restarted_low_is_held_low(course: Course) -> None:
    course.stop(0).chart(50, reaction("crs", episode_grade=3, current_grade=0))
    assert course.code(50) == "DM_RESTART_LOW_SAME_CYCLE"
    hold = course.resume(60, "low").at(60)
    assert hold is not None
    assert (hold.code, hold.reaction, hold.restart_earliest_ms) == ("DM_HOLD_LOW", "crs", ms(60 + 168))


def test_a_charted_reaction_that_is_not_down_stands_through_a_low_restart(course: Course) -> None:
    course.stop(0).chart(50, reaction("crs", grade=3))
    assert course.resume(60, "low").code(60) == "DM_INTERRUPT"
    assert course.chart(70, reaction("crs", grade=3)).code(70) == "DM_INTERRUPT"
    assert course.chart(80, reaction("crs", episode_grade=3, current_grade=0)).code(80) == "DM_HOLD_LOW"


def test_a_reaction_charted_during_the_low_restart_began_at_the_low_dose(course: Course) -> None:
    course.resume(10, "low").chart(50, reaction("neuro", grade=3))
    assert course.code(50) == "DM_DISCONTINUE"


def test_a_charted_technical_stop_is_over_when_drug_flows(course: Course) -> None:
    course.stop(0, "unplanned").chart(6, reaction("technical", interruption_h=6))
    assert course.code(6) == "DM_RESUME_SAME_DOSE"
    assert course.resume(7, "full").code(7) is None


def test_the_live_interruption_counts_where_the_chart_names_none(course: Course) -> None:
    course.stop(0).chart(100, reaction("crs", episode_grade=3, current_grade=0))
    assert course.code_ms(ms(168)) == "DM_RESTART_LOW_SAME_CYCLE"
    assert course.code_ms(ms(168) + 1) == "DM_RESTART_LOW_NEW_CYCLE"


def test_a_technical_stop_is_told_past_its_grace_time(course: Course) -> None:
    course.stop(10, "unplanned")
    assert course.code_ms(ms(10) + 5 * 60_000) is None
    resume = course.at_ms(ms(10) + 5 * 60_000 + 1)
    assert resume is not None
    assert (resume.code, resume.dose_mcg_day, resume.premedication) == ("DM_RESUME_SAME_DOSE", 28.0, ())
    long_stop = course.at(14)
    assert long_stop is not None
    assert long_stop.premedication[0].dose_mg == 20.0
    assert course.code_ms(ms(10 + 168)) == "DM_RESUME_SAME_DOSE"
    assert course.code_ms(ms(10 + 168) + 1) == "DM_NEW_CYCLE"


def test_a_bag_change_may_take_half_an_hour(course: Course) -> None:
    course.stop(10, "bag_change")
    assert course.code(10.5) is None
    assert course.code(10.51) == "DM_RESUME_SAME_DOSE"


def test_a_stop_for_a_reaction_that_nobody_graded_asks_for_the_grade(course: Course) -> None:
    course.stop(10)
    advice = course.at(11)
    assert advice is not None
    assert advice.code == "DM_NOT_EVALUABLE"
    assert "INCOMPLETE" in advice.flags


def test_more_than_one_seizure_is_for_good(course: Course) -> None:
    assert course.code(10, seizure_count=1) is None
    assert course.code(11, seizure_count=2) == "DM_DISCONTINUE"


def test_pancreatitis_and_tumour_lysis_interrupt_as_long_as_they_stand(course: Course) -> None:
    assert course.code(10, pancreatitis_suspected=True) == "DM_INTERRUPT"
    assert course.code(11, pancreatitis_suspected=False) is None
    assert course.code(12, tls_clinical=True) == "DM_INTERRUPT"
    assert course.code(13, tls_clinical=True, tls_grade=4, label_region="EU") == "DM_DISCONTINUE"


def test_neutrophils_low_for_exactly_7_days_interrupt(course: Course) -> None:
    course.at(10, anc=0.4, anc_low_since_ms=ms(10))
    assert course.code_ms(ms(10 + 168) - 1) == "DM_CONTINUE"
    assert course.code_ms(ms(10 + 168)) == "DM_INTERRUPT"
    assert course.code(200, anc=0.5, anc_low_since_ms=None) is None


def liver(hour: float, alt: float | None, bili: float | None) -> dict[str, object]:
    taken = {"alt_ms": None if alt is None else ms(hour), "bili_ms": None if bili is None else ms(hour)}
    return {"alt_x_uln": alt, "bili_x_uln": bili, **taken}


def test_liver_values_interrupt_and_recover(course: Course) -> None:
    assert course.code(10, **liver(10, 5.0, 3.0)) == "DM_CONTINUE"
    assert course.code(34, **liver(34, 5.1, 3.0)) == "DM_INTERRUPT"
    course.stop(35)
    assert course.code(58, **liver(58, 3.1, 1.5)) == "DM_INTERRUPT"
    assert course.code(82, **liver(82, 3.0, 1.5)) == "DM_RESTART_LOW_SAME_CYCLE"
    assert course.code(82 + 24) == "DM_RESTART_LOW_SAME_CYCLE"
    assert course.code(82 + 24.1) == "DM_INTERRUPT", "values older than 24 h show no recovery"


def test_a_mild_liver_value_during_a_technical_stop_asks_for_no_low_restart(course: Course) -> None:
    course.stop(10, "unplanned")
    assert course.code(20, **liver(20, 4.0, 1.0)) == "DM_RESUME_SAME_DOSE"


def test_a_liver_value_that_is_missing_shows_no_recovery(course: Course) -> None:
    course.at(34, **liver(34, 5.1, 1.0))
    course.stop(35)
    assert course.code(60, **liver(60, 2.0, None)) == "DM_INTERRUPT"


def test_a_liver_grade_4_is_to_be_decided(course: Course) -> None:
    assert course.code(34, **liver(34, 20.0, 1.0)) == "DM_INTERRUPT"
    assert course.code(58, **liver(58, 20.1, 1.0)) == "DM_CONSIDER_DISCONTINUE"


def test_the_book_stays_small_and_can_be_stored(rulebook: Rulebook) -> None:
    course = Course(rulebook, ADULT)
    mild = tuple(reaction("other", grade=2) for _ in range(20))
    for hour in range(28 * 24):
        course.grade(hour, "crs", hour % 4, "ASTCT").grade(hour, "crs", hour % 3, "CTCAE")
        course.grade(hour, "neuro", hour % 3, "ASTCT").grade(hour, "neuro", hour % 4, "CTCAE")
        course.chart(hour, *mild)
    course.at(28 * 24)
    adapter = TypeAdapter(ReactionBook)
    stored = adapter.dump_json(course.book)
    assert adapter.validate_json(stored) == course.book
    assert len(course.book.charted) == 20
    assert len(stored) < 16_384


@pytest.mark.parametrize(
    "charted,known,code",
    [(2, 0, "DM_DISCONTINUE"), (1, 2, "DM_DISCONTINUE"), (None, 2, "DM_DISCONTINUE"), (1, 1, "DM_INTERRUPT")],
)
def test_the_chart_and_the_examinations_may_each_know_of_a_second_seizure(
    course: Course, charted: int | None, known: int, code: str
) -> None:
    course.chart(0, reaction("seizure", grade=3, seizure_count=charted))
    assert course.code(1, seizure_count=known) == code

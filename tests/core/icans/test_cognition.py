"""Cognition by ICE and CAPD, sentence by sentence of section C, on both sides of every number."""

from typing import Any

import pytest

from blinwatch.clinical.rulebook import Rulebook
from tests.core.icans.icans_support import CHILD, WELL, domain, examine

NO_ICE: dict[str, Any] = {**WELL, "ice_score": None}
NO_CAPD: dict[str, Any] = {**CHILD, "capd_score": None}
FULL_ICE = {"orientation": 4, "naming": 3, "command": 1, "writing": 1, "attention": 1}


# --- ICE --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "points, grade", [(10, 0), (9, 1), (8, 1), (7, 1), (6, 2), (5, 2), (4, 2), (3, 2), (2, 3), (1, 3), (0, 3)]
)
def test_ice_points_grade_by_the_table(rulebook: Rulebook, points: int, grade: int) -> None:
    result = examine(rulebook, ice_score=points)
    assert result.code == f"ICANS_G{grade}"
    assert result.complete
    assert domain(result, "cognition").tool == "ICE"
    assert result.rule_id == ("ICA-2" if points == 0 else "ICA-1")


def test_the_sentence_of_a_score_names_points_grade_and_rule(rulebook: Rulebook) -> None:
    assert examine(rulebook, ice_score=8).because == ("ICE 8 of 10 points: grade 1 (ICA-1)",)
    assert domain(examine(rulebook), "cognition").because == "ICE 10 of 10 points (ICA-1)"


def test_no_sign_at_all_is_said_in_one_sentence(rulebook: Rulebook) -> None:
    result = examine(rulebook)
    assert result.because == ("no sign of ICANS was found in any of the five domains (ICA-1)",)
    assert (result.code, result.grade, result.rule_id, result.flags) == ("ICANS_G0", 0, "ICA-1", ())


def test_the_score_is_the_sum_of_the_items(rulebook: Rulebook) -> None:
    assert examine(rulebook, NO_ICE, ice_items=FULL_ICE).code == "ICANS_G0"
    result = examine(rulebook, NO_ICE, ice_items={**FULL_ICE, "orientation": 3, "writing": 0})
    assert result.code == "ICANS_G1"
    assert result.because == ("ICE 8 of 10 points: grade 1 (ICA-1)",)
    assert result.complete


# --- untested items: the best case ------------------------------------------------------------------------


def test_an_untested_item_whose_best_case_still_grades_is_at_least_that(rulebook: Rulebook) -> None:
    items = {"orientation": 2, "naming": 2, "command": 1, "writing": 0, "attention": None}
    result = examine(rulebook, NO_ICE, ice_items=items)
    assert (result.code, result.rule_id) == ("ICANS_G2", "ICA-9")
    assert result.because == ("ICE at most 6 of 10 points, not tested: counting backwards: at least grade 2 (ICA-9)",)
    assert result.flags == ("INCOMPLETE",)
    assert not result.complete


def test_an_untested_item_whose_best_case_is_grade_0_leaves_no_score(rulebook: Rulebook) -> None:
    result = examine(rulebook, NO_ICE, ice_items={**FULL_ICE, "attention": None})
    assert (result.code, result.grade, result.rule_id) == ("ICANS_NOT_EVALUABLE", None, "ICA-9")
    assert result.flags == ("INCOMPLETE",)
    assert result.because[0] == "ICE cannot be scored: not tested: counting backwards (ICA-9)"


@pytest.mark.parametrize(
    "items, code",
    [
        ({"orientation": 3, "naming": 3, "command": 1, "writing": 1}, "ICANS_G1"),
        ({"orientation": 4, "naming": 3, "command": 1, "writing": 1}, "ICANS_NOT_EVALUABLE"),
        ({"orientation": 0, "naming": 0, "command": 0, "writing": 0}, "ICANS_G3"),
        ({"orientation": 0}, "ICANS_G2"),
        ({"orientation": None, "naming": None}, "ICANS_NOT_EVALUABLE"),
        ({}, "ICANS_NOT_EVALUABLE"),
    ],
)
def test_an_item_left_out_is_an_untested_item(rulebook: Rulebook, items: dict[str, int | None], code: str) -> None:
    result = examine(rulebook, NO_ICE, ice_items=items)
    assert result.code == code
    assert "INCOMPLETE" in result.flags


def test_the_untested_items_are_named_in_words(rulebook: Rulebook) -> None:
    result = examine(rulebook, NO_ICE, ice_items={"writing": 0})
    assert "not tested: orientation, naming, following a command, counting backwards" in result.because[0]


def test_points_that_an_item_cannot_give_are_taken_as_not_tested(rulebook: Rulebook) -> None:
    result = examine(rulebook, NO_ICE, ice_items={**FULL_ICE, "orientation": 1, "command": 4})
    assert result.code == "ICANS_G1"
    assert "not tested: following a command" in result.because[0]
    child = examine(rulebook, NO_CAPD, capd_items=(5, 2, 2, 2, 2, 0, 0, 1))
    assert child.code == "ICANS_G3"
    assert "not tested: item 1" in child.because[0]


def test_untested_items_beside_a_charted_total_leave_the_total_a_best_case(rulebook: Rulebook) -> None:
    partly = {**FULL_ICE, "attention": None}
    assert examine(rulebook, ice_score=10, ice_items=partly).code == "ICANS_NOT_EVALUABLE"
    at_least = examine(rulebook, ice_score=9, ice_items=partly)
    assert at_least.code == "ICANS_G1"
    assert at_least.flags == ("INCOMPLETE",)


def test_items_that_are_all_empty_say_nothing_beside_a_total(rulebook: Rulebook) -> None:
    result = examine(rulebook, ice_score=8, ice_items={"orientation": None})
    assert (result.code, result.flags) == ("ICANS_G1", ())
    child = examine(rulebook, CHILD, capd_score=9, capd_items=(None,) * 8)
    assert (child.code, child.flags) == ("ICANS_G3", ())


@pytest.mark.parametrize("total, items_sum, code", [(10, 8, "ICANS_G1"), (6, 10, "ICANS_G2")])
def test_a_total_that_contradicts_its_items_is_read_the_worse_way(
    rulebook: Rulebook, total: int, items_sum: int, code: str
) -> None:
    items = {**FULL_ICE, "orientation": 4 - (10 - items_sum)}
    result = examine(rulebook, ice_score=total, ice_items=items)
    assert (result.code, result.flags) == (code, ("CHART_CONFLICT",))
    assert "contradict each other, the worse is used" in result.because[0]


def test_a_total_that_agrees_with_its_items_is_no_contradiction(rulebook: Rulebook) -> None:
    assert examine(rulebook, ice_score=10, ice_items=FULL_ICE).flags == ()
    child = examine(rulebook, CHILD, capd_score=8, capd_items=(1, 1, 1, 1, 1, 1, 1, 1))
    assert child.flags == ("CAPD_SUBTHRESHOLD",)


def test_a_total_that_partly_tested_items_cannot_reach_is_a_contradiction(rulebook: Rulebook) -> None:
    partly = {"orientation": 4, "naming": 3, "command": 1, "writing": 1}
    above = examine(rulebook, ice_score=8, ice_items=partly)
    assert (above.code, above.flags) == ("ICANS_G1", ("CHART_CONFLICT", "INCOMPLETE"))
    few = {"orientation": 0, "naming": 0, "command": 0, "writing": 0}
    below = examine(rulebook, ice_score=9, ice_items=few)
    assert (below.code, below.flags) == ("ICANS_G3", ("CHART_CONFLICT", "INCOMPLETE"))
    no_score = examine(rulebook, CHILD, capd_score=5, capd_items=(0, 0, 0, 0, 0, 0, 0))
    assert (no_score.code, "CHART_CONFLICT" in no_score.flags) == ("ICANS_G1", True)


# --- CAPD -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("points, grade", [(0, 0), (1, 1), (8, 1), (9, 3), (32, 3)])
def test_capd_points_grade_by_the_table(rulebook: Rulebook, points: int, grade: int) -> None:
    result = examine(rulebook, CHILD, capd_score=points)
    assert result.code == f"ICANS_G{grade}"
    assert domain(result, "cognition").tool == "CAPD"
    assert ("CAPD_SUBTHRESHOLD" in result.flags) is (grade == 1)


def test_a_capd_below_the_screen_asks_for_the_usual_state_of_the_child(rulebook: Rulebook) -> None:
    assert examine(rulebook, CHILD, capd_score=4).because == (
        "CAPD 4 of 32 points: grade 1 (ICA-3); below the delirium screen, compare with this child's usual state",
    )
    assert examine(rulebook, CHILD, capd_score=9).because == ("CAPD 9 of 32 points: grade 3 (ICA-3)",)


def test_consciousness_lifts_a_capd_of_1_to_8_to_grade_2(rulebook: Rulebook) -> None:
    result = examine(rulebook, CHILD, capd_score=5, loc="awakens_voice")
    assert (result.code, result.flags) == ("ICANS_G2", ("CAPD_SUBTHRESHOLD",))


@pytest.mark.parametrize(
    "items, code, incomplete",
    [
        ((1, 1, 2, 1, 1, 1, 1, 1), "ICANS_G3", False),
        ((1, 1, 1, 1, 1, 1, 1, 1), "ICANS_G1", False),
        ((0, 0, 0, 0, 0, 0, 0, 0), "ICANS_G0", False),
        ((4, 4, 1, None, 0, 0, 0, 0), "ICANS_G3", True),
        ((1, 0, 0, None, 0, 0, 0, 0), "ICANS_G1", True),
        ((0, 0, 0, None, 0, 0, 0, 0), "ICANS_NOT_EVALUABLE", True),
        ((2, 2, 1, 1, 1, 1, 1), "ICANS_G3", True),
        ((0, 0, 0, 0, 0, 0, 0), "ICANS_NOT_EVALUABLE", True),
        ((), "ICANS_NOT_EVALUABLE", True),
    ],
)
def test_capd_items(rulebook: Rulebook, items: tuple[int | None, ...], code: str, *, incomplete: bool) -> None:
    result = examine(rulebook, NO_CAPD, capd_items=items)
    assert result.code == code
    assert ("INCOMPLETE" in result.flags) is incomplete


def test_an_untested_capd_item_is_named_by_its_number(rulebook: Rulebook) -> None:
    result = examine(rulebook, NO_CAPD, capd_items=(4, 4, 1, None, 0, 0, 0, 0))
    assert result.because == ("CAPD at least 9 of 32 points, not tested: item 4: at least grade 3 (ICA-9)",)


def test_a_capd_total_that_contradicts_its_items_is_read_the_worse_way(rulebook: Rulebook) -> None:
    lower = examine(rulebook, CHILD, capd_score=2, capd_items=(2, 2, 2, 2, 1, 0, 0, 0))
    assert (lower.code, lower.flags) == ("ICANS_G3", ("CHART_CONFLICT",))
    higher = examine(rulebook, CHILD, capd_score=12, capd_items=(0, 0, 0, 0, 0, 0, 0, 0))
    assert (higher.code, higher.flags) == ("ICANS_G3", ("CHART_CONFLICT",))


# --- the right tool for the patient -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "age_years, tool", [(0.5, "CAPD"), (11.99, "CAPD"), (12.0, "ICE"), (70.0, "ICE"), (None, "ICE")]
)
def test_from_12_years_on_ice_is_the_tool(rulebook: Rulebook, age_years: float | None, tool: str) -> None:
    result = examine(rulebook, age_years=age_years, ice_score=9, capd_score=12)
    assert result.code == ("ICANS_G1" if tool == "ICE" else "ICANS_G3")
    assert domain(result, "cognition").tool == tool
    assert ("AGE_UNKNOWN" in result.flags) is (age_years is None)


def test_a_tool_for_the_wrong_age_is_ignored_and_says_so(rulebook: Rulebook) -> None:
    child = examine(rulebook, NO_CAPD, ice_score=2)
    assert (child.code, child.flags) == ("ICANS_NOT_EVALUABLE", ("INCOMPLETE",))
    assert child.because[0] == "CAPD was not charted; ICE is not the tool for this age and not used (ICA-9)"
    adult = examine(rulebook, NO_ICE, capd_score=20)
    assert adult.code == "ICANS_NOT_EVALUABLE"
    assert adult.because[0] == "ICE was not charted; CAPD is not the tool for this age and not used (ICA-9)"
    assert domain(examine(rulebook, NO_ICE), "cognition").because == "ICE was not charted (ICA-9)"


@pytest.mark.parametrize("age_years", [15.0, None])
def test_with_a_developmental_delay_capd_is_preferred(rulebook: Rulebook, age_years: float | None) -> None:
    result = examine(rulebook, age_years=age_years, developmental_delay=True, ice_score=2, capd_score=4)
    assert (result.code, domain(result, "cognition").tool) == ("ICANS_G1", "CAPD")


@pytest.mark.parametrize(
    "capd",
    [{}, {"capd_not_done_reason": "refused"}, {"capd_items": (0, 0, 0, None, 0, 0, 0, 0)}],
)
def test_with_a_delay_ice_alone_is_graded_literally_and_incomplete(rulebook: Rulebook, capd: dict[str, Any]) -> None:
    result = examine(rulebook, age_years=15.0, developmental_delay=True, ice_score=8, **capd)
    assert (result.code, result.flags) == ("ICANS_G1", ("INCOMPLETE",))
    assert result.because[0].endswith("; with a developmental delay CAPD is preferred (ICA-3)")
    good = examine(rulebook, age_years=15.0, developmental_delay=True, ice_score=10, **capd)
    assert (good.code, good.flags) == ("ICANS_G0", ("INCOMPLETE",))
    assert "CAPD is preferred" in good.because[0]


def test_a_small_child_with_a_delay_is_not_graded_by_ice(rulebook: Rulebook) -> None:
    assert examine(rulebook, NO_CAPD, developmental_delay=True, ice_score=2).code == "ICANS_NOT_EVALUABLE"


def test_with_a_delay_and_no_tool_at_all_capd_is_what_is_missing(rulebook: Rulebook) -> None:
    result = examine(rulebook, NO_ICE, developmental_delay=True)
    assert result.because[0] == "CAPD was not charted (ICA-9)"


# --- not done ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reason, words",
    [
        ("refused", "the patient refused"),
        ("asleep", "the patient was asleep"),
        ("intubated", "the patient is intubated"),
        ("language_barrier", "of a language barrier"),
        ("sedated", "the patient is sedated"),
    ],
)
def test_a_test_that_was_not_done_is_missing_and_never_0(rulebook: Rulebook, reason: str, words: str) -> None:
    adult = examine(rulebook, NO_ICE, ice_not_done_reason=reason)
    assert (adult.code, adult.rule_id) == ("ICANS_NOT_EVALUABLE", "ICA-8")
    assert adult.because[0] == f"ICE not done because {words}: missing, never counted as a score (ICA-8)"
    child = examine(rulebook, NO_CAPD, capd_not_done_reason=reason)
    assert child.because[0] == f"CAPD not done because {words}: missing, never counted as a score (ICA-8)"
    assert ("CONF_SEDATIVE_ICANS" in adult.flags) is (reason == "sedated")


def test_points_charted_beside_a_reason_are_not_used(rulebook: Rulebook) -> None:
    zero = examine(rulebook, ice_score=0, ice_not_done_reason="refused")
    assert (zero.code, zero.flags) == ("ICANS_NOT_EVALUABLE", ("INCOMPLETE",))
    assert zero.because[0].endswith("(ICA-8); the charted 0 points are not used")
    some = examine(rulebook, ice_score=1, ice_not_done_reason="refused")
    assert (some.code, some.flags) == ("ICANS_NOT_EVALUABLE", ("CHART_CONFLICT", "INCOMPLETE"))


def test_a_patient_too_sedated_for_ice_still_counts_by_consciousness_until_marked_sedated(rulebook: Rulebook) -> None:
    result = examine(rulebook, NO_ICE, ice_not_done_reason="sedated", loc="awakens_voice")
    assert result.code == "ICANS_G2"
    assert set(result.flags) == {"INCOMPLETE", "CONF_SEDATIVE_ICANS"}


@pytest.mark.parametrize("base, tool", [(NO_ICE, "ice"), (NO_CAPD, "capd")])
@pytest.mark.parametrize("loc, incomplete", [("unarousable", False), ("stupor_coma", False), (None, True)])
def test_not_done_because_unarousable_is_grade_4(
    rulebook: Rulebook, base: dict[str, Any], tool: str, loc: str | None, *, incomplete: bool
) -> None:
    result = examine(rulebook, base, **{f"{tool}_not_done_reason": "unarousable"}, loc=loc)
    assert result.code == "ICANS_G4"
    assert result.rule_id == ("ICA-2" if tool == "ice" else "ICA-3")
    assert result.flags == (("INCOMPLETE",) if incomplete else ())


def test_unarousable_beside_a_patient_who_wakes_is_grade_4_and_to_be_checked(rulebook: Rulebook) -> None:
    result = examine(rulebook, NO_ICE, ice_not_done_reason="unarousable", loc="awakens_tactile")
    assert (result.code, result.flags) == ("ICANS_G4", ("CHART_CONFLICT",))
    assert result.because[0] == (
        "ICE not done because the patient is unarousable: grade 4 (ICA-2);"
        " but consciousness was charted as awakens only to touch: check"
    )
    assert examine(rulebook, NO_ICE, ice_not_done_reason="unarousable", loc="vigorous_tactile").flags == ()


def test_points_beside_unarousable_contradict_it(rulebook: Rulebook) -> None:
    assert examine(rulebook, ice_score=0, ice_not_done_reason="unarousable", loc="unarousable").flags == ()
    result = examine(rulebook, ice_score=1, ice_not_done_reason="unarousable", loc="unarousable")
    assert (result.code, result.flags) == ("ICANS_G4", ("CHART_CONFLICT",))


def test_unarousable_is_seen_whichever_tool_was_at_hand(rulebook: Rulebook) -> None:
    result = examine(rulebook, NO_CAPD, ice_not_done_reason="unarousable", loc=None)
    assert (result.code, result.flags) == ("ICANS_G4", ("INCOMPLETE",))
    assert result.because[0].endswith("; CAPD is the tool for this patient")
    adult = examine(rulebook, NO_ICE, capd_not_done_reason="unarousable", loc="unarousable")
    assert (adult.code, adult.flags) == ("ICANS_G4", ("INCOMPLETE",))
    assert examine(rulebook, CHILD, ice_not_done_reason="unarousable").code == "ICANS_G0"
    assert examine(rulebook, NO_CAPD, ice_not_done_reason="refused").code == "ICANS_NOT_EVALUABLE"


# --- ICE 0 ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "loc, grade, words",
    [
        ("alert", 3, "in a patient who can be roused: grade 3"),
        ("vigorous_tactile", 3, "in a patient who can be roused: grade 3"),
        ("unarousable", 4, "in a patient who is unarousable: grade 4"),
        ("stupor_coma", 4, "in a patient who is unarousable: grade 4"),
        (None, 3, ", level of consciousness not known: grade 3"),
    ],
)
def test_ice_0_depends_on_whether_the_patient_can_be_roused(
    rulebook: Rulebook, loc: str | None, grade: int, words: str
) -> None:
    cognition = domain(examine(rulebook, ice_score=0, loc=loc), "cognition")
    assert (cognition.grade, cognition.rule_id) == (grade, "ICA-2")
    assert words in cognition.because


def test_ice_0_without_a_level_of_consciousness_is_grade_3_incomplete(rulebook: Rulebook) -> None:
    result = examine(rulebook, ice_score=0, loc=None)
    assert (result.code, result.flags) == ("ICANS_G3", ("INCOMPLETE",))


# --- too old ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "base, name", [({**WELL, "ice_score": 8}, "ice_score"), ({**CHILD, "capd_score": 4}, "capd_score")]
)
def test_ice_and_capd_are_missing_after_12_hours(rulebook: Rulebook, base: dict[str, Any], name: str) -> None:
    assert examine(rulebook, base, obs_age_h={name: 12.0}).code == "ICANS_G1"
    old = examine(rulebook, base, obs_age_h={name: 12.1})
    assert (old.code, old.flags) == ("ICANS_NOT_EVALUABLE", ("INCOMPLETE",))
    assert old.because[0].endswith("is too old to be used (ICA-9)")


def test_an_age_charted_for_the_score_holds_for_its_items_unless_they_have_their_own(rulebook: Rulebook) -> None:
    items = {**FULL_ICE, "orientation": 2}
    assert examine(rulebook, NO_ICE, ice_items=items, obs_age_h={"ice_score": 13.0}).code == "ICANS_NOT_EVALUABLE"
    fresh = {"ice_score": 13.0, "ice_items": 1.0}
    assert examine(rulebook, ice_score=2, ice_items=items, obs_age_h=fresh).code == "ICANS_G1"


def test_an_unarousable_of_yesterday_is_too_old(rulebook: Rulebook) -> None:
    seen = {"ice_not_done_reason": "unarousable", "loc": None}
    assert examine(rulebook, NO_ICE, **seen, obs_age_h={"ice_not_done_reason": 12.0}).code == "ICANS_G4"
    assert examine(rulebook, NO_ICE, **seen, obs_age_h={"ice_not_done_reason": 24.0}).code == "ICANS_NOT_EVALUABLE"


def test_an_age_of_something_that_was_not_charted_changes_nothing(rulebook: Rulebook) -> None:
    assert examine(rulebook, obs_age_h={"capd_score": 30.0, "loc": 4.0, "seizure": 99.0}) == examine(rulebook)

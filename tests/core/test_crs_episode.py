"""CRS-3, CRS-4, CRS-5, CRS-10: how an episode opens, goes on and resolves, and what a masking drug does to it."""

from typing import Any

import pytest

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.crs_course import (
    EMPTY_COURSE,
    current_code,
    episode_max,
    give_masking_drug,
    status,
)
from tests.core.crs_support import FEVERISH, G3, LOW_BP, WELL, at, follow, quiet_every_4_h, see

# --- opening (CRS-3, CRS-4) -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields, expected",
    [
        (FEVERISH, "CRS_OPEN"),
        ({**FEVERISH, "temperature_c": 37.9}, "CRS_NONE"),
        ({**FEVERISH, "fever_attributed_other": True}, "CRS_NONE"),
        ({**FEVERISH, "hours_since_infusion_stop": 49}, "CRS_NONE"),
        ({**FEVERISH, "hours_since_infusion_stop": 49, "fever_attributed_other": False}, "CRS_OPEN"),
        ({**LOW_BP, "antipyretic_given": True}, "CRS_NONE"),
        (LOW_BP, "CRS_NONE"),
        ({**WELL, "temperature_c": 44.0}, "CRS_NONE"),
        ({**WELL, "crs_active": True}, "CRS_OPEN"),
        ({"temperature_c": 38.5}, "CRS_OPEN"),
    ],
)
def test_only_a_qualifying_fever_opens_an_episode(rulebook: Rulebook, fields: dict[str, Any], expected: str) -> None:
    assert status(follow(rulebook, (0, fields))) == expected


def test_once_open_hypotension_grades_without_fever(rulebook: Rulebook) -> None:
    assert current_code(follow(rulebook, (0, FEVERISH), (4, LOW_BP))) == "CRS_G2"
    assert current_code(follow(rulebook, (0, WELL), (4, LOW_BP))) == "CRS_G0"


def test_a_fever_attributed_elsewhere_counts_while_the_episode_is_open(rulebook: Rulebook) -> None:
    other = {**FEVERISH, "fever_attributed_other": True}
    assert current_code(follow(rulebook, (0, FEVERISH), (4, other))) == "CRS_G1"
    assert status(follow(rulebook, (0, other), (4, FEVERISH))) == "CRS_OPEN"


def test_a_charted_not_active_closes_nothing(rulebook: Rulebook) -> None:
    course = follow(rulebook, (0, FEVERISH), (4, {**LOW_BP, "crs_active": False}))
    assert (current_code(course), status(course)) == ("CRS_G2", "CRS_OPEN")


def test_crs_active_given_for_every_event_resolves_like_any_episode(rulebook: Rulebook) -> None:
    active = {**WELL, "crs_active": True}
    course = follow(rulebook, *[(hours, active) for hours in range(0, 25, 4)])
    assert status(course) == "CRS_RESOLVED"
    assert status(see(course, 28, active, rulebook)) == "CRS_RESOLVED"
    assert status(see(course, 28, {**active, "sbp_mmhg": 80}, rulebook)) == "CRS_OPEN"


# --- resolution (CRS-10) ----------------------------------------------------------------------------------


def test_twenty_four_quiet_hours_resolve_and_less_does_not(rulebook: Rulebook) -> None:
    quiet = quiet_every_4_h(4, 20)
    assert status(follow(rulebook, (0, FEVERISH), *quiet, (23.99, WELL))) == "CRS_OPEN"
    assert status(follow(rulebook, (0, FEVERISH), *quiet, (24, WELL))) == "CRS_RESOLVED"


def test_an_interval_of_eight_hours_counts_and_a_longer_one_adds_nothing(rulebook: Rulebook) -> None:
    assert status(follow(rulebook, (0, FEVERISH), (8, WELL), (16, WELL), (24, WELL))) == "CRS_RESOLVED"
    late = follow(rulebook, (0, FEVERISH), (8, WELL), (16.01, WELL), (24, WELL))
    assert status(late) == "CRS_OPEN"
    assert status(see(see(late, 32, WELL, rulebook), 33, WELL, rulebook)) == "CRS_RESOLVED"


def test_a_sign_restarts_the_count_even_if_the_rest_is_unknown(rulebook: Rulebook) -> None:
    for sign in (FEVERISH, LOW_BP, {**WELL, "spo2_pct": 85}, {"age_years": 40, "sbp_mmhg": 80}):
        course = follow(rulebook, (0, FEVERISH), *quiet_every_4_h(4, 16), (20, sign), *quiet_every_4_h(24, 40))
        assert status(course) == "CRS_OPEN"
        assert status(see(course, 44, WELL, rulebook)) == "CRS_RESOLVED"


def test_an_alert_without_a_grade_is_no_sign(rulebook: Rulebook) -> None:
    alerts = {**WELL, "spo2_pct": 92, "temperature_c": 37.7, "temp_site": "skin", "vasopressors": ("dobutamine",)}
    course = follow(rulebook, (0, FEVERISH), *[(hours, alerts) for hours in range(4, 25, 4)])
    assert status(course) == "CRS_RESOLVED"


@pytest.mark.parametrize("lacking", [{"temperature_c": None}, {"sbp_mmhg": None}, {"spo2_pct": None}])
def test_an_observation_lacking_one_of_the_three_neither_counts_nor_restarts(
    rulebook: Rulebook, lacking: dict[str, Any]
) -> None:
    partial = {**WELL, **lacking}
    bridged = follow(rulebook, (0, FEVERISH), (8, WELL), (12, partial), (16, WELL), (24, WELL))
    assert status(bridged) == "CRS_RESOLVED"
    ends_partial = follow(rulebook, (0, FEVERISH), (8, WELL), (16, WELL), (24, partial))
    assert status(ends_partial) == "CRS_OPEN"
    too_far = follow(rulebook, (0, FEVERISH), (4, WELL), (8, partial), (13, WELL), (21, WELL), (25, WELL))
    assert status(too_far) == "CRS_OPEN"


def test_an_attributed_domain_is_known_for_the_count(rulebook: Rulebook) -> None:
    elsewhere = {**WELL, "sbp_mmhg": 70, "hypotension_attributed_other": True}
    course = follow(rulebook, (0, FEVERISH), *[(hours, elsewhere) for hours in range(4, 25, 4)])
    assert status(course) == "CRS_RESOLVED"


@pytest.mark.parametrize("given_h, expected", [(15, "CRS_RESOLVED"), (16, "CRS_RESOLVED"), (16.01, "CRS_OPEN")])
def test_an_antipyretic_in_the_last_eight_hours_keeps_the_episode_open(
    rulebook: Rulebook, given_h: float, expected: str
) -> None:
    course = follow(rulebook, (0, FEVERISH), *quiet_every_4_h(4, 16))
    course = give_masking_drug(course, "antipyretic", at(given_h))
    course = see(see(course, 20, WELL, rulebook), 24, WELL, rulebook)
    assert status(course) == expected
    assert status(see(course, 28, WELL, rulebook)) == "CRS_RESOLVED", "the count was not restarted"


def test_an_antipyretic_charted_inside_an_observation_is_remembered(rulebook: Rulebook) -> None:
    dosed = {**WELL, "antipyretic_given": True, "hours_since_antipyretic": 1}
    course = follow(rulebook, (0, FEVERISH), *quiet_every_4_h(4, 16), (20, dosed), (24, WELL))
    assert status(course) == "CRS_OPEN"
    assert status(see(course, 27, WELL, rulebook)) == "CRS_RESOLVED"


@pytest.mark.parametrize("kind", ["steroid", "tocilizumab", "siltuximab", "anakinra"])
def test_other_masking_drugs_do_not_delay_resolution(rulebook: Rulebook, kind: Any) -> None:
    course = follow(rulebook, (0, FEVERISH), *quiet_every_4_h(4, 20))
    course = give_masking_drug(course, kind, at(23))
    assert status(see(course, 24, WELL, rulebook)) == "CRS_RESOLVED"


def test_after_resolution_fever_is_needed_again(rulebook: Rulebook) -> None:
    resolved = follow(rulebook, (0, G3), *quiet_every_4_h(4, 24))
    assert current_code(see(resolved, 28, LOW_BP, rulebook)) == "CRS_G0"
    again = see(resolved, 28, FEVERISH, rulebook)
    assert (status(again), episode_max(again)) == ("CRS_OPEN", "CRS_G1")


# --- masking drugs over time (CRS-5) ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind, hours, suspect",
    [
        ("antipyretic", 8, True),
        ("antipyretic", 8.01, False),
        ("steroid", 36, True),
        ("steroid", 36.01, False),
        ("anakinra", 24, True),
        ("anakinra", 24.01, False),
        ("tocilizumab", 504, True),
        ("tocilizumab", 504.01, False),
        ("siltuximab", 504, True),
    ],
)
def test_a_dose_given_earlier_masks_for_its_time(rulebook: Rulebook, kind: Any, hours: float, suspect: bool) -> None:
    course = see(give_masking_drug(EMPTY_COURSE, kind, at(0)), hours, LOW_BP, rulebook)
    assert current_code(course) == ("CRS_SUSPECT_MASKED" if suspect else "CRS_G0")
    assert status(course) == "CRS_NONE"


def test_a_charted_not_given_does_not_undo_a_recorded_dose(rulebook: Rulebook) -> None:
    course = give_masking_drug(EMPTY_COURSE, "antipyretic", at(0))
    course = see(course, 2, {**LOW_BP, "antipyretic_given": False}, rulebook)
    assert current_code(course) == "CRS_SUSPECT_MASKED"


def test_an_older_dose_learned_later_does_not_replace_the_newer(rulebook: Rulebook) -> None:
    course = give_masking_drug(EMPTY_COURSE, "antipyretic", at(6))
    course = give_masking_drug(course, "antipyretic", at(0))
    assert current_code(see(course, 14, LOW_BP, rulebook)) == "CRS_SUSPECT_MASKED"


def test_an_episode_is_dated_from_its_fever_to_the_observation_that_resolved_it(rulebook: Rulebook) -> None:
    course = follow(rulebook, (0, FEVERISH), *quiet_every_4_h(4, 20))
    assert (course.episode.opened_ms, course.episode.resolved_ms) == (at(0), None)
    resolved = see(course, 24, WELL, rulebook)
    assert (resolved.episode.opened_ms, resolved.episode.resolved_ms) == (at(0), at(24))
    assert see(resolved, 28, WELL, rulebook).episode.resolved_ms == at(24)

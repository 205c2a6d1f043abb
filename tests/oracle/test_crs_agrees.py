"""The service's CRS grade and the second opinion's, written from the rule reference alone, are the same."""

import pytest

from tests.oracle.budget import Round, compare, rounds
from tests.oracle.crs_strategies import crs_snapshots, crs_timelines
from tests.oracle.differences import crs_differences


@pytest.mark.slow
@rounds("crs_snapshots")
def test_one_observation_gets_the_same_grade_and_flags(planned: Round) -> None:
    compare(planned, crs_snapshots(), crs_differences)


@pytest.mark.slow
@rounds("crs_timelines")
def test_a_course_gives_the_same_answers(planned: Round) -> None:
    compare(planned, crs_timelines(), crs_differences)

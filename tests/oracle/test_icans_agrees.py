"""The service's ICANS grade and the second opinion's, written from the rule reference alone, are the same."""

from tests.oracle.budget import Round, compare, rounds
from tests.oracle.differences import icans_differences
from tests.oracle.icans_strategies import icans_snapshots, icans_timelines


@rounds("icans_snapshots")
def test_one_examination_gets_the_same_grade_domains_and_flags(planned: Round) -> None:
    compare(planned, icans_snapshots(), icans_differences)


@rounds("icans_timelines")
def test_a_course_of_examinations_gives_the_same_answers(planned: Round) -> None:
    compare(planned, icans_timelines(), icans_differences)

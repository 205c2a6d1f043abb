"""The service's dose advice and the second opinion's, written from the rule reference alone, are the same."""

from tests.oracle.budget import Round, compare, rounds
from tests.oracle.differences import dose_differences
from tests.oracle.dose_strategies import dose_snapshots


@rounds("dose_snapshots")
def test_reactions_get_the_same_advice(planned: Round) -> None:
    compare(planned, dose_snapshots(), dose_differences)

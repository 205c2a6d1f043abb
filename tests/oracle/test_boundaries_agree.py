"""At every limit of the rule reference, just below and just above it, the service and the second opinion agree."""

from collections.abc import Callable, Iterator

import pytest

from tests.oracle import boundary_cases as boundaries
from tests.oracle.differences import crs_differences, dose_differences, icans_differences

Cases = Callable[[], Iterator[boundaries.Case]]
Differences = Callable[[boundaries.Case], list[str]]


@pytest.mark.parametrize(
    "cases, differences",
    [
        pytest.param(boundaries.crs_cases, crs_differences, id="CRS of one observation"),
        pytest.param(boundaries.crs_courses, crs_differences, id="CRS over time"),
        pytest.param(boundaries.icans_cases, icans_differences, id="ICANS of one examination"),
        pytest.param(boundaries.icans_courses, icans_differences, id="ICANS over time"),
        pytest.param(boundaries.dose_cases, dose_differences, id="dose advice"),
    ],
)
def test_both_agree_on_either_side_of_every_limit(cases: Cases, differences: Differences) -> None:
    asked = [stated(case) for case in cases()]
    wrong = [f"{case}\n    {found}" for case in asked if (found := differences(case))]
    assert asked
    assert not wrong, f"{len(wrong)} of {len(asked)} cases:\n" + "\n".join(wrong[:20])


def stated(case: boundaries.Case) -> boundaries.Case:
    """Without the fields that are None: those are not charted."""
    return {name: value for name, value in case.items() if value is not None}

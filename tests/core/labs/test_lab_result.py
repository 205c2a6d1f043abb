"""How a result with "<" or ">" compares with a limit: yes, no, or not known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blinwatch.core.labs.lab_result import Comparator, LabResult, at_most, exceeds, falls_below, reaches


def result(value: float, comparator: Comparator | None = None) -> LabResult:
    return LabResult(value, 0, "r", comparator=comparator)


@pytest.mark.parametrize(
    "comparator,value,reached,exceeded",
    [
        (None, 0.4, False, False),
        (None, 0.5, True, False),
        (None, 0.6, True, True),
        ("<", 0.4, False, False),
        ("<", 0.5, False, False),
        ("<", 0.6, None, None),
        ("<=", 0.4, False, False),
        ("<=", 0.5, None, False),
        ("<=", 0.6, None, None),
        (">", 0.4, None, None),
        (">", 0.5, True, True),
        (">", 0.6, True, True),
        (">=", 0.4, None, None),
        (">=", 0.5, True, None),
        (">=", 0.6, True, True),
    ],
)
def test_a_result_against_a_limit_of_one_half(
    comparator: Comparator | None, value: float, *, reached: bool | None, exceeded: bool | None
) -> None:
    one = result(value, comparator)
    assert reaches(one, 0.5) is reached
    assert exceeds(one, 0.5) is exceeded
    assert falls_below(one, 0.5) is (None if reached is None else not reached)
    assert at_most(one, 0.5) is (None if exceeded is None else not exceeded)


def test_a_value_that_arithmetic_left_a_hair_off_the_limit_stays_on_it() -> None:
    assert reaches(result(0.1 + 0.2 - 1e-12), 0.3) is True
    assert exceeds(result(0.1 + 0.2), 0.3) is False


@given(
    st.sampled_from([None, "<", "<=", ">", ">="]),
    st.integers(0, 20),
    st.integers(0, 20),
    st.integers(0, 60),
)
def test_an_answer_holds_for_every_true_value_that_the_result_allows(
    comparator: Comparator | None, value: int, limit: int, true_value: int
) -> None:
    allowed = {
        None: true_value == value,
        "<": true_value < value,
        "<=": true_value <= value,
        ">": true_value > value,
        ">=": true_value >= value,
    }
    if allowed[comparator]:
        one = result(value, comparator)
        assert reaches(one, limit) in (None, true_value >= limit)
        assert exceeds(one, limit) in (None, true_value > limit)


def test_a_result_is_shown_as_the_laboratory_reported_it() -> None:
    assert result(0.1, "<").text == "<0.1"
    assert result(500, ">=").text == ">=500"
    assert result(6.2).text == "6.2"

"""When the infusion stood still."""

from hypothesis import given
from hypothesis import strategies as st

from blinwatch.board.trends.gaps import Gap, gaps_of
from blinwatch.board.trends.trend_store import Mark
from tests.board.trends.rows import START_MS, mark

MARKS = (
    mark("1", 0, kind="flow", code="started"),
    mark("2", 10, kind="flow", code="stopped", series="adverse_reaction"),
    mark("3", 20, kind="bag", code="started"),
    mark("4", 30, kind="bag", code="ended"),
    mark("5", 40, kind="bag", code="started"),
    mark("6", 50, kind="flow", code="started"),
    mark("7", 60, kind="flow", code="stopped"),
    mark("8", 70, kind="drug", code="paracetamol"),
)


@given(st.permutations(MARKS))
def test_gaps_are_the_same_in_whatever_order_their_marks_come(marks: list[Mark]) -> None:
    assert gaps_of(marks) == (
        Gap(since_ms=START_MS + 10, until_ms=START_MS + 30, reason="adverse_reaction"),
        Gap(since_ms=START_MS + 40, until_ms=START_MS + 50, reason="bag_change"),
        Gap(since_ms=START_MS + 60, until_ms=None, reason="unplanned"),
    )


def test_an_infusion_of_which_nothing_is_told_has_no_gap() -> None:
    assert gaps_of([mark("8", 70, kind="drug", code="paracetamol")]) == ()

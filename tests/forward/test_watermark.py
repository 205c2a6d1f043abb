"""Up to where a partition is settled, whatever the order in which letters end."""

from hypothesis import given
from hypothesis import strategies as st

from blinwatch.forward.watermark import Watermark


@given(gaps=st.lists(st.integers(1, 3), min_size=1, max_size=30), data=st.data())
def test_what_may_be_committed_is_never_beyond_the_first_letter_that_is_open(
    gaps: list[int], data: st.DataObject
) -> None:
    offsets, at = [], 0
    for gap in gaps:
        at += gap
        offsets.append(at)
    mark = Watermark()
    for offset in offsets:
        mark.begin(offset)
    settled: set[int] = set()
    for offset in data.draw(st.permutations(offsets)):
        mark.settle(offset)
        settled.add(offset)
        left = [one for one in offsets if one not in settled]
        done = [one for one in offsets if one < min(left, default=10**9)]
        assert mark.news == (done[-1] + 1 if done else None)
    assert mark.news == offsets[-1] + 1
    mark.committed(offsets[-1] + 1)
    assert mark.news is None


def test_a_letter_of_a_partition_that_went_away_and_came_back_settles_nothing() -> None:
    mark = Watermark()
    mark.begin(7)
    mark.settle(5)
    assert mark.news is None

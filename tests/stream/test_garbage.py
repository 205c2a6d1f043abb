"""The collector's full runs come when they are asked for."""

import gc
from collections.abc import Iterator

import pytest

from blinwatch.stream import garbage


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


def full_runs() -> int:
    return gc.get_stats()[2]["collections"]


def test_however_many_objects_come_and_go_no_full_run_comes_by_itself() -> None:
    garbage.keep_out_of_the_way()
    before = full_runs()
    kept = [[{number: [number]} for number in range(1_000)] for _ in range(1_500)]
    assert len(kept) == 1_500
    assert full_runs() == before
    garbage.full_run()
    assert full_runs() == before + 1


def test_cycles_of_the_young_are_still_found() -> None:
    garbage.keep_out_of_the_way()
    before = gc.get_stats()[0]["collected"] + gc.get_stats()[1]["collected"]
    for _ in range(30_000):
        one: list[object] = []
        one.append(one)
    assert gc.get_stats()[0]["collected"] + gc.get_stats()[1]["collected"] > before + 10_000

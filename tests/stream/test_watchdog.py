"""A worker that does not do its work is ended from outside its loop."""

import threading

import pytest

from blinwatch.stream.progress import Progress
from blinwatch.stream.watchdog import EXIT_STALLED, Watchdog, exit_after


class Clock:
    """A steady clock set by hand."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def watched(clock: Clock) -> tuple[Progress, Watchdog, list[int]]:
    progress, ended = Progress(clock), list[int]()
    return progress, Watchdog(progress, clock, exit_now=ended.append, stall_most_s=60), ended


def test_a_loop_that_comes_round_is_left_alone() -> None:
    clock = Clock()
    progress, watchdog, ended = watched(clock)
    for _ in range(10):
        clock.now_s += 50
        progress.beat()
        watchdog.look()
    assert not ended


def test_a_stuck_loop_ends_the_process(capfd: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    _, watchdog, ended = watched(clock)
    clock.now_s += 61
    watchdog.look()
    assert ended == [EXIT_STALLED]
    assert "the reading loop has not come round for 61 s" in capfd.readouterr().err


def test_records_that_nobody_judges_end_the_process(capfd: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    progress, watchdog, ended = watched(clock)
    progress.assigned(3)
    progress.recovered()
    for _ in range(7):
        clock.now_s += 10
        progress.beat()
        progress.lag_measured(40)
    watchdog.look()
    assert ended == [EXIT_STALLED]
    assert "records have waited for 70 s" in capfd.readouterr().err


def test_waiting_for_partitions_or_for_records_is_no_stall() -> None:
    clock = Clock()
    progress, watchdog, ended = watched(clock)
    for step in range(30):
        clock.now_s += 10
        progress.beat()
        if step == 10:
            progress.assigned(3)
        if step == 20:
            progress.recovered()
        if step > 20:
            progress.lag_measured(0)
        watchdog.look()
    assert not ended


def test_a_stop_that_takes_too_long_is_cut_short() -> None:
    ended, done = list[int](), threading.Event()
    timer = exit_after(0.01, lambda: 3, exit_now=lambda code: (ended.append(code), done.set()))
    assert done.wait(5)
    assert ended == [3]
    timer.cancel()

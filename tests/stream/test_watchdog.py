"""A worker that does not do its work is ended from outside its loop, with the sign of life that failed."""

import threading

import pytest

from blinwatch.observe.health import tell_readiness
from blinwatch.stream.progress import SAMPLES_MOST, Place, Progress
from blinwatch.stream.watchdog import EXIT_STALLED, Watchdog, exit_after

HERE, THERE = Place("vitals.observed.v1", 0), Place("pump.events.v1", 0)
STALL_S, READY_S = 60, 30


class Clock:
    """A steady clock set by hand."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Watched:
    """A worker's signs of life, its watchdog, and what the watchdog did."""

    def __init__(self) -> None:
        self.clock, self.ended = Clock(), list[int]()
        self.progress = Progress(self.clock)
        self.watchdog = Watchdog(self.progress, STALL_S, exit_now=self.ended.append)

    def joined(self) -> "Watched":
        self.progress.assigned(3)
        self.progress.recovered()
        return self

    def go_on(self, seconds: float, **places: tuple[int | None, int]) -> None:
        """Ten seconds at a time: the loop comes round and the brokers answer; (position, end) of each place."""
        for _ in range(int(seconds / 10)):
            self.clock.now_s += 10
            self.progress.beat()
            self.progress.at({_PLACES[name]: position for name, (position, _) in places.items()})
            self.progress.answered({_PLACES[name]: (0, end) for name, (_, end) in places.items()})
            self.watchdog.look()

    def reasons(self) -> list[str]:
        body = tell_readiness(self.progress.sight(), READY_S).body
        reasons = body["reasons"]
        assert isinstance(reasons, list)
        return [reason["code"] for reason in reasons]


_PLACES = {"here": HERE, "there": THERE}


def test_a_worker_that_does_its_work_is_left_alone() -> None:
    worker = Watched().joined()
    for turn in range(30):
        worker.go_on(10, here=(turn, turn), there=(5, 5))
    assert not worker.ended
    assert worker.reasons() == []


def test_a_stuck_loop_ends_the_process(capfd: pytest.CaptureFixture[str]) -> None:
    worker = Watched()
    worker.progress.assigned(0)
    for _ in range(4):
        worker.clock.now_s += 20
        worker.progress.answered({})
        worker.watchdog.look()
    assert not worker.ended, "one look beyond the limit is not yet the end"
    worker.watchdog.look()
    assert worker.ended == [EXIT_STALLED]
    assert "no progress (reading loop): the reading loop has not come round for 80 s" in capfd.readouterr().err


def test_a_partition_that_stands_still_is_first_not_ready_and_then_ends_the_process(
    capfd: pytest.CaptureFixture[str],
) -> None:
    worker = Watched().joined()
    worker.go_on(10, here=(7, 7))
    worker.go_on(30, here=(7, 47))
    assert worker.reasons() == []
    worker.go_on(20, here=(7, 60))
    assert (worker.reasons(), worker.ended) == (["stalled"], [])
    worker.go_on(40, here=(7, 60))
    assert worker.ended[0] == EXIT_STALLED
    said = capfd.readouterr().err
    assert "records wait in vitals.observed.v1 partition 0 at offset 7 and none of them has been judged" in said


def test_one_partition_that_stands_still_is_seen_while_the_others_move() -> None:
    worker = Watched().joined()
    for turn in range(10):
        worker.progress.judged()
        worker.go_on(10, here=(7, 8), there=(turn, turn))
    assert worker.ended[0] == EXIT_STALLED


def test_a_consumer_that_does_not_find_its_position_stands_still() -> None:
    worker = Watched().joined()
    worker.go_on(100, here=(None, 8))
    assert worker.ended[0] == EXIT_STALLED


def test_a_long_backlog_that_is_being_judged_is_no_stall_and_its_age_is_told() -> None:
    worker = Watched().joined()
    for turn in range(30):
        worker.go_on(10, here=(turn, 1000))
    assert not worker.ended
    assert worker.progress.oldest_s() == 290
    worker.go_on(10, here=(1000, 1000))
    assert worker.progress.oldest_s() == 0


def test_the_age_is_that_of_the_oldest_record_not_judged_however_many_looks_ago() -> None:
    worker = Watched().joined()
    for turn in range(SAMPLES_MOST + 50):
        worker.go_on(10, here=(turn, turn + 3))
    assert worker.progress.oldest_s() == 30 - 10
    assert not worker.ended


def test_what_was_deleted_before_anybody_read_it_does_not_wait() -> None:
    worker = Watched().joined()
    worker.progress.at({HERE: None})
    worker.progress.answered({HERE: (500, 500)})
    assert worker.progress.waiting == {HERE: 0}


def test_brokers_that_do_not_answer_are_first_not_ready_and_then_end_the_process(
    capfd: pytest.CaptureFixture[str],
) -> None:
    worker = Watched().joined()
    worker.go_on(10, here=(7, 7))
    for _ in range(8):
        worker.clock.now_s += 10
        worker.progress.beat()
        worker.watchdog.look()
        if worker.clock.now_s < 150:
            assert not worker.ended
    assert worker.reasons() == ["lag_unknown"]
    assert worker.ended[0] == EXIT_STALLED
    assert "no progress (broker): the brokers have not said how far the inputs reach" in capfd.readouterr().err


def test_a_group_that_gives_no_assignment_ends_the_process(capfd: pytest.CaptureFixture[str]) -> None:
    worker = Watched().joined()
    worker.go_on(50)
    worker.progress.joining()
    worker.go_on(60)
    assert (worker.reasons(), worker.ended) == (["not_assigned"], [])
    worker.go_on(20)
    assert worker.ended[0] == EXIT_STALLED
    assert "no progress (membership): the consumer group has given no assignment" in capfd.readouterr().err


def test_a_recovery_may_last_as_long_as_it_moves(capfd: pytest.CaptureFixture[str]) -> None:
    worker = Watched()
    worker.progress.assigned(3)
    for _ in range(20):
        worker.progress.recovery_moved()
        worker.go_on(10)
    assert not worker.ended
    worker.go_on(80)
    assert worker.ended[0] == EXIT_STALLED
    assert "no progress (recovery)" in capfd.readouterr().err


def test_a_worker_that_stands_by_is_no_stall() -> None:
    worker = Watched()
    worker.progress.assigned(0)
    worker.go_on(300)
    assert not worker.ended


def test_a_process_that_was_suspended_gets_a_moment_to_come_to_itself() -> None:
    worker = Watched().joined()
    worker.go_on(10, here=(7, 7))
    worker.clock.now_s += 3600
    worker.watchdog.look()
    worker.go_on(30, here=(7, 7))
    assert not worker.ended


def test_a_stop_that_takes_too_long_is_cut_short() -> None:
    ended, done = list[int](), threading.Event()
    timer = exit_after(0.01, lambda: 3, exit_now=lambda code: (ended.append(code), done.set()))
    assert done.wait(5)
    assert ended == [3]
    timer.cancel()

"""Whether the board is told the truth of now: every way in which it may not be, and quiet where it is."""

from blinwatch.board.monitor_sight import (
    BEHIND_FROM_RECORDS,
    BLIND_AFTER_S,
    LATE_TICKS,
    NO_BROKER_AFTER_S,
    MonitorSight,
)

TICK_S = 5.0


def sight() -> MonitorSight:
    return MonitorSight(tick_interval_s=TICK_S, started_s=0.0)


def watched(until_s: int) -> MonitorSight:
    """A monitor that judges what comes, until this second."""
    seen = sight()
    for second in range(until_s + 1):
        seen.positions(committed=10 * second, waiting=3, now_s=second)
        if second % TICK_S == 0:
            seen.ticked(second)
    return seen


def test_a_monitor_that_judges_is_well() -> None:
    assert watched(60).look(60.5).state == "well"


def test_before_the_first_answer_the_board_is_starting_and_then_says_that_kafka_is_away() -> None:
    assert sight().look(NO_BROKER_AFTER_S - 0.1).state == "starting"
    assert sight().look(NO_BROKER_AFTER_S).state == "no_broker"


def test_records_that_wait_while_no_position_moves_mean_that_nobody_watches() -> None:
    seen = watched(60)
    for second in range(61, 61 + int(BLIND_AFTER_S)):
        seen.ticked(second)
        seen.positions(committed=600, waiting=5, now_s=second)
    assert seen.look(60 + BLIND_AFTER_S - 0.1).state == "well"
    blind = seen.look(60 + BLIND_AFTER_S)
    assert blind.state == "blind"
    assert "NOBODY IS WATCHING" in blind.text


def test_a_quiet_ward_is_not_a_blind_one() -> None:
    seen = watched(60)
    for second in range(61, 91):
        seen.positions(committed=600, waiting=0, now_s=second)
        seen.ticked(second)
    assert seen.look(90.5).state == "well"


def test_a_clock_that_stands_still_means_that_nobody_watches_even_if_nothing_waits() -> None:
    seen = watched(60)
    for second in range(61, 70):
        seen.positions(committed=600, waiting=0, now_s=second)
    assert seen.look(60 + LATE_TICKS * TICK_S).state == "well"
    assert seen.look(60 + LATE_TICKS * TICK_S + 0.1).state == "blind"


def test_a_dead_worker_is_noticed_within_ten_seconds() -> None:
    assert watched(60).look(70).state != "well"
    assert LATE_TICKS * TICK_S < 10
    assert BLIND_AFTER_S < 10
    assert NO_BROKER_AFTER_S < 10


def test_a_broker_that_goes_away_is_told_with_how_long_it_has_been_away() -> None:
    lost = watched(60).look(60 + NO_BROKER_AFTER_S + 1)
    assert (lost.state, lost.since_s) == ("no_broker", NO_BROKER_AFTER_S + 1)


def test_a_monitor_that_catches_up_says_how_much_waits() -> None:
    seen = watched(60)
    seen.positions(committed=10_000, waiting=BEHIND_FROM_RECORDS + 1, now_s=60.5)
    behind = seen.look(60.6)
    assert behind.state == "behind"
    assert f"{BEHIND_FROM_RECORDS + 1:,}" in behind.text

"""The order across the topics of one partition: what happened first goes first, and nobody runs ahead for long."""

from hypothesis import given
from hypothesis import strategies as st

from blinwatch.core.events import VitalsObserved
from blinwatch.receive.decode import decode_record
from blinwatch.stream.event_order import (
    HELD_RECORDS_MOST,
    HOLD_BEYOND_WINDOW_S,
    HOLD_MOST_S,
    WITHIN_WINDOW_MS,
    EventOrder,
)
from blinwatch.stream.source_record import Arrived
from tests.support.records import LABS, PUMP, VITALS, Record, vitals

TOPICS = (VITALS, PUMP, LABS)
MINUTE_MS = 60_000
ALL = 1_000_000


def arrived(topic: str, *moments_ms: int, first: int = 0) -> list[Arrived]:
    return [
        Arrived(Record(topic, 0, first + number, b"k", b"v"), None, None, at_ms)
        for number, at_ms in enumerate(moments_ms)
    ]


def nobody_lags(_topic: str) -> bool:
    return False


def lags(*topics: str):  # noqa: ANN201 - a predicate
    return lambda topic: topic in topics


def moments(taken: list[Arrived]) -> list[int]:
    return [one.at_ms for one in taken]


def test_records_of_several_topics_come_in_the_order_in_which_they_happened() -> None:
    order = EventOrder(TOPICS)
    order.add(VITALS, arrived(VITALS, 10, 30, 50))
    order.add(PUMP, arrived(PUMP, 20, 40))
    assert moments(order.take(nobody_lags, 0, ALL)) == [10, 20, 30, 40, 50]


def test_a_topic_keeps_its_own_order_even_when_it_was_written_out_of_order() -> None:
    order = EventOrder(TOPICS)
    order.add(VITALS, arrived(VITALS, 90, 10, 50))
    order.add(PUMP, arrived(PUMP, 60))
    assert [one.record.offset for one in order.take(nobody_lags, 0, ALL) if one.record.topic == VITALS] == [0, 1, 2]


def test_no_topic_runs_ahead_of_one_that_still_has_unread_records() -> None:
    order = EventOrder(TOPICS)
    order.add(VITALS, arrived(VITALS, MINUTE_MS))
    order.add(PUMP, arrived(PUMP, 1, MINUTE_MS, MINUTE_MS + 1, 180 * MINUTE_MS))
    assert moments(order.take(lags(VITALS), 0, ALL)) == [1, MINUTE_MS, MINUTE_MS]
    assert order.waiting() == 2


def test_at_the_same_moment_the_smaller_event_id_goes_first_as_in_the_judgement() -> None:
    order = EventOrder(TOPICS)
    for topic, number in ((VITALS, 9), (PUMP, 3), (LABS, 5)):
        event = decode_record(VITALS, b"pt-1", vitals("pt-1", number, 0))
        assert isinstance(event, VitalsObserved)
        order.add(topic, [Arrived(Record(topic, 0, 0, b"pt-1", b""), event, None, 7)])
    assert [one.record.topic for one in order.take(nobody_lags, 0, ALL)] == [PUMP, LABS, VITALS]


def test_what_was_held_back_goes_on_in_order_as_soon_as_the_late_topic_arrives() -> None:
    order = EventOrder(TOPICS)
    order.add(PUMP, arrived(PUMP, 180 * MINUTE_MS))
    assert order.take(lags(VITALS), 0, ALL) == []
    order.add(VITALS, arrived(VITALS, 0, 60 * MINUTE_MS, 180 * MINUTE_MS + 5))
    assert moments(order.take(nobody_lags, 1, ALL)) == [
        0,
        60 * MINUTE_MS,
        180 * MINUTE_MS,
        180 * MINUTE_MS + 5,
    ]


def judge_on(order: EventOrder, seconds: float) -> list[tuple[float, Arrived]]:
    """Look twice a second while the vitals lag; what was given out, and after how many seconds."""
    looks = [0.5 * look for look in range(int(seconds / 0.5) + 1)]
    return [(at_s, one) for at_s in looks for one in order.take(lags(VITALS), 100.0 + at_s, ALL)]


def test_a_topic_that_shows_nothing_holds_the_others_back_for_ten_seconds_within_the_window() -> None:
    order = EventOrder(TOPICS)
    order.add(VITALS, arrived(VITALS, 100 * MINUTE_MS))
    order.add(PUMP, arrived(PUMP, 100 * MINUTE_MS + WITHIN_WINDOW_MS))
    taken = judge_on(order, HOLD_MOST_S)
    assert [(at_s, one.record.topic) for at_s, one in taken] == [(0.0, VITALS), (HOLD_MOST_S, PUMP)]
    assert order.given_up == frozenset()


def test_whoever_would_run_further_ahead_than_the_window_waits_for_a_minute() -> None:
    order = EventOrder(TOPICS)
    order.add(VITALS, arrived(VITALS, 100 * MINUTE_MS))
    order.add(PUMP, arrived(PUMP, 100 * MINUTE_MS + WITHIN_WINDOW_MS + 1))
    taken = judge_on(order, HOLD_BEYOND_WINDOW_S)
    assert [(at_s, one.record.topic) for at_s, one in taken] == [(0.0, VITALS), (HOLD_BEYOND_WINDOW_S, PUMP)]
    assert order.given_up == {VITALS}
    order.add(VITALS, arrived(VITALS, 101 * MINUTE_MS))
    order.take(nobody_lags, 200.0, ALL)
    assert order.given_up == frozenset()


def test_after_a_takeover_nothing_runs_ahead_of_a_topic_that_was_never_read() -> None:
    order = EventOrder(TOPICS)
    order.add(PUMP, arrived(PUMP, 100 * MINUTE_MS))
    assert [at_s for at_s, _ in judge_on(order, HOLD_BEYOND_WINDOW_S)] == [HOLD_BEYOND_WINDOW_S]


def test_a_worker_that_stood_still_for_a_minute_does_not_take_it_for_the_silence_of_a_topic() -> None:
    order = EventOrder(TOPICS)
    order.add(PUMP, arrived(PUMP, 100 * MINUTE_MS))
    assert order.take(lags(VITALS), 100.0, ALL) == []
    assert order.take(lags(VITALS), 160.0, ALL) == []
    order.add(VITALS, arrived(VITALS, 99 * MINUTE_MS))
    assert [one.record.topic for one in order.take(nobody_lags, 160.1, ALL)] == [VITALS, PUMP]


def test_a_steady_stream_of_others_does_not_renew_the_patience_with_a_late_topic() -> None:
    order = EventOrder(TOPICS)
    for second in range(int(HOLD_BEYOND_WINDOW_S) + 1):
        order.add(PUMP, arrived(PUMP, 100 * MINUTE_MS + second, first=second))
        taken = order.take(lags(VITALS), float(second), ALL)
        assert bool(taken) == (second >= HOLD_BEYOND_WINDOW_S)


def test_a_full_waiting_room_is_emptied_whatever_lags() -> None:
    order = EventOrder(TOPICS)
    order.add(PUMP, arrived(PUMP, *range(100 * MINUTE_MS, 100 * MINUTE_MS + HELD_RECORDS_MOST)))
    assert order.is_full(PUMP)
    assert len(order.take(lags(VITALS), 0, 10)) == 10
    assert not order.is_full(PUMP)


def test_the_bytes_that_wait_are_known_whatever_comes_and_goes() -> None:
    order = EventOrder(TOPICS)
    order.add(VITALS, [Arrived(Record(VITALS, 0, 0, b"key", b"12345", (("trace", b"1"),)), None, None, 10)])
    order.add(PUMP, [Arrived(Record(PUMP, 0, 0, None, None), None, None, 20)])
    assert order.waiting_bytes == 3 + 5 + 6
    order.take(nobody_lags, 0, 1)
    order.take(nobody_lags, 0, 1)
    assert order.waiting_bytes == 0


def test_a_clock_that_is_years_ahead_delays_only_its_own_topic() -> None:
    order = EventOrder(TOPICS)
    order.add(VITALS, arrived(VITALS, 10**12, 20))
    order.add(PUMP, arrived(PUMP, 30, 40))
    assert [one.record.topic for one in order.take(nobody_lags, 0, ALL)] == [PUMP, PUMP, VITALS, VITALS]


@given(
    st.lists(st.tuples(st.sampled_from(TOPICS), st.integers(0, 600_000)), max_size=60),
    st.lists(st.sets(st.sampled_from(TOPICS)), min_size=1, max_size=8),
)
def test_everything_comes_out_once_in_its_topics_order_whatever_lags(
    story: list[tuple[str, int]], lagging: list[set[str]]
) -> None:
    order = EventOrder(TOPICS)
    queues = {topic: arrived(topic, *(at_ms for name, at_ms in story if name == topic)) for topic in TOPICS}
    for topic, entries in queues.items():
        order.add(topic, entries)
    taken: list[Arrived] = []
    for second, late in enumerate(lagging):
        taken += order.take(lags(*late), float(second), 7)
    taken += order.take(lags(), len(lagging), ALL)
    assert order.waiting() == 0
    for topic in TOPICS:
        assert [one.record for one in taken if one.record.topic == topic] == [one.record for one in queues[topic]]

"""A worker that was kept from running for seconds does not judge the topics out of order afterwards.

Found by an hour of load on a starved machine: after a standstill of eleven seconds the topic whose records came first
ran ahead of the others, and hundreds of decisions were told as corrections or not at all.
"""

import time

import pytest

from blinwatch.stream.batch_consumer import KNOWN_WITHIN_S, OLD_ANSWERS_MS, STOOD_STILL_S, BatchConsumer
from tests.support.records import PUMP, VITALS


class TwoTopics(BatchConsumer):
    """Nothing is unread as far as anybody told; the vitals' end was told when `vitals_told_ms` says."""

    vitals_told_ms = 0

    def __init__(self) -> None:
        """No broker behind it."""

    def unread(self, topic: str, partition: int) -> int | None:  # noqa: ARG002
        return 0

    def told_ms(self, topic: str, partition: int) -> int:  # noqa: ARG002
        return self.vitals_told_ms if topic == VITALS else 2**60


@pytest.fixture
def consumer() -> TwoTopics:
    return TwoTopics()


def after_a_round(consumer: TwoTopics, gap_s: float) -> int:
    """Two rounds of the reading loop so far apart; the end of the gap in ms since 1970."""
    now_s = time.time()
    consumer._notice_standstill(100.0, now_s - gap_s)
    consumer._notice_standstill(100.0 + gap_s, now_s)
    return round(1000 * now_s)


def test_after_a_standstill_a_topic_that_was_not_asked_since_may_have_records(consumer: TwoTopics) -> None:
    end_ms = after_a_round(consumer, STOOD_STILL_S + 1)
    consumer.vitals_told_ms = end_ms - 500
    lagging = consumer.lagging_in(0)
    assert lagging(VITALS)
    assert not lagging(PUMP)


def test_an_answer_that_lay_in_the_socket_all_the_while_says_nothing_of_now(consumer: TwoTopics) -> None:
    end_ms = after_a_round(consumer, STOOD_STILL_S + 1)
    consumer.vitals_told_ms = end_ms + 5
    assert consumer.lagging_in(0)(VITALS)
    consumer.vitals_told_ms = end_ms + OLD_ANSWERS_MS
    assert not consumer.lagging_in(0)(VITALS)


def test_ordinary_rounds_doubt_nothing(consumer: TwoTopics) -> None:
    after_a_round(consumer, STOOD_STILL_S / 2)
    assert not consumer.lagging_in(0)(VITALS)


def test_a_broker_that_stays_away_holds_nobody_up_for_long(
    consumer: TwoTopics, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_ms = after_a_round(consumer, STOOD_STILL_S + 1)
    monkeypatch.setattr(time, "time", lambda: end_ms / 1000 + KNOWN_WITHIN_S + 0.01)
    assert not consumer.lagging_in(0)(VITALS)

"""A dead letter keeps the record as it came and says why it was refused."""

from datetime import UTC, datetime

from blinwatch.deliver.dead_letter import WRITABLE_BYTES_MOST, dead_letter_of
from blinwatch.deliver.output_record import OutputRecord
from blinwatch.receive.decode import Rejected
from tests.support.records import VITALS, Record

WHY = Rejected(reason="wrong_value", field="spo2_pct", rule="less_than_equal", detail="spo2_pct: at most 100 (got 140)")

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def test_key_value_and_own_headers_stay_as_they_were() -> None:
    letter = dead_letter_of(Record(VITALS, 3, 17, b"pt-1", b"\xff\x00{", (("trace", b"t-1"),)), WHY, NOW)
    assert letter.topic == "dlq.vitals.observed.v1"
    assert (letter.key, letter.value) == (b"pt-1", b"\xff\x00{")
    assert letter.headers[0] == ("trace", b"t-1")


def test_headers_say_why_and_where() -> None:
    letter = dead_letter_of(Record(VITALS, 3, 17, b"pt-1", b"{}"), WHY, NOW)
    assert dict(letter.headers) == {
        "reason": b"wrong_value",
        "field": b"spo2_pct",
        "rule": b"less_than_equal",
        "detail": b"spo2_pct: at most 100 (got 140)",
        "original-topic": b"vitals.observed.v1",
        "original-partition": b"3",
        "original-offset": b"17",
        "first-seen": b"2026-03-01T09:00:00+00:00",
        "attempt": b"1",
    }


def test_a_reader_that_keeps_one_value_a_name_reads_our_reason() -> None:
    letter = dead_letter_of(Record(VITALS, 0, 0, b"k", b"{}", (("reason", b"theirs"),)), WHY, NOW)
    assert dict(letter.headers)["reason"] == b"wrong_value"
    assert ("reason", b"theirs") in letter.headers


def test_a_record_without_value_stays_without_value_as_long_as_it_has_a_key() -> None:
    assert dead_letter_of(Record(VITALS, 0, 0, b"k", None), WHY, NOW).value is None


def test_a_record_with_neither_key_nor_value_can_still_be_written() -> None:
    letter = dead_letter_of(Record(VITALS, 0, 0, None, None), WHY, NOW)
    assert letter.key is None
    assert letter.value == b""


def test_a_dead_letter_stays_in_the_partition_of_its_patient() -> None:
    assert dead_letter_of(Record(VITALS, 3, 17, b"pt-1", b"{}"), WHY, NOW).partition == 3


def test_a_record_sent_again_counts_its_attempts_and_keeps_when_it_was_first_refused() -> None:
    first = dead_letter_of(Record(VITALS, 3, 17, b"pt-1", b"{}", (("trace", b"t-1"),)), WHY, NOW)
    later = NOW.replace(hour=15)
    again = dead_letter_of(Record(VITALS, 3, 99, b"pt-1", b"{}", first.headers), WHY, later)
    headers = dict(again.headers)
    assert (headers["attempt"], headers["first-seen"]) == (b"2", b"2026-03-01T09:00:00+00:00")
    assert headers["original-offset"] == b"99"
    assert len(again.headers) == len(headers)
    assert headers["trace"] == b"t-1"


def test_a_sender_s_own_attempt_header_is_no_count_of_ours() -> None:
    letter = dead_letter_of(Record(VITALS, 0, 0, b"k", b"{}", (("attempt", b"7"),)), WHY, NOW)
    assert letter.headers[-1] == ("attempt", b"1")


def what_kafka_is_given(letter: OutputRecord) -> int:
    """Key, value and headers."""
    return (
        len(letter.key or b"") + len(letter.value or b"") + sum(len(name) + len(text) for name, text in letter.headers)
    )


def test_a_record_that_kafka_would_not_take_again_loses_its_end_and_says_so() -> None:
    """A hospital may let ten megabytes into an input topic: the dead letter's topic and producer still have limits."""
    letter = dead_letter_of(Record(VITALS, 3, 17, b"pt-1", b"x" * 10_000_000, (("trace", b"t-1"),)), WHY, NOW)
    assert what_kafka_is_given(letter) < 1_000_000
    assert letter.key == b"pt-1"
    assert letter.value == b"x" * len(letter.value or b"")
    told = dict(letter.headers)
    assert (told["cut"], told["original-bytes"]) == (b"yes", b"10000012")
    assert told["trace"] == b"t-1"
    assert (told["original-topic"], told["original-partition"], told["original-offset"]) == (
        VITALS.encode(),
        b"3",
        b"17",
    )


def test_a_record_at_the_limit_stays_whole() -> None:
    letter = dead_letter_of(Record(VITALS, 3, 17, b"k", b"x" * (WRITABLE_BYTES_MOST - 1)), WHY, NOW)
    assert len(letter.value or b"") == WRITABLE_BYTES_MOST - 1
    assert "cut" not in dict(letter.headers)


def test_a_giant_key_and_giant_headers_are_cut_as_well() -> None:
    letter = dead_letter_of(Record(VITALS, 3, 17, b"k" * 2_000_000, None, (("trace", b"t" * 2_000_000),)), WHY, NOW)
    assert what_kafka_is_given(letter) < 1_000_000
    assert letter.value is None
    assert dict(letter.headers)["original-bytes"] == b"4000005"


def test_a_cut_letter_sent_again_no_longer_says_that_it_was_cut() -> None:
    first = dead_letter_of(Record(VITALS, 3, 17, b"pt-1", b"x" * 2_000_000), WHY, NOW)
    again = dead_letter_of(Record(VITALS, 3, 18, b"pt-1", b"{}", first.headers), WHY, NOW)
    assert "cut" not in dict(again.headers)
    assert dict(again.headers)["attempt"] == b"2"

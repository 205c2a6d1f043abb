"""A dead letter keeps the record as it came and says why it was refused."""

from datetime import UTC, datetime

from blinwatch.deliver.dead_letter import dead_letter_of
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

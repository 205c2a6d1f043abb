"""A dead letter keeps the record as it came and says why it was refused."""

from blinwatch.deliver.dead_letter import dead_letter_of
from blinwatch.receive.decode import Rejected
from tests.support.records import VITALS, Record

WHY = Rejected(reason="wrong_value", field="spo2_pct", rule="less_than_equal", detail="spo2_pct: at most 100 (got 140)")


def test_key_value_and_own_headers_stay_as_they_were() -> None:
    letter = dead_letter_of(Record(VITALS, 3, 17, b"pt-1", b"\xff\x00{", (("trace", b"t-1"),)), WHY)
    assert letter.topic == "dlq.vitals.observed.v1"
    assert (letter.key, letter.value) == (b"pt-1", b"\xff\x00{")
    assert letter.headers[0] == ("trace", b"t-1")


def test_headers_say_why_and_where() -> None:
    letter = dead_letter_of(Record(VITALS, 3, 17, b"pt-1", b"{}"), WHY)
    assert dict(letter.headers) == {
        "reason": b"wrong_value",
        "field": b"spo2_pct",
        "rule": b"less_than_equal",
        "detail": b"spo2_pct: at most 100 (got 140)",
        "original-topic": b"vitals.observed.v1",
        "original-partition": b"3",
        "original-offset": b"17",
    }


def test_a_reader_that_keeps_one_value_a_name_reads_our_reason() -> None:
    letter = dead_letter_of(Record(VITALS, 0, 0, b"k", b"{}", (("reason", b"theirs"),)), WHY)
    assert dict(letter.headers)["reason"] == b"wrong_value"
    assert ("reason", b"theirs") in letter.headers


def test_a_record_without_value_stays_without_value_as_long_as_it_has_a_key() -> None:
    assert dead_letter_of(Record(VITALS, 0, 0, b"k", None), WHY).value is None


def test_a_record_with_neither_key_nor_value_can_still_be_written() -> None:
    letter = dead_letter_of(Record(VITALS, 0, 0, None, None), WHY)
    assert letter.key is None
    assert letter.value == b""

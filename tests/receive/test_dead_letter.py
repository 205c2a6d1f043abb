"""A refused record says why, where it lay, since when and how often."""

from dataclasses import dataclass
from datetime import UTC, datetime

from blinwatch.receive.dead_letter import HEADER_NAMES, Header, dead_letter_headers
from blinwatch.receive.rejection import Rejected

WHY = Rejected(reason="wrong_value", field="temperature_c", rule="less_than_equal", detail="temperature_c: must be …")
FIRST = datetime(2026, 3, 1, 8, tzinfo=UTC)
LATER = datetime(2026, 3, 2, 8, tzinfo=UTC)


@dataclass(frozen=True)
class Record:
    topic: str = "vitals.observed.v1"
    partition: int = 3
    offset: int = 4711
    timestamp: int = 1772352000000
    headers: tuple[Header, ...] = ()


def test_a_first_refusal_has_every_header_once() -> None:
    headers = dead_letter_headers(Record(), WHY, FIRST)
    assert tuple(name for name, _ in headers) == HEADER_NAMES
    assert dict(headers) == {
        "reason": b"wrong_value",
        "field": b"temperature_c",
        "rule": b"less_than_equal",
        "detail": "temperature_c: must be …".encode(),
        "original-topic": b"vitals.observed.v1",
        "original-partition": b"3",
        "original-offset": b"4711",
        "original-timestamp": b"1772352000000",
        "first-seen": b"2026-03-01T08:00:00+00:00",
        "attempt": b"1",
    }


def test_a_record_wrong_as_a_whole_has_an_empty_field() -> None:
    why = Rejected(reason="empty", field=None, rule="empty", detail="the record has no value")
    assert dict(dead_letter_headers(Record(), why, FIRST))["field"] == b""


def test_the_senders_own_headers_stay_even_under_a_name_like_ours() -> None:
    own = (("trace", b"abc"), ("reason", b"admission"), ("attempt", b"7"))
    headers = dead_letter_headers(Record(headers=own), WHY, FIRST)
    assert headers[:3] == own
    assert dict(headers)["attempt"] == b"1"


def test_a_record_sent_again_keeps_its_first_time_and_counts_on() -> None:
    first = dead_letter_headers(Record(headers=(("trace", b"abc"),)), WHY, FIRST)
    again = dead_letter_headers(Record(offset=4800, headers=first), WHY, LATER)
    told = dict(again)
    assert (told["first-seen"], told["attempt"]) == (b"2026-03-01T08:00:00+00:00", b"2")
    assert told["original-offset"] == b"4800"
    assert tuple(name for name, _ in again) == ("trace", *HEADER_NAMES)


def test_a_count_that_is_none_of_ours_begins_again() -> None:
    for written in (b"", b"-1", b"two", b"9" * 400):
        sent_again = (("original-topic", b"vitals.observed.v1"), ("attempt", written))
        assert dict(dead_letter_headers(Record(headers=sent_again), WHY, LATER))["attempt"] == b"1"

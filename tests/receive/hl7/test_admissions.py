"""ADT: who is in which bed, from when on."""

import pytest

from tests.receive.hl7.told import PID, read, reasons, utc

NEW, OLD = "HEMA^12^A^^^^^^", "icu^3^b"
EVN = "EVN||20260301075500+0100||||20260301075000+0100"


def moves(trigger: str, *segments: str) -> list[tuple[str, str, str]]:
    return [(one.kind, one.place, one.merged) for one in read(EVN, PID, *segments, kind=f"ADT^{trigger}").moves]


PV1 = f"PV1|1|I|{NEW}|||{OLD}"
HERE, THERE = "bed:HEMA^12^A@", "bed:ICU^3^B@"


@pytest.mark.parametrize(
    "trigger,expected",
    [
        ("A01", [("arrives", HERE, "")]),
        ("A04", [("arrives", HERE, "")]),
        ("A08", [("is_there", HERE, "")]),
        ("A13", [("arrives", HERE, "")]),
        ("A02", [("leaves", THERE, ""), ("arrives", HERE, "")]),
        ("A12", [("leaves", THERE, ""), ("arrives", HERE, "")]),
        ("A03", [("leaves", HERE, "")]),
        ("A11", [("leaves", HERE, "")]),
    ],
)
def test_each_admission_event_says_who_is_where(trigger: str, expected: list[tuple[str, str, str]]) -> None:
    assert moves(trigger, PV1) == expected


def test_a_move_happened_when_the_event_says() -> None:
    (move,) = read(EVN, PID, PV1, kind="ADT^A01").moves
    assert (move.at, move.patient, move.authority) == (utc(6, 50), "pt-1", "HOSP")


def test_a_location_without_a_bed_associates_nothing() -> None:
    assert moves("A04", "PV1|1|O|CLINIC^1") == []
    assert moves("A01", 'PV1|1|I|HEMA^12^""') == []


def test_a_merge_names_both_identifiers() -> None:
    assert moves("A40", "MRG|pt-old^^^HOSP^MR") == [("merges", "", "pt-old")]
    assert reasons(read(EVN, PID, kind="ADT^A40")) == ["missing_field"]


def test_admission_events_about_nobody_or_nothing_of_ours_are_refused() -> None:
    assert reasons(read(EVN, "PID|||", PV1, kind="ADT^A01")) == ["no_patient"]
    assert reasons(read(EVN, PID, PV1, kind="ADT^A60")) == ["not_needed"]

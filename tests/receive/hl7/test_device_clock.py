"""Clocks: zones, hours that come twice, clocks that run ahead, were never set or are set by nobody."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blinwatch.receive.hl7.device_clock import AHEAD_TOLERATED, Clock, Stamp, read_stamp
from blinwatch.receive.hl7.refusal import Hl7Error
from tests.receive.hl7.told import BPM, NOW, PID, ZONE, obx, read, utc

HEART = "147842^MDC_ECG_HEART_RATE^MDC"


def moment(at: str, sent: str = "20260301080000+0100", *before: str) -> Stamp:
    told = read(PID, "OBR|1|||x", *before, obx(HEART, "88", BPM, at=at), sent=sent)
    return told.groups[0].drafts[0].moment


@pytest.mark.parametrize(
    "text,expected",
    [
        ("20260301083000+0100", utc(7, 30)),
        ("20260301083000.250-0500", utc(13, 30) + timedelta(milliseconds=250)),
        ("202603010830Z", None),
        ("2026030108+0000", utc(8)),
        ("20260301", None),
        ("20260230083000+0100", None),
        ("20260301083000+9900", None),
        ("00000301083000", None),
    ],
)
def test_a_time_stamp_is_an_instant_or_a_reason(text: str, expected: datetime | None) -> None:
    if expected is None:
        with pytest.raises(Hl7Error) as refused:
            read_stamp(text, "OBX[1]-14", ZONE)
        assert refused.value.reason == "wrong_value"
    else:
        stamp = read_stamp(text, "OBX[1]-14", ZONE)
        assert stamp is not None
        assert stamp.at == expected


def test_a_stamp_without_an_offset_is_the_sites_own_time_and_says_so() -> None:
    assert moment("20260301075900") == Stamp(utc(6, 59), frozenset({"zone_assumed"}))


def test_the_hour_that_comes_twice_is_flagged() -> None:
    stamp = read_stamp("20261025023000", "x", ZONE)
    assert stamp == Stamp(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), frozenset({"zone_assumed", "hour_ambiguous"}))


def test_a_clock_that_runs_ahead_is_moved_back_by_as_much_as_is_proved() -> None:
    told = moment("20260301080959+0100", sent="20260301081005+0100")
    assert told == Stamp(utc(6, 59, 59), frozenset({"ahead_corrected"}))


def test_a_device_ahead_of_a_right_gateway_is_stamped_with_the_messages_time() -> None:
    assert moment("20260301090000+0100") == Stamp(utc(7), frozenset({"ahead_corrected"}))


def test_a_clock_that_was_never_set_gives_way_to_the_messages_time() -> None:
    assert moment("20000101000500+0000") == Stamp(utc(7), frozenset({"never_set"}))


def test_a_device_that_says_nobody_sets_its_clock_is_not_believed() -> None:
    unset = obx("68220^MDC_TIME_SYNC_PROTOCOL^MDC", "532224^MDC_TIME_SYNC_NONE^MDC", place="1.0.0.1", type_="CWE")
    assert moment("20260301073000+0100", "20260301080000+0100", unset) == Stamp(utc(7), frozenset({"unsynchronised"}))


def test_what_comes_late_keeps_its_time_and_says_so() -> None:
    assert moment("20260301070000+0100") == Stamp(utc(6), frozenset({"late"}))


def test_without_any_time_it_happened_when_it_came() -> None:
    assert moment("", sent="").at == NOW


@given(st.integers(-(10**8), 10**8), st.one_of(st.none(), st.integers(-(10**8), 10**8)), st.booleans())
def test_nothing_ever_happens_after_it_was_received(own_s: int, sent_s: int | None, synchronised: bool) -> None:
    own = Stamp(NOW + timedelta(seconds=own_s))
    sent = None if sent_s is None else Stamp(NOW + timedelta(seconds=sent_s))
    told = Clock(NOW, sent, ZONE).moment(own, synchronised=synchronised)
    assert told.at - NOW <= AHEAD_TOLERATED


def test_a_charted_vital_sign_of_months_ago_stays_months_old() -> None:
    told = read(PID, "OBR|1|||x", obx("8867-4^Heart rate^LN", "88", BPM, at="20251101080000+0100"))
    assert told.groups[0].drafts[0].moment == Stamp(datetime(2025, 11, 1, 7, tzinfo=UTC), frozenset({"late"}))

"""When something happened, from clocks that nobody watches: HL7's time stamps, zones, and how far they can be believed.

What:      HL7 TS/DTM text into an instant; then the sender's clock against ours; then what the event is stamped with.
Source:    HL7 v2 data types DTM and TS; IHE PCD TF-2 (time stamps, MDC_TIME_SYNC_PROTOCOL).
Caveats:   - a stamp without an offset is read in the site's zone. An hour that comes twice (end of summer time) is
             taken as its first occurrence and flagged; an hour that does not exist is moved on by the gap and flagged.
           - only a clock that runs ahead can be proved wrong: nothing is sent before it happens. A clock behind looks
             like a delay on the way, and is told as one.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Literal

from blinwatch.receive.hl7.refusal import Hl7Error

ClockFlag = Literal["zone_assumed", "hour_ambiguous", "ahead_corrected", "never_set", "unsynchronised", "late"]
"""zone_assumed: no offset was sent. ahead_corrected: moved back by as much as the sender's clock runs ahead.
never_set: a year in which no pump of ours ran; the sender's message time was taken. unsynchronised: the device says
that nothing sets its clock; the sender's message time was taken. late: older than `LATE_AFTER` when it came."""

AHEAD_TOLERATED = timedelta(seconds=60)
"""Clocks set over the network are within seconds; a minute leaves room for one set by hand against the wall."""
LATE_AFTER = timedelta(minutes=15)
"""How long a heart rate may be used in a grade (section 0); what is older than that comes too late for its purpose."""
NEVER_SET_AFTER = timedelta(days=42)
"""The input topics keep 42 days: data older than that is an archive's or a clock's that was never set."""
_STAMP = re.compile(r"(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,6}))?)?)?)?)?)?([+-]\d{4})?")
_DAY_DIGITS = 3
_QUARTER_H_MIN = 14 * 60


@dataclass(frozen=True, slots=True)
class Stamp:
    """An instant as its sender wrote it, and what had to be assumed."""

    at: datetime
    flags: frozenset[ClockFlag] = frozenset()


def read_stamp(text: str, where: str, zone: tzinfo) -> Stamp | None:
    """The instant of an HL7 time stamp; None where it is empty. Raises `Hl7Error`.

    At least the hour must be there: a date alone cannot be ordered among heart rates.
    """
    if not text or text == '""':
        return None
    match = _STAMP.fullmatch(text)
    if match is None or match[4] is None:
        raise Hl7Error("wrong_value", where, "must be a time such as 20260301083000+0100, at least to the hour")
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    micro = int((match[7] or "0").ljust(6, "0"))
    try:
        naive = datetime(year, month, day, hour, minute, second, micro)  # noqa: DTZ001 - its zone comes below
        if match[8]:
            return Stamp(naive.replace(tzinfo=_offset(match[8])))
        return _in_zone(naive, zone)
    except (ValueError, OverflowError) as error:
        raise Hl7Error("wrong_value", where, "is no date and time that exists") from error


def _offset(written: str) -> timezone:
    minutes = int(written[1:3]) * 60 + int(written[3:])
    if minutes > _QUARTER_H_MIN:
        raise ValueError(written)
    return timezone(timedelta(minutes=-minutes if written[0] == "-" else minutes))


def _in_zone(naive: datetime, zone: tzinfo) -> Stamp:
    first, second = naive.replace(tzinfo=zone, fold=0), naive.replace(tzinfo=zone, fold=1)
    flags: set[ClockFlag] = {"zone_assumed"}
    if first.utcoffset() != second.utcoffset():
        flags.add("hour_ambiguous")
    return Stamp(first.astimezone(UTC), frozenset(flags))


@dataclass(frozen=True, slots=True)
class Clock:
    """How the stamps of one message are to be taken."""

    received_at: datetime
    sent: Stamp | None
    """MSH-7: the sender's own clock when it wrote the message."""
    zone: tzinfo

    @property
    def ahead(self) -> timedelta:
        """How far the sender's clock is proved to run ahead; nothing where it may be right."""
        if self.sent is None:
            return timedelta(0)
        return max(timedelta(0), self.sent.at - self.received_at)

    def charted(self, stamp: Stamp | None) -> Stamp:
        """As `moment`, for what people and systems write down: an old time there is an old fact, and no bad clock."""
        return self.moment(stamp, old_is_unset=False)

    def moment(self, stamp: Stamp | None, *, synchronised: bool = True, old_is_unset: bool = True) -> Stamp:
        """The instant an observation is stamped with, in UTC.

        Without a stamp of its own, or with one nobody can believe, it happened when the message was sent; and with
        no believable message time either, when it was received.
        """
        own = stamp or self.sent or Stamp(self.received_at)
        flags: set[ClockFlag] = set(own.flags)
        at = own.at
        if old_is_unset and self.received_at - at > NEVER_SET_AFTER:
            at = self._sent_or_received()
            flags.add("never_set")
        elif not synchronised:
            at = self._sent_or_received()
            flags.add("unsynchronised")
        elif at - self.received_at > AHEAD_TOLERATED:
            moved = at - self.ahead
            at = moved if moved - self.received_at <= AHEAD_TOLERATED else self._sent_or_received()
            flags.add("ahead_corrected")
        if self.ahead > AHEAD_TOLERATED and "ahead_corrected" not in flags and stamp is not None and at == own.at:
            # The message's clock is wrong and the device's stamp not provably: they are the same clock as a rule.
            at = min(at - self.ahead, self.received_at)
            flags.add("ahead_corrected")
        if self.received_at - at > LATE_AFTER:
            flags.add("late")
        return Stamp(at.astimezone(UTC), frozenset(flags))

    def _sent_or_received(self) -> datetime:
        """The sender's message time if it can be right, else the time of reception."""
        sent = self.sent.at if self.sent is not None else self.received_at
        believable = -NEVER_SET_AFTER < sent - self.received_at <= AHEAD_TOLERATED
        return sent if believable else self.received_at

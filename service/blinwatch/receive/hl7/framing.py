"""MLLP: bytes of a connection into frames, however the network has split or joined them.

What:      a frame is <VT> message <FS><CR>. Whatever else comes is a fault with a reason, and reading goes on.
Source:    HL7 v2 Transport Specification, MLLP release 1.
Caveats:   - line ends between frames are passed over: many senders add one.
           - <VT> inside an open frame begins a new one: the earlier was cut off, its sender gave up or restarted.
           - <FS> directly followed by <VT> ends a frame too: some senders leave the <CR> away.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

START, END, CARRIAGE_RETURN = 0x0B, 0x1C, 0x0D
FRAME_BYTES_MOST = 1024 * 1024
"""A monitor's snapshot has some 10 KiB, a day's laboratory batch some 100 KiB. Ten times that, and one peer still
holds only a megabyte of ours."""
_START, _END = bytes((START,)), bytes((END,))
_BETWEEN = b"\r\n"

FrameFaultReason = Literal["outside_frame", "cut_frame", "too_large"]


@dataclass(frozen=True, slots=True)
class FrameFault:
    """Bytes that were no frame."""

    reason: FrameFaultReason
    size_bytes: int
    """How many bytes were given up."""
    kept: bytes
    """The first of them, at most `FAULT_BYTES_KEPT`."""


FAULT_BYTES_KEPT = 64 * 1024
"""Enough to see who sent what; a fault must not cost as much to keep as the largest message."""


class FrameReader:
    """One connection's bytes, piece by piece."""

    def __init__(self, frame_bytes_most: int = FRAME_BYTES_MOST) -> None:
        """`frame_bytes_most`: longer messages are given up, and say so."""
        self._most = frame_bytes_most
        self._buffer = bytearray()
        self._inside = False
        self._searched = 0
        self._given_up = 0
        """Bytes of an oversized frame, or of a stretch outside frames, that have been let go already."""

    @property
    def inside_frame(self) -> bool:
        """Whether a message has begun and not ended: its sender owes the rest."""
        return self._inside

    def feed(self, piece: bytes) -> Iterator[bytes | FrameFault]:
        """The frames (without their marks) and faults that end in this piece, in order."""
        self._buffer += piece
        while True:
            found = self._next_inside() if self._inside else self._next_outside()
            if found is None:
                return
            if found is not _PASSED:
                yield found

    def end(self) -> FrameFault | None:
        """What the peer left unfinished when it closed."""
        rest = bytes(self._buffer)
        reason: FrameFaultReason = "cut_frame" if self._inside else "outside_frame"
        size = len(rest) + self._given_up
        self._buffer.clear()
        self._inside, self._searched, self._given_up = False, 0, 0
        if not size or (reason == "outside_frame" and not rest.strip(_BETWEEN)):
            return None
        return FrameFault(reason, size, rest[:FAULT_BYTES_KEPT])

    def _next_outside(self) -> "bytes | FrameFault | None":
        at = self._buffer.find(_START)
        if at < 0:
            if len(self._buffer) > FAULT_BYTES_KEPT:
                fault = FrameFault("outside_frame", len(self._buffer), bytes(self._buffer[:FAULT_BYTES_KEPT]))
                self._buffer.clear()
                return fault
            return None
        before = bytes(self._buffer[:at])
        del self._buffer[: at + 1]
        self._inside, self._searched, self._given_up = True, 0, 0
        if before.strip(_BETWEEN):
            return FrameFault("outside_frame", len(before), before[:FAULT_BYTES_KEPT])
        return _PASSED

    def _next_inside(self) -> "bytes | FrameFault | None":
        """The frame's end, a new beginning inside it, or nothing yet; each byte is looked at once."""
        restart = self._buffer.find(_START, self._searched)
        limit = restart if restart >= 0 else len(self._buffer)
        end = self._find_end(limit, restarted=restart >= 0)
        if end is not None:
            return self._close(end)
        if restart >= 0:
            return self._restart(restart)
        self._searched = max(0, len(self._buffer) - 1)
        return self._let_go()

    def _find_end(self, limit: int, *, restarted: bool) -> tuple[int, int] | None:
        """Where the message ends and where the rest begins."""
        at = self._buffer.find(_END, self._searched, limit)
        while at >= 0:
            if at + 1 < limit and self._buffer[at + 1] == CARRIAGE_RETURN:
                return at, at + 2
            if at + 1 == limit and restarted:
                return at, at + 1
            at = self._buffer.find(_END, at + 1, limit)
        return None

    def _close(self, end: tuple[int, int]) -> bytes | FrameFault:
        size = end[0] + self._given_up
        message = bytes(self._buffer[: end[0]])
        del self._buffer[: end[1]]
        self._inside, self._searched, self._given_up = False, 0, 0
        if size > self._most:
            return FrameFault("too_large", size, message[:FAULT_BYTES_KEPT])
        return message

    def _restart(self, at: int) -> FrameFault:
        cut = bytes(self._buffer[: min(at, FAULT_BYTES_KEPT)])
        size = at + self._given_up
        del self._buffer[: at + 1]
        self._inside, self._searched, self._given_up = True, 0, 0
        return FrameFault("cut_frame" if size <= self._most else "too_large", size, cut)

    def _let_go(self) -> None:
        """Of a frame that is too long already, only its first bytes and the last one are kept."""
        if len(self._buffer) + self._given_up <= self._most:
            return
        keep = min(FAULT_BYTES_KEPT, self._most)
        surplus = len(self._buffer) - keep - 1
        if surplus > 0:
            del self._buffer[keep : keep + surplus]
            self._given_up += surplus
            self._searched = max(0, len(self._buffer) - 1)


_PASSED = FrameFault("outside_frame", 0, b"")
"""A frame has begun: nothing to tell."""


def frame(message: bytes) -> bytes:
    """A message with its marks."""
    return _START + message + _END + bytes((CARRIAGE_RETURN,))

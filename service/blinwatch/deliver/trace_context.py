"""The trace that an input record belongs to, handed on to the records that came of it.

What:      the headers `traceparent` and `tracestate` of the record whose judgement led to a decision are written,
           unchanged, on every record of that decision. blinwatch records no spans, so it adds none of its own.
Source:    W3C Trace Context, Recommendation of 23 November 2021: 3.2 (traceparent), 3.3 (tracestate).
Caveats:   - no header, no trace: none is made up;
           - a traceparent that cannot be read, or more than one, is dropped, and tracestate with it; a tracestate that
             cannot be read is dropped alone. Either counts as one dropped trace context.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from blinwatch.deliver.output_record import Headers

TRACEPARENT = "traceparent"
TRACESTATE = "tracestate"
STATE_BYTES_MOST = 512
"""What the recommendation asks everybody to hand on (3.3.1.5); a sender must not fill our topics with more."""
_MEMBERS_MOST = 32

_PARENT = re.compile(rb"(?!ff)([0-9a-f]{2})-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?", re.DOTALL)
_KEY = rb"(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})"
_MEMBER = re.compile(_KEY + rb"=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]")


class Trace(NamedTuple):
    """What of a record's trace context is handed on."""

    headers: Headers
    dropped: bool
    """Whether something was there that is not handed on."""


NO_TRACE = Trace((), dropped=False)


def trace_of(headers: Iterable[tuple[str, bytes]]) -> Trace:
    """The trace context of an input record, from its own headers."""
    parents: list[bytes] = []
    states: list[bytes] = []
    for name, value in headers:
        if name == TRACEPARENT:
            parents.append(value or b"")
        elif name == TRACESTATE:
            states.append(value or b"")
    if not parents:
        # A state without a parent says nothing about any trace.
        return NO_TRACE if not states else Trace((), dropped=True)
    if len(parents) > 1 or not is_parent(parents[0]):
        return Trace((), dropped=True)
    parent = ((TRACEPARENT, parents[0]),)
    state = b",".join(states)
    if not state:
        return Trace(parent, dropped=False)
    return Trace((*parent, (TRACESTATE, state)), dropped=False) if is_state(state) else Trace(parent, dropped=True)


def is_parent(value: bytes) -> bool:
    """Whether a traceparent can be read. A version that is newer than 00 may say more at its end; ff is none."""
    found = _PARENT.fullmatch(value)
    if found is None or len(value) > STATE_BYTES_MOST:
        return False
    return found[1] != b"00" or found[2] is None


def is_state(value: bytes) -> bool:
    """Whether a tracestate is a list of at most 32 members, each key once, of at most 512 bytes together."""
    if len(value) > STATE_BYTES_MOST:
        return False
    members = [stripped for member in value.split(b",") if (stripped := member.strip(b" \t"))]
    keys = {member.partition(b"=")[0] for member in members}
    return len(members) <= _MEMBERS_MOST and len(keys) == len(members) and all(map(_MEMBER.fullmatch, members))

"""ADT: who lies in which bed, from when on; and which identifiers are one person.

What:      A01, A04, A13 put a patient into the bed of PV1-3, A08 only where neither is known better; A02 and A12 move
           from PV1-6 to PV1-3; A03 and A11 empty the bed; A40 merges MRG-1 into PID-3.
Source:    HL7 v2.5.1 chapter 3.
Caveats:   - a location without a bed (a clinic, a waiting list) associates nothing.
           - a discharge ends no therapy: blinatumomab goes home with its pump.
           - the moment is EVN-6 (when it happened), else EVN-2, else the message's.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from blinwatch.receive.hl7.device_clock import read_stamp
from blinwatch.receive.hl7.draft import Group
from blinwatch.receive.hl7.message import Message, Segment
from blinwatch.receive.hl7.refusal import Hl7Error

_ARRIVES = frozenset({"A01", "A04", "A13"})
_UPDATES = "A08"
_MOVES = frozenset({"A02", "A12"})
_LEAVES = frozenset({"A03", "A11"})
_MERGES = frozenset({"A40"})
KNOWN = _ARRIVES | _MOVES | _LEAVES | _MERGES | {_UPDATES}
PLACE_MOST = 120
"""A location's four parts have at most 20 characters each in every version; twice that, and its own prefix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One person and one place, or one person under two identifiers."""

    kind: Literal["arrives", "is_there", "leaves", "merges"]
    patient: str
    """Identifier as sent; of a merge: the one that stays."""
    authority: str
    place: str = ""
    """Of a merge: empty."""
    merged: str = ""
    """Of a merge: the identifier that is given up."""
    at: datetime


def bed_of(segment: Segment, field: int) -> str:
    """A location (PL) as one name, `bed:CARE^ROOM^BED@FACILITY`; empty where it names no bed."""
    care, room, bed, facility = (segment.text(field, component).upper() for component in (1, 2, 3, 4))
    if not bed or '""' in (care, room, bed):
        return ""
    return f"bed:{care}^{room}^{bed}@{facility}"[:PLACE_MOST]


def read_moves(message: Message, group: Group) -> list[Move]:
    """What an ADT message says about beds and identifiers. Raises `Hl7Error`."""
    trigger = message.header.text(9, 2)
    if trigger not in KNOWN:
        raise Hl7Error("not_needed", "MSH[1]-9", "this ADT event says nothing about beds or identifiers")
    if not group.patient:
        raise Hl7Error("no_patient", "PID[1]-3", "the message names no patient")
    at = _moment(message, group)
    if trigger in _MERGES:
        return [_merge(message, group, at)]
    pv1 = message.first("PV1")
    if pv1 is None:
        return []
    now, before = bed_of(pv1, 3), bed_of(pv1, 6)
    moves: list[Move] = []
    if trigger in _MOVES and before and before != now:
        moves.append(_move("leaves", group, before, at))
    if now and trigger == _UPDATES:
        moves.append(_move("is_there", group, now, at))
    elif now:
        moves.append(_move("leaves" if trigger in _LEAVES else "arrives", group, now, at))
    return moves


def _move(kind: Literal["arrives", "is_there", "leaves"], group: Group, place: str, at: datetime) -> Move:
    return Move(kind=kind, patient=group.patient, authority=group.authority, place=place, at=at)


def _merge(message: Message, group: Group, at: datetime) -> Move:
    mrg = message.first("MRG")
    given_up = mrg.text(1) if mrg is not None else ""
    if not given_up:
        raise Hl7Error("missing_field", "MRG[1]-1", "the identifier that is given up is missing")
    return Move(kind="merges", patient=group.patient, authority=group.authority, merged=given_up, at=at)


def _moment(message: Message, group: Group) -> datetime:
    evn, zone = message.first("EVN"), group.clock.zone
    stamps = (read_stamp(evn.text(field), evn.where(field), zone) for field in (6, 2)) if evn is not None else ()
    return group.clock.charted(next((stamp for stamp in stamps if stamp is not None), None)).at

"""One message into drafts of events, moves of patients, and what could not be used: the only door into this folder.

Nothing here raises for what a message holds, and nothing is left out without a reason.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from blinwatch.receive.hl7.admissions import Move, bed_of, read_moves
from blinwatch.receive.hl7.containment import read_devices
from blinwatch.receive.hl7.device_clock import Clock, Stamp, read_stamp
from blinwatch.receive.hl7.device_codes import code_of
from blinwatch.receive.hl7.draft import Group, Reading
from blinwatch.receive.hl7.laboratory import loinc_of, read_results
from blinwatch.receive.hl7.medications import read_administrations, read_orders
from blinwatch.receive.hl7.message import Message, Segment
from blinwatch.receive.hl7.observations import read_vitals, unsynchronised
from blinwatch.receive.hl7.pump_events import read_pump
from blinwatch.receive.hl7.refusal import Hl7Error, Unread

ID_HEX_DIGITS = 32
"""128 bits: two different messages of all that a hospital will ever send do not meet."""
_OBSERVATIONS = frozenset({"R01", "R30", "R31", "R32", "R40", "R42"})
_IDENTIFIER_TYPES = ("MR", "PI", "PT", "")
"""Medical record number first; then the identifiers that a department or a device keeps (table 0203)."""
_NOBODY = frozenset({"", '""', "UNKNOWN"})


@dataclass(frozen=True, slots=True)
class Translation:
    """What a message says."""

    digest: str
    """Names the message by sender, control id and content: the same message twice has the same."""
    groups: tuple[Group, ...] = ()
    moves: tuple[Move, ...] = ()
    unread: tuple[Unread, ...] = ()
    """About the message as a whole."""


def digest_of(message: Message) -> str:
    """Sender, control id and content. The header's time is left out: a repetition may carry its own."""
    parts = [message.sender, message.control_id, *(one.whole() for one in message.segments[1:])]
    return hashlib.sha256("\r".join(parts).encode("utf-8", "replace")).hexdigest()[:ID_HEX_DIGITS]


def translate(message: Message, reading: Reading) -> Translation:
    """The events, moves and unreadable parts of a message."""
    digest = digest_of(message)
    try:
        _check_header(message)
        sent = read_stamp(message.header.text(7), message.header.where(7), reading.zone)
        clock = Clock(reading.received_at, sent, reading.zone)
        if message.header.text(9) == "ADT":
            group = _group(message.segments[1:], clock, reading)
            return Translation(digest, moves=tuple(read_moves(message, group)))
        groups = tuple(_read(message, _group(segments, clock, reading), segments) for segments in _by_patient(message))
    except Hl7Error as error:
        return Translation(digest, unread=(error.unread(),))
    return Translation(digest, groups=groups)


def _check_header(message: Message) -> None:
    header = message.header
    code, trigger = header.text(9, 1), header.text(9, 2)
    if not header.text(12).startswith("2"):
        raise Hl7Error("unsupported_version", header.where(12), "MSH-12 must name a version 2.x")
    if header.text(11).upper() in ("T", "D"):
        raise Hl7Error("unsupported_message", header.where(11), "MSH-11 says training or debugging: nobody is ill")
    known = (code == "ORU" and trigger in _OBSERVATIONS) or code in ("ADT", "RAS", "RGV", "RDE")
    if not known:
        raise Hl7Error("unsupported_message", header.where(9), "messages of this kind are not taken here")
    if not message.control_id:
        raise Hl7Error("missing_field", header.where(10), "without a control id nothing can be acknowledged")


def _by_patient(message: Message) -> Iterator[tuple[Segment, ...]]:
    """The segments after the header, one run a PID; what comes before the first PID belongs to it."""
    run: list[Segment] = []
    seen = False
    for segment in message.segments[1:]:
        if segment.name == "PID":
            if seen:
                yield tuple(run)
                run = []
            seen = True
        run.append(segment)
    yield tuple(run)


def _group(segments: tuple[Segment, ...], clock: Clock, reading: Reading) -> Group:
    group = Group(clock)
    for segment in segments:
        if segment.name == "PID":
            group.patient, group.authority = _patient(segment, reading)
        elif segment.name == "PV1":
            group.bed = group.bed or bed_of(segment, 3)
    return group


def _patient(pid: Segment, reading: Reading) -> tuple[str, str]:
    """The identifier that PID-3 says, and who gave it. Raises `Hl7Error` where it says several."""
    named = [
        (pid.part(raw, 5).upper(), pid.part(raw, 1), pid.part(raw, 4))
        for raw in pid.repetitions(3)
        if pid.part(raw, 1).upper() not in _NOBODY
    ]
    if reading.authority:
        named = [one for one in named if one[2] == reading.authority]
    for kind in _IDENTIFIER_TYPES:
        of_kind = {(identifier, authority) for one, identifier, authority in named if one == kind}
        if len(of_kind) == 1:
            return of_kind.pop()
        if of_kind:
            message = "names several patients of one identifier type; set the gateway's assigning authority"
            raise Hl7Error("ambiguous_patient", pid.where(3), message)
    if named:
        message = "names a patient by no record number (MR) or internal identifier (PI)"
        raise Hl7Error("ambiguous_patient", pid.where(3), message)
    return "", ""


def _read(message: Message, group: Group, segments: tuple[Segment, ...]) -> Group:
    code = message.header.text(9)
    if code == "RAS":
        read_administrations(segments, group)
    elif code in ("RGV", "RDE"):
        read_orders(segments, group)
    else:
        _read_observations(message, group, segments)
    return group


def _read_observations(message: Message, group: Group, segments: tuple[Segment, ...]) -> None:
    everything = [segment for segment in segments if segment.name == "OBX"]
    devices = read_devices(everything, message.header)
    unset = unsynchronised(everything)
    for order in _by_order(segments):
        observations = [segment for segment in order if segment.name == "OBX"]
        try:
            observed, specimen = _times(order, group)
        except Hl7Error as error:
            group.unread.append(error.unread())
            continue
        sorted_by: dict[str, list[Segment]] = {"pump": [], "result": [], "vital": []}
        for obx in observations:
            sorted_by[_sort_of(obx)].append(obx)
        read_vitals(sorted_by["vital"], group, observed, devices, unset)
        read_pump(sorted_by["pump"], group, observed, devices, unset)
        read_results(sorted_by["result"], group, specimen or observed)


def _sort_of(obx: Segment) -> str:
    """Who reads an observation; what nobody knows is read, and told, with the vital signs."""
    code = code_of(obx)
    if code is not None:
        return "pump" if code.pump else "vital"
    return "result" if loinc_of(obx) else "vital"


def _by_order(segments: tuple[Segment, ...]) -> Iterator[tuple[Segment, ...]]:
    """One run an OBR; an OBX before the first has no order of its own."""
    run: list[Segment] = []
    for segment in segments:
        if segment.name == "OBR" and run:
            yield tuple(run)
            run = []
        run.append(segment)
    if run:
        yield tuple(run)


def _times(order: tuple[Segment, ...], group: Group) -> tuple[Stamp | None, Stamp | None]:
    """OBR-7 and SPM-17."""
    observed = specimen = None
    for segment in order:
        if segment.name == "OBR":
            observed = read_stamp(segment.text(7), segment.where(7), group.clock.zone)
        elif segment.name == "SPM" and specimen is None:
            specimen = read_stamp(segment.text(17), segment.where(17), group.clock.zone)
    return observed, specimen

"""PCD-01: what monitors measure, into `vitals_observed`.

What:      each observation (OBX) by its code, with its unit, status and time; those of one moment become one event.
Source:    IHE PCD TF-2 (PCD-01, ORU^R01); rule reference sections G and H.
Caveats:   - an event holds one pressure and one temperature. Of an arterial line and a cuff at one moment the line is
             taken; of two temperatures the one nearer to the core, of two alike the higher; of two cuffs the lower
             systolic. The other is kept as `second_sensor`.
           - a cuff keeps its own time: a monitor repeats the last measurement with every message.
           - a signal without a value (sensor off, status X) is no event and no zero. It is counted, and the
             judgement notices the silence.
           - nothing is converted: the field of the unit is filled, and the core converts (section 0).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from blinwatch.receive.hl7.containment import Devices, Path, is_container, own_device, path_of
from blinwatch.receive.hl7.device_clock import Stamp, read_stamp
from blinwatch.receive.hl7.device_codes import DeviceCode, code_of, unit_of
from blinwatch.receive.hl7.draft import VITALS, Draft, Group
from blinwatch.receive.hl7.message import Segment
from blinwatch.receive.hl7.refusal import Hl7Error, Unread

NOT_A_NUMBER = frozenset({8388607, 8388608, -8388608})
"""The special values of ISO/IEEE 11073's float: not a number, not at this resolution, overflow."""
_UNUSABLE = frozenset({"INV", "NAV", "DEMO", "TEST", "CALIB"})
"""OBX-8 of PCD-01: invalid, not available, demonstration, test, calibration. QUES stays: plausibility judges it."""
FIELDS = {
    ("temperature", "c"): "temperature_c",
    ("temperature", "f"): "temperature_f",
    ("heart_rate", ""): "heart_rate_bpm",
    ("pulse_rate", ""): "pulse_rate_bpm",
    ("respiratory_rate", ""): "respiratory_rate_per_min",
    ("spo2", ""): "spo2_pct",
    ("perfusion_index", ""): "perfusion_index",
    ("o2_flow", ""): "o2_flow_l_min",
    ("fio2", "percent"): "fio2",
    ("fio2", "one"): "fio2",
    **{(part, unit): f"{part}_{unit}" for part in ("sbp", "dbp", "map") for unit in ("mmhg", "kpa")},
}
_NEARNESS = {"core": 0, "rectal": 1, "tympanic": 2, "oral": 2, "": 3, "axillary": 4, "skin": 5}
_PRESSURES = ("sbp", "dbp", "map")
_CONTINUOUS = frozenset({"heart_rate", "pulse_rate", "spo2"})
"""What a monitor measures all the time, so that a value a quarter of an hour old is missing (section 0)."""
_SOURCES = ("arterial", "cuff", "")


@dataclass(frozen=True, slots=True)
class Observed:
    """One observation that could be read."""

    obx: Segment
    code: DeviceCode
    value: float
    unit: str
    path: Path
    own: Stamp | None
    """The time it carries itself, or that of its group."""


def numeric_value(obx: Segment) -> float:
    """OBX-5 as a number. Raises `Hl7Error`: `no_value` where the device had none to give."""
    status = obx.text(11).upper()
    if status in ("D", "W"):
        raise Hl7Error("withdrawn", obx.where(11), "an earlier value is withdrawn; what was judged with it stands")
    text = obx.text(5) if obx.raw(2) != "SN" else (obx.text(5, 2) if obx.text(5, 1) in ("", "=") else "")
    if status in ("X", "N") or text in ("", '""'):
        raise Hl7Error("no_value", obx.where(5), "the device had no value to give")
    flags = {obx.text(8, repetition=number + 1).upper() for number in range(len(obx.repetitions(8)))}
    if flags & _UNUSABLE:
        raise Hl7Error("invalid_value", obx.where(8), "the device itself calls the value invalid, a test or a demo")
    try:
        value = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        value = math.nan
    if value in NOT_A_NUMBER:
        raise Hl7Error("no_value", obx.where(5), "the device had no value to give")
    if not math.isfinite(value):
        raise Hl7Error("wrong_value", obx.where(5), "must be a number")
    return value


def time_of(obx: Segment, group_time: Stamp | None, group: Group) -> Stamp | None:
    """OBX-14, else the time of the group (OBR-7)."""
    return read_stamp(obx.text(14), obx.where(14), group.clock.zone) or group_time


def unsynchronised(observations: Iterable[Segment]) -> frozenset[int]:
    """The devices (their MDS number) that say that nothing sets their clock."""
    found: set[int] = set()
    for obx in observations:
        code = code_of(obx)
        if code is not None and code.kind == "clock" and "NONE" in obx.raw(5).upper():
            found.add(path_of(obx)[0])
    return frozenset(found)


def read_vitals(
    observations: Iterable[Segment], group: Group, group_time: Stamp | None, devices: Devices, unset: frozenset[int]
) -> None:
    """Add the events of a group's vital signs to it, and what could not be read."""
    moments: dict[tuple[int, datetime | None], list[Observed]] = {}
    for obx in observations:
        try:
            one = _read(obx, group, group_time)
        except Hl7Error as error:
            group.unread.append(error.unread(obx.whole()))
            continue
        if one is not None:
            key = one.path[0], one.own.at if one.own else None
            moments.setdefault(key, []).append(one)
    for (mds, _), together in moments.items():
        kept = _one_sensor_each(together, group)
        if kept:
            group.drafts.append(_draft(kept, group, devices, synchronised=mds not in unset))


def _read(obx: Segment, group: Group, group_time: Stamp | None) -> Observed | None:
    code = code_of(obx)
    if code is None:
        if is_container(obx):
            return None
        raise Hl7Error("unknown_code", obx.where(3), "this code is none that is judged here")
    if code.kind == "clock":
        return None
    value = numeric_value(obx)
    unit = unit_of(obx, code.kind)
    if unit is None:
        raise Hl7Error("unknown_unit", obx.where(6), "the unit is missing, or none that this signal is taken in")
    return Observed(obx, code, value, unit, path_of(obx), time_of(obx, group_time, group))


def _one_sensor_each(together: list[Observed], group: Group) -> list[Observed]:
    """At most one value a signal; what gives way is kept with its reason."""
    pressures = [one for one in together if one.code.name in _PRESSURES]
    source = next((source for source in _SOURCES if _measures(pressures, source)), None)
    kept: dict[str, Observed] = {}
    for one in together:
        name = one.code.name
        if name in _PRESSURES and source is not None and one.code.source != source:
            _give_way(one, group)
            continue
        before = kept.get(name)
        if before is None:
            kept[name] = one
        elif _rank(one) < _rank(before):
            _give_way(before, group)
            kept[name] = one
        elif (one.value, one.unit) != (before.value, before.unit):
            _give_way(one, group)
    return list(kept.values())


def _measures(pressures: list[Observed], source: str) -> bool:
    """Whether this sensor has a pressure above zero: a line that is off must not hide the cuff."""
    values = [one.value for one in pressures if one.code.source == source]
    return bool(values) and min(values) > 0


def _rank(one: Observed) -> tuple[float, float]:
    """What is taken first of two values of one signal."""
    match one.code.name:
        case "temperature":
            return _NEARNESS[one.code.source], -one.value
        case "sbp" | "dbp" | "map":
            return 0, one.value
        case _:
            return 0, 0


def _give_way(one: Observed, group: Group) -> None:
    detail = f"a second sensor measures {one.code.name} at the same moment; the other one was taken"
    group.unread.append(Unread(reason="second_sensor", where=one.obx.where(3), detail=detail, part=one.obx.whole()))


def _draft(kept: list[Observed], group: Group, devices: Devices, *, synchronised: bool) -> Draft:
    fields: dict[str, object] = {"type": "vitals_observed"}
    for one in kept:
        fields[FIELDS[one.code.name, one.unit]] = one.value
        if one.code.name == "temperature" and one.code.source:
            fields["temp_site"] = one.code.source
    first = kept[0]
    if any(one.obx.text(3, 3) != "LN" and one.code.name in _CONTINUOUS for one in kept):
        fields["monitoring"] = "continuous"
    by_device = any(one.obx.text(3, 3) != "LN" for one in kept)
    moment = group.clock.moment(first.own, synchronised=synchronised, old_is_unset=by_device)
    places = devices.of(first.path, own_device(first.obx))
    return Draft(topic=VITALS, fields=fields, moment=moment, where=first.obx.where(3), devices=places)

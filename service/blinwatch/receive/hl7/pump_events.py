"""PCD-10, PCD-04 and PCD-01 of infusion pumps: the blinatumomab channel's events and reports, and nobody else's.

What:      a pump's observations by module (VMD); what the event says happened, else the periodic report.
Source:    IHE PCD TF-2 (PCD-01, PCD-04), IPEC supplement (PCD-10); rule reference sections A3 and H.
Caveats:   - only channels that name blinatumomab count. A channel takes the drug that it names itself; else the only
             one that its module names; else the only one that the whole device names. Nothing is remembered from an
             earlier message: a pump may have been given another syringe in between.
           - the rate told is the one that runs. A programmed rate counts as running only while the pump infuses.
           - a bolus or a flush comes as a delivery event with that mode: it is told as what it is, not as a start.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import MappingProxyType

from blinwatch.receive.hl7.containment import Devices, Path, own_device, path_of
from blinwatch.receive.hl7.device_clock import Stamp
from blinwatch.receive.hl7.device_codes import DeviceCode, code_of, unit_of
from blinwatch.receive.hl7.draft import PUMP, Draft, Group
from blinwatch.receive.hl7.message import Segment
from blinwatch.receive.hl7.observations import numeric_value, time_of
from blinwatch.receive.hl7.our_drug import is_blinatumomab
from blinwatch.receive.hl7.refusal import Hl7Error, Unread

_TO_MCG_DAY = {"mcg_day": 1, "mcg_h": 24, "mcg_min": 24 * 60}
_RUNS = re.compile(r"(?<!not-)\b(infusing|kvo|bolus|delivering)$")
_RESTS = re.compile(r"\b(not-infusing|not-delivering|standby|paused|ready|stopped|idle|complete|off)$")
_FLUSHES, _PURGES = re.compile(r"flush"), re.compile(r"purge|prime|priming|expel")
_BOLUSES = re.compile(r"bolus|loading")
_ALARMS = MappingProxyType(
    {
        "MDC_EVT_FLUID_LINE_OCCL": "occlusion",
        "MDC_EVT_FLUID_LINE_OCCL_PROXIMAL": "occlusion",
        "MDC_EVT_FLUID_LINE_OCCL_DISTAL": "occlusion",
        "MDC_EVT_FLUID_LINE_AIR": "air_in_line",
        "MDC_EVT_BATT_LO": "battery_low",
        "MDC_EVT_BATT_DEPL": "battery_low",
        "MDC_EVT_VOL_INFUS_NEAR_COMP": "near_end_of_infusion",
        "MDC_EVT_DOOR_OPEN": "door_open",
        "MDC_EVT_DOOR_POSN_ERR": "door_open",
        "MDC_EVT_FLOW_LO": "other",
        "MDC_EVT_ALARM": "other",
        "MDC_EVT_MALF": "other",
        "MDC_EVT_EMPTY": "other",
        "MDC_EVT_PWR_LOSS": "other",
        "MDC_EVT_STANDBY_WARN": "other",
        "MDC_EVT_CALLBACK": "other",
        "MDC_EVT_CHECK_IV_SET": "other",
        "MDC_EVT_SYRINGE_EMPTY": "other",
    }
)
_STARTS, _STOPS = "MDC_EVT_PUMP_DELIV_START", frozenset({"MDC_EVT_PUMP_DELIV_STOP", "MDC_EVT_PUMP_DELIV_COMP"})
_LINK = "MDC_EVT_COMM_STATUS_CHANGE"
_CHANGES = frozenset({"MDC_EVT_PUMP_DELIV_RATE_CHANGE", "MDC_EVT_PUMP_RATE_CHANGE", "MDC_EVT_PUMP_PROG_CHANGE"})
_COMPLETE = frozenset({"MDC_EVT_VOL_INFUS_COMP"})
_EVENT_NUMBERS = MappingProxyType(
    {
        "197288": _STARTS,
        "197292": "MDC_EVT_PUMP_DELIV_COMP",
        "197334": "MDC_EVT_VOL_INFUS_NEAR_COMP",
        "196616": "MDC_EVT_ALARM",
        "196940": "MDC_EVT_FLUID_LINE_OCCL",
        "196802": "MDC_EVT_BATT_LO",
        "196950": "MDC_EVT_FLOW_LO",
    }
)


@dataclass(slots=True)
class Channel:
    """What a message says of one place in a pump."""

    numbers: dict[str, float] = field(default_factory=dict[str, float])
    words: dict[str, str] = field(default_factory=dict[str, str])
    drug: Segment | None = None
    first: Segment | None = None
    own: Stamp | None = None


Channels = dict[Path, Channel]


def read_pump(
    observations: Iterable[Segment], group: Group, group_time: Stamp | None, devices: Devices, unset: frozenset[int]
) -> None:
    """Add the events of a group's pump observations to it, and what could not be read."""
    channels: Channels = {}
    for obx in observations:
        code = code_of(obx)
        if code is None:
            continue
        try:
            _take(channels.setdefault(path_of(obx), Channel()), obx, code, time_of(obx, group_time, group))
        except Hl7Error as error:
            group.unread.append(error.unread(obx.whole()))
    for mds, vmd in dict.fromkeys((path[0], path[1]) for path in channels):
        module = {path: channel for path, channel in channels.items() if path[:2] == (mds, vmd)}
        ours = _ours(module, channels, group)
        if ours is not None and ours.first is not None:
            fields = _fields(ours, group)
            if fields is not None:
                places = devices.of(path_of(ours.first), own_device(ours.first))
                moment = group.clock.moment(ours.own, synchronised=mds not in unset)
                said = {**fields, "device_id": places[0][:64]} if places else fields
                where = ours.first.where(3)
                group.drafts.append(Draft(topic=PUMP, fields=said, moment=moment, where=where, devices=places))


def _take(channel: Channel, obx: Segment, code: DeviceCode, own: Stamp | None) -> None:
    if channel.first is None:
        channel.first, channel.own = obx, own
    if code.name == "event":
        channel.first, channel.own = obx, own
    if code.kind == "words":
        text = obx.text(5, 2) or obx.text(5)
        if code.name == "drug" and text:
            channel.drug = obx
        elif code.name == "event":
            channel.words.setdefault("event", _event_id(obx))
        elif text:
            channel.words.setdefault(code.name, text.lower())
        return
    value = numeric_value(obx)
    unit = unit_of(obx, code.kind)
    if unit is None:
        raise Hl7Error("unknown_unit", obx.where(6), "the unit is missing, or none that this quantity is taken in")
    channel.numbers.setdefault(code.name, value * _TO_MCG_DAY.get(unit, 1))


def _event_id(obx: Segment) -> str:
    """The reference id of an event condition; its number only where no id is there."""
    for component in (2, 1, 5):
        if obx.text(5, component).startswith("MDC_EVT"):
            return obx.text(5, component)
    return _EVENT_NUMBERS.get(obx.text(5, 1), "")


def _ours(module: Channels, device: Channels, group: Group) -> Channel | None:
    """The blinatumomab channels of a module as one; None where there is none, and why is told."""
    of_device = {path: one for path, one in device.items() if next(iter(module))[0] == path[0]}
    said = _drugs(module) or _drugs(of_device)
    only = next(iter(said)) if len(said) == 1 else None
    merged, others = Channel(), False
    for channel in module.values():
        if channel.first is None:
            continue
        drug = is_blinatumomab(channel.drug, 5) if channel.drug is not None else only
        if drug is None:
            _tell_unclear(channel.first, group, several=bool(said))
        elif drug:
            _merge(merged, channel)
        else:
            others = True
    if others:
        first = next(one.first for one in module.values() if one.first is not None)
        group.unread.append(Unread(reason="other_infusion", where=first.where(3), detail="infuses another drug"))
    return merged if merged.first is not None else None


def _drugs(channels: Channels) -> set[bool]:
    """Which drugs are named: ours, others. Two others may be one or two drugs: none of them is ours."""
    return {is_blinatumomab(one.drug, 5) for one in channels.values() if one.drug is not None}


def _tell_unclear(first: Segment, group: Group, *, several: bool) -> None:
    if several:
        reason, detail = "channel_ambiguous", "the pump names several drugs and not which of them this is about"
    else:
        reason, detail = "drug_unknown", "the pump does not name its drug, so this cannot count as blinatumomab"
    group.unread.append(Unread(reason=reason, where=first.where(3), detail=detail, part=first.whole()))


def _merge(into: Channel, one: Channel) -> None:
    if into.first is None or ("event" in one.words and "event" not in into.words):
        into.first, into.own = one.first, one.own
    into.numbers = {**one.numbers, **into.numbers}
    into.words = {**one.words, **into.words}


def _fields(channel: Channel, group: Group) -> dict[str, object] | None:
    """The event's own fields; None where only the drug's name was told, or an event that is none of ours."""
    if "event" in channel.words:
        return _event(channel, group)
    told = _present(
        rate_ml_h=_rate(channel),
        delivering=_delivering(channel),
        volume_delivered_total_ml=channel.numbers.get("volume_total", channel.numbers.get("volume_delivered")),
        volume_remaining_ml=channel.numbers.get("volume_remaining"),
        programmed_dose_mcg_day=channel.numbers.get("dose_rate"),
    )
    return {"type": "status_reported", **told} if told else None


def _event(channel: Channel, group: Group) -> dict[str, object] | None:
    event, said = channel.words["event"], channel.words
    mode = f"{said.get('mode', '')} {said.get('delivery_mode', '')}"
    rate, dose = _rate(channel, running=True), channel.numbers.get("dose_rate")
    volume = channel.numbers.get("volume_delivered")
    if event == _STARTS and _FLUSHES.search(mode):
        return {"type": "line_flushed", **_present(volume_ml=volume)}
    if event == _STARTS and (_PURGES.search(mode) or _BOLUSES.search(mode)):
        kind = "purge" if _PURGES.search(mode) else "bolus"
        return {"type": "bolus_given", "kind": kind, **_present(volume_ml=volume)}
    if event == _STARTS:
        return {"type": "delivery_started", **_present(rate_ml_h=rate, programmed_dose_mcg_day=dose)}
    if event in _STOPS and _delivering(channel) is True:
        # A bolus has ended and the infusion goes on: the pump's own status says so.
        return {"type": "status_reported", "delivering": True, **_present(rate_ml_h=rate)}
    if event in _STOPS or event in _COMPLETE:
        return {"type": "delivery_stopped"}
    if event in _CHANGES and rate is not None:
        return {"type": "rate_changed", "rate_ml_h": rate}
    if event == _LINK:
        return _link(channel, group)
    if event in _ALARMS:
        phase = said.get("event_phase", "")
        return {"type": "alarm", "alarm": _ALARMS[event], "stage": "ended" if phase.endswith("end") else "started"}
    return _unknown_event(channel, group)


def _link(channel: Channel, group: Group) -> dict[str, object] | None:
    status = channel.words.get("communication", "")
    if re.search(r"offline|lost|disconnect|not-connected|unassociated", status):
        return {"type": "communication_lost"}
    if re.search(r"online|restored|connected", status):
        return {"type": "communication_restored"}
    return _unknown_event(channel, group)


def _unknown_event(channel: Channel, group: Group) -> None:
    if channel.first is not None:
        detail = "this event of the pump is none that is judged here"
        part, where = channel.first.whole(), channel.first.where(5)
        group.unread.append(Unread(reason="unknown_code", where=where, detail=detail, part=part))


def _delivering(channel: Channel) -> bool | None:
    for name in ("status", "delivery_status"):
        said = channel.words.get(name, "")
        if _RESTS.search(said):
            return False
        if _RUNS.search(said):
            return True
    return None


def _rate(channel: Channel, *, running: bool | None = None) -> float | None:
    """What runs now; the programmed rate stands for it only while the pump infuses."""
    if "rate_now" in channel.numbers:
        return channel.numbers["rate_now"]
    infuses = _delivering(channel)
    return channel.numbers.get("rate") if (running if infuses is None else infuses) is not False else None


def _present(**fields: object) -> dict[str, object]:
    """What is known; what is not is left out."""
    return {name: value for name, value in fields.items() if value is not None}
